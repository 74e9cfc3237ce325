/**
 * Nordic EGU: sixteen tasks, each with its event, to raise interrupts by software and to join PPI channels. SWI, at the same
 * address, is the interrupt alone and has no registers: software pends it in the NVIC (so on nRF51, which has no EGU).
 * Source: nRF52840 Product Specification v1.1, EGU and SWI.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, RegisterPeripheral, type BlockContext } from '../block.js';
import { bits, registerMap } from '../registers/index.js';
import { TaskEvents } from './task-events.js';

const CHANNELS = 16;

export const EGU = registerMap({
  TASKS_TRIGGER:    { at: 0x000, kind: 'task', count: CHANNELS },
  EVENTS_TRIGGERED: { at: 0x100, kind: 'event', count: CHANNELS },
  INTEN:            { at: 0x300, fields: { TRIGGERED: bits(0, CHANNELS - 1) } },
  INTENSET:         { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:         { at: 0x308, kind: 'clearBits', of: 'INTEN' },
});

export class Egu extends RegisterPeripheral {
  protected readonly registers;
  private readonly events;

  constructor(context: BlockContext) {
    super();
    this.events = new TaskEvents(EGU, context, {
      tasks: { TASKS_TRIGGER: (channel) => this.events.emit('EVENTS_TRIGGERED', channel) },
    });
    this.registers = this.events.registers;
  }

  override reset(): void { this.events.reset(); }
  override snapshot(): Snapshot { return this.events.snapshot(); }
  override restore(from: Snapshot): void { this.events.restore(from); }
}

export const EGU_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Egu(context),
});
