/** What `--part` may read and write, and how parts are shown at the end. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ledsReport, ledsText } from '../../emulator/cli/leds.js';
import { filesToSave, partFiles } from '../../emulator/cli/part-files.js';
import { partsText } from '../../emulator/cli/parts-command.js';
import { listParts } from '../../emulator/boards/index.js';
import type { PartView } from '../../emulator/machine-api.js';
import type { Shown } from '../../emulator/index.js';

const PINS = { net: () => undefined, buttons: [], leds: [], matrices: [] };

function view(name: string, shown: Shown | undefined, options: Record<string, unknown> = {}): PartView {
  return { name, part: name, bus: 'pins', pins: {}, addresses: [], options, controls: {}, shows: () => shown, contents: () => Uint8Array.of(1, 2), onChange: () => () => undefined, draws: undefined, uses: () => [] };
}

it('files that the command line names are read', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'thumbelina-parts-')), 'card.img');
  writeFileSync(path, Uint8Array.of(1, 2, 3));
  expect([...partFiles([`sd-card,sck=D13,image=${path}`])(path)]).toEqual([1, 2, 3]);
});

it.each([
  ['others are not', ['sd-card,sck=D13'], '/etc/hostname', 'a board file cannot name files: give it with --part'],
  ['those that are not there are refused', ['sd-card,image=/nowhere/card.img'], '/nowhere/card.img', 'no such file'],
])('%s', (_, parts, name, message) => {
  expect(() => partFiles(parts)(name)).toThrow(message);
});

it('contents go to a file where the command line asks for it, not where a board file does', () => {
  const card = view('sd-card', undefined, { save: 'after.img' });
  expect([filesToSave([card], ['sd-card,save=after.img']), filesToSave([card], [])]).toEqual([[{ path: 'after.img', bytes: Uint8Array.of(1, 2) }], []]);
});

it.each<[Shown, string]>([
  [{ kind: 'light', brightness: 0.25 }, 'x: 25 %\n'],
  [{ kind: 'colour', brightness: [1, 0.5, 0] }, 'x: 100 % 50 % 0 %\n'],
  [{ kind: 'colours', colours: [[1, 0, 0], [0, 0.2, 0.4]] }, 'x: #ff0000 #003366\n'],
  [{ kind: 'lights', brightness: [[0, 1], [0.5, 0]] }, 'x:\n  . #\n  + .\n'],
  [{ kind: 'pixels', width: 2, height: 2, brightness: 1, pixels: Uint8Array.of(1, 0, 0, 1) }, 'x:\n  #.\n  .#\n'],
  [{ kind: 'angle', degrees: 92.71551 }, 'x: 92.716 degrees\n'],
  [{ kind: 'tone', hz: 440 }, 'x: 440 Hz\n'],
  [{ kind: 'tone', hz: undefined }, 'x: silent\n'],
  [{ kind: 'levels', levels: [true, false] }, 'x: 10\n'],
  [{ kind: 'switch', isOn: true }, 'x: on\n'],
  [{ kind: 'position', share: 0.5 }, 'x: 50 %\n'],
  [{ kind: 'storage', bytes: 1024, changedBlocks: 1 }, 'x: 1024 bytes, 1 blocks changed\n'],
])('%j is shown as text', (shown, text) => {
  expect(ledsText(ledsReport(PINS, [view('x', shown), view('silent sensor', undefined)]))).toBe(text);
});

it('what is in the report is JSON', () => {
  const report = ledsReport(PINS, [view('x', { kind: 'pixels', width: 2, height: 1, brightness: 1, pixels: Uint8Array.of(1, 0) })]);
  expect(JSON.parse(JSON.stringify(report.parts))).toEqual([{ name: 'x', part: 'x', shows: { kind: 'pixels', width: 2, height: 1, brightness: 1, pixels: ['10'] } }]);
});

it('the list of parts names buses, pins, addresses, quantities and options', () => {
  const text = partsText(listParts(), false);
  expect(text).toContain('ssd1306: display of 128 x 64 or 128 x 32 OLEDs\n  i2c: sda, scl\n  spi: sck, cs, [mosi], [miso], dc\n  pins: dc, reset\n  address: 0x3c or 0x3d\n  options: height=64|32 (64), supply=pump|external (pump)\n');
});

it('the list of parts is JSON for programs', () => {
  const parts = JSON.parse(partsText(listParts(), true)) as { name: string; options: unknown[] }[];
  expect(parts.find(({ name }) => name === 'potentiometer')!.options).toContainEqual({ name: 'position', type: 'number', minimum: 0, maximum: 1, default: 0.5 });
});
