/**
 * Nordic MWU: watches accesses to four regions of memory, and to two of peripherals in parts of their 32nd.
 * Source: nRF52840 Product Specification v1.1, MWU. The registers are there; accesses are not watched, so no event comes by
 * itself. A SoftDevice guards its memory with it, which nobody notices while firmware leaves that alone.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, registerMap } from '../registers/index.js';
import { TaskEvents } from './task-events.js';

const REGIONS = 4;
const PERIPHERAL_REGIONS = 2;

const WATCHED = {
  REGION0WA: bit(0), REGION0RA: bit(1), REGION1WA: bit(2), REGION1RA: bit(3), REGION2WA: bit(4), REGION2RA: bit(5),
  REGION3WA: bit(6), REGION3RA: bit(7), PREGION0WA: bit(24), PREGION0RA: bit(25), PREGION1WA: bit(26), PREGION1RA: bit(27),
} as const;
const RGN = {
  RGN0WA: bit(0, { unmodelled: true }), RGN0RA: bit(1, { unmodelled: true }), RGN1WA: bit(2, { unmodelled: true }), RGN1RA: bit(3, { unmodelled: true }),
  RGN2WA: bit(4, { unmodelled: true }), RGN2RA: bit(5, { unmodelled: true }), RGN3WA: bit(6, { unmodelled: true }), RGN3RA: bit(7, { unmodelled: true }),
  PRGN0WA: bit(24, { unmodelled: true }), PRGN0RA: bit(25, { unmodelled: true }), PRGN1WA: bit(26, { unmodelled: true }), PRGN1RA: bit(27, { unmodelled: true }),
} as const;

export const MWU = registerMap({
  EVENTS_REGION_WA:    { at: 0x100, kind: 'event', count: REGIONS, stride: 8 },
  EVENTS_REGION_RA:    { at: 0x104, kind: 'event', count: REGIONS, stride: 8 },
  EVENTS_PREGION_WA:   { at: 0x160, kind: 'event', count: PERIPHERAL_REGIONS, stride: 8 },
  EVENTS_PREGION_RA:   { at: 0x164, kind: 'event', count: PERIPHERAL_REGIONS, stride: 8 },
  INTEN:               { at: 0x300, fields: WATCHED },
  INTENSET:            { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:            { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  NMIEN:               { at: 0x320, fields: WATCHED },
  NMIENSET:            { at: 0x324, kind: 'setBits', of: 'NMIEN' },
  NMIENCLR:            { at: 0x328, kind: 'clearBits', of: 'NMIEN' },
  PERREGION_SUBSTATWA: { at: 0x400, kind: 'w1c', count: PERIPHERAL_REGIONS, stride: 8 },
  PERREGION_SUBSTATRA: { at: 0x404, kind: 'w1c', count: PERIPHERAL_REGIONS, stride: 8 },
  REGIONEN:            { at: 0x510, fields: RGN },
  REGIONENSET:         { at: 0x514, kind: 'setBits', of: 'REGIONEN' },
  REGIONENCLR:         { at: 0x518, kind: 'clearBits', of: 'REGIONEN' },
  REGION_START:        { at: 0x600, count: REGIONS, stride: 16 },
  REGION_END:          { at: 0x604, count: REGIONS, stride: 16 },
  PREGION_START:       { at: 0x6c0, kind: 'ro', count: PERIPHERAL_REGIONS, stride: 16 },
  PREGION_END:         { at: 0x6c4, kind: 'ro', count: PERIPHERAL_REGIONS, stride: 16 },
  PREGION_SUBS:        { at: 0x6c8, count: PERIPHERAL_REGIONS, stride: 16 },
});

export class Mwu extends RegisterPeripheral {
  protected readonly registers;
  private readonly events;

  constructor(context: BlockContext) {
    super();
    this.events = new TaskEvents(MWU, context, { tasks: {}, policy: { unmodelled: 'store' } });
    this.registers = this.events.registers;
  }

  override reset(): void { this.events.reset(); }
  override snapshot(): Snapshot { return this.events.snapshot(); }
  override restore(from: Snapshot): void { this.events.restore(from); }
}

export const MWU_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Mwu(context),
});
