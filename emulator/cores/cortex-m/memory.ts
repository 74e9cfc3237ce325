/**
 * The core's way to memory: a per-page fast map in front of the bus, protection checks, alignment rules, bit-banding.
 *
 * `readMap[page]` and `writeMap[page]` hold the byte offset of a 4 KB page in the machine's memory, or -1. An entry says
 * that every access of that kind, at the current privilege, goes straight to memory. Everything else takes the slow path.
 * Hot path: typed arrays only, nothing is allocated.
 */
import type { Bus, MemoryRegion, Region } from '../../bus/bus.js';
import { BusError, type AccessBytes } from '../../bus/types.js';
import { CFSR, Exception, GuestFault } from './fault.js';
import { Word } from './state.js';

export const PAGE_BITS = 12;
export const PAGE_BYTES = 1 << PAGE_BITS;
const OFFSET = PAGE_BYTES - 1;
const PAGES = 1 << (32 - PAGE_BITS);

export type AccessKind = 'read' | 'write' | 'execute';

/** What protects memory from the running code: the MPU, the default memory map, the rules of the PPB. */
export interface Protection {
  /** @throws GuestFault when the access is not allowed */
  check(address: number, kind: AccessKind, privileged: boolean): void;
  /** True when one rule holds for the whole 4 KB page, so that its result may be remembered. */
  isUniform(pageAddress: number): boolean;
  /** CCR.BFHFNMIGN at a negative priority: data accesses that fail read as zero and store nothing. */
  ignoresDataBusFaults(): boolean;
}

export interface MemoryOptions {
  readonly bitBand: boolean;
  /** Armv6-M: every unaligned access faults. */
  readonly unalignedSupport: boolean;
}

export class CoreMemory {
  readonly readMap = new Int32Array(PAGES).fill(-1);
  readonly writeMap = new Int32Array(PAGES).fill(-1);
  private readonly mapped: number[] = [];
  private readonly bytes: Uint8Array;
  private readonly staged = new Int32Array(16);
  /** Pages with decoded instructions: stores to them go the slow way and tell `onCodeWritten`. */
  readonly codePages = new Uint8Array(PAGES);
  onCodeWritten: (address: number, bytes: number) => void = () => {};

  constructor(
    private readonly words: Int32Array,
    readonly bus: Bus,
    private readonly protection: Protection,
    private readonly options: MemoryOptions,
  ) {
    this.bytes = new Uint8Array(bus.buffer);
  }

  /** Forgets every remembered permission: after a change of privilege, of the MPU or of the bus. */
  flush(): void {
    for (const page of this.mapped) this.readMap[page] = this.writeMap[page] = -1;
    this.mapped.length = 0;
  }

  /** Code was decoded in this page: from now on stores to it are seen. */
  watchCode(page: number): void {
    if (this.codePages[page]) return;
    // A mirror of the page would bypass the watch, so all remembered writes go.
    this.codePages[page] = 1;
    this.flush();
  }

  private get privileged(): boolean {
    return this.words[Word.UNPRIVILEGED] === 0;
  }

  // -- Slow paths -------------------------------------------------------------------------------------------------------

  slowLoad(address: number, bytes: AccessBytes, pc: number): number {
    this.words[Word.PC] = pc;
    return this.load(address, bytes, this.privileged);
  }

  slowStore(address: number, value: number, bytes: AccessBytes, pc: number): void {
    this.words[Word.PC] = pc;
    this.store(address, value, bytes, this.privileged);
  }

  /** A load with the checks of the architecture; any alignment that the core allows. */
  load(address: number, bytes: AccessBytes, privileged: boolean): number {
    if ((address & (bytes - 1)) !== 0) return this.loadUnaligned(address, bytes, privileged);
    this.protection.check(address, 'read', privileged);
    const region = this.bus.find(address);
    if (region?.kind === 'memory' && this.allowed(region, bytes)) {
      if (privileged === this.privileged) this.remember(this.readMap, address, region);
      return this.bus.readMemory(region.offset + (address >>> 0) - region.base, bytes);
    }
    try {
      if (!region && this.isBitBand(address)) return this.loadBit(address, bytes);
      return this.bus.read(address, bytes);
    } catch (error) {
      return this.failed(error, address);
    }
  }

  store(address: number, value: number, bytes: AccessBytes, privileged: boolean): void {
    if ((address & (bytes - 1)) !== 0) return this.storeUnaligned(address, value, bytes, privileged);
    this.protection.check(address, 'write', privileged);
    const region = this.bus.find(address);
    if (region?.kind === 'memory' && region.isWritable && this.allowed(region, bytes)) {
      if (privileged === this.privileged) this.rememberWrite(address, region);
      this.bus.writeMemory(region.offset + (address >>> 0) - region.base, value, bytes);
      this.noteCodeWrite(address, bytes, region);
      return;
    }
    try {
      if (!region && this.isBitBand(address)) this.storeBit(address, value, bytes);
      else this.bus.write(address, value, bytes);
    } catch (error) {
      this.failed(error, address);
    }
  }

  private allowed(region: Region, bytes: AccessBytes): boolean {
    return region.widths.includes(bytes);
  }

  /** Fills a fast-map entry when the whole page lies in the memory and under one protection rule. */
  private remember(map: Int32Array, address: number, region: MemoryRegion): void {
    const start = (address & ~OFFSET) >>> 0;
    const whole = start >= region.base && start + PAGE_BYTES <= region.base + region.bytes && ((region.offset + start - region.base) & 3) === 0;
    if (!whole || region.widths.length < 3 || !this.protection.isUniform(start)) return;
    map[address >>> PAGE_BITS] = region.offset + start - region.base;
    this.mapped.push(address >>> PAGE_BITS);
  }

  private rememberWrite(address: number, region: MemoryRegion): void {
    if (!this.holdsCode(address, region)) this.remember(this.writeMap, address, region);
  }

  /** Is there decoded code in this page, or in another page that shows the same memory? */
  private holdsCode(address: number, region: MemoryRegion): boolean {
    if (this.codePages[address >>> PAGE_BITS]) return true;
    const within = (address >>> 0) - region.base;
    return this.bus.map.some((r) => r.kind === 'memory' && r !== region && r.offset === region.offset && this.codePages[(r.base + within) >>> PAGE_BITS]);
  }

  private noteCodeWrite(address: number, bytes: number, region: MemoryRegion): void {
    const within = (address >>> 0) - region.base;
    for (const r of this.bus.map) {
      if (r.kind === 'memory' && r.offset === region.offset && this.mayHoldCode(r.base + within, bytes)) this.onCodeWritten(r.base + within, bytes);
    }
  }

  private mayHoldCode(address: number, bytes: number): boolean {
    for (let page = address >>> PAGE_BITS; page <= (address + bytes - 1) >>> PAGE_BITS; page++) if (this.codePages[page]) return true;
    return false;
  }

  /** Memory was written past the core: by DMA, exception stacking, the loader or a debugger. */
  codeWrittenByOthers(address: number, bytes: number): void {
    const region = this.bus.find(address);
    if (region?.kind === 'memory') this.noteCodeWrite(address, bytes, region);
  }

  private loadUnaligned(address: number, bytes: AccessBytes, privileged: boolean): number {
    this.checkUnaligned(address);
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= this.load((address + i) | 0, 1, privileged) << (8 * i);
    return value >>> 0;
  }

  private storeUnaligned(address: number, value: number, bytes: AccessBytes, privileged: boolean): void {
    this.checkUnaligned(address);
    // Both ends are checked first, so that a store across a border changes nothing when it faults.
    this.protection.check((address + bytes - 1) | 0, 'write', privileged);
    for (let i = 0; i < bytes; i++) this.store((address + i) | 0, (value >>> (8 * i)) & 0xff, 1, privileged);
  }

  private checkUnaligned(address: number): void {
    if (this.options.unalignedSupport && this.words[Word.UNALIGN_TRP] === 0) return;
    throw unaligned(address);
  }

  // -- Bit-banding: DDI 0337, 2.6. A word of the alias is one bit of the first megabyte of SRAM or of the peripherals. -----

  private isBitBand(address: number): boolean {
    const top = address >>> 25;
    return this.options.bitBand && (top === 0x22000000 >>> 25 || top === 0x42000000 >>> 25);
  }
  private bitBandTarget(address: number, bytes: AccessBytes): { word: number; bit: number } {
    const byte = (address & 0xf000_0000) + ((address & 0x01ff_ffff) >>> 5);
    const word = byte & -bytes;
    return { word, bit: ((address >>> 2) & 7) + 8 * (byte - word) };
  }
  private loadBit(address: number, bytes: AccessBytes): number {
    const { word, bit } = this.bitBandTarget(address, bytes);
    return (this.bus.read(word, bytes) >>> bit) & 1;
  }
  private storeBit(address: number, value: number, bytes: AccessBytes): void {
    const { word, bit } = this.bitBandTarget(address, bytes);
    const old = this.bus.read(word, bytes);
    this.bus.write(word, value & 1 ? old | (1 << bit) : old & ~(1 << bit), bytes);
  }

  /** @returns 0 when bus faults are ignored @throws GuestFault PRECISERR otherwise */
  private failed(error: unknown, address: number): number {
    if (!(error instanceof BusError)) throw error;
    if (this.protection.ignoresDataBusFaults()) return 0;
    throw new GuestFault(Exception.BusFault, CFSR.PRECISERR, address >>> 0, error.reason);
  }

  // -- Instruction fetch ---------------------------------------------------------------------------------------------------

  /** The halfword at an address. @throws GuestFault IACCVIOL or IBUSERR */
  fetch(address: number): number {
    this.protection.check(address, 'execute', this.privileged);
    const region = this.bus.find(address);
    if (region?.kind === 'memory') return this.bus.readMemory(region.offset + (address >>> 0) - region.base, 2);
    try {
      return this.bus.read(address, 2);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      throw new GuestFault(Exception.BusFault, CFSR.IBUSERR, undefined, error.reason);
    }
  }
  isUniform(pageAddress: number): boolean {
    return this.protection.isUniform(pageAddress);
  }
  checkExecute(address: number): void {
    this.protection.check(address, 'execute', this.privileged);
  }

  // -- Multiple transfers ------------------------------------------------------------------------------------------------------

  loadMultiple(list: number, address: number, pc: number): number {
    if (address & 3) throw unaligned(address);
    let at = address;
    for (let n = 0, rest = list; rest; n++, rest >>>= 1) {
      if (!(rest & 1)) continue;
      const page = this.readMap[at >>> PAGE_BITS];
      this.staged[n] = page >= 0 ? this.word((page + (at & OFFSET)) >> 2) : this.slowLoad(at, 4, pc);
      at = (at + 4) | 0;
    }
    for (let n = 0, rest = list & 0x7fff; rest; n++, rest >>>= 1) if (rest & 1) this.words[n] = this.staged[n];
    return list & 0x8000 ? this.staged[15] : 0;
  }

  storeMultiple(list: number, address: number, pc: number): void {
    if (address & 3) throw unaligned(address);
    let at = address;
    for (let n = 0, rest = list; rest; n++, rest >>>= 1) {
      if (!(rest & 1)) continue;
      const page = this.writeMap[at >>> PAGE_BITS];
      if (page >= 0) this.setWord((page + (at & OFFSET)) >> 2, this.words[n]);
      else this.slowStore(at, this.words[n], 4, pc);
      at = (at + 4) | 0;
    }
  }

  private readonly word = (index: number): number => this.view[index];
  private readonly setWord = (index: number, value: number): void => { this.view[index] = value; };
  private get view(): Int32Array {
    return (this.viewCache ??= new Int32Array(this.bus.buffer));
  }
  private viewCache: Int32Array | undefined;

  // -- Fast accessors for generated code -----------------------------------------------------------------------------------------

  accessors(): MemoryAccessors {
    const { readMap, writeMap, bytes } = this;
    const words = new Int32Array(this.bus.buffer);
    const halves = new Uint16Array(this.bus.buffer);
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- closures are what V8 inlines best here
    const memory = this;
    const load32 = (a: number, pc: number): number => {
      const page = readMap[a >>> PAGE_BITS];
      return page >= 0 && (a & 3) === 0 ? words[(page + (a & OFFSET)) >> 2] : memory.slowLoad(a, 4, pc) | 0;
    };
    const load16 = (a: number, pc: number): number => {
      const page = readMap[a >>> PAGE_BITS];
      return page >= 0 && (a & 1) === 0 ? halves[(page + (a & OFFSET)) >> 1] : memory.slowLoad(a, 2, pc) | 0;
    };
    const load8 = (a: number, pc: number): number => {
      const page = readMap[a >>> PAGE_BITS];
      return page >= 0 ? bytes[page + (a & OFFSET)] : memory.slowLoad(a, 1, pc) | 0;
    };
    const store32 = (a: number, v: number, pc: number): void => {
      const page = writeMap[a >>> PAGE_BITS];
      if (page >= 0 && (a & 3) === 0) words[(page + (a & OFFSET)) >> 2] = v;
      else memory.slowStore(a, v, 4, pc);
    };
    const store16 = (a: number, v: number, pc: number): void => {
      const page = writeMap[a >>> PAGE_BITS];
      if (page >= 0 && (a & 1) === 0) halves[(page + (a & OFFSET)) >> 1] = v;
      else memory.slowStore(a, v, 2, pc);
    };
    const store8 = (a: number, v: number, pc: number): void => {
      const page = writeMap[a >>> PAGE_BITS];
      if (page >= 0) bytes[page + (a & OFFSET)] = v;
      else memory.slowStore(a, v, 1, pc);
    };
    return {
      load8, load16, load32, store8, store16, store32,
      load16Checked: (a, pc) => { if (a & 1) throw unaligned(a); return load16(a, pc); },
      load32Checked: (a, pc) => { if (a & 3) throw unaligned(a); return load32(a, pc); },
      store16Checked: (a, v, pc) => { if (a & 1) throw unaligned(a); store16(a, v, pc); },
      store32Checked: (a, v, pc) => { if (a & 3) throw unaligned(a); store32(a, v, pc); },
      loadMultiple: (list, a, pc) => memory.loadMultiple(list, a, pc),
      storeMultiple: (list, a, pc) => memory.storeMultiple(list, a, pc),
    };
  }
}

const unaligned = (address: number): GuestFault => new GuestFault(Exception.UsageFault, CFSR.UNALIGNED, undefined, `unaligned access at 0x${(address >>> 0).toString(16)}`);

export interface MemoryAccessors {
  load8(address: number, pc: number): number;
  load16(address: number, pc: number): number;
  load32(address: number, pc: number): number;
  load16Checked(address: number, pc: number): number;
  load32Checked(address: number, pc: number): number;
  store8(address: number, value: number, pc: number): void;
  store16(address: number, value: number, pc: number): void;
  store32(address: number, value: number, pc: number): void;
  store16Checked(address: number, value: number, pc: number): void;
  store32Checked(address: number, value: number, pc: number): void;
  loadMultiple(list: number, address: number, pc: number): number;
  storeMultiple(list: number, address: number, pc: number): void;
}
