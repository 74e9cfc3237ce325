/**
 * Single and double taps (clicks): an axis that goes beyond a threshold and is back within a time limit; after a latency, in
 * which nothing counts, a window in which a second one makes it double.
 * Sources: LIS2DH12 datasheet DocID025056 Rev 6, CLICK_CFG to TIME_WINDOW; ADXL345 data sheet Rev E, "Tap detection".
 */
import type { Snapshot, Stateful } from '../bus/types.js';

export interface TapRule {
  /** Bit n: axis n takes part. */
  readonly single: number;
  readonly double: number;
  /** In the unit of the values. */
  readonly threshold: number;
  /** In samples. */
  readonly limit: number;
  readonly latency: number;
  readonly window: number;
}

/** What one sample completed: bit n for axis n. */
export interface Taps { single: number; double: number; negative: number }

const [IDLE, RISEN, LATENCY, WINDOW, SECOND, TOO_LONG] = [0, 1, 2, 3, 4, 5];

export class TapDetector implements Stateful {
  private readonly states = new Uint8Array(3);
  private readonly since = new Float64Array(3);
  private negative = 0;
  /** Reused: nothing is allocated for a sample. */
  private readonly taps: Taps = { single: 0, double: 0, negative: 0 };

  /** @returns its own object, valid until the next call */
  sample(values: ArrayLike<number>, rule: TapRule): Taps {
    const { taps } = this;
    taps.single = taps.double = 0;
    for (let axis = 0; axis < 3; axis++) if ((((rule.single | rule.double) >> axis) & 1) !== 0) this.step(axis, values[axis], rule);
    taps.negative = this.negative;
    return taps;
  }

  reset(): void {
    this.states.fill(IDLE);
    this.since.fill(0);
    this.negative = 0;
  }

  snapshot(): Snapshot {
    return { states: [...this.states], since: [...this.since], negative: this.negative };
  }

  restore({ states, since, negative }: Snapshot): void {
    const isThree = (list: unknown): list is number[] => Array.isArray(list) && list.length === 3 && list.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
    if (!isThree(states) || !isThree(since) || states.some((state) => state > TOO_LONG)) throw new Error('the snapshot is not of a tap detector');
    this.states.set(states);
    this.since.set(since);
    this.negative = Number(negative) & 7;
  }

  private step(axis: number, value: number, rule: TapRule): void {
    const isBeyond = Math.abs(value) > rule.threshold;
    const passed = ++this.since[axis];
    switch (this.states[axis]) {
      case RISEN:
      case SECOND:
        this.whileBeyond(axis, isBeyond, passed, rule);
        break;
      case LATENCY:
        if (passed >= rule.latency) this.enter(axis, WINDOW);
        break;
      case WINDOW:
        if (isBeyond) this.rise(axis, value, SECOND);
        else if (passed >= rule.window) this.enter(axis, IDLE);
        break;
      case TOO_LONG:
        if (!isBeyond) this.enter(axis, IDLE);
        break;
      default:
        if (isBeyond) this.rise(axis, value, RISEN);
    }
  }

  private whileBeyond(axis: number, isBeyond: boolean, passed: number, rule: TapRule): void {
    const isSecond = this.states[axis] === SECOND;
    const bit = 1 << axis;
    if (isBeyond) {
      if (passed > rule.limit) this.enter(axis, TOO_LONG);
      return;
    }
    if (isSecond) this.taps.double |= rule.double & bit;
    else this.taps.single |= rule.single & bit;
    this.enter(axis, !isSecond && (rule.double & bit) !== 0 ? LATENCY : IDLE);
  }

  private rise(axis: number, value: number, state: number): void {
    this.negative = (this.negative & ~(1 << axis)) | (value < 0 ? 1 << axis : 0);
    this.enter(axis, state);
  }

  private enter(axis: number, state: number): void {
    this.states[axis] = state;
    this.since[axis] = 0;
  }
}
