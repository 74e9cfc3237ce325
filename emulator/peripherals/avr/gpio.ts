/**
 * AVR I/O port: PINx, DDRx, PORTx of up to eight pads, with pull-ups and what alternate functions take over.
 * Source: ATmega328P data sheet DS40002061B, chapter 14 I/O-Ports: writing ones to PINx toggles PORTx (14.2.2); a pin's
 * level passes a synchroniser, so that IN right after OUT reads the old level (14.2.4, figure 14-4). Changes from outside
 * are seen without that delay.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import type { Clock } from '../../time/types.js';
import { Pin } from '../../wires/net.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { AVR_PADS, type Pad, type PadOverride } from './pads.js';
import { PLACES, placeRegisters, type Places } from './registers.js';
import { AVR_SYSTEM, type AvrSystem } from './system.js';

export const GPIO = { PINx: {}, DDRx: {}, PORTx: {} } as const;

const PINS = 8;
/** Cycles of the I/O clock from a write, which counts from the end of its cycle, to the first read that finds the new level. */
const SYNCHRONISER_CYCLES = 1;
const INPUT_USERS = { adc: 1, comparator: 2 } as const;
/** A pad's override: nothing, or a level. */
const NO_OVERRIDE = 2;

class PadState implements Pad {
  readonly name: string;
  readonly pin: Pin;
  takers = 0;
  /** Who has switched its digital input off: bits of INPUT_USERS. */
  disabledBy = 0;
  readonly overrides: number[] = [];
  readonly listeners: (() => void)[] = [];

  constructor(private readonly port: Gpio, private readonly index: number, pin: Pin) {
    this.pin = pin;
    this.name = pin.name;
  }

  get net() { return this.pin.net; }
  get isOutput(): boolean { return this.port.isOutput(this.index); }

  take(): void {
    this.takers++;
    this.port.drive(this.index);
  }

  give(): void {
    this.takers--;
    this.port.drive(this.index);
  }

  override(): PadOverride {
    const slot = this.overrides.push(NO_OVERRIDE) - 1;
    return {
      set: (level) => {
        const value = level === undefined ? NO_OVERRIDE : Number(level);
        if (this.overrides[slot] === value) return;
        this.overrides[slot] = value;
        this.port.drive(this.index);
      },
    };
  }

  onDirection(listener: () => void): void {
    this.listeners.push(listener);
  }

  disableInput(source: 'adc' | 'comparator', isDisabled: boolean): void {
    const bit = INPUT_USERS[source];
    this.disabledBy = isDisabled ? this.disabledBy | bit : this.disabledBy & ~bit;
  }

  /** What the pad drives as an output. */
  value(port: boolean): boolean {
    let value: boolean | undefined;
    for (const override of this.overrides) {
      if (override === NO_OVERRIDE) continue;
      const level = override === 1;
      value = value === undefined ? level : port ? value || level : value && level;
    }
    return value ?? port;
  }
}

export class Gpio extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored;
  private readonly pads: readonly (PadState | undefined)[];
  private readonly clock: Clock;
  private readonly system: AvrSystem;
  private readonly mask: number;
  /** Levels before the port's latest write, and the clock's tick of that write. */
  private levelsBefore = 0;
  private writtenAt = -SYNCHRONISER_CYCLES;

  constructor(private readonly context: BlockContext, { port, pins, registers: places }: { port: string; pins: number; registers: Places }) {
    super();
    this.clock = context.clock('io');
    this.system = context.shared(AVR_SYSTEM);
    this.mask = (1 << pins) - 1;
    const { block, stored } = placeRegisters(context, GPIO, { instance: port, places }, {
      onRead: { PINx: () => this.read8() },
      onPeek: { PINx: () => this.read8() },
      onWrite: {
        PINx: (_value, _index, _old, written) => this.writePort(this.stored.PORTx[0] ^ written),
        PORTx: (value, _index, old) => {
          this.stored.PORTx[0] = old;
          this.writePort(value);
        },
        DDRx: (value, _index, old) => this.writeDirection(value, old),
      },
    });
    this.registers = block;
    this.stored = stored;
    this.pads = Array.from({ length: PINS }, (_, index) => {
      const net = index < pins ? context.net(index) : undefined;
      return net && new PadState(this, index, new Pin(`P${port}${index}`, net));
    });
    context.shared(AVR_PADS).addPort(port, this.pads);
    this.system.onClocks(() => this.driveAll());
  }

  isOutput(index: number): boolean {
    return ((this.stored.DDRx[0] >>> index) & 1) === 1;
  }

  /** Makes the pad do what registers and functions say. */
  drive(index: number): void {
    const pad = this.pads[index];
    if (pad === undefined) return;
    const port = ((this.stored.PORTx[0] >>> index) & 1) === 1;
    const isOutput = ((this.stored.DDRx[0] >>> index) & 1) === 1;
    const { pin } = pad;
    if (pad.takers !== 0) {
      pin.pull(port && !this.system.pullUpsDisabled ? 'up' : 'none');
      return;
    }
    if (isOutput) {
      pin.drive(pad.value(port));
      pin.pull('none');
      return;
    }
    pin.pull(port && !this.system.pullUpsDisabled ? 'up' : 'none');
    pin.release();
  }

  override reset(): void {
    this.registers.reset();
    for (const pad of this.pads) if (pad) pad.disabledBy = 0;
    this.driveAll();
    for (const pad of this.pads) if (pad) for (const listener of pad.listeners) listener();
    this.levelsBefore = 0;
    this.writtenAt = this.clock.ticks() - SYNCHRONISER_CYCLES;
  }

  override snapshot(): Snapshot {
    const all = (of: (pad: PadState) => number): number[] => this.pads.map((pad) => (pad === undefined ? 0 : of(pad)));
    return {
      registers: this.registers.snapshot(), levelsBefore: this.levelsBefore, writtenAt: this.writtenAt,
      takers: all((pad) => pad.takers), disabledBy: all((pad) => pad.disabledBy),
      overrides: this.pads.map((pad) => pad?.overrides.slice() ?? []),
    };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.levelsBefore = numberFrom(from, 'levelsBefore', name);
    this.writtenAt = numberFrom(from, 'writtenAt', name);
    const takers = numbersFrom(from, 'takers', name, PINS);
    const disabledBy = numbersFrom(from, 'disabledBy', name, PINS);
    const { overrides } = from;
    this.pads.forEach((pad, index) => {
      if (pad === undefined) return;
      pad.takers = takers[index] ?? 0;
      pad.disabledBy = disabledBy[index] ?? 0;
      const saved: unknown = Array.isArray(overrides) ? overrides[index] : undefined;
      pad.overrides.forEach((_, slot) => {
        const level: unknown = Array.isArray(saved) ? saved[slot] : undefined;
        pad.overrides[slot] = level === 0 || level === 1 ? level : NO_OVERRIDE;
      });
    });
  }

  private driveAll(): void {
    for (let index = 0; index < PINS; index++) this.drive(index);
  }

  private writePort(value: number): void {
    const { PORTx } = this.stored;
    const changed = (PORTx[0] ^ value) & this.mask;
    if (changed === 0) return;
    this.remember();
    PORTx[0] ^= changed;
    this.driveBits(changed);
  }

  private writeDirection(value: number, old: number): void {
    this.stored.DDRx[0] = value & this.mask;
    const changed = (value ^ old) & this.mask;
    if (changed === 0) return;
    this.remember();
    this.driveBits(changed);
    for (let index = 0; index < PINS; index++) {
      if (((changed >>> index) & 1) === 0) continue;
      const listeners = this.pads[index]?.listeners;
      if (listeners !== undefined) for (const listener of listeners) listener();
    }
  }

  private driveBits(changed: number): void {
    for (let rest = changed; rest !== 0; rest &= rest - 1) this.drive(31 - Math.clz32(rest & -rest));
  }

  /** Levels now, for reads before the synchroniser passes the change that follows. */
  private remember(): void {
    this.levelsBefore = this.read8();
    this.writtenAt = this.clock.ticks();
  }

  private read8(): number {
    if (this.clock.ticks() - this.writtenAt < SYNCHRONISER_CYCLES) return this.levelsBefore;
    let levels = 0;
    const { pads } = this;
    for (let index = 0; index < PINS; index++) {
      const pad = pads[index];
      if (pad !== undefined && pad.disabledBy === 0 && pad.pin.level) levels |= 1 << index;
    }
    return levels;
  }
}

export const GPIO_BLOCK = defineBlock({
  clocks: ['io'],
  options: z.strictObject({
    port: z.string().regex(/^[A-L]$/, 'must be a letter from A to L'),
    pins: z.int().min(1).max(PINS).default(PINS),
    registers: PLACES,
  }),
  create: (context, options) => new Gpio(context, options),
});
