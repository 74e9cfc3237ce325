/**
 * 74HC595: shift register of eight bits with output latches; several in a row with `chain`, QH' to SER.
 * Source: Texas Instruments SN74HC595 data sheet SCLS041, function table. Outputs have pins for the first device only.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../../bus/types.js';
import { Pin } from '../../wires/net.js';
import { definePart, type Part, type PartContext } from '../part.js';
import { numbersFrom } from '../saved.js';

const OUTPUTS = ['qa', 'qb', 'qc', 'qd', 'qe', 'qf', 'qg', 'qh'] as const;

class ShiftRegister implements Stateful {
  /** QA of the first device first. */
  private readonly shifted: Uint8Array;
  private readonly latched: Uint8Array;
  private readonly outputs: readonly (Pin | undefined)[];
  private readonly carry: Pin | undefined;

  constructor(private readonly context: PartContext, chain: number) {
    const { name } = context;
    const output = (own: string): Pin | undefined => {
      const net = context.pin(own);
      return net && new Pin(`${name} ${own}`, net);
    };
    this.shifted = new Uint8Array(8 * chain);
    this.latched = new Uint8Array(8 * chain);
    this.outputs = OUTPUTS.map(output);
    this.carry = output('qh_');
    context.pin('srclk')!.onEdge((level) => { if (level) this.shift(); });
    context.pin('rclk')!.onEdge((level) => { if (level) this.latch(); });
    context.pin('oe')?.onState(() => this.drive());
    context.pin('srclr')?.onEdge((level) => { if (!level) this.clear(); });
  }

  get levels(): boolean[] {
    return Array.from(this.latched, (level) => level === 1);
  }

  private shift(): void {
    if (this.context.pin('srclr')?.state === '0') return;
    this.shifted.copyWithin(1, 0);
    this.shifted[0] = this.context.pin('ser')!.level ? 1 : 0;
    this.carry?.drive(this.shifted.at(-1) === 1);
  }

  private clear(): void {
    this.shifted.fill(0);
    this.carry?.drive(false);
  }

  private latch(): void {
    this.latched.set(this.shifted);
    this.drive();
    this.context.changed?.();
  }

  /** Without a pin for it, the output enable is at ground. */
  private drive(): void {
    const isEnabled = this.context.pin('oe') === undefined || this.context.pin('oe')!.state === '0';
    this.outputs.forEach((pin, index) => {
      if (isEnabled) pin?.drive(this.latched[index] === 1);
      else pin?.release();
    });
  }

  /** What it holds at power-on is not said; here zeros. */
  reset(): void {
    this.shifted.fill(0);
    this.latched.fill(0);
    this.carry?.drive(false);
    this.drive();
  }

  snapshot(): Snapshot {
    return { shifted: [...this.shifted], latched: [...this.latched] };
  }

  restore(from: Snapshot): void {
    this.shifted.set(numbersFrom(from, 'shifted', this.shifted.length));
    this.latched.set(numbersFrom(from, 'latched', this.latched.length));
  }
}

export const SN74HC595_PART = definePart({
  what: 'shift register 74HC595 with output latches',
  bus: 'pins', pins: ['ser', 'srclk', 'rclk', 'oe', 'srclr', ...OUTPUTS, 'qh_'], neededPins: { pins: ['ser', 'srclk', 'rclk'] }, inputs: [],
  options: z.strictObject({
    /** Devices in a row, each one's QH' to the next one's SER. */
    chain: z.int().min(1).max(16).default(1),
  }),
  create: (context, { chain }): Part => {
    const register = new ShiftRegister(context, chain);
    return { shows: () => ({ kind: 'levels', levels: register.levels }), reset: () => register.reset(), snapshot: () => register.snapshot(), restore: (from) => register.restore(from) };
  },
});
