/**
 * Runs a model on an emulated board: the runner image (firmware-samples/runner), the model behind it in flash, inputs written into
 * its arena as a debugger would. The cycles of each layer lie between two stops at `inference_layer`; stopping costs the machine
 * nothing.
 */
import { parseBoard, type Board } from '../boards/index.js';
import type { FirmwareImage } from '../loader/index.js';
import type { Machine, MachineOptions, StopReason } from '../machine-api.js';
import { microjoules, runningEnergy, type RunningEnergy } from '../energy/index.js';
import type { Model } from './model.js';
import { ModelError } from './model-error.js';
import { MODEL_ALIGNMENT, RunnerImage, roomOf, type Room, type Use } from './place.js';
import { checkAccessible, typeOf } from './tensor.js';

export interface ModelRunOptions {
  /** Bytes of every input tensor, in the model's order. @param run from 0 */
  readonly inputs: (run: number) => readonly Uint8Array[];
  /** Default 1. State that the model keeps goes from one to the next. */
  readonly runs?: number;
  readonly engine?: MachineOptions['engine'];
  /** Virtual seconds that one run may take; default 120. */
  readonly secondsOfRun?: number;
  /** Called now and then. @param seconds of virtual time so far */
  readonly onProgress?: (seconds: number) => void;
}

export interface LayerFigures {
  readonly index: number;
  readonly operator: string;
  readonly outputShape: readonly number[];
  readonly macs: number;
  /** Mean of all runs. */
  readonly cycles: number;
  readonly microjoules: number | undefined;
}

export interface ModelReport {
  readonly board: string;
  readonly chip: string;
  readonly core: string;
  readonly clockHz: number;
  readonly layers: readonly LayerFigures[];
  readonly macs: number;
  /** From the first layer's beginning to the last one's end; mean of all runs. */
  readonly cycles: number;
  readonly seconds: number;
  readonly microjoules: number | undefined;
  /** Undefined where the chip file does not say what it draws. */
  readonly energy: RunningEnergy | undefined;
  readonly cyclesOfRuns: readonly number[];
  readonly arenaBytes: number;
  readonly weightBytes: number;
  readonly flash: { readonly imageBytes: number; readonly modelBytes: number; readonly leftBytes: number; readonly totalBytes: number };
  readonly ram: { readonly fixedBytes: number; readonly arenaBytes: number; readonly leftBytes: number; readonly totalBytes: number };
  /** [run][output], as they lie in memory. */
  readonly outputs: readonly (readonly Uint8Array[])[];
}

/** enum inference_status in firmware-samples/inference/include/inference.h. */
enum Status { notAModel = 1, unsupportedOperator, unsupportedType, unsupportedOption, badShape, arenaTooSmall }

const DEFAULT_SECONDS_OF_RUN = 120;
/** Between calls of `onProgress`. */
const SECONDS_OF_SLICE = 0.25;

type Build = (board: Board, options: MachineOptions) => Machine;

/**
 * @param runner of firmware-samples/runner, for the board's core (`runnerCore`)
 * @throws ModelError with one line: it does not fit, has an operator that the runtime lacks, or does not end
 */
export function runModelOn(build: Build, board: Board, runner: FirmwareImage, model: Model, options: ModelRunOptions): ModelReport {
  const image = new RunnerImage(runner);
  const [room, use] = [roomOf(board), image.use(model)];
  const inputs = new Set(model.inputs);
  for (const tensor of [...model.inputs, ...model.outputs]) checkAccessible(tensor);
  if (inputs.size < model.inputs.length) throw new ModelError('the model names one tensor as two of its inputs: it cannot be given two values');
  if (flashNeeded(use) > room.flashBytes) throw new ModelError(shortage(board, room, use, arenaOnRoomyBoard(build, board, image, model)));
  const session = new Session(build, board, image, model, room, options);
  const arenaBytes = session.open((needed) => shortage(board, room, use, needed));
  for (let run = 0; run < (options.runs ?? 1); run++) session.run(options.inputs(run));
  return report(board, model, session, room, use, arenaBytes);
}

function flashNeeded({ imageBytes, modelBytes }: Use): number {
  return imageBytes + modelBytes;
}

function shortage(board: Board, room: Room, use: Use, arenaBytes: number): string {
  const share = (what: string, needed: number, of: number, made: string): string =>
    (needed > of ? `${what} is short of ${needed - of} bytes (${made} = ${needed} of ${of})` : `${what} is enough (${needed} of ${of} bytes)`);
  const flash = share('flash', flashNeeded(use), room.flashBytes, `runner ${use.imageBytes} + model ${use.modelBytes}`);
  const ram = share('RAM', use.fixedRamBytes + arenaBytes, room.ramBytes, `runner ${use.fixedRamBytes} + arena ${arenaBytes}`);
  return `does not fit ${board.name}: ${flash}; ${ram}; choose a larger board or a smaller model`;
}

/** What the arena would take if the board had memory without end. */
function arenaOnRoomyBoard(build: Build, board: Board, image: RunnerImage, model: Model): number {
  const bytes = 16 << 20;
  const roomFor = Math.max(bytes, 2 ** Math.ceil(Math.log2(image.use(model).imageBytes + model.bytes.length + MODEL_ALIGNMENT)));
  const { core } = board.chip;
  const chip = JSON.stringify({
    name: 'roomy', source: 'none', core: { ...core, clock: 'clock', systickReference: undefined }, oscillators: { clock: 1_000_000 }, clocks: {},
    memories: [{ name: 'flash', at: 0, bytes: roomFor, kind: 'flash' }, { name: 'ram', at: 0x2000_0000, bytes, kind: 'ram' }], peripherals: {},
  });
  const roomy = parseBoard(JSON.stringify({ name: board.name, source: 'none', chip: 'roomy' }), 'roomy', () => ({ text: chip, fileName: 'roomy' }));
  const room = { flashBytes: roomFor, ramBytes: bytes };
  return new Session(build, roomy, image, model, room, { inputs: () => [] }).open((needed) => `does not fit ${board.name}: its arena would take ${needed} bytes; choose a smaller model`);
}

/** One machine with one model. */
class Session {
  readonly machine: Machine;
  /** [run][layer] */
  readonly layerCycles: number[][] = [];
  readonly outputs: Uint8Array[][] = [];
  /** Root ticks in layers, of all runs. */
  rootTicks = 0;
  private readonly registers: Int32Array;
  private readonly at: Readonly<Record<'layer' | 'opened' | 'input' | 'output' | 'refused' | 'fault', number>>;
  private deadline = 0;

  constructor(build: Build, board: Board, image: RunnerImage, private readonly model: Model, private readonly room: Room, private readonly options: ModelRunOptions) {
    this.machine = build(board, { seed: 0, stopOnFault: true, ...(options.engine === undefined ? {} : { engine: options.engine }) });
    this.machine.load(image.with(model, room));
    this.registers = new Int32Array(this.machine.core.registers.names.length);
    const address = (symbol: string): number => image.address(symbol);
    this.at = { layer: address('inference_layer'), opened: address('runner_opened'), input: address('runner_input'), output: address('runner_output'), refused: address('runner_refused'), fault: address('runner_fault') };
    for (const breakpoint of Object.values(this.at)) this.machine.setBreakpoint(breakpoint);
  }

  /** @returns bytes that the arena takes. @param tooSmall says so, when it would take that many @throws ModelError */
  open(tooSmall: (needed: number) => string): number {
    this.allowTime();
    const address = this.next();
    const [first, second, third] = this.arguments();
    if (address === this.at.refused) throw new ModelError((first as Status) === Status.arenaTooSmall ? tooSmall(third) : refusal(this.model, first, second | 0, third));
    if (address !== this.at.opened) throw new Error(`the runner stopped at 0x${address.toString(16)} before it had opened the model`);
    const { inputs, outputs } = this.model;
    if (second !== inputs.length || third !== outputs.length) throw new ModelError(`damaged: it can be read as ${inputs.length} inputs and ${outputs.length} outputs, or as ${second} and ${third}; copy it again`);
    return first;
  }

  run(inputs: readonly Uint8Array[]): void {
    const { machine, model } = this;
    const cycles = model.operators.map(() => 0);
    const outputs: Uint8Array[] = [];
    let layer = -1, since = 0, began = 0;
    this.allowTime();
    while (outputs.length < model.outputs.length) {
      const address = this.next();
      const [index, data, bytes] = this.arguments();
      if (address === this.at.input) this.give(model.inputs[index]?.bytes, inputs[index], data, bytes);
      else if (address === this.at.output) outputs.push(this.take(data, bytes));
      else if (address === this.at.layer) {
        const now = machine.cycles;
        if (layer < 0) began = machine.now();
        else if (layer < cycles.length) cycles[layer] += now - since;
        if (index >= cycles.length) this.rootTicks += machine.now() - began;
        [layer, since] = [index, now];
      }
    }
    this.layerCycles.push(cycles);
    this.outputs.push(outputs);
  }

  private allowTime(): void {
    const { machine, options } = this;
    this.deadline = machine.now() + Math.ceil((options.secondsOfRun ?? DEFAULT_SECONDS_OF_RUN) * machine.rootHz);
  }

  /** Runs to the next breakpoint. @returns its address */
  private next(): number {
    const { machine, options } = this;
    for (;;) {
      const until = options.onProgress === undefined ? this.deadline : Math.min(this.deadline, machine.now() + Math.ceil(machine.rootHz * SECONDS_OF_SLICE));
      const stop = machine.run(until);
      if (stop.kind === 'breakpoint' && stop.address !== this.at.fault) return stop.address;
      if (stop.kind !== 'deadline') throw new Error(`the runner failed: ${describe(stop)}`);
      options.onProgress?.(machine.now() / machine.rootHz);
      if (machine.now() >= this.deadline) throw new ModelError(`does not end: one run has taken more than ${options.secondsOfRun ?? DEFAULT_SECONDS_OF_RUN} s of virtual time; allow more with --timeout if that is what it takes`);
    }
  }

  private arguments(): readonly [number, number, number] {
    this.machine.core.registers.read(this.registers);
    return [this.registers[0] >>> 0, this.registers[1] >>> 0, this.registers[2] >>> 0];
  }

  private give(expected: number | undefined, given: Uint8Array | undefined, data: number, bytes: number): void {
    const { core } = this.machine;
    const ram = 0x2000_0000;
    if (data < ram || data + bytes > ram + this.room.ramBytes) throw new ModelError('an input of the model is a constant: there is nothing to give it');
    if (expected !== bytes) throw new ModelError(`damaged: one of its inputs can be read as ${expected} bytes, or as ${bytes}; copy it again`);
    if (given?.length !== bytes) throw new RangeError(`an input has ${bytes} bytes, and ${given?.length ?? 'no'} were given`);
    given.forEach((byte, i) => core.poke?.(data + i, byte, 1));
  }

  private take(data: number, bytes: number): Uint8Array {
    return Uint8Array.from({ length: bytes }, (_, i) => this.machine.core.peek(data + i, 1) ?? 0);
  }
}

function refusal(model: Model, status: number, index: number, detail: number): string {
  const operator = model.operators[index];
  const layer = operator === undefined ? 'the model' : `layer ${index} (${operator.name})`;
  switch (status as Status) {
    case Status.notAModel: return `damaged: what the runtime read at offset ${detail} leaves the file or makes no sense; copy it again`;
    case Status.unsupportedOperator: return `layer ${index} is the operator ${operator?.name ?? detail}, which the runtime does not have: see the list in firmware-samples/inference/README.md`;
    case Status.unsupportedType: return `${layer} has a tensor of type ${typeOf(detail).name}, which the runtime does not take there`;
    case Status.unsupportedOption: return `${layer} has an option that the runtime does not take (value ${detail | 0})`;
    case Status.badShape: return `${layer} has shapes or quantisation that do not fit each other: convert the model again`;
    case Status.arenaTooSmall:
    default: return `${layer} was refused by the runtime with status ${status}`;
  }
}

function describe(stop: StopReason): string {
  switch (stop.kind) {
    case 'fault': case 'lockup': return `${stop.kind} at 0x${stop.address.toString(16)}: ${stop.reason}`;
    case 'breakpoint': return `fault, handler at 0x${stop.address.toString(16)}`;
    default: return stop.kind;
  }
}

function report(board: Board, model: Model, session: Session, room: Room, use: Use, arenaBytes: number): ModelReport {
  const { machine, layerCycles, rootTicks, outputs } = session;
  const runs = layerCycles.length;
  const cyclesOfRuns = layerCycles.map((cycles) => cycles.reduce((a, b) => a + b, 0));
  const cycles = mean(cyclesOfRuns);
  const seconds = rootTicks / machine.rootHz / Math.max(1, runs);
  const clockHz = seconds > 0 ? Math.round(cycles / seconds) : 0;
  const energy = runningEnergy(board, clockHz);
  const joules = (of: number): number | undefined => energy && microjoules(energy, clockHz > 0 ? of / clockHz : 0);
  const layers = model.operators.map(({ name, outputs: [output], macs }, index): LayerFigures => {
    const own = mean(layerCycles.map((one) => one[index]));
    return { index, operator: name, outputShape: output?.shape ?? [], macs, cycles: own, microjoules: joules(own) };
  });
  return {
    board: board.name, chip: board.chip.name, core: board.chip.core.name, clockHz, layers, macs: model.macs,
    cycles, seconds, microjoules: joules(cycles), energy, cyclesOfRuns, arenaBytes, weightBytes: model.weightBytes,
    flash: { imageBytes: use.imageBytes, modelBytes: use.modelBytes, leftBytes: room.flashBytes - flashNeeded(use), totalBytes: room.flashBytes },
    ram: { fixedBytes: use.fixedRamBytes, arenaBytes, leftBytes: room.ramBytes - use.fixedRamBytes - arenaBytes, totalBytes: room.ramBytes },
    outputs,
  };
}

const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length);
