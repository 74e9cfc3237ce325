/**
 * The data space of an AVR: registers, I/O registers and SRAM in 64 KB of addresses. SRAM is reached directly; below it lie R0..R31,
 * the core's own I/O registers (SREG, SP, RAMPZ, EIND) and the devices, each address of which belongs to one of them.
 *
 * A device sees the access in the last cycle of its instruction, where the datasheets' figure "On-chip Data SRAM Access Cycles"
 * has it: what it reads is what is there as that cycle begins, what it writes counts from that cycle's end on. CYCLES holds the
 * whole instruction by then, so it is set back by one during a read. On silicon `OUT TCNT0, r; NOP; LDS r, TCNT0` finds the
 * counter two further at a prescaler of 1.
 * Hot path: typed arrays only, nothing is allocated.
 */
import type { BusDevice, Warnings } from '../../bus/types.js';
import type { AvrConfig } from './config.js';
import { Address, readSREG, Word } from './state.js';
import type { Watchpoints, WatchHit } from '../watchpoints.js';

const REGISTERS = 32;
const FIRST_IO = 0x20;
const ADDRESSES = 0x1_0000;

/** A block of registers, by data-space addresses as offsets; without `declares` it has all from FIRST_IO to SRAM to itself. */
export type DataSpaceDevice = BusDevice & { declares?(address: number): boolean };

/** What the generated handlers call; `pc` is the address of the instruction, in words. */
export interface MemoryAccessors {
  load(address: number, pc: number): number;
  store(address: number, value: number, pc: number): void;
  loadIO(address: number, pc: number): number;
  storeIO(address: number, value: number, pc: number): void;
  storeIOBits(address: number, mask: number, level: number, pc: number): void;
}

export interface DataSpaceOptions {
  readonly config: AvrConfig;
  readonly words: Int32Array;
  readonly buffer: ArrayBuffer;
  /** Byte offset in the machine's memory at which data-space address 0 would lie. */
  readonly offset: number;
  readonly warnings: Warnings;
  /** SREG was written: interrupts may be enabled now. */
  writeSREG(value: number): void;
}

const hex = (address: number): string => `0x${address.toString(16).padStart(4, '0')}`;

export class DataSpace {
  private readonly bytes: Uint8Array;
  /** By address below SRAM. */
  private readonly readers: (BusDevice | undefined)[];
  private readonly writers: (BusDevice | undefined)[];
  /** 1 where SBI and CBI write a single one. */
  private readonly writesOnes: Uint8Array;
  /** Addresses from `fastStart` on, `fastBytes` of them, are SRAM that nobody watches. */
  private fastStart: number;
  private fastBytes: number;
  private watchpoints: Watchpoints | undefined;
  /** A watched address was read or written; the instruction goes on to its end. */
  onWatched: (hit: WatchHit) => void = () => {};
  /** A device is about to be accessed at or past the cycle at which an event may be due: that comes first. */
  onLate: () => void = () => {};
  /** By word address: 1 once that instruction's pointer has led below SRAM; for who wants to know. */
  pointerSites: Uint8Array | undefined;
  readonly accessors: MemoryAccessors;

  constructor(private readonly options: DataSpaceOptions) {
    const { ramStart, ramEnd, writeOneRegisters } = options.config;
    this.bytes = new Uint8Array(options.buffer);
    this.readers = new Array<BusDevice | undefined>(ramStart).fill(undefined);
    this.writers = new Array<BusDevice | undefined>(ramStart).fill(undefined);
    this.writesOnes = new Uint8Array(ramStart);
    for (const address of writeOneRegisters) this.writesOnes[address] = 1;
    this.fastStart = ramStart;
    this.fastBytes = ramEnd - ramStart;
    this.accessors = this.makeAccessors();
  }

  /** Puts a device at the addresses that it declares. @throws Error when another one has one of them */
  add(name: string, device: DataSpaceDevice): void {
    for (let address = FIRST_IO; address < this.readers.length; address++) {
      if (device.declares && !device.declares(address)) continue;
      if (this.readers[address] !== undefined) throw new Error(`${name} declares ${hex(address)}, which another block has`);
      this.readers[address] = device.readsFrom ?? device;
      this.writers[address] = device.writesTo ?? device;
    }
  }

  /** What is watched has changed: while something is, every access is looked at. */
  watch(watchpoints: Watchpoints): void {
    const { ramStart, ramEnd } = this.options.config;
    this.watchpoints = watchpoints.isEmpty ? undefined : watchpoints;
    this.fastBytes = watchpoints.isEmpty ? ramEnd - ramStart : 0;
  }

  private makeAccessors(): MemoryAccessors {
    const { bytes } = this;
    const { offset } = this.options;
    return {
      load: (address, pc) => ((address - this.fastStart) >>> 0 < this.fastBytes ? bytes[offset + address] : this.loadOutside(address, pc)),
      store: (address, value, pc) => {
        if ((address - this.fastStart) >>> 0 < this.fastBytes) bytes[offset + address] = value;
        else this.storeOutside(address, value, pc);
      },
      loadIO: (address, pc) => this.loadIO(address, pc),
      storeIO: (address, value, pc) => this.storeIO(address, value, pc),
      storeIOBits: (address, mask, level, pc) => this.storeIOBits(address, mask, level, pc),
    };
  }

  private loadOutside(address: number, pc: number): number {
    if (this.pointerSites) this.pointerSites[pc] = 1;
    return this.loadIO(address, pc);
  }

  private storeOutside(address: number, value: number, pc: number): void {
    if (this.pointerSites) this.pointerSites[pc] = 1;
    this.storeIO(address, value, pc);
  }

  private loadIO(address: number, pc: number): number {
    this.options.words[Word.PC] = pc;
    const value = this.read(address);
    if (this.watchpoints) this.noteAccess(address, 'read', value);
    return value;
  }

  private storeIO(address: number, value: number, pc: number): void {
    this.options.words[Word.PC] = pc;
    if (this.watchpoints) this.noteAccess(address, 'write', value);
    this.write(address, value);
  }

  /** Unlike older AVRs, these do not touch the other bits: DS40002061B 8.5, "I/O Memory". */
  private storeIOBits(address: number, mask: number, level: number, pc: number): void {
    if (this.writesOnes[address] === 0) {
      const before = this.loadIO(address, pc);
      this.storeIO(address, level === 0 ? before & ~mask : before | mask, pc);
    } else if (level !== 0) this.storeIO(address, mask, pc);
  }

  private noteAccess(address: number, access: 'read' | 'write', value: number): void {
    if (this.watchpoints!.find(address, 1, access) >= 0) this.onWatched({ address, pc: this.options.words[Word.PC] << 1, access, value });
  }

  /** A guest read of any address, with side effects. */
  read(address: number): number {
    const { words, config } = this.options;
    if (address >= config.ramStart) return address < config.ramEnd ? this.bytes[this.options.offset + address] : this.readNothing(address);
    const own = this.readOwn(address);
    if (own >= 0) return own;
    const device = this.readers[address];
    if (device === undefined) return this.readNothing(address);
    words[Word.CYCLES]--;
    if (words[Word.CYCLES] >= words[Word.LIMIT]) this.onLate();
    const value = device.read(address, 1);
    words[Word.CYCLES]++;
    return value;
  }

  /** A guest write of any address, with side effects. */
  write(address: number, value: number): void {
    const { words, config } = this.options;
    if (address >= config.ramStart) {
      if (address < config.ramEnd) this.bytes[this.options.offset + address] = value;
      else this.writeNothing(address);
      return;
    }
    if (this.writeOwn(address, value)) return;
    const device = this.writers[address];
    if (device === undefined) {
      this.writeNothing(address);
      return;
    }
    if (words[Word.CYCLES] >= words[Word.LIMIT]) this.onLate();
    device.write(address, value, 1);
  }

  /** A register of the core, or -1. */
  private readOwn(address: number): number {
    const { words, config } = this.options;
    if (address < REGISTERS) return words[Word.R0 + address];
    switch (address) {
      case Address.SPL: return words[Word.SP] & 0xff;
      case Address.SPH: return words[Word.SP] >> 8;
      case Address.SREG: return readSREG(words);
      case Address.RAMPZ: return config.rampzMask === 0 ? -1 : words[Word.RAMPZ];
      case Address.EIND: return config.eindMask === 0 ? -1 : words[Word.EIND];
      default: return -1;
    }
  }

  /** @returns whether it is a register of the core */
  private writeOwn(address: number, value: number): boolean {
    const { words, config } = this.options;
    if (address < REGISTERS) words[Word.R0 + address] = value;
    else if (address === Address.SPL) words[Word.SP] = (words[Word.SP] & 0xff00) | value;
    else if (address === Address.SPH) words[Word.SP] = (words[Word.SP] & 0xff) | (value << 8);
    else if (address === Address.SREG) this.options.writeSREG(value);
    else if (address === Address.RAMPZ && config.rampzMask !== 0) words[Word.RAMPZ] = value & config.rampzMask;
    else if (address === Address.EIND && config.eindMask !== 0) words[Word.EIND] = value & config.eindMask;
    else return false;
    return true;
  }

  private readNothing(address: number): number {
    this.options.warnings.warn(`data ${address}`, `nothing is at data address ${hex(address)}: it reads as 0`);
    return 0;
  }

  private writeNothing(address: number): void {
    this.options.warnings.warn(`data ${address}`, `nothing is at data address ${hex(address)}: what is written there is lost`);
  }

  // -- For the debugger: no side effects.

  /** Undefined where nothing is. */
  peek(address: number): number | undefined {
    const { config, offset } = this.options;
    if (address < 0 || address >= ADDRESSES) return undefined;
    if (address >= config.ramStart) return address < config.ramEnd ? this.bytes[offset + address] : undefined;
    const own = this.readOwn(address);
    return own >= 0 ? own : this.readers[address]?.peek(address, 1);
  }

  /** @returns false where nothing is */
  poke(address: number, value: number): boolean {
    const { config, offset } = this.options;
    if (address < 0 || address >= ADDRESSES || (address >= config.ramEnd)) return false;
    if (address >= config.ramStart) this.bytes[offset + address] = value;
    else if (!this.writeOwn(address, value & 0xff)) {
      const device = this.writers[address];
      device?.poke(address, value & 0xff, 1);
      return device !== undefined;
    }
    return true;
  }
}
