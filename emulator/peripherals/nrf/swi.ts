/**
 * An interrupt number without a block behind it: SWI, at EGU's addresses, which software pends in the NVIC, and the FPU's.
 * Source: nRF52840 Product Specification v1.1, SWI and FPU; the name of the only register is nrf52840.svd's. Not modelled: the
 * FPU's exception flags, which on silicon raise its interrupt while one of them is set in FPSCR.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { RegisterBlock, registerMap } from '../registers/index.js';

export const SWI = registerMap({
  UNUSED: { at: 0x000, kind: 'reserved' },
});

export class Swi extends RegisterPeripheral {
  protected readonly registers;

  constructor(private readonly context: BlockContext) {
    super();
    this.registers = new RegisterBlock(SWI, { instance: context.name, base: context.base, size: context.size, warnings: context.warnings });
    // Nobody but software raises it.
    context.irq('irq');
  }

  /** EGU answers at their common addresses. */
  override get isEnabled(): boolean { return false; }
  override reset(): void { this.registers.reset(); }
  override snapshot(): Snapshot { return { registers: this.registers.snapshot() }; }
  override restore(from: Snapshot): void { this.registers.restore(partFrom(from, 'registers', this.context.name)); }
}

export const SWI_BLOCK = defineBlock({ irqs: ['irq'], options: z.strictObject({}), create: (context) => new Swi(context) });
