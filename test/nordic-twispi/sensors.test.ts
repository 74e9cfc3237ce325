/** An nRF52840 program in C reads parts through TWIM0 and SPIM3. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { loadFirmware, type FirmwareImage } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { Semihosting } from '../../emulator/semihosting/semihosting.js';
import { I2cBus } from '../../emulator/wires/i2c-bus.js';
import { SpiBus } from '../../emulator/wires/spi-bus.js';

const HERE = import.meta.dirname;
const CHIP = join(HERE, '../../boards/chips/nrf52840.yaml');
const BOARD = 'name: Two parts\nsource: none, a board for this test\nchip: nrf52840\n';
const WHO_AM_I = 0x68;

let folder: string;
let image: FirmwareImage;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thumbelina-twispi-'));
  const elf = join(folder, 'sensors.elf');
  execFileSync('arm-none-eabi-gcc', ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=soft', '-Os', '-g', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib',
    '-T', 'nrf52840.ld', 'startup.c', 'sensors.c', '-lgcc', '-o', elf], { cwd: HERE });
  image = loadFirmware(new Uint8Array(readFileSync(elf)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function machine(engine: 'interpreter' | 'translator') {
  const output = { interactive: false, write: () => undefined };
  const host = { stdin: { interactive: false, read: () => new Uint8Array(0) }, stdout: output, stderr: output, files: undefined, commandLine: '', epoch: 0, warn: () => undefined };
  const made = new EmulatedMachine(parseBoard(BOARD, 'two-parts.yaml', () => ({ text: readFileSync(CHIP, 'utf8'), fileName: 'nrf52840.yaml' })), { seed: 1, engine, semihosting: new Semihosting(host) });
  const net = (name: string) => made.pins.net(name)!;
  let next = 0;
  new I2cBus(made.events, net('P0.27'), net('P0.26')).attach({
    start: () => true,
    write: (byte) => { next = byte === 0x0f ? WHO_AM_I : 0; return true; },
    read: () => next++,
    stop: () => undefined,
  }, { address: 0x6b });
  new SpiBus({ sck: net('P0.13'), mosi: net('P0.14'), miso: net('P0.15') }).attach({
    select: () => 0xff, transfer: (byte) => (byte === 0xf5 ? 0xf5 : 0xf6), deselect: () => undefined,
  }, { cs: net('P0.16') });
  made.load(image);
  return made;
}

describe.each(['interpreter', 'translator'] as const)('on the %s', (engine) => {
  it('has what the parts hold, and no warning', () => {
    const made = machine(engine);
    const warnings: string[] = [];
    made.warnings.onWarning((text) => warnings.push(text));
    expect([made.run(512_000_000), warnings]).toMatchObject([{ kind: 'exit', code: 0 }, []]);
  });
});
