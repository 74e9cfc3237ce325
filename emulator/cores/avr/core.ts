/**
 * An AVR core (AVRe, AVRe+): instruction interpreter, data space, interrupts and sleep put together. It runs for a number of
 * cycles and stops exactly there, or where something outside must happen.
 * Source: AVR Instruction Set Manual DS40002198B; DS40002061B chapters 7 (AVR CPU Core), 8 (memories), 12 (Interrupts).
 */
import type { Snapshot, Stateful, Warnings } from '../../bus/types.js';
import { Watchpoints, type Watchpoint, type WatchHit } from '../watchpoints.js';
import type { AvrConfig } from './config.js';
import { DataSpace } from './data-space.js';
import { Interpreter, type Helper } from './interpreter.js';
import { Interrupts } from './interrupts.js';
import { AVR_ROWS } from './rows/index.js';
import { readSREG, STATE_BYTES, Word, writeSREG } from './state.js';
import { RESPONSE_CYCLES, timingOf, WAKE_UP_CYCLES } from './timing.js';

/** What the chip around the core does when an instruction asks; whatever is absent has no effect. */
export interface AvrSurroundings {
  /** The core is about to access a device at or past the cycle at which something may be due, in the middle of an instruction. */
  onLate?(): void;
  /** SLEEP. @returns whether the core is to sleep: SMCR.SE is set */
  onSleep?(): boolean;
  /** The core goes on after sleep, before the interrupt's response begins. */
  onWake?(): void;
  /** WDR. */
  onWatchdogReset?(): void;
  /** SPM. @param address RAMPZ:Z in bytes @param data R1:R0 */
  onStoreProgram?(address: number, data: number): void;
  /** LPM and ELPM while `hookProgram(true)`: what they read in place of program memory; undefined is program memory. */
  onLoadProgram?(address: number): number | undefined;
  /** BREAK: with on-chip debugging off it is a NOP. */
  onBreak?(addressBytes: number): void;
  /** The hardware clears the flag of an interrupt whose vector is taken. */
  onInterruptTaken?(vector: number): void;
  /** Where execution begins after a reset, in words: BOOTRST. */
  resetWords?(): number;
  /** Where vectors begin, in words: IVSEL. */
  vectorsWords?(): number;
}

export interface AvrEnvironment {
  readonly config: AvrConfig;
  /** The machine's memory: the core's state lies at its start. */
  readonly buffer: ArrayBuffer;
  /** Byte offset in it of program memory; even. */
  readonly flashOffset: number;
  /** Byte offset in it of the first byte of SRAM. */
  readonly ramOffset: number;
  readonly warnings: Warnings;
  readonly surroundings: AvrSurroundings;
  /** The machine's memory, and in it room for two bytes per word of program memory; without it everything is interpreted. */
  readonly translation?: { readonly wasmMemory: WebAssembly.Memory; readonly functions: number; readonly hot?: number | undefined; readonly most?: number | undefined } | undefined;
}

/** Why `run` came back early. */
export type CoreStop = { readonly kind: 'breakpoint'; readonly address: number };

/** Longest time in one call of the interpreter: V8 replaces a loop by its optimised form only when it is entered anew. */
const QUANTUM_CYCLES = 1_000_000;
const NEVER = -1;
export const ALL_VECTORS = -1;

export class Avr implements Stateful {
  readonly config: AvrConfig;
  readonly words: Int32Array;
  readonly dataSpace: DataSpace;
  readonly interpreter: Interpreter;
  /** What the latest `run` met. */
  stop: CoreStop | undefined;
  /** The first watched access of the latest run. */
  watchHit: WatchHit | undefined;
  private readonly interrupts: Interrupts;
  private readonly watchpoints = new Watchpoints();
  private readonly flash: Uint8Array;
  private budget = 0;
  private wakesBy = ALL_VECTORS;
  private wakesByHigh = ALL_VECTORS;
  private isInterrupted = false;

  constructor(private readonly environment: AvrEnvironment) {
    const { config, buffer, flashOffset, ramOffset, warnings } = environment;
    const { flashBytes } = config;
    if ((flashBytes & (flashBytes - 1)) !== 0) throw new Error(`${config.name}: ${flashBytes} bytes of program memory are no power of two`);
    this.config = config;
    this.words = new Int32Array(buffer, 0, STATE_BYTES / 4);
    this.flash = new Uint8Array(buffer, flashOffset, flashBytes);
    this.interrupts = new Interrupts(this.words);
    const writeStatus = (value: number): void => this.writeSREG(value);
    this.dataSpace = new DataSpace({ config, words: this.words, buffer, offset: ramOffset - config.ramStart, warnings, writeSREG: writeStatus });
    this.dataSpace.onWatched = (hit) => this.noteWatched(hit);
    this.dataSpace.onLate = () => environment.surroundings.onLate?.();
    this.interpreter = new Interpreter({
      words: this.words, rows: AVR_ROWS, features: config.features, timing: timingOf(config.pcBytes), program: new Uint16Array(buffer, flashOffset, flashBytes / 2),
      accessors: this.dataSpace.accessors, helpers: this.helpers(), readSREG: () => readSREG(this.words), writeSREG: writeStatus, loadProgram: this.programLoader(),
      unallocated: (opcode, address) => warnings.warn(`opcode ${opcode}`, `0x${opcode.toString(16).padStart(4, '0')} at 0x${address.toString(16)} is no instruction of ${config.name}: it does nothing`),
      stopAt: (address) => this.stopWith({ kind: 'breakpoint', address }),
    });
    this.startTranslating();
  }

  private startTranslating(): void {
    const { config, environment: { translation, surroundings, flashOffset, ramOffset }, words, dataSpace } = this;
    if (!translation) return;
    const { ramStart, ramEnd, flashBytes, rampzMask, eindMask } = config;
    this.interpreter.translateWith({
      config, words, dataSpace, memory: translation.wasmMemory, hot: translation.hot, most: translation.most,
      layout: { ramStart, ramBytes: ramEnd - ramStart, dataOffset: ramOffset - ramStart, flashOffset, flashBytes, rampzMask, eindMask, functions: translation.functions },
      onWatchdogReset: () => surroundings.onWatchdogReset?.(),
    });
  }

  // -- Running.

  /**
   * Runs for `cycles` cycles: `words[CYCLES]` counts from 0. Comes back early, with `stop` set or asleep, when it cannot go on
   * alone; late by the rest of an instruction or of an interrupt's response.
   */
  run(cycles: number): void {
    const { words, interpreter } = this;
    this.begin(cycles);
    while (words[Word.CYCLES] < this.budget) {
      const isDue = this.isInterruptDue;
      const isShadowed = isDue && words[Word.CYCLES] === words[Word.SHADOW];
      if (isDue && !isShadowed) {
        this.takeInterrupt();
        continue;
      }
      if (words[Word.SLEEPING] !== 0 || this.stop !== undefined || this.isInterrupted) break;
      words[Word.LIMIT] = isShadowed ? words[Word.CYCLES] : Math.min(this.budget, words[Word.CYCLES] + QUANTUM_CYCLES);
      interpreter.run();
    }
    // Cycles will count anew: the last instruction of this run shadows the first of the next.
    words[Word.SHADOW] = words[Word.SHADOW] === words[Word.CYCLES] ? 0 : NEVER;
  }

  private begin(cycles: number): void {
    const { words } = this;
    words[Word.CYCLES] = 0;
    this.budget = cycles;
    this.stop = undefined;
    this.watchHit = undefined;
    this.isInterrupted = false;
  }

  /** Ends the current run after the instruction under way. */
  interrupt(): void {
    this.isInterrupted = true;
    this.shorten(0);
  }

  /** Ends the current run at that many cycles since it began, if that is earlier: a new event is due then. */
  shorten(cycles: number): void {
    if (cycles < this.budget) this.budget = cycles;
    this.look(cycles);
  }

  /** The interpreter comes back at that cycle. */
  private look(cycles: number): void {
    if (cycles < this.words[Word.LIMIT]) this.words[Word.LIMIT] = cycles;
  }

  private stopWith(stop: CoreStop): void {
    this.stop = stop;
    this.shorten(0);
  }

  /** The CPU stands for that many cycles after the instruction under way: EEPROM accesses, flash programming. */
  stall(cycles: number): void {
    this.words[Word.CYCLES] += cycles;
  }

  // -- Interrupts and sleep.

  /** @param vector as in the chip's table, RESET being 0 @throws RangeError when there is none */
  setInterrupt(vector: number, level: boolean): void {
    if (vector < 1 || vector >= this.config.vectors) throw new RangeError(`${this.config.name} has no interrupt vector ${vector}`);
    this.interrupts.set(vector, level);
    if (level && this.words[Word.I] !== 0) this.look(0);
  }

  private get isInterruptDue(): boolean {
    const { words, interrupts } = this;
    if (words[Word.I] === 0) return false;
    return words[Word.SLEEPING] === 0 ? interrupts.isPending : interrupts.isPendingOf(this.wakesBy, this.wakesByHigh);
  }

  /** After SLEEP, with no interrupt that would end it. */
  get isAsleep(): boolean {
    return this.words[Word.SLEEPING] !== 0 && !this.isInterruptDue;
  }

  /** Only these vectors end sleep, a bit each: 0..31 and 32..63. No part of a snapshot: who says so says it again. */
  wakeBy(vectors: number, vectorsHigh: number): void {
    this.wakesBy = vectors;
    this.wakesByHigh = vectorsHigh;
  }

  private takeInterrupt(): void {
    const { words, config, environment: { surroundings } } = this;
    const vector = this.interrupts.first;
    if (words[Word.SLEEPING] !== 0) {
      words[Word.SLEEPING] = 0;
      words[Word.CYCLES] += WAKE_UP_CYCLES;
      surroundings.onWake?.();
    }
    words[Word.I] = 0;
    this.pushPC();
    words[Word.PC] = ((surroundings.vectorsWords?.() ?? 0) + vector * config.vectorWords) & (config.flashBytes / 2 - 1);
    words[Word.CYCLES] += RESPONSE_CYCLES[config.pcBytes];
    this.interpreter.noteInterrupt(words[Word.PC]);
    this.interpreter.forgetStop();
    surroundings.onInterruptTaken?.(vector);
  }

  private pushPC(): void {
    const { words } = this;
    const pc = words[Word.PC];
    for (let i = 0; i < this.config.pcBytes; i++) {
      this.dataSpace.accessors.store(words[Word.SP], (pc >> (8 * i)) & 0xff, pc);
      words[Word.SP] = (words[Word.SP] - 1) & 0xffff;
    }
  }

  /** The instruction after the one under way runs before any interrupt: SEI, RETI. DS40002061B 7.7. */
  private enableInterrupts(): void {
    const { words } = this;
    words[Word.I] = 1;
    words[Word.SHADOW] = words[Word.CYCLES];
    if (this.interrupts.isPending) this.look(0);
  }

  /**
   * A write to SREG that sets I shadows the next instruction like SEI: avr-gcc's function epilogues rely upon it, which restore
   * SREG between the halves of SP.
   */
  private writeSREG(value: number): void {
    const { words } = this;
    const before = words[Word.I];
    writeSREG(words, value);
    if (before === 0 && words[Word.I] !== 0) this.enableInterrupts();
  }

  // -- What instructions ask for.

  private helpers(): Record<string, Helper> {
    const { words, environment: { surroundings }, config } = this;
    return {
      EnableInterrupts: () => this.enableInterrupts(),
      SLEEP: () => this.sleep(),
      WDR: () => surroundings.onWatchdogReset?.(),
      SPM: (address, data) => surroundings.onStoreProgram?.(address, data),
      BREAK: () => surroundings.onBreak?.(words[Word.PC] << 1),
      WrapRAMPZ: (value) => value & config.rampzMask,
    };
  }

  private sleep(): void {
    const { words, environment: { surroundings } } = this;
    if (surroundings.onSleep?.() !== true) return;
    words[Word.SLEEPING] = 1;
    this.look(0);
  }

  private programLoader(): (address: number, pc: number) => number {
    const { flash, words, environment: { surroundings } } = this;
    const mask = flash.length - 1;
    return (address, pc) => {
      if (words[Word.PROGRAM_HOOK] === 0) return flash[address & mask];
      words[Word.PC] = pc;
      return surroundings.onLoadProgram?.(address) ?? flash[address & mask];
    };
  }

  /** From now on LPM and ELPM ask `onLoadProgram`, or no longer do. */
  hookProgram(isHooked: boolean): void {
    this.words[Word.PROGRAM_HOOK] = isHooked ? 1 : 0;
  }

  /** Program memory was written, by SPM's controller, a programmer or a debugger. */
  programChanged(addressBytes: number, bytes: number): void {
    this.interpreter.invalidate(addressBytes, bytes);
  }

  // -- Watchpoints, by address in the data space.

  setWatchpoint(watchpoint: Watchpoint): void {
    this.watchpoints.add(watchpoint);
    this.watchAccesses();
  }

  clearWatchpoint(watchpoint: Watchpoint): void {
    this.watchpoints.remove(watchpoint);
    this.watchAccesses();
  }

  private watchAccesses(): void {
    this.dataSpace.watch(this.watchpoints);
    this.interpreter.watchesAccesses = !this.watchpoints.isEmpty;
  }

  private noteWatched(hit: WatchHit): void {
    this.watchHit ??= hit;
    this.interrupt();
  }

  // -- Stateful.

  /**
   * R0..R31 keep their values over a reset (DS40002061B 11.1 resets I/O registers only), save that power-on gives them 0 here; SP is
   * RAMEND (7.6). Interrupt lines are their devices', which have been reset before.
   */
  reset(kind: string = 'power-on'): void {
    const { words, config, environment: { surroundings } } = this;
    const kept = kind === 'power-on' ? undefined : words.slice(Word.R0, Word.R0 + 32);
    const pending = [words[Word.PENDING], words[Word.PENDING_HIGH]];
    const cycles = words[Word.CYCLES];
    words.fill(0);
    if (kept) words.set(kept, Word.R0);
    words.set(pending, Word.PENDING);
    words[Word.CYCLES] = cycles;
    writeSREG(words, 0);
    words[Word.SP] = config.ramEnd - 1;
    words[Word.SHADOW] = NEVER;
    words[Word.PC] = (surroundings.resetWords?.() ?? 0) & (config.flashBytes / 2 - 1);
    this.interpreter.forgetStop();
  }

  /** Between runs only: CYCLES and LIMIT belong to a run and are left out. */
  snapshot(): Snapshot {
    const { words } = this;
    words[Word.CYCLES] = words[Word.LIMIT] = 0;
    words[Word.EXIT_SITE] = words[Word.DECLINED] = 0; // the translator's own
    return { core: this.config.name, words: new Uint8Array(words.buffer, 0, STATE_BYTES).slice(), instructions: this.interpreter.instructions };
  }

  restore(from: Snapshot): void {
    const { words, instructions } = from;
    if (from['core'] !== this.config.name || !(words instanceof Uint8Array) || words.length !== STATE_BYTES || typeof instructions !== 'number') {
      throw new Error(`the snapshot is not one of an ${this.config.name}`);
    }
    new Uint8Array(this.words.buffer, 0, STATE_BYTES).set(words);
    this.interpreter.instructions = instructions;
    this.interpreter.forgetStop();
  }
}
