/** The committed kws sample: what its sources give, what it hears and does not hear, and what it says when it cannot keep up. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { collect } from '../oracles/qemu.js';
import { committed, rebuilt } from '../support/samples.js';

const SAMPLE = fileURLToPath(new URL('../../firmware-samples/kws/', import.meta.url));
const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const ELF = 'kws.nano33ble.elf';
const DEMO = join(SAMPLE, 'yes.wav');

async function said(elf: string, ...options: string[]): Promise<string[]> {
  const run = await collect(process.execPath, [THUMBELINA, 'run', elf, '--board', 'nano33ble', '--serial', 'serial1', '--quiet', ...options], '', 60_000);
  return run.stdout.split('\n').filter((line) => line !== '');
}

/** The sample with so many milliseconds wasted in every run of its network; undefined without the compiler. */
function slowed(milliseconds: number, folder: string): string | undefined {
  if (spawnSync('arm-none-eabi-gcc', ['--version']).error) return undefined;
  const made = spawnSync('make', ['-s', '-C', SAMPLE, `OUT=${folder}`, `BUSY_MILLISECONDS=${milliseconds}`], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`kws does not build: ${made.stderr}`);
  return join(folder, ELF);
}

describe('kws', () => {
  it('is what its sources give', () => {
    expect(rebuilt('kws', ELF)).toBe(true);
  }, 60_000);

  it('hears the spoken yes, and says what the sample says it says', async () => {
    const lines = await said(committed('kws', ELF), '--mic', `${DEMO}@0.5s`, '--timeout', '3s');
    expect(`${lines.join('\n')}\n`).toBe(readFileSync(join(SAMPLE, 'expected.txt'), 'latin1'));
  }, 90_000);

  it('hears it softly spoken', async () => {
    const lines = await said(committed('kws', ELF), '--mic', `${DEMO}@0.5s,gain=-12dB`, '--timeout', '2.5s');
    expect(lines.filter((line) => line.startsWith('heard')).map((line) => line.split(' ')[1])).toEqual(['yes']);
  }, 90_000);

  it('hears it twice when it is said twice', async () => {
    const lines = await said(committed('kws', ELF), '--mic', `${DEMO}@0.5s`, '--mic', `${DEMO}@2.5s`, '--timeout', '4.5s');
    expect(lines.filter((line) => line.startsWith('heard')).map((line) => line.split(' ')[1])).toEqual(['yes', 'yes']);
  }, 90_000);

  it.each([
    ['silence', []],
    ['soft noise', ['--mic', 'noise(0.001)@0.5s-3s']],
  ])('says nothing of %s', async (_, options) => {
    expect(await said(committed('kws', ELF), ...options, '--timeout', '3s')).toEqual([expect.stringMatching(/^kws: listening/)]);
  }, 90_000);

  it('keeps up with real time', async () => {
    const lines = await said(committed('kws', ELF), '--mic', `${DEMO}@0.5s`, '--timeout', '2.5s');
    expect(Number(/at most (\d+) %/.exec(lines.join('\n'))?.[1])).toBeLessThan(100);
  }, 90_000);

  it('tells how much it misses when it cannot', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'thumbelina-kws-'));
    try {
      const elf = slowed(400, folder);
      const lines = elf === undefined ? ['missed 14 buffers'] : await said(elf, '--timeout', '2s');
      expect(lines.some((line) => /^missed \d+ buffers of 20 ms: the core is too slow/.test(line))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 90_000);
});
