/**
 * Nordic AAR: finds which of up to 16 identity resolving keys made a resolvable private address.
 * Source: nRF52840 Product Specification v1.1, AAR (1 us and 6 us per key); nRF51 Reference Manual v3.0, AAR; the hash `ah` is that
 * of the Bluetooth Core Specification 4.2, Vol 3, Part H, 2.2.2. ADDRPTR points at a packet of header, length and S1, one byte
 * each; the address follows, hash first, least significant byte first. Keys are most significant byte first. SCRATCHPTR is
 * stored: the scratch area's contents are not specified, and nothing is written there.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { AES_BYTES, AES_CORE, encryptBlock, ticksOfMicroseconds, type AesCore } from './aes.js';
import { EasyDma } from './easy-dma.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { TaskEvents } from './task-events.js';

const AAR_SPEC = {
  TASKS_START:        { at: 0x000, kind: 'task' },
  TASKS_STOP:         { at: 0x008, kind: 'task' },
  EVENTS_END:         { at: 0x100, kind: 'event' },
  EVENTS_RESOLVED:    { at: 0x104, kind: 'event' },
  EVENTS_NOTRESOLVED: { at: 0x108, kind: 'event' },
  INTENSET:           { at: 0x304, kind: 'w1s', fields: { END: bit(0), RESOLVED: bit(1), NOTRESOLVED: bit(2) } },
  INTENCLR:           { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  STATUS:             { at: 0x400, kind: 'ro', fields: { STATUS: bits(0, 3) } },
  ENABLE:             { at: 0x500, fields: { ENABLE: choice(0, 1, { Disabled: 0, Enabled: 3 }) } },
  NIRK:               { at: 0x504, reset: 1, fields: { NIRK: bits(0, 4) } },
  IRKPTR:             { at: 0x508 },
  ADDRPTR:            { at: 0x510 },
  SCRATCHPTR:         { at: 0x514 },
} as const;
export const AAR = registerMap(AAR_SPEC);
export const AAR_NRF51 = registerMap({ ...AAR_SPEC, ...POWER_SWITCH });

const ENABLED = 3;
const MOST_KEYS = 16;
const START_MICROSECONDS = 1;
const KEY_MICROSECONDS = 6;
const NOT_FOUND = -1;
/** Header, LENGTH and S1. */
const ADDRESS_OFFSET = 3;

export class Aar extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof AAR_NRF51.spec>;
  private readonly dma: EasyDma;
  private readonly aes: AesCore;
  /** What the resolution under way comes to: the key's index, or NOT_FOUND. */
  private found = NOT_FOUND;
  private readonly done = timedEvent(() => this.finish());

  constructor(private readonly context: BlockContext, family: 'nrf51' | 'nrf52') {
    super();
    this.dma = new EasyDma(context);
    this.aes = context.shared(AES_CORE);
    this.aes.addUser(() => this.done.slot >= 0);
    const map = family === 'nrf51' ? AAR_NRF51 : AAR as unknown as typeof AAR_NRF51;
    this.events = new TaskEvents(map, context, {
      tasks: { TASKS_START: () => this.start(), TASKS_STOP: () => this.context.scheduler.cancel(this.done) },
      isEnabled: () => this.isEnabled,
      onWrite: { POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')) },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  override get isEnabled(): boolean { return this.registers.get('ENABLE') === ENABLED; }

  override reset(): void {
    this.context.scheduler.cancel(this.done);
    this.found = NOT_FOUND;
    this.events.reset();
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), found: this.found, done: saveEvent(this.done) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.found = numberFrom(from, 'found', name);
    restoreEvent(scheduler, this.done, from['done']);
  }

  private start(): void {
    const { scheduler } = this.context;
    this.aes.take();
    const keys = Math.min(this.registers.get('NIRK'), MOST_KEYS);
    this.found = this.resolve(keys);
    const tried = this.found === NOT_FOUND ? keys : this.found + 1;
    scheduler.schedule(this.done, scheduler.now() + ticksOfMicroseconds(scheduler, START_MICROSECONDS + tried * KEY_MICROSECONDS));
  }

  /** Index of the key with ah(key, prand) = hash. */
  private resolve(keys: number): number {
    const address = new Uint8Array(6);
    this.dma.read((this.registers.get('ADDRPTR') + ADDRESS_OFFSET) >>> 0, address);
    const block = new Uint8Array(AES_BYTES);
    for (let i = 0; i < 3; i++) block[AES_BYTES - 1 - i] = address[3 + i];
    const key = new Uint8Array(AES_BYTES);
    for (let index = 0; index < keys; index++) {
      this.dma.read((this.registers.get('IRKPTR') + index * AES_BYTES) >>> 0, key);
      const hash = encryptBlock(key, block);
      if ([0, 1, 2].every((i) => hash[AES_BYTES - 1 - i] === address[i])) return index;
    }
    return NOT_FOUND;
  }

  private finish(): void {
    if (this.found !== NOT_FOUND) this.registers.storage('STATUS')[0] = this.found;
    this.events.emit('EVENTS_END');
    this.events.emit(this.found === NOT_FOUND ? 'EVENTS_NOTRESOLVED' : 'EVENTS_RESOLVED');
  }
}

export const AAR_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']) }),
  create: (context, { family }) => new Aar(context, family),
});
