/** Asynchronous serial frames: start bit, data bits from the least significant, parity, stop bits. */
import { bitTimeOf, bitsAfter, sameBitTime, ticksToBit } from './bit-time.js';
import type { BitTime } from './bit-time.js';
import type { RootTicks } from '../time/types.js';

export type Parity = 'none' | 'even' | 'odd' | 'mark' | 'space';

export interface UartFormat {
  readonly bitTime: BitTime;
  /** Without the parity bit. */
  readonly dataBits: 5 | 6 | 7 | 8 | 9;
  readonly parity: Parity;
  readonly stopBits: 0.5 | 1 | 1.5 | 2;
}

/** One frame on its way: what its line does and when. */
export interface UartFrame {
  readonly format: UartFormat;
  /** Root tick of the start bit's falling edge. */
  readonly start: RootTicks;
  /** Levels of the bits before the stop bits, the start bit in bit 0. */
  readonly levels: number;
}

/** 8 data bits, no parity, one stop bit. */
export function uart8N1(baud: number, rootHz: number): UartFormat {
  return { bitTime: bitTimeOf(baud, rootHz), dataBits: 8, parity: 'none', stopBits: 1 };
}

export function sameFormat(a: UartFormat, b: UartFormat): boolean {
  return sameBitTime(a.bitTime, b.bitTime) && a.dataBits === b.dataBits && a.parity === b.parity && a.stopBits === b.stopBits;
}

/** Bits before the stop bits. */
export function bitsBeforeStop(format: UartFormat): number {
  return 1 + format.dataBits + (format.parity === 'none' ? 0 : 1);
}

export function makeFrame(format: UartFormat, word: number, start: RootTicks): UartFrame {
  const data = word & ((1 << format.dataBits) - 1);
  return { format, start, levels: (data << 1) | (parityBit(format, data) << (1 + format.dataBits)) };
}

/** Zero where the format has no parity bit. */
export function parityBit(format: UartFormat, data: number): 0 | 1 {
  switch (format.parity) {
    case 'none': case 'space': return 0;
    case 'mark': return 1;
    case 'even': return onesOf(data) as 0 | 1;
    case 'odd': return (1 - onesOf(data)) as 0 | 1;
  }
}

/** Level of bit k; stop bits and idle after them are high. */
export function levelOfBit({ format, levels }: UartFrame, k: number): boolean {
  return k >= bitsBeforeStop(format) || ((levels >>> k) & 1) === 1;
}

export function levelAt(frame: UartFrame, now: RootTicks): boolean {
  return levelOfBit(frame, bitsAfter(frame.format.bitTime, now - frame.start));
}

/** Root tick at which bit k begins. */
export function edgeOfBit({ format, start }: UartFrame, k: number): RootTicks {
  return start + ticksToBit(format.bitTime, k);
}

/** Root tick in the middle of bit k, where a receiver of this format samples. */
export function middleOfBit(format: UartFormat, start: RootTicks, k: number): RootTicks {
  return start + ticksToBit(format.bitTime, 2 * k + 1, 2);
}

/** A receiver takes half a stop bit's middle for the middle of what there is. */
export function middleOfStop(format: UartFormat, start: RootTicks): RootTicks {
  const k = bitsBeforeStop(format);
  return format.stopBits === 0.5 ? start + ticksToBit(format.bitTime, 4 * k + 1, 4) : middleOfBit(format, start, k);
}

export function endOfFrame({ format, start }: UartFrame): RootTicks {
  return start + ticksToBit(format.bitTime, 2 * (bitsBeforeStop(format) + format.stopBits), 2);
}

/** The word in a frame's levels. */
export function wordOf(format: UartFormat, levels: number): number {
  return (levels >>> 1) & ((1 << format.dataBits) - 1);
}

function onesOf(data: number): number {
  let parity = 0;
  for (let rest = data; rest !== 0; rest >>>= 1) parity ^= rest & 1;
  return parity;
}

/** A format as numbers for a snapshot, and back. */
export function saveFormat({ bitTime, dataBits, parity, stopBits }: UartFormat): (number | string)[] {
  return [bitTime.num, bitTime.den, dataBits, parity, stopBits];
}

/** @throws Error for anything that `saveFormat` does not give */
export function loadFormat(saved: unknown): UartFormat {
  const [num, den, dataBits, parity, stopBits] = Array.isArray(saved) ? saved as unknown[] : [];
  const valid = Number.isSafeInteger(num) && Number.isSafeInteger(den) && (num as number) > 0 && (den as number) > 0
    && [5, 6, 7, 8, 9].includes(dataBits as number) && ['none', 'even', 'odd', 'mark', 'space'].includes(parity as string)
    && [0.5, 1, 1.5, 2].includes(stopBits as number);
  if (!valid) throw new Error('the snapshot holds no valid UART format');
  return { bitTime: { num: num as number, den: den as number }, dataBits: dataBits as 8, parity: parity as Parity, stopBits: stopBits as 1 };
}

export function saveFrame(frame: UartFrame | undefined) {
  return frame === undefined ? null : { format: saveFormat(frame.format), start: frame.start, levels: frame.levels };
}

export function loadFrame(saved: unknown): UartFrame | undefined {
  if (saved === null) return undefined;
  const { format, start, levels } = (saved ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(levels)) throw new Error('the snapshot holds no valid UART frame');
  return { format: loadFormat(format), start: start as number, levels: levels as number };
}
