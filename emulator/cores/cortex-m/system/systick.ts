/**
 * SysTick: a 24-bit down-counter whose value is computed from its clock, never stepped.
 * Source: Armv7-M ARM (DDI 0403E), B3.3; Armv6-M ARM (DDI 0419E), B3.3.
 */
import { RegisterBlock, bit, bits, registerMap } from '../../../peripherals/registers/index.js';
import type { AccessBytes, Snapshot, Stateful, Warnings } from '../../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../../time/event-queue.js';
import type { Clock, Scheduler, TimedEvent } from '../../../time/types.js';
import type { SysTickOptions } from './config.js';
import { RegisterDevice } from './register-device.js';

/** SysTick fires before devices of the same tick: it is nearest to the core. */
const EVENT_PRIORITY = 0;
const CSR = { ENABLE: 1, TICKINT: 2, CLKSOURCE: 4 } as const;

/** Offsets from 0xE000E010. */
function systickMap(options: SysTickOptions) {
  const calibration = (options.referenceClock ? 0 : 2 ** 31) + (options.skew ? 2 ** 30 : 0) + options.tenms;
  return registerMap({
    CSR: {
      at: 0x0, reset: options.referenceClock ? 0 : 4,
      fields: {
        COUNTFLAG: bit(16, { kind: 'ro' }), CLKSOURCE: bit(2, { kind: options.referenceClock ? 'rw' : 'ro' }), TICKINT: bit(1), ENABLE: bit(0),
      },
    },
    RVR: { at: 0x4, fields: { RELOAD: bits(0, 23) } },
    CVR: { at: 0x8, fields: { CURRENT: bits(0, 23) } },
    CALIB: { at: 0xc, kind: 'ro', reset: calibration, fields: { NOREF: bit(31), SKEW: bit(30), TENMS: bits(0, 23) } },
  });
}

export interface SysTickEnvironment {
  readonly options: SysTickOptions;
  readonly scheduler: Scheduler;
  readonly processorClock: Clock;
  /** Needed when `options.referenceClock` is set. */
  readonly referenceClock?: Clock | undefined;
  readonly warnings?: Warnings | undefined;
  /** Makes the SysTick exception pending. */
  pend(): void;
}

export class SysTick extends RegisterDevice implements Stateful {
  readonly block: RegisterBlock<ReturnType<typeof systickMap>['spec']>;
  /** The counter held `anchorValue` at tick `anchorTick` of its clock. */
  private anchorTick = 0;
  private anchorValue = 0;
  private countFlag = false;
  private readonly event: TimedEvent;
  private readonly CSR: Uint32Array;
  private readonly RVR: Uint32Array;

  constructor(private readonly environment: SysTickEnvironment) {
    super();
    if (environment.options.referenceClock && environment.referenceClock === undefined) {
      throw new Error('SysTick: the configuration has a reference clock, give one');
    }
    this.event = timedEvent(() => this.settle(), EVENT_PRIORITY);
    this.block = new RegisterBlock(systickMap(environment.options), {
      instance: 'SysTick', base: 0xe000_e010, size: 0x10, ...(environment.warnings && { warnings: environment.warnings }),
      onRead: { CSR: (_, stored) => this.readCSR(stored), CVR: () => this.current() },
      onPeek: { CSR: (_, stored) => stored | (this.peekCountFlag() ? 1 << 16 : 0), CVR: () => this.current() },
      onWrite: { CSR: () => this.reschedule(), RVR: () => this.reschedule(), CVR: () => this.clearCurrent() },
    });
    this.CSR = this.block.storage('CSR');
    this.RVR = this.block.storage('RVR');
  }

  // -- Counting. B3.3.1: the value after 0 is RELOAD; the step from 1 to 0 sets COUNTFLAG.

  private get isEnabled(): boolean {
    return (this.CSR[0] & CSR.ENABLE) !== 0 && this.environment.options.present;
  }

  private get clock(): Clock {
    const { processorClock, referenceClock } = this.environment;
    return (this.CSR[0] & CSR.CLKSOURCE) !== 0 ? processorClock : referenceClock ?? processorClock;
  }

  /** Ticks counted since the anchor. */
  private elapsed(): number {
    return this.isEnabled ? this.clock.ticks() - this.anchorTick : 0;
  }

  private current(): number {
    return this.valueAfter(this.elapsed());
  }

  private valueAfter(elapsed: number): number {
    if (elapsed <= this.anchorValue) return this.anchorValue - elapsed;
    const reload = this.RVR[0];
    const since = elapsed - this.anchorValue - 1;
    return reload - (since <= reload ? since : since % (reload + 1)); // a remainder of doubles is slow
  }

  /** Ticks from the anchor to the next step from 1 to 0; Infinity when there is none. */
  private ticksToZero(): number {
    if (this.anchorValue > 0) return this.anchorValue;
    const reload = this.RVR[0];
    return reload === 0 ? Infinity : reload + 1;
  }

  /** Moves the anchor to now, with what happened since: COUNTFLAG, and the exception when TICKINT is set. */
  private settle(): void {
    if (this.isEnabled) {
      const now = this.clock.ticks();
      const elapsed = now - this.anchorTick;
      const reachedZero = elapsed >= this.ticksToZero();
      this.anchorValue = this.valueAfter(elapsed);
      this.anchorTick = now;
      if (reachedZero) {
        this.countFlag = true;
        if ((this.CSR[0] & CSR.TICKINT) !== 0) this.environment.pend();
      }
    }
    this.schedule();
  }

  /** Only an interrupt is seen from outside; COUNTFLAG is computed when it is read. */
  private schedule(): void {
    const { scheduler } = this.environment;
    const ticks = this.ticksToZero();
    const isSeen = this.isEnabled && (this.CSR[0] & CSR.TICKINT) !== 0 && ticks !== Infinity;
    const due = isSeen ? this.clock.rootTickOf(this.anchorTick + ticks) : Infinity;
    if (Number.isFinite(due)) scheduler.schedule(this.event, Math.max(due, scheduler.now()));
    else scheduler.cancel(this.event);
  }

  /** Call when a clock changed its frequency or stopped: the count goes on from here. */
  clockChanged(): void {
    this.settle();
  }

  // -- Registers.

  private readCSR(stored: number): number {
    this.settle();
    const flag = this.countFlag ? 1 << 16 : 0;
    this.countFlag = false;
    return stored | flag;
  }

  private peekCountFlag(): boolean {
    return this.countFlag || this.elapsed() >= this.ticksToZero();
  }

  /** Any write clears the counter and COUNTFLAG, and pends nothing. */
  private clearCurrent(): void {
    this.anchorValue = 0;
    this.anchorTick = this.clock.ticks();
    this.countFlag = false;
    this.block.set('CVR', 0);
    this.schedule();
  }

  /** After the settings changed; the count so far was settled before by `write`. */
  private reschedule(): void {
    this.anchorTick = this.clock.ticks();
    this.schedule();
  }

  override read(offset: number, bytes: AccessBytes): number {
    return this.environment.options.present ? this.block.read(offset, bytes) : 0;
  }

  /** What was counted so far was counted under the old settings. */
  override write(offset: number, value: number, bytes: AccessBytes): void {
    if (!this.environment.options.present) return;
    this.settle();
    this.block.write(offset, value, bytes);
  }

  reset(): void {
    this.environment.scheduler.cancel(this.event);
    this.block.reset();
    this.anchorTick = 0;
    this.anchorValue = 0;
    this.countFlag = false;
  }

  snapshot(): Snapshot {
    const { anchorTick, anchorValue, countFlag } = this;
    return { registers: this.block.snapshot(), event: saveEvent(this.event), anchorTick, anchorValue, countFlag };
  }

  /** Time must have been restored before. */
  restore(from: Snapshot): void {
    this.block.restore(from['registers'] as Snapshot);
    this.anchorTick = from['anchorTick'] as number;
    this.anchorValue = from['anchorValue'] as number;
    this.countFlag = from['countFlag'] as boolean;
    restoreEvent(this.environment.scheduler, this.event, from['event']);
  }
}
