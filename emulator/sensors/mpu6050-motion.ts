/**
 * The MPU-6050's detection of free fall, motion and zero motion, once a millisecond, behind its digital high-pass filter.
 * Source: Register Map RM-MPU-6000A-00 rev 3.2, registers 28 to 34, 97 and 105: thresholds of 2 mg, durations of 1 ms and, for
 * zero motion, 64 ms (confirmed by i2cdevlib's documentation).
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import type { RegisterBlock } from '../peripherals/registers/index.js';
import { HighPass } from './filters.js';
import type { MPU6050 } from './mpu6050.js';

const MG_PER_LSB = 2;
const ZERO_MOTION_MS = 64;
const STEPS_PER_SECOND = 1000;
/** By ACCEL_HPF: cut-off in Hz; 0 is reset, 7 holds. */
const HIGH_PASS_HZ = [0, 5, 2.5, 1.25, 0.63, 0, 0, 0] as const;
const [RESET, HOLD] = [0, 7];
/** By FF_COUNT and MOT_COUNT: by how much a counter goes down; 0 empties it. */
const DECREMENT = [Infinity, 1, 2, 4] as const;

export class MotionDetector implements Stateful {
  private readonly filter = new HighPass();
  private counters = { fall: 0, motion: 0, stillness: 0 };
  private directions = 0;
  private isStill = false;
  /** What the last step brought. */
  isFalling = false;
  hasMoved = false;
  hasStilled = false;

  /** MOT_DETECT_STATUS. */
  get status(): number { return this.directions | (this.isStill ? 1 : 0); }

  /** @param acceleration in mg @returns whether anything happened */
  step(acceleration: Float64Array, registers: RegisterBlock<typeof MPU6050.spec>): boolean {
    const choice = registers.field('ACCEL_CONFIG', 'ACCEL_HPF');
    if (choice === RESET) this.filter.settle(acceleration);
    const moved = this.filter.pass(acceleration, choice === HOLD ? 0 : HIGH_PASS_HZ[choice] / STEPS_PER_SECOND);
    this.isFalling = this.fall(acceleration, registers);
    this.hasMoved = this.move(moved, registers);
    this.hasStilled = this.still(moved, registers);
    return this.isFalling || this.hasMoved || this.hasStilled;
  }

  reset(): void {
    this.filter.reset();
    this.counters = { fall: 0, motion: 0, stillness: 0 };
    this.directions = 0;
    this.isStill = this.isFalling = this.hasMoved = this.hasStilled = false;
  }

  snapshot(): Snapshot {
    const { fall, motion, stillness } = this.counters;
    return { filter: this.filter.snapshot(), numbers: [fall, motion, stillness, this.directions], isStill: this.isStill };
  }

  restore(from: Snapshot): void {
    const { numbers, isStill } = from;
    if (!Array.isArray(numbers) || numbers.length !== 4 || !numbers.every((n) => Number.isSafeInteger(n))) throw new Error('the snapshot is not of a motion detector');
    this.filter.restore(from['filter'] as Snapshot);
    const [fall, motion, stillness, directions] = numbers as number[];
    this.counters = { fall, motion, stillness };
    this.directions = directions;
    this.isStill = isStill === true;
  }

  private fall(acceleration: Float64Array, registers: RegisterBlock<typeof MPU6050.spec>): boolean {
    const threshold = registers.get('FF_THR') * MG_PER_LSB;
    const isFree = acceleration.every((axis) => Math.abs(axis) < threshold);
    return this.count('fall', isFree, Math.max(1, registers.get('FF_DUR')), DECREMENT[registers.field('MOT_DETECT_CTRL', 'FF_COUNT')]);
  }

  private move(moved: Float64Array, registers: RegisterBlock<typeof MPU6050.spec>): boolean {
    const threshold = registers.get('MOT_THR') * MG_PER_LSB;
    let directions = 0;
    for (let axis = 0; axis < 3; axis++) {
      if (moved[axis] < -threshold) directions |= 0x80 >> (2 * axis);
      if (moved[axis] > threshold) directions |= 0x40 >> (2 * axis);
    }
    const isOver = this.count('motion', directions !== 0, Math.max(1, registers.get('MOT_DUR')), DECREMENT[registers.field('MOT_DETECT_CTRL', 'MOT_COUNT')]);
    if (isOver) this.directions = directions;
    return isOver;
  }

  /** Interrupts on becoming still, and on being so no more. */
  private still(moved: Float64Array, registers: RegisterBlock<typeof MPU6050.spec>): boolean {
    const threshold = registers.get('ZRMOT_THR') * MG_PER_LSB;
    const isQuiet = moved.every((axis) => Math.abs(axis) < threshold);
    if (!isQuiet) {
      const wasStill = this.isStill;
      this.counters.stillness = 0;
      this.isStill = false;
      return wasStill;
    }
    const became = this.count('stillness', true, Math.max(1, registers.get('ZRMOT_DUR')) * ZERO_MOTION_MS, Infinity);
    this.isStill ||= became;
    return became;
  }

  /** @returns whether the counter has just come to its end */
  private count(which: 'fall' | 'motion' | 'stillness', isUp: boolean, end: number, decrement: number): boolean {
    const before = this.counters[which];
    const after = isUp ? Math.min(end, before + 1) : Math.max(0, before - Math.min(before, decrement));
    this.counters[which] = after;
    return before < end && after >= end;
  }
}
