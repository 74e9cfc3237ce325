/** Texts are avr-objdump's (Debian's binutils-avr), for every encoding. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { avrDisassembler } from '../../emulator/debug/avr-disassembler.js';
import { Random } from '../support/random.js';

/** The listing of a program from address 0 by objdump, without comments: text by address. */
function objdump(program: Uint8Array, architecture: string): Map<number, string> {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-avr-objdump-'));
  try {
    writeFileSync(join(folder, 'code.bin'), program);
    const listing = execFileSync('avr-objdump', ['-D', '-z', '-b', 'binary', '-m', architecture, 'code.bin'], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
    return new Map([...listing.matchAll(/^\s*([0-9a-f]+):\t(?:[0-9a-f]{2} )+\s*\t([^;\n]*)/gm)].map(([, address, text]) => [parseInt(address, 16), text.trim().replace(/\s+/g, ' ')]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each opcode, and behind it a random word that is no instruction by itself where it is the second half of one. */
function everyOpcode(): Uint8Array {
  const random = new Random(20_260_101);
  const words = new Uint16Array(2 << 16);
  for (let opcode = 0; opcode < 1 << 16; opcode++) words.set([opcode, random.word() & 0xffff], 2 * opcode);
  return new Uint8Array(words.buffer);
}

const withoutComment = (text: string): string => text.replace(/ {2};.*$/, '');
/** objdump writes the address 0 without a prefix. */
const asObjdump = (text: string): string => withoutComment(text).replace(/ 0x0$/, ' 0');

/** objdump shows every core's instructions, whichever it is asked for. Which core has what: DS40002198B, by the instructions' sections. */
const ABSENT = { atmega328p: /^(des|lac|las|lat|xch|spm Z\+|elpm|eijmp|eicall)/, atmega2560: /^(des|lac|las|lat|xch|spm Z\+)/ };

describe.each([['atmega328p', 'avr:5'], ['atmega2560', 'avr:6']] as const)('the disassembler of an %s', (core, architecture) => {
  it('writes what objdump writes, for every opcode', { timeout: 60_000 }, () => {
    const program = everyOpcode();
    const disassemble = avrDisassembler(core);
    const differing: string[] = [];
    for (const [address, expected] of objdump(program, architecture)) {
      const { text } = disassemble(address, (at) => program[at]);
      const opcode = program[address] | (program[address + 1] << 8);
      const wanted = ABSENT[core].test(expected) ? `.word 0x${opcode.toString(16).padStart(4, '0')}` : expected;
      if (asObjdump(text) !== wanted) differing.push(`${address.toString(16)}: ours ${text}, objdump ${wanted}`);
    }
    expect(differing.slice(0, 20)).toEqual([]);
  });
});

describe('the AVR disassembler', () => {
  it('tells where a relative branch goes', () => {
    const rjmp = [0xfe, 0xcf]; // rjmp .-4: from 0x100 to 0x102 - 4
    expect(avrDisassembler('atmega328p')(0x100, (at) => rjmp[at - 0x100]).text).toBe('rjmp .-4  ; 0xfe');
  });

  it('ends with an image that ends within an instruction', () => {
    const [half, byte] = [[0x0e, 0x94], [0x00]];
    expect(avrDisassembler('atmega328p')(0, (at) => half[at]).text).toBe('.word 0x940e');
    expect(avrDisassembler('atmega328p')(0, (at) => byte[at])).toEqual({ text: '.byte 0x00', bytes: Uint8Array.of(0) });
  });

  it('refuses cores that it does not know', () => {
    expect(() => avrDisassembler('atmega9999')).toThrow('atmega9999');
  });
});
