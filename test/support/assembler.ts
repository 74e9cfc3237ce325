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

/** Machine code of a program whose first instruction stands at `address`. */
export function assemble(source: string, { address = 0, cpu = 'cortex-m7' }: { address?: number; cpu?: string } = {}): Uint8Array {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'code.s'), `${PROLOGUE}${source}\n`);
    execFileSync('arm-none-eabi-as', [`-mcpu=${cpu}`, '-o', 'code.o', 'code.s'], { cwd: folder });
    execFileSync('arm-none-eabi-ld', [`-Ttext=${address}`, '-e', '0', '-o', 'code.elf', 'code.o'], { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] });
    execFileSync('arm-none-eabi-objcopy', ['-O', 'binary', 'code.elf', 'code.bin'], { cwd: folder });
    return new Uint8Array(readFileSync(join(folder, 'code.bin')));
  });
}
