/** The GNU assembler as a judge of instructions, and as the source of machine code. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-as-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PROLOGUE = '.syntax unified\n.thumb\n';

/** For each line of assembly whether the assembler takes it. */
export function accepts(lines: readonly string[], options: readonly string[]): boolean[] {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'code.s'), `${PROLOGUE}${lines.join('\n')}\n`);
    const { stderr } = spawnSync('arm-none-eabi-as', [...options, '-o', 'code.o', 'code.s'], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
    const first = PROLOGUE.split('\n').length;
    const refused = new Set([...stderr.matchAll(/^code\.s:(\d+): Error:/gm)].map(([, line]) => Number(line) - first));
    return lines.map((_, index) => !refused.has(index));
  });
}

/** Bytes from one program's start to the next one's in `assembleEach`. */
const SLOT_BYTES = 0x400;

/** Machine code of several programs, assembled at once; they refer to no address but their own. */
export function assembleEach(sources: readonly string[]): Uint8Array[] {
  const padded = sources.map((source, i) => `.org ${i * SLOT_BYTES}\n${source}\n.ltorg\n`);
  const all = inFolder((folder) => {
    writeFileSync(join(folder, 'code.s'), `${PROLOGUE}${padded.join('')}.org ${sources.length * SLOT_BYTES}\n`);
    execFileSync('arm-none-eabi-as', ['-mcpu=cortex-m7', '-mfpu=fpv5-d16', '-o', 'code.o', 'code.s'], { cwd: folder });
    execFileSync('arm-none-eabi-objcopy', ['-O', 'binary', 'code.o', 'code.bin'], { cwd: folder });
    return new Uint8Array(readFileSync(join(folder, 'code.bin')));
  });
  return sources.map((_, i) => all.slice(i * SLOT_BYTES, (i + 1) * SLOT_BYTES));
}

/** Machine code of one program. */
export const assemble = (source: string): Uint8Array => assembleEach([source])[0];
