/** Encodings: Armv7-M ARM (DDI 0403E), A7.7; texts as the GNU assembler takes them. */
import { describe, expect, it } from 'vitest';
import { cortexMDisassembler } from '../../emulator/debug/cortex-m-disassembler.js';

const listing = (core: string, ...bytes: number[]): string[] => {
  const disassemble = cortexMDisassembler(core);
  const lines: string[] = [];
  for (let address = 0; address < bytes.length;) {
    const { text, bytes: taken } = disassemble(address, (at) => bytes[at]);
    lines.push(text);
    address += taken.length;
  }
  return lines;
};

describe('the Cortex-M disassembler', () => {
  it('takes 16 and 32 bits at a time', () => {
    expect(listing('cortex-m4', 0x00, 0xbf, 0x2d, 0xe9, 0xf0, 0x4f, 0x70, 0x47)).toEqual(['nop', 'push.w {r4-r11, lr}', 'bx lr']);
  });

  it('knows that instructions in an IT block have a condition and set no flags, up to its end', () => {
    expect(listing('cortex-m4', 0x0c, 0xbf, 0x01, 0x20, 0x00, 0x20, 0x00, 0x21)).toEqual([expect.stringMatching(/^ite\s+eq$/), 'moveq r0, #1', 'movne r0, #0', 'movs r1, #0']);
  });

  it('shows what the core does not have as an encoding', () => {
    expect(listing('cortex-m0plus', 0x0c, 0xbf, 0xff, 0xde)).toEqual(['.inst.n 0xbf0c', expect.stringMatching(/^udf/)]);
    expect(listing('cortex-m4', 0xff, 0xff, 0xff, 0xff)).toEqual(['.inst.w 0xffffffff']);
  });

  it('ends with an image that ends within an instruction', () => {
    expect(listing('cortex-m4', 0x2d, 0xe9)).toEqual(['.inst.n 0xe92d']);
    expect(listing('cortex-m4', 0x70)).toEqual(['.byte 0x70']);
  });

  it('refuses cores it does not know', () => {
    expect(() => cortexMDisassembler('cortex-m5')).toThrow('cortex-m5');
  });
});
