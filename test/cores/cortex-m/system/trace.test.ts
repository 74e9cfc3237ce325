import { describe, expect, it } from 'vitest';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { LoneSystem, REG } from './lone-system.js';

const TRCENA = 1 << 24;
const UNLOCK = 0xc5ac_ce55;

describe('DWT (C1.8)', () => {
  function counting() {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.DEMCR, TRCENA);
    lone.write(REG.DWT_CTRL, 1);
    return lone;
  }

  it('CYCCNT counts processor clocks exactly, and wraps', () => {
    const lone = counting();
    lone.time.advance(1000);
    expect(lone.read(REG.DWT_CYCCNT)).toBe(1000);
    lone.write(REG.DWT_CYCCNT, 0xffff_ffff);
    lone.time.advance(2);
    expect(lone.read(REG.DWT_CYCCNT)).toBe(1);
  });

  it('stands still while CYCCNTENA or TRCENA is clear', () => {
    const lone = counting();
    lone.time.advance(10);
    lone.write(REG.DWT_CTRL, 0);
    lone.time.advance(10);
    lone.write(REG.DWT_CTRL, 1);
    lone.time.advance(5);
    lone.write(REG.DEMCR, 0);
    lone.time.advance(10);
    expect(lone.read(REG.DWT_CYCCNT)).toBe(15);
  });

  it('ignores writes while TRCENA is clear', () => {
    const lone = new LoneSystem('cortex-m3');
    lone.write(REG.DWT_CTRL, 1);
    expect(lone.read(REG.DWT_CTRL)).toBe(0x4000_0000);
  });

  it('does not count sleep unless the chip keeps its clock', () => {
    for (const [cyccntInSleep, expected] of [[false, 7], [true, 107]] as const) {
      const lone = new LoneSystem('cortex-m4', { cyccntInSleep });
      lone.write(REG.DEMCR, TRCENA);
      lone.write(REG.DWT_CTRL, 1 | (1 << 19));
      lone.time.advance(7);
      lone.exceptions.wfi();
      lone.time.advance(100);
      expect([lone.read(REG.DWT_CYCCNT), lone.read(REG.DWT_SLEEPCNT)]).toEqual([expected, 100]);
    }
  });

  it('EXCCNT counts cycles of entry and return', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.DEMCR, TRCENA);
    lone.interrupt(0);
    lone.write(REG.DWT_CTRL, 1 << 18);
    expect(lone.read(REG.DWT_EXCCNT)).toBe(0);
    lone.write(REG.NVIC_IPR, 0x80, 1);
    lone.interrupt(1);
    expect(lone.read(REG.DWT_EXCCNT)).toBe(12);
  });

  it('is locked on Cortex-M7 until LAR is written', () => {
    const lone = new LoneSystem('cortex-m7');
    lone.write(REG.DEMCR, TRCENA);
    lone.write(REG.DWT_CTRL, 1);
    expect(lone.read(REG.DWT_CTRL) & 1).toBe(0);
    lone.write(REG.DWT_LAR, UNLOCK);
    lone.write(REG.DWT_CTRL, 1);
    expect(lone.read(REG.DWT_CTRL) & 1).toBe(1);
  });
});

describe('ITM (C1.7)', () => {
  function open() {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.DEMCR, TRCENA);
    lone.write(REG.ITM_LAR, UNLOCK);
    lone.write(REG.ITM_TCR, 1);
    lone.write(REG.ITM_TER, 0x8000_0001);
    return lone;
  }

  it('hands enabled ports to the outside with port, value and size', () => {
    const lone = open();
    lone.write(REG.ITM_STIM, 0x41, 1);
    lone.write(REG.ITM_STIM + 4, 0x42, 1);
    lone.write(REG.ITM_STIM + 4 * 31, 0xdead_beef);
    expect(lone.output).toEqual([[0, 0x41, 1], [31, 0xdead_beef, 4]]);
  });

  it('reads FIFOREADY from enabled ports alone', () => {
    const lone = open();
    expect([lone.read(REG.ITM_STIM), lone.read(REG.ITM_STIM + 4)]).toEqual([1, 0]);
    lone.write(REG.DEMCR, 0);
    expect(lone.read(REG.ITM_STIM)).toBe(0);
  });

  it('keeps its control registers behind the lock', () => {
    const lone = new LoneSystem('cortex-m3');
    lone.write(REG.DEMCR, TRCENA);
    lone.write(REG.ITM_TER, 1);
    expect([lone.read(REG.ITM_TER), lone.read(REG.ITM_LSR)]).toEqual([0, 3]);
    lone.write(REG.ITM_LAR, UNLOCK);
    expect(lone.read(REG.ITM_LSR)).toBe(1);
  });

  it('lets unprivileged code write the ports that TPR leaves open', () => {
    const lone = open();
    lone.write(REG.ITM_TPR, 8);
    lone.words[Word.UNPRIVILEGED] = 1;
    lone.write(REG.ITM_STIM, 1);
    lone.write(REG.ITM_STIM + 4 * 31, 2);
    lone.write(REG.ITM_TER, 0);
    expect([lone.output, lone.read(REG.ITM_TER)]).toEqual([[[0, 1, 4]], 0x8000_0001]);
  });
});

describe('FPB (C1.11)', () => {
  it('needs KEY to be enabled', () => {
    const lone = new LoneSystem('cortex-m4');
    expect(lone.read(REG.FP_CTRL)).toBe(0x260); // six code, two literal comparators
    lone.write(REG.FP_CTRL, 1);
    expect(lone.read(REG.FP_CTRL)).toBe(0x260);
    lone.write(REG.FP_CTRL, 3);
    expect(lone.read(REG.FP_CTRL)).toBe(0x261);
  });

  it('breaks on halves of a word and remaps words and literals to SRAM', () => {
    const lone = new LoneSystem('cortex-m4');
    const { fpb } = lone.system;
    lone.write(REG.FP_REMAP, 0x2000_1000);
    lone.write(REG.FP_COMP, (1 << 30) | 0x100 | 1);
    lone.write(REG.FP_COMP + 4, 0x200 | 1);
    lone.write(REG.FP_COMP + 4 * 6, 0x300 | 1);
    expect(fpb.codeMatch(0x100)).toBe('none');
    lone.write(REG.FP_CTRL, 3);
    expect([fpb.codeMatch(0x100), fpb.codeMatch(0x102), fpb.codeMatch(0x202)]).toEqual(['breakpoint', 'none', { remappedTo: 0x2000_1004 }]);
    expect([fpb.literalAddress(0x300), fpb.literalAddress(0x304)]).toEqual([0x2000_1018, 0x304]);
  });

  it('of version 2 breaks on exact addresses', () => {
    const lone = new LoneSystem('cortex-m7');
    lone.write(0xe000_2fb0, UNLOCK);
    lone.write(REG.FP_COMP, 0x0800_0102 | 1);
    lone.write(REG.FP_CTRL, 3);
    expect([lone.system.fpb.codeMatch(0x0800_0102), lone.system.fpb.codeMatch(0x0800_0100)]).toEqual(['breakpoint', 'none']);
  });
});

describe('debug registers (C1.6)', () => {
  it('DHCSR shows no debugger, and S_RESET_ST until it is read', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.DHCSR, 0xa05f_0003);
    expect([lone.read(REG.DHCSR), lone.read(REG.DHCSR)]).toEqual([0x0301_0000, 0x0101_0000]);
  });

  it('DEMCR.MON_PEND pends DebugMonitor', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.DEMCR, 3 << 16);
    expect([lone.exceptions.takePending(), lone.ipsr, lone.read(REG.DEMCR)]).toEqual([true, 12, 1 << 16]);
  });

  it('a system reset keeps TRCENA, a power-on reset does not', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.DEMCR, TRCENA | (1 << 16));
    lone.system.reset('system');
    expect(lone.read(REG.DEMCR)).toBe(TRCENA);
    lone.system.reset('power-on');
    expect(lone.read(REG.DEMCR)).toBe(0);
  });

  it('belong to the debugger alone on Armv6-M', () => {
    const lone = new LoneSystem('cortex-m0');
    lone.write(REG.DEMCR, TRCENA);
    expect([lone.read(REG.DEMCR), lone.read(REG.DWT_CTRL)]).toEqual([0, 0]);
  });

  it('the ROM table points at the blocks', () => {
    const lone = new LoneSystem('cortex-m4');
    const entries = [0, 4, 8, 12, 16, 20, 24].map((offset) => lone.read(0xe00f_f000 + offset));
    expect(entries).toEqual([0xfff0_f003, 0xfff0_2003, 0xfff0_3003, 0xfff0_1003, 0xfff4_1003, 0xfff4_2002, 0]);
  });
});
