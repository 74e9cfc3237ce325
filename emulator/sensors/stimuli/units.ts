/** What people measure in, made into the units of `QUANTITIES`: `1g`, `70 F`, `1013 hPa`, `0.5 gauss`. */
import { QUANTITIES, type Quantity } from '../inputs.js';

/** Value in the quantity's unit = value x factor + offset. */
interface Conversion { readonly factor: number; readonly offset: number }
type Units = Readonly<Record<string, number | readonly [factor: number, offset: number]>>;

/** Standard gravity, m/s2 (3rd CGPM, 1901). */
export const STANDARD_GRAVITY = 9.80665;
const DEGREES = 180 / Math.PI;

/** For each unit of a quantity, the others by their names in lower case. */
const CONVERSIONS: Readonly<Record<string, Units>> = {
  'm/s2': { 'm/s2': 1, 'm/s^2': 1, 'm/s²': 1, ms2: 1, g: STANDARD_GRAVITY, mg: STANDARD_GRAVITY / 1000, gal: 0.01 },
  'degrees/s': { 'degrees/s': 1, 'deg/s': 1, '°/s': 1, dps: 1, mdps: 0.001, rad: DEGREES, 'rad/s': DEGREES, rads: DEGREES, rpm: 6 },
  uT: { ut: 1, 'µt': 1, 'μt': 1, nt: 0.001, mt: 1000, t: 1e6, gauss: 100, mgauss: 0.1 },
  celsius: { c: 1, '°c': 1, cel: 1, celsius: 1, k: [1, -273.15], f: [5 / 9, -160 / 9], '°f': [5 / 9, -160 / 9] },
  pascal: { pa: 1, pascal: 1, hpa: 100, mbar: 100, kpa: 1000, bar: 100_000, atm: 101_325, mmhg: 133.322387415, inhg: 3386.389, psi: 6894.757293168 },
  '% relative humidity': { '%': 1, '%rh': 1, rh: 1, percent: 1, share: 100 },
  lux: { lux: 1, lx: 1, klux: 1000, klx: 1000 },
  share: { share: 1, '%': 0.01, percent: 0.01 },
  'full scale, -1 to 1': { fs: 1, '%': 0.01, percent: 0.01 },
};

/** How to convert from a unit, whatever its case; undefined when the quantity is not measured in it. */
export function conversionFrom(unit: string, quantity: Quantity): Conversion | undefined {
  const units = CONVERSIONS[QUANTITIES[quantity].unit];
  const name = unit.trim().toLowerCase();
  if (!Object.hasOwn(units, name)) return undefined;
  const found = units[name];
  return typeof found === 'number' ? { factor: found, offset: 0 } : { factor: found[0], offset: found[1] };
}

export function unitsOf(quantity: Quantity): string[] {
  return Object.keys(CONVERSIONS[QUANTITIES[quantity].unit]);
}
