/**
 * The chip's pads by their names (PB5) and what alternate functions do with them.
 * Source: ATmega328P data sheet DS40002061B, 14.3 Alternate Port Functions: a function takes over direction and value
 * (USART, TWI), or the value alone, which then needs DDR to say output (OC pins), or switches the digital input off (DIDR).
 */
import type { Snapshot } from '../../bus/types.js';
import type { Net, Pin } from '../../wires/net.js';
import type { SharedKind } from '../block.js';
import { z } from 'zod';

export const PAD_NAME = z.string().regex(/^P[A-L][0-7]$/, 'must be a pad such as PB5');

/** A value that takes the place of PORT's while a function is connected. */
export interface PadOverride {
  /** @param level undefined where the function is disconnected */
  set(level: boolean | undefined): void;
}

export interface Pad {
  readonly name: string;
  readonly pin: Pin;
  readonly net: Net;
  /** DDR says output. */
  readonly isOutput: boolean;
  /** From now on a function drives the pad, whatever DDR and PORT say; its pull-up still follows PORT. */
  take(): void;
  give(): void;
  /** A function's own place: with two at once, PORT says whether they are ANDed or ORed (output compare modulator). */
  override(): PadOverride;
  /** Told when DDR changes. */
  onDirection(listener: () => void): void;
  /** The digital input reads 0. @param source who says so: bits of several are ORed */
  disableInput(source: 'adc' | 'comparator', isDisabled: boolean): void;
}

export class AvrPads {
  private readonly ports = new Map<string, readonly (Pad | undefined)[]>();

  addPort(letter: string, pads: readonly (Pad | undefined)[]): void {
    this.ports.set(letter, pads);
  }

  /** Undefined for no name, and where the chip has no such pad. */
  find(name: string | undefined): Pad | undefined {
    return name === undefined ? undefined : this.ports.get(name[1])?.[Number(name[2])];
  }
}

export const AVR_PADS: SharedKind<AvrPads> = { make: () => new AvrPads() };

/** A pad that a function drives while it is enabled. Whether it holds it is saved with the function. */
export class HeldPad {
  private isHeld = false;

  constructor(private readonly pads: AvrPads, private readonly name: string | undefined) {}

  get pad(): Pad | undefined { return this.pads.find(this.name); }

  /** The pin, while held. */
  get pin(): Pin | undefined { return this.isHeld ? this.pad?.pin : undefined; }

  hold(): Pin | undefined {
    if (!this.isHeld) {
      this.isHeld = true;
      this.pad?.take();
    }
    return this.pin;
  }

  /** The function's link has let go of the pin already. */
  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.pad?.pin.release();
    this.pad?.give();
  }

  save(): boolean { return this.isHeld; }

  /** The port restores who has taken its pads by itself. */
  load(from: Snapshot, key: string): void {
    this.isHeld = from[key] === true;
  }
}
