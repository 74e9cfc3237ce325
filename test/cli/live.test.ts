/** Sound that arrives while a firmware runs, and the same run again from what was recorded of it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { committed } from '../support/samples.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const ELF = committed('sound-level', 'sound-level.nano33ble.elf');
const folder = mkdtempSync(join(tmpdir(), 'thumbelina-live-'));
const path = (name: string): string => join(folder, name);

/** 25 s of a tone that grows, 16 bits, 16 kHz, without a header. */
const growing = new Uint8Array(Int16Array.from({ length: 400_000 }, (_, n) => Math.round((n / 20) * Math.sin((2 * Math.PI * 440 * n) / 16_000))).buffer);

function run(report: string, options: readonly string[], input?: Uint8Array): string {
  return execFileSync(process.execPath, [THUMBELINA, 'run', ELF, '--board', 'nano33ble', '--serial', 'serial1', '--report', path(report), '-q', ...options, '--until', 'never'], {
    encoding: 'utf8', ...(input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input }),
  });
}
/** The timeout's exit code is not 0. */
function outputOf(report: string, options: readonly string[], input?: Uint8Array): string {
  try {
    return run(report, options, input);
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    if (status !== 42) throw new Error(`exit code ${status}: ${stderr}`, { cause: error });
    return stdout;
  }
}
const levels = (text: string): number[] => [...text.matchAll(/level (\d+)/g)].map((match) => Number(match[1]));

describe('live sound', () => {
  it('of 30 s gives the identical report, and the same output, from its recording', () => {
    writeFileSync(path('live.raw'), growing);
    const live = outputOf('live.json', ['--live', path('live.raw'), '--speed', '20', '--timeout', '30s', '--record-stimuli', path('heard.json')]);
    const again = outputOf('again.json', ['--stimulus', path('heard.json'), '--timeout', '30s']);
    expect([again === live, readFileSync(path('again.json'), 'utf8') === readFileSync(path('live.json'), 'utf8'), Math.max(...levels(live)) > 10_000]).toEqual([true, true, true]);
  }, 240_000);

  it('may be all there before the machine starts, through standard input', () => {
    writeFileSync(path('raw.json'), '');
    const heard = levels(outputOf('raw.json', ['--mic', 'pipe:16000', '--timeout', '2s', '--record-stimuli', path('stdin.json')], growing.subarray(320_000)));
    const again = levels(outputOf('raw.json', ['--stimulus', path('stdin.json'), '--timeout', '2s']));
    expect([heard.length > 5, again]).toEqual([true, heard]);
  }, 120_000);
});
