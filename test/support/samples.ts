/** Firmware samples: their committed ELFs, and whether the sources still give them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SAMPLES = fileURLToPath(new URL('../../firmware-samples/', import.meta.url));
/** The compiler of the committed bytes; another version may give others. */
const COMMITTED_WITH = { compiler: 'arm-none-eabi-gcc', version: '12.2.1' };

/** Path of a sample's ELF. */
export function committed(sample: string, elf: string): string {
  return join(SAMPLES, sample, elf);
}

/** Whether building anew gives the committed bytes; true without a look where the compiler is another version. */
export function rebuilt(sample: string, elf: string, { compiler, version } = COMMITTED_WITH): boolean {
  const found = spawnSync(compiler, ['-dumpfullversion', '-dumpversion'], { encoding: 'utf8' }).stdout?.trim();
  if (found !== version) return true;
  const out = mkdtempSync(join(tmpdir(), 'thumbelina-sample-'));
  try {
    const made = spawnSync('make', ['-s', '-C', join(SAMPLES, sample), `OUT=${out}`, join(out, elf)], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`${sample} does not build: ${made.stderr}`);
    return readFileSync(join(out, elf)).equals(readFileSync(committed(sample, elf)));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
