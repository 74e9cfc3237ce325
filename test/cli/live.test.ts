/** Sound that arrives while a firmware runs, and the same run again from what was recorded of it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { built } from '../senses/bridge.js';
import { committed } from '../support/samples.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const ELF = committed('sound-level', 'sound-level.nano33ble.elf');
const folder = mkdtempSync(join(tmpdir(), 'thumbelina-live-'));
const path = (name: string): string => join(folder, name);

/** 25 s of a tone that grows, 16 bits, 16 kHz, without a header. */
const growing = new Uint8Array(Int16Array.from({ length: 400_000 }, (_, n) => Math.round((n / 20) * Math.sin((2 * Math.PI * 440 * n) / 16_000))).buffer);

const CORTEX_M = [ELF, '--board', 'nano33ble', '--serial', 'serial1'];

function run(report: string, options: readonly string[], input: Uint8Array | undefined, machine: readonly string[]): string {
  return execFileSync(process.execPath, [THUMBELINA, 'run', ...machine, '--report', path(report), '-q', ...options, '--until', 'never'], {
    encoding: 'utf8', ...(input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input }),
  });
}
/** The timeout's exit code is not 0. */
function outputOf(report: string, options: readonly string[], input?: Uint8Array, machine = CORTEX_M): string {
  try {
    return run(report, options, input, machine);
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    if (status !== 42) throw new Error(`exit code ${status}: ${stderr}`, { cause: error });
    return stdout;
  }
}
const levels = (text: string): number[] => [...text.matchAll(/level (\d+)/g)].map((match) => Number(match[1]));

describe('live sound', () => {
  it.each([
    ['a PDM microphone on a Cortex-M', () => CORTEX_M, 10_000],
    // In steps of the converter: the module's output goes from rail to rail, 3.2 V of 5 V.
    ['a microphone module on an AVR', () => [built('listen.avr.elf'), '--board', 'arduino-uno', '--part', 'electret,out=A0'], 600],
  ] as const)('of 30 s gives %s the identical report, and the same output, from its recording', (_, machineOf, loud) => {
    const machine = [...machineOf()];
    writeFileSync(path('live.raw'), growing);
    const live = outputOf('live.json', ['--live', path('live.raw'), '--speed', '20', '--timeout', '30s', '--record-stimuli', path('heard.json')], undefined, machine);
    const again = outputOf('again.json', ['--stimulus', path('heard.json'), '--timeout', '30s'], undefined, machine);
    expect([again === live, readFileSync(path('again.json'), 'utf8') === readFileSync(path('live.json'), 'utf8'), Math.max(...levels(live)) > loud]).toEqual([true, true, true]);
  }, 240_000);

  it('may be all there before the machine starts, through standard input', () => {
    writeFileSync(path('raw.json'), '');
    const heard = levels(outputOf('raw.json', ['--mic', 'pipe:16000', '--timeout', '2s', '--record-stimuli', path('stdin.json')], growing.subarray(320_000)));
    const again = levels(outputOf('raw.json', ['--stimulus', path('stdin.json'), '--timeout', '2s']));
    expect([heard.length > 5, again]).toEqual([true, heard]);
  }, 120_000);
});
