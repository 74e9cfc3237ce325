/**
 * nRF51 MPU: protects blocks of 4 KB of flash from being written or erased until the next reset.
 * Source: nRF51 Reference Manual v3.0, MPU. It shares its addresses with POWER and CLOCK. Not modelled: PERR0 and RLENR0,
 * the division into regions 0 and 1, which keeps code in region 1 from what belongs to region 0.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, registerMap, RegisterBlock } from '../registers/index.js';
import { FLASH_PROTECTION } from './flash-protection.js';

export const NRF51_MPU = registerMap({
  PERR0:          { at: 0x528, unmodelled: true },
  RLENR0:         { at: 0x52c, unmodelled: true },
  PROTENSET0:     { at: 0x600, kind: 'w1s' },
  PROTENSET1:     { at: 0x604, kind: 'w1s' },
  DISABLEINDEBUG: { at: 0x608, reset: 1, fields: { DISABLEINDEBUG: bit(0) } },   // no debugger switches the model's chip into that mode
  PROTBLOCKSIZE:  { at: 0x60c, fields: { PROTBLOCKSIZE: bits(0, 1) } },          // 0: 4 KB, the only one
});

const BLOCK_BYTES = 4096;
const BLOCKS = 64;

export class Nrf51Mpu extends RegisterPeripheral {
  protected readonly registers;

  constructor(private readonly context: BlockContext) {
    super();
    this.registers = new RegisterBlock(NRF51_MPU, { instance: context.name, base: context.base, size: context.size, warnings: context.warnings });
    context.shared(FLASH_PROTECTION).add((address) => this.forbids(address));
  }

  override reset(): void {
    this.registers.reset();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot() };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
  }

  private forbids(address: number): boolean {
    const block = Math.floor(address / BLOCK_BYTES);
    return block < BLOCKS && ((this.registers.get(block < 32 ? 'PROTENSET0' : 'PROTENSET1') >>> (block % 32)) & 1) !== 0;
  }
}

export const NRF51_MPU_BLOCK = defineBlock({ options: z.strictObject({}), create: (context) => new Nrf51Mpu(context) });
