/**
 * STMicroelectronics' inertial interrupt generators: axes against thresholds, free fall, orientation.
 * Source: LIS2DH12 datasheet DocID025056 Rev 6, INT1_CFG to INT1_DURATION, and LSM9DS1 datasheet DocID025715 Rev 3,
 * INT_GEN_CFG_XL to INT_GEN_DUR_XL. Lowest bits of an enable and of a source: XL, XH, YL, YH, ZL, ZH; bit 6 of a source is IA.
 * An orientation is known while exactly one axis is beyond its threshold.
 */
import type { Snapshot, Stateful } from '../bus/types.js';

/** or, and: of the enabled conditions; movement: into a known orientation; position: within one. */
export type Combination = 'or' | 'and' | 'movement' | 'position';
/** By AOI in bit 1 and 6D in bit 0. */
export const COMBINATIONS: readonly Combination[] = ['or', 'movement', 'and', 'position'];

export interface InterruptRule {
  /** Bits of the enabled conditions. */
  readonly enables: number;
  readonly combination: Combination;
  /** Four directions instead of six: z says nothing. */
  readonly ignoresZ: boolean;
  /** In the unit of the values. */
  readonly thresholds: readonly [number, number, number];
  /** Samples beyond the first for which the event must last. */
  readonly duration: number;
  /** So long it must be over, too, before it ends. */
  readonly waits: boolean;
  /** Until the source is read. */
  readonly isLatched: boolean;
}

const IA = 0x40;

export class InterruptGenerator implements Stateful {
  private flags = 0;
  private run = 0;
  private silence = 0;
  private zone = 0;

  /** The source register. */
  get source(): number { return this.flags; }
  get isActive(): boolean { return (this.flags & IA) !== 0; }

  sample(values: ArrayLike<number>, rule: InterruptRule): void {
    const conditions = conditionsOf(values, rule) & rule.enables;
    const happens = this.happens(conditions, values, rule);
    this.run = happens ? this.run + 1 : 0;
    this.silence = happens ? 0 : this.silence + 1;
    if (this.run > rule.duration) this.flags = IA | (rule.isLatched ? this.flags | conditions : conditions);
    else if (!rule.isLatched && !(rule.waits && this.isActive && this.silence <= rule.duration)) this.flags = conditions;
  }

  /** The source was read. */
  clear(): void {
    this.flags = 0;
  }

  reset(): void {
    this.flags = this.run = this.silence = this.zone = 0;
  }

  snapshot(): Snapshot {
    return { numbers: [this.flags, this.run, this.silence, this.zone] };
  }

  restore({ numbers }: Snapshot): void {
    if (!Array.isArray(numbers) || numbers.length !== 4 || !numbers.every((n) => Number.isSafeInteger(n))) throw new Error('the snapshot is not of an interrupt generator');
    [this.flags, this.run, this.silence, this.zone] = numbers as number[];
  }

  private happens(conditions: number, values: ArrayLike<number>, rule: InterruptRule): boolean {
    if (rule.enables === 0) return false;
    if (rule.combination === 'or') return conditions !== 0;
    if (rule.combination === 'and') return conditions === rule.enables;
    const zone = zoneOf(values, rule) & rule.enables;
    const isNew = zone !== this.zone;
    this.zone = zone;
    return zone !== 0 && (rule.combination === 'position' || isNew);
  }
}

/** In orientation modes low and high are directions; otherwise below and above the threshold. */
function conditionsOf(values: ArrayLike<number>, rule: InterruptRule): number {
  if (rule.combination === 'movement' || rule.combination === 'position') return zoneOf(values, rule);
  let conditions = 0;
  for (let axis = 0; axis < 3; axis++) conditions |= (Math.abs(values[axis]) > rule.thresholds[axis] ? 2 : 1) << (2 * axis);
  return conditions;
}

function zoneOf(values: ArrayLike<number>, { thresholds, ignoresZ }: InterruptRule): number {
  let zone = 0;
  let beyond = 0;
  for (let axis = 0; axis < (ignoresZ ? 2 : 3); axis++) {
    if (Math.abs(values[axis]) <= thresholds[axis]) continue;
    zone = (values[axis] > 0 ? 2 : 1) << (2 * axis);
    beyond++;
  }
  return beyond === 1 ? zone : 0;
}
