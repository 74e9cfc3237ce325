/** Every command that the README's tour shows prints what stands below it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFirmware } from './support/firmware.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'thumbelina-readme-'));

interface Shown { readonly command: string; readonly lines: readonly string[] }

/** Blocks of lines, `$` in front of commands. `make` is left to `buildFirmware`, which other tests call too. */
function commandsOf(markdown: string): Shown[] {
  const blocks = [...markdown.matchAll(/^```\n(.*?)^```$/gms)].map((match) => match[1].replaceAll('\\\n', ' '));
  return blocks.flatMap((block) => block.split(/^\$ /m).slice(1)).map((text) => {
    const [command, ...lines] = text.trimEnd().split('\n');
    return { command, lines };
  }).filter(({ command }) => !command.startsWith('make '));
}

const shown = commandsOf(readFileSync(join(root, 'README.md'), 'utf8'));

beforeAll(() => {
  buildFirmware();
  for (const name of ['bin', 'firmware-samples', 'test']) symlinkSync(join(root, name), join(folder, name));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the README', () => {
  it('shows commands', () => expect(shown.length).toBeGreaterThan(5));

  it.each(shown.map(({ command, lines }) => [command, lines] as const))('%s', (command, lines) => {
    const { stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8' });
    const printed = `${stdout}\n${stderr}`.split('\n');
    for (const line of lines) expect(printed).toContain(line);
  }, 60_000);
});
