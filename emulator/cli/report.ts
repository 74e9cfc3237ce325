/** What a run was, as JSON: the same for every run of the same firmware, board, input and seed. */
import { exceptionName } from '../debug/fault-report.js';
import { runEnergy } from '../energy/index.js';
import type { FirmwareImage, Machine, Residency } from '../machine-api.js';
import type { FirmwareStream } from './console.js';
import type { LedsReport } from './leds.js';

export interface ReportInputs {
  readonly version: string;
  readonly machine: Machine;
  readonly boardId: string;
  readonly firmware: { readonly name: string; readonly bytes: number; readonly sha256: string };
  readonly image: FirmwareImage;
  readonly seed: number;
  readonly end: { readonly kind: string; readonly exitCode: number };
  readonly sent: readonly FirmwareStream[];
  readonly received: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly leds?: LedsReport | undefined;
}

/** Pretty-printed JSON with a newline at the end. */
export function reportJson(inputs: ReportInputs): string {
  const { machine, image } = inputs;
  const report = {
    thumbelina: inputs.version,
    board: { id: inputs.boardId, name: machine.board.name, chip: machine.board.chip, core: machine.core.name },
    firmware: { ...inputs.firmware, format: image.format, loadedBytes: image.segments.reduce((sum, segment) => sum + segment.bytes.length, 0) },
    seed: inputs.seed,
    end: inputs.end,
    cycles: machine.cycles,
    instructions: machine.instructions,
    virtualTime: { seconds: machine.now() / machine.rootHz, rootTicks: machine.now(), rootHz: machine.rootHz },
    residency: residencyOf(machine),
    exceptions: exceptionCounts(machine),
    ...(machine.translation === undefined ? {} : { translation: machine.translation }),
    resets: machine.resets.map(({ cause, at }) => ({ cause, seconds: at / machine.rootHz })),
    streams: inputs.sent.map((stream) => ({ name: stream.name, sentBytes: stream.bytes, receivedBytes: inputs.received[stream.name] ?? 0 })),
    ...(inputs.leds ?? {}),
    ...partsOf(machine),
    ...energyOf(machine),
    memory: machine.memoryUse(),
    warnings: inputs.warnings,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Absent where nobody has said what the chip draws. */
function energyOf(machine: Machine): object {
  const energy = runEnergy(machine, machine.board.energy);
  return energy === undefined ? {} : { energy };
}

/** What each part drew, state by state, and the sum; absent where nothing is known of any. */
function partsOf(machine: Machine): object {
  const parts = machine.parts.map((part) => ({ name: part.name, part: part.part, states: part.uses() })).filter(({ states }) => states.length > 0).map(({ name, part, states }) => ({
    name, part,
    microcoulombs: states.reduce((sum, { microcoulombs }) => sum + microcoulombs, 0),
    states: states.map(({ state, microamps, rootTicks, microcoulombs }) => ({ state, seconds: rootTicks / machine.rootHz, rootTicks, microamps, microcoulombs })),
  }));
  return parts.length === 0 ? {} : { parts };
}

/** How long the core was in each state since power-on; per cent to three places. */
function residencyOf({ residency, rootHz }: Machine): Record<keyof Residency, { seconds: number; percent: number }> {
  const { running, sleeping, stalled, off } = residency;
  const total = running + sleeping + stalled + off;
  const share = (ticks: number): { seconds: number; percent: number } =>
    ({ seconds: ticks / rootHz, percent: total === 0 ? 0 : Math.round((100_000 * ticks) / total) / 1000 });
  return { running: share(running), sleeping: share(sleeping), stalled: share(stalled), off: share(off) };
}

function exceptionCounts({ exceptions, core }: Machine): Record<string, number> {
  const nameOf = (exception: number): string => core.exceptionName?.(exception) ?? exceptionName(exception);
  return Object.fromEntries(exceptions.map((count, exception): [string, number] => [nameOf(exception), count]).filter(([, count]) => count > 0));
}
