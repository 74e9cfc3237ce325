/**
 * Arm serial bus controller: two open-drain wires, SCL and SDA, that firmware drives bit by bit as an I2C bus.
 * Source: Versatile Application Baseboard User Guide (DUI 0225D) 4.20, two-wire serial bus interface; DAI 0385D.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type PinDevice, type PinPort } from '../block.js';
import { bit, RegisterBlock, registerMap } from '../registers/index.js';

export const SBCON = registerMap({
  /** Reads give the wires' levels; writes set bits, letting wires go high. */
  CONTROL:    { at: 0x000, kind: 'w1s', fields: { SCL: bit(0), SDA: bit(1) } },
  CONTROLCLR: { at: 0x004, kind: 'wo', fields: { SCL: bit(0), SDA: bit(1) } },
});

const WIRES = 0b11;

export class Sbcon extends RegisterPeripheral implements PinDevice {
  protected readonly registers;
  /** Pin 0 is SCL, pin 1 is SDA. */
  readonly pins: PinPort;
  /** Wires that a part on the bus holds low. */
  private heldLow = 0;
  private reported = 0;

  constructor(private readonly context: BlockContext) {
    super();
    this.pins = this.makePins();
    const levels = (): number => this.levels;
    this.registers = new RegisterBlock(SBCON, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: { CONTROL: levels },
      onPeek: { CONTROL: levels },
      onWrite: {
        CONTROL: () => this.report(),
        CONTROLCLR: (_new, _index, _old, written) => {
          this.registers.set('CONTROL', this.registers.get('CONTROL') & ~written);
          this.report();
        },
      },
    });
  }

  override reset(): void {
    this.registers.reset();
    this.report();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), heldLow: this.heldLow };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.heldLow = numberFrom(from, 'heldLow', this.context.name) & WIRES;
    this.report();
  }

  /** Open drain: a wire is high when nobody holds it low. */
  private get levels(): number {
    return this.registers.get('CONTROL') & ~this.heldLow & WIRES;
  }

  private report(): void {
    const driven = this.registers.get('CONTROL');
    const changed = driven ^ this.reported;
    this.reported = driven;
    for (let pin = 0; pin < 2; pin++) if (((changed >>> pin) & 1) === 1) this.pins.onOutput?.(pin, this.pins.output(pin));
  }

  private makePins(): PinPort {
    return {
      pinCount: 2,
      onOutput: undefined,
      setInput: (pin, level) => {
        this.heldLow = level === false ? this.heldLow | (1 << pin) : this.heldLow & ~(1 << pin);
      },
      output: (pin) => (((this.registers.get('CONTROL') >>> pin) & 1) === 1 ? undefined : false),
    };
  }
}

export const SBCON_BLOCK = defineBlock({
  options: z.strictObject({}),
  create: (context) => new Sbcon(context),
});
