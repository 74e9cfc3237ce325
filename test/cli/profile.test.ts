/** `run --profile` on a program whose functions take known shares of the time. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProfileSummary } from '../../emulator/debug/profile.js';
import { buildArmProgram } from '../support/arm-toolchain.js';

const command = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const SOURCE = `
#define NOINLINE __attribute__((noinline))
volatile unsigned sink;
NOINLINE void spin(unsigned turns) { for (unsigned i = 0; i < turns; i++) sink += i; }
NOINLINE void once(void) { spin(1000); sink++; }
NOINLINE void thrice(void) { spin(3000); sink++; }
int main(void) {
  for (int i = 0; i < 40; i++) { once(); thrice(); }
  return 0;
}`;

interface Ended { readonly code: number | null; readonly stdout: string; readonly stderr: string }

describe('--profile', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const run = (...options: string[]): Promise<Ended> => new Promise((resolve) => {
    const child = execFile(process.execPath, [command, 'run', at('program.elf'), '--board', 'mps2-an386', '--semihosting', '--stdin', 'none', '--timeout', '5s', ...options],
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }));
  });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'thumbelina-profile-'));
    const program = buildArmProgram(SOURCE, { cpu: 'cortex-m4', flags: ['-O1', '-fno-optimize-sibling-calls'], link: ['--specs=rdimon.specs'] });
    writeFileSync(at('program.elf'), program.bytes);
    program.dispose();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes cycles by function, which add up to the run', async () => {
    const { code, stderr } = await run('--profile', at('p.json'), '--report', at('r.json'));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^thumbelina: profile: spin 9\d\.\d %(, [\w(). ]+ %)*$/m);
    const { spacing, samples, functions } = JSON.parse(readFileSync(at('p.json'), 'utf8')) as ProfileSummary;
    const { cycles } = JSON.parse(readFileSync(at('r.json'), 'utf8')) as { cycles: number };
    expect(spacing).toBe(997);
    expect(samples).toBe(Math.floor(cycles / spacing));
    expect(functions.reduce((sum, { selfCycles }) => sum + selfCycles, 0)).toBe(samples * spacing);
    expect(functions[0]).toMatchObject({ name: 'spin', file: expect.stringMatching(/\.c$/) });
    const total = (name: string): number => functions.find((one) => one.name === name)!.totalCycles;
    expect(total('thrice') / total('once')).toBeGreaterThan(2.8);
    expect(total('thrice') / total('once')).toBeLessThan(3.2);
    expect(total('main')).toBeGreaterThan(0.9 * samples * spacing);
  });

  it('writes folded stacks for .folded and .txt, with as many cycles', async () => {
    await run('--profile', at('p.folded'), '--profile-spacing', '101', '--quiet');
    const lines = readFileSync(at('p.folded'), 'utf8').trimEnd().split('\n');
    expect(lines.every((line) => /^[^\s;]+(;[^\s;]+)* \d+$/.test(line))).toBe(true);
    const cyclesOf = (end: string): number => Number(lines.find((line) => line.includes(`${end} `))!.split(' ')[1]);
    expect(cyclesOf('main;thrice;spin') / cyclesOf('main;once;spin')).toBeCloseTo(3, 1);
    await run('--profile', at('p.txt'), '--profile-spacing', '101', '--engine', 'interpreter', '--quiet');
    expect(readFileSync(at('p.txt'), 'utf8')).toBe(readFileSync(at('p.folded'), 'utf8'));
  });

  it('changes nothing in the report', async () => {
    await run('--report', at('plain.json'), '--quiet');
    await run('--report', at('profiled.json'), '--profile', at('p.json'), '--profile-spacing', '37', '--quiet');
    expect(readFileSync(at('profiled.json'), 'utf8')).toBe(readFileSync(at('plain.json'), 'utf8'));
  });

  it('says nothing with --quiet, and refuses a spacing by itself or of nothing', async () => {
    expect((await run('--profile', at('q.json'), '--quiet')).stderr).toBe('');
    expect(await run('--profile-spacing', '10')).toMatchObject({ code: 2, stderr: 'thumbelina: --profile-spacing without a profile: add --profile FILE\n' });
    const refused = await run('--profile', at('none.json'), '--profile-spacing', '0');
    expect([refused.code, existsSync(at('none.json'))]).toEqual([2, false]);
  });
});
