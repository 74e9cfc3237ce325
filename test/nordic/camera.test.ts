/** Pictures that firmware takes by polling a camera's port, against the given picture after the documented conversions. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { Semihosting } from '../../emulator/semihosting/semihosting.js';
import { patterned } from '../sensors/camera/camera-bench.js';
import { program } from './lab.js';

const BOARDS = fileURLToPath(new URL('../../boards/', import.meta.url));

function nano(): EmulatedMachine {
  const read = (name: string) => ({ text: readFileSync(`${BOARDS}${name}.yaml`, 'utf8'), fileName: `${name}.yaml` });
  const nowhere = { interactive: false, write: (): void => undefined };
  const semihosting = new Semihosting({ stdin: { interactive: false, read: () => new Uint8Array(0) }, stdout: nowhere, stderr: nowhere, files: undefined, commandLine: '', epoch: 0, warn: () => undefined });
  return new EmulatedMachine(parseBoard(read('nano33ble').text, 'nano33ble.yaml', (chip) => read(`chips/${chip}`)), { seed: 1, semihosting });
}

/** A picture of the sensor's own size whose pixels are all different. */
const scene = patterned(640, 480);
const CLKRC = 0x11, COM3 = 0x0c, COM7 = 0x12, COM10 = 0x15, COM13 = 0x3d, COM14 = 0x3e, COM15 = 0x40, TSLB = 0x3a, DCWCTR = 0x72, RGB444 = 0x8c;
const HSTART = 0x17, HSTOP = 0x18, VSTRT = 0x19, VSTOP = 0x1a, HREF = 0x32, VREF = 0x03;

type Settings = readonly (readonly [register: number, value: number])[];

/** What the firmware found in its memory. */
function capture(registers: Settings, rows: number, bytesPerRow: number): number[] {
  const machine = nano();
  machine.inputs.setPicture(() => scene);
  const image = program('camera');
  machine.load(image);
  const addressOf = (name: string): number => image.symbols.find((symbol) => symbol.name === name)!.address;
  const order = addressOf('order');
  [registers.length, rows, bytesPerRow].forEach((value, index) => machine.bus.poke(order + 4 * index, value, 4));
  registers.flat().forEach((value, index) => machine.bus.poke(order + 12 + index, value, 1));
  const stop = machine.run(machine.now() + machine.rootHz);
  if (stop.kind !== 'exit') throw new Error(`the firmware did not finish: ${JSON.stringify(stop)}`);
  const picture = addressOf('picture');
  return Array.from({ length: rows * bytesPerRow }, (_, i) => machine.bus.peek(picture + i, 1)!);
}

/** Mean of a block of the scene, rounded down: what DCW does. */
function mean(x: number, y: number, size: number, channel: number): number {
  let sum = 0;
  for (let j = 0; j < size; j++) for (let i = 0; i < size; i++) sum += scene.pixels[3 * ((y + j) * 640 + x + i) + channel];
  return Math.floor(sum / (size * size));
}

/** Every pixel of a picture made of blocks, from column x and line y of the array on. */
function each(width: number, height: number, x: number, y: number, size: number, bytes: (rgb: readonly [number, number, number], column: number, row: number) => number[]): number[] {
  return Array.from({ length: width * height }, (_, i) => {
    const [column, row] = [i % width, Math.floor(i / width)];
    return bytes([0, 1, 2].map((channel) => mean(x + size * column, y + size * row, size, channel)) as [number, number, number], column, row);
  }).flat();
}

const luma = (r: number, g: number, b: number): number => (77 * r + 150 * g + 29 * b + 128) >> 8;

describe('a picture that firmware on a Nano 33 BLE takes from its OV7675', () => {
  it('QQVGA in RGB565', { timeout: 120_000 }, () => {
    const bytes = capture([[CLKRC, 1], [COM3, 4], [COM7, 4], [COM10, 0x20], [COM14, 0x1a], [COM15, 0xd0], [DCWCTR, 0x22]], 120, 320);
    expect(bytes).toEqual(each(160, 120, 0, 0, 4, ([r, g, b]) => {
      const word = ((r >> 3) << 11) | ((g >> 2) << 5) | (b >> 3);
      return [word >> 8, word & 0xff];
    }));
  });

  it('QVGA in RGB444', { timeout: 120_000 }, () => {
    const bytes = capture([[CLKRC, 3], [COM3, 4], [COM7, 4], [COM10, 0x20], [COM14, 0x11], [COM15, 0xd0], [RGB444, 2], [DCWCTR, 0x11]], 240, 640);
    expect(bytes).toEqual(each(320, 240, 0, 0, 2, ([r, g, b]) => [r >> 4, (g & 0xf0) | (b >> 4)]));
  });

  // As Arduino's library sets an OV7675: columns from 250 to 24 modulo 784, lines from 120; halved.
  it('QCIF, of which grey is the first byte of two', { timeout: 120_000 }, () => {
    const window: Settings = [[HSTART, 250 >> 3], [HSTOP, 24 >> 3], [HREF, 0x80 | (24 & 7) << 3 | (250 & 7)], [VSTRT, 120 >> 2], [VSTOP, 180 >> 2], [VREF, 0]];
    const bytes = capture([[CLKRC, 3], [COM3, 4], [COM7, 0], [COM10, 0x20], [COM13, 0xc0], [COM14, 0x11], [TSLB, 4], [DCWCTR, 0x11], ...window], 144, 352);
    // A window of 558 columns can begin at column 82 at most; 250 - 136 would be 114.
    expect(bytes.filter((_, i) => i % 2 === 0)).toEqual(each(176, 144, 82, 108, 2, ([r, g, b]) => [luma(r, g, b)]));
  });

  it('a window of 160 x 100 of the raw array', { timeout: 120_000 }, () => {
    const window: Settings = [[HSTART, 236 >> 3], [HSTOP, 396 >> 3], [HREF, (396 & 7) << 3 | (236 & 7)], [VSTRT, 62 >> 2], [VSTOP, 162 >> 2], [VREF, (162 & 3) << 2 | (62 & 3)]];
    const bytes = capture([[CLKRC, 7], [COM7, 1], [COM10, 0x20], ...window], 100, 160);
    expect(bytes).toEqual(each(160, 100, 100, 50, 1, ([r, g, b], column, row) => [row % 2 === 0 ? (column % 2 === 0 ? b : g) : column % 2 === 0 ? g : r]));
  });
});
