/** Both engines in Chromium and in Node: four chains of hashes per program, all the same. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { firmware } from '../support/firmware.js';
import { inChromium } from './chromium.js';
import { hashChain, type Chain, type ChainInputs } from './hash-chain.js';

const LIMIT_MS = 120_000;

/** Integers, floating point, interrupts with a preemptive kernel, memory protection. */
const PROGRAMS = [
  ['m3/integer', 'mps2-an385'], ['m4/kernel', 'mps2-an386'], ['m4/fpu', 'mps2-an386'], ['m3/exceptions/mpu', 'mps2-an385'], ['m7/exceptions/fp-context', 'mps2-an500'],
] as const;

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

function inputsOf([name, board]: (typeof PROGRAMS)[number]): ChainInputs {
  return {
    name, deadlines: 40, elf: [...readFileSync(firmware(name))],
    board: readFileSync(path(`../../boards/${board}.yaml`), 'utf8'), chip: readFileSync(path(`../../boards/chips/${board}.yaml`), 'utf8'),
  };
}

async function workerScript(): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [path('worker.ts')], bundle: true, write: false, format: 'iife', platform: 'browser', target: 'es2022', logLevel: 'error' });
  return outputFiles[0].text;
}

describe('a run in Chromium', () => {
  it('is bit by bit the run in Node, with the interpreter and with the translator', async () => {
    const inputs = PROGRAMS.map(inputsOf);
    const text = await inChromium(await workerScript(), JSON.stringify(inputs), LIMIT_MS);
    const there = JSON.parse(text) as { interpreter: Chain; translator: Chain }[];
    expect(there).toHaveLength(PROGRAMS.length);
    let [instructions, translated] = [0, 0];
    inputs.forEach((input, i) => {
      const here = hashChain(input, 'interpreter');
      const { interpreter, translator } = there[i];
      expect(here.hashes.length, input.name).toBeGreaterThan(5);
      for (const chain of [hashChain(input, 'translator'), interpreter, translator]) {
        expect({ ...chain, translated: 0 }, input.name).toEqual(here);
      }
      instructions += translator.instructions;
      translated += translator.translated;
    });
    expect(translated / instructions).toBeGreaterThan(0.5);
  }, 2 * LIMIT_MS);

  it('that cannot go on says why', async () => {
    await expect(inChromium('throw new Error("broken on purpose")', '[]', LIMIT_MS)).rejects.toThrow(/broken on purpose/);
    await expect(inChromium('', '[]', 3000)).rejects.toThrow(/nothing within 3 s/);
  }, 2 * LIMIT_MS);
});
