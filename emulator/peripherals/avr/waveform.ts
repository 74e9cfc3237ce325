/**
 * The counter and waveform generator of AVR timers, for 8 and 16 bits. Its value is computed from the timer clock's count;
 * what happens on the way is worked out when somebody looks, and scheduled only where it is noticed.
 *
 * Source: ATmega328P data sheet DS40002061B, chapters 15 and 16. Everything that a value of TCNT causes comes one timer
 * clock later, as the counter leaves that value (figures 15-8 to 15-11, 16-10 to 16-13): OCF after a match, TOV after MAX,
 * TOP or BOTTOM, new OCR values after TOP or BOTTOM, and the OC pins with them. A write to TCNT blocks the compare match
 * of the next timer clock (15.5.2), but not the counter's turn at TOP. Decided here, since it says nothing: the direction
 * of a phase correct mode outlasts a write to TCNT; above TOP the counter goes on to MAX, and turns or wraps there.
 */
import type { Snapshot } from '../../bus/types.js';
import { numberFrom, numbersFrom } from '../block.js';

export type Shape = 'normal' | 'fast' | 'dual';
export type Top = number | 'OCRA' | 'ICR';

/** One waveform generation mode. */
export interface Mode {
  /** `normal` is CTC too; `dual` counts up and down. */
  readonly shape: Shape;
  readonly top: Top;
  /** When new OCR values count. */
  readonly update: 'at once' | 'top' | 'bottom';
  /** COMnA = 1 toggles OCnA in this PWM mode. */
  readonly togglesA?: boolean;
}

/** Bits of TIFRn and TIMSKn. */
export const TOV = 1;
export const OCFA = 2;
export const ICF = 0x20;

const CHANNELS = 3;
/** What a counter's value may cause as it is left: a match of channel 0, 1, 2, or a turn. */
const AT_TOP = 8;
const AT_BOTTOM = 16;
const AT_MAX = 32;

/** Compare output actions. */
const TOGGLE = 1;
const CLEAR = 2;

export interface WaveformEvents {
  /** These flags have become set. */
  flagged(bits: number): void;
  /** A channel's output has another level. */
  output(channel: number, level: boolean): void;
}

export class Waveform {
  mode: Mode = { shape: 'normal', top: 0xff, update: 'at once' };
  icr = 0;
  /** Bits of TIFR. */
  flags = 0;
  /** Compare output modes that have an effect: 0 where a channel is disconnected. */
  readonly com = new Uint8Array(CHANNELS);
  /** OCR values in force, and those that wait for TOP or BOTTOM. */
  private readonly ocr = new Uint16Array(CHANNELS);
  private readonly waiting = new Uint16Array(CHANNELS);
  private readonly levels = new Uint8Array(CHANNELS);
  /** The timer clock's count up to which everything has been worked out. */
  private at = 0;
  private tcnt = 0;
  private isUp = true;
  /** TCNT was written: the next clock has no match. */
  private isBlocked = false;

  /** @param channels how many compare channels there are, 2 or 3 */
  constructor(private readonly max: number, private readonly channels: number, private readonly events: WaveformEvents) {}

  get value(): number { return this.tcnt; }
  get top(): number {
    const { top } = this.mode;
    return top === 'OCRA' ? this.ocr[0] : top === 'ICR' ? this.icr : top;
  }

  compare(channel: number): number { return this.waiting[channel]; }
  level(channel: number): boolean { return this.levels[channel] === 1; }

  // -- Writes; all after `advanceTo` the present count.

  write(value: number): void {
    this.tcnt = value;
    this.isBlocked = true;
  }

  setCompare(channel: number, value: number): void {
    this.waiting[channel] = value;
    if (this.mode.update === 'at once') this.ocr[channel] = value;
  }

  setMode(mode: Mode): void {
    if (mode === this.mode) return;
    this.mode = mode;
    if (mode.update === 'at once') this.ocr.set(this.waiting);
    if (mode.shape !== 'dual') this.isUp = true;
  }

  /** Force output compare: as a match, without the flag. */
  force(channel: number): void {
    this.act(channel, true);
  }

  /** The clock's counts begin elsewhere: another source, or a prescaler's reset. */
  rebase(count: number): void {
    this.at = count;
  }

  reset(count: number): void {
    this.at = count;
    this.tcnt = 0;
    this.isUp = true;
    this.isBlocked = false;
    this.flags = 0;
    this.icr = 0;
    for (const values of [this.ocr, this.waiting, this.levels, this.com]) values.fill(0);
  }

  snapshot(): Snapshot {
    return {
      flags: this.flags, icr: this.icr, ocr: [...this.ocr], waiting: [...this.waiting], levels: [...this.levels], com: [...this.com],
      at: this.at, tcnt: this.tcnt, isUp: Number(this.isUp), isBlocked: Number(this.isBlocked),
    };
  }

  /** The mode follows from the owner's registers. */
  restore(from: Snapshot, mode: Mode): void {
    const number = (key: string): number => numberFrom(from, key, 'timer');
    this.mode = mode;
    this.flags = number('flags');
    this.icr = number('icr');
    this.ocr.set(numbersFrom(from, 'ocr', 'timer', CHANNELS));
    this.waiting.set(numbersFrom(from, 'waiting', 'timer', CHANNELS));
    this.levels.set(numbersFrom(from, 'levels', 'timer', CHANNELS));
    this.com.set(numbersFrom(from, 'com', 'timer', CHANNELS));
    this.at = number('at');
    this.tcnt = number('tcnt') & this.max;
    this.isUp = number('isUp') !== 0;
    this.isBlocked = number('isBlocked') !== 0;
  }

  // -- Time.

  /** Works out everything up to that count of the timer clock. */
  advanceTo(count: number): void {
    let left = count - this.at;
    if (left <= 0) return;
    this.at = count;
    while (left > 0) {
      left = this.withoutWholePeriods(left);
      const next = this.countsTo(this.effects(~this.flags, this.com));
      if (next > left) {
        this.pass(left);
        return;
      }
      if (next > 1) this.pass(next - 1);
      this.leave();
      left -= next;
    }
  }

  /**
   * The count at which something noticed happens; Infinity for never. After `advanceTo`.
   * @param wanted bits of TIFR that somebody waits for
   * @param driven channels whose output somebody sees, a non-zero element each
   */
  nextNoticed(wanted: number, driven: Uint8Array): number {
    return this.at + this.countsTo(this.effects(wanted & ~this.flags, driven));
  }

  /** Where the same happens over and over, all but the last rounds change nothing: outputs toggle an even number of times. */
  private withoutWholePeriods(left: number): number {
    const top = this.top;
    const round = 2 * (this.mode.shape === 'dual' ? 2 * top : top + 1);
    if (left < 3 * round || round === 0 || this.tcnt > top || this.hasWaiting()) return left;
    return left - (Math.floor(left / round) - 2) * round;
  }

  private hasWaiting(): boolean {
    const { ocr, waiting } = this;
    return ocr[0] !== waiting[0] || ocr[1] !== waiting[1] || ocr[2] !== waiting[2];
  }

  /** Which values to stop at, for these flags and outputs to be right. */
  private effects(wanted: number, driven: Uint8Array): number {
    const { shape, top, update } = this.mode;
    let values = (wanted >> 1) & ((1 << this.channels) - 1);
    if (driven[0] !== 0) values |= 1;
    if (driven[1] !== 0) values |= 2;
    if (driven[2] !== 0) values |= 4;
    const drives = (driven[0] | driven[1] | driven[2]) !== 0;
    if ((wanted & TOV) !== 0) values |= shape === 'fast' ? AT_TOP | AT_MAX : shape === 'dual' ? AT_BOTTOM : AT_MAX;
    if (drives && shape !== 'normal') values |= AT_TOP | AT_MAX;
    if ((wanted & ICF) !== 0 && top === 'ICR') values |= AT_TOP;
    if (values !== 0 && update !== 'at once' && this.hasWaiting()) values |= shape === 'dual' && update === 'bottom' ? AT_BOTTOM : AT_TOP | AT_MAX;
    return values;
  }

  /** Counts until the first of these values has been left. */
  private countsTo(values: number): number {
    let least = Infinity;
    if ((values & 1) !== 0) least = Math.min(least, this.countsToValue(this.ocr[0]));
    if ((values & 2) !== 0) least = Math.min(least, this.countsToValue(this.ocr[1]));
    if ((values & 4) !== 0) least = Math.min(least, this.countsToValue(this.ocr[2]));
    if ((values & AT_TOP) !== 0) least = Math.min(least, this.countsToValue(this.top));
    if ((values & AT_MAX) !== 0) least = Math.min(least, this.countsToValue(this.max));
    if ((values & AT_BOTTOM) !== 0) least = Math.min(least, this.countsToValue(0));
    return least + 1;
  }

  /** Counts until TCNT has that value, from now on: 0 when it has it. */
  private countsToValue(value: number): number {
    const { tcnt, max, top } = this;
    if (value === tcnt) return 0;
    const isBeyond = tcnt > top;
    if (this.mode.shape !== 'dual') {
      const turn = isBeyond ? max : top;
      if (value > tcnt) return value <= turn ? value - tcnt : Infinity;
      return value <= top ? turn + 1 - tcnt + value : Infinity;
    }
    if (top === 0 && tcnt === 0) return Infinity;
    const turn = isBeyond ? max : top;
    if (this.isUp) {
      if (value > turn) return Infinity;
      return value > tcnt ? value - tcnt : turn - tcnt + turn - value;
    }
    if (value < tcnt) return tcnt - value;
    return value <= top ? tcnt + value : Infinity;
  }

  /** Lets counts pass on which nothing is left that matters. */
  private pass(counts: number): void {
    this.isBlocked = false;
    if (this.mode.shape === 'dual') this.passUpAndDown(counts);
    else this.passUp(counts);
  }

  private passUp(counts: number): void {
    const { tcnt, top } = this;
    if (tcnt <= top) {
      this.tcnt = (tcnt + counts) % (top + 1);
      return;
    }
    const toWrap = this.max + 1 - tcnt;
    this.tcnt = counts < toWrap ? tcnt + counts : (counts - toWrap) % (top + 1);
  }

  private passUpAndDown(counts: number): void {
    const { top, max } = this;
    let left = counts;
    if (this.isUp && this.tcnt > top) {
      const toTurn = max - this.tcnt;
      if (left <= toTurn) {
        this.tcnt += left;
        return;
      }
      left -= toTurn;
      this.tcnt = max;
      this.isUp = false;
    }
    if (!this.isUp && this.tcnt > top) {
      const down = Math.min(left, this.tcnt - top);
      this.tcnt -= down;
      left -= down;
    }
    if (left === 0) return;
    if (top === 0) {
      this.tcnt = 0;
      return;
    }
    const phase = ((this.isUp ? this.tcnt : 2 * top - this.tcnt) + left) % (2 * top);
    // At TOP and at BOTTOM the direction is still the one in which the counter came there.
    this.isUp = phase > 0 && phase <= top;
    this.tcnt = phase <= top ? phase : 2 * top - phase;
  }

  /** One count: everything that the present value causes. */
  private leave(): void {
    const isBlocked = this.isBlocked;
    this.isBlocked = false;
    if (this.mode.shape === 'dual') this.leaveUpOrDown(isBlocked);
    else this.leaveUp(isBlocked);
  }

  private leaveUp(isBlocked: boolean): void {
    const { tcnt, mode: { shape, top: topOf } } = this;
    const isTop = tcnt === this.top;
    if (!isBlocked) this.match(true);
    if (!isTop && tcnt !== this.max) {
      this.tcnt++;
      return;
    }
    this.tcnt = 0;
    if (isTop && topOf === 'ICR') this.flag(ICF);
    if (shape === 'fast' || tcnt === this.max) this.flag(TOV);
    if (shape !== 'fast') return;
    for (let channel = 0; channel < CHANNELS; channel++) {
      const com = this.com[channel];
      if (com > TOGGLE) this.put(channel, com === CLEAR ? 1 : 0);
    }
    this.ocr.set(this.waiting);
  }

  private leaveUpOrDown(isBlocked: boolean): void {
    const { tcnt, isUp, mode: { update, top: topOf } } = this;
    const top = this.top;
    const turnsDown = isUp && (tcnt === top || tcnt === this.max);
    const turnsUp = !isUp && tcnt === 0;
    const goesUp = turnsUp || (isUp && !turnsDown);
    if (!isBlocked) this.match(goesUp);
    if (turnsUp) this.flag(TOV);
    if (turnsDown && topOf === 'ICR' && tcnt === top) this.flag(ICF);
    if ((turnsUp && update === 'bottom') || (turnsDown && update === 'top')) this.ocr.set(this.waiting);
    if (turnsDown) this.correctAtTop(top);
    this.isUp = goesUp;
    if (top === 0 && tcnt === 0) return;
    this.tcnt += goesUp ? 1 : -1;
  }

  /** 15.7.4: at TOP an output is as after a match on the way up, also where there was none; with OCR = TOP as after one on the way down. */
  private correctAtTop(top: number): void {
    for (let channel = 0; channel < CHANNELS; channel++) {
      const com = this.com[channel];
      if (com <= TOGGLE) continue;
      this.put(channel, (com === CLEAR) === this.ocr[channel] >= top ? 1 : 0);
    }
  }

  private match(goesUp: boolean): void {
    const { tcnt, ocr, channels } = this;
    for (let channel = 0; channel < channels; channel++) {
      if (ocr[channel] !== tcnt) continue;
      this.flag(OCFA << channel);
      this.act(channel, goesUp);
    }
  }

  private act(channel: number, goesUp: boolean): void {
    const com = this.com[channel];
    if (com === 0) return;
    if (com === TOGGLE) this.put(channel, 1 - this.levels[channel]);
    else this.put(channel, (com === CLEAR) === goesUp ? 0 : 1);
  }

  private put(channel: number, level: number): void {
    if (this.levels[channel] === level) return;
    this.levels[channel] = level;
    this.events.output(channel, level === 1);
  }

  private flag(bit: number): void {
    if ((this.flags & bit) !== 0) return;
    this.flags |= bit;
    this.events.flagged(bit);
  }
}
