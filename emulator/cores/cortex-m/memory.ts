/**
 * The core's way to memory: a per-page fast map in front of the bus, protection checks, alignment rules, bit-banding.
 *
 * `readMap[page]` and `writeMap[page]` hold the byte offset of a 4 KB page in the machine's memory, or 0 (which is the
 * core's own state). An entry says that every access of that kind, at the current privilege, goes straight to memory,
 * save a store to a line that holds decoded code. Everything else takes the slow path.
 * Hot path: typed arrays only, nothing is allocated.
 */
import type { Bus, DeviceRegion, MemoryRegion, Region } from '../../bus/bus.js';
import { BusError, type AccessBytes } from '../../bus/types.js';
import type { FastMaps } from './fast-maps.js';
import type { MemoryAccessors } from './memory-accessors.js';
export type { MemoryAccessors };
import { CFSR, Exception, GuestFault } from './fault.js';
import { Word } from './state.js';
import type { Watchpoints, WatchHit } from '../watchpoints.js';

export const PAGE_BITS = 12;
export const PAGE_BYTES = 1 << PAGE_BITS;
const OFFSET = PAGE_BYTES - 1;
const PAGES = 1 << (32 - PAGE_BITS);
/** Grain in which decoded code is told from data: small, since firmware in RAM keeps both on one page. */
export const CODE_LINE_BITS = 4;

export type AccessKind = 'read' | 'write' | 'execute';

/** What protects memory from the running code: the MPU, the default memory map, the rules of the PPB. */
export interface Protection {
  /** @throws GuestFault when the access is not allowed */
  check(address: number, kind: AccessKind, privileged: boolean): void;
  /** True when one rule holds for the whole 4 KB page, so that its result may be remembered. */
  isUniform(pageAddress: number): boolean;
  /** Nothing is protected: no protection unit is on. */
  isOpen(): boolean;
  /** CCR.BFHFNMIGN at a negative priority: data accesses that fail read as zero and store nothing. */
  ignoresDataBusFaults(): boolean;
}

export interface MemoryOptions {
  readonly bitBand: boolean;
  /** Armv6-M: every unaligned access faults. */
  readonly unalignedSupport: boolean;
  /** Page maps for translated code, in the machine's memory; see `TranslationLayout`. */
  readonly translatedMaps?: { readonly read: Int32Array; readonly write: Int32Array } | undefined;
}

/** A memory as translated code reaches it directly; see `Window` of the translator. */
export interface MemoryWindow { readonly base: number; readonly bytes: number; readonly offset: number; readonly isWritable: boolean }

/** Bytes of a list of sixteen registers. */
const LONGEST_LIST = 64;
/** Smaller memories are not worth a window. */
const SMALLEST_WINDOW = 256;

/** Pages of devices kept at hand for translated code; a power of two. */
const DEVICE_PAGES = 64;
const NO_PAGE = -1;

/** In a page map of translated code: there is memory. */
const PRESENT = 1;

export class CoreMemory {
  readonly readMap = new Int32Array(PAGES);
  readonly writeMap = new Int32Array(PAGES);
  private readonly mapped: number[] = [];
  private readonly bytes: Uint8Array;
  private readonly halves: Uint16Array;
  private readonly view: Int32Array;
  private readonly staged = new Int32Array(16);
  private readonly direct: MemoryAccessors;
  /** 1 for lines of the machine's memory from which instructions were decoded: stores there tell `onCodeWritten`. */
  private readonly codeLines: Uint8Array;
  /** 1 for pages of the machine's memory with such a line. */
  private readonly hasCode: Uint8Array;
  onCodeWritten: (address: number, bytes: number) => void = () => {};
  /** An interpreted instruction accesses a device. */
  onDeviceAccess: ((pc: number) => void) | undefined;
  /** A device is about to be accessed at or past the cycle at which an event is due: it comes first. */
  onLate: () => void = () => {};
  /** Undefined while nothing is watched. */
  private watchpoints: Watchpoints | undefined;
  /** A watched address was read or written; the instruction goes on to its end. */
  onWatched: (hit: WatchHit) => void = () => {};
  /** A window for stores holds decoded code now. */
  onWindowBroken: () => void = () => {};
  /** The maps of translated code know all pages. */
  private areMapsOpen = false;
  private storeWindows: readonly MemoryWindow[] = [];
  /** By the low bits of its number, a page that one device has to itself, open to privileged code; its device; its offset there. */
  private readonly devicePages = new Int32Array(DEVICE_PAGES).fill(NO_PAGE);
  private readonly devices = new Array<DeviceRegion | undefined>(DEVICE_PAGES).fill(undefined);
  private readonly deviceOffsets = new Int32Array(DEVICE_PAGES);
  /** What a device has answered to the access that was declined last. */
  private refusal: BusError | undefined;

  constructor(
    private readonly words: Int32Array,
    readonly bus: Bus,
    private readonly protection: Protection,
    private readonly options: MemoryOptions,
  ) {
    this.bytes = new Uint8Array(bus.buffer);
    this.halves = new Uint16Array(bus.buffer);
    this.view = new Int32Array(bus.buffer);
    this.codeLines = new Uint8Array((bus.buffer.byteLength >> CODE_LINE_BITS) + 1);
    this.hasCode = new Uint8Array((bus.buffer.byteLength >> PAGE_BITS) + 1);
    this.direct = this.makeAccessors();
  }

  /** Forgets every remembered permission: after a change of privilege, of the MPU or of the bus. */
  flush(): void {
    const { translatedMaps } = this.options;
    for (const page of this.mapped) {
      this.readMap[page] = this.writeMap[page] = 0;
      if (translatedMaps) translatedMaps.read[page] = translatedMaps.write[page] = 0;
    }
    if (this.areMapsOpen) for (const map of [translatedMaps!.read, translatedMaps!.write]) map.fill(0);
    this.areMapsOpen = false;
    this.mapped.length = 0;
    this.devicePages.fill(NO_PAGE);
  }

  /** What is watched has changed: pages that hold some of it are accessed by the slow paths alone. */
  watch(watchpoints: Watchpoints): void {
    this.watchpoints = watchpoints.isEmpty ? undefined : watchpoints;
    this.flush();
  }

  /** A read there would be told. */
  isWatched(address: number, bytes: number): boolean {
    return this.watchpoints !== undefined && this.watchpoints.find(address, bytes, 'read') >= 0;
  }

  private isOnWatchedPage(address: number): boolean {
    return this.watchpoints !== undefined && this.watchpoints.holdsPage(address);
  }

  private noteAccess(address: number, bytes: number, access: 'read' | 'write', value: number): void {
    const found = this.watchpoints!.find(address, bytes, access);
    if (found >= 0) this.onWatched({ address: found, pc: this.words[Word.PC] >>> 0, access, value: bytes === 4 ? value >>> 0 : value & ((1 << (8 * bytes)) - 1) });
  }

  /** An instruction was decoded: from now on stores to its lines are seen. */
  watchCode(address: number, bytes: number): void {
    const region = this.bus.find(address);
    if (region?.kind === 'memory') this.watchCodeIn(region.offset + (address >>> 0) - region.base, bytes);
  }

  /** The same, at an offset of the machine's memory. */
  watchCodeIn(offset: number, bytes: number): void {
    for (let line = offset >> CODE_LINE_BITS; line <= (offset + bytes - 1) >> CODE_LINE_BITS; line++) {
      if (this.codeLines[line]) continue;
      this.codeLines[line] = 1;
      this.hideFromTranslated((line << CODE_LINE_BITS) >> PAGE_BITS);
    }
  }

  /** Translated code does not look at lines: from now on its stores to this page of the machine's memory take the slow path. */
  private hideFromTranslated(physicalPage: number): void {
    const { translatedMaps } = this.options;
    if (!translatedMaps || this.hasCode[physicalPage]) return;
    this.hasCode[physicalPage] = 1;
    const place = physicalPage << PAGE_BITS;
    if (this.storeWindows.some(({ offset, bytes }) => place + PAGE_BYTES > offset && place < offset + bytes)) this.onWindowBroken();
    for (const { base, bytes, offset } of this.memories()) {
      if (place >= offset && place < offset + bytes) translatedMaps.write[(base + place - offset) >>> PAGE_BITS] = 0;
    }
  }

  /** Nothing is protected. */
  get isOpen(): boolean {
    return this.protection.isOpen();
  }

  /**
   * Memories that may be accessed without looking further: for loads as a whole, for stores the longest part without
   * decoded code; of memories with such code only that of the stack. Watched pages lie between windows. None while there
   * is protection.
   */
  windows(stack: number): { readonly loads: readonly MemoryWindow[]; readonly stores: readonly MemoryWindow[] } {
    if (!this.isOpen) return { loads: [], stores: (this.storeWindows = []) };
    this.openMaps();
    const loads = this.memories().flatMap((memory) => this.unwatchedParts(memory));
    const holdsStack = ({ base, bytes }: MemoryWindow): boolean => ((stack - base) >>> 0) < bytes;
    this.storeWindows = loads.filter(({ isWritable }) => isWritable)
      .map((window) => ({ window, rest: this.withoutCode(window) }))
      .filter(({ window, rest }) => rest === window || (holdsStack(window) && rest.bytes >= SMALLEST_WINDOW))
      .map(({ rest }) => rest);
    return { loads: loads.map((window) => this.storeWindows.find(({ base, bytes }) => base === window.base && bytes === window.bytes) ?? window), stores: this.storeWindows };
  }

  private unwatchedParts({ base, bytes, offset, isWritable }: MemoryRegion): MemoryWindow[] {
    if (this.watchpoints === undefined) return [{ base, bytes, offset, isWritable }];
    const parts: MemoryWindow[] = [];
    let start = base;
    for (let at = base; at < base + bytes;) {
      const next = Math.min((at - (at & OFFSET)) + PAGE_BYTES, base + bytes);
      const isEnd = next === base + bytes;
      const isOut = this.watchpoints.holdsPage(at);
      const end = isOut ? at : next;
      if ((isOut || isEnd) && end > start) parts.push({ base: start, bytes: end - start, offset: offset + start - base, isWritable });
      if (isOut) start = next;
      at = next;
    }
    return parts;
  }

  private memories(): MemoryRegion[] {
    return this.bus.map.filter((region) => region.kind === 'memory').filter(({ widths, bytes }) => widths.length === 3 && bytes >= SMALLEST_WINDOW);
  }

  /** Without protection every whole page is known beforehand. */
  private openMaps(): void {
    const { translatedMaps } = this.options;
    if (!translatedMaps || this.areMapsOpen) return;
    this.areMapsOpen = true;
    for (const { base, bytes, offset, isWritable } of this.memories()) {
      if ((base & OFFSET) !== 0 || (offset & OFFSET) !== 0) continue;
      for (let at = 0; at + PAGE_BYTES <= bytes; at += PAGE_BYTES) {
        const page = (base + at) >>> PAGE_BITS;
        if (this.isOnWatchedPage(base + at)) continue;
        const delta = ((offset - base) | PRESENT) | 0;
        translatedMaps.read[page] = delta;
        if (isWritable && !this.hasCode[(offset + at) >> PAGE_BITS]) translatedMaps.write[page] = delta;
      }
    }
  }

  private withoutCode(window: MemoryWindow): MemoryWindow {
    const { base, offset, bytes } = window;
    let best = { start: offset, end: offset };
    let start = offset;
    for (let at = offset; at < offset + bytes;) {
      const next = Math.min((at & ~OFFSET) + PAGE_BYTES, offset + bytes);
      if (this.hasCode[at >> PAGE_BITS]) start = next;
      else if (next - start > best.end - best.start) best = { start, end: next };
      at = next;
    }
    return best.end - best.start === bytes ? window : { ...window, base: base + best.start - offset, offset: best.start, bytes: best.end - best.start };
  }

  /** No instruction is decoded any more. */
  forgetCode(): void {
    this.codeLines.fill(0);
    this.hasCode.fill(0);
  }

  private get privileged(): boolean {
    return this.words[Word.UNPRIVILEGED] === 0;
  }

  // -- Slow paths -------------------------------------------------------------------------------------------------------

  slowLoad(address: number, bytes: AccessBytes, pc: number): number {
    this.words[Word.PC] = pc;
    const page = this.readMap[address >>> PAGE_BITS];
    if (page !== 0 && this.words[Word.UNALIGN_TRP] === 0 && this.options.unalignedSupport && (address & OFFSET) <= PAGE_BYTES - bytes) {
      return this.bytesAt(page + (address & OFFSET), bytes);
    }
    return this.load(address, bytes, this.privileged);
  }

  slowStore(address: number, value: number, bytes: AccessBytes, pc: number): void {
    this.words[Word.PC] = pc;
    const page = this.writeMap[address >>> PAGE_BITS];
    if (page !== 0 && (address & (bytes - 1)) === 0) {
      const offset = page + (address & OFFSET);
      this.bus.writeMemory(offset, value, bytes);
      this.noteCodeWrite(offset, bytes);
    } else this.store(address, value, bytes, this.privileged);
  }

  /** A little-endian value at any offset of the machine's memory. */
  private bytesAt(offset: number, bytes: AccessBytes): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8) | this.bytes[offset + i];
    return value;
  }

  /** An aligned word for exception handling, which has checked the access: a known page saves the way over the bus. */
  readWord(address: number): number {
    const page = this.readMap[address >>> PAGE_BITS];
    if (page !== 0 && (address & 3) === 0) return this.view[(page + (address & OFFSET)) >> 2] >>> 0;
    const value = this.bus.read(address, 4);
    this.rememberOpen(this.readMap, address);
    if (this.watchpoints !== undefined) this.noteAccess(address, 4, 'read', value);
    return value;
  }

  writeWord(address: number, value: number): void {
    const page = this.writeMap[address >>> PAGE_BITS];
    const offset = page + (address & OFFSET);
    if (page !== 0 && (address & 3) === 0 && this.codeLines[offset >> CODE_LINE_BITS] === 0) this.view[offset >> 2] = value;
    else {
      this.bus.write(address, value, 4);
      this.rememberOpen(this.writeMap, address);
      if (this.watchpoints !== undefined) this.noteAccess(address, 4, 'write', value);
    }
  }

  /** While nothing is protected: instructions alone may never touch the page of the vectors, and exceptions want it each time. */
  private rememberOpen(map: Int32Array, address: number): void {
    if (!this.isOpen) return;
    const region = this.bus.find(address);
    if (region?.kind === 'memory' && (map === this.readMap || region.isWritable)) this.remember(map, address, region);
  }

  /** A load with the checks of the architecture; any alignment that the core allows. */
  load(address: number, bytes: AccessBytes, privileged: boolean): number {
    const value = this.loadPlain(address, bytes, privileged);
    if (this.watchpoints !== undefined) this.noteAccess(address, bytes, 'read', value);
    return value;
  }

  store(address: number, value: number, bytes: AccessBytes, privileged: boolean): void {
    this.storePlain(address, value, bytes, privileged);
    if (this.watchpoints !== undefined) this.noteAccess(address, bytes, 'write', value);
  }

  private loadPlain(address: number, bytes: AccessBytes, privileged: boolean): number {
    if ((address & (bytes - 1)) !== 0) return this.loadUnaligned(address, bytes, privileged);
    this.protection.check(address, 'read', privileged);
    const region = this.bus.find(address);
    const isTaken = region !== undefined && takes(region, address, bytes);
    if (isTaken && region.kind === 'memory') {
      if (privileged === this.privileged) this.remember(this.readMap, address, region);
      return this.bus.readMemory(region.offset + (address >>> 0) - region.base, bytes);
    }
    try {
      this.throwRefusal();
      if (isTaken) this.beforeDevice();
      if (isTaken) return (region as DeviceRegion).reader.read((address >>> 0) - region.base, bytes) >>> 0;
      if (!region && this.isBitBand(address)) return this.loadBit(address, bytes);
      return this.bus.read(address, bytes);
    } catch (error) {
      return this.failed(error, address);
    }
  }

  private storePlain(address: number, value: number, bytes: AccessBytes, privileged: boolean): void {
    if ((address & (bytes - 1)) !== 0) return this.storeUnaligned(address, value, bytes, privileged);
    this.protection.check(address, 'write', privileged);
    const region = this.bus.find(address);
    const isTaken = region !== undefined && takes(region, address, bytes);
    if (isTaken && region.kind === 'memory' && region.isWritable) {
      if (privileged === this.privileged) this.remember(this.writeMap, address, region);
      const offset = region.offset + (address >>> 0) - region.base;
      this.bus.writeMemory(offset, value, bytes);
      this.noteCodeWrite(offset, bytes);
      return;
    }
    try {
      this.throwRefusal();
      if (isTaken) this.beforeDevice();
      if (isTaken && region.kind === 'device') region.writer.write((address >>> 0) - region.base, value >>> 0, bytes);
      else if (!region && this.isBitBand(address)) this.storeBit(address, value, bytes);
      else this.bus.write(address, value, bytes);
    } catch (error) {
      this.failed(error, address);
    }
  }

  private beforeDevice(): void {
    this.onDeviceAccess?.(this.words[Word.PC]);
    if (this.words[Word.CYCLES] >= this.words[Word.LIMIT]) this.onLate();
  }

  // -- What translated code asks for: a plain access without a fault, to known memory or a device, or none at all.

  /** An aligned load; or `words[DECLINED]` becomes 1 and nothing has happened that `load` would not go on from. */
  tryLoad(address: number, bytes: AccessBytes): number {
    const page = address >>> PAGE_BITS;
    const place = this.readMap[page];
    if ((address & (bytes - 1)) === 0 && (place !== 0 || this.words[Word.UNPRIVILEGED] === 0)) {
      if (place !== 0) return this.bus.readMemory(place + (address & OFFSET), bytes) | 0;
      const at = page & (DEVICE_PAGES - 1);
      const region = this.devicePages[at] === page ? this.devices[at]! : this.deviceAt(address, bytes, at);
      if (region !== undefined && (region.sizes & bytes) !== 0) {
        try {
          if (this.words[Word.CYCLES] >= this.words[Word.LIMIT]) this.onLate();
          return region.reader.read(this.deviceOffsets[at] + (address & OFFSET), bytes) | 0;
        } catch (error) {
          this.refuse(error);
          return 0;
        }
      }
    }
    this.words[Word.DECLINED] = 1;
    return 0;
  }

  /** As `tryLoad`. */
  tryStore(address: number, value: number, bytes: AccessBytes): void {
    const page = address >>> PAGE_BITS;
    const place = this.writeMap[page];
    if ((address & (bytes - 1)) === 0) {
      const offset = place + (address & OFFSET);
      if (place !== 0 && this.codeLines[offset >> CODE_LINE_BITS] === 0) {
        this.bus.writeMemory(offset, value, bytes);
        return;
      }
      const at = page & (DEVICE_PAGES - 1);
      const region = place !== 0 || this.words[Word.UNPRIVILEGED] !== 0 ? undefined : this.devicePages[at] === page ? this.devices[at]! : this.deviceAt(address, bytes, at);
      if (region !== undefined && (region.sizes & bytes) !== 0) {
        try {
          if (this.words[Word.CYCLES] >= this.words[Word.LIMIT]) this.onLate();
          region.writer.write(this.deviceOffsets[at] + (address & OFFSET), value >>> 0, bytes);
        } catch (error) {
          this.refuse(error);
        }
        return;
      }
    }
    this.words[Word.DECLINED] = 1;
  }

  /**
   * The device there, when it takes privileged accesses without a question of rights; `deviceOffsets[at]` is the offset of the page in
   * it, below 0 where it begins within the page. A device that has the page to itself is found at once from then on.
   */
  private deviceAt(address: number, bytes: AccessBytes, at: number): DeviceRegion | undefined {
    if (!this.protection.isOpen() || this.isOnWatchedPage(address)) return undefined;
    const region = this.bus.find(address);
    if (region?.kind !== 'device' || !takes(region, address, bytes)) return undefined;
    const start = (address & ~OFFSET) >>> 0;
    const isWhole = region.base <= start && start + PAGE_BYTES <= region.base + region.bytes;
    this.devicePages[at] = isWhole ? address >>> PAGE_BITS : NO_PAGE;
    this.devices[at] = region;
    this.deviceOffsets[at] = start - region.base;
    return region;
  }

  /** The device has answered with an error: it is not asked once more when the instruction is interpreted. */
  private refuse(error: unknown): void {
    if (!(error instanceof BusError)) throw error;
    this.refusal = error;
    this.words[Word.DECLINED] = 1;
  }

  private throwRefusal(): void {
    const { refusal } = this;
    if (refusal === undefined) return;
    this.refusal = undefined;
    throw refusal;
  }

  /** Fills a fast-map entry when the whole page lies in the memory and under one protection rule. */
  private remember(map: Int32Array, address: number, region: MemoryRegion): void {
    const start = (address & ~OFFSET) >>> 0;
    if (this.isOnWatchedPage(start)) return;
    const whole = start >= region.base && start + PAGE_BYTES <= region.base + region.bytes && ((region.offset + start - region.base) & OFFSET) === 0;
    if (!whole || region.widths.length < 3 || !this.protection.isUniform(start)) return;
    const page = address >>> PAGE_BITS;
    if (map[page] !== 0) return; // known, and met again by an access that is not aligned or not the privilege's own
    const place = region.offset + start - region.base;
    map[page] = place;
    this.mapped.push(page);
    const { translatedMaps } = this.options;
    if (!translatedMaps || this.areMapsOpen) return;
    const delta = ((place - start) | PRESENT) | 0;
    if (map === this.readMap) translatedMaps.read[page] = delta;
    else if (!this.hasCode[place >> PAGE_BITS]) translatedMaps.write[page] = delta;
  }

  /** Tells of a change of memory, if there is decoded code, under each address that shows it. */
  private noteCodeWrite(offset: number, bytes: number): void {
    if (!this.holdsCode(offset, bytes)) return;
    for (const r of this.bus.map) {
      if (r.kind === 'memory' && offset + bytes > r.offset && offset < r.offset + r.bytes) this.onCodeWritten(r.base + offset - r.offset, bytes);
    }
  }

  private holdsCode(offset: number, bytes: number): boolean {
    for (let line = offset >> CODE_LINE_BITS; line <= (offset + bytes - 1) >> CODE_LINE_BITS; line++) if (this.codeLines[line]) return true;
    return false;
  }

  /** Memory was written past the core: by DMA, exception stacking, the loader or a debugger. */
  codeWrittenByOthers(address: number, bytes: number): void {
    const region = this.bus.find(address);
    if (region?.kind === 'memory') this.noteCodeWrite(region.offset + (address >>> 0) - region.base, bytes);
  }

  private loadUnaligned(address: number, bytes: AccessBytes, privileged: boolean): number {
    this.checkUnaligned(address);
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= this.loadPlain((address + i) | 0, 1, privileged) << (8 * i);
    return value >>> 0;
  }

  private storeUnaligned(address: number, value: number, bytes: AccessBytes, privileged: boolean): void {
    this.checkUnaligned(address);
    // Both ends are checked first, so that a store across a border changes nothing when it faults.
    this.protection.check((address + bytes - 1) | 0, 'write', privileged);
    for (let i = 0; i < bytes; i++) this.storePlain((address + i) | 0, (value >>> (8 * i)) & 0xff, 1, privileged);
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
    const value = this.bus.read(word, bytes);
    if (this.watchpoints !== undefined) this.noteAccess(word, bytes, 'read', value);
    return (value >>> bit) & 1;
  }
  private storeBit(address: number, value: number, bytes: AccessBytes): void {
    const { word, bit } = this.bitBandTarget(address, bytes);
    const old = this.bus.read(word, bytes);
    const changed = value & 1 ? old | (1 << bit) : old & ~(1 << bit);
    this.bus.write(word, changed, bytes);
    if (this.watchpoints !== undefined) this.noteAccess(word, bytes, 'write', changed);
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
  /** The whole page may be executed at the current privilege. */
  isExecutablePage(pageAddress: number): boolean {
    if (!this.isUniform(pageAddress)) return false;
    try {
      this.checkExecute(pageAddress);
      return true;
    } catch {
      return false;
    }
  }
  /** Where a page lies in the machine's memory when halfwords of it may be fetched there with no further question, or 0. */
  placeOfCode(pageAddress: number): number {
    const region = this.bus.find(pageAddress);
    const isWhole = region?.kind === 'memory' && pageAddress + PAGE_BYTES <= region.base + region.bytes && pageAddress >= region.base;
    return isWhole && this.isUniform(pageAddress) ? region.offset + pageAddress - region.base : 0;
  }
  checkExecute(address: number): void {
    this.protection.check(address, 'execute', this.privileged);
  }
  /** Plain memory, not a device. */
  isMemory(address: number): boolean {
    return this.bus.find(address)?.kind === 'memory';
  }

  // -- Multiple transfers ------------------------------------------------------------------------------------------------------

  loadMultiple(list: number, address: number, pc: number): number {
    this.checkAligned(address, 4, pc);
    const known = this.readMap[address >>> PAGE_BITS];
    if (known !== 0 && (address & OFFSET) + LONGEST_LIST <= PAGE_BYTES) return this.loadList(list, (known + (address & OFFSET)) >> 2);
    let at = address;
    for (let n = 0, rest = list; rest; n++, rest >>>= 1) {
      if (!(rest & 1)) continue;
      const page = this.readMap[at >>> PAGE_BITS];
      this.staged[n] = page !== 0 ? this.view[(page + (at & OFFSET)) >> 2] : this.slowLoad(at, 4, pc);
      at = (at + 4) | 0;
    }
    for (let n = 0, rest = list & 0x7fff; rest; n++, rest >>>= 1) if (rest & 1) this.words[n] = this.staged[n];
    return list & 0x8000 ? this.staged[15] : 0;
  }

  /** From words that lie in known memory. */
  private loadList(list: number, index: number): number {
    const { words, view } = this;
    let at = index;
    for (let rest = list & 0x7fff; rest !== 0; rest &= rest - 1) words[31 - Math.clz32(rest & -rest)] = view[at++];
    return list & 0x8000 ? view[at] : 0;
  }

  storeMultiple(list: number, address: number, pc: number): void {
    this.checkAligned(address, 4, pc);
    const known = this.writeMap[address >>> PAGE_BITS];
    const offset = known + (address & OFFSET);
    if (known !== 0 && (address & OFFSET) + LONGEST_LIST <= PAGE_BYTES && !this.holdsCode(offset, LONGEST_LIST)) {
      this.storeList(list, offset >> 2);
      return;
    }
    let at = address;
    for (let n = 0, rest = list; rest; n++, rest >>>= 1) {
      if (!(rest & 1)) continue;
      this.direct.store32(at, this.words[n], pc);
      at = (at + 4) | 0;
    }
  }

  /** To words of known memory without decoded code. */
  private storeList(list: number, index: number): void {
    const { words, view } = this;
    let at = index;
    for (let rest = list; rest !== 0; rest &= rest - 1) view[at++] = words[31 - Math.clz32(rest & -rest)];
  }

  private checkAligned(address: number, bytes: AccessBytes, pc: number): void {
    if ((address & (bytes - 1)) === 0) return;
    this.words[Word.PC] = pc;
    throw unaligned(address);
  }

  // -- Fast accessors for generated code -----------------------------------------------------------------------------------------

  accessors(): MemoryAccessors {
    return this.direct;
  }

  private makeAccessors(): MemoryAccessors {
    const { readMap, writeMap, codeLines, bytes, halves, view: words } = this;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- closures are what V8 inlines best here
    const memory = this;
    const load32 = (a: number, pc: number): number => {
      const page = readMap[a >>> PAGE_BITS];
      return page !== 0 && (a & 3) === 0 ? words[(page + (a & OFFSET)) >> 2] : memory.slowLoad(a, 4, pc) | 0;
    };
    const load16 = (a: number, pc: number): number => {
      const page = readMap[a >>> PAGE_BITS];
      return page !== 0 && (a & 1) === 0 ? halves[(page + (a & OFFSET)) >> 1] : memory.slowLoad(a, 2, pc) | 0;
    };
    const load8 = (a: number, pc: number): number => {
      const page = readMap[a >>> PAGE_BITS];
      return page !== 0 ? bytes[page + (a & OFFSET)] : memory.slowLoad(a, 1, pc) | 0;
    };
    const isPlain = (page: number, offset: number): boolean => page !== 0 && codeLines[offset >> CODE_LINE_BITS] === 0;
    const store32 = (a: number, v: number, pc: number): void => {
      const page = writeMap[a >>> PAGE_BITS];
      const offset = page + (a & OFFSET);
      if (isPlain(page, offset) && (a & 3) === 0) words[offset >> 2] = v;
      else memory.slowStore(a, v, 4, pc);
    };
    const store16 = (a: number, v: number, pc: number): void => {
      const page = writeMap[a >>> PAGE_BITS];
      const offset = page + (a & OFFSET);
      if (isPlain(page, offset) && (a & 1) === 0) halves[offset >> 1] = v;
      else memory.slowStore(a, v, 2, pc);
    };
    const store8 = (a: number, v: number, pc: number): void => {
      const page = writeMap[a >>> PAGE_BITS];
      const offset = page + (a & OFFSET);
      if (isPlain(page, offset)) bytes[offset] = v;
      else memory.slowStore(a, v, 1, pc);
    };
    return {
      load8, load16, load32, store8, store16, store32,
      load16Checked: (a, pc) => { memory.checkAligned(a, 2, pc); return load16(a, pc); },
      load32Checked: (a, pc) => { memory.checkAligned(a, 4, pc); return load32(a, pc); },
      store16Checked: (a, v, pc) => { memory.checkAligned(a, 2, pc); store16(a, v, pc); },
      store32Checked: (a, v, pc) => { memory.checkAligned(a, 4, pc); store32(a, v, pc); },
      loadMultiple: (list, a, pc) => memory.loadMultiple(list, a, pc),
      storeMultiple: (list, a, pc) => memory.storeMultiple(list, a, pc),
    };
  }

  /** What exception frames look into by themselves. */
  fastMaps(): FastMaps {
    const { readMap, writeMap, codeLines, bytes: M8, halves: M16, view: M32 } = this;
    return { readMap, writeMap, codeLines, M8, M16, M32 };
  }
}

/** The region takes an access of that width, which lies in it as a whole. */
const takes = (region: Region, address: number, bytes: AccessBytes): boolean =>
  (region.sizes & bytes) !== 0 && (address >>> 0) + bytes <= region.base + region.bytes;

const unaligned = (address: number): GuestFault => new GuestFault(Exception.UsageFault, CFSR.UNALIGNED, undefined, `unaligned access at 0x${(address >>> 0).toString(16)}`);
