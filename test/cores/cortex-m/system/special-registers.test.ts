import { describe, expect, it } from 'vitest';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { LoneSystem } from './lone-system.js';

const SYSM = { APSR: 0, IPSR: 5, XPSR: 3, MSP: 8, PSP: 9, PRIMASK: 16, BASEPRI: 17, BASEPRI_MAX: 18, FAULTMASK: 19, CONTROL: 20 };

describe('MRS and MSR (B5.2.2, B5.2.3)', () => {
  it('APSR: flags by mask bit 1, GE by mask bit 0, EPSR reads as zero', () => {
    const { exceptions, words } = new LoneSystem('cortex-m4');
    exceptions.msr(SYSM.APSR, 2, 0xffff_ffff | 0);
    expect(exceptions.mrs(SYSM.XPSR) >>> 0).toBe(0xf800_0000);
    exceptions.msr(SYSM.APSR, 1, 0x000a_0000);
    expect(exceptions.mrs(SYSM.APSR) >>> 0).toBe(0xf80a_0000);
    expect(words[Word.T]).toBe(1);
  });

  it('has no Q on Armv6-M and no GE without the DSP extension', () => {
    const m0 = new LoneSystem('cortex-m0').exceptions;
    m0.msr(SYSM.APSR, 2, -1);
    expect(m0.mrs(SYSM.APSR) >>> 0).toBe(0xf000_0000);
    const m3 = new LoneSystem('cortex-m3').exceptions;
    m3.msr(SYSM.APSR, 3, -1);
    expect(m3.mrs(SYSM.APSR) >>> 0).toBe(0xf800_0000);
  });

  it('MSP and PSP follow the banking of SP', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.exceptions.msr(SYSM.PSP, 2, 0x2000_1003);
    lone.exceptions.msr(SYSM.CONTROL, 2, 2);
    expect(lone.sp).toBe(0x2000_1000);
    lone.exceptions.msr(SYSM.MSP, 2, 0x2000_2000);
    expect([lone.exceptions.mrs(SYSM.MSP), lone.exceptions.mrs(SYSM.PSP)]).toEqual([0x2000_2000, 0x2000_1000]);
  });

  it('BASEPRI keeps implemented bits; BASEPRI_MAX only raises', () => {
    const { exceptions } = new LoneSystem('cortex-m4', { priorityBits: 3 });
    exceptions.msr(SYSM.BASEPRI_MAX, 2, 0xbf);
    expect(exceptions.mrs(SYSM.BASEPRI)).toBe(0xa0);
    exceptions.msr(SYSM.BASEPRI_MAX, 2, 0xc0);
    exceptions.msr(SYSM.BASEPRI_MAX, 2, 0);
    expect(exceptions.mrs(SYSM.BASEPRI_MAX)).toBe(0xa0);
    exceptions.msr(SYSM.BASEPRI_MAX, 2, 0x40);
    expect(exceptions.mrs(SYSM.BASEPRI)).toBe(0x40);
  });

  it('FAULTMASK cannot be set in HardFault or NMI', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.exceptions.pend(2);
    lone.exceptions.takePending();
    lone.exceptions.msr(SYSM.FAULTMASK, 2, 1);
    lone.exceptions.cps(false, false, true);
    expect(lone.words[Word.FAULTMASK]).toBe(0);
  });

  it('Armv6-M has neither BASEPRI nor FAULTMASK', () => {
    const lone = new LoneSystem('cortex-m0plus');
    lone.exceptions.msr(SYSM.BASEPRI, 2, 0x40);
    lone.exceptions.cps(false, false, true);
    expect([lone.words[Word.BASEPRI], lone.words[Word.FAULTMASK], lone.exceptions.mrs(SYSM.BASEPRI)]).toEqual([0, 0, 0]);
  });

  it('unprivileged code changes and sees the flags and CONTROL alone', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.exceptions.msr(SYSM.PRIMASK, 2, 1);
    lone.exceptions.msr(SYSM.CONTROL, 2, 1);
    expect(lone.words[Word.UNPRIVILEGED]).toBe(1);
    lone.exceptions.msr(SYSM.PRIMASK, 2, 0);
    lone.exceptions.cps(true, true, false);
    lone.exceptions.msr(SYSM.CONTROL, 2, 0);
    lone.exceptions.msr(SYSM.MSP, 2, 0);
    expect([lone.words[Word.PRIMASK], lone.words[Word.CONTROL], lone.sp]).toEqual([1, 1, 0x2000_8000]);
    expect([lone.exceptions.mrs(SYSM.PRIMASK), lone.exceptions.mrs(SYSM.MSP), lone.exceptions.mrs(SYSM.CONTROL)]).toEqual([0, 0, 1]);
  });

  it('CONTROL: SPSEL is fixed in Handler mode, nPRIV is absent from Cortex-M0, FPCA needs floating point', () => {
    const m4 = new LoneSystem('cortex-m4');
    m4.interrupt(0);
    m4.exceptions.msr(SYSM.CONTROL, 2, 7);
    expect(m4.words[Word.CONTROL]).toBe(1);
    const m0 = new LoneSystem('cortex-m0');
    m0.exceptions.msr(SYSM.CONTROL, 2, 7);
    expect(m0.words[Word.CONTROL]).toBe(2);
    const m4f = new LoneSystem('cortex-m4f');
    m4f.exceptions.msr(SYSM.CONTROL, 2, 4);
    expect(m4f.words[Word.CONTROL]).toBe(4);
  });

  it('IPSR shows the exception', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.interrupt(4);
    expect(lone.exceptions.mrs(SYSM.IPSR)).toBe(20);
  });
});
