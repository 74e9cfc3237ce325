/** Calls the Arm cross-compiler and binutils. A missing program fails the test that needs it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ArmProgram {
  readonly bytes: Uint8Array;
  /** Runs a binutils program (without its `arm-none-eabi-` prefix) on the linked file and returns what it prints. */
  binutils(program: string, args: readonly string[]): string;
  /** The file after `objcopy -O <format>`. */
  converted(format: 'ihex' | 'binary', args?: readonly string[]): Uint8Array;
  dispose(): void;
}

export interface ArmProgramOptions {
  readonly cpu?: string;
  readonly flags?: readonly string[];
  /** Linker options after the defaults (`-nostdlib -Ttext=0x8000 ...`). */
  readonly link?: readonly string[];
  /** Source language by file ending. */
  readonly fileName?: string;
}

/** Compiles and links one C source without a C library: code at 0x8000, data at 0x20000000. */
export function buildArmProgram(source: string, options: ArmProgramOptions = {}): ArmProgram {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-arm-'));
  const sourceName = options.fileName ?? 'program.c';
  const elf = join(folder, 'program.elf');
  writeFileSync(join(folder, sourceName), source);
  const link = options.link ?? ['-nostdlib', '-Wl,-Ttext=0x8000,-Tdata=0x20000000', '-Wl,--entry=main', '-lgcc'];
  execFileSync('arm-none-eabi-gcc', [`-mcpu=${options.cpu ?? 'cortex-m4'}`, '-mthumb', '-g', ...(options.flags ?? ['-Os']), sourceName, '-o', elf, ...link], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  return {
    bytes: new Uint8Array(readFileSync(elf)),
    binutils: (program, args) => execFileSync(`arm-none-eabi-${program}`, [...args, elf], { encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'pipe'] }),
    converted: (format, args = []) => {
      const output = join(folder, `program.${format}`);
      execFileSync('arm-none-eabi-objcopy', ['-O', format, ...args, elf, output]);
      return new Uint8Array(readFileSync(output));
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
