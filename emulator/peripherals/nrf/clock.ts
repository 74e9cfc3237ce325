/**
 * Nordic CLOCK: the crystal oscillator of the 64 MHz (nRF51: 16 MHz) clock, the 32.768 kHz clock and its calibration.
 * Source: nRF52840 Product Specification v1.1, CLOCK; nRF51 Reference Manual v3.0, CLOCK, and nRF51822 Product
 * Specification v3.3 for its times. It shares its addresses, INTENSET and INTENCLR with POWER. Both oscillators of a clock
 * have the same exact frequency: a calibration takes its time and changes nothing. TRACECONFIG is stored.
 * Confirmed by the register descriptions: LFXO's 0.25 s and 0.5 s (LFXODEBOUNCE), units of HFXODEBOUNCE and CTIV; HFCLKSTAT by logs
 * of devices (0x10001 on the crystal). The other times are typical values of the specifications that nothing public confirmed.
 * nRF51 has no HFXODEBOUNCE, LFXODEBOUNCE, LFRCMODE, TRACECONFIG, CTSTARTED and CTSTOPPED; only it has XTALFREQ.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type SteeredClock } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { LOW_FREQUENCY, rootTicksOf, type LowFrequency } from './low-frequency.js';
import { POWER_CLOCK_EVENTS } from './power-clock-events.js';
import { TaskEvents } from './task-events.js';

const SOURCES = { RC: 0, Xtal: 1, Synth: 2 } as const;
const STATUS = { STATUS: choice(0, 0, { NotTriggered: 0, Triggered: 1 }) } as const;
const STATE = choice(16, 16, { NotRunning: 0, Running: 1 });

export const CLOCK = registerMap({
  TASKS_HFCLKSTART:    { at: 0x000, kind: 'task' },
  TASKS_HFCLKSTOP:     { at: 0x004, kind: 'task' },
  TASKS_LFCLKSTART:    { at: 0x008, kind: 'task' },
  TASKS_LFCLKSTOP:     { at: 0x00c, kind: 'task' },
  TASKS_CAL:           { at: 0x010, kind: 'task' },
  TASKS_CTSTART:       { at: 0x014, kind: 'task' },
  TASKS_CTSTOP:        { at: 0x018, kind: 'task' },
  EVENTS_HFCLKSTARTED: { at: 0x100, kind: 'event' },
  EVENTS_LFCLKSTARTED: { at: 0x104, kind: 'event' },
  EVENTS_DONE:         { at: 0x10c, kind: 'event' },
  EVENTS_CTTO:         { at: 0x110, kind: 'event' },
  EVENTS_CTSTARTED:    { at: 0x128, kind: 'event' },
  EVENTS_CTSTOPPED:    { at: 0x12c, kind: 'event' },
  INTENSET:            { at: 0x304, kind: 'w1s', fields: POWER_CLOCK_EVENTS },
  INTENCLR:            { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  HFCLKRUN:            { at: 0x408, kind: 'ro', fields: STATUS },
  HFCLKSTAT:           { at: 0x40c, kind: 'ro', reset: 0x1_0000, fields: { SRC: choice(0, 0, { RC: 0, Xtal: 1 }), STATE } },
  LFCLKRUN:            { at: 0x414, kind: 'ro', fields: STATUS },
  LFCLKSTAT:           { at: 0x418, kind: 'ro', fields: { SRC: choice(0, 1, SOURCES), STATE } },
  LFCLKSRCCOPY:        { at: 0x41c, kind: 'ro', fields: { SRC: choice(0, 1, SOURCES) } },
  LFCLKSRC:            { at: 0x518, fields: { SRC: choice(0, 1, SOURCES), BYPASS: bit(16), EXTERNAL: bit(17) } },
  HFXODEBOUNCE:        { at: 0x528, reset: 0x10, fields: { HFXODEBOUNCE: choice(0, 7, { Db256us: 0x10, Db1024us: 0x40 }) } },   // in 16 us
  LFXODEBOUNCE:        { at: 0x52c, fields: { LFXODEBOUNCE: choice(0, 0, { Normal: 0, Extended: 1 }) } },
  CTIV:                { at: 0x538, fields: { CTIV: bits(0, 6) } },                         // in 0.25 s
  XTALFREQ:            { at: 0x550, reset: 0xffff_ffff, raz: false, fields: { XTALFREQ: choice(0, 7, { '16MHz': 0xff, '32MHz': 0x00 }) } },
  TRACECONFIG:         { at: 0x55c, fields: { TRACEPORTSPEED: choice(0, 1, { '32MHz': 0, '16MHz': 1, '8MHz': 2, '4MHz': 3 }), TRACEMUX: choice(16, 17, { GPIO: 0, Serial: 1, Parallel: 2 }) } },
  LFRCMODE:            { at: 0x5b4, fields: { MODE: choice(0, 0, { Normal: 0, ULP: 1 }), STATUS: choice(16, 16, { Normal: 0, ULP: 1 }, { kind: 'ro' }) } },
});

/**
 * Microseconds, typical. `hfxo`: the crystal's start before the debounce time (nRF52: 360 us with the default of 256 us);
 * `lfrc`, `lfxo`: from LFCLKSTART, the latter twice as long with LFXODEBOUNCE Extended; `cal`: a calibration.
 */
const TIMES = {
  nrf51: { hfxo: 500, lfrc: 390, lfxo: 300_000, synth: 390, cal: 16_000 },
  nrf52: { hfxo: 104, lfrc: 600, lfxo: 250_000, synth: 100, cal: 16_000 },
} as const;
const DEBOUNCE_UNIT_MICROSECONDS = 16;
/** Cycles of LFCLK in a unit of CTIV. */
const CTIV_UNIT_CYCLES = 8192;
const RUNNING = 0x1_0000;

export class ClockControl extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof CLOCK.spec>;
  private readonly lfclk: SteeredClock;
  private readonly lowFrequency: LowFrequency;
  private readonly times;
  /** Firmware's own start of LFCLK has let it run. */
  private isOpen = false;
  /** Cycles of LFCLK until CTTO; kept here while the clock stands, 0 when the timer does not run. */
  private intervalLeft = 0;
  private intervalEnd = 0;
  private readonly hfReady = timedEvent(() => this.hfStarted());
  private readonly lfOpens = timedEvent(() => this.lfOpened());
  private readonly lfReady = timedEvent(() => this.lfStarted());
  private readonly calibrated = timedEvent(() => this.events.emit('EVENTS_DONE'));
  private readonly interval = timedEvent(() => this.intervalOver());

  constructor(private readonly context: BlockContext, private readonly family: keyof typeof TIMES) {
    super();
    this.times = TIMES[family];
    this.lfclk = context.steeredClock('lfclk');
    this.lowFrequency = context.shared(LOW_FREQUENCY);
    this.lowFrequency.onChange = () => this.applyGate();
    this.events = new TaskEvents(CLOCK, context, {
      tasks: {
        TASKS_HFCLKSTART: () => this.startHf(),
        TASKS_HFCLKSTOP: () => this.stopHf(),
        TASKS_LFCLKSTART: () => this.startLf(),
        TASKS_LFCLKSTOP: () => this.stopLf(),
        TASKS_CAL: () => this.calibrate(),
        TASKS_CTSTART: () => this.startInterval(),
        TASKS_CTSTOP: () => this.stopInterval(),
      },
      onWrite: { LFRCMODE: (value) => this.registers.setField('LFRCMODE', 'STATUS', value & 1) },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  override reset(): void {
    const { scheduler } = this.context;
    this.events.reset();
    for (const event of [this.hfReady, this.lfOpens, this.lfReady, this.calibrated, this.interval]) scheduler.cancel(event);
    this.intervalLeft = this.intervalEnd = 0;
    this.isOpen = false;
    this.applyGate();
  }

  override snapshot(): Snapshot {
    const isCounting = this.interval.slot >= 0;
    return {
      registers: this.events.snapshot(), isOpen: this.isOpen ? 1 : 0,
      intervalLeft: isCounting ? this.intervalEnd - this.lfclk.ticks() : this.intervalLeft,
      hfReady: saveEvent(this.hfReady), lfOpens: saveEvent(this.lfOpens), lfReady: saveEvent(this.lfReady), calibrated: saveEvent(this.calibrated), interval: saveEvent(this.interval),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.isOpen = numberFrom(from, 'isOpen', name) !== 0;
    this.intervalLeft = numberFrom(from, 'intervalLeft', name);
    if (this.runs) this.lfclk.start();
    else this.lfclk.stop();
    this.intervalEnd = this.lfclk.ticks() + this.intervalLeft;
    restoreEvent(scheduler, this.hfReady, from['hfReady']);
    restoreEvent(scheduler, this.lfOpens, from['lfOpens']);
    restoreEvent(scheduler, this.lfReady, from['lfReady']);
    restoreEvent(scheduler, this.calibrated, from['calibrated']);
    restoreEvent(scheduler, this.interval, from['interval']);
  }

  private after(microseconds: number): number {
    const { scheduler } = this.context;
    return scheduler.now() + rootTicksOf(scheduler, microseconds);
  }

  // -- HFCLK.

  /** Already running, it says so again at once. */
  private startHf(): void {
    const isRunning = this.registers.is('HFCLKSTAT', 'SRC', 'Xtal');
    this.registers.set('HFCLKRUN', 1);
    if (isRunning) this.events.emit('EVENTS_HFCLKSTARTED');
    else if (this.hfReady.slot < 0) {
      const debounce = this.family === 'nrf51' ? 0 : DEBOUNCE_UNIT_MICROSECONDS * this.registers.get('HFXODEBOUNCE');
      this.context.scheduler.schedule(this.hfReady, this.after(this.times.hfxo + debounce));
    }
  }

  private hfStarted(): void {
    this.registers.setField('HFCLKSTAT', 'SRC', SOURCES.Xtal);
    this.events.emit('EVENTS_HFCLKSTARTED');
  }

  private stopHf(): void {
    this.context.scheduler.cancel(this.hfReady);
    this.registers.set('HFCLKRUN', 0);
    this.registers.setField('HFCLKSTAT', 'SRC', SOURCES.RC);
  }

  // -- LFCLK.

  private get runs(): boolean {
    return (this.isOpen || this.lowFrequency.isForced) && !this.lowFrequency.isOff;
  }

  private startLf(): void {
    const { scheduler } = this.context;
    if ((this.registers.get('LFCLKRUN') & 1) !== 0) {
      if (this.lfReady.slot < 0) this.events.emit('EVENTS_LFCLKSTARTED');
      return;
    }
    const source = this.registers.field('LFCLKSRC', 'SRC');
    this.registers.set('LFCLKRUN', 1);
    this.registers.set('LFCLKSRCCOPY', source);
    const { lfrc, lfxo, synth } = this.times;
    const crystal = this.registers.is('LFXODEBOUNCE', 'LFXODEBOUNCE', 'Extended') ? 2 * lfxo : lfxo;
    const wait = source === SOURCES.Xtal ? crystal : source === SOURCES.Synth ? synth : lfrc;
    scheduler.schedule(this.lfReady, this.after(wait));
    // nRF52: while LFXO starts, LFCLK already runs, from LFRC.
    if (source === SOURCES.Xtal && this.family === 'nrf52') scheduler.schedule(this.lfOpens, this.after(lfrc));
  }

  private lfOpened(): void {
    this.isOpen = true;
    this.applyGate();
  }

  private lfStarted(): void {
    this.lfOpened();
    this.showLf(this.registers.get('LFCLKSRCCOPY'));
    this.events.emit('EVENTS_LFCLKSTARTED');
  }

  private stopLf(): void {
    const { scheduler } = this.context;
    scheduler.cancel(this.lfOpens);
    scheduler.cancel(this.lfReady);
    this.registers.set('LFCLKRUN', 0);
    this.isOpen = false;
    this.applyGate();
  }

  private showLf(source: number): void {
    this.registers.set('LFCLKSTAT', this.runs ? RUNNING | source : 0);
  }

  /** The clock's gate follows firmware, the watchdog and System OFF. */
  private applyGate(): void {
    const isReady = this.isOpen && this.lfReady.slot < 0;
    this.showLf(isReady ? this.registers.get('LFCLKSRCCOPY') : SOURCES.RC);
    if (this.runs === this.lfclk.isRunning) return;
    if (this.runs) {
      this.lfclk.start();
      this.countInterval();
    } else {
      this.holdInterval();
      this.lfclk.stop();
    }
  }

  // -- Calibration, and the timer for it.

  private calibrate(): void {
    const { name, scheduler, warnings } = this.context;
    const isPossible = this.registers.get('LFCLKSTAT') === (RUNNING | SOURCES.RC) && this.registers.is('HFCLKSTAT', 'SRC', 'Xtal');
    if (isPossible) scheduler.schedule(this.calibrated, this.after(this.times.cal));
    else warnings.warn(`${name} cal`, `${name}: TASKS_CAL without the LFRC and the HFXO running, which calibrates nothing: start both first`);
  }

  private startInterval(): void {
    this.intervalLeft = CTIV_UNIT_CYCLES * this.registers.get('CTIV');
    this.countInterval();
    if (this.family === 'nrf52') this.events.emit('EVENTS_CTSTARTED');
  }

  private stopInterval(): void {
    this.holdInterval();
    this.intervalLeft = 0;
    if (this.family === 'nrf52') this.events.emit('EVENTS_CTSTOPPED');
  }

  private countInterval(): void {
    if (this.intervalLeft === 0 || !this.lfclk.isRunning) return;
    this.intervalEnd = this.lfclk.ticks() + this.intervalLeft;
    this.context.scheduler.schedule(this.interval, this.lfclk.rootTickOf(this.intervalEnd));
  }

  private holdInterval(): void {
    if (this.interval.slot < 0) return;
    this.intervalLeft = this.intervalEnd - this.lfclk.ticks();
    this.context.scheduler.cancel(this.interval);
  }

  private intervalOver(): void {
    this.intervalLeft = 0;
    this.events.emit('EVENTS_CTTO');
  }
}

export const CLOCK_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['lfclk'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']) }),
  create: (context, { family }) => new ClockControl(context, family),
});
