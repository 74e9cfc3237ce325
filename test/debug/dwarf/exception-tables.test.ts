import { describe, expect, it, vi } from 'vitest';
import { DebugInfo } from '../../../emulator/debug/dwarf/index.js';
import { loadFirmware } from '../../../emulator/loader/index.js';
import { buildArmProgram, type ArmProgram } from '../../support/arm-toolchain.js';
import { SAMPLE } from './sample.js';

// The compiler shares the machine with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const FLAGS = ['-Os', '-funwind-tables', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'];
// The personality routines are only named by the tables: nothing here throws.
const WITH_PERSONALITY = `${SAMPLE}\nvoid __aeabi_unwind_cpp_pr0(void) {} void __aeabi_unwind_cpp_pr1(void) {} void __aeabi_unwind_cpp_pr2(void) {}`;

/** Function and the bytes of its entry as `readelf -u` prints them; undefined when it says `cantunwind`. */
function entriesByReadelf(program: ArmProgram): { address: number; opcodes: number[] | undefined }[] {
  const entries: { address: number; opcodes: number[] | undefined }[] = [];
  for (const line of program.binutils('readelf', ['-u']).split('\n')) {
    const head = /^0x([0-9a-f]+) <[^>]+>: (.*)$/.exec(line);
    if (head !== null) entries.push({ address: Number.parseInt(head[1], 16), opcodes: head[2].includes('cantunwind') ? undefined : [] });
    const bytes = /^\s+((?:0x[0-9a-f]{2} )+)/.exec(line);
    if (bytes !== null) entries[entries.length - 1].opcodes!.push(...bytes[1].trim().split(' ').map(Number));
  }
  return entries;
}

describe('exception tables of a program built by arm-none-eabi-gcc', () => {
  const program = buildArmProgram(WITH_PERSONALITY, { flags: FLAGS });
  const info = new DebugInfo(loadFirmware(program.bytes));
  const entries = entriesByReadelf(program);
  program.dispose();

  it('have the bytecode that readelf prints', () => {
    expect(entries.length).toBeGreaterThan(5);
    for (const { address, opcodes } of entries) {
      const ours = info.exceptionTables.opcodesAt(address);
      const words = ours === undefined ? undefined : [...ours];
      // readelf stops printing at the finish opcode or pads with it.
      expect({ address, opcodes: words?.filter((byte) => byte !== 0xb0) }).toEqual({ address, opcodes: opcodes?.filter((byte) => byte !== 0xb0) });
    }
  });

  it('lead to the same caller as call-frame information, after every call', () => {
    const text = info.image.sections.find((s) => s.name === '.text')!;
    const word = (address: number): number => (address * 2654435761) >>> 0;
    let compared = 0;
    for (let address = text.address + 4; address < text.address + text.size; address += 2) {
      if (!isAfterCall(info, address)) continue;
      const registers = Array.from({ length: 16 }, (_, r) => 0x2000_0000 + 0x100 * r);
      const tables = info.exceptionTables.unwind(address - 1, registers, word);
      if (tables === undefined) continue;
      const frame = info.callFrames.frameAt(address - 1)!;
      const { cfa } = frame.row;
      if (cfa?.kind !== 'register') throw new Error('the sample has only register rules');
      const base = registers[cfa.register] + cfa.offset;
      const saved = [4, 5, 6, 7, 8, 9, 10, 11].map((r) => {
        const rule = frame.row.registers.get(r);
        return rule?.kind === 'offset' ? word(base + rule.offset) : registers[r];
      });
      const ra = frame.row.registers.get(14);
      expect({ address, sp: tables[13], ra: tables[15], saved: tables.slice(4, 12) }).toEqual({ address, sp: base, ra: ra?.kind === 'offset' ? word(base + ra.offset) : registers[14], saved });
      compared++;
    }
    expect(compared).toBeGreaterThan(10);
  });
});

function isAfterCall(info: DebugInfo, address: number): boolean {
  const [first, second] = [info.code.halfword(address - 4) ?? 0, info.code.halfword(address - 2) ?? 0];
  return (first & 0xf800) === 0xf000 && (second & 0xd000) === 0xd000 && info.functionAt(address - 1) !== undefined;
}

/** A table of one function at 0x8000 whose entry is `inline`, and what its caller looks like. */
describe('unwinding bytecode (EHABI32, 10.3)', () => {
  const stack = new Map<number, number>();
  const word = (address: number): number | undefined => stack.get(address);
  for (let i = 0; i < 512; i++) stack.set(0x1000 + 4 * i, 0xa000 + i);

  function run(opcodes: [number, number, number]): (number | undefined)[] | undefined {
    const info = new DebugInfo(imageWithInlineEntry(opcodes));
    const registers = Array.from({ length: 16 }, (_, r) => 0x100 + r);
    registers[13] = 0x1000;
    registers[7] = 0x1400;
    return info.exceptionTables.unwind(0x8000, registers, word);
  }

  it.each<[string, [number, number, number], number, number | undefined]>([
    //                                        opcodes             SP      return address
    ['vsp += 8',                              [0x01, 0xb0, 0xb0], 0x1008, 0x10e],
    ['vsp -= 4',                              [0x40, 0xb0, 0xb0], 0x0ffc, 0x10e],
    ['pop {r4, r14}',                         [0xa8, 0xb0, 0xb0], 0x1008, 0xa001],
    ['pop {r4-r6}',                           [0xa2, 0xb0, 0xb0], 0x100c, 0x10e],
    ['pop {r11, r14} by mask',                [0x84, 0x80, 0xb0], 0x1008, 0xa001],
    ['pop {r15} by mask',                     [0x88, 0x00, 0xb0], 0x1004, 0xa000],
    ['vsp = r7, pop {r4, r14}',               [0x97, 0xa8, 0xb0], 0x1408, 0xa101],
    ['pop {r0, r3}',                          [0xb1, 0x09, 0xb0], 0x1008, 0x10e],
    ['vsp += 0x204 + (3 << 2)',               [0xb2, 0x03, 0xb0], 0x1210, 0x10e],
    ['pop D8-D9 saved by FSTMFDX',            [0xb9, 0xb0, 0xb0], 0x1014, 0x10e],
    ['pop D4-D6 saved by FSTMFDX',            [0xb3, 0x42, 0xb0], 0x101c, 0x10e],
    ['pop D8-D10 saved by VPUSH',             [0xd2, 0xb0, 0xb0], 0x1018, 0x10e],
    ['pop D16-D17 saved by VPUSH',            [0xc8, 0x01, 0xb0], 0x1010, 0x10e],
    ['pop D1-D4 saved by VPUSH',              [0xc9, 0x13, 0xb0], 0x1020, 0x10e],
    ['pop return address authentication code', [0xb4, 0xb0, 0xb0], 0x1004, 0x10e],
  ])('%s', (_, opcodes, sp, returnAddress) => {
    const result = run(opcodes);
    expect([result?.[13], result?.[15]]).toEqual([sp, returnAddress]);
  });

  it.each<[string, [number, number, number]]>([
    ['refuse to unwind', [0x80, 0x00, 0xb0]], ['reserved 0x9d', [0x9d, 0xb0, 0xb0]], ['reserved 0x9f', [0x9f, 0xb0, 0xb0]], ['spare 0xb1 0x00', [0xb1, 0x00, 0xb0]],
    ['spare 0xd8', [0xd8, 0xb0, 0xb0]], ['spare 0xca', [0xca, 0xb0, 0xb0]], ['a stack that cannot be read', [0x5f, 0xa8, 0xb0]],
  ])('ends at %s', (_, opcodes) => expect(run(opcodes)).toBeUndefined());
});

function imageWithInlineEntry(opcodes: readonly number[]) {
  const prel31 = (0x8000 - 0x9000) & 0x7fff_ffff;
  const index = new Uint8Array(8);
  new DataView(index.buffer).setUint32(0, prel31, true);
  index.set([opcodes[2], opcodes[1], opcodes[0], 0x80], 4);
  const bytes = new Uint8Array(0x20);
  return { format: 'elf', architecture: 'arm', segments: [], entry: undefined, symbols: [], codeRanges: [], warnings: [], sections: [
    { name: '.text', type: 1, flags: 6, address: 0x8000, offset: 0, size: 0x20, link: 0, info: 0, bytes: () => bytes },
    { name: '.ARM.exidx', type: 0x7000_0001, flags: 2, address: 0x9000, offset: 0, size: 8, link: 0, info: 0, bytes: () => index },
  ] } as const;
}
