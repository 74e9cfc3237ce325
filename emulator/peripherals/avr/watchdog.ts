/**
 * AVR watchdog timer: interrupt, system reset, or one after the other, counted by its own 128 kHz oscillator.
 * Source: ATmega328P data sheet DS40002061B, 11.8 and 11.9; ATmega2560 data sheet DS40002211A, 12.4 and 12.5.
 * Not modelled: the oscillator's dependence on supply and temperature. WDP above 1001 is reserved and counts as 1001.
 */
import { z } from 'zod';
import type { Line, ResetKind, Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits } from '../registers/index.js';
import { AVR_CPU, type AvrCpu } from './cpu.js';
import { Fuses } from './fuses.js';
import { PLACES, placeRegisters, type Places, type Placed, type Template } from './registers.js';
import { startUpOf } from './start-up.js';
import { TimedChange } from './timed-change.js';

export const WATCHDOG = {
  WDTCSR: { fields: { WDP: bits(0, 2), WDE: bit(3), WDCE: bit(4), WDP3: bit(5), WDIE: bit(6), WDIF: bit(7, { kind: 'w1c' }) } },
} as const satisfies Template;

const WDP = 0x27, WDE = 8, WDCE = 0x10, WDIE = 0x40, WDIF = 0x80;
/** WDP = 0: 2K cycles, twice as many with each step. */
const SHORTEST_CYCLES = 2048;
const MOST_WDP = 9;

export class Watchdog extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored: Placed<typeof WATCHDOG>['stored'];
  private readonly cpu: AvrCpu;
  private readonly fuses: Fuses;
  private readonly oscillator: Clock;
  private readonly change: TimedChange;
  private readonly interrupt: Line;
  /** Tick of the oscillator at which the counter was 0. */
  private began = 0;
  private readonly timeOut = timedEvent(() => this.hasTimedOut());

  constructor(private readonly context: BlockContext, { registers: places }: { registers: Places }) {
    super();
    this.cpu = context.shared(AVR_CPU);
    this.fuses = new Fuses(context.memories);
    this.oscillator = context.clock('oscillator');
    this.change = new TimedChange(context.clock('cpu'));
    this.interrupt = context.irq('wdt', () => this.interruptTaken());
    const read = (_index: number, value: number): number => (this.change.isOpen ? value | WDCE : value & ~WDCE);
    const { block, stored } = placeRegisters(context, WATCHDOG, { instance: '', places }, {
      onRead: { WDTCSR: read }, onPeek: { WDTCSR: read },
      onWrite: { WDTCSR: (_value, _index, old, written) => this.writeWDTCSR(old, written) },
    });
    this.registers = block;
    this.stored = stored;
    this.cpu.onWatchdogReset = () => this.clear();
  }

  /** WDE is set while MCUSR.WDRF is: after a watchdog reset the shortest time-out runs, once the chip has started up again. */
  override reset(kind: ResetKind = 'power-on'): void {
    const wasReset = kind === 'watchdog' || (kind !== 'power-on' && this.cpu.hasWatchdogReset());
    this.registers.reset();
    this.change.close();
    this.stored.WDTCSR[0] = wasReset || this.fuses.watchdogAlwaysOn ? WDE : 0;
    const held = kind === 'power-on' ? 0 : startUpOf(this.fuses.cksel, this.fuses.sut).resetSeconds;
    this.began = this.oscillator.ticks() + Math.ceil(held * this.oscillator.hz);
    this.update();
  }

  private writeWDTCSR(old: number, written: number): void {
    const flag = old & WDIF & ~written;
    const alwaysOn = this.fuses.watchdogAlwaysOn;
    let next = (written & WDIE) | (old & (WDP | WDE)) | (written & WDE);
    if (this.change.isOpen && (written & WDCE) === 0) {
      next = written & (WDIE | WDP | WDE);
      this.change.close();
    }
    if ((written & (WDCE | WDE)) === (WDCE | WDE)) this.change.open();
    if (this.cpu.hasWatchdogReset()) next |= WDE;
    if (alwaysOn) next = (next | WDE) & ~WDIE;
    const wasRunning = (old & (WDE | WDIE)) !== 0;
    this.stored.WDTCSR[0] = next | flag;
    if (!wasRunning) this.began = this.oscillator.ticks();
    this.update();
  }

  /** WDR. */
  private clear(): void {
    this.began = this.oscillator.ticks();
    this.update();
  }

  private get periodTicks(): number {
    const value = this.stored.WDTCSR[0];
    return SHORTEST_CYCLES * 2 ** Math.min((value & 7) | ((value >> 2) & 8), MOST_WDP);
  }

  /** The counter's taps: a time-out at each multiple of the period. */
  private update(): void {
    const { scheduler } = this.context;
    const value = this.stored.WDTCSR[0];
    this.interrupt.set((value & (WDIF | WDIE)) === (WDIF | WDIE));
    if ((value & (WDE | WDIE)) === 0) return scheduler.cancel(this.timeOut);
    const { periodTicks } = this;
    const passed = Math.max(Math.floor((this.oscillator.ticks() - this.began) / periodTicks), 0);
    scheduler.schedule(this.timeOut, this.oscillator.rootTickOf(this.began + (passed + 1) * periodTicks));
  }

  private hasTimedOut(): void {
    const value = this.stored.WDTCSR[0];
    const asksFirst = (value & WDIE) !== 0;
    const wasAsked = (value & WDIF) !== 0;
    if ((value & WDE) !== 0 && (!asksFirst || wasAsked)) {
      this.context.requestReset('watchdog', 'watchdog');
      return;
    }
    this.stored.WDTCSR[0] = value | WDIF;
    this.update();
  }

  /** In interrupt and system reset mode the next time-out resets, unless WDIE is set again. */
  private interruptTaken(): void {
    const value = this.stored.WDTCSR[0];
    this.stored.WDTCSR[0] = value & ~(WDIF | ((value & WDE) !== 0 ? WDIE : 0));
    this.update();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), change: this.change.save(), began: this.began, timeOut: saveEvent(this.timeOut) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.change.load(numberFrom(from, 'change', name));
    this.began = numberFrom(from, 'began', name);
    const value = this.stored.WDTCSR[0];
    this.interrupt.set((value & (WDIF | WDIE)) === (WDIF | WDIE));
    restoreEvent(scheduler, this.timeOut, from['timeOut']);
  }
}

export const WATCHDOG_BLOCK = defineBlock({
  irqs: ['wdt'],
  clocks: ['cpu', 'oscillator'],
  options: z.strictObject({ registers: PLACES }),
  create: (context, options) => new Watchdog(context, options),
});
