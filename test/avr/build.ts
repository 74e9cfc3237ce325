/** Builds the programs of this folder, and runs them here and on simavr. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadFirmware } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { avrBoard } from '../support/avr-machine.js';
import { surround, type Surroundings } from './surroundings.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
export const CPU_HZ = 16_000_000;

export type Target = 'uno' | 'mega';
const CHIPS = { uno: 'atmega328p', mega: 'atmega2560' } as const;

export function buildAvrPrograms(): void {
  execFileSync('make', ['-C', HERE], { stdio: ['ignore', 'ignore', 'pipe'] });
}

export const built = (file: string): string => `${HERE}build/${file}`;

export interface Edge { readonly cycle: number; readonly pin: string; readonly level: number }
export interface Outcome { readonly text: string; readonly edges: readonly Edge[]; readonly warnings?: readonly string[] }

export interface RunOptions {
  readonly target?: Target;
  readonly seconds: number;
  readonly pins?: readonly string[];
  readonly around?: Surroundings;
}

/** A board with a program of this folder. */
export function machineWith(program: string, target: Target = 'uno'): { machine: EmulatedMachine; text: () => string; warnings: readonly string[] } {
  const machine = new EmulatedMachine(avrBoard(`arduino-${target}`), { seed: 0 });
  const file = built(`${target}/${program}.elf`);
  machine.load(loadFirmware(readFileSync(file), { name: file }));
  let text = '';
  const warnings: string[] = [];
  machine.serials[0].onByte((byte) => { text += String.fromCharCode(byte); });
  machine.warnings.onWarning((warning) => warnings.push(warning));
  return { machine, text: () => text, warnings };
}

export function runHere(program: string, { target, seconds, pins = [], around = {} }: RunOptions): Outcome {
  const { machine, text, warnings } = machineWith(program, target);
  const edges: Edge[] = [];
  for (const pin of pins) {
    machine.pins.net(pin)!.onEdge((level, at) => edges.push({ cycle: Math.round((at * CPU_HZ) / machine.rootHz), pin, level: Number(level) }));
  }
  surround(machine, around, CPU_HZ);
  machine.run(seconds * machine.rootHz);
  return { text: text(), edges, warnings };
}

/** simavr tells of a pin's first driven level too, which is no edge: low where nothing was driven before. */
export async function runOnSimavr(program: string, { target = 'uno', seconds, pins = [], around = {} }: RunOptions): Promise<Outcome> {
  const run = promisify(execFile);
  const { wires = {}, drives = [], millivolts = {}, memory, loopSpi } = around;
  const what = [
    ...pins, ...Object.entries(wires).map(([input, output]) => `${output}=${input}`), ...drives.map(([cycle, pin, level]) => `${pin}@${cycle}:${level}`),
    ...Object.entries(millivolts).map(([channel, value]) => `adc${channel}:${value}`), ...(memory === undefined ? [] : [`i2c:${memory.address.toString(16)}`]), ...(loopSpi ? ['spi'] : []),
  ];
  const { stdout } = await run(built('simavr-run'), [CHIPS[target], String(CPU_HZ), built(`${target}/${program}.elf`), String(seconds * CPU_HZ), ...what], { maxBuffer: 64 << 20 });
  const levels = new Map<string, number>();
  const edges: Edge[] = [];
  let text = '';
  for (const line of stdout.split('\n')) {
    const [kind, cycle, ...rest] = line.split(' ');
    if (kind === 'byte') text += String.fromCharCode(Number(rest[0]));
    if (kind !== 'edge') continue;
    const [pin, level] = [rest[0], Number(rest[1])];
    if ((levels.get(pin) ?? 0) !== level) edges.push({ cycle: Number(cycle), pin, level });
    levels.set(pin, level);
  }
  return { text, edges };
}
