/**
 * Nordic ECB: encrypts one block of 16 bytes with AES-128.
 * Source: nRF52840 Product Specification v1.1, ECB (7.2 us per block); nRF51 Reference Manual v3.0, ECB, and nRF51822 Product
 * Specification v3.3 (8.5 us). Key, clear text and cipher text lie one after another at ECBDATAPTR.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, registerMap } from '../registers/index.js';
import { AES_BYTES, AES_CORE, encryptBlock, ticksOfMicroseconds, type AesCore } from './aes.js';
import { EasyDma } from './easy-dma.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { TaskEvents } from './task-events.js';

const ECB_SPEC = {
  TASKS_STARTECB:  { at: 0x000, kind: 'task' },
  TASKS_STOPECB:   { at: 0x004, kind: 'task' },
  EVENTS_ENDECB:   { at: 0x100, kind: 'event' },
  EVENTS_ERRORECB: { at: 0x104, kind: 'event' },
  INTENSET:        { at: 0x304, kind: 'w1s', fields: { ENDECB: bit(0), ERRORECB: bit(1) } },
  INTENCLR:        { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  ECBDATAPTR:      { at: 0x504 },
} as const;
export const ECB = registerMap(ECB_SPEC);
export const ECB_NRF51 = registerMap({ ...ECB_SPEC, ...POWER_SWITCH });

const MICROSECONDS = { nrf51: 8.5, nrf52: 7.2 } as const;
const CIPHER_TEXT = 2 * AES_BYTES;

export class Ecb extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof ECB_NRF51.spec>;
  private readonly dma: EasyDma;
  private readonly aes: AesCore;
  private readonly done = timedEvent(() => this.finish());

  constructor(private readonly context: BlockContext, private readonly family: 'nrf51' | 'nrf52') {
    super();
    this.dma = new EasyDma(context);
    this.aes = context.shared(AES_CORE);
    this.aes.addYielder(() => this.abort());
    // POWER is asked only where it is: a write to it reaches nothing on nRF52.
    const map = family === 'nrf51' ? ECB_NRF51 : ECB as unknown as typeof ECB_NRF51;
    this.events = new TaskEvents(map, context, {
      tasks: { TASKS_STARTECB: () => this.start(), TASKS_STOPECB: () => this.abort() },
      onWrite: { POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')) },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  override reset(): void {
    this.context.scheduler.cancel(this.done);
    this.events.reset();
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), done: saveEvent(this.done) };
  }

  override restore(from: Snapshot): void {
    this.events.restore(partFrom(from, 'registers', this.context.name));
    restoreEvent(this.context.scheduler, this.done, from['done']);
  }

  private start(): void {
    const { scheduler } = this.context;
    if (this.aes.isTaken) this.events.emit('EVENTS_ERRORECB');
    else scheduler.schedule(this.done, scheduler.now() + ticksOfMicroseconds(scheduler, MICROSECONDS[this.family]));
  }

  /** "If STOPECB is triggered while the block is encrypting, the operation is aborted and ERRORECB is generated." */
  private abort(): void {
    if (this.done.slot < 0) return;
    this.context.scheduler.cancel(this.done);
    this.events.emit('EVENTS_ERRORECB');
  }

  private finish(): void {
    const at = this.registers.get('ECBDATAPTR');
    const data = new Uint8Array(CIPHER_TEXT);
    this.dma.read(at, data);
    this.dma.write((at + CIPHER_TEXT) >>> 0, encryptBlock(data.subarray(0, AES_BYTES), data.subarray(AES_BYTES)));
    this.events.emit('EVENTS_ENDECB');
  }
}

export const ECB_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']) }),
  create: (context, { family }) => new Ecb(context, family),
});
