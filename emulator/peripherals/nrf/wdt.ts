/**
 * Nordic WDT: counts down on the 32.768 kHz clock and resets the chip unless firmware writes all its reload registers.
 * Source: nRF52840 Product Specification v1.1, WDT; nRF51 Reference Manual v3.0, WDT. CONFIG.HALT has no effect: no debugger
 * halts the core of the model. Once it runs, its settings are locked until a reset that reaches it.
 */
import { z } from 'zod';
import type { ResetKind, Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type SteeredClock } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { LOW_FREQUENCY, type LowFrequency } from './low-frequency.js';
import { TaskEvents } from './task-events.js';

const REQUESTS = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`RR${n}`, choice(n, n, { DisabledOrRequested: 0, EnabledAndUnrequested: 1 })]));

export const WDT = registerMap({
  TASKS_START:    { at: 0x000, kind: 'task' },
  EVENTS_TIMEOUT: { at: 0x100, kind: 'event' },
  INTENSET:       { at: 0x304, kind: 'w1s', fields: { TIMEOUT: bit(0) } },
  INTENCLR:       { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  RUNSTATUS:      { at: 0x400, kind: 'ro', fields: { RUNSTATUS: choice(0, 0, { NotRunning: 0, Running: 1 }) } },
  REQSTATUS:      { at: 0x404, kind: 'ro', reset: 1, fields: REQUESTS },
  CRV:            { at: 0x504, reset: 0xffff_ffff },                                 // (CRV + 1) / 32768 s
  RREN:           { at: 0x508, reset: 1, fields: { RR: bits(0, 7) } },
  CONFIG:         { at: 0x50c, reset: 1, fields: { SLEEP: choice(0, 0, { Pause: 0, Run: 1 }), HALT: choice(3, 3, { Pause: 0, Run: 1 }) } },
  RR:             { at: 0x600, kind: 'wo', count: 8, fields: { RR: choice(0, 31, { Reload: 0x6e52_4635 }) } },
  POWER:          { at: 0xffc, reset: 1, fields: { POWER: bit(0) }, unmodelled: true },
});

const RELOAD = 0x6e52_4635;
/** The least value of CRV: a shorter one counts as that. */
const SMALLEST_CRV = 0xf;
/** From TIMEOUT to the reset, when it interrupts, in cycles of LFCLK. */
const GRACE = 2;
/** Resets that reach the watchdog; a soft reset, a lockup's, leave it running (POWER, "Reset behavior"). */
const REACHED_BY: readonly ResetKind[] = ['power-on', 'pin', 'watchdog', 'wake-up'];

export class Wdt extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof WDT.spec>;
  private readonly clock: SteeredClock;
  private readonly lowFrequency: LowFrequency;
  private isRunning = false;
  private isPaused = false;
  private hasTimedOut = false;
  /** LFCLK tick of the timeout, or of the reset after it; while paused, how many are left. */
  private due = 0;
  private readonly expiry = timedEvent(() => this.expire());

  constructor(private readonly context: BlockContext) {
    super();
    this.clock = context.steeredClock('lfclk');
    this.clock.onChange(() => this.plan());
    this.lowFrequency = context.shared(LOW_FREQUENCY);
    const locked = (name: 'CRV' | 'RREN' | 'CONFIG') => (_value: number, _index: number, old: number): void => {
      if (this.isRunning) this.registers.set(name, old);
      if (name === 'RREN') this.registers.set('REQSTATUS', this.registers.get('RREN'));
    };
    this.events = new TaskEvents(WDT, context, {
      tasks: { TASKS_START: () => this.start() },
      onWrite: {
        CRV: locked('CRV'), CONFIG: locked('CONFIG'),
        RREN: (value, index, old) => { if (this.isRunning) this.registers.set('RREN', old); else locked('RREN')(value, index, old); },
        RR: (_value, index, _old, written) => this.request(index, written),
      },
    });
    this.registers = this.events.registers;
    context.core.onSleep((isAsleep) => this.setPaused(isAsleep && !this.registers.is('CONFIG', 'SLEEP', 'Run')));
    this.reset('power-on');
  }

  override reset(kind: ResetKind = 'power-on'): void {
    if (this.isRunning && !REACHED_BY.includes(kind)) {
      this.setPaused(false);
      return;
    }
    this.events.reset();
    this.context.scheduler.cancel(this.expiry);
    this.isRunning = this.isPaused = this.hasTimedOut = false;
    this.due = 0;
    this.lowFrequency.force(false);
  }

  override snapshot(): Snapshot {
    const { isRunning, isPaused, hasTimedOut, due } = this;
    return { registers: this.events.snapshot(), isRunning: Number(isRunning), isPaused: Number(isPaused), hasTimedOut: Number(hasTimedOut), due, expiry: saveEvent(this.expiry) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.isRunning = numberFrom(from, 'isRunning', name) !== 0;
    this.isPaused = numberFrom(from, 'isPaused', name) !== 0;
    this.hasTimedOut = numberFrom(from, 'hasTimedOut', name) !== 0;
    this.due = numberFrom(from, 'due', name);
    restoreEvent(scheduler, this.expiry, from['expiry']);
  }

  private start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.registers.set('RUNSTATUS', 1);
    this.lowFrequency.force(true);
    this.reload();
  }

  private reload(): void {
    const cycles = Math.max(this.registers.get('CRV'), SMALLEST_CRV) + 1;
    this.due = this.isPaused ? cycles : this.clock.ticks() + cycles;
    this.registers.set('REQSTATUS', this.registers.get('RREN'));
    this.plan();
  }

  /** A reload register was written: with the last of those enabled, the count begins anew. */
  private request(index: number, written: number): void {
    if (written !== RELOAD || !this.isRunning || this.hasTimedOut) return;
    const waiting = this.registers.get('REQSTATUS') & ~(1 << index);
    this.registers.set('REQSTATUS', waiting);
    if (waiting === 0 && ((this.registers.get('RREN') >>> index) & 1) !== 0) this.reload();
  }

  private setPaused(isPaused: boolean): void {
    if (!this.isRunning || this.hasTimedOut || isPaused === this.isPaused) return;
    this.due = isPaused ? Math.max(0, this.due - this.clock.ticks()) : this.clock.ticks() + this.due;
    this.isPaused = isPaused;
    this.plan();
  }

  private plan(): void {
    const { scheduler } = this.context;
    const due = this.isRunning && !this.isPaused ? this.clock.rootTickOf(this.due) : Infinity;
    if (due === Infinity) scheduler.cancel(this.expiry);
    else scheduler.schedule(this.expiry, Math.max(due, scheduler.now()));
  }

  /** With the interrupt of TIMEOUT enabled, the reset comes two cycles of 32.768 kHz later. */
  private expire(): void {
    const isWarned = (this.registers.get('INTENSET') & 1) !== 0;
    if (!this.hasTimedOut) {
      this.hasTimedOut = true;
      this.events.emit('EVENTS_TIMEOUT');
      if (isWarned) {
        this.due = this.clock.ticks() + GRACE;
        this.plan();
        return;
      }
    }
    this.context.requestReset('watchdog', 'watchdog');
  }
}

export const WDT_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['lfclk'],
  options: z.strictObject({}),
  create: (context) => new Wdt(context),
});
