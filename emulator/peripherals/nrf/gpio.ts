/**
 * Nordic GPIO: a port of up to 32 pads with direction, pull, drive strength, and level detection that wakes the chip.
 * Source: nRF52840 Product Specification v1.1, GPIO; nRF51 Reference Manual v3.0, GPIO (no LATCH, no DETECTMODE).
 * Drive strengths differ in open drain and open source only: currents are not limited.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import { Pin } from '../../wires/net.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { choice, RegisterBlock, registerMap } from '../registers/index.js';
import { PADS, type Pad } from './pads.js';

const PINS = 32;

export const GPIO = registerMap({
  OUT:        { at: 0x504 },
  OUTSET:     { at: 0x508, kind: 'setBits', of: 'OUT' },
  OUTCLR:     { at: 0x50c, kind: 'clearBits', of: 'OUT' },
  IN:         { at: 0x510, kind: 'ro' },
  DIR:        { at: 0x514 },
  DIRSET:     { at: 0x518, kind: 'setBits', of: 'DIR' },
  DIRCLR:     { at: 0x51c, kind: 'clearBits', of: 'DIR' },
  LATCH:      { at: 0x520, kind: 'w1c' },
  DETECTMODE: { at: 0x524, fields: { DETECTMODE: choice(0, 0, { Default: 0, LDETECT: 1 }) } },
  PIN_CNF:    { at: 0x700, count: PINS, reset: 0x2, fields: {
    DIR:   choice(0, 0, { Input: 0, Output: 1 }),
    INPUT: choice(1, 1, { Connect: 0, Disconnect: 1 }),
    PULL:  choice(2, 3, { Disabled: 0, Pulldown: 1, Pullup: 3 }),
    DRIVE: choice(8, 10, { S0S1: 0, H0S1: 1, S0H1: 2, H0H1: 3, D0S1: 4, D0H1: 5, S0D1: 6, H0D1: 7 }),
    SENSE: choice(16, 17, { Disabled: 0, High: 2, Low: 3 }),
  } },
});

/** Bits of PIN_CNF. */
const CNF = { DIR: 1, INPUT: 2 } as const;
const PULLS = ['none', 'down', 'none', 'up'] as const;
const SENSE_HIGH = 2;
const SENSE_LOW = 3;

export class Gpio extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored;
  /** GPIO's own drive of each pad; undefined where the chip has no pad. */
  private readonly own: readonly (Pin | undefined)[];
  private readonly detect: Line;
  /** How many peripherals have taken each pad from GPIO. */
  private readonly takers = new Uint8Array(PINS);
  /** Ends the watching of pads whose level is sensed. */
  private readonly watching: ((() => void) | undefined)[] = [];

  constructor(private readonly context: BlockContext, { port, hasLatch }: { port: number; hasLatch: boolean }) {
    super();
    const pads = context.shared(PADS);
    const levels = (): number => this.levels();
    this.registers = new RegisterBlock(GPIO, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: { IN: levels, LATCH: (_index, latched) => (hasLatch ? latched : 0) },
      onPeek: { IN: levels },
      onWrite: {
        OUT: (value, _index, old) => this.forEachBit(value ^ old, (index) => this.drive(index)),
        DIR: (value, _index, old) => this.forEachBit(value ^ old, (index) => this.setDirection(index, (value >>> index) & 1)),
        PIN_CNF: (value, index) => this.configure(index, value),
        LATCH: () => this.latchAgain(),
        DETECTMODE: () => this.updateDetect(),
      },
    });
    const { registers } = this;
    this.stored = { OUT: registers.storage('OUT'), DIR: registers.storage('DIR'), LATCH: registers.storage('LATCH'), PIN_CNF: registers.storage('PIN_CNF') };
    const nets = Array.from({ length: PINS }, (_, index) => context.net(index));
    this.own = nets.map((net, index) => net && new Pin(`${context.name}.${index}`, net));
    pads.addPort(port, nets.map((net, index): Pad | undefined => net && {
      name: net.name, pin: new Pin(`${context.name}.${index} function`, net),
      take: () => this.count(index, 1), give: () => this.count(index, -1),
    }));
    this.detect = pads.detectInput();
    this.reset();
  }

  override reset(): void {
    this.registers.reset();
    for (let index = 0; index < PINS; index++) this.configure(index, this.stored.PIN_CNF[index]);
    this.updateDetect();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot() };
  }

  /** Who has taken pads is neither saved nor reset: peripherals forget what they hold and take it again when they are restored, and give it back when they are reset. */
  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.takers.fill(0);
    for (let index = 0; index < PINS; index++) this.watch(index);
    this.updateDetect();
  }

  /** Hot path: firmware that polls its inputs. */
  private levels(): number {
    const { own, stored: { PIN_CNF } } = this;
    let value = 0;
    for (let index = 0; index < PINS; index++) {
      if ((PIN_CNF[index] & CNF.INPUT) === 0 && own[index]?.level === true) value |= 1 << index;
    }
    return value >>> 0;
  }

  private reads(index: number): boolean {
    return this.own[index] !== undefined && (this.stored.PIN_CNF[index] & CNF.INPUT) === 0;
  }

  private forEachBit(mask: number, act: (index: number) => void): void {
    for (let rest = mask; rest !== 0; rest &= rest - 1) act(31 - Math.clz32(rest & -rest));
  }

  private setDirection(index: number, direction: number): void {
    this.stored.PIN_CNF[index] = (this.stored.PIN_CNF[index] & ~CNF.DIR) | direction;
    this.drive(index);
  }

  private configure(index: number, value: number): void {
    const { DIR } = this.stored;
    DIR[0] = (value & CNF.DIR) === 0 ? DIR[0] & ~(1 << index) : DIR[0] | (1 << index);
    this.own[index]?.pull(PULLS[(value >>> 2) & 3]);
    this.drive(index);
    this.watch(index);
    this.updateDetect();
  }

  private count(index: number, change: number): void {
    this.takers[index] += change;
    this.drive(index);
  }

  private drive(index: number): void {
    const pin = this.own[index];
    if (!pin) return;
    const mode = this.stored.PIN_CNF[index];
    const level = ((this.stored.OUT[0] >>> index) & 1) !== 0;
    const drive = (mode >>> 8) & 7;
    const isFloating = level ? drive >= 6 : drive === 4 || drive === 5;
    if ((mode & CNF.DIR) === 0 || this.takers[index] !== 0 || isFloating) pin.release();
    else pin.drive(level);
  }

  // -- DETECT.

  private sense(index: number): number {
    return this.reads(index) ? (this.stored.PIN_CNF[index] >>> 16) & 3 : 0;
  }

  private watch(index: number): void {
    const isSensed = this.sense(index) >= SENSE_HIGH;
    if (isSensed === (this.watching[index] !== undefined)) return;
    this.watching[index]?.();
    this.watching[index] = isSensed ? this.own[index]!.net.onEdge(() => this.updateDetect()) : undefined;
  }

  private sensed(): number {
    let met = 0;
    for (let index = 0; index < PINS; index++) {
      const sense = this.sense(index);
      if (sense >= SENSE_HIGH && this.own[index]!.level === (sense !== SENSE_LOW)) met |= 1 << index;
    }
    return met >>> 0;
  }

  private updateDetect(): void {
    const met = this.sensed();
    this.stored.LATCH[0] |= met;
    const isLatched = this.registers.is('DETECTMODE', 'DETECTMODE', 'LDETECT');
    this.detect.set((isLatched ? this.stored.LATCH[0] : met) !== 0);
  }

  /** A LATCH bit that firmware clears while its pad still meets the condition comes back at once, with a new edge of LDETECT. */
  private latchAgain(): void {
    if (this.registers.is('DETECTMODE', 'DETECTMODE', 'LDETECT') && this.stored.LATCH[0] === 0) this.detect.set(false);
    this.updateDetect();
  }
}

export const GPIO_BLOCK = defineBlock({
  options: z.strictObject({ port: z.int().min(0).max(1), hasLatch: z.boolean().default(true) }),
  create: (context, options) => new Gpio(context, options),
});

