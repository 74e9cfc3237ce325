/**
 * Nordic QDEC: quadrature decoder that samples two phases, with an LED to light them.
 * Source: nRF52840 Product Specification v1.1, QDEC; nRF51 Reference Manual v3.0, QDEC (no RDCLRACC, RDCLRDBL, STOPPED and
 * DBLRDY, slower rates not there). The debounce filter is taken to hold a phase that changed within LEDPRE microseconds of the
 * sample at its old level.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap, type RegisterMap } from '../registers/index.js';
import type { Family } from './analog-inputs.js';
import { PSEL } from './fields.js';
import { PADS, PadSet } from './pads.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { TaskEvents, type Shortcut } from './task-events.js';

const PERIODS = { '128us': 0, '256us': 1, '512us': 2, '1024us': 3, '2048us': 4, '4096us': 5, '8192us': 6, '16384us': 7 } as const;
const REPORTS = { '10Smpl': 0, '40Smpl': 1, '80Smpl': 2, '120Smpl': 3, '160Smpl': 4, '200Smpl': 5, '240Smpl': 6, '280Smpl': 7 } as const;
const PSEL_NRF51 = { reset: 0xffff_ffff } as const;
const BEGINNING = {
  ENABLE:     { at: 0x500, fields: { ENABLE: bit(0) } },
  LEDPOL:     { at: 0x504, fields: { LEDPOL: choice(0, 0, { ActiveLow: 0, ActiveHigh: 1 }) } },
} as const;
const END = {
  DBFEN:      { at: 0x528, fields: { DBFEN: bit(0) } },
  LEDPRE:     { at: 0x540, reset: 0x10, fields: { LEDPRE: bits(0, 8) } },
  ACCDBL:     { at: 0x544, kind: 'ro', fields: { ACCDBL: bits(0, 3) } },
  ACCDBLREAD: { at: 0x548, kind: 'ro', fields: { ACCDBLREAD: bits(0, 3) } },
  ...POWER_SWITCH,
} as const;

export const QDEC = registerMap({
  TASKS_START:      { at: 0x000, kind: 'task' },
  TASKS_STOP:       { at: 0x004, kind: 'task' },
  TASKS_READCLRACC: { at: 0x008, kind: 'task' },
  TASKS_RDCLRACC:   { at: 0x00c, kind: 'task' },
  TASKS_RDCLRDBL:   { at: 0x010, kind: 'task' },
  EVENTS_SAMPLERDY: { at: 0x100, kind: 'event' },
  EVENTS_REPORTRDY: { at: 0x104, kind: 'event' },
  EVENTS_ACCOF:     { at: 0x108, kind: 'event' },
  EVENTS_DBLRDY:    { at: 0x10c, kind: 'event' },
  EVENTS_STOPPED:   { at: 0x110, kind: 'event' },
  SHORTS:     { at: 0x200, fields: {
    REPORTRDY_READCLRACC: bit(0), SAMPLERDY_STOP: bit(1), REPORTRDY_RDCLRACC: bit(2), REPORTRDY_STOP: bit(3), DBLRDY_RDCLRDBL: bit(4), DBLRDY_STOP: bit(5), SAMPLERDY_READCLRACC: bit(6),
  } },
  INTENSET:   { at: 0x304, kind: 'w1s', fields: { SAMPLERDY: bit(0), REPORTRDY: bit(1), ACCOF: bit(2), DBLRDY: bit(3), STOPPED: bit(4) } },
  INTENCLR:   { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  ...BEGINNING,
  SAMPLEPER:  { at: 0x508, fields: { SAMPLEPER: choice(0, 3, { ...PERIODS, '32ms': 8, '65ms': 9, '131ms': 10 }) } },
  SAMPLE:     { at: 0x50c, kind: 'ro' },
  REPORTPER:  { at: 0x510, fields: { REPORTPER: choice(0, 3, { ...REPORTS, '1Smpl': 8 }) } },
  ACC:        { at: 0x514, kind: 'ro' },
  ACCREAD:    { at: 0x518, kind: 'ro' },
  PSEL_LED:   { at: 0x51c, ...PSEL },
  PSEL_A:     { at: 0x520, ...PSEL },
  PSEL_B:     { at: 0x524, ...PSEL },
  ...END,
});

export const QDEC_NRF51 = registerMap({
  TASKS_START:      { at: 0x000, kind: 'task' },
  TASKS_STOP:       { at: 0x004, kind: 'task' },
  TASKS_READCLRACC: { at: 0x008, kind: 'task' },
  EVENTS_SAMPLERDY: { at: 0x100, kind: 'event' },
  EVENTS_REPORTRDY: { at: 0x104, kind: 'event' },
  EVENTS_ACCOF:     { at: 0x108, kind: 'event' },
  SHORTS:     { at: 0x200, fields: { REPORTRDY_READCLRACC: bit(0), SAMPLERDY_STOP: bit(1) } },
  INTENSET:   { at: 0x304, kind: 'w1s', fields: { SAMPLERDY: bit(0), REPORTRDY: bit(1), ACCOF: bit(2) } },
  INTENCLR:   { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  ...BEGINNING,
  SAMPLEPER:  { at: 0x508, fields: { SAMPLEPER: choice(0, 2, PERIODS) } },
  SAMPLE:     { at: 0x50c, kind: 'ro' },
  REPORTPER:  { at: 0x510, fields: { REPORTPER: choice(0, 2, REPORTS) } },
  ACC:        { at: 0x514, kind: 'ro' },
  ACCREAD:    { at: 0x518, kind: 'ro' },
  PSEL_LED:   { at: 0x51c, ...PSEL_NRF51 },
  PSEL_A:     { at: 0x520, ...PSEL_NRF51 },
  PSEL_B:     { at: 0x524, ...PSEL_NRF51 },
  ...END,
});

type QdecSpec = typeof QDEC.spec;

const SHORTS: readonly Shortcut<QdecSpec>[] = [
  { bit: 0, event: 'EVENTS_REPORTRDY', task: 'TASKS_READCLRACC' },
  { bit: 1, event: 'EVENTS_SAMPLERDY', task: 'TASKS_STOP' },
];
const LATER_SHORTS: readonly Shortcut<QdecSpec>[] = [
  { bit: 2, event: 'EVENTS_REPORTRDY', task: 'TASKS_RDCLRACC' },
  { bit: 3, event: 'EVENTS_REPORTRDY', task: 'TASKS_STOP' },
  { bit: 4, event: 'EVENTS_DBLRDY', task: 'TASKS_RDCLRDBL' },
  { bit: 5, event: 'EVENTS_DBLRDY', task: 'TASKS_STOP' },
  { bit: 6, event: 'EVENTS_SAMPLERDY', task: 'TASKS_READCLRACC' },
];

/** "Sampled value encoding": by 4 times the pair AB before, plus the pair AB now. 2 is a double transition. */
const MOVES = [0, 1, -1, 2,  -1, 0, 2, 1,  1, 2, 0, -1,  2, -1, 1, 0] as const;
const REPORT_SAMPLES = [10, 40, 80, 120, 160, 200, 240, 280, 1] as const;
const LONGEST_PERIOD = 10;
const TICKS_PER_MICROSECOND = 16;
const SHORTEST_PERIOD = 128 * TICKS_PER_MICROSECOND;
const MOST_ACC = 1023;
const LEAST_ACC = -1024;
const MOST_ACCDBL = 15;

export class Qdec extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<QdecSpec>;
  private readonly clock: Clock;
  private readonly pads: PadSet<'LED' | 'A' | 'B'>;
  private isRunning = false;
  /** Tick of 16 MHz of the sample before, and of the next one's. */
  private sampledAt = 0;
  /** Phases as they were sampled last, A in bit 1. */
  private pair = 0;
  private samples = 0;
  /** Ticks at which phases A and B changed last. */
  private readonly changedAt = [0, 0];
  private unwatch: readonly (() => void)[] = [];
  private readonly lighting = timedEvent(() => this.light(true));
  private readonly sampling = timedEvent(() => this.sample());

  constructor(private readonly context: BlockContext, private readonly family: Family) {
    super();
    this.clock = context.clock('clk');
    this.pads = new PadSet(context.shared(PADS));
    const map = family === 'nrf51' ? QDEC_NRF51 as unknown as RegisterMap<QdecSpec> : QDEC;
    const connect = (): void => this.connect();
    this.events = new TaskEvents(map, context, {
      isEnabled: () => this.registers.get('ENABLE') !== 0,
      shorts: family === 'nrf51' ? SHORTS : [...SHORTS, ...LATER_SHORTS],
      tasks: {
        TASKS_START: () => this.start(),
        TASKS_STOP: () => this.stop(),
        TASKS_READCLRACC: () => { this.readAcc(); this.readDouble(); },
        TASKS_RDCLRACC: () => this.readAcc(),
        TASKS_RDCLRDBL: () => this.readDouble(),
      },
      onWrite: {
        ENABLE: (value) => { if (value === 0) this.halt(); this.connect(); },
        PSEL_LED: connect, PSEL_A: connect, PSEL_B: connect, LEDPOL: connect,
        POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')),
      },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  override reset(): void {
    this.events.reset();
    this.halt();
    this.pair = 0;
    this.samples = 0;
    this.connect();
  }

  override snapshot(): Snapshot {
    const { isRunning, sampledAt, pair, samples, changedAt } = this;
    return { registers: this.events.snapshot(), isRunning: isRunning ? 1 : 0, sampledAt, pair, samples, changedAt: [...changedAt], lighting: saveEvent(this.lighting), sampling: saveEvent(this.sampling) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.isRunning = numberFrom(from, 'isRunning', name) !== 0;
    this.sampledAt = numberFrom(from, 'sampledAt', name);
    this.pair = numberFrom(from, 'pair', name) & 3;
    this.samples = numberFrom(from, 'samples', name);
    [this.changedAt[0], this.changedAt[1]] = numbersFrom(from, 'changedAt', name, 2);
    restoreEvent(scheduler, this.lighting, from['lighting']);
    restoreEvent(scheduler, this.sampling, from['sampling']);
    this.pads.forget();
    this.hold();
  }

  private get periodTicks(): number { return SHORTEST_PERIOD * 2 ** Math.min(LONGEST_PERIOD, this.registers.get('SAMPLEPER')); }
  private get lightTicks(): number { return this.registers.get('LEDPRE') * TICKS_PER_MICROSECOND; }

  private connect(): void {
    this.hold();
    this.light(false);
  }

  private hold(): void {
    for (const end of this.unwatch) end();
    this.unwatch = [];
    if (this.registers.get('ENABLE') === 0) {
      this.pads.releaseAll();
      return;
    }
    this.pads.hold('LED', this.registers.get('PSEL_LED'), true);
    const phases = [this.pads.hold('A', this.registers.get('PSEL_A'), false), this.pads.hold('B', this.registers.get('PSEL_B'), false)];
    this.unwatch = phases.flatMap((pin, phase) => (pin ? [pin.net.onEdge(() => { this.changedAt[phase] = this.clock.ticks(); })] : []));
  }

  private light(isOn: boolean): void {
    this.pads.pin('LED')?.drive(isOn === (this.registers.get('LEDPOL') !== 0));
  }

  private start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.pair = this.levels();
    this.samples = 0;
    this.sampledAt = this.clock.ticks();
    this.plan();
  }

  private stop(): void {
    this.halt();
    this.light(false);
    if (this.family === 'nrf52') this.events.emit('EVENTS_STOPPED');
  }

  private halt(): void {
    this.isRunning = false;
    this.context.scheduler.cancel(this.lighting);
    this.context.scheduler.cancel(this.sampling);
  }

  /** The next sample, and the light before it: always on when LEDPRE is longer than the period. */
  private plan(): void {
    const { scheduler } = this.context;
    this.sampledAt += this.periodTicks;
    scheduler.schedule(this.sampling, Math.max(scheduler.now(), this.clock.rootTickOf(this.sampledAt)));
    if (this.pads.pin('LED')) scheduler.schedule(this.lighting, Math.max(scheduler.now(), this.clock.rootTickOf(Math.max(0, this.sampledAt - this.lightTicks))));
  }

  private levels(): number {
    return (this.pads.pin('A')?.level === true ? 2 : 0) | (this.pads.pin('B')?.level === true ? 1 : 0);
  }

  /** The phases, behind the debounce filter where it is on. */
  private phases(): number {
    const now = this.levels();
    if (this.registers.get('DBFEN') === 0) return now;
    const since = this.clock.ticks() - this.lightTicks;
    const unsteady = (this.changedAt[0] > since ? 2 : 0) | (this.changedAt[1] > since ? 1 : 0);
    return (now & ~unsteady) | (this.pair & unsteady);
  }

  private sample(): void {
    const pair = this.phases();
    const move = MOVES[4 * this.pair + pair];
    this.pair = pair;
    this.light(false);
    this.plan();
    this.registers.set('SAMPLE', move);
    this.events.emit('EVENTS_SAMPLERDY');
    this.accumulate(move);
    this.report();
  }

  /** A sample that does not fit is left out. */
  private accumulate(move: number): void {
    const { registers } = this;
    const acc = (registers.get('ACC') | 0) + move;
    const doubles = registers.get('ACCDBL') + 1;
    if (move === 2) {
      if (doubles > MOST_ACCDBL) this.events.emit('EVENTS_ACCOF');
      else registers.set('ACCDBL', doubles);
    } else if (acc > MOST_ACC || acc < LEAST_ACC) this.events.emit('EVENTS_ACCOF');
    else registers.set('ACC', acc);
  }

  private report(): void {
    this.samples++;
    if (this.samples < REPORT_SAMPLES[Math.min(REPORT_SAMPLES.length - 1, this.registers.get('REPORTPER'))]) return;
    this.samples = 0;
    const hasDoubles = this.family === 'nrf52' && this.registers.get('ACCDBL') !== 0;
    if (this.registers.get('ACC') !== 0) this.events.emit('EVENTS_REPORTRDY');
    if (hasDoubles) this.events.emit('EVENTS_DBLRDY');
  }

  private readAcc(): void {
    this.registers.set('ACCREAD', this.registers.get('ACC'));
    this.registers.set('ACC', 0);
  }

  private readDouble(): void {
    this.registers.set('ACCDBLREAD', this.registers.get('ACCDBL'));
    this.registers.set('ACCDBL', 0);
  }
}

export const QDEC_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['clk'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']) }),
  create: (context, { family }) => new Qdec(context, family),
});
