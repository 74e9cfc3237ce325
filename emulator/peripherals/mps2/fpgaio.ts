/**
 * MPS2 FPGA system control and I/O: LEDs, buttons, counters, and the chip selects of displays and shields.
 * Source: Arm application notes DAI 0385D, 0386B and 0500, "FPGA system control and I/O". The counters' offsets follow
 * QEMU 7.2's mps2 machines (PRESCALE 0x1c, PSCNTR 0x20).
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type PinDevice, type PinPort } from '../block.js';
import { Countdown } from '../countdown.js';
import { bit, bits, RegisterBlock, registerMap } from '../registers/index.js';

export const FPGAIO = registerMap({
  LED0:     { at: 0x000, fields: { LED: bits(0, 1) } },
  BUTTON:   { at: 0x008, kind: 'ro', fields: { BUTTON: bits(0, 1) } },
  CLK1HZ:   { at: 0x010 },
  CLK100HZ: { at: 0x014 },
  COUNTER:  { at: 0x018 },
  PRESCALE: { at: 0x01c },
  PSCNTR:   { at: 0x020 },
  MISC:     { at: 0x04c, raz: false, fields: {
    CLCD_CS: bit(0), SPI_nSS: bit(1), CLCD_RESET: bit(3), CLCD_RS: bit(4), CLCD_RD: bit(5), CLCD_BL_CTRL: bit(6),
    ADC_SPI_nCS: bit(7), SHIELD0_SPI_nCS: bit(8), SHIELD1_SPI_nCS: bit(9),
  } },
});

/** Pins of the block, in this order: LED0 and 1, BUTTON 0 and 1, MISC bits 0 to 9. */
const FIRST_BUTTON = 2;
const FIRST_MISC = 4;
const PINS = 14;
const WRAP = 2 ** 32;

export class Fpgaio extends RegisterPeripheral implements PinDevice {
  protected readonly registers;
  readonly pins: PinPort;
  private readonly slow: { readonly CLK1HZ: SlowCounter; readonly CLK100HZ: SlowCounter };
  private readonly prescaler: Countdown;
  private readonly clock;
  /** COUNTER when the prescaler was last set. */
  private counterBase = 0;
  private outputs = 0;
  private readonly LED0: Uint32Array;
  private readonly MISC: Uint32Array;

  constructor(private readonly context: BlockContext) {
    super();
    this.clock = context.clock('clk');
    this.slow = { CLK1HZ: new SlowCounter(1), CLK100HZ: new SlowCounter(100) };
    this.prescaler = new Countdown(this.clock, context.scheduler, () => undefined);
    this.pins = this.makePins();
    const slow = (name: 'CLK1HZ' | 'CLK100HZ') => (): number => this.slow[name].value(this.clock.ticks(), this.clock.hz);
    const computed = {
      CLK1HZ: slow('CLK1HZ'), CLK100HZ: slow('CLK100HZ'),
      COUNTER: () => this.counter, PSCNTR: () => this.prescaler.value,
    };
    this.registers = new RegisterBlock(FPGAIO, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: computed,
      onPeek: computed,
      onWrite: {
        LED0: () => this.reportOutputs(),
        MISC: () => this.reportOutputs(),
        CLK1HZ: (value) => this.slow.CLK1HZ.set(value, this.clock.ticks()),
        CLK100HZ: (value) => this.slow.CLK100HZ.set(value, this.clock.ticks()),
        COUNTER: (value) => this.setPrescaler(this.prescaler.value, value),
        PRESCALE: (value) => {
          this.setPrescaler(this.prescaler.value, this.counter);
          this.prescaler.configure({ reload: value });
        },
        PSCNTR: (value) => this.setPrescaler(value, this.counter),
      },
    });
    this.LED0 = this.registers.storage('LED0');
    this.MISC = this.registers.storage('MISC');
    this.reset();
  }

  override reset(): void {
    const buttons = this.registers.get('BUTTON');
    this.registers.reset();
    this.registers.set('BUTTON', buttons);
    this.slow.CLK1HZ.set(0, this.clock.ticks());
    this.slow.CLK100HZ.set(0, this.clock.ticks());
    this.prescaler.reset();
    this.prescaler.run(true);
    this.setPrescaler(0, 0);
    this.reportOutputs();
  }

  override snapshot(): Snapshot {
    return {
      registers: this.registers.snapshot(), prescaler: this.prescaler.snapshot(), counterBase: this.counterBase,
      CLK1HZ: this.slow.CLK1HZ.snapshot(), CLK100HZ: this.slow.CLK100HZ.snapshot(),
    };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.prescaler.restore(partFrom(from, 'prescaler', name));
    this.counterBase = numberFrom(from, 'counterBase', name);
    this.slow.CLK1HZ.restore(partFrom(from, 'CLK1HZ', name));
    this.slow.CLK100HZ.restore(partFrom(from, 'CLK100HZ', name));
    this.reportOutputs();
  }

  /** The up-counter advances with every reload of the prescaler. */
  private get counter(): number {
    return (this.counterBase + this.prescaler.reloads) % WRAP;
  }

  private setPrescaler(value: number, counter: number): void {
    this.prescaler.set(value);
    this.counterBase = counter;
  }

  private levels(): number {
    return this.LED0[0] | ((this.MISC[0] & 0x3ff) << FIRST_MISC);
  }

  private reportOutputs(): void {
    const levels = this.levels();
    const changed = levels ^ this.outputs;
    this.outputs = levels;
    for (let rest = changed; rest !== 0; rest &= rest - 1) {
      const pin = 31 - Math.clz32(rest & -rest);
      this.pins.onOutput?.(pin, ((levels >>> pin) & 1) === 1);
    }
  }

  private makePins(): PinPort {
    const isButton = (pin: number): boolean => pin >= FIRST_BUTTON && pin < FIRST_MISC;
    return {
      pinCount: PINS,
      onOutput: undefined,
      setInput: (pin, level) => {
        if (!isButton(pin)) return;
        const bit = 1 << (pin - FIRST_BUTTON);
        this.registers.set('BUTTON', level === true ? this.registers.get('BUTTON') | bit : this.registers.get('BUTTON') & ~bit);
      },
      pull: (pin) => (isButton(pin) ? 'down' : 'none'),
      output: (pin) => (isButton(pin) ? undefined : ((this.levels() >>> pin) & 1) === 1),
    };
  }
}

/** Counts up `perSecond` times a second of its clock, computed from when and to what it was last set. */
class SlowCounter {
  private since = 0;
  private base = 0;

  constructor(private readonly perSecond: number) {}

  value(ticks: number, hz: number): number {
    return (this.base + Math.floor(((ticks - this.since) * this.perSecond) / hz)) % WRAP;
  }

  set(value: number, ticks: number): void {
    this.base = value;
    this.since = ticks;
  }

  snapshot(): Snapshot {
    return { since: this.since, base: this.base };
  }

  restore(from: Snapshot): void {
    this.since = numberFrom(from, 'since', 'counter');
    this.base = numberFrom(from, 'base', 'counter');
  }
}

export const FPGAIO_BLOCK = defineBlock({
  clocks: ['clk'],
  options: z.strictObject({}),
  create: (context) => new Fpgaio(context),
});
