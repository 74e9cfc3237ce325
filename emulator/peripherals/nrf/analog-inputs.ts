/**
 * Analog inputs AIN0 to AIN7 and the supply, as a chip's converters and comparators see them.
 * Source: nRF52840 Product Specification v1.1 and nRF52833 Product Specification v1.5, Pin assignments; nRF51822 Product
 * Specification v3.3, Pin functions (AREF0 on P0.00, AREF1 on P0.06). AIN pins are confirmed by
 * sandeepmistry/arduino-nRF5 (wiring_analog); the references are not. Nets are ideal sources: an input draws no current.
 */
import type { RootTicks } from '../../time/types.js';
import type { Net } from '../../wires/net.js';
import type { Pads } from './pads.js';

export type Family = 'nrf51' | 'nrf52';

const AIN: Readonly<Record<Family, readonly number[]>> = {
  nrf51: [26, 27, 1, 2, 3, 4, 5, 6],
  nrf52: [2, 3, 4, 5, 28, 29, 30, 31],
};
const AREF: Readonly<Record<Family, readonly number[]>> = { nrf51: [0, 6], nrf52: [2, 3] };
/** Where a chip has no pads, in a bench say. */
const DEFAULT_VDD = 3.3;

export class AnalogInputs {
  constructor(private readonly pads: Pads, private readonly family: Family) {}

  /** Volts of the supply. */
  get vdd(): number {
    return this.net(0)?.vdd ?? DEFAULT_VDD;
  }

  /** The net at AIN`n`, 0 to 7. */
  net(n: number): Net | undefined {
    return this.pads.selected(AIN[this.family][n & 7])?.pin.net;
  }

  /** Volts at AIN`n`. */
  volts(n: number, at?: RootTicks): number {
    return this.net(n)?.volts(at) ?? 0;
  }

  /** The net at analog reference `n`, 0 or 1. */
  referenceNet(n: number): Net | undefined {
    return this.pads.selected(AREF[this.family][n & 1])?.pin.net;
  }
}
