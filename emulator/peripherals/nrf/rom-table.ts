/**
 * The peripheral identification words at the end of a Nordic chip's CoreSight ROM table.
 * Source: CoreSight Architecture Specification v2.0 (IHI 0029), Peripheral ID registers. Nordic's older start-up code takes
 * part and revision from them to choose which errata to work around.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bits, RegisterBlock, registerMap } from '../registers/index.js';

export const ROM_TABLE = registerMap({
  ENTRY:   { at: 0x000, kind: 'ro' },   // zero, the table's end: no debug parts are listed
  MEMTYPE: { at: 0xfcc, kind: 'ro' },
  PID0:    { at: 0xfe0, kind: 'ro', fields: { PART_0: bits(0, 7) } },
  PID1:    { at: 0xfe4, kind: 'ro', fields: { PART_1: bits(0, 3), DES_0: bits(4, 7) } },
  PID2:    { at: 0xfe8, kind: 'ro', fields: { DES_1: bits(0, 2), JEDEC: bits(3, 3), REVISION: bits(4, 7) } },
  PID3:    { at: 0xfec, kind: 'ro', fields: { CMOD: bits(0, 3), REVAND: bits(4, 7) } },
});

export class RomTable extends RegisterPeripheral {
  protected readonly registers: RegisterBlock<typeof ROM_TABLE.spec>;

  constructor(private readonly context: BlockContext, private readonly part: number, private readonly revision: number) {
    super();
    this.registers = new RegisterBlock(ROM_TABLE, { instance: context.name, base: context.base, size: context.size, warnings: context.warnings });
    this.reset();
  }

  override reset(): void {
    this.registers.reset();
    this.registers.setField('PID0', 'PART_0', this.part);
    this.registers.setField('PID2', 'REVISION', this.revision);
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot() };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
  }
}

export const ROM_TABLE_BLOCK = defineBlock({
  options: z.strictObject({ part: z.int().min(0).max(255), revision: z.int().min(0).max(15) }),
  create: (context, { part, revision }) => new RomTable(context, part, revision),
});
