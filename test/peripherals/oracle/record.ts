/** Runs the operations on QEMU's mps2 machines and writes what every read gave, one hexadecimal word a line. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from './operations.js';

const MACHINES = ['mps2-an385', 'mps2-an386', 'mps2-an500'];

/** A table of operations and the loop that does them, printing through semihosting. */
function program(): string {
  const rows = operations().map(({ address, value }) => `{0x${address.toString(16)}u, ${value === undefined ? 1 : 0}, 0x${(value ?? 0).toString(16)}u}`);
  return `
static const struct { unsigned address, read, value; } table[] = {\n${rows.join(',\n')}\n};
static int call(int op, const void *argument) {
  register int r0 asm("r0") = op; register const void *r1 asm("r1") = argument;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory"); return r0;
}
static void print(unsigned word) {
  char text[10];
  for (int i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(word >> (28 - 4 * i)) & 15];
  text[8] = '\\n'; text[9] = 0; call(4, text);
}
void run(void) {
  for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
    volatile unsigned *word = (volatile unsigned *)table[i].address;
    if (table[i].read) print(*word); else *word = table[i].value;
  }
  call(0x18, (void *)0x20026);
}
__attribute__((section(".vectors"))) const void *vectors[] = { (void *)0x20010000, run, run, run };
`;
}

const folder = mkdtempSync(join(tmpdir(), 'record-'));
try {
  writeFileSync(join(folder, 'p.c'), program());
  writeFileSync(join(folder, 'p.ld'), 'SECTIONS { . = 0; .text : { *(.vectors) *(.text*) *(.rodata*) } }');
  execFileSync('arm-none-eabi-gcc', ['-mcpu=cortex-m3', '-mthumb', '-O1', '-nostdlib', '-ffreestanding', '-T', 'p.ld', '-o', 'p.elf', 'p.c'], { cwd: folder });
  for (const machine of MACHINES) {
    const { stdout, stderr } = spawnSync('qemu-system-arm', ['-M', machine, '-display', 'none', '-serial', 'null', '-monitor', 'none', '-semihosting-config', 'enable=on,target=native', '-kernel', join(folder, 'p.elf')], { encoding: 'utf8', timeout: 60_000 });
    const words = (stdout + stderr).split('\n').filter((line) => /^[0-9a-f]{8}$/.test(line));
    const expected = operations().filter(({ value }) => value === undefined).length;
    if (words.length !== expected) throw new Error(`${machine} gave ${words.length} words instead of ${expected}:\n${stderr.slice(0, 500)}`);
    writeFileSync(new URL(`${machine}.txt`, import.meta.url), words.join('\n') + '\n');
  }
} finally {
  rmSync(folder, { recursive: true });
}
