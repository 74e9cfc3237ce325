/**
 * CMSDK APB timer: a 32-bit down-counter with reload, and an external input that enables or clocks it.
 * Source: Cortex-M System Design Kit TRM (DDI 0479D), APB timer. Not modelled: the synchroniser's delay on EXTIN.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { Countdown } from '../countdown.js';
import { bit, RegisterBlock, registerMap } from '../registers/index.js';
import { identification } from './identification.js';

export const TIMER = registerMap({
  CTRL:      { at: 0x000, fields: { ENABLE: bit(0), EXTENABLE: bit(1), EXTCLK: bit(2), IRQEN: bit(3) } },
  VALUE:     { at: 0x004 },
  RELOAD:    { at: 0x008 },
  INTSTATUS: { at: 0x00c, kind: 'w1c', fields: { IRQ: bit(0) } },
  ...identification(0x22),
});

/** CTRL. */
const IRQEN = 1 << 3;

export class Timer extends RegisterPeripheral {
  protected readonly registers;
  private readonly counter: Countdown;
  private readonly interrupt: Line;
  private externalInput = false;
  private readonly CTRL: Uint32Array;
  private readonly INTSTATUS: Uint32Array;

  constructor(private readonly context: BlockContext) {
    super();
    this.interrupt = context.irq('irq');
    this.counter = new Countdown(context.clock('pclk'), context.scheduler, () => this.reachZero());
    const count = (): number => this.counter.value;
    const status = (): number => {
      this.counter.catchUp();
      return this.INTSTATUS[0];
    };
    this.registers = new RegisterBlock(TIMER, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: { VALUE: count, INTSTATUS: status },
      onPeek: { VALUE: count },
      onWrite: {
        CTRL: () => this.applyControl(),
        VALUE: (value) => this.counter.set(value),
        // A write sets the current value.
        RELOAD: (value) => {
          this.counter.configure({ reload: value });
          this.counter.set(value);
        },
        INTSTATUS: (_new, _index, _old, written) => this.clear(written),
      },
    });
    this.CTRL = this.registers.storage('CTRL');
    this.INTSTATUS = this.registers.storage('INTSTATUS');
  }

  /** EXTIN: gates the counter with CTRL.EXTENABLE, counts by its rising edges with CTRL.EXTCLK. */
  setExternalInput(level: boolean): void {
    const rises = level && !this.externalInput;
    this.externalInput = level;
    if (rises && this.registers.field('CTRL', 'ENABLE') === 1 && this.registers.field('CTRL', 'EXTCLK') === 1) this.counter.step();
    this.applyControl();
  }

  override reset(): void {
    this.registers.reset();
    this.counter.reset();
    this.update();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), counter: this.counter.snapshot(), externalInput: Number(this.externalInput) };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.externalInput = numberFrom(from, 'externalInput', this.context.name) !== 0;
    this.counter.restore(partFrom(from, 'counter', this.context.name));
    this.update();
  }

  private applyControl(): void {
    const enabled = this.registers.field('CTRL', 'ENABLE') === 1;
    const gated = this.registers.field('CTRL', 'EXTENABLE') === 1 && !this.externalInput;
    this.counter.catchUp();
    this.counter.run(enabled && !gated && this.registers.field('CTRL', 'EXTCLK') === 0);
    this.update();
  }

  /** Clears an arrival too that is due but whose event could not fire yet. */
  private clear(written: number): void {
    this.counter.catchUp();
    this.INTSTATUS[0] &= ~written;
    this.update();
  }

  private reachZero(): void {
    this.registers.set('INTSTATUS', 1);
    this.update();
  }

  /** INTSTATUS is set by an arrival at zero with CTRL.IRQEN set, and then stays whatever IRQEN does. */
  private update(): void {
    const pending = this.INTSTATUS[0] === 1;
    this.counter.watchIf(!pending && (this.CTRL[0] & IRQEN) !== 0);
    this.interrupt.set(pending);
  }
}

export const TIMER_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['pclk'],
  options: z.strictObject({}),
  create: (context) => new Timer(context),
});
