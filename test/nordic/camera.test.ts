/** Pictures that firmware takes by polling a camera's port, against the given picture after the documented conversions. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import type { Picture } from '../../emulator/sensors/index.js';
import { Semihosting } from '../../emulator/semihosting/semihosting.js';
import { program } from './lab.js';

const BOARDS = fileURLToPath(new URL('../../boards/', import.meta.url));

function nano(): EmulatedMachine {
  const read = (name: string) => ({ text: readFileSync(`${BOARDS}${name}.yaml`, 'utf8'), fileName: `${name}.yaml` });
  const nowhere = { interactive: false, write: (): void => undefined };
  const semihosting = new Semihosting({ stdin: { interactive: false, read: () => new Uint8Array(0) }, stdout: nowhere, stderr: nowhere, files: undefined, commandLine: '', epoch: 0, warn: () => undefined });
  return new EmulatedMachine(parseBoard(read('nano33ble').text, 'nano33ble.yaml', (chip) => read(`chips/${chip}`)), { seed: 1, semihosting });
}

/** A picture of the sensor's own size whose pixels are all different. */
const width = 640;
const height = 480;
const pixels = new Uint8Array(width * height * 3);
for (let i = 0; i < width * height; i++) {
  const [x, y] = [i % width, Math.floor(i / width)];
  pixels.set([(x * 5 + y * 3) & 0xff, (x * x + 7 * y) >> 3 & 0xff, (x * 11 ^ y * 13) & 0xff], 3 * i);
}
const scene: Picture = { width, height, pixels };

const COM3 = 0x0c; const CLKRC = 0x11; const COM7 = 0x12; const COM10 = 0x15; const COM14 = 0x3e; const COM15 = 0x40; const TSLB = 0x3a;
const DCWCTR = 0x72;

function capture(registers: readonly (readonly [number, number])[], rows: number, bytesPerRow: number): { bytes: number[]; seconds: number } {
  const machine = nano();
  machine.inputs.setPicture(() => scene);
  const image = program('camera');
  machine.load(image);
  const addressOf = (name: string): number => image.symbols.find((symbol) => symbol.name === name)!.address;
  const order = addressOf('order');
  [registers.length, rows, bytesPerRow].forEach((value, index) => machine.bus.poke(order + 4 * index, value, 4));
  registers.flat().forEach((value, index) => machine.bus.poke(order + 12 + index, value, 1));
  const warnings: string[] = [];
  machine.warnings.onWarning((text) => warnings.push(text));
  const stop = machine.run(machine.now() + 2 * machine.rootHz);
  if (stop.kind !== 'exit') throw new Error(JSON.stringify([stop, warnings]));
  const picture = addressOf('picture');
  return { bytes: Array.from({ length: rows * bytesPerRow }, (_, i) => machine.bus.peek(picture + i, 1)!), seconds: machine.now() / machine.rootHz };
}

describe('smoke', () => {
  it('QQVGA RGB565', () => {
    const t = Date.now();
    const { bytes, seconds } = capture([[CLKRC, 3], [COM3, 4], [COM7, 4], [COM10, 0x20], [COM14, 0x12], [COM15, 0xd0], [TSLB, 4], [DCWCTR, 0x22]], 120, 320);
    console.log(Date.now() - t, 'ms', seconds);
    const mean = (x: number, y: number, c: number): number => {
      let sum = 0;
      for (let j = 0; j < 4; j++) for (let i = 0; i < 4; i++) sum += pixels[3 * ((4 * y + j) * width + 4 * x + i) + c];
      return Math.floor(sum / 16);
    };
    const expected: number[] = [];
    for (let y = 0; y < 120; y++) for (let x = 0; x < 160; x++) {
      const word = ((mean(x, y, 0) >> 3) << 11) | ((mean(x, y, 1) >> 2) << 5) | (mean(x, y, 2) >> 3);
      expected.push(word >> 8, word & 0xff);
    }
    expect(bytes.findIndex((byte, i) => byte !== expected[i])).toBe(-1);
  });
});
