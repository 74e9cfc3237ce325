/**
 * CMSDK APB watchdog: a down-counter that interrupts at its first arrival at zero and resets the chip at its second,
 * unless the firmware clears the interrupt in between. Registers other than the lock are writable while unlocked.
 * Source: Cortex-M System Design Kit TRM (DDI 0479D), APB watchdog; ARM Watchdog Module SP805 TRM (DDI 0270B).
 */
import { z } from 'zod';
import type { AccessBytes, Line, Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { Countdown } from '../countdown.js';
import { bit, RegisterBlock, registerMap } from '../registers/index.js';
import { identification } from './identification.js';

export const WATCHDOG = registerMap({
  WDOGLOAD:    { at: 0x000, reset: 0xffff_ffff },
  WDOGVALUE:   { at: 0x004, kind: 'ro', reset: 0xffff_ffff },
  WDOGCONTROL: { at: 0x008, fields: { INTEN: bit(0), RESEN: bit(1) } },
  WDOGINTCLR:  { at: 0x00c, kind: 'wo' },
  WDOGRIS:     { at: 0x010, kind: 'ro', fields: { INT: bit(0) } },
  WDOGMIS:     { at: 0x014, kind: 'ro', fields: { INT: bit(0) } },
  /** Reads 1 while locked. Holds the last value written; the read handler tells. */
  WDOGLOCK:    { at: 0xc00 },
  WDOGITCR:    { at: 0xf00, fields: { ITEN: bit(0) } },
  WDOGITOP:    { at: 0xf04, kind: 'wo', fields: { WDOGRES: bit(0), WDOGINT: bit(1) } },
  ...identification(0x24),
});

const UNLOCK = 0x1acc_e551;

export class Watchdog extends RegisterPeripheral {
  protected readonly registers;
  private readonly counter: Countdown;
  private readonly interrupt: Line;

  constructor(private readonly context: BlockContext) {
    super();
    this.interrupt = context.irq('irq');
    this.counter = new Countdown(context.clock('wdogclk'), context.scheduler, () => this.reachZero());
    const count = (): number => this.counter.value;
    const status = (masked: boolean) => (): number => {
      this.counter.catchUp();
      return Number(masked ? this.isRequesting : this.isPending);
    };
    this.registers = new RegisterBlock(WATCHDOG, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: { WDOGVALUE: count, WDOGRIS: status(false), WDOGMIS: status(true), WDOGLOCK: (_, stored) => Number(stored !== 0) },
      onPeek: { WDOGVALUE: count, WDOGMIS: () => Number(this.isRequesting), WDOGLOCK: (_, stored) => Number(stored !== 0) },
      onWrite: {
        WDOGLOAD: (value) => this.load(value),
        WDOGCONTROL: (_new, _index, old) => this.applyControl(old),
        WDOGINTCLR: () => this.clear(),
        WDOGLOCK: (value) => this.registers.set('WDOGLOCK', value === UNLOCK ? 0 : 1),
        WDOGITCR: () => this.update(),
        WDOGITOP: () => this.update(),
      },
    });
    this.reset();
  }

  /** WDOGLOCK keeps every other register as it is. */
  override write(offset: number, value: number, bytes: AccessBytes): void {
    const locked = this.registers.get('WDOGLOCK') !== 0 && offset !== LOCK_OFFSET;
    if (locked) this.context.warnings.warn(`${this.context.name}.locked`, `${this.context.name}: write while WDOGLOCK is locked; ignored as on silicon`);
    else super.write(offset, value, bytes);
  }

  override reset(): void {
    this.registers.reset();
    this.counter.reset();
    this.counter.configure({ reload: 0xffff_ffff });
    this.counter.set(0xffff_ffff);
    this.update();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), counter: this.counter.snapshot() };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.counter.restore(partFrom(from, 'counter', this.context.name));
    this.update();
  }

  private get isPending(): boolean {
    return this.registers.get('WDOGRIS') === 1;
  }

  private get isRequesting(): boolean {
    return this.isPending && this.registers.field('WDOGCONTROL', 'INTEN') === 1;
  }

  private load(value: number): void {
    this.counter.configure({ reload: value });
    this.counter.set(value);
  }

  /** INTEN runs the counter, from WDOGLOAD when it was off before (SP805 TRM 3.3.3). */
  private applyControl(old: number): void {
    this.counter.catchUp();
    const enabled = this.registers.field('WDOGCONTROL', 'INTEN') === 1;
    if (enabled && (old & INTEN_BIT) === 0) this.counter.set(this.registers.get('WDOGLOAD'));
    this.counter.run(enabled);
    this.update();
  }

  private clear(): void {
    this.counter.catchUp();
    this.registers.set('WDOGRIS', 0);
    this.counter.set(this.registers.get('WDOGLOAD'));
    this.update();
  }

  private reachZero(): void {
    if (this.isPending && this.registers.field('WDOGCONTROL', 'RESEN') === 1) {
      this.context.requestReset(`${this.context.name}: the watchdog reached zero twice without WDOGINTCLR`);
    }
    this.registers.set('WDOGRIS', 1);
    this.update();
  }

  private update(): void {
    const testing = this.registers.get('WDOGITCR') === 1;
    this.counter.watchIf(true);
    if (testing && this.registers.field('WDOGITOP', 'WDOGRES') === 1) this.context.requestReset(`${this.context.name}: WDOGITOP.WDOGRES`);
    this.interrupt.set(testing ? this.registers.field('WDOGITOP', 'WDOGINT') === 1 : this.isRequesting);
  }
}

const LOCK_OFFSET = WATCHDOG.offsetOf('WDOGLOCK');
const INTEN_BIT = 1;

export const WATCHDOG_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['wdogclk'],
  options: z.strictObject({}),
  create: (context) => new Watchdog(context),
});
