/**
 * Nordic MWU: watches accesses to regions of RAM and of the peripherals' addresses.
 * Source: nRF52840 Product Specification v1.1, MWU; nRF52833 Product Specification v1.5. Registers, enables and the interrupt are those of
 * the specification. Not modelled: the watching itself; to enable a region warns once, and its events never come.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, choice, registerMap } from '../registers/index.js';
import { TaskEvents } from './task-events.js';

const REGIONS = 4;
const PERIPHERAL_REGIONS = 2;
const BITS = {
  REGION0WA: bit(0), REGION0RA: bit(1), REGION1WA: bit(2), REGION1RA: bit(3), REGION2WA: bit(4), REGION2RA: bit(5), REGION3WA: bit(6), REGION3RA: bit(7),
  PREGION0WA: bit(24), PREGION0RA: bit(25), PREGION1WA: bit(26), PREGION1RA: bit(27),
} as const;
const REGION_BITS = {
  RGN0WA: bit(0), RGN0RA: bit(1), RGN1WA: bit(2), RGN1RA: bit(3), RGN2WA: bit(4), RGN2RA: bit(5), RGN3WA: bit(6), RGN3RA: bit(7),
  PRGN0WA: bit(24), PRGN0RA: bit(25), PRGN1WA: bit(26), PRGN1RA: bit(27),
} as const;
const subregions = (values: Readonly<Record<string, number>>) => Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`SR${n}`, choice(n, n, values)]));
const ACCESSED = subregions({ NoAccess: 0, Access: 1 });

export const MWU = registerMap({
  EVENTS_REGION_WA:    { at: 0x100, kind: 'event', count: REGIONS, stride: 8 },
  EVENTS_REGION_RA:    { at: 0x104, kind: 'event', count: REGIONS, stride: 8 },
  EVENTS_PREGION_WA:   { at: 0x160, kind: 'event', count: PERIPHERAL_REGIONS, stride: 8 },
  EVENTS_PREGION_RA:   { at: 0x164, kind: 'event', count: PERIPHERAL_REGIONS, stride: 8 },
  INTEN:               { at: 0x300, fields: BITS },
  INTENSET:            { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:            { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  NMIEN:               { at: 0x320, fields: BITS },
  NMIENSET:            { at: 0x324, kind: 'setBits', of: 'NMIEN' },
  NMIENCLR:            { at: 0x328, kind: 'clearBits', of: 'NMIEN' },
  PERREGION_SUBSTATWA: { at: 0x400, kind: 'w1c', count: PERIPHERAL_REGIONS, stride: 8, fields: ACCESSED },
  PERREGION_SUBSTATRA: { at: 0x404, kind: 'w1c', count: PERIPHERAL_REGIONS, stride: 8, fields: ACCESSED },
  REGIONEN:            { at: 0x510, fields: REGION_BITS },
  REGIONENSET:         { at: 0x514, kind: 'setBits', of: 'REGIONEN' },
  REGIONENCLR:         { at: 0x518, kind: 'clearBits', of: 'REGIONEN' },
  REGION_START:        { at: 0x600, count: REGIONS, stride: 16 },
  REGION_END:          { at: 0x604, count: REGIONS, stride: 16 },
  PREGION_START:       { at: 0x6c0, kind: 'ro', count: PERIPHERAL_REGIONS, stride: 16, reset: [0x4000_0000, 0x4002_0000] },
  PREGION_END:         { at: 0x6c4, kind: 'ro', count: PERIPHERAL_REGIONS, stride: 16, reset: [0x4001_ffff, 0x4003_ffff] },
  PREGION_SUBS:        { at: 0x6c8, count: PERIPHERAL_REGIONS, stride: 16, fields: subregions({ Exclude: 0, Include: 1 }) },
});

export class Mwu extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof MWU.spec>;

  constructor(private readonly context: BlockContext) {
    super();
    const { name, warnings } = context;
    this.events = new TaskEvents(MWU, context, {
      tasks: {},
      onWrite: { REGIONEN: (value) => { if (value !== 0) warnings.warn(`${name}.REGIONEN`, `${name}: REGIONEN enables regions, but the model watches no accesses; their events never come`); } },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  override reset(): void {
    this.events.reset();
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot() };
  }

  override restore(from: Snapshot): void {
    this.events.restore(partFrom(from, 'registers', this.context.name));
  }
}

export const MWU_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Mwu(context),
});
