/**
 * Nordic SAADC: eight channels of successive approximation with gain, oversampling and EasyDMA.
 * Source: nRF52840 Product Specification v1.1, SAADC, and its electrical specification. The converter is ideal: no noise, no
 * offset, so calibration changes nothing; its duration is not specified and taken as that of one conversion at the longest
 * acquisition. Acquisition times, gains, references and reset values are confirmed by nrf52840.svd and nrfx; 2 us per conversion is the
 * specification's bound, taken as the time. CALIBRATION is in no specification: firmware saves it around POWER, the workaround for
 * erratum 212 (nRF52833 and nRF52840 Errata), and it is only stored. VDDH is taken to be joined to VDD. The input ladder shows on
 * floating nets alone.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap, type RegisterBlock } from '../registers/index.js';
import { AnalogInputs } from './analog-inputs.js';
import { EasyDma } from './easy-dma.js';
import { numbered } from './fields.js';
import { PADS } from './pads.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { TaskEvents } from './task-events.js';

const CHANNELS = 8;
const INPUT = choice(0, 4, { NC: 0, AnalogInput0: 1, AnalogInput1: 2, AnalogInput2: 3, AnalogInput3: 4, AnalogInput4: 5, AnalogInput5: 6, AnalogInput6: 7, AnalogInput7: 8, VDD: 9, VDDHDIV5: 13 });
const LADDER = { Bypass: 0, Pulldown: 1, Pullup: 2, VDD1_2: 3 } as const;

export const SAADC = registerMap({
  TASKS_START:           { at: 0x000, kind: 'task' },
  TASKS_SAMPLE:          { at: 0x004, kind: 'task' },
  TASKS_STOP:            { at: 0x008, kind: 'task' },
  TASKS_CALIBRATEOFFSET: { at: 0x00c, kind: 'task' },
  EVENTS_STARTED:        { at: 0x100, kind: 'event' },
  EVENTS_END:            { at: 0x104, kind: 'event' },
  EVENTS_DONE:           { at: 0x108, kind: 'event' },
  EVENTS_RESULTDONE:     { at: 0x10c, kind: 'event' },
  EVENTS_CALIBRATEDONE:  { at: 0x110, kind: 'event' },
  EVENTS_STOPPED:        { at: 0x114, kind: 'event' },
  EVENTS_CH_LIMITH:      { at: 0x118, kind: 'event', count: CHANNELS, stride: 8 },
  EVENTS_CH_LIMITL:      { at: 0x11c, kind: 'event', count: CHANNELS, stride: 8 },
  INTEN:                 { at: 0x300, fields: { STARTED: bit(0), END: bit(1), DONE: bit(2), RESULTDONE: bit(3), CALIBRATEDONE: bit(4), STOPPED: bit(5), ...numbered('CH{n}LIMITH', 6, CHANNELS, { step: 2 }), ...numbered('CH{n}LIMITL', 7, CHANNELS, { step: 2 }) } },
  INTENSET:              { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:              { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  STATUS:                { at: 0x400, kind: 'ro', fields: { STATUS: choice(0, 0, { Ready: 0, Busy: 1 }) } },
  ENABLE:                { at: 0x500, fields: { ENABLE: bit(0) } },
  CH_PSELP:              { at: 0x510, count: CHANNELS, stride: 16, fields: { PSELP: INPUT } },
  CH_PSELN:              { at: 0x514, count: CHANNELS, stride: 16, fields: { PSELN: INPUT } },
  CH_CONFIG:             { at: 0x518, count: CHANNELS, stride: 16, reset: 0x0002_0000, fields: {
    RESP:   choice(0, 1, LADDER),
    RESN:   choice(4, 5, LADDER),
    GAIN:   choice(8, 10, { Gain1_6: 0, Gain1_5: 1, Gain1_4: 2, Gain1_3: 3, Gain1_2: 4, Gain1: 5, Gain2: 6, Gain4: 7 }),
    REFSEL: choice(12, 12, { Internal: 0, VDD1_4: 1 }),
    TACQ:   choice(16, 18, { '3us': 0, '5us': 1, '10us': 2, '15us': 3, '20us': 4, '40us': 5 }),
    MODE:   choice(20, 20, { SE: 0, Diff: 1 }),
    BURST:  bit(24),
  } },
  CH_LIMIT:              { at: 0x51c, count: CHANNELS, stride: 16, reset: 0x7fff_8000, fields: { LOW: bits(0, 15), HIGH: bits(16, 31) } },
  RESOLUTION:            { at: 0x5f0, reset: 1, fields: { VAL: choice(0, 2, { '8bit': 0, '10bit': 1, '12bit': 2, '14bit': 3 }) } },
  OVERSAMPLE:            { at: 0x5f4, fields: { OVERSAMPLE: choice(0, 3, { Bypass: 0, Over2x: 1, Over4x: 2, Over8x: 3, Over16x: 4, Over32x: 5, Over64x: 6, Over128x: 7, Over256x: 8 }) } },
  SAMPLERATE:            { at: 0x5f8, fields: { CC: bits(0, 10), MODE: choice(12, 12, { Task: 0, Timers: 1 }) } },
  RESULT_PTR:            { at: 0x62c },
  RESULT_MAXCNT:         { at: 0x630, fields: { MAXCNT: bits(0, 14) } },
  RESULT_AMOUNT:         { at: 0x634, kind: 'ro', fields: { AMOUNT: bits(0, 14) } },
  CALIBRATION:           { at: 0x640, count: 3 },
  ...POWER_SWITCH,
});

/** GAIN, from its register value. */
const GAINS = [1 / 6, 1 / 5, 1 / 4, 1 / 3, 1 / 2, 1, 2, 4] as const;
/** TACQ in ticks of 16 MHz. */
const ACQUISITION = [48, 80, 160, 240, 320, 640, 640, 640] as const;
/** t_CONV, given as less than 2 us, in ticks of 16 MHz. */
const CONVERSION = 32;
const CALIBRATION = 640 + CONVERSION;
const INTERNAL_REFERENCE = 0.6;
const LARGEST_OVERSAMPLE = 8;
/** SAMPLERATE.CC may be 80 to 2047; a smaller one would never end between two conversions. */
const SHORTEST_PERIOD = 80;
const DIFFERENTIAL = 1 << 20;
const BURST = 1 << 24;
const INPUT_VDD = 9;
const INPUT_VDDHDIV5 = 13;

export class Saadc extends RegisterPeripheral {
  protected readonly registers: RegisterBlock<typeof SAADC.spec>;
  private readonly events: TaskEvents<typeof SAADC.spec>;
  private readonly clock: Clock;
  private readonly inputs: AnalogInputs;
  private readonly dma: EasyDma;
  private readonly stored;
  private isStarted = false;
  /** Where the next result goes; firmware may already write the next buffer's PTR. */
  private pointer = 0;
  private room = 0;
  private size = 0;
  /** Channel that is being converted, -1 for none. */
  private channel = -1;
  /** Conversions that went into the result so far, and the sum of what they were. */
  private taken = 0;
  private sum = 0;
  private isCalibrating = false;
  private readonly conversion = timedEvent(() => this.finish());
  private readonly sampling = timedEvent(() => this.sampleAgain());
  /** Tick of 16 MHz at which the timer triggered last. */
  private sampledAt = 0;

  constructor(private readonly context: BlockContext) {
    super();
    this.clock = context.clock('clk');
    this.inputs = new AnalogInputs(context.shared(PADS), 'nrf52');
    this.dma = new EasyDma(context);
    this.events = new TaskEvents(SAADC, context, {
      isEnabled: () => this.stored.ENABLE[0] !== 0,
      tasks: {
        TASKS_START: () => this.start(),
        TASKS_SAMPLE: () => this.sample(),
        TASKS_STOP: () => this.stop(),
        TASKS_CALIBRATEOFFSET: () => this.calibrate(),
      },
      onRead: { STATUS: () => this.busy() },
      onPeek: { STATUS: () => this.busy() },
      onWrite: {
        ENABLE: (value) => { if (value === 0) this.halt(); },
        POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')),
      },
    });
    const { registers } = this.events;
    this.registers = registers;
    this.stored = {
      ENABLE: registers.storage('ENABLE'), PSELP: registers.storage('CH_PSELP'), PSELN: registers.storage('CH_PSELN'), CONFIG: registers.storage('CH_CONFIG'),
      LIMIT: registers.storage('CH_LIMIT'), RESOLUTION: registers.storage('RESOLUTION'), OVERSAMPLE: registers.storage('OVERSAMPLE'), SAMPLERATE: registers.storage('SAMPLERATE'),
      AMOUNT: registers.storage('RESULT_AMOUNT'),
    };
    this.reset();
  }

  override reset(): void {
    this.events.reset();
    this.halt();
    this.pointer = 0;
    this.room = 0;
    this.size = 0;
    this.sampledAt = 0;
  }

  override snapshot(): Snapshot {
    const { isStarted, pointer, room, size, channel, taken, sum, isCalibrating, sampledAt } = this;
    return {
      registers: this.events.snapshot(), isStarted: isStarted ? 1 : 0, pointer, room, size, channel, taken, sum, isCalibrating: isCalibrating ? 1 : 0, sampledAt,
      conversion: saveEvent(this.conversion), sampling: saveEvent(this.sampling),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.isStarted = numberFrom(from, 'isStarted', name) !== 0;
    this.pointer = numberFrom(from, 'pointer', name);
    this.room = numberFrom(from, 'room', name);
    this.size = numberFrom(from, 'size', name);
    this.channel = numberFrom(from, 'channel', name);
    this.taken = numberFrom(from, 'taken', name);
    this.sum = numberFrom(from, 'sum', name);
    this.isCalibrating = numberFrom(from, 'isCalibrating', name) !== 0;
    this.sampledAt = numberFrom(from, 'sampledAt', name);
    restoreEvent(scheduler, this.conversion, from['conversion']);
    restoreEvent(scheduler, this.sampling, from['sampling']);
  }

  private busy(): number {
    return this.conversion.slot >= 0 ? 1 : 0;
  }

  private halt(): void {
    this.context.scheduler.cancel(this.conversion);
    this.context.scheduler.cancel(this.sampling);
    this.isStarted = false;
    this.isCalibrating = false;
    this.channel = -1;
    this.taken = 0;
    this.sum = 0;
  }

  // -- Tasks.

  private start(): void {
    this.isStarted = true;
    this.pointer = this.registers.get('RESULT_PTR');
    this.size = this.room = this.registers.get('RESULT_MAXCNT');
    this.events.emit('EVENTS_STARTED');
  }

  /** "This register can be read after an END or STOPPED event", also when PPI has started the next buffer at once. */
  private noteAmount(): void {
    this.stored.AMOUNT[0] = this.size - this.room;
  }

  private stop(): void {
    if (this.room > 0) this.noteAmount();
    this.halt();
    this.events.emit('EVENTS_STOPPED');
  }

  private calibrate(): void {
    if (this.conversion.slot >= 0) return;
    this.isCalibrating = true;
    this.after(CALIBRATION);
  }

  /** In the timers' mode the first task begins a series that STOP ends. */
  private sample(): void {
    if (!this.isStarted) return;
    if (this.isTimed && this.sampling.slot < 0) {
      this.sampledAt = this.clock.ticks();
      this.planSample();
    }
    this.convertFirst();
  }

  private get isTimed(): boolean { return (this.stored.SAMPLERATE[0] & 0x1000) !== 0; }

  private planSample(): void {
    this.sampledAt += Math.max(SHORTEST_PERIOD, this.stored.SAMPLERATE[0] & 0x7ff);
    this.context.scheduler.schedule(this.sampling, Math.max(this.context.scheduler.now(), this.clock.rootTickOf(this.sampledAt)));
  }

  private sampleAgain(): void {
    if (this.isTimed) this.planSample();
    this.convertFirst();
  }

  // -- Conversions.

  /** A sample that comes while the one before is not finished is lost. */
  private convertFirst(): void {
    if (this.conversion.slot >= 0) return;
    this.convertFrom(0);
  }

  /** The next channel with an input; a scan goes through them in order. */
  private convertFrom(first: number): boolean {
    for (let channel = first; channel < CHANNELS; channel++) {
      if (this.stored.PSELP[channel] === 0) continue;
      this.channel = channel;
      this.acquire();
      return true;
    }
    this.channel = -1;
    return false;
  }

  private acquire(): void {
    this.after(ACQUISITION[(this.stored.CONFIG[this.channel] >>> 16) & 7] + CONVERSION);
  }

  private after(ticks: number): void {
    this.context.scheduler.schedule(this.conversion, this.clock.rootTickOf(this.clock.ticks() + ticks));
  }

  private finish(): void {
    if (this.isCalibrating) {
      this.isCalibrating = false;
      this.events.emit('EVENTS_CALIBRATEDONE');
      return;
    }
    const { channel } = this;
    this.sum += this.measure(channel);
    this.taken++;
    const wanted = 2 ** Math.min(LARGEST_OVERSAMPLE, this.stored.OVERSAMPLE[0]);
    const isComplete = this.taken >= wanted;
    const mean = this.sum / this.taken;
    if (isComplete) {
      this.sum = 0;
      this.taken = 0;
    }
    const isBurst = (this.stored.CONFIG[channel] & BURST) !== 0;
    // What the events lead to may start, stop or disable the converter: what comes next is planned before them.
    if (!isComplete && isBurst) this.acquire();
    else this.convertFrom(channel + 1);
    this.events.emit('EVENTS_DONE');
    if (isComplete) this.deliver(channel, this.code(channel, mean));
  }

  private deliver(channel: number, code: number): void {
    this.events.emit('EVENTS_RESULTDONE');
    const limits = this.stored.LIMIT[channel];
    if (code >= limits >> 16) this.events.emit('EVENTS_CH_LIMITH', channel);
    if (code <= (limits << 16) >> 16) this.events.emit('EVENTS_CH_LIMITL', channel);
    if (this.room === 0) return;
    this.dma.write(this.pointer, Uint8Array.of(code, code >> 8));
    this.pointer = (this.pointer + 2) >>> 0;
    this.room--;
    if (this.room > 0) return;
    this.noteAmount();
    this.events.emit('EVENTS_END');
  }

  /** Share of the reference: [V(P) - V(N)] * GAIN / REFERENCE. */
  private measure(channel: number): number {
    const config = this.stored.CONFIG[channel];
    const negative = (config & DIFFERENTIAL) === 0 ? 0 : this.volts(this.stored.PSELN[channel], (config >>> 4) & 3);
    const reference = (config & 0x1000) === 0 ? INTERNAL_REFERENCE : this.inputs.vdd / 4;
    return (this.volts(this.stored.PSELP[channel], config & 3) - negative) * GAINS[(config >>> 8) & 7] / reference;
  }

  /** (V(P) - V(N)) * GAIN / REFERENCE * 2^(RESOLUTION - m), where m is 1 for differential channels and 0 for others. */
  private code(channel: number, share: number): number {
    const resolution = 8 + 2 * Math.min(3, this.stored.RESOLUTION[0]);
    const isDifferential = (this.stored.CONFIG[channel] & DIFFERENTIAL) !== 0;
    const half = 2 ** (resolution - 1);
    const code = Math.floor(share * (isDifferential ? half : 2 * half) + 1e-9);
    return Math.max(-half, Math.min((isDifferential ? half : 2 * half) - 1, code));
  }

  private volts(input: number, ladder: number): number {
    const { vdd } = this.inputs;
    if (input === INPUT_VDD) return vdd;
    if (input === INPUT_VDDHDIV5) return vdd / 5;
    const net = input >= 1 && input <= CHANNELS ? this.inputs.net(input - 1) : undefined;
    if (net && net.state !== 'z') return net.volts(this.context.scheduler.now());
    return [0, 0, vdd, vdd / 2][ladder];
  }
}

export const SAADC_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['clk'],
  options: z.strictObject({}),
  create: (context) => new Saadc(context),
});
