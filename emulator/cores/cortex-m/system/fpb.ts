/**
 * Flash Patch and Breakpoint unit as firmware can use it: breakpoints on code, and remapping of code and literals.
 * Source: Armv7-M ARM (DDI 0403E), C1.11; Cortex-M7 TRM (DDI 0489F) for version 2, which only sets breakpoints.
 */
import { RegisterBlock, bit, bits, registerMap } from '../../../peripherals/registers/index.js';
import type { AccessBytes, Snapshot, Stateful, Warnings } from '../../../bus/types.js';
import type { CoreConfig } from './config.js';
import { identification } from './coresight.js';
import { LAR_OFFSET, SoftwareLock } from './lock.js';
import { RegisterDevice } from './register-device.js';

const ENABLE = 1;
const KEY = 2;
/** Remapping takes its words from SRAM: bits 31:29 of REMAP are fixed to 0x20000000. */
const REMAP_BASE = 0x2000_0000;
const REPLACE = { remap: 0, lower: 1, upper: 2, both: 3 } as const;

/** Offsets from 0xE0002000. */
function fpbMap(config: CoreConfig) {
  const code = config.fpbCodeComparators;
  const isVersion2 = config.name === 'cortex-m7';
  const NUM = (code & 0xf) * 16 + config.fpbLiteralComparators * 256 + (code >>> 4) * 0x1000 + (isVersion2 ? 2 ** 28 : 0);
  return registerMap({
    CTRL: {
      at: 0x000, reset: NUM,
      fields: {
        REV: bits(28, 31, { kind: 'ro' }), NUM_CODE2: bits(12, 14, { kind: 'ro' }), NUM_LIT: bits(8, 11, { kind: 'ro' }), NUM_CODE1: bits(4, 7, { kind: 'ro' }),
        KEY: bit(1, { kind: 'wo' }), ENABLE: bit(0),
      },
    },
    REMAP: isVersion2
      ? { at: 0x004, kind: 'ro' }
      : { at: 0x004, reset: 0x2000_0000, fields: { RMPSPT: bit(29, { kind: 'ro' }), REMAP: bits(5, 28) } },
    COMP: {
      at: 0x008, count: code + config.fpbLiteralComparators,
      ...(isVersion2 ? {} : { fields: { REPLACE: bits(30, 31), COMP: bits(2, 28), ENABLE: bit(0) } }),
    },
    LAR: { at: 0xfb0, kind: 'wo' },
    LSR: { at: 0xfb4, kind: 'ro' },
    ...identification(0xfd0, isVersion2 ? 0x00e : 0x003),
  });
}

/** What a fetch meets: nothing, a breakpoint, or the address of the word to take instead. */
export type CodeMatch = 'none' | 'breakpoint' | { readonly remappedTo: number };

export class Fpb extends RegisterDevice implements Stateful {
  readonly block: RegisterBlock<ReturnType<typeof fpbMap>['spec']>;
  /** Called after any change, so that the core can look for affected code. */
  onChange: (() => void) | undefined;
  private readonly lock: SoftwareLock;
  private readonly isVersion2: boolean;
  private readonly codeComparators: number;

  constructor(config: CoreConfig, warnings?: Warnings) {
    super();
    this.isVersion2 = config.name === 'cortex-m7';
    this.codeComparators = config.fpbCodeComparators;
    this.lock = new SoftwareLock(this.isVersion2);
    const LSR = () => this.lock.readLSR();
    this.block = new RegisterBlock(fpbMap(config), {
      instance: 'FPB', base: 0xe000_2000, size: 0x1000, ...(warnings && { warnings }),
      onRead: { LSR }, onPeek: { LSR },
      onWrite: {
        LAR: (value) => this.lock.writeLAR(value),
        CTRL: (value, _index, old, written) => {
          this.block.set('CTRL', (written & KEY) !== 0 ? value & ~KEY : old);
          this.onChange?.();
        },
        REMAP: () => this.onChange?.(),
        COMP: () => this.onChange?.(),
      },
    });
  }

  get isEnabled(): boolean {
    return (this.block.get('CTRL') & ENABLE) !== 0;
  }

  /** An instruction fetch of the halfword at `address`. A breakpoint without a debugger acts as BKPT does. */
  codeMatch(address: number): CodeMatch {
    if (!this.isEnabled) return 'none';
    for (let n = 0; n < this.codeComparators; n++) {
      const match = this.isVersion2 ? this.matchVersion2(n, address) : this.matchVersion1(n, address);
      if (match !== 'none') return match;
    }
    return 'none';
  }

  /** A literal load of the word at `address`. @returns the address to load from */
  literalAddress(address: number): number {
    const comparators = this.block.storage('COMP');
    for (let n = this.codeComparators; n < comparators.length && this.isEnabled; n++) {
      if (this.covers(comparators[n], address) && comparators[n] >>> 30 === REPLACE.remap) return this.remapped(n);
    }
    return address;
  }

  /** Code region only: the comparators have no bits 31:29. */
  private covers(comparator: number, address: number): boolean {
    return (comparator & ENABLE) !== 0 && (address & ~3) >>> 0 === (comparator & 0x1fff_fffc);
  }

  private remapped(n: number): number {
    return REMAP_BASE + (this.block.get('REMAP') & 0x1fff_ffe0) + 4 * n;
  }

  private matchVersion1(n: number, address: number): CodeMatch {
    const comparator = this.block.get('COMP', n);
    if (!this.covers(comparator, address)) return 'none';
    const replace = comparator >>> 30;
    if (replace === REPLACE.remap) return { remappedTo: this.remapped(n) };
    const half = (address & 2) === 0 ? REPLACE.lower : REPLACE.upper;
    return (replace & half) !== 0 ? 'breakpoint' : 'none';
  }

  private matchVersion2(n: number, address: number): CodeMatch {
    const comparator = this.block.get('COMP', n);
    return (comparator & ENABLE) !== 0 && (comparator & ~1) === (address & ~1) ? 'breakpoint' : 'none';
  }

  override write(offset: number, value: number, bytes: AccessBytes): void {
    if (offset === LAR_OFFSET || this.lock.isOpen) this.block.write(offset, value, bytes);
  }

  /** A debugger's write acts as the firmware's would, past the lock. */
  override poke(offset: number, value: number, bytes: AccessBytes): void {
    this.block.write(offset, value, bytes);
  }

  reset(): void {
    this.block.reset();
    this.lock.reset();
    this.onChange?.();
  }

  snapshot(): Snapshot {
    return { registers: this.block.snapshot(), open: this.lock.isOpen };
  }

  restore(from: Snapshot): void {
    this.block.restore(from['registers'] as Snapshot);
    this.lock.isOpen = from['open'] as boolean;
    this.onChange?.();
  }
}
