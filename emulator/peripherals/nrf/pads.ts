/**
 * The chip's pads by number, as PSEL registers name them: bits 4:0 the pin, bit 5 the port, bit 31 disconnected.
 * Source: nRF52840 Product Specification v1.1, GPIO and the PSEL registers of each peripheral. A peripheral that drives a
 * pad overrides OUT and DIR; pulls stay those of PIN_CNF.
 */
import type { Line } from '../../bus/types.js';
import { OrLine, SignalLine } from '../../wires/line.js';
import type { Pin } from '../../wires/net.js';
import type { SharedKind } from '../block.js';

export interface Pad {
  /** P0.13, by the chip's name. */
  readonly name: string;
  /** What peripherals drive and listen with; one peripheral at a time drives. */
  readonly pin: Pin;
  /** GPIO lets go of the pad, as long as anybody has taken it. */
  take(): void;
  give(): void;
}

const DISCONNECTED = 0x8000_0000;
const PINS_PER_PORT = 32;

export class Pads {
  /** Some pad is at the level it is sensed for: what GPIOTE's PORT event and waking from System OFF follow. */
  readonly detect = new SignalLine('DETECT');
  private readonly detectSources = new OrLine(this.detect);
  private readonly ports = new Map<number, readonly (Pad | undefined)[]>();

  addPort(port: number, pads: readonly (Pad | undefined)[]): void {
    this.ports.set(port, pads);
  }

  /** For GPIO: its port's contribution to DETECT. */
  detectInput(): Line {
    return this.detectSources.input();
  }

  /** Pad of a PSEL register's value; undefined when that is disconnected or no pad of this chip. */
  selected(psel: number): Pad | undefined {
    if ((psel & DISCONNECTED) !== 0) return undefined;
    return this.ports.get((psel >>> 5) & 1)?.[psel % PINS_PER_PORT];
  }
}

export const PADS: SharedKind<Pads> = { make: () => new Pads() };

/** What a peripheral does with a pad: drives it (true), listens to what others drive (false), or makes it an input against GPIO's DIR. */
export type PadUse = boolean | 'input';

/** The pads that a peripheral holds while it is enabled, by what it does with them: released and taken together. */
export class PadSet<K extends string> {
  private readonly held = new Map<K, { readonly pad: Pad; readonly drives: PadUse }>();

  constructor(private readonly pads: Pads) {}

  /** The pin for a signal; undefined when it is not connected. */
  pin(signal: K): Pin | undefined {
    return this.held.get(signal)?.pad.pin;
  }

  /** @param drives whether the peripheral drives the pad or makes it an input: both take it away from GPIO */
  hold(signal: K, psel: number, drives: PadUse): Pin | undefined {
    const pad = this.pads.selected(psel);
    const present = this.held.get(signal);
    if (present?.pad === pad && present?.drives === drives) return pad?.pin;
    this.release(signal);
    if (!pad) return undefined;
    if (drives !== false) pad.take();
    this.held.set(signal, { pad, drives });
    return pad.pin;
  }

  /** The peripheral has detached its link already. */
  release(signal: K): void {
    const present = this.held.get(signal);
    this.held.delete(signal);
    if (present === undefined || present.drives === false) return;
    if (present.drives === true) present.pad.pin.release();
    present.pad.give();
  }

  releaseAll(): void {
    for (const signal of [...this.held.keys()]) this.release(signal);
  }

  /** Before a restore: what is held is forgotten, since nets come back by themselves and GPIO, restored first, as if nobody had taken a pad. */
  forget(): void {
    this.held.clear();
  }

  /** For a restore, after `forget`: what the saved peripheral held is held again, and its link's levels stay as the net has them. */
  adopt(signal: K, psel: number, drives: boolean): Pin | undefined {
    const pad = this.pads.selected(psel);
    if (!pad) return undefined;
    if (drives) pad.take();
    this.held.set(signal, { pad, drives });
    return pad.pin;
  }
}
