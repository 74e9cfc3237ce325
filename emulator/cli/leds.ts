/** A board's LEDs, and what its parts show, as text and as data: what a person would see at this moment. */
import type { PartView, PinsView } from '../machine-api.js';
import type { Shown } from '../index.js';

/** From dark to bright: a share of time of 0, of up to a quarter, and so on. */
const SHADES = ['.', '-', '+', '*', '#'] as const;

export interface LedsReport {
  readonly leds: readonly { readonly name: string; readonly isLit: boolean }[];
  /** Lines from the top; each LED's share of the last 20 ms, rounded to thousandths. */
  readonly matrices: readonly { readonly name: string; readonly brightness: readonly (readonly number[])[] }[];
  /** Displays, lamps, motors and the like; pixels as lines of 0 and 1. */
  readonly parts: readonly { readonly name: string; readonly part: string; readonly shows: ShownInReport }[];
}

/** Pixels as lines of text; all else as it is. */
type ShownInReport = Exclude<Shown, { kind: 'pixels' }> | (Omit<Extract<Shown, { kind: 'pixels' }>, 'pixels'> & { readonly pixels: readonly string[] });

export function ledsReport({ leds, matrices }: PinsView, parts: readonly PartView[] = []): LedsReport {
  return {
    leds: leds.map(({ name, isLit }) => ({ name, isLit })),
    matrices: matrices.map((matrix) => ({ name: matrix.name, brightness: matrix.brightness().map((line) => line.map(inThousandths)) })),
    parts: parts.flatMap((view) => {
      const shown = view.shows();
      return shown === undefined ? [] : [{ name: view.name, part: view.part, shows: inReport(shown) }];
    }),
  };
}

/** One line for the LEDs, and each matrix line by line; empty for a board without any. */
export function ledsText({ leds, matrices, parts }: LedsReport): string {
  const single = leds.length === 0 ? [] : [`leds: ${leds.map(({ name, isLit }) => `${name} ${isLit ? 'on' : 'off'}`).join(', ')}`];
  const pictures = matrices.flatMap(({ name, brightness }) => [`${name}:`, ...brightness.map((line) => `  ${line.map(shade).join(' ')}`)]);
  return [...single, ...pictures, ...parts.flatMap(partText)].map((line) => `${line}\n`).join('');
}

function partText({ name, shows }: LedsReport['parts'][number]): string[] {
  switch (shows.kind) {
    case 'light': return [`${name}: ${percent(shows.brightness)}`];
    case 'colour': return [`${name}: ${shows.brightness.map(percent).join(' ')}`];
    case 'colours': return [`${name}: ${shows.colours.map(hexOf).join(' ')}`];
    case 'lights': return [`${name}:`, ...shows.brightness.map((line) => `  ${line.map(shade).join(' ')}`)];
    case 'pixels': return [`${name}:`, ...shows.pixels.map((line) => `  ${line.replaceAll('0', '.').replaceAll('1', '#')}`)];
    case 'angle': return [`${name}: ${shows.degrees} degrees`];
    case 'tone': return [`${name}: ${shows.hz === undefined ? 'silent' : `${shows.hz} Hz`}`];
    case 'levels': return [`${name}: ${shows.levels.map(Number).join('')}`];
    case 'switch': return [`${name}: ${shows.isOn ? 'on' : 'off'}`];
    case 'position': return [`${name}: ${percent(shows.share)}`];
    case 'storage': return [`${name}: ${shows.bytes} bytes, ${shows.changedBlocks} blocks changed`];
  }
}

function inReport(shown: Shown): ShownInReport {
  switch (shown.kind) {
    case 'light': return { ...shown, brightness: inThousandths(shown.brightness) };
    case 'colour': return { ...shown, brightness: shown.brightness.map(inThousandths) as [number, number, number] };
    case 'colours': return { ...shown, colours: shown.colours.map((colour) => colour.map(inThousandths) as [number, number, number]) };
    case 'lights': return { ...shown, brightness: shown.brightness.map((line) => line.map(inThousandths)) };
    case 'angle': return { ...shown, degrees: inThousandths(shown.degrees) };
    case 'tone': return { ...shown, hz: shown.hz === undefined ? undefined : inThousandths(shown.hz) };
    case 'pixels': {
      const { width, height, pixels } = shown;
      return { ...shown, pixels: Array.from({ length: height }, (_, y) => pixels.subarray(y * width, (y + 1) * width).join('')) };
    }
    case 'levels': case 'switch': case 'position': case 'storage': return shown;
  }
}

const inThousandths = (value: number): number => Math.round(value * 1000) / 1000;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const hexOf = (colour: readonly number[]): string => `#${colour.map((share) => Math.round(share * 255).toString(16).padStart(2, '0')).join('')}`;

function shade(share: number): string {
  return SHADES[Math.min(SHADES.length - 1, Math.ceil(share * (SHADES.length - 1)))];
}
