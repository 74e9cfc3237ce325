/** A picture that an Arduino Uno takes from a camera whose clock is a timer's, bit for bit after the documented conversion. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { parsePart, withPart } from '../../emulator/boards/index.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { patterned } from '../sensors/camera/camera-bench.js';
import { avrBoard } from '../support/avr-machine.js';
import { buildAvrPrograms, built } from './build.js';

const [COLUMNS, ROWS] = [32, 24];
const WIRES = 'ov7670,sda=A4,scl=A5,xclk=D9,vsync=D2,href=D3,pclk=D8,d0=A0,d1=A1,d2=A2,d3=A3,d4=D4,d5=D5,d6=D6,d7=D7';
const scene = patterned(640, 480);

beforeAll(buildAvrPrograms, 300_000);

/** Mean of 4 x 4 pixels of the scene, rounded down: what DCW does. */
function mean(x: number, y: number, channel: number): number {
  let sum = 0;
  for (let j = 0; j < 4; j++) for (let i = 0; i < 4; i++) sum += scene.pixels[3 * ((4 * y + j) * 640 + 4 * x + i) + channel];
  return Math.floor(sum / 16);
}

it('QQVGA in RGB565, its first 32 columns and 24 rows, with XCLK from OC1A', { timeout: 240_000 }, () => {
  const machine = new EmulatedMachine(withPart(avrBoard('arduino-uno'), parsePart(WIRES), '--part'), { seed: 0 });
  machine.inputs.setPicture(() => scene);
  const file = built('uno/camera.elf');
  machine.load(loadFirmware(readFileSync(file), { name: file }));
  const bytes: number[] = [];
  machine.serials[0].onByte((byte) => bytes.push(byte));
  while (bytes.length < 2 * COLUMNS * ROWS && machine.now() < 2 * machine.rootHz) machine.run(machine.now() + machine.rootHz / 20);
  expect(bytes).toEqual(Array.from({ length: COLUMNS * ROWS }, (_, i) => {
    const [r, g, b] = [0, 1, 2].map((channel) => mean(i % COLUMNS, Math.floor(i / COLUMNS), channel));
    const word = ((r >> 3) << 11) | ((g >> 2) << 5) | (b >> 3);
    return [word >> 8, word & 0xff];
  }).flat());
});
