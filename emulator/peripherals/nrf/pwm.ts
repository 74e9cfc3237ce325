/**
 * Nordic PWM: four outputs whose duty cycles are played from sequences in RAM.
 * Source: nRF52840 Product Specification v1.1, PWM. SEQEND comes when the wave counter takes the last value of the sequence: as the
 * first period of that value begins; STOP lets the current period end. While nothing is generated, pads are GPIO's.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { PSEL } from './fields.js';
import { EasyDma } from './easy-dma.js';
import { PADS, PadSet } from './pads.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { OUTPUTS, PwmWave } from './pwm-wave.js';
import { TaskEvents, type Shortcut } from './task-events.js';

export const PWM = registerMap({
  TASKS_STOP:          { at: 0x004, kind: 'task' },
  TASKS_SEQSTART:      { at: 0x008, kind: 'task', count: 2 },
  TASKS_NEXTSTEP:      { at: 0x010, kind: 'task' },
  EVENTS_STOPPED:      { at: 0x104, kind: 'event' },
  EVENTS_SEQSTARTED:   { at: 0x108, kind: 'event', count: 2 },
  EVENTS_SEQEND:       { at: 0x110, kind: 'event', count: 2 },
  EVENTS_PWMPERIODEND: { at: 0x118, kind: 'event' },
  EVENTS_LOOPSDONE:    { at: 0x11c, kind: 'event' },
  SHORTS:       { at: 0x200, fields: { SEQEND0_STOP: bit(0), SEQEND1_STOP: bit(1), LOOPSDONE_SEQSTART0: bit(2), LOOPSDONE_SEQSTART1: bit(3), LOOPSDONE_STOP: bit(4) } },
  INTEN:        { at: 0x300, fields: { STOPPED: bit(1), SEQSTARTED: bits(2, 3), SEQEND: bits(4, 5), PWMPERIODEND: bit(6), LOOPSDONE: bit(7) } },
  INTENSET:     { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:     { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  ENABLE:       { at: 0x500, fields: { ENABLE: bit(0) } },
  MODE:         { at: 0x504, fields: { UPDOWN: choice(0, 0, { Up: 0, UpAndDown: 1 }) } },
  COUNTERTOP:   { at: 0x508, reset: 0x3ff, fields: { COUNTERTOP: bits(0, 14) } },
  PRESCALER:    { at: 0x50c, fields: { PRESCALER: choice(0, 2, { DIV_1: 0, DIV_2: 1, DIV_4: 2, DIV_8: 3, DIV_16: 4, DIV_32: 5, DIV_64: 6, DIV_128: 7 }) } },
  DECODER:      { at: 0x510, fields: { LOAD: choice(0, 1, { Common: 0, Grouped: 1, Individual: 2, WaveForm: 3 }), MODE: choice(8, 8, { RefreshCount: 0, NextStep: 1 }) } },
  LOOP:         { at: 0x514, fields: { CNT: choice(0, 15, { Disabled: 0 }) } },
  SEQ_PTR:      { at: 0x520, count: 2, stride: 32 },
  SEQ_CNT:      { at: 0x524, count: 2, stride: 32, fields: { CNT: choice(0, 14, { Disabled: 0 }) } },
  SEQ_REFRESH:  { at: 0x528, count: 2, stride: 32, reset: 1, fields: { CNT: choice(0, 23, { Continuous: 0 }) } },
  SEQ_ENDDELAY: { at: 0x52c, count: 2, stride: 32, fields: { CNT: bits(0, 23) } },
  PSEL_OUT:     { at: 0x560, count: OUTPUTS, ...PSEL },
  ...POWER_SWITCH,
});

type PwmSpec = typeof PWM.spec;

const SHORTS: readonly Shortcut<PwmSpec>[] = [
  { bit: 0, event: 'EVENTS_SEQEND', eventIndex: 0, task: 'TASKS_STOP' },
  { bit: 1, event: 'EVENTS_SEQEND', eventIndex: 1, task: 'TASKS_STOP' },
  { bit: 2, event: 'EVENTS_LOOPSDONE', task: 'TASKS_SEQSTART', taskIndex: 0 },
  { bit: 3, event: 'EVENTS_LOOPSDONE', task: 'TASKS_SEQSTART', taskIndex: 1 },
  { bit: 4, event: 'EVENTS_LOOPSDONE', task: 'TASKS_STOP' },
];

/** Half-words of one step, by DECODER.LOAD. */
const STEP_SIZES = [1, 2, 4, 4] as const;
const WAVEFORM = 3;
const NEXT_STEP = 1 << 8;
/** The least value that COUNTERTOP may have; the largest is 32767. */
const SMALLEST_TOP = 3;
const TOP = 0x7fff;
const NONE = -1;

export class Pwm extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<PwmSpec>;
  private readonly clock: Clock;
  private readonly dma: EasyDma;
  private readonly wave: PwmWave;
  private readonly PSEL_OUT: Uint32Array;
  /** The sequence that is played; NONE when its last value is held. */
  private sequence = NONE;
  /** Half-words of it that were used. */
  private used = 0;
  /** Periods that the value, or the delay after the sequence, still takes after the current one. */
  private periodsLeft = 0;
  private loopsLeft = 0;
  /** What a task asked for, to be done when the period ends. */
  private asked = NONE;
  private isStopping = false;
  private isStepAsked = false;
  /** The value just loaded is the first of its sequence: told when its period has begun. */
  private isFresh = false;
  private isAtBoundary = false;
  /** Four half-words at most, read without allocating. */
  private readonly step = new Uint8Array(8);
  private readonly period = timedEvent(() => this.endPeriod());

  constructor(private readonly context: BlockContext) {
    super();
    this.clock = context.clock('clk');
    this.dma = new EasyDma(context);
    this.wave = new PwmWave(context.scheduler, this.clock, new PadSet(context.shared(PADS)));
    this.events = new TaskEvents(PWM, context, {
      isEnabled: () => this.registers.get('ENABLE') !== 0,
      shorts: SHORTS,
      tasks: {
        TASKS_STOP: () => this.stop(),
        TASKS_SEQSTART: (sequence) => this.start(sequence),
        TASKS_NEXTSTEP: () => { this.isStepAsked = this.wave.isGenerating; },
      },
      onWrite: {
        ENABLE: (value) => { if (value === 0) this.halt(); },
        PSEL_OUT: (psel, n) => { if (this.wave.isGenerating) this.wave.connect(n, psel); },
        POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')),
      },
    });
    this.registers = this.events.registers;
    this.PSEL_OUT = this.registers.storage('PSEL_OUT');
    this.reset();
  }

  override reset(): void {
    this.events.reset();
    this.wave.values.fill(0);
    this.halt();
  }

  override snapshot(): Snapshot {
    const { sequence, used, periodsLeft, loopsLeft, asked, isStopping, isStepAsked } = this;
    return {
      registers: this.events.snapshot(), wave: this.wave.snapshot(), sequence, used, periodsLeft, loopsLeft, asked,
      isStopping: isStopping ? 1 : 0, isStepAsked: isStepAsked ? 1 : 0, period: saveEvent(this.period),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.sequence = numberFrom(from, 'sequence', name);
    this.used = numberFrom(from, 'used', name);
    this.periodsLeft = numberFrom(from, 'periodsLeft', name);
    this.loopsLeft = numberFrom(from, 'loopsLeft', name);
    this.asked = numberFrom(from, 'asked', name);
    this.isStopping = numberFrom(from, 'isStopping', name) !== 0;
    this.isStepAsked = numberFrom(from, 'isStepAsked', name) !== 0;
    restoreEvent(scheduler, this.period, from['period']);
    this.wave.restore(partFrom(from, 'wave', name), this.PSEL_OUT, name);
  }

  private halt(): void {
    this.context.scheduler.cancel(this.period);
    this.wave.stop();
    this.sequence = NONE;
    this.asked = NONE;
    this.isStopping = false;
    this.isStepAsked = false;
  }

  // -- Tasks.

  private start(sequence: number): void {
    this.asked = sequence;
    if (this.wave.isGenerating || this.isAtBoundary) return;
    this.play(sequence);
    this.beginPeriod(this.clock.ticks());
    for (let n = 0; n < OUTPUTS; n++) this.wave.connect(n, this.PSEL_OUT[n]);
    this.announce();
  }

  private stop(): void {
    if (this.wave.isGenerating) this.isStopping = true;
    else this.events.emit('EVENTS_STOPPED');
  }

  // -- Periods.

  private beginPeriod(tick: number): void {
    this.wave.beginPeriod(tick);
    const { scheduler } = this.context;
    scheduler.schedule(this.period, Math.max(scheduler.now(), this.clock.rootTickOf(this.wave.end)));
  }

  private endPeriod(): void {
    this.isAtBoundary = true;
    const tick = this.wave.end;
    this.events.emit('EVENTS_PWMPERIODEND');
    const isNewStep = !this.isStopping && this.advance();
    this.isAtBoundary = false;
    if (this.isStopping) {
      this.halt();
      this.events.emit('EVENTS_STOPPED');
      return;
    }
    this.beginPeriod(tick);
    if (isNewStep) this.announce();
  }

  /** What the next period takes from the sequences. @returns whether a value was loaded */
  private advance(): boolean {
    if (this.asked === NONE) {
      if (this.sequence === NONE || !this.isStepOver()) return false;
      if (this.used < this.registers.get('SEQ_CNT', this.sequence)) {
        this.load();
        return true;
      }
      if (this.endSequence()) return true;
    }
    if (this.asked === NONE || this.isStopping) return false;
    this.play(this.asked);
    return true;
  }

  private isStepOver(): boolean {
    if ((this.registers.get('DECODER') & NEXT_STEP) !== 0) {
      const isAsked = this.isStepAsked;
      this.isStepAsked = false;
      return isAsked;
    }
    if (this.periodsLeft === 0) return true;
    this.periodsLeft--;
    return false;
  }

  /**
   * With loops SEQ[0] is followed by SEQ[1], and that by SEQ[0] or by LOOPSDONE; without, the last value is held.
   * @returns whether another one begins
   */
  private endSequence(): boolean {
    const ended = this.sequence;
    this.sequence = NONE;
    if (this.loopsLeft === 0) return false;
    if (ended === 1) this.loopsLeft--;
    if (ended === 1 && this.loopsLeft === 0) {
      this.events.emit('EVENTS_LOOPSDONE');
      return false;
    }
    this.begin(1 - ended);
    return true;
  }

  // -- Sequences.

  private play(sequence: number): void {
    this.asked = NONE;
    this.loopsLeft = this.registers.get('LOOP');
    this.begin(sequence);
  }

  private begin(sequence: number): void {
    this.sequence = sequence;
    this.used = 0;
    this.isFresh = true;
    this.load();
  }

  /** The next value of the sequence, into the compare registers. */
  private load(): void {
    const { registers, sequence, wave, step } = this;
    const load = registers.field('DECODER', 'LOAD');
    const size = STEP_SIZES[load];
    const count = registers.get('SEQ_CNT', sequence);
    let top = registers.get('COUNTERTOP');
    if (this.used < count) {
      this.dma.read((registers.get('SEQ_PTR', sequence) + 2 * this.used) >>> 0, step.subarray(0, 2 * size));
      const value = (n: number): number => step[2 * n] | (step[2 * n + 1] << 8);
      for (let n = 0; n < OUTPUTS; n++) wave.values[n] = value([0, n >> 1, n, n][load]);
      if (load === WAVEFORM) top = value(3) & TOP;
      this.used += size;
    }
    this.periodsLeft = registers.get('SEQ_REFRESH', sequence) + (this.used >= count ? registers.get('SEQ_ENDDELAY', sequence) : 0);
    wave.configure(2 ** registers.get('PRESCALER'), Math.max(SMALLEST_TOP, top), registers.get('MODE') !== 0);
  }

  /** Events of a value that a period has just begun with. */
  private announce(): void {
    const { sequence } = this;
    const isLast = this.used >= this.registers.get('SEQ_CNT', sequence);
    const wasFresh = this.isFresh;
    this.isFresh = false;
    if (wasFresh) this.events.emit('EVENTS_SEQSTARTED', sequence);
    if (isLast && this.wave.isGenerating) this.events.emit('EVENTS_SEQEND', sequence);
  }
}

export const PWM_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['clk'],
  options: z.strictObject({}),
  create: (context) => new Pwm(context),
});
