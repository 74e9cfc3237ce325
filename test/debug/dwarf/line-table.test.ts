import { describe, expect, it, vi } from 'vitest';
import { DebugInfo } from '../../../emulator/debug/dwarf/index.js';
import { loadFirmware } from '../../../emulator/loader/index.js';
import { buildArmProgram, type ArmProgram } from '../../support/arm-toolchain.js';
import { writeElf } from '../../support/elf-writer.js';
import { SAMPLE } from './sample.js';

// The compiler shares the machine with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** What addr2line says of each address: `name:line`, or undefined. */
function linesByAddr2line(program: ArmProgram, addresses: readonly number[]): (string | undefined)[] {
  const output = program.binutils('addr2line', [...addresses.map((address) => `0x${address.toString(16)}`), '-e']);
  return output.trimEnd().split('\n').map((line) => {
    const match = /([^/]+):(\d+)(?: \(discriminator \d+\))?$/.exec(line);
    return match === null || match[2] === '0' || match[1] === '??' ? undefined : `${match[1]}:${match[2]}`;
  });
}

function everyCodeAddress(program: ArmProgram): number[] {
  const text = loadFirmware(program.bytes).sections.find((s) => s.name === '.text')!;
  return Array.from({ length: text.size / 2 }, (_, i) => text.address + 2 * i);
}

/** Rows of readelf's decoded table: `address name:line`. */
function rowsByReadelf(program: ArmProgram): Set<string> {
  const rows = [...program.binutils('readelf', ['--debug-dump=decodedline', '-W']).matchAll(/^(\S+) +(\d+) +0x([0-9a-f]+)/gm)];
  return new Set(rows.map((row) => `${Number.parseInt(row[3], 16)} ${row[1]}:${row[2]}`));
}

describe.each([
  [5, '-O0'], [5, '-Os -fomit-frame-pointer'], [5, '-O2 -ffunction-sections'], [4, '-Os'], [3, '-Os'], [2, '-Og -gstrict-dwarf -gno-as-loc-support'],
])('line table of version %i, program built with %s', (version, flags) => {
  it('agrees with addr2line about every address', () => {
    // The compiler leaves the line table to the assembler, which has its own idea of the version.
    const program = buildArmProgram(SAMPLE, { flags: [...flags.split(' '), `-gdwarf-${version}`, `-Wa,--gdwarf-${version}`] });
    try {
      expect(program.binutils('readelf', ['--debug-dump=rawline'])).toMatch(new RegExp(`DWARF Version: +${version}\n`));
      const addresses = everyCodeAddress(program);
      const info = new DebugInfo(loadFirmware(program.bytes));
      const ours = addresses.map((address) => {
        const line = info.lineOf(address);
        return line === undefined ? undefined : `${line.file.split('/').pop()}:${line.line}`;
      });
      expect(ours.filter((line) => line !== undefined).length).toBeGreaterThan(200);
      // addr2line finds no line for the first instruction of an assembler unit: there the row itself decides.
      const rows = rowsByReadelf(program);
      const theirs = linesByAddr2line(program, addresses).map((line, i) => (line === undefined && rows.has(`${addresses[i]} ${ours[i]}`) ? ours[i] : line));
      expect(ours).toEqual(theirs);
    } finally {
      program.dispose();
    }
  });
});

describe('line table', () => {
  it('leaves out functions that the linker removed', () => {
    const program = buildArmProgram('int used(int a) { return a + 1; }\nint removed(int a) { return a * 7; }\nint main(void) { return used(2); }', {
      flags: ['-O0', '-ffunction-sections'], link: ['-nostdlib', '-Wl,-Ttext=0x8000,--gc-sections', '-Wl,--entry=main', '-lgcc'],
    });
    const info = new DebugInfo(loadFirmware(program.bytes));
    program.dispose();
    expect(info.lineOf(0)).toBeUndefined();
    expect(info.lineOf(4)).toBeUndefined();
    expect(info.functionAt(info.image.entry!)?.name).toBe('main');
    expect(info.lineOf(info.image.entry!)?.line).toBe(3);
  });

  it('keeps code at address 0, where some programs have it instead of a vector table', () => {
    const program = buildArmProgram('int first(int a) { return a * 12345678; }\nint removed(int a) { return a * 7 + 1; }\nint main(void) { return first(2); }', {
      flags: ['-O0', '-ffunction-sections'], link: ['-nostdlib', '-Wl,-Ttext=0,--gc-sections,-z,max-page-size=4', '-Wl,--entry=main', '-lgcc'],
    });
    const info = new DebugInfo(loadFirmware(program.bytes));
    program.dispose();
    expect(info.functionAt(0)?.name).toBe('first');
    expect(info.lineOf(0)?.line).toBe(1);
    expect(info.lineOf(info.functionAt(0)!.size - 2)?.line).toBe(1);
  });

  it('names files by their full path where the table has it', () => {
    const program = buildArmProgram(SAMPLE, { flags: ['-Os', '-gdwarf-5', '-Wa,--gdwarf-5'] });
    const info = new DebugInfo(loadFirmware(program.bytes));
    program.dispose();
    expect(info.lineOf(0x8000)?.file).toMatch(/^\/.*\/program\.c$/);
  });

  it.each<[string, number[]]>([
    ['an empty unit', [0, 0, 0, 0]],
    ['a length past the end', [0xff, 0, 0, 0, 5, 0]],
    ['an unknown version', [4, 0, 0, 0, 9, 0, 0, 0]],
    ['a line range of 0', [12, 0, 0, 0, 2, 0, 6, 0, 0, 0, 1, 1, 0xfb, 0, 1, 0]],
    ['a table of four thousand million files', [22, 0, 0, 0, 5, 0, 4, 0, 12, 0, 0, 0, 1, 1, 1, 0xfb, 14, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]],
  ])('with %s is empty', (_, bytes) => {
    const image = loadFirmware(writeElf({ segments: [{ address: 0x8000, bytes: Uint8Array.of(0, 0) }], sections: [{ name: '.debug_line', flags: 0, bytes: Uint8Array.from(bytes) }] }));
    expect(new DebugInfo(image).lineOf(0x8000)).toBeUndefined();
  });
});
