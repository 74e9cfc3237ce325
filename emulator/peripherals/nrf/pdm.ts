/**
 * Nordic PDM: microphones' bits made into 16-bit samples in RAM.
 * Source: nRF52840 Product Specification v1.1 and nRF52833 Product Specification v1.3, PDM. The clock is PCLK32M divided as
 * PDMCLKCTRL says. GAIN's default stands for G_PDM,default, 3.2 dB: a microphone's full scale is beyond int16 then. Of the
 * filter the specification gives the ratio and no response; it is `audioFilter`, without the high-pass that the block diagram
 * hints at, so that its first ten samples are those of silence. STOPPED comes at the end of the sample under way. MODE and
 * RATIO count at START.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import type { Clock } from '../../time/types.js';
import { bitTime } from '../../wires/bit-time.js';
import { audioFilter, type PdmFilter } from '../../wires/pdm-filter.js';
import { PdmReceiver } from '../../wires/pdm-receiver.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { EasyDma } from './easy-dma.js';
import { PSEL } from './fields.js';
import { PADS, PadSet } from './pads.js';
import { TaskEvents } from './task-events.js';

const INTERRUPTS = { STARTED: bit(0), STOPPED: bit(1), END: bit(2) };

export const PDM = registerMap({
  TASKS_START:     { at: 0x000, kind: 'task' },
  TASKS_STOP:      { at: 0x004, kind: 'task' },
  EVENTS_STARTED:  { at: 0x100, kind: 'event' },
  EVENTS_STOPPED:  { at: 0x104, kind: 'event' },
  EVENTS_END:      { at: 0x108, kind: 'event' },
  INTEN:           { at: 0x300, fields: INTERRUPTS },
  INTENSET:        { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:        { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  ENABLE:          { at: 0x500, fields: { ENABLE: choice(0, 0, { Disabled: 0, Enabled: 1 }) } },
  PDMCLKCTRL:      { at: 0x504, reset: 0x0840_0000, fields: { FREQ: choice(0, 31, { '1000K': 0x0800_0000, Default: 0x0840_0000, '1067K': 0x0880_0000, '1231K': 0x0980_0000, '1280K': 0x0a00_0000, '1333K': 0x0a80_0000 }) } },
  MODE:            { at: 0x508, fields: { OPERATION: choice(0, 0, { Stereo: 0, Mono: 1 }), EDGE: choice(1, 1, { LeftFalling: 0, LeftRising: 1 }) } },
  GAINL:           { at: 0x518, reset: 0x28, fields: { GAINL: choice(0, 6, { MinGain: 0x00, DefaultGain: 0x28, MaxGain: 0x50 }) } },
  GAINR:           { at: 0x51c, reset: 0x28, fields: { GAINR: choice(0, 6, { MinGain: 0x00, DefaultGain: 0x28, MaxGain: 0x50 }) } },
  RATIO:           { at: 0x520, fields: { RATIO: choice(0, 0, { Ratio64: 0, Ratio80: 1 }) } },
  'PSEL.CLK':      { at: 0x540, ...PSEL },
  'PSEL.DIN':      { at: 0x544, ...PSEL },
  'SAMPLE.PTR':    { at: 0x560 },
  'SAMPLE.MAXCNT': { at: 0x564, fields: { BUFFSIZE: bits(0, 14) } },
});

type PdmSpec = typeof PDM.spec;

/** PDMCLKCTRL.FREQ to the divider of PCLK32M; other values have no documented frequency and give the default's. */
const DIVIDERS: Readonly<Record<number, number>> = {
  0x0800_0000: 32, 0x0840_0000: 31, 0x0880_0000: 30, 0x0980_0000: 26, 0x0a00_0000: 25, 0x0a80_0000: 24,
};
const DEFAULT_DIVIDER = 31;
const DEFAULT_GAIN = 0x28;
const MAX_GAIN = 0x50;
const DB_PER_STEP = 0.5;
/** Electrical specification, G_PDM,default. */
const DEFAULT_GAIN_DB = 3.2;
const FULL_SCALE = 0x7fff;
const SAMPLE_BYTES = 2;

export class Pdm extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<PdmSpec>;
  private readonly clock: Clock;
  private readonly dma: EasyDma;
  private readonly pads: PadSet<'CLK' | 'DIN'>;
  private readonly receiver: PdmReceiver;
  private readonly sampleBytes = new Uint8Array(SAMPLE_BYTES);
  /** The buffer being filled, as it was latched. */
  private pointer = 0;
  private left = 0;
  private isStopping = false;

  constructor(private readonly context: BlockContext) {
    super();
    this.clock = context.clock('clk');
    this.dma = new EasyDma(context);
    this.pads = new PadSet(context.shared(PADS));
    this.receiver = new PdmReceiver(context.scheduler, filterOf);
    this.receiver.onSample = (onFalling, onRising) => this.take(onFalling, onRising);
    this.events = new TaskEvents(PDM, context, {
      isEnabled: () => this.isEnabled,
      tasks: { TASKS_START: () => this.start(), TASKS_STOP: () => { this.isStopping = this.receiver.isRunning; } },
      onWrite: { ENABLE: () => this.connect() },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  override get isEnabled(): boolean {
    return this.registers.get('ENABLE') !== 0;
  }

  override reset(): void {
    this.receiver.reset();
    this.receiver.attach(undefined, undefined);
    this.pads.releaseAll();
    this.events.reset();
    this.pointer = 0;
    this.left = 0;
    this.isStopping = false;
  }

  override snapshot(): Snapshot {
    const { pointer, left, isStopping } = this;
    return { registers: this.events.snapshot(), receiver: this.receiver.snapshot(), pointer, left, isStopping: isStopping ? 1 : 0 };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.pointer = numberFrom(from, 'pointer', name);
    this.left = numberFrom(from, 'left', name);
    this.isStopping = numberFrom(from, 'isStopping', name) !== 0;
    this.pads.forget();
    this.connect();
    this.receiver.restore(partFrom(from, 'receiver', name));
  }

  /** Takes the pads while enabled, and gives them back. ENABLE decides whether PSEL counts. */
  private connect(): void {
    if (!this.isEnabled) {
      this.receiver.attach(undefined, undefined);
      this.pads.releaseAll();
      this.isStopping = false;
      return;
    }
    const clock = this.pads.hold('CLK', this.registers.get('PSEL.CLK'), true);
    const data = this.pads.hold('DIN', this.registers.get('PSEL.DIN'), false);
    this.receiver.attach(clock, data);
  }

  private start(): void {
    this.connect();
    this.isStopping = false;
    this.latch();
    const divider = DIVIDERS[this.registers.get('PDMCLKCTRL')] ?? DEFAULT_DIVIDER;
    const { scheduler } = this.context;
    const decimation = this.registers.is('RATIO', 'RATIO', 'Ratio80') ? 80 : 64;
    const edges = this.registers.is('MODE', 'OPERATION', 'Stereo') ? 'both' : this.leftIsFalling ? 'falling' : 'rising';
    this.receiver.start({ period: bitTime(scheduler.rootHz * divider, this.clock.hz), decimation, edges });
  }

  private get leftIsFalling(): boolean {
    return this.registers.is('MODE', 'EDGE', 'LeftFalling');
  }

  /** The next buffer: firmware may write PTR and MAXCNT for the one after it from now on. */
  private latch(): void {
    this.pointer = this.registers.get('SAMPLE.PTR');
    this.left = this.registers.get('SAMPLE.MAXCNT');
    this.events.emit('EVENTS_STARTED');
  }

  private take(onFalling: number, onRising: number): void {
    const { leftIsFalling, receiver: { fullScale } } = this;
    this.store(amplified((leftIsFalling ? onFalling : onRising) / fullScale, this.registers.field('GAINL', 'GAINL')));
    if (this.registers.is('MODE', 'OPERATION', 'Stereo')) this.store(amplified((leftIsFalling ? onRising : onFalling) / fullScale, this.registers.field('GAINR', 'GAINR')));
    if (!this.isStopping) return;
    this.isStopping = false;
    this.receiver.stop();
    this.events.emit('EVENTS_STOPPED');
  }

  /** A buffer of no samples ends when one is there for it: Arduino's PDM library starts with such a buffer. */
  private store(sample: number): void {
    if (this.left === 0) this.endBuffer();
    if (this.left === 0) return;
    this.sampleBytes[0] = sample & 0xff;
    this.sampleBytes[1] = (sample >> 8) & 0xff;
    this.dma.write(this.pointer, this.sampleBytes);
    this.pointer = (this.pointer + SAMPLE_BYTES) >>> 0;
    if (--this.left === 0) this.endBuffer();
  }

  private endBuffer(): void {
    this.events.emit('EVENTS_END');
    if (!this.isStopping) this.latch();
  }
}

/** @param share of full scale @returns int16, after a gain in steps of 0.5 dB from -20 dB about the default */
function amplified(share: number, gain: number): number {
  const db = DEFAULT_GAIN_DB + (Math.min(gain, MAX_GAIN) - DEFAULT_GAIN) * DB_PER_STEP;
  return Math.max(-0x8000, Math.min(0x7fff, Math.round(share * FULL_SCALE * 10 ** (db / 20))));
}

const filters = new Map<number, PdmFilter>();

function filterOf(decimation: number): PdmFilter {
  const filter = filters.get(decimation) ?? audioFilter(decimation);
  filters.set(decimation, filter);
  return filter;
}

export const PDM_BLOCK = defineBlock({ irqs: ['irq'], clocks: ['clk'], options: z.strictObject({}), create: (context) => new Pdm(context) });
