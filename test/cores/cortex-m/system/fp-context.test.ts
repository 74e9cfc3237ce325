import { describe, expect, it } from 'vitest';
import type { GuestFault } from '../../../../emulator/cores/cortex-m/fault.js';
import { CFSR } from '../../../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { LoneSystem, MAIN_STACK, REG } from './lone-system.js';

const CP10_CP11 = 0xf << 20;

/** A core that has just used floating point: FPCA set, S<n> = 0x100 + n. */
function usingFloat(fpccr = 0xc000_0000) {
  const lone = new LoneSystem('cortex-m4f');
  lone.write(REG.CPACR, CP10_CP11);
  lone.write(REG.FPCCR, fpccr);
  lone.exceptions.executeFPCheck();
  for (let n = 0; n < 32; n++) lone.words[Word.S0 + n] = 0x100 + n;
  lone.words[Word.FPSCR] = 0x8000_0000 | 0;
  return lone;
}

function thrownBy(action: () => void): GuestFault | undefined {
  try { action(); } catch (error) { return error as GuestFault; }
  return undefined;
}

describe('access to the floating-point unit (B1.4.7, CheckVFPEnabled)', () => {
  it('is a NOCP UsageFault out of reset', () => {
    const lone = new LoneSystem('cortex-m4f');
    expect(lone.words[Word.FP_CHECK]).toBe(1);
    expect(thrownBy(() => lone.exceptions.executeFPCheck())).toMatchObject({ exception: 6, status: CFSR.NOCP });
  });

  it('privileged only, when CP10 is 1', () => {
    const lone = new LoneSystem('cortex-m4f');
    lone.write(REG.CPACR, 0x5 << 20);
    lone.exceptions.executeFPCheck();
    expect(lone.words[Word.FP_CHECK]).toBe(0);
    lone.exceptions.msr(20, 2, 1);
    expect(thrownBy(() => lone.exceptions.executeFPCheck())?.status).toBe(CFSR.NOCP);
  });

  it('is never there on a core without the unit, whose registers read as zero', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.CPACR, 0xffff_ffff);
    expect([lone.read(REG.CPACR), lone.read(REG.FPCCR), lone.read(REG.MVFR0)]).toEqual([0, 0, 0]);
    expect(thrownBy(() => lone.exceptions.executeFPCheck())?.status).toBe(CFSR.NOCP);
  });
});

describe('a new context (ExecuteFPCheck)', () => {
  it('sets FPCA and takes AHP, DN, FZ and RMode from FPDSCR, when ASPEN is set', () => {
    const lone = new LoneSystem('cortex-m4f');
    lone.write(REG.CPACR, CP10_CP11);
    lone.write(REG.FPDSCR, 0xffff_ffff);
    expect(lone.read(REG.FPDSCR)).toBe(0x07c0_0000);
    lone.exceptions.executeFPCheck();
    expect([lone.words[Word.CONTROL], lone.words[Word.FPSCR], lone.words[Word.FP_CHECK]]).toEqual([4, 0x07c0_0000, 0]);
  });

  it('does not, when ASPEN is clear', () => {
    const lone = usingFloat(0);
    expect([lone.words[Word.CONTROL], lone.words[Word.FP_CHECK]]).toEqual([0, 0]);
    lone.interrupt(0);
    expect(lone.sp).toBe(MAIN_STACK - 0x20);
  });
});

describe('stacking of floating-point state (B1.5.7)', () => {
  it('at once, when LSPEN is clear: 0x68 bytes and 17 cycles more', () => {
    const lone = usingFloat(0x8000_0000);
    lone.interrupt(0);
    expect([lone.sp, lone.lr, lone.words[Word.CONTROL]]).toEqual([MAIN_STACK - 0x68, 0xffff_ffe9, 0]);
    expect(lone.memory.get(lone.sp + 0x20)).toBe(0x100);
    expect(lone.memory.get(lone.sp + 0x5c)).toBe(0x10f);
    expect(lone.memory.get(lone.sp + 0x60)).toBe(0x8000_0000);
    expect(lone.words[Word.CYCLES]).toBe(29); // interrupt_latency_fp_full_stacking, Cortex-M4 TRM
    lone.words.fill(0, Word.S0, Word.S0 + 16);
    lone.returnFromHandler();
    expect([lone.words[Word.S0], lone.words[Word.S0 + 15], lone.words[Word.FPSCR] >>> 0, lone.words[Word.CONTROL]]).toEqual([0x100, 0x10f, 0x8000_0000, 4]);
  });

  it('lazily by default: room is kept, FPCAR and FPCCR remember, no cycles', () => {
    const lone = usingFloat();
    lone.interrupt(0);
    const { sp } = lone;
    expect([sp, lone.read(REG.FPCAR), lone.words[Word.CYCLES]]).toEqual([MAIN_STACK - 0x68, sp + 0x20, 12]);
    expect(lone.read(REG.FPCCR)).toBe(0xc000_0019); // LSPACT, THREAD, HFRDY
    expect(lone.memory.has(sp + 0x20)).toBe(false);
  });

  it('the return without any use restores nothing and clears LSPACT', () => {
    const lone = usingFloat();
    lone.interrupt(0);
    lone.returnFromHandler();
    expect([lone.words[Word.S0], lone.read(REG.FPCCR) & 1, lone.words[Word.CONTROL], lone.words[Word.FP_CHECK]]).toEqual([0x100, 0, 4, 0]);
  });

  it('the first use in the handler saves, and the return restores', () => {
    const lone = usingFloat();
    lone.interrupt(0);
    expect(lone.words[Word.FP_CHECK]).toBe(1);
    lone.exceptions.executeFPCheck();
    expect([lone.memory.get(lone.sp + 0x20), lone.read(REG.FPCCR) & 1, lone.words[Word.CONTROL]]).toEqual([0x100, 0, 4]);
    lone.words[Word.S0] = 7;
    lone.words[Word.FPSCR] = 0;
    lone.returnFromHandler();
    expect([lone.words[Word.S0], lone.words[Word.FPSCR] >>> 0]).toEqual([0x100, 0x8000_0000]);
  });

  it('a bus error of the lazy save sets LSPERR, preempts when its handler was ready, and is tried again', () => {
    const lone = usingFloat();
    lone.write(REG.SHCSR, 1 << 17);
    lone.write(REG.NVIC_IPR, 0x40, 1);
    lone.interrupt(0);
    lone.failing.add(lone.sp + 0x20);
    const fault = thrownBy(() => lone.exceptions.executeFPCheck());
    expect([fault?.exception, lone.read(REG.CFSR), lone.read(REG.FPCCR) & 1]).toEqual([5, CFSR.LSPERR, 1]);
  });

  it('handlers that nest keep the frame of the outermost', () => {
    const lone = usingFloat();
    lone.write(REG.NVIC_IPR, 0x80, 1);
    lone.interrupt(0);
    lone.interrupt(1);
    expect(lone.lr).toBe(0xffff_fff1); // the first handler has no floating-point context
    lone.returnFromHandler();
    expect(lone.read(REG.FPCCR) & 1).toBe(1);
  });
});
