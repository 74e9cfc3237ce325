/**
 * Nordic CCM: encrypts and decrypts Bluetooth low energy packets in RAM, on their way to and from RADIO.
 * Source: nRF52840 Product Specification v1.1, CCM (key stream in 50 us); nRF51 Reference Manual v3.0, CCM (packets of at most
 * 27 bytes, 1 Mbit/s); the cipher is RFC 3610 with M = 4 and L = 2, nonce and blocks as in the Bluetooth Core Specification 4.2,
 * Vol 6, Part E, 2. A packet is read as RADIO at the chosen data rate fills it: its header three byte times after CRYPT, the
 * rest a byte time each. Not modelled: the scratch area's contents, and ERROR by a data rate that RAM cannot keep up with.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap, type RegisterMap } from '../registers/index.js';
import { AES_BYTES, AES_CORE, ticksOfMicroseconds, type AesCore } from './aes.js';
import { crypt, MIC_BYTES, nonceOf } from './ccm-cipher.js';
import { EasyDma } from './easy-dma.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { TaskEvents } from './task-events.js';

const RATES = { '1Mbit': 0, '2Mbit': 1, '125Kbps': 2, '500Kbps': 3 } as const;

const CCM_COMMON = {
  TASKS_KSGEN:      { at: 0x000, kind: 'task' },
  TASKS_CRYPT:      { at: 0x004, kind: 'task' },
  TASKS_STOP:       { at: 0x008, kind: 'task' },
  EVENTS_ENDKSGEN:  { at: 0x100, kind: 'event' },
  EVENTS_ENDCRYPT:  { at: 0x104, kind: 'event' },
  EVENTS_ERROR:     { at: 0x108, kind: 'event' },
  SHORTS:           { at: 0x200, fields: { ENDKSGEN_CRYPT: bit(0) } },
  INTENSET:         { at: 0x304, kind: 'w1s', fields: { ENDKSGEN: bit(0), ENDCRYPT: bit(1), ERROR: bit(2) } },
  INTENCLR:         { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  MICSTATUS:        { at: 0x400, kind: 'ro', fields: { MICSTATUS: choice(0, 0, { CheckFailed: 0, CheckPassed: 1 }) } },
  ENABLE:           { at: 0x500, fields: { ENABLE: choice(0, 1, { Disabled: 0, Enabled: 2 }) } },
  CNFPTR:           { at: 0x508 },
  INPTR:            { at: 0x50c },
  OUTPTR:           { at: 0x510 },
  SCRATCHPTR:       { at: 0x514 },
} as const;
const DIRECTION = choice(0, 0, { Encryption: 0, Decryption: 1 });

export const CCM = registerMap({
  ...CCM_COMMON,
  TASKS_RATEOVERRIDE: { at: 0x00c, kind: 'task' },
  MODE:               { at: 0x504, reset: 1, fields: { MODE: DIRECTION, DATARATE: choice(16, 17, RATES), LENGTH: choice(24, 24, { Default: 0, Extended: 1 }) } },
  MAXPACKETSIZE:      { at: 0x518, reset: 0xfb, fields: { MAXPACKETSIZE: bits(0, 7) } },
  RATEOVERRIDE:       { at: 0x51c, fields: { RATEOVERRIDE: choice(0, 1, RATES) } },
});
export const CCM_NRF51 = registerMap({
  ...CCM_COMMON,
  MODE:  { at: 0x504, reset: 1, fields: { MODE: DIRECTION } },
  ...POWER_SWITCH,
});

type CcmSpec = typeof CCM.spec & { readonly POWER: typeof POWER_SWITCH.POWER };

const ENABLED = 2;
const KEY_STREAM_MICROSECONDS = 50;
/** Microseconds of a byte by DATARATE. */
const BYTE_MICROSECONDS = [8, 4, 64, 16] as const;
const DEFAULT_LENGTH_MASK = 0x1f;
const HEADER_BYTES = 3;
/** At CNFPTR: key, packet counter, direction, initialisation vector. */
const CONFIGURATION_BYTES = 33;
/** What CCM is doing: nothing, making the key stream, waiting for a packet's header, for the rest of it. */
const PHASE = { idle: 0, keyStream: 1, header: 2, payload: 3 } as const;
const NO_RATE = -1;

export class Ccm extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<CcmSpec>;
  private readonly dma: EasyDma;
  private readonly aes: AesCore;
  private phase: number = PHASE.idle;
  private overriddenRate = NO_RATE;
  private readonly next = timedEvent(() => this.advance());

  constructor(private readonly context: BlockContext, private readonly family: 'nrf51' | 'nrf52') {
    super();
    this.dma = new EasyDma(context);
    this.aes = context.shared(AES_CORE);
    this.aes.addUser(() => this.phase !== PHASE.idle);
    // nRF51 has neither data rates nor long packets: those registers are asked only on nRF52.
    const map = (family === 'nrf51' ? CCM_NRF51 : CCM) as unknown as RegisterMap<CcmSpec>;
    this.events = new TaskEvents(map, context, {
      tasks: {
        TASKS_KSGEN: () => this.begin(PHASE.keyStream, KEY_STREAM_MICROSECONDS),
        TASKS_CRYPT: () => this.begin(PHASE.header, HEADER_BYTES * this.byteMicroseconds),
        TASKS_STOP: () => this.stop(),
        TASKS_RATEOVERRIDE: () => this.overrideRate(),
      },
      shorts: [{ bit: 0, event: 'EVENTS_ENDKSGEN', task: 'TASKS_CRYPT' }],
      isEnabled: () => this.isEnabled,
      onWrite: { POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')) },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  override get isEnabled(): boolean { return this.registers.get('ENABLE') === ENABLED; }

  override reset(): void {
    this.stop();
    this.overriddenRate = NO_RATE;
    this.events.reset();
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), phase: this.phase, overriddenRate: this.overriddenRate, next: saveEvent(this.next) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.phase = numberFrom(from, 'phase', name);
    this.overriddenRate = numberFrom(from, 'overriddenRate', name);
    restoreEvent(scheduler, this.next, from['next']);
  }

  private get isExtended(): boolean { return this.family === 'nrf52' && this.registers.is('MODE', 'LENGTH', 'Extended'); }

  private get byteMicroseconds(): number {
    if (this.family === 'nrf51') return BYTE_MICROSECONDS[0];
    return BYTE_MICROSECONDS[this.overriddenRate === NO_RATE ? this.registers.field('MODE', 'DATARATE') : this.overriddenRate];
  }

  private begin(phase: number, microseconds: number): void {
    const { scheduler } = this.context;
    this.aes.take();
    if (phase === PHASE.keyStream) this.overriddenRate = NO_RATE;
    this.phase = phase;
    scheduler.schedule(this.next, scheduler.now() + ticksOfMicroseconds(scheduler, microseconds));
  }

  private stop(): void {
    this.phase = PHASE.idle;
    this.context.scheduler.cancel(this.next);
  }

  /** "The rate in RATEOVERRIDE holds for the current encryption or decryption": what is left of it is planned anew. */
  private overrideRate(): void {
    const { scheduler } = this.context;
    const before = this.byteMicroseconds;
    this.overriddenRate = this.registers.field('RATEOVERRIDE', 'RATEOVERRIDE');
    if (this.phase !== PHASE.header && this.phase !== PHASE.payload) return;
    const left = ((this.next.due - scheduler.now()) * this.byteMicroseconds) / before;
    scheduler.schedule(this.next, scheduler.now() + Math.round(left));
  }

  private advance(): void {
    const { phase } = this;
    if (phase === PHASE.keyStream) {
      this.phase = PHASE.idle;
      this.events.emit('EVENTS_ENDKSGEN');
    } else if (phase === PHASE.header) {
      const length = this.inputLength();
      const added = this.isDecrypting || length === 0 ? 0 : MIC_BYTES;
      this.begin(PHASE.payload, (length + added) * this.byteMicroseconds);
    } else {
      this.phase = PHASE.idle;
      this.process();
      this.events.emit('EVENTS_ENDCRYPT');
    }
  }

  private get isDecrypting(): boolean { return this.registers.is('MODE', 'MODE', 'Decryption'); }

  private inputLength(): number {
    const length = this.dma.readByte((this.registers.get('INPTR') + 1) >>> 0);
    if (!this.isExtended) return length & DEFAULT_LENGTH_MASK;
    return Math.min(length, this.registers.get('MAXPACKETSIZE') + (this.isDecrypting ? MIC_BYTES : 0));
  }

  private process(): void {
    const { registers, dma } = this;
    const length = this.inputLength();
    const packet = new Uint8Array(HEADER_BYTES + length);
    dma.read(registers.get('INPTR'), packet);
    const configuration = new Uint8Array(CONFIGURATION_BYTES);
    dma.read(registers.get('CNFPTR'), configuration);
    const cipher = { key: configuration.subarray(0, AES_BYTES), nonce: nonceOf(configuration.subarray(AES_BYTES)), header: packet[0] };
    const { bytes, isGenuine } = crypt(cipher, packet.subarray(HEADER_BYTES), this.isDecrypting);
    if (this.isDecrypting) registers.storage('MICSTATUS')[0] = isGenuine ? 1 : 0;
    const out = new Uint8Array(HEADER_BYTES + bytes.length);
    out.set([packet[0], bytes.length, packet[2]]);
    out.set(bytes, HEADER_BYTES);
    dma.write(registers.get('OUTPTR'), out);
  }
}

export const CCM_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']) }),
  create: (context, { family }) => new Ccm(context, family),
});
