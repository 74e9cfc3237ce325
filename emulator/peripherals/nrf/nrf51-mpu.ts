/**
 * nRF51 MPU: protects blocks of 4 KB of flash from being written or erased until the next reset.
 * Source: nRF51 Reference Manual v3.0, MPU. It shares its addresses with POWER and CLOCK. Not modelled: PERR0 and RLENR0,
 * the division into regions 0 and 1, which keeps code in region 1 from what belongs to region 0.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { choice, registerMap, RegisterBlock, type Field } from '../registers/index.js';
import { numbered } from './fields.js';
import { FLASH_PROTECTION } from './flash-protection.js';

/** Peripherals by their bit of PERR0, which is their number in the address map. */
const PERIPHERALS = { POWER_CLOCK: 0, RADIO: 1, UART0: 2, SPI0_TWI0: 3, SPI1_TWI1: 4, GPIOTE: 6, ADC: 7, TIMER0: 8, TIMER1: 9, TIMER2: 10, RTC0: 11, TEMP: 12, RNG: 13, ECB: 14, CCM_AAR: 15, WDT: 16, RTC1: 17, QDEC: 18, LPCOMP: 19, NVMC: 30, PPI: 31 } as const;
const regions = (): Record<string, Field> => Object.fromEntries(Object.entries(PERIPHERALS).map(([name, n]) => [name, choice(n, n, { InRegion0: 1, InRegion1: 0 })]));

export const NRF51_MPU = registerMap({
  PERR0:          { at: 0x528, unmodelled: true, fields: regions() },
  RLENR0:         { at: 0x52c, unmodelled: true },
  PROTENSET0:     { at: 0x600, kind: 'w1s', fields: numbered('PROTREG{n}', 0, 32) },
  PROTENSET1:     { at: 0x604, kind: 'w1s', fields: numbered('PROTREG{n}', 0, 32, { first: 32 }) },
  DISABLEINDEBUG: { at: 0x608, reset: 1, fields: { DISABLEINDEBUG: choice(0, 0, { Enabled: 0, Disabled: 1 }) } },   // no debugger switches the model's chip into that mode
  PROTBLOCKSIZE:  { at: 0x60c, fields: { PROTBLOCKSIZE: choice(0, 1, { '4k': 0 }) } },
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
