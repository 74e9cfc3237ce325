/** A Cortex-M with memories and one device around it, for tests that look at registers, faults and cycles. */
import { Bus } from '../../emulator/bus/bus.js';
import { BusError, type AccessBytes, type BusDevice } from '../../emulator/bus/types.js';
import { CortexM } from '../../emulator/cores/cortex-m/core.js';
import type { GuestFault } from '../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { configureCore, type CoreName, type ImplementationOptions } from '../../emulator/cores/cortex-m/system/index.js';
import { ClockTree } from '../../emulator/time/clock-tree.js';
import { EventQueue } from '../../emulator/time/event-queue.js';
import { assembleEach } from './assembler.js';

export const CODE = 0x1000;
export const RAM = 0x2000_0000;
/** The same bytes as RAM. */
export const RAM_MIRROR = 0x2001_0000;
export const STACK = 0x2000_8000;
export const DEVICE = 0x4000_0000;
/** From here the device answers with an error. */
export const DEVICE_ERROR = 0x4000_0800;
export const handlerOf = (exception: number): number => 0x4000 + 0x400 * exception;
const BLOCK_BYTES = 0x1_0000;
const RAM_OFFSET = 0x1000 + BLOCK_BYTES;

/** Ends a program. */
export const END = 'bkpt 0xab';

export interface LoneCoreOptions extends Partial<ImplementationOptions> {
  readonly core?: CoreName;
  /** Assembly, or machine code; it ends with `END`, which is appended to assembly. */
  readonly code?: string | Uint8Array;
  /** Assembly of exception handlers by number; the others are `b .`. */
  readonly handlers?: Readonly<Record<number, string>>;
  /** Registers at the start. */
  readonly r?: Readonly<Record<number, number>>;
}

export interface DeviceAccess { readonly kind: 'read' | 'write'; readonly cycle: number; readonly offset: number; readonly value: number; readonly bytes: AccessBytes }

export class LoneCore {
  readonly core: CortexM;
  readonly bus: Bus;
  readonly words: Int32Array;
  readonly accesses: DeviceAccess[] = [];
  readonly faults: { readonly fault: GuestFault; readonly pc: number }[] = [];
  readonly entered: number[] = [];
  readonly warnings: string[] = [];
  /** What the device answers. */
  answer: (offset: number) => number = () => 0;
  onWrite: (offset: number, value: number) => void = () => {};
  /** Status of the latest END; undefined before. */
  exited = false;
  private before = 0;

  constructor({ core = 'cortex-m4f', code = '', handlers = {}, r = {}, ...options }: LoneCoreOptions = {}) {
    const { buffer } = new WebAssembly.Memory({ initial: 4 });
    this.bus = new Bus(buffer);
    this.bus.addMemory({ name: 'code', base: 0, bytes: BLOCK_BYTES, offset: 0x1000, isWritable: false });
    this.bus.addMemory({ name: 'ram', base: RAM, bytes: BLOCK_BYTES, offset: RAM_OFFSET });
    this.bus.addMemory({ name: 'ram-mirror', base: RAM_MIRROR, bytes: BLOCK_BYTES, offset: RAM_OFFSET });
    this.bus.addDevice({ name: 'device', base: DEVICE, bytes: 0x1000, device: this.device() });
    const time = { now: () => this.cycles };
    const clocks = new ClockTree(time, { oscillators: { osc: 1_000_000 } });
    this.core = new CortexM({
      config: configureCore(core, options), bus: this.bus, scheduler: new EventQueue(time, clocks.rootHz),
      processorClock: clocks.clock('osc'), warnings: { warn: (_, text) => this.warnings.push(text) },
      semihosting: () => ({ exit: 0 }),
      onException: (exception) => this.entered.push(exception),
      onFault: (fault, pc) => this.faults.push({ fault, pc: pc >>> 0 }),
    });
    this.words = this.core.words;
    this.load(code, handlers);
    this.core.reset();
    for (const [n, value] of Object.entries(r)) this.words[Number(n)] = value;
  }

  private load(code: string | Uint8Array, handlers: Readonly<Record<number, string>>): void {
    const numbers = Object.keys(handlers).map(Number);
    const sources = [...(typeof code === 'string' ? [`${code}\n${END}`] : []), ...numbers.map((n) => handlers[n])];
    const assembled = sources.length > 0 ? assembleEach(sources) : [];
    this.bus.load(CODE, typeof code === 'string' ? assembled.shift()! : code);
    const loop = Uint8Array.of(0xfe, 0xe7);
    this.vector(0, STACK);
    this.vector(1, CODE | 1);
    for (let exception = 2; exception < 32; exception++) {
      this.vector(exception, handlerOf(exception) | 1);
      this.bus.load(handlerOf(exception), assembled[numbers.indexOf(exception)] ?? loop);
    }
  }

  private vector(exception: number, value: number): void {
    this.bus.poke(4 * exception, value, 4);
  }

  private device(): BusDevice {
    const access = (kind: 'read' | 'write', offset: number, value: number, bytes: AccessBytes): number => {
      if (offset >= DEVICE_ERROR - DEVICE) throw new BusError(DEVICE + offset, 'the device refuses');
      this.accesses.push({ kind, cycle: this.cycles, offset, value, bytes });
      return value;
    };
    return {
      read: (offset, bytes) => access('read', offset, this.answer(offset), bytes),
      write: (offset, value, bytes) => {
        access('write', offset, value, bytes);
        this.onWrite(offset, value);
      },
      peek: () => 0,
      poke: () => {},
    };
  }

  /** Cycles since reset. */
  get cycles(): number {
    return this.before + (this.core?.words[Word.CYCLES] ?? 0);
  }

  /** Runs to END, to sleep or lockup, or for so many cycles. */
  run(cycles = 10_000): this {
    const { core, words } = this;
    const { exceptions } = core.system;
    const end = this.cycles + cycles;
    while (this.cycles < end) {
      core.run(end - this.cycles);
      this.before += words[Word.CYCLES];
      words[Word.CYCLES] = 0;
      if (core.stop?.kind === 'exit') this.exited = true;
      if (core.stop !== undefined || ((exceptions.isSleeping || exceptions.isLockedUp) && !exceptions.attention)) break;
    }
    return this;
  }

  /** Executes so many instructions, or to an exception entry. */
  step(instructions = 1): this {
    for (let i = 0; i < instructions; i++) {
      this.core.run(1);
      this.before += this.words[Word.CYCLES];
      this.words[Word.CYCLES] = 0;
    }
    return this;
  }

  r(n: number): number {
    return this.words[n] >>> 0;
  }

  get pc(): number {
    return this.words[Word.PC] >>> 0;
  }

  /** APSR.NZCV as `N.C.`. */
  get NZCV(): string {
    const { words } = this;
    return [words[Word.N] < 0 ? 'N' : '.', words[Word.Z] === 0 ? 'Z' : '.', words[Word.C] ? 'C' : '.', words[Word.V] ? 'V' : '.'].join('');
  }

  word(address: number): number {
    return this.bus.peek(address, 4)!;
  }

  setFlags(NZCV: string): this {
    const { words } = this;
    words[Word.N] = NZCV.includes('N') ? -1 : 0;
    words[Word.Z] = NZCV.includes('Z') ? 0 : 1;
    words[Word.C] = NZCV.includes('C') ? 1 : 0;
    words[Word.V] = NZCV.includes('V') ? 1 : 0;
    return this;
  }
}
