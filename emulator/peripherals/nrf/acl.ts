/**
 * Nordic ACL: eight regions of flash that may not be written or erased until the next reset.
 * Source: nRF52840 Product Specification v1.1, ACL. It shares its addresses with NVMC. Not modelled: PERM.READ, since reads of
 * flash do not pass through a device.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { choice, registerMap, RegisterBlock } from '../registers/index.js';
import { FLASH_PROTECTION } from './flash-protection.js';

const REGIONS = 8;

const PERMISSION = { Enable: 0, Disable: 1 } as const;

export const ACL = registerMap({
  ACL_ADDR: { at: 0x800, count: REGIONS, stride: 16 },
  ACL_SIZE: { at: 0x804, count: REGIONS, stride: 16 },
  ACL_PERM: { at: 0x808, count: REGIONS, stride: 16, fields: { WRITE: choice(1, 1, PERMISSION), READ: choice(2, 2, PERMISSION, { unmodelled: true }) } },
});

/** Bit of PERM: 1 forbids. */
const WRITE = 2;

export class Acl extends RegisterPeripheral {
  protected readonly registers: RegisterBlock<typeof ACL.spec>;
  /** Each register takes one write between resets: those that had theirs, by offset. */
  private written = new Set<number>();

  constructor(private readonly context: BlockContext) {
    super();
    const once = (name: 'ACL_ADDR' | 'ACL_SIZE' | 'ACL_PERM') => (_value: number, index: number, old: number): void => {
      const offset = ACL.offsetOf(name, index);
      if (this.written.has(offset)) this.registers.set(name, old, index);
      this.written.add(offset);
    };
    this.registers = new RegisterBlock(ACL, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onWrite: { ACL_ADDR: once('ACL_ADDR'), ACL_SIZE: once('ACL_SIZE'), ACL_PERM: once('ACL_PERM') },
    });
    context.shared(FLASH_PROTECTION).add((address) => this.forbids(address));
  }

  override reset(): void {
    this.registers.reset();
    this.written.clear();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), written: [...this.written] };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.written = new Set(numbersFrom(from, 'written', this.context.name, 3 * REGIONS));
  }

  private forbids(address: number): boolean {
    for (let n = 0; n < REGIONS; n++) {
      const first = this.registers.get('ACL_ADDR', n);
      const isInside = address >= first && address < first + this.registers.get('ACL_SIZE', n);
      if (isInside && (this.registers.get('ACL_PERM', n) & WRITE) !== 0) return true;
    }
    return false;
  }
}

export const ACL_BLOCK = defineBlock({ options: z.strictObject({}), create: (context) => new Acl(context) });
