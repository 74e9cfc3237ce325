/**
 * A machine whose firmware is a script: one letter-coded act per root tick of 1 kHz. It has what the command needs to
 * be tested, and nothing of a processor.
 */
import { registersOf } from '../../../emulator/machine/cortex-m-observer.js';
import type { CoreView, FirmwareImage, Machine, MachineOptions, MemoryUse, Serial, StopReason } from '../../../emulator/machine-api.js';
import { Inputs } from '../../../emulator/sensors/index.js';
import { Operation } from '../../../emulator/semihosting/operations.js';

const RAM = 0x2000_0000;
const RAM_BYTES = 4096;
/** Where a script's file names and parameter blocks are put. */
const BLOCK = RAM + 0x800;

type Act =
  | { readonly say: string } | { readonly exit: number } | { readonly lockup: string } | { readonly fault: string } | { readonly sleep: number }
  | { readonly idle: true } | { readonly echo: true } | { readonly forever: true } | { readonly open: string } | { readonly warn: string }
  | { readonly itm: string } | { readonly crash: true } | { readonly semihostingSay: string } | { readonly semihostingEcho: true } | { readonly busy: number };

export class FakeMachine implements Machine {
  readonly residency = { running: 0, sleeping: 0, stalled: 0, off: 0 };
  readonly board = { name: 'Fake board', chip: 'fake' };
  readonly rootHz = 1000;
  readonly exceptions: number[] = [0, 1];
  readonly resets = [];
  readonly pins = { net: () => undefined, leds: [], buttons: [], matrices: [] };
  readonly parts = [];
  readonly inputs = new Inputs();
  instructions = 0;
  private tick = 0;
  private script: readonly Act[] = [];
  private next = 0;
  private sleepUntil = 0;
  private isStopped = false;
  private readonly input: number[] = [];
  private readonly ram = new Uint8Array(RAM_BYTES);
  private readonly byteListeners: ((byte: number) => void)[] = [];
  private readonly textListeners: ((text: string) => void)[] = [];
  private readonly warningListeners: ((text: string) => void)[] = [];
  private instructionListener: ((address: number) => void) | undefined;

  constructor(private readonly options: MachineOptions) {}

  get cycles(): number { return this.tick * 1000; }
  now(): number { return this.tick; }
  reset(): void { /* the script has no reset pin */ }

  load(image: FirmwareImage): void {
    const text = new TextDecoder().decode(image.segments[0].bytes);
    this.script = JSON.parse(text) as Act[];
  }

  run(until: number, effort = Infinity): StopReason {
    this.isStopped = false;
    const end = Math.min(until, this.tick + effort);
    while (this.tick < end) {
      if (this.tick < this.sleepUntil) this.tick = Math.min(end, this.sleepUntil);
      else {
        const stop = this.perform(this.script[this.next] ?? { idle: true });
        if (stop !== undefined) return stop;
      }
      if (this.isStopped) return { kind: 'stopped' };
    }
    return { kind: 'deadline' };
  }

  private perform(act: Act): StopReason | undefined {
    if ('idle' in act) return { kind: 'idle' };
    this.instructionListener?.(0x100 + 2 * this.next);
    this.instructions++;
    this.tick++;
    if ('forever' in act) return undefined;
    if ('busy' in act) return this.burn(act.busy);
    if ('semihostingEcho' in act) return this.semihostingEcho();
    if ('echo' in act) {
      if (this.input.length === 0) { this.next++; return undefined; }
      this.send(Uint8Array.of(this.input.shift()!));
      return undefined;
    }
    this.next++;
    this.core.words[0] = this.next;
    if ('say' in act) this.send(Buffer.from(act.say, 'latin1'));
    else if ('sleep' in act) this.sleepUntil = this.tick + act.sleep;
    else if ('warn' in act) this.warningListeners.forEach((listener) => listener(act.warn));
    else if ('itm' in act) this.textListeners.forEach((listener) => listener(act.itm));
    else if ('crash' in act) throw new TypeError('deliberate');
    else if ('open' in act) this.open(act.open);
    else if ('semihostingSay' in act) this.semihostingSay(act.semihostingSay);
    else if ('exit' in act) return { kind: 'exit', code: act.exit };
    else if ('lockup' in act) return { kind: 'lockup', address: 0x102, reason: act.lockup };
    else if ('fault' in act) return this.options.stopOnFault ? { kind: 'fault', exception: 3, address: 0x102, reason: act.fault } : { kind: 'lockup', address: 0x102, reason: act.fault };
    return undefined;
  }

  /** Takes wall time, as a slow machine would. */
  private burn(milliseconds: number): undefined {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) ;
    return undefined;
  }

  private send(bytes: Uint8Array): void {
    for (const byte of bytes) for (const listener of this.byteListeners) listener(byte);
  }

  private guest = {
    read8: (address: number) => this.ram[address - RAM],
    write8: (address: number, value: number) => {
      if (address < RAM || address >= RAM + RAM_BYTES) return false;
      this.ram[address - RAM] = value;
      return true;
    },
    now: () => this.tick,
    rootHz: 1000,
  };

  private call(operation: number, parameter: number): { result?: number; exit?: number; wait?: true } {
    return this.options.semihosting!.call(operation, parameter, this.guest);
  }

  private words(...values: number[]): number {
    new DataView(this.ram.buffer).setUint32(BLOCK - RAM, values[0], true);
    values.forEach((value, i) => new DataView(this.ram.buffer).setUint32(BLOCK - RAM + 4 * i, value, true));
    return BLOCK;
  }

  private put(text: string): number {
    this.ram.fill(0, 0x100, 0x700);
    this.ram.set(Buffer.from(text), 0x100);
    return RAM + 0x100;
  }

  private open(name: string): void {
    const { result } = this.call(Operation.SYS_OPEN, this.words(this.put(name), 0, Buffer.byteLength(name)));
    const errno = this.call(Operation.SYS_ERRNO, 0).result!;
    this.send(Buffer.from(result === 0xffff_ffff ? `errno ${errno}\n` : 'opened\n'));
  }

  private semihostingSay(text: string): void {
    this.call(Operation.SYS_WRITE0, this.put(text));
  }

  private semihostingEcho(): StopReason | undefined {
    const { result, wait } = this.call(Operation.SYS_READC, 0);
    if (wait) return { kind: 'waiting' };
    if (result === 0xffff_ffff) this.next++;
    else this.send(Uint8Array.of(result!));
    return undefined;
  }

  stop(): void { this.isStopped = true; }

  snapshot(): Uint8Array {
    return Buffer.from(JSON.stringify({ tick: this.tick, next: this.next, sleepUntil: this.sleepUntil, input: this.input, instructions: this.instructions }));
  }

  restore(bytes: Uint8Array): void {
    const state = JSON.parse(Buffer.from(bytes).toString()) as { tick: number; next: number; sleepUntil: number; input: number[]; instructions: number };
    this.tick = state.tick;
    this.next = state.next;
    this.sleepUntil = state.sleepUntil;
    this.instructions = state.instructions;
    this.input.push(...state.input);
  }

  readonly serials: readonly Serial[] = [{
    name: 'uart0',
    onByte: (listener) => { this.byteListeners.push(listener); },
    write: (bytes) => { this.input.push(...bytes); },
    open: () => undefined,
  }];
  readonly itm = { onText: (listener: (text: string) => void) => { this.textListeners.push(listener); } };
  readonly warnings = { onWarning: (listener: (text: string) => void) => { this.warningListeners.push(listener); } };
  private readonly registers = new Int32Array(128);
  readonly core: CoreView = {
    name: 'fake-core',
    words: this.registers,
    registers: registersOf(this.registers),
    callStacks: 'arm',
    peek: () => undefined,
    faultStatus: () => ({ CFSR: 1 << 25, HFSR: 1 << 30, DFSR: 0, MMFAR: 0, BFAR: 0 }),
    onInstruction: (listener) => { this.instructionListener = listener; },
    disassemble: () => ({ text: 'NOP', bytes: Uint8Array.of(0x00, 0xbf) }),
  };
  memoryUse(): MemoryUse[] { return [{ name: 'ram', base: RAM, bytes: RAM_BYTES, loadedBytes: 0 }]; }
  setBreakpoint(): void {}
  clearBreakpoint(): void {}
  sample(): void {}
  setWatchpoint(): void {}
  clearWatchpoint(): void {}
}

