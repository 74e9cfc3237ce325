import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bootSource } from './boot-source.js';
import { missingFrom } from './build.js';
import { iterationsOf, PROGRAMS } from './programs.js';

describe('the list of programs', () => {
  it('names each once', () => expect(new Set(PROGRAMS.map(({ name }) => name)).size).toBe(PROGRAMS.length));

  it.each(PROGRAMS.filter(({ source }) => source !== 'boot'))('has the source of $name', ({ source }) =>
    expect(existsSync(fileURLToPath(new URL(`programs/${source}`, import.meta.url)))).toBe(true));

  it.each([[1, 1], [3, 1], [10, 1], [11, 2], [5000, 500]])('repeats %i times in full, %i times when quick', (iterations, quick) => {
    const program = { ...PROGRAMS[0], iterations };
    expect([iterationsOf(program, false), iterationsOf(program, true)]).toEqual([iterations, quick]);
  });
});

describe('missingFrom', () => {
  const listing = '00000100 <main>:\n 100:\tfb20 f001 \tsmuad\tr0, r0, r1\n\n00000110 <interpret.constprop.0>:\n 110:\te8df f003 \ttbb\t[pc, r3]\n';
  it.each([
    ['is content when each is where it belongs', [{ in: /^main$/, line: /\bsmuad\b/ }, { in: /^interpret/, line: /\btbb\b/ }], undefined],
    ['tells what is nowhere', [{ in: /^main$/, line: /\bsmlad\b/ }], { in: /^main$/, line: /\bsmlad\b/ }],
    ['tells what is elsewhere only', [{ in: /^main$/, line: /\btbb\b/ }], { in: /^main$/, line: /\btbb\b/ }],
  ])('%s', (_, wanted, expected) => expect(missingFrom(listing, wanted)).toEqual(expected));
});

describe('the source of the large image', () => {
  const files = bootSource();
  const functions = files.flatMap(({ text }) => text.match(/static uint32_t m\d+_f\d+\(uint32_t x\) \{[^]*?\n\}\n/g) ?? []);

  it('is the same every time', () => expect(bootSource()).toEqual(files));
  it('has thousands of functions', () => expect(functions.length).toBeGreaterThanOrEqual(3000));
  it('has no two alike', () => expect(new Set(functions.map((text) => text.replace(/m\d+_f\d+/, ''))).size).toBe(functions.length));
  it('prints, and computes with doubles and the math library', () => {
    const text = files.map((file) => file.text).join('');
    for (const part of ['snprintf(', 'double d', 'sin(', 'pow(', 'strtod(', 'switch (', 'uint64_t']) expect(text).toContain(part);
  });
});
