/**
 * RADIO's modes and their times in microseconds. Source: nRF52840 Product Specification v1.1, RADIO, "Radio timing"; nRF51822
 * Product Specification v3.3, "Radio timing parameters".
 */
export type RadioFamily = 'nrf51' | 'nrf52833' | 'nrf52840';

export interface RadioMode {
  /** Who hears it: frames of the same name. */
  readonly modulation: string;
  readonly bitMicroseconds: number;
  readonly isBluetooth: boolean;
  readonly isLongRange: boolean;
  readonly isIeee802154: boolean;
}

function mode(modulation: string, bitMicroseconds: number, kind: 'nordic' | 'bluetooth' | 'long range' | 'ieee' = 'nordic'): RadioMode {
  return { modulation, bitMicroseconds, isBluetooth: kind === 'bluetooth' || kind === 'long range', isLongRange: kind === 'long range', isIeee802154: kind === 'ieee' };
}

const NRF_1MBIT = mode('nrf-1m', 1);
const MODES: Readonly<Record<number, RadioMode>> = {
  0: NRF_1MBIT,
  1: mode('nrf-2m', 0.5),
  2: mode('nrf-250k', 4),
  3: mode('ble-1m', 1, 'bluetooth'),
  4: mode('ble-2m', 0.5, 'bluetooth'),
  5: mode('ble-coded', 8, 'long range'),
  6: mode('ble-coded', 2, 'long range'),
  15: mode('ieee-802.15.4', 4, 'ieee'),
};

/** A number that the manual does not list is taken for 1 Mbit/s. */
export function modeOf(number: number): RadioMode {
  return MODES[number] ?? NRF_1MBIT;
}

export interface SwitchingTimes { readonly txEnable: number; readonly rxEnable: number; readonly txDisable: number; readonly rxDisable: number }

export function switchingTimes(family: RadioFamily, { isBluetooth, isIeee802154, bitMicroseconds }: RadioMode, isFast: boolean): SwitchingTimes {
  if (family === 'nrf51') {
    const txDisable = bitMicroseconds === 4 ? 10 : bitMicroseconds === 1 ? 4 : 3;
    return isBluetooth ? { txEnable: 140, rxEnable: 138, txDisable, rxDisable: 0 } : { txEnable: 132, rxEnable: 130, txDisable, rxDisable: 0 };
  }
  const enable = isFast ? 40 : isIeee802154 ? 130 : 140;
  if (isIeee802154) return { txEnable: enable, rxEnable: enable, txDisable: 21, rxDisable: 0.5 };
  return { txEnable: enable, rxEnable: enable, txDisable: bitMicroseconds === 0.5 ? 4 : 6, rxDisable: 0 };
}

/** "Time from RSSISTART to RSSIEND". */
export const rssiMicroseconds = (family: RadioFamily): number => (family === 'nrf51' ? 8.8 : 15);

/** The coded physical layer's own fields: Bluetooth Core Specification 5.0, Vol 6, Part B, 2.2. */
export const LONG_RANGE = { preamble: 80, addressBit: 8, codingIndicatorAndTerm1: 16 + 24, term2Bits: 3 } as const;
