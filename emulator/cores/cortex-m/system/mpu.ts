/**
 * The protected memory system architecture: MPU registers, region match, and the rights of an address.
 * Source: Armv7-M ARM (DDI 0403E), B3.5; Armv6-M ARM (DDI 0419E), B3.5. Memory attributes (TEX, C, B, S) are stored;
 * what they say about order and caching changes nothing that a single core can see.
 */
import { RegisterBlock, bit, bits, registerMap } from '../../../peripherals/registers/index.js';
import type { AccessBytes, Snapshot, Stateful, Warnings } from '../../../bus/types.js';
import { CFSR, Exception, GuestFault } from '../fault.js';
import type { CoreConfig } from './config.js';
import { hasMainExtension } from './config.js';
import { RIGHTS, defaultRights, isPpb, isSystemRegion } from './memory-map.js';
import { RegisterDevice } from './register-device.js';

export type MpuAccess = 'read' | 'write' | 'execute';

/** `pageAttributes`' answer for a page whose parts differ. */
export const MIXED_RIGHTS = -1;

const REGION_COUNT_MAX = 16;
/** RBAR.VALID and REGION. */
const VALID = 1 << 4;
const CTRL = { ENABLE: 1, HFNMIENA: 2, PRIVDEFENA: 4 } as const;
const RASR_ENABLE = 1;
const RASR_XN = 1 << 28;
/** Regions smaller than this have no subregions. */
const SUBREGION_MINIMUM = 256;
/** The smallest region and subregion, so the finest grain of rights. */
const GRAIN = 32;

/** Rights by RASR.AP, execution left out. Table B3-15; 4 is UNPREDICTABLE and gives none. */
const AP_RIGHTS: readonly number[] = [
  0,
  RIGHTS.privilegedRead | RIGHTS.privilegedWrite,
  RIGHTS.privilegedRead | RIGHTS.privilegedWrite | RIGHTS.unprivilegedRead,
  RIGHTS.privilegedRead | RIGHTS.privilegedWrite | RIGHTS.unprivilegedRead | RIGHTS.unprivilegedWrite,
  0,
  RIGHTS.privilegedRead,
  RIGHTS.privilegedRead | RIGHTS.unprivilegedRead,
  RIGHTS.privilegedRead | RIGHTS.unprivilegedRead,
];

/** Offsets from 0xE000ED90. */
function mpuMap(config: CoreConfig) {
  const main = hasMainExtension(config);
  const present = config.mpuRegions > 0;
  const RBAR = { ADDR: bits(main ? 5 : 8, 31), VALID: bit(4), REGION: bits(0, 3) };
  const RASR = {
    XN: bit(28), AP: bits(24, 26), ...(main ? { TEX: bits(19, 21) } : {}), S: bit(18), C: bit(17), B: bit(16), SRD: bits(8, 15), SIZE: bits(1, 5), ENABLE: bit(0),
  };
  const pair = (at: number, fields: typeof RBAR | typeof RASR) => (present ? { at, fields } : { at, kind: 'reserved' as const });
  const alias = (at: number, fields: typeof RBAR | typeof RASR) => (main ? pair(at, fields) : { at, kind: 'reserved' as const });
  return registerMap({
    TYPE: { at: 0x00, kind: 'ro', reset: config.mpuRegions << 8, fields: { IREGION: bits(16, 23), DREGION: bits(8, 15), SEPARATE: bit(0) } },
    CTRL: present ? { at: 0x04, fields: { PRIVDEFENA: bit(2), HFNMIENA: bit(1), ENABLE: bit(0) } } : { at: 0x04, kind: 'reserved' },
    RNR: present ? { at: 0x08, fields: { REGION: bits(0, 7) } } : { at: 0x08, kind: 'reserved' },
    RBAR: pair(0x0c, RBAR),
    RASR: pair(0x10, RASR),
    RBAR_A1: alias(0x14, RBAR),
    RASR_A1: alias(0x18, RASR),
    RBAR_A2: alias(0x1c, RBAR),
    RASR_A2: alias(0x20, RASR),
    RBAR_A3: alias(0x24, RBAR),
    RASR_A3: alias(0x28, RASR),
  });
}

export class Mpu extends RegisterDevice implements Stateful {
  readonly block: RegisterBlock<ReturnType<typeof mpuMap>['spec']>;
  /** Called when the rights of any address may have changed. */
  onChange: (() => void) | undefined;
  private readonly RBAR = new Uint32Array(REGION_COUNT_MAX);
  private readonly RASR = new Uint32Array(REGION_COUNT_MAX);
  private readonly regions: number;
  private ctrl = 0;
  private negativePriority = false;

  constructor(config: CoreConfig, warnings?: Warnings) {
    super();
    this.regions = config.mpuRegions;
    const rbar = { read: () => this.readRBAR(), write: (value: number, _i: number, _old: number, written: number) => this.writeRBAR(value, written) };
    const rasr = { read: () => this.RASR[this.region], write: (value: number) => this.writeRASR(value) };
    this.block = new RegisterBlock(mpuMap(config), {
      instance: 'MPU', base: 0xe000_ed90, size: 0x60, ...(warnings && { warnings }),
      onRead: { RBAR: rbar.read, RBAR_A1: rbar.read, RBAR_A2: rbar.read, RBAR_A3: rbar.read, RASR: rasr.read, RASR_A1: rasr.read, RASR_A2: rasr.read, RASR_A3: rasr.read },
      onPeek: { RBAR: rbar.read, RBAR_A1: rbar.read, RBAR_A2: rbar.read, RBAR_A3: rbar.read, RASR: rasr.read, RASR_A1: rasr.read, RASR_A2: rasr.read, RASR_A3: rasr.read },
      onWrite: {
        CTRL: (value) => this.writeCTRL(value),
        RNR: (value, _index, old) => this.block.set('RNR', value < this.regions ? value : old),
        RBAR: rbar.write, RBAR_A1: rbar.write, RBAR_A2: rbar.write, RBAR_A3: rbar.write,
        RASR: rasr.write, RASR_A1: rasr.write, RASR_A2: rasr.write, RASR_A3: rasr.write,
      },
    });
  }

  /** CTRL.ENABLE, and not switched off by a negative priority. */
  get isEnabled(): boolean {
    return (this.ctrl & CTRL.ENABLE) !== 0 && (!this.negativePriority || (this.ctrl & CTRL.HFNMIENA) !== 0);
  }

  /** The execution priority is below 0: without HFNMIENA the default memory map holds then. */
  setNegativePriority(negative: boolean): void {
    const before = this.isEnabled;
    this.negativePriority = negative;
    if (this.isEnabled !== before) this.onChange?.();
  }

  /**
   * ValidateAddress: may the access be made?
   * @returns the MemManage fault when it may not
   */
  check(address: number, access: MpuAccess, privileged: boolean): GuestFault | undefined {
    if (this.allows(address, access, privileged)) return undefined;
    const where = `0x${(address >>> 0).toString(16).padStart(8, '0')}`;
    return access === 'execute'
      ? new GuestFault(Exception.MemManage, CFSR.IACCVIOL, undefined, `execution at ${where} is not allowed`)
      : new GuestFault(Exception.MemManage, CFSR.DACCVIOL, address >>> 0, `${access} at ${where} is not allowed by the MPU`);
  }

  allows(address: number, access: MpuAccess, privileged: boolean): boolean {
    return (this.rightsAt(address) & rightNeeded(access, privileged)) !== 0;
  }

  /** The rights at one address: a set of `RIGHTS`. */
  rightsAt(address: number): number {
    if (!this.isEnabled || isPpb(address)) return defaultRights(address);
    for (let region = this.regions - 1; region >= 0; region--) {
      if (this.matches(region, address)) return this.regionRights(region, address);
    }
    return (this.ctrl & CTRL.PRIVDEFENA) !== 0 ? defaultRights(address) & RIGHTS.privileged : 0;
  }

  /** Rights that hold in all of a page, or MIXED_RIGHTS. @param size a power of two, at least 32 */
  pageAttributes(pageAddress: number, size: number): number {
    const start = pageAddress >>> 0;
    const rights = this.rightsAt(start);
    if (!this.isEnabled || !this.hasBoundaryIn(start, size)) return rights;
    for (let offset = GRAIN; offset < size; offset += GRAIN) {
      if (this.rightsAt(start + offset) !== rights) return MIXED_RIGHTS;
    }
    return rights;
  }

  private hasBoundaryIn(start: number, size: number): boolean {
    for (let region = 0; region < this.regions; region++) {
      if ((this.RASR[region] & RASR_ENABLE) === 0) continue;
      const extent = this.regionSize(region);
      const base = this.regionBase(region);
      const overlaps = base < start + size && start < base + extent;
      if (overlaps && (extent < size || (this.subregionsDisabled(region) !== 0 && extent / 8 < size))) return true;
    }
    return false;
  }

  /** Bytes; sizes under the minimum are UNPREDICTABLE and act as the minimum. */
  private regionSize(region: number): number {
    return Math.max(GRAIN, 2 ** (((this.RASR[region] >>> 1) & 0x1f) + 1));
  }

  private regionBase(region: number): number {
    const size = this.regionSize(region);
    return size >= 2 ** 32 ? 0 : Math.floor(this.RBAR[region] / size) * size;
  }

  private subregionsDisabled(region: number): number {
    return (this.RASR[region] >>> 8) & 0xff;
  }

  private matches(region: number, address: number): boolean {
    if ((this.RASR[region] & RASR_ENABLE) === 0) return false;
    const size = this.regionSize(region);
    const offset = (address >>> 0) - this.regionBase(region);
    if (offset < 0 || offset >= size) return false;
    if (size < SUBREGION_MINIMUM) return true;
    return ((this.subregionsDisabled(region) >>> Math.floor(offset / (size / 8))) & 1) === 0;
  }

  private regionRights(region: number, address: number): number {
    const rasr = this.RASR[region];
    let rights = AP_RIGHTS[(rasr >>> 24) & 7];
    if ((rasr & RASR_XN) === 0 && !isSystemRegion(address)) {
      if ((rights & RIGHTS.privilegedRead) !== 0) rights |= RIGHTS.privilegedExecute;
      if ((rights & RIGHTS.unprivilegedRead) !== 0) rights |= RIGHTS.unprivilegedExecute;
    }
    return rights;
  }

  // -- Registers. Naming a region that is not there is UNPREDICTABLE: the write is ignored.

  private get region(): number {
    return this.block.get('RNR');
  }

  /** VALID reads as zero, REGION as RNR. */
  private readRBAR(): number {
    return ((this.RBAR[this.region] & ~0x1f) | (this.region & 0xf)) >>> 0;
  }

  private writeRBAR(value: number, written: number): void {
    if ((written & VALID) !== 0) {
      if ((value & 0xf) >= this.regions) return;
      this.block.set('RNR', value & 0xf);
    }
    this.RBAR[this.region] = (value & ~0x1f) >>> 0;
    this.changed();
  }

  private writeRASR(value: number): void {
    this.RASR[this.region] = value;
    this.changed();
  }

  private writeCTRL(value: number): void {
    this.ctrl = value;
    this.onChange?.();
  }

  private changed(): void {
    if ((this.ctrl & CTRL.ENABLE) !== 0) this.onChange?.();
  }

  // -- Bus. A halfword of RASR may be written alone, so the block must know the selected region's value.

  private loadSelected(): void {
    if (this.regions === 0) return;
    for (const name of ['RBAR', 'RBAR_A1', 'RBAR_A2', 'RBAR_A3'] as const) this.block.set(name, this.RBAR[this.region]);
    for (const name of ['RASR', 'RASR_A1', 'RASR_A2', 'RASR_A3'] as const) this.block.set(name, this.RASR[this.region]);
  }

  override write(offset: number, value: number, bytes: AccessBytes): void {
    if (bytes !== 4) this.loadSelected();
    this.block.write(offset, value, bytes);
  }

  reset(): void {
    this.block.reset();
    this.RBAR.fill(0);
    this.RASR.fill(0);
    this.ctrl = 0;
    this.onChange?.();
  }

  snapshot(): Snapshot {
    return { registers: this.block.snapshot(), RBAR: Array.from(this.RBAR), RASR: Array.from(this.RASR), negativePriority: this.negativePriority };
  }

  restore(from: Snapshot): void {
    this.block.restore(from['registers'] as Snapshot);
    this.RBAR.set(from['RBAR'] as number[]);
    this.RASR.set(from['RASR'] as number[]);
    this.negativePriority = from['negativePriority'] as boolean;
    this.ctrl = this.regions > 0 ? this.block.get('CTRL') : 0;
    this.onChange?.();
  }
}

function rightNeeded(access: MpuAccess, privileged: boolean): number {
  if (access === 'read') return privileged ? RIGHTS.privilegedRead : RIGHTS.unprivilegedRead;
  if (access === 'write') return privileged ? RIGHTS.privilegedWrite : RIGHTS.unprivilegedWrite;
  return privileged ? RIGHTS.privilegedExecute : RIGHTS.unprivilegedExecute;
}
