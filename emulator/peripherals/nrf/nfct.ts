/**
 * Nordic NFCT with no reader near: its antenna sees no field. Source: nRF52840 Product Specification v1.1, NFCT; nRF52833 Product
 * Specification v1.5 (MODULATIONCTRL, MODULATIONPSEL). SENSE waits for a field that never comes; ACTIVATE makes the tag ready, as
 * firmware may do by itself. Not modelled: fields, frames, collision resolution.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { TaskEvents } from './task-events.js';

const INTERRUPTS = {
  READY: bit(0), FIELDDETECTED: bit(1), FIELDLOST: bit(2), TXFRAMESTART: bit(3), TXFRAMEEND: bit(4), RXFRAMESTART: bit(5), RXFRAMEEND: bit(6),
  ERROR: bit(7), RXERROR: bit(10), ENDRX: bit(11), ENDTX: bit(12), AUTOCOLRESSTARTED: bit(14), COLLISION: bit(18), SELECTED: bit(19), STARTED: bit(20),
} as const;

const NFCT_SPEC = {
  TASKS_ACTIVATE:           { at: 0x000, kind: 'task' },
  TASKS_DISABLE:            { at: 0x004, kind: 'task' },
  TASKS_SENSE:              { at: 0x008, kind: 'task' },
  TASKS_STARTTX:            { at: 0x00c, kind: 'task' },
  TASKS_ENABLERXDATA:       { at: 0x01c, kind: 'task' },
  TASKS_GOIDLE:             { at: 0x024, kind: 'task' },
  TASKS_GOSLEEP:            { at: 0x028, kind: 'task' },
  EVENTS_READY:             { at: 0x100, kind: 'event' },
  EVENTS_FIELDDETECTED:     { at: 0x104, kind: 'event' },
  EVENTS_FIELDLOST:         { at: 0x108, kind: 'event' },
  EVENTS_TXFRAMESTART:      { at: 0x10c, kind: 'event' },
  EVENTS_TXFRAMEEND:        { at: 0x110, kind: 'event' },
  EVENTS_RXFRAMESTART:      { at: 0x114, kind: 'event' },
  EVENTS_RXFRAMEEND:        { at: 0x118, kind: 'event' },
  EVENTS_ERROR:             { at: 0x11c, kind: 'event' },
  EVENTS_RXERROR:           { at: 0x128, kind: 'event' },
  EVENTS_ENDRX:             { at: 0x12c, kind: 'event' },
  EVENTS_ENDTX:             { at: 0x130, kind: 'event' },
  EVENTS_AUTOCOLRESSTARTED: { at: 0x138, kind: 'event' },
  EVENTS_COLLISION:         { at: 0x148, kind: 'event' },
  EVENTS_SELECTED:          { at: 0x14c, kind: 'event' },
  EVENTS_STARTED:           { at: 0x150, kind: 'event' },
  SHORTS:                   { at: 0x200, fields: { FIELDDETECTED_ACTIVATE: bit(0), FIELDLOST_SENSE: bit(1), TXFRAMEEND_ENABLERXDATA: bit(5) } },
  INTEN:                    { at: 0x300, fields: INTERRUPTS },
  INTENSET:                 { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:                 { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  ERRORSTATUS:              { at: 0x404, kind: 'w1c', fields: { FRAMEDELAYTIMEOUT: bit(0) } },
  FRAMESTATUS_RX:           { at: 0x40c, kind: 'w1c', fields: { CRCERROR: choice(0, 0, { CRCCorrect: 0, CRCError: 1 }), PARITYSTATUS: choice(2, 2, { ParityOK: 0, ParityError: 1 }), OVERRUN: choice(3, 3, { NoOverrun: 0, Overrun: 1 }) } },
  NFCTAGSTATE:              { at: 0x410, kind: 'ro', fields: { NFCTAGSTATE: choice(0, 2, { Disabled: 0, RampUp: 2, Idle: 3, Receive: 4, FrameDelay: 5, Transmit: 6 }) } },
  SLEEPSTATE:               { at: 0x420, kind: 'ro', fields: { SLEEPSTATE: choice(0, 0, { Idle: 0, SleepA: 1 }) } },
  FIELDPRESENT:             { at: 0x43c, kind: 'ro', fields: { FIELDPRESENT: choice(0, 0, { NoField: 0, FieldPresent: 1 }), LOCKDETECT: choice(1, 1, { NotLocked: 0, Locked: 1 }) } },
  FRAMEDELAYMIN:            { at: 0x504, reset: 0x480, fields: { FRAMEDELAYMIN: bits(0, 15) } },
  FRAMEDELAYMAX:            { at: 0x508, reset: 0x1000, fields: { FRAMEDELAYMAX: bits(0, 19) } },
  FRAMEDELAYMODE:           { at: 0x50c, reset: 1, fields: { FRAMEDELAYMODE: choice(0, 1, { FreeRun: 0, Window: 1, ExactVal: 2, WindowGrid: 3 }) } },
  PACKETPTR:                { at: 0x510 },
  MAXLEN:                   { at: 0x514, fields: { MAXLEN: bits(0, 8) } },
  TXD_FRAMECONFIG:          { at: 0x518, reset: 0x17, fields: { PARITY: choice(0, 0, { NoParity: 0, Parity: 1 }), DISCARDMODE: choice(1, 1, { DiscardEnd: 0, DiscardStart: 1 }), SOF: choice(2, 2, { NoSoF: 0, SoF: 1 }), CRCMODETX: choice(4, 4, { NoCRCTX: 0, CRC16TX: 1 }) } },
  TXD_AMOUNT:               { at: 0x51c, fields: { TXDATABITS: bits(0, 2), TXDATABYTES: bits(3, 11) } },
  RXD_FRAMECONFIG:          { at: 0x520, reset: 0x15, fields: { PARITY: choice(0, 0, { NoParity: 0, Parity: 1 }), SOF: choice(2, 2, { NoSoF: 0, SoF: 1 }), CRCMODERX: choice(4, 4, { NoCRCRX: 0, CRC16RX: 1 }) } },
  RXD_AMOUNT:               { at: 0x524, kind: 'ro', fields: { RXDATABITS: bits(0, 2), RXDATABYTES: bits(3, 11) } },
  NFCID1_LAST:              { at: 0x590, reset: 0x6363, fields: { NFCID1_Z: bits(0, 7), NFCID1_Y: bits(8, 15), NFCID1_X: bits(16, 23), NFCID1_W: bits(24, 31) } },
  NFCID1_2ND_LAST:          { at: 0x594, fields: { NFCID1_V: bits(0, 7), NFCID1_U: bits(8, 15), NFCID1_T: bits(16, 23) } },
  NFCID1_3RD_LAST:          { at: 0x598, fields: { NFCID1_S: bits(0, 7), NFCID1_R: bits(8, 15), NFCID1_Q: bits(16, 23) } },
  AUTOCOLRESCONFIG:         { at: 0x59c, reset: 2, raz: false, fields: { MODE: choice(0, 0, { Enabled: 0, Disabled: 1 }) } },
  SENSRES:                  { at: 0x5a0, reset: 1, fields: { BITFRAMESDD: choice(0, 4, { SDD00000: 0, SDD00001: 1, SDD00010: 2, SDD00100: 4, SDD01000: 8, SDD10000: 16 }), RFU5: bit(5), NFCIDSIZE: choice(6, 7, { NFCID1Single: 0, NFCID1Double: 1, NFCID1Triple: 2 }), PLATFCONFIG: bits(8, 11), RFU74: bits(12, 15) } },
  SELRES:                   { at: 0x5a4, fields: { RFU10: bits(0, 1), CASCADE: bit(2), RFU43: bits(3, 4), PROTOCOL: bits(5, 6), RFU7: bit(7) } },
} as const;

export const NFCT = registerMap(NFCT_SPEC);
export const NFCT_NRF52833 = registerMap({
  ...NFCT_SPEC,
  MODULATIONCTRL: { at: 0x52c, reset: 1, unmodelled: true, fields: { MODULATIONCTRL: choice(0, 1, { Invalid: 0, Internal: 1, ModToGpio: 2, InternalAndModToGpio: 3 }) } },
  MODULATIONPSEL: { at: 0x538, reset: 0xffff_ffff, raz: false, unmodelled: true, fields: { PIN: bits(0, 4), PORT: bit(5), CONNECT: choice(31, 31, { Connected: 0, Disconnected: 1 }) } },
});

const STATE = { disabled: 0, idle: 3 } as const;

export class Nfct extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof NFCT_SPEC>;

  constructor(private readonly context: BlockContext, family: 'nrf52833' | 'nrf52840') {
    super();
    const needsField = (task: string) => () => context.warnings.warn(`${context.name}.${task}`, `${context.name}: ${task} without a field; no reader is modelled, and nothing is sent or received`);
    this.events = new TaskEvents(family === 'nrf52833' ? NFCT_NRF52833 : NFCT, context, {
      tasks: {
        TASKS_ACTIVATE: () => this.activate(),
        TASKS_DISABLE: () => this.setState(STATE.disabled),
        TASKS_STARTTX: needsField('TASKS_STARTTX'),
        TASKS_ENABLERXDATA: needsField('TASKS_ENABLERXDATA'),
      },
      shorts: [
        { bit: 0, event: 'EVENTS_FIELDDETECTED', task: 'TASKS_ACTIVATE' }, { bit: 1, event: 'EVENTS_FIELDLOST', task: 'TASKS_SENSE' },
        { bit: 5, event: 'EVENTS_TXFRAMEEND', task: 'TASKS_ENABLERXDATA' },
      ],
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

  private setState(state: number): void {
    this.registers.storage('NFCTAGSTATE')[0] = state;
  }

  private activate(): void {
    if (this.registers.get('NFCTAGSTATE') !== STATE.disabled) return;
    this.setState(STATE.idle);
    this.events.emit('EVENTS_READY');
  }
}

export const NFCT_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf52833', 'nrf52840']) }),
  create: (context, { family }) => new Nfct(context, family),
});
