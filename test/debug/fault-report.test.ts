/** Bit positions and frame layout: Armv7-M ARM (DDI 0403E), B3.2.15, B3.2.16, C1.6.1, B1.5.6. */
import { describe, expect, it } from 'vitest';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { CFSR } from '../../emulator/cores/cortex-m/fault.js';
import { readExceptionFrame } from '../../emulator/debug/exception-frame.js';
import { faultReport } from '../../emulator/debug/fault-report.js';
import { FAULT_FIELDS, faultFields, faultRegisterLines } from '../../emulator/debug/fault-registers.js';
import { InstructionHistory } from '../../emulator/debug/instruction-history.js';
import type { FirmwareImage, Machine, StopReason } from '../../emulator/machine-api.js';

const status = (values: Partial<Record<'CFSR' | 'HFSR' | 'DFSR' | 'MMFAR' | 'BFAR', number>>) => ({ CFSR: 0, HFSR: 0, DFSR: 0, MMFAR: 0, BFAR: 0, ...values });

describe('fault fields', () => {
  it('are those of the core', () => {
    const ours = Object.fromEntries(FAULT_FIELDS.filter(({ register }) => register === 'CFSR').map(({ name, bit }) => [name, (1 << bit) | 0]));
    // An enum has its names by value too.
    expect(ours).toEqual(Object.fromEntries(Object.entries(CFSR).filter(([, value]) => typeof value === 'number')));
  });

  it.each([
    ['CFSR', 0x0100_0000, 'UNALIGNED'], ['CFSR', 0x0200_0000, 'DIVBYZERO'], ['CFSR', 0x0001_0000, 'UNDEFINSTR'], ['CFSR', 0x0000_0200, 'PRECISERR'],
    ['HFSR', 0x4000_0000, 'FORCED'], ['HFSR', 0x8000_0000, 'DEBUGEVT'], ['HFSR', 0x0000_0002, 'VECTTBL'], ['DFSR', 0x0000_0002, 'BKPT'],
  ])('%s 0x%x is %s', (register, value, name) => {
    expect(faultFields(status({ [register]: value })).map((field) => field.name)).toEqual([name]);
  });

  it('show an address only while it is valid', () => {
    expect(faultRegisterLines(status({ CFSR: 0x0200, BFAR: 0x4000_0000 })).join('\n')).not.toContain('BFAR ');
    expect(faultRegisterLines(status({ CFSR: 0x8200, BFAR: 0x4000_0000 })).at(-1)).toMatch(/^BFAR {2}0x40000000/);
    expect(faultRegisterLines(status({ CFSR: 0x0082, MMFAR: 0x10 })).at(-1)).toMatch(/^MMFAR 0x00000010/);
  });
});

/** Words at an address. */
const memory = (base: number, words: number[]) => (address: number): number | undefined => words[(address - base) / 4];

describe('an exception frame', () => {
  const basic = [0, 1, 2, 3, 12, 0x101, 0x200, 0x0100_0000];

  it('has eight words', () => {
    expect(readExceptionFrame(0x2000_0000, 0xffff_fff9, memory(0x2000_0000, basic))).toEqual({
      r0: 0, r1: 1, r2: 2, r3: 3, r12: 12, lr: 0x101, pc: 0x200, xpsr: 0x0100_0000, sp: 0x2000_0020, address: 0x2000_0000,
    });
  });

  it('has an alignment word when bit 9 of the stacked xPSR says so', () => {
    const frame = readExceptionFrame(0x2000_0000, 0xffff_fff9, memory(0x2000_0000, [...basic.slice(0, 7), 0x0100_0200]));
    expect(frame?.sp).toBe(0x2000_0024);
  });

  it('has S0 to S15 and FPSCR when EXC_RETURN bit 4 is clear', () => {
    const floats = Array.from({ length: 16 }, (_, i) => 0x100 + i);
    const frame = readExceptionFrame(0x2000_0000, 0xffff_ffe9, memory(0x2000_0000, [...basic, ...floats, 0x0300_0000]));
    expect(frame?.fp).toEqual({ s: floats, fpscr: 0x0300_0000 });
    expect(frame?.sp).toBe(0x2000_0068);
  });

  it('is not there when its memory is not', () => {
    expect(readExceptionFrame(0x2000_0000, 0xffff_fff9, memory(0x2000_0000, basic.slice(0, 7)))).toBeUndefined();
  });
});

const code = new Uint8Array(0x300);
code.set([0x00, 0xf0, 0x7b, 0xf8], 0x106 - 0x100);      // BL divide, in main

const image: FirmwareImage = {
  format: 'elf', architecture: 'arm', segments: [{ address: 0x100, bytes: code, space: 'memory' }], entry: undefined, sections: [], codeRanges: [], warnings: [],
  symbols: [
    { name: 'main', address: 0x100, size: 0x20, kind: 'function', isThumb: true, isGlobal: true },
    { name: 'divide', address: 0x200, size: 0x10, kind: 'function', isThumb: true, isGlobal: true },
    { name: 'HardFault_Handler', address: 0x300, size: 8, kind: 'function', isThumb: true, isGlobal: true },
  ],
};

/** Stopped in HardFault: a division by zero in `divide`, called by `main`, on the process stack. */
function crashed(): Machine {
  const words = new Int32Array(128);
  words[4] = 0x44;
  words[Word.SP] = 0x2000_0800;
  words[Word.OTHER_SP] = 0x2000_0400;
  words[Word.LR] = 0xffff_fffd | 0;
  words[Word.PC] = 0x300;
  return {
    rootHz: 1000, now: () => 1500, cycles: 96_000,
    core: {
      words, name: 'cortex-m4',
      peek: memory(0x2000_0400, [7, 0, 2, 3, 12, 0x10b, 0x204, 0x2100_0000]),
      faultStatus: () => status({ CFSR: CFSR.DIVBYZERO, HFSR: 1 << 30 }),
      disassemble: () => ({ text: 'SDIV r0, r0, r1', bytes: Uint8Array.of(0x90, 0xfb, 0xf1, 0xf0) }),
    },
  } as unknown as Machine;
}

const stop: StopReason = { kind: 'fault', exception: 3, address: 0x204, reason: 'division by zero' };

describe('a fault report', () => {
  it('names place, fields, registers at the fault and the caller', () => {
    expect(faultReport({ machine: crashed(), image, stop })).toBe(`\
HardFault at 1.500000 s, cycle 96000: division by zero
  at 0x00000204 divide+0x4

CFSR  0x02000000
  DIVBYZERO   a division by zero with CCR.DIV_0_TRP set
HFSR  0x40000000
  FORCED      a fault whose own handler is disabled, masked or already running; CFSR says which
DFSR  0x00000000

registers at the fault:
  r0   0x00000007  r1   0x00000000  r2   0x00000002  r3   0x00000003
  r4   0x00000044  r5   0x00000000  r6   0x00000000  r7   0x00000000
  r8   0x00000000  r9   0x00000000  r10  0x00000000  r11  0x00000000
  r12  0x0000000c  sp   0x20000420  lr   0x0000010b  pc   0x00000204
  xpsr 0x21000000
  r0-r3, r12, lr, pc and xpsr are stacked; r4-r11 are as they are now

call stack, innermost first:
  #0 HardFault_Handler+0x0 (0x00000300)
  #1 divide+0x4 (0x00000204) ? (interrupted here)
  #2 main+0xa (0x0000010a) ?`);
  });

  it('believes the core about where the frame is', () => {
    const machine = crashed();
    (machine.core as { faultFrame?: object }).faultFrame = { address: 0x2000_0400, excReturn: 0xffff_fffd };
    machine.core.words[Word.LR] = 0;
    expect(faultReport({ machine, image, stop })).toContain('pc   0x00000204');
  });

  it('shows current registers when there is no frame', () => {
    const machine = crashed();
    machine.core.words[Word.LR] = 0x101;
    expect(faultReport({ machine, image, stop })).toContain('no exception frame in memory');
  });

  it('ends with the last instructions', () => {
    const history = new InstructionHistory(2);
    [[0x100, 10], [0x102, 11], [0x204, 20]].forEach(([address, cycle]) => history.record(address, cycle));
    expect(faultReport({ machine: crashed(), image, stop, history })).toMatch(/last 2 instructions.*\n +11 00000102 fb90 f0f1 SDIV r0, r0, r1 +main\+0x2\n +20 00000204 .*divide\+0x4$/);
  });
});

describe('the instruction history', () => {
  it('keeps the newest, oldest first', () => {
    const history = new InstructionHistory(3);
    expect(history.entries()).toEqual([]);
    for (let i = 1; i <= 5; i++) history.record(i * 2, i);
    expect(history.entries()).toEqual([{ address: 6, cycle: 3 }, { address: 8, cycle: 4 }, { address: 10, cycle: 5 }]);
  });

  it.each([0, -1, 1.5, 2 ** 20 + 1])('of %d instructions is refused', (capacity) => {
    expect(() => new InstructionHistory(capacity)).toThrow(RangeError);
  });
});
