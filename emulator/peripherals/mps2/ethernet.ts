/**
 * The Ethernet controller of MPS2 boards (SMSC LAN9220, LAN9118 on QEMU): it can be identified, nothing more.
 * Source: SMSC LAN9118 datasheet, table 5.1. Not modelled: everything but ID_REV and BYTE_TEST; the first access to
 * any other register says so. ID_REV is that of QEMU 7.2's mps2 machines, a LAN9118.
 */
import { z } from 'zod';
import type { AccessBytes, Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { RegisterBlock, registerMap } from '../registers/index.js';

export const ETHERNET = registerMap({
  ID_REV:    { at: 0x050, kind: 'ro', reset: 0x0118_0001 },
  BYTE_TEST: { at: 0x064, kind: 'ro', reset: 0x8765_4321 },
});

const IDENTITY: readonly number[] = [ETHERNET.offsetOf('ID_REV'), ETHERNET.offsetOf('BYTE_TEST')];

export class Ethernet extends RegisterPeripheral {
  protected readonly registers;

  constructor(private readonly context: BlockContext) {
    super();
    this.registers = new RegisterBlock(ETHERNET, { instance: context.name, base: context.base, size: context.size });
  }

  override read(offset: number, bytes: AccessBytes): number {
    if (!IDENTITY.includes(offset & ~3)) this.warn();
    return super.read(offset, bytes);
  }

  override write(): void {
    this.warn();
  }

  override reset(): void { this.registers.reset(); }
  override snapshot(): Snapshot { return { registers: this.registers.snapshot() }; }
  override restore(from: Snapshot): void { this.registers.restore(partFrom(from, 'registers', this.context.name)); }

  private warn(): void {
    this.context.warnings.warn(this.context.name, `${this.context.name}: the Ethernet controller is not modelled; its registers read as zero, no frame is ever sent or received`);
  }
}

export const ETHERNET_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Ethernet(context),
});
