/** Real code, read from end to end as a listing reads it, against GNU objdump: IT blocks, literal pools, libgcc's assembly. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { cortexMDisassembler } from '../../emulator/debug/cortex-m-disassembler.js';
import { normalise } from '../support/assembly-text.js';

const gcc = (...options: string[]): string => execFileSync('arm-none-eabi-gcc', [...options], { encoding: 'utf8' }).trim();

it.each([
  ['cortex-m0', 'libgcc.a', ['-mcpu=cortex-m0', '-mthumb']],
  ['cortex-m3', 'libc_nano.a', ['-mcpu=cortex-m3', '-mthumb']],
  ['cortex-m4f', 'libm.a', ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard']],
  ['cortex-m7', 'libm.a', ['-mcpu=cortex-m7', '-mthumb', '-mfloat-abi=hard']],
])('all of a %s\'s %s reads as objdump reads it', (core, library, options) => {
  const path = gcc(...options, `-print-file-name=${library}`);
  const listing = execFileSync('arm-none-eabi-objdump', ['-d', '-M', 'reg-names-std', path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  let instructions = 0;
  const differences: string[] = [];
  let disassemble = cortexMDisassembler(core);
  for (const line of listing.split('\n')) {
    if (line.startsWith('Disassembly of')) disassemble = cortexMDisassembler(core);
    const [, digits, code, text] = /^\s*([0-9a-f]+):\t([0-9a-f]{4}(?: [0-9a-f]{4})?)\s*\t(.*)$/.exec(line) ?? [];
    if (digits === undefined || text.startsWith('.') || /undefined/i.test(text)) continue;
    const address = parseInt(digits, 16);
    const bytes = code.split(' ').flatMap((half) => [parseInt(half.slice(2), 16), parseInt(half.slice(0, 2), 16)]);
    const ours = normalise(disassemble(address, (at) => bytes[at - address]).text, address);
    const theirs = normalise(text.replace(/\s*<.*?>/, ''), address).replace(/(?<=^(?:b|bl|cbn?z)\S* (?:r\d+, )?)([0-9a-f]+)$/, '0x$1');
    if (/^f[0-9a-f]{3} [0-9a-f]ffe$/.test(code)) continue; // a branch to be linked, shown at its symbol
    instructions++;
    if (ours !== theirs) differences.push(`${digits}: ${code} ${ours} | ${theirs}`);
  }
  expect(differences.slice(0, 20)).toEqual([]);
  expect(instructions).toBeGreaterThan(1000);
});
