/** nRF52840 programs in C that listen: to an SPH0645 through I2S, to a PDM microphone's bits through SPIM. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { Semihosting } from '../../emulator/semihosting/semihosting.js';
import { fitTone } from '../support/tone.js';

const HERE = import.meta.dirname;
const BOARDS = join(HERE, '../../boards');
const TONE_HZ = 1000;

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'thumbelina-audio-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program on the nRF52840 DK with a part wired to it, in a tone of that amplitude. @returns its `samples` */
function heard(program: string, wiring: string, amplitude: number, count: number, watched?: string): number[] {
  const elf = join(folder, `${program}.elf`);
  execFileSync('arm-none-eabi-gcc', ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=soft', '-O2', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib',
    '-T', 'nrf52840.ld', 'startup.c', `${program}.c`, '-lgcc', '-o', elf], { cwd: HERE });
  const text = `${readFileSync(join(BOARDS, 'nrf52840dk.yaml'), 'utf8')}\n${wiring}\n`;
  const board = parseBoard(text, 'nrf52840dk-audio.yaml', (chip) => ({ text: readFileSync(join(BOARDS, `chips/${chip}.yaml`), 'utf8'), fileName: `${chip}.yaml` }));
  const output = { interactive: false, write: () => undefined };
  const host = { stdin: { interactive: false, read: () => new Uint8Array(0) }, stdout: output, stderr: output, files: undefined, commandLine: '', epoch: 0, warn: () => undefined };
  const machine = new EmulatedMachine(board, { seed: 1, semihosting: new Semihosting(host) });
  machine.inputs.set('sound', (at) => amplitude * Math.sin((2 * Math.PI * TONE_HZ * at) / machine.rootHz));
  const image = loadFirmware(new Uint8Array(readFileSync(elf)));
  machine.load(image);
  if (watched !== undefined) machine.pins.net(watched)!.onEdge(() => undefined);
  expect(machine.run(2 * machine.rootHz)).toMatchObject({ kind: 'exit', code: 0 });
  const { address } = image.symbols.find(({ name }) => name === 'samples')!;
  return Array.from({ length: count }, (_, n) => (machine.core.peek(address + 4 * n, 4) ?? 0) | 0);
}

const SPH0645 = 'i2s: [{ sck: P0.27, ws: P0.26, sd: P0.25, part: sph0645 }]';
const FRAMES = 1024;
const FRAMES_PER_SECOND = 32_000_000 / 21 / 48;

it('a tone of 100 dB SPL comes out of an SPH0645 at -20 dBFS, as clean as 18 bits are', () => {
  const { amplitude, snrDb } = fitTone(heard('i2s', SPH0645, 0.1, FRAMES), TONE_HZ / FRAMES_PER_SECOND);
  // A step of 2^-17 is a noise of -114 dBFS.
  expect([Math.abs(amplitude / 2 ** 23 - 0.1) < 1e-5, snrDb > 88]).toEqual([true, true]);
});

it('an SPH0645 has the same samples when somebody watches its clock', () => {
  expect(heard('i2s', SPH0645, 0.1, FRAMES, 'P0.27')).toEqual(heard('i2s', SPH0645, 0.1, FRAMES));
});

it('a program that reads a PDM microphone through SPIM decodes a tone at -20 dBFS with 60 dB or more', () => {
  const samples = heard('pdm-spi', 'pdm: [{ clk: P0.26, din: P0.25, part: mp34dt05 }]', 0.1, 400);
  const x = (TONE_HZ * 64) / 1_000_000;
  const { amplitude, snrDb } = fitTone(samples, x);
  // What a moving average over a sample leaves of the tone, five times.
  const droop = (Math.sin(Math.PI * x) / (Math.PI * x)) ** 5;
  expect([Math.abs(amplitude / 2 ** 30 - 0.1 * droop) < 1e-4, snrDb > 60]).toEqual([true, true]);
});
