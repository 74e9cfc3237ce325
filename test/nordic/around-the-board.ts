/** What stands around a micro:bit in the tests: its attitude in the world, drivers at its pins, and what is seen there. */
import type { Quantity } from '../../emulator/sensors/index.js';
import { Pin, type Net } from '../../emulator/wires/net.js';
import type { MicroPython } from './micropython.js';

export const G = 9.80665;

export interface Edge { readonly level: boolean; readonly at: number }

/** Something outside that can drive a pin of the board. */
export const drive = (board: MicroPython, pin: string): Pin => new Pin('outside', board.net(pin));

export function world(board: MicroPython, values: Partial<Record<Quantity, number>>): void {
  for (const [quantity, value] of Object.entries(values)) board.machine.inputs.set(quantity as Quantity, value);
}

/** Edges on a net from now on, in seconds of the board's time. */
export function edges(board: MicroPython, net: Net): Edge[] {
  const seen: Edge[] = [];
  net.onEdge((level, at) => seen.push({ level, at: at / board.machine.rootHz }));
  return seen;
}

/** Hz, from the first rising edge to the last. */
export function frequency(seen: readonly Edge[]): number {
  const rises = seen.filter(({ level }) => level).map(({ at }) => at);
  return (rises.length - 1) / (rises.at(-1)! - rises[0]);
}

/** Seconds that each pulse lasts. */
export function widthsOfHighs(seen: readonly Edge[]): number[] {
  return seen.flatMap(({ level, at }, n) => (level && n + 1 < seen.length ? [seen[n + 1].at - at] : []));
}

/** WS2812: a pulse of 0.4 us is 0, one of 0.8 us is 1; bytes begin with the highest bit. */
export function bytesOfNeopixels(seen: readonly Edge[]): number[] {
  const bits = widthsOfHighs(seen).map((width) => (width > 0.6e-6 ? 1 : 0)).join('');
  return (bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
}

/** What an accelerometer at rest measures, in g along the axes of the board. */
export const lying = (x: number, y: number, z: number) => ({ 'acceleration.x': x * G, 'acceleration.y': y * G, 'acceleration.z': z * G });

/** The board turned so that up, seen from it, is (x, y) and the rest along z, in the earth's field, north where its logo is when it lies flat. */
export function tilted(x: number, y: number): Partial<Record<Quantity, number>> {
  const z = Math.sqrt(1 - x * x - y * y);
  const [north, down] = [20, -44];
  // The shortest turn that brings (0, 0, 1) to (x, y, z), applied to (0, north, down).
  const k = 1 / (1 + z);
  return {
    ...lying(x, y, z),
    'magneticField.x': -k * x * y * north + x * down,
    'magneticField.y': (1 - k * y * y) * north + y * down,
    'magneticField.z': -y * north + z * down,
  };
}
const LEVELS = [-0.69, -0.4, 0, 0.4, 0.69];
/** The 25 attitudes that bring the dot of the compass's calibration to each LED. */
export const TILTS = LEVELS.flatMap((x) => LEVELS.map((y) => tilted(x, y)));
