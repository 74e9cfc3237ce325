/**
 * CMSDK AHB GPIO: 16 pins with output enable, alternate function, masked access and an interrupt per pin.
 * Source: Cortex-M System Design Kit TRM (DDI 0479D), AHB GPIO. Not modelled: the two-cycle input synchroniser.
 * An alternate function takes the pin away from DATAOUT; which block then drives it is the chip's affair.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type PinDevice, type PinPort } from '../block.js';
import { bits, RegisterBlock, registerMap } from '../registers/index.js';
import { identification } from './identification.js';

const PINS = 16;
const PORT = { PINS: bits(0, 15) } as const;
const LOW = { PINS: bits(0, 7) } as const;
const HIGH = { PINS: bits(8, 15) } as const;

export const GPIO = registerMap({
  DATA:         { at: 0x000, fields: PORT },
  DATAOUT:      { at: 0x004, fields: PORT },
  OUTENSET:     { at: 0x010, kind: 'w1s', fields: PORT },
  OUTENCLR:     { at: 0x014, kind: 'clearBits', of: 'OUTENSET' },
  ALTFUNCSET:   { at: 0x018, kind: 'w1s', fields: PORT },
  ALTFUNCCLR:   { at: 0x01c, kind: 'clearBits', of: 'ALTFUNCSET' },
  INTENSET:     { at: 0x020, kind: 'w1s', fields: PORT },
  INTENCLR:     { at: 0x024, kind: 'clearBits', of: 'INTENSET' },
  INTTYPESET:   { at: 0x028, kind: 'w1s', fields: PORT },
  INTTYPECLR:   { at: 0x02c, kind: 'clearBits', of: 'INTTYPESET' },
  INTPOLSET:    { at: 0x030, kind: 'w1s', fields: PORT },
  INTPOLCLR:    { at: 0x034, kind: 'clearBits', of: 'INTPOLSET' },
  INTSTATUS:    { at: 0x038, kind: 'w1c', fields: PORT },
  /** Offset bits 9:2 are the mask: only pins 7:0 under it are read or written. */
  MASKLOWBYTE:  { at: 0x400, count: 256, fields: LOW },
  MASKHIGHBYTE: { at: 0x800, count: 256, fields: HIGH },
  ...identification(0x20),
});

export class Gpio extends RegisterPeripheral implements PinDevice {
  protected readonly registers;
  readonly pins: PinPort;
  private readonly combined: Line;
  private readonly perPin: readonly Line[];
  /** What the outside drives, and which pins it drives at all. Floating pins read `pulledUp`. */
  private driven = 0;
  private drivenPins = 0;
  /** Pin levels when interrupts were last looked at, to see edges. */
  private seen = 0;
  private reported = 0;
  private reportedPins = 0;
  /** What the interrupt lines show of INTSTATUS. */
  private signalled = 0;
  private readonly DATAOUT: Uint32Array;
  private readonly OUTENSET: Uint32Array;
  private readonly ALTFUNCSET: Uint32Array;
  private readonly INTENSET: Uint32Array;
  private readonly INTSTATUS: Uint32Array;

  constructor(private readonly context: BlockContext, private readonly pulledUp: number) {
    super();
    this.combined = context.irq('combined');
    this.perPin = Array.from({ length: PINS }, (_, pin) => context.irq(`pin${pin}`));
    this.pins = this.makePins();
    const levels = (): number => this.levels;
    this.registers = new RegisterBlock(GPIO, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: { DATA: levels, MASKLOWBYTE: (mask) => this.levels & mask, MASKHIGHBYTE: (mask) => this.levels & (mask << 8) },
      onPeek: { DATA: levels, MASKLOWBYTE: (mask) => this.levels & mask, MASKHIGHBYTE: (mask) => this.levels & (mask << 8) },
      onWrite: {
        DATA: (value) => this.writeOutputs(value, 0xffff),
        DATAOUT: (value) => this.writeOutputs(value, 0xffff),
        MASKLOWBYTE: (value, mask) => this.writeOutputs(value, mask),
        MASKHIGHBYTE: (value, mask) => this.writeOutputs(value, mask << 8),
        OUTENSET: () => this.update(),
        ALTFUNCSET: () => this.update(),
        INTENSET: () => this.update(),
        INTTYPESET: () => this.update(),
        INTPOLSET: () => this.update(),
        INTSTATUS: () => this.update(),
      },
    });
    this.DATAOUT = this.registers.storage('DATAOUT');
    this.OUTENSET = this.registers.storage('OUTENSET');
    this.ALTFUNCSET = this.registers.storage('ALTFUNCSET');
    this.INTENSET = this.registers.storage('INTENSET');
    this.INTSTATUS = this.registers.storage('INTSTATUS');
    this.reset();
  }

  override reset(): void {
    this.registers.reset();
    this.seen = this.levels;
    this.update();
  }

  override snapshot(): Snapshot {
    const { driven, drivenPins, seen } = this;
    return { registers: this.registers.snapshot(), driven, drivenPins, seen };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.driven = numberFrom(from, 'driven', this.context.name);
    this.drivenPins = numberFrom(from, 'drivenPins', this.context.name);
    this.seen = numberFrom(from, 'seen', this.context.name);
    this.update();
  }

  /** Pins that DATAOUT drives. */
  private get outputs(): number {
    return this.OUTENSET[0] & ~this.ALTFUNCSET[0];
  }

  /** What DATA reads: the level of each pad. */
  private get levels(): number {
    const outside = (this.driven & this.drivenPins) | (this.pulledUp & ~this.drivenPins);
    const outputs = this.outputs;
    return ((this.DATAOUT[0] & outputs) | (outside & ~outputs)) & 0xffff;
  }

  private writeOutputs(value: number, mask: number): void {
    const { DATAOUT } = this;
    DATAOUT[0] = (DATAOUT[0] & ~mask) | (value & mask);
    this.update();
  }

  /** Everything that follows from the registers and the pads: latched interrupts, their lines, and what the pins drive. */
  private update(): void {
    const levels = this.levels;
    const changed = levels ^ this.seen;
    this.seen = levels;
    if ((this.INTENSET[0] | this.INTSTATUS[0] | this.signalled) !== 0) this.latch(levels, changed);
    this.reportOutputs();
  }

  private latch(levels: number, changed: number): void {
    const { INTENSET, INTSTATUS, registers } = this;
    const active = ~(levels ^ registers.get('INTPOLSET'));
    const raised = INTENSET[0] & active & (changed | ~registers.get('INTTYPESET')) & 0xffff;
    const status = INTSTATUS[0] | raised;
    INTSTATUS[0] = status;
    if (status !== this.signalled) this.signal(status);
  }

  private signal(status: number): void {
    this.signalled = status;
    this.combined.set(status !== 0);
    for (let pin = 0; pin < PINS; pin++) this.perPin[pin].set(((status >>> pin) & 1) === 1);
  }

  private reportOutputs(): void {
    const pins = this.outputs;
    const levels = this.DATAOUT[0] & pins;
    const changed = (pins ^ this.reportedPins) | (levels ^ this.reported);
    if (changed === 0) return;
    this.reported = levels;
    this.reportedPins = pins;
    for (let rest = changed; rest !== 0; rest &= rest - 1) {
      const pin = 31 - Math.clz32(rest & -rest);
      this.pins.onOutput?.(pin, this.pins.output(pin));
    }
  }

  private makePins(): PinPort {
    return {
      pinCount: PINS,
      onOutput: undefined,
      setInput: (pin, level) => {
        const bit = 1 << pin;
        this.drivenPins = level === undefined ? this.drivenPins & ~bit : this.drivenPins | bit;
        this.driven = level === true ? this.driven | bit : this.driven & ~bit;
        if (this.levels !== this.seen) this.update(); // an output's own level comes back here
      },
      pull: (pin) => (((this.pulledUp >>> pin) & 1) === 1 ? 'up' : 'none'),
      output: (pin) => (((this.outputs >>> pin) & 1) === 0 ? undefined : ((this.DATAOUT[0] >>> pin) & 1) === 1),
    };
  }
}

export const GPIO_BLOCK = defineBlock({
  irqs: ['combined', ...Array.from({ length: PINS }, (_, pin) => `pin${pin}`)],
  options: z.strictObject({
    /** Pins that read 1 when nothing drives them, one bit each. */
    pulledUp: z.int().min(0).max(0xffff).default(0),
  }),
  create: (context, { pulledUp }) => new Gpio(context, pulledUp),
});
