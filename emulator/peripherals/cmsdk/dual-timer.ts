/**
 * CMSDK APB dual timer: two down-counters of 16 or 32 bits, free-running, periodic or one-shot, with prescalers.
 * Source: Cortex-M System Design Kit TRM (DDI 0479D), APB dual timers; ARM Dual-Timer Module SP804 TRM (DDI 0271D),
 * whose programmer's model it shares. Not modelled: TIMCLKEN inputs, which MPS2 ties high.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { Countdown } from '../countdown.js';
import { bit, choice, RegisterBlock, registerMap } from '../registers/index.js';
import { identification } from './identification.js';

const CONTROL = {
  ONESHOT:  bit(0),
  SIZE:     choice(1, 1, { '16-bit': 0, '32-bit': 1 }),
  PRESCALE: choice(2, 3, { 1: 0, 16: 1, 256: 2 }),
  INTEN:    bit(5),
  MODE:     choice(6, 6, { 'free-running': 0, periodic: 1 }),
  ENABLE:   bit(7),
} as const;
const INTERRUPT = { INT: bit(0) } as const;

export const DUAL_TIMER = registerMap({
  TIMER1LOAD:    { at: 0x000 },
  TIMER1VALUE:   { at: 0x004, kind: 'ro', reset: 0xffff_ffff },
  TIMER1CONTROL: { at: 0x008, reset: 0x20, fields: CONTROL },
  TIMER1INTCLR:  { at: 0x00c, kind: 'wo' },
  TIMER1RIS:     { at: 0x010, kind: 'ro', fields: INTERRUPT },
  TIMER1MIS:     { at: 0x014, kind: 'ro', fields: INTERRUPT },
  TIMER1BGLOAD:  { at: 0x018 },
  TIMER2LOAD:    { at: 0x020 },
  TIMER2VALUE:   { at: 0x024, kind: 'ro', reset: 0xffff_ffff },
  TIMER2CONTROL: { at: 0x028, reset: 0x20, fields: CONTROL },
  TIMER2INTCLR:  { at: 0x02c, kind: 'wo' },
  TIMER2RIS:     { at: 0x030, kind: 'ro', fields: INTERRUPT },
  TIMER2MIS:     { at: 0x034, kind: 'ro', fields: INTERRUPT },
  TIMER2BGLOAD:  { at: 0x038 },
  TIMERITCR:     { at: 0xf00, fields: { ITEN: bit(0) } },
  TIMERITOP:     { at: 0xf04, kind: 'wo', fields: { TIMINT1: bit(0), TIMINT2: bit(1) } },
  ...identification(0x23),
});

type Registers = RegisterBlock<typeof DUAL_TIMER.spec>;

/** One of the two timers; `name` is how its registers begin. */
class Half {
  readonly counter: Countdown;

  constructor(
    private readonly registers: () => Registers, private readonly name: 'TIMER1' | 'TIMER2',
    context: BlockContext, private readonly update: () => void,
  ) {
    this.counter = new Countdown(context.clock('timclk'), context.scheduler, () => this.raise());
  }

  /** 16-bit timers count in the low half; the high half keeps what it was loaded with. */
  get value(): number {
    return this.valueAt(this.is16Bit);
  }

  get isPending(): boolean {
    return this.registers().get(`${this.name}RIS`) === 1;
  }

  get isRequesting(): boolean {
    return this.isPending && this.control('INTEN') === 1;
  }

  /** TIMERXLOAD: the count goes on from here at once, in one-shot mode once more. */
  load(value: number): void {
    this.registers().set(`${this.name}BGLOAD`, value);
    this.registers().set(`${this.name}VALUE`, value);
    this.apply();
    this.counter.set(this.width(value));
    // SP804 TRM 3.2.1: a load of zero requests an interrupt at once.
    if (this.width(value) === 0 && this.control('ENABLE') === 1) this.raise();
    this.update();
  }

  /** TIMERXBGLOAD: the next reload takes it, the present count does not. */
  loadInBackground(value: number): void {
    this.registers().set(`${this.name}LOAD`, value);
    this.apply();
  }

  applyControl(old: number): void {
    const registers = this.registers();
    const value = this.valueAt((old & SIZE_BIT) === 0);
    const resized = ((old ^ registers.get(`${this.name}CONTROL`)) & SIZE_BIT) !== 0;
    registers.set(`${this.name}VALUE`, value);
    this.apply();
    if (resized) this.counter.set(this.width(value));
    this.update();
  }

  clear(): void {
    this.counter.catchUp();
    this.registers().set(`${this.name}RIS`, 0);
    this.update();
  }

  reset(): void {
    this.counter.reset();
    this.counter.set(0xffff);
    this.apply();
  }

  private valueAt(is16Bit: boolean): number {
    const { value } = this.counter;
    return is16Bit ? ((this.registers().get(`${this.name}VALUE`) & 0xffff_0000) | value) >>> 0 : value;
  }

  private get is16Bit(): boolean {
    return this.registers().is(`${this.name}CONTROL`, 'SIZE', '16-bit');
  }

  private control(field: 'ONESHOT' | 'PRESCALE' | 'INTEN' | 'MODE' | 'ENABLE'): number {
    return this.registers().field(`${this.name}CONTROL`, field);
  }

  private width(value: number): number {
    return this.is16Bit ? value & 0xffff : value;
  }

  /** The counter as the registers say. A prescaler of 3 is undefined in the TRM; it divides by 256 as on the RTL's default branch. */
  private apply(): void {
    const periodic = this.control('MODE') === 1;
    this.counter.configure({
      reload: periodic ? this.width(this.registers().get(`${this.name}LOAD`)) : this.width(0xffff_ffff),
      divide: [1, 16, 256, 256][this.control('PRESCALE')],
      oneShot: this.control('ONESHOT') === 1,
    });
    this.counter.run(this.control('ENABLE') === 1);
  }

  private raise(): void {
    this.registers().set(`${this.name}RIS`, 1);
    this.update();
  }
}

const SIZE_BIT = 1 << CONTROL.SIZE.lo;

export class DualTimer extends RegisterPeripheral {
  protected readonly registers: Registers;
  private readonly timer1: Half;
  private readonly timer2: Half;
  private readonly lines: readonly [Line, Line, Line];

  constructor(private readonly context: BlockContext) {
    super();
    this.lines = [context.irq('timer1'), context.irq('timer2'), context.irq('combined')];
    const update = (): void => this.update();
    const timer1 = (this.timer1 = new Half(() => this.registers, 'TIMER1', context, update));
    const timer2 = (this.timer2 = new Half(() => this.registers, 'TIMER2', context, update));
    const raw = (half: Half) => (): number => {
      half.counter.catchUp();
      return Number(half.isPending);
    };
    const masked = (half: Half) => (): number => {
      half.counter.catchUp();
      return Number(half.isRequesting);
    };
    this.registers = new RegisterBlock(DUAL_TIMER, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: {
        TIMER1VALUE: () => timer1.value, TIMER1RIS: raw(timer1), TIMER1MIS: masked(timer1),
        TIMER2VALUE: () => timer2.value, TIMER2RIS: raw(timer2), TIMER2MIS: masked(timer2),
      },
      onPeek: {
        TIMER1VALUE: () => timer1.value, TIMER1MIS: () => Number(timer1.isRequesting),
        TIMER2VALUE: () => timer2.value, TIMER2MIS: () => Number(timer2.isRequesting),
      },
      onWrite: {
        TIMER1LOAD: (value) => timer1.load(value), TIMER1BGLOAD: (value) => timer1.loadInBackground(value),
        TIMER1CONTROL: (_new, _index, old) => timer1.applyControl(old), TIMER1INTCLR: () => timer1.clear(),
        TIMER2LOAD: (value) => timer2.load(value), TIMER2BGLOAD: (value) => timer2.loadInBackground(value),
        TIMER2CONTROL: (_new, _index, old) => timer2.applyControl(old), TIMER2INTCLR: () => timer2.clear(),
        TIMERITCR: update, TIMERITOP: update,
      },
    });
    this.reset();
  }

  override reset(): void {
    this.registers.reset();
    this.timer1.reset();
    this.timer2.reset();
    this.update();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), timer1: this.timer1.counter.snapshot(), timer2: this.timer2.counter.snapshot() };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.timer1.counter.restore(partFrom(from, 'timer1', this.context.name));
    this.timer2.counter.restore(partFrom(from, 'timer2', this.context.name));
    this.update();
  }

  private update(): void {
    this.timer1.counter.watchIf(!this.timer1.isPending);
    this.timer2.counter.watchIf(!this.timer2.isPending);
    const testing = this.registers.get('TIMERITCR') === 1;
    const first = testing ? this.registers.field('TIMERITOP', 'TIMINT1') === 1 : this.timer1.isRequesting;
    const second = testing ? this.registers.field('TIMERITOP', 'TIMINT2') === 1 : this.timer2.isRequesting;
    this.lines[0].set(first);
    this.lines[1].set(second);
    this.lines[2].set(first || second);
  }
}

export const DUAL_TIMER_BLOCK = defineBlock({
  irqs: ['timer1', 'timer2', 'combined'],
  clocks: ['timclk'],
  options: z.strictObject({}),
  create: (context) => new DualTimer(context),
});
