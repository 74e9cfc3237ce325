/** A board's LEDs as text and as data: what a person would see at this moment. */
import type { PinsView } from '../machine-api.js';

/** From dark to bright: a share of time of 0, of up to a quarter, and so on. */
const SHADES = ['.', '-', '+', '*', '#'] as const;

export interface LedsReport {
  readonly leds: readonly { readonly name: string; readonly isLit: boolean }[];
  /** Lines from the top; each LED's share of the last 20 ms, rounded to thousandths. */
  readonly matrices: readonly { readonly name: string; readonly brightness: readonly (readonly number[])[] }[];
}

export function ledsReport({ leds, matrices }: PinsView): LedsReport {
  return {
    leds: leds.map(({ name, isLit }) => ({ name, isLit })),
    matrices: matrices.map((matrix) => ({ name: matrix.name, brightness: matrix.brightness().map((line) => line.map((share) => Math.round(share * 1000) / 1000)) })),
  };
}

/** One line for the LEDs, and each matrix line by line; empty for a board without any. */
export function ledsText({ leds, matrices }: LedsReport): string {
  const single = leds.length === 0 ? [] : [`leds: ${leds.map(({ name, isLit }) => `${name} ${isLit ? 'on' : 'off'}`).join(', ')}`];
  const pictures = matrices.flatMap(({ name, brightness }) => [`${name}:`, ...brightness.map((line) => `  ${line.map(shade).join(' ')}`)]);
  return [...single, ...pictures].map((line) => `${line}\n`).join('');
}

function shade(share: number): string {
  return SHADES[Math.min(SHADES.length - 1, Math.ceil(share * (SHADES.length - 1)))];
}
