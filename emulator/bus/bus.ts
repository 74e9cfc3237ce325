/**
 * The physical address map: memories and devices at ranges, each with the access widths it takes.
 * Cores, DMA and the debugger all go through here; a core keeps its own per-page fast map in front (see `cores/`).
 */
import { BusError, type AccessBytes, type BusDevice } from './types.js';

export interface MemoryRegion {
  readonly kind: 'memory';
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
  /** Byte offset of the region's contents in the machine's memory. */
  readonly offset: number;
  readonly isWritable: boolean;
  /** What becomes of stores when it is not writable; a bus error without it. */
  onStore: ((offset: number, value: number, bytes: AccessBytes) => void) | undefined;
  readonly widths: readonly AccessBytes[];
  /** The widths ORed together. */
  readonly sizes: number;
}
export interface DeviceRegion {
  readonly kind: 'device';
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
  readonly device: BusDevice;
  /** Who takes its reads and writes in the end. */
  readonly reader: BusDevice;
  readonly writer: BusDevice;
  readonly widths: readonly AccessBytes[];
  /** The widths ORed together. */
  readonly sizes: number;
}
export type Region = MemoryRegion | DeviceRegion;

const ALL_WIDTHS: readonly AccessBytes[] = [1, 2, 4];
const PAGE_BITS = 12;
/** In `pageOwners`: the page belongs to no region, or not to one alone. */
const NOBODY = 0;
const hex = (n: number): string => `0x${(n >>> 0).toString(16).padStart(8, '0')}`;

export class Bus {
  private readonly regions: Region[] = [];
  /** In the order of their insertion; position 0 is `NOBODY`. */
  private readonly owners: (Region | undefined)[] = [undefined];
  /** By 4 KB page: the position in `owners` of the region that holds all of it. */
  private readonly pageOwners = new Uint16Array(1 << (32 - PAGE_BITS));
  private readonly view: DataView;
  /** Memories hold zeros still, as the buffer did. Whoever writes to the buffer past the bus clears it. */
  isPristine = true;
  /** Called after a write from outside the core (DMA, debugger, loader) has changed memory. */
  onMemoryChanged: (address: number, bytes: number) => void = () => {};

  /** @param buffer the machine's memory, of which memory regions are windows */
  constructor(readonly buffer: ArrayBuffer) {
    this.view = new DataView(buffer);
  }

  /** Regions by rising base address. */
  get map(): readonly Region[] {
    return this.regions;
  }

  /**
   * A window of the machine's memory at `base`. Two regions may share an `offset`: a mirror.
   * @throws Error when it overlaps another region or leaves the memory
   */
  addMemory(region: { name: string; base: number; bytes: number; offset: number; isWritable?: boolean; widths?: readonly AccessBytes[] }): void {
    if (region.offset < 0 || region.offset + region.bytes > this.buffer.byteLength) throw new Error(`memory ${region.name} leaves the machine's memory`);
    const widths = region.widths ?? ALL_WIDTHS;
    const { name, base, bytes, offset, isWritable = true } = region;
    this.insert({ kind: 'memory', name, base, bytes, offset, isWritable, onStore: undefined, widths, sizes: sizesOf(widths) });
  }

  /** @throws Error when it overlaps another region */
  addDevice(region: { name: string; base: number; bytes: number; device: BusDevice; widths?: readonly AccessBytes[] }): void {
    const widths = region.widths ?? ALL_WIDTHS;
    const { name, base, bytes, device } = region;
    this.insert({ kind: 'device', name, base, bytes, device, reader: device.readsFrom ?? device, writer: device.writesTo ?? device, widths, sizes: sizesOf(widths) });
  }

  private insert(region: Region): void {
    if (region.bytes <= 0 || region.base + region.bytes > 2 ** 32) throw new Error(`${region.name} does not fit the address space`);
    const clash = this.regions.find((r) => region.base < r.base + r.bytes && r.base < region.base + region.bytes);
    if (clash) throw new Error(`${region.name} at ${hex(region.base)} overlaps ${clash.name} at ${hex(clash.base)}`);
    this.regions.push(region);
    this.regions.sort((a, b) => a.base - b.base);
    const owner = this.owners.push(region) - 1;
    if (owner < 2 ** 16) this.pageOwners.fill(owner, Math.ceil(region.base / 2 ** PAGE_BITS), Math.floor((region.base + region.bytes) / 2 ** PAGE_BITS));
  }

  /** The region that holds this address. */
  find(address: number): Region | undefined {
    const owner = this.pageOwners[address >>> PAGE_BITS];
    return owner === NOBODY ? this.search(address) : this.owners[owner];
  }

  /** For pages that regions share: by binary search. */
  private search(address: number): Region | undefined {
    const wanted = address >>> 0;
    let low = 0;
    let high = this.regions.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const region = this.regions[middle];
      if (wanted < region.base) high = middle - 1;
      else if (wanted >= region.base + region.bytes) low = middle + 1;
      else return region;
    }
    return undefined;
  }

  /** A bus read with side effects; naturally aligned. @returns unsigned value @throws BusError */
  read(address: number, bytes: AccessBytes): number {
    const region = this.allowed(address, bytes);
    if (region.kind === 'device') return region.reader.read((address >>> 0) - region.base, bytes) >>> 0;
    return this.readMemory(region.offset + (address >>> 0) - region.base, bytes);
  }

  /** A bus write with side effects; naturally aligned. @throws BusError */
  write(address: number, value: number, bytes: AccessBytes): void {
    const region = this.allowed(address, bytes);
    if (region.kind === 'device') {
      region.writer.write((address >>> 0) - region.base, value >>> 0, bytes);
      return;
    }
    if (!region.isWritable) {
      if (region.onStore === undefined) throw new BusError(address, `${region.name} is read-only`);
      region.onStore((address >>> 0) - region.base, value >>> 0, bytes);
      return;
    }
    this.writeMemory(region.offset + (address >>> 0) - region.base, value, bytes);
    this.isPristine = false;
    this.onMemoryChanged(address, bytes);
  }

  private allowed(address: number, bytes: AccessBytes): Region {
    const region = this.find(address);
    if (!region || (address >>> 0) + bytes > region.base + region.bytes) throw new BusError(address, `nothing is mapped at 0x${(address >>> 0).toString(16).padStart(8, '0')}`);
    if ((region.sizes & bytes) === 0) throw new BusError(address, `${region.name} takes no ${bytes * 8}-bit access`);
    return region;
  }

  readMemory(offset: number, bytes: AccessBytes): number {
    if (bytes === 4) return this.view.getUint32(offset, true);
    return bytes === 2 ? this.view.getUint16(offset, true) : this.view.getUint8(offset);
  }

  writeMemory(offset: number, value: number, bytes: AccessBytes): void {
    if (bytes === 4) this.view.setUint32(offset, value, true);
    else if (bytes === 2) this.view.setUint16(offset, value, true);
    else this.view.setUint8(offset, value);
  }

  /** What a debugger reads: no side effects, any alignment. Undefined where nothing is mapped. */
  peek(address: number, bytes: AccessBytes): number | undefined {
    const region = this.find(address);
    if (!region || (address >>> 0) + bytes > region.base + region.bytes) return undefined;
    const offset = (address >>> 0) - region.base;
    return region.kind === 'memory' ? this.readMemory(region.offset + offset, bytes) : region.device.peek(offset, bytes) >>> 0;
  }

  /** What a debugger or a loader writes: read-only memories too. @returns false where nothing is mapped */
  poke(address: number, value: number, bytes: AccessBytes): boolean {
    const region = this.find(address);
    if (!region || (address >>> 0) + bytes > region.base + region.bytes) return false;
    const offset = (address >>> 0) - region.base;
    if (region.kind === 'device') region.device.poke(offset, value >>> 0, bytes);
    else {
      this.writeMemory(region.offset + offset, value, bytes);
      this.isPristine = false;
      this.onMemoryChanged(address, bytes);
    }
    return true;
  }

  /** Copies bytes into memory, read-only ones included. @returns the first address with no memory behind it, or undefined */
  load(address: number, bytes: Uint8Array): number | undefined {
    this.isPristine = false;
    let done = 0;
    while (done < bytes.length) {
      const at = address + done;
      const region = at < 2 ** 32 ? this.find(at) : undefined;
      if (region?.kind !== 'memory') return at;
      const room = Math.min(bytes.length - done, region.base + region.bytes - at);
      new Uint8Array(this.buffer, region.offset + at - region.base, room).set(bytes.subarray(done, done + room));
      done += room;
    }
    this.onMemoryChanged(address, bytes.length);
    return undefined;
  }
}

function sizesOf(widths: readonly AccessBytes[]): number {
  return widths.reduce<number>((sizes, width) => sizes | width, 0);
}
