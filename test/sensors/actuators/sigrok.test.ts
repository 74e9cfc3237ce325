/** What parts make of their wires, against an independent decoder of the same wires: sigrok-cli (libsigrokdecode). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { VcdRecorder } from '../../../emulator/debug/vcd.js';
import { pinBench, TICKS_PER_US, type PinBench } from './pin-bench.js';

/** @returns what the decoder says, one annotation a line, without its name */
function decoded(bench: PinBench, nets: readonly string[], act: () => void, decoder: string, annotations: string): string[] {
  let vcd = '';
  const recorder = new VcdRecorder({ now: () => bench.now() * TICKS_PER_US }, { rootHz: TICKS_PER_US * 1_000_000, write: (text) => { vcd += text; } });
  for (const net of nets) recorder.add(bench.net(net));
  recorder.begin();
  bench.microseconds(500);
  act();
  bench.microseconds(500);
  recorder.end();
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-sigrok-'));
  try {
    const file = join(folder, 'traffic.vcd');
    writeFileSync(file, vcd);
    return execFileSync('sigrok-cli', ['-i', file, '-I', 'vcd', '-P', decoder, '-A', annotations], { encoding: 'utf8', timeout: 30_000 }).trim().split('\n').map((line) => line.replace(/^[\w-]+: /, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('a chain of WS2812B shows the colours that sigrok reads from its wire', () => {
  const bench = pinBench('ws2812b', { count: 2 }, ['din']);
  bench.drive('din', false);
  const seen = decoded(bench, ['din'], () => {
    for (const byte of [0x33, 0xff, 0x66, 0x00, 0x99, 0xcc]) {
      for (let bit = 7; bit >= 0; bit--) {
        const high = ((byte >> bit) & 1) === 1 ? 0.8 : 0.4;
        bench.drive('din', true);
        bench.microseconds(high);
        bench.drive('din', false);
        bench.microseconds(1.25 - high);
      }
    }
  }, 'rgb_led_ws281x:din=din', 'rgb_led_ws281x=rgb');
  const shown = bench.shows();
  const ours = shown?.kind === 'colours' ? shown.colours.map((colour) => `#${colour.map((share) => Math.round(share * 255).toString(16).padStart(2, '0')).join('')}`) : [];
  expect([seen, ours]).toEqual([['#ff3366', '#9900cc'], ['#ff3366', '#9900cc']]);
});
