import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FirmwareError, loadFirmware, splitAvrAddress } from '../../emulator/loader/index.js';
import { buildArmProgram, type ArmProgram } from '../support/arm-toolchain.js';
import { writeElf, type ElfPlan } from '../support/elf-writer.js';

// The compiler shares the machine with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const code = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

function refusal(bytes: Uint8Array): string {
  try {
    loadFirmware(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(FirmwareError);
    return (error as FirmwareError).message;
  }
  throw new Error('the file was accepted');
}

function patched(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, offset);
  return copy;
}

describe('ELF segments', () => {
  it('load at p_paddr, sorted, without the zero-filled rest', () => {
    const image = loadFirmware(writeElf({
      entry: 0x0800_0009,
      segments: [{ address: 0x0800_0010, virtualAddress: 0x2000_0000, bytes: code, memoryBytes: 4096 }, { address: 0x0800_0000, bytes: code }],
    }));
    expect(image.segments).toEqual([{ address: 0x0800_0000, bytes: code, space: 'memory' }, { address: 0x0800_0010, bytes: code, space: 'memory' }]);
    expect(image).toMatchObject({ format: 'elf', architecture: 'arm', entry: 0x0800_0008 });
  });

  it('leave out segments of other types and without bytes', () => {
    const image = loadFirmware(writeElf({ segments: [{ address: 0, bytes: code }, { address: 64, bytes: code, type: 4 }, { address: 0x2000_0000, bytes: new Uint8Array(), memoryBytes: 64 }] }));
    expect(image.segments.map((s) => s.address)).toEqual([0]);
  });

  it('leave out the file\'s own headers that a page-aligned link puts in front', () => {
    const headers = 52 + 32;
    const file = writeElf({ segments: [{ address: 0x2_0000, bytes: code }], sections: [{ name: '.text', flags: 6, address: 0x2_0000 + headers, bytes: code }] });
    const view = new DataView(file.buffer);
    view.setUint32(52 + 4, 0, true);                      // p_offset: the start of the file
    view.setUint32(52 + 16, headers + 16, true);          // p_filesz: headers, segment bytes, section bytes
    expect(loadFirmware(file).segments).toEqual([{ address: 0x2_0000 + headers + 8, bytes: code, space: 'memory' }]);
  });

  it('of AVR keep their address space', () => {
    const image = loadFirmware(writeElf({ machine: 83, flags: 0x85, segments: [{ address: 0, bytes: code }, { address: 0x81_0004, bytes: code }, { address: 0x82_0000, bytes: code }, { address: 0x83_0000, bytes: code }] }));
    expect(image).toMatchObject({ architecture: 'avr', avr: { architecture: 5 } });
    expect(image.segments.map((s) => s.space)).toEqual(['flash', 'eeprom', 'fuse', 'lock']);
    expect(splitAvrAddress(0x81_0004)).toEqual({ space: 'eeprom', offset: 4 });
    expect(splitAvrAddress(0x80_0100)).toEqual({ space: 'data', offset: 0x100 });
  });
});

describe('ELF refusals', () => {
  const good = writeElf({ segments: [{ address: 0, bytes: code }] });
  it.each<[string, Uint8Array, RegExp]>([
    ['64-bit', patched(good, 4, 2), /64-bit/],
    ['big-endian', patched(good, 5, 2), /big-endian/],
    ['big-endian code (BE8)', writeElf({ flags: 0x0580_0000, segments: [{ address: 0, bytes: code }] }), /BE8/],
    ['x86-64', writeElf({ machine: 62, segments: [{ address: 0, bytes: code }] }), /x86-64/],
    ['RISC-V', writeElf({ machine: 243, segments: [{ address: 0, bytes: code }] }), /RISC-V/],
    ['a machine without a name here', writeElf({ machine: 999, segments: [{ address: 0, bytes: code }] }), /machine 999/],
    ['an object file', writeElf({ type: 1 }), /relocatable object.*link it/],
    ['a shared object', writeElf({ type: 3 }), /shared object/],
    ['a core dump', writeElf({ type: 4 }), /core dump/],
    ['nothing to load', writeElf({ segments: [{ address: 0, bytes: code, type: 4 }] }), /nothing to load/],
    ['a cut off file', good.slice(0, 90), /cut short/],
    ['a cut off header', good.slice(0, 10), /cut short/],
    ['overlapping segments', writeElf({ segments: [{ address: 0, bytes: code }, { address: 4, bytes: code }] }), /overlap in memory at 0x00000004/],
    ['a segment past 4 GiB', writeElf({ segments: [{ address: 0xffff_fffc, bytes: code }] }), /past the end of the 32-bit address space/],
  ])('%s', (_, bytes, message) => expect(refusal(bytes)).toMatch(message));

  it('symbols that blow up by sharing one endless string', () => {
    const plan: ElfPlan = { segments: [{ address: 0, bytes: code }], sections: [{ name: '.text', bytes: code }], symbols: Array.from({ length: 2000 }, (_, i) => ({ name: 'x', value: i })) };
    const file = writeElf(plan);
    const view = new DataView(file.buffer);
    const sectionTable = view.getUint32(32, true);
    const [symbols, strings] = [2, 3].map((i) => view.getUint32(sectionTable + 40 * i + 16, true)) as [number, number];
    file.fill(0x78, strings + 1, strings + 4000);
    for (let i = 1; i <= 2000; i++) view.setUint32(symbols + 16 * i, i, true);
    expect(refusal(file)).toMatch(/names overlap/);
  });
});

describe('ELF symbols', () => {
  const image = loadFirmware(writeElf({
    segments: [{ address: 0x100, bytes: code }],
    sections: [{ name: '.text', flags: 6, address: 0x100, bytes: new Uint8Array(64) }],
    symbols: [
      { name: 'program.c', value: 0, type: 4, binding: 0, section: 0xfff1 },
      { name: '$t', value: 0x100, binding: 0 }, { name: '$d', value: 0x110, binding: 0 }, { name: '$t.12', value: 0x118, binding: 0 },
      { name: 'main', value: 0x101, size: 16, type: 2 }, { name: 'table', value: 0x110, size: 8, type: 1, binding: 0 },
      { name: '_estack', value: 0x2000_4000, section: 0xfff1 }, { name: 'missing', value: 0, section: 0 }, { name: '$tart', value: 0x120, type: 0 },
    ],
  }));

  it('lose the Thumb bit, mapping symbols and file names', () => expect(image.symbols).toEqual([
    { name: 'main', address: 0x100, size: 16, kind: 'function', isThumb: true, isGlobal: true },
    { name: 'table', address: 0x110, size: 8, kind: 'object', isThumb: false, isGlobal: false },
    { name: '$tart', address: 0x120, size: 0, kind: 'other', isThumb: false, isGlobal: true },
    { name: '_estack', address: 0x2000_4000, size: 0, kind: 'other', isThumb: false, isGlobal: true },
  ]));

  it('give code and data ranges up to the end of their section', () => expect(image.codeRanges).toEqual([
    { start: 0x100, end: 0x110, kind: 'thumb' }, { start: 0x110, end: 0x118, kind: 'data' }, { start: 0x118, end: 0x140, kind: 'thumb' },
  ]));
});

describe('a program built by arm-none-eabi-gcc', () => {
  let program: ArmProgram;
  beforeAll(() => {
    program = buildArmProgram(`
      int counter = 7; int zeros[20];
      __attribute__((noinline)) static float scale(float x) { return x * 1.5f; }
      int main(void) { zeros[3] = counter; return (int)scale(zeros[1]); }`, { flags: ['-O1', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'] });
  });
  afterAll(() => program.dispose());

  it('has the bytes that objcopy -O ihex and -O binary give', () => {
    const elf = loadFirmware(program.bytes);
    const hex = loadFirmware(program.converted('ihex'));
    expect(hex.segments.map(({ address, bytes }) => [address, [...bytes]])).toEqual(elf.segments.map(({ address, bytes }) => [address, [...bytes]]));
    const [first] = elf.segments;
    expect([...program.converted('binary', ['-j', '.text']).subarray(0, 8)]).toEqual([...first.bytes.subarray(0, 8)]);
  });

  it('has the symbols that nm lists', () => {
    const listed = program.binutils('nm', ['-n']).split('\n').map((line) => /^([0-9a-f]{8}) \w (.+)$/.exec(line)).filter((m) => m !== null && !m[2].startsWith('$'));
    const ours = loadFirmware(program.bytes).symbols.map((s) => `${s.name} ${s.address.toString(16)}`).sort();
    expect(ours).toEqual(listed.map((m) => `${m![2]} ${Number.parseInt(m![1], 16).toString(16)}`).sort());
  });

  it('says what it was built for', () => {
    expect(loadFirmware(program.bytes).arm).toEqual({ eabiVersion: 5, isHardFloatAbi: true, cpuName: '7E-M', architecture: 'v7E-M', profile: 'M', floatingPoint: 'VFPv4-D16', hasDsp: true, hasMve: false });
  });

  it('has the sections that readelf lists', () => {
    const listed = [...program.binutils('readelf', ['-SW']).matchAll(/\] (\.\S+) +\S+ +([0-9a-f]{8}) ([0-9a-f]{6}) ([0-9a-f]{6})/g)].map((m) => [m[1], ...m.slice(2, 5).map((digits) => Number.parseInt(digits, 16))]);
    expect(listed.length).toBeGreaterThan(8);
    expect(loadFirmware(program.bytes).sections.slice(1).map((s) => [s.name, s.address, s.offset, s.size])).toEqual(listed);
  });
});
