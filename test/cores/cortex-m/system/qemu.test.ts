/**
 * Entry and return as QEMU 7.2 (mps2-an386, Cortex-M4F, vectors at 0, MSP 0x20010000) shows them in the handler's
 * registers: one small program per row, printed by the handler that runs in the end.
 */
import { describe, expect, it } from 'vitest';
import { GuestFault } from '../../../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { LoneSystem, REG } from './lone-system.js';

const BUSFAULTENA = 1 << 17;
const NOWHERE = 0xf000_0000;

function board() {
  const lone = new LoneSystem('cortex-m4f', { priorityBits: 8, irqCount: 32 });
  lone.words[Word.SP] = 0x2001_0000;
  lone.write(REG.CPACR, 0xf << 20);
  for (let address = NOWHERE; address < NOWHERE + 0x2000; address += 4) lone.failing.add(address);
  return lone;
}

function svc(lone: LoneSystem): LoneSystem {
  lone.exceptions.svc(0);
  lone.exceptions.takePending();
  return lone;
}

function useFloat(lone: LoneSystem): LoneSystem {
  lone.exceptions.executeFPCheck();
  return lone;
}

/** What the final handler reads. */
function seen(lone: LoneSystem) {
  const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
  return [
    lone.lr, lone.exceptions.mrs(8), lone.exceptions.mrs(9), lone.read(REG.ICSR), lone.read(REG.SHCSR), lone.read(REG.CFSR), lone.read(REG.HFSR),
    lone.read(REG.FPCCR), lone.read(REG.FPCAR),
  ].map(hex).join(' ');
}

describe('as QEMU does', () => {
  it.each<[string, (lone: LoneSystem) => void, string]>([
    //                                                                 LR       MSP      PSP      ICSR     SHCSR    CFSR     HFSR     FPCCR    FPCAR
    ['stacking on a bad PSP with BusFault enabled', (lone) => {
      lone.write(REG.SHCSR, BUSFAULTENA);
      lone.exceptions.msr(9, 2, NOWHERE + 0x1000);
      lone.exceptions.msr(20, 2, 2);
      svc(lone);
    }, 'fffffffd 20010000 f0000fe0 0000b805 00028002 00001000 00000000 c0000000 00000000'],
    ['stacking on a bad PSP with BusFault disabled', (lone) => {
      lone.exceptions.msr(9, 2, NOWHERE + 0x1000);
      lone.exceptions.msr(20, 2, 2);
      svc(lone);
    }, 'fffffffd 20010000 f0000fe0 0000b803 00008000 00001000 40000000 c0000000 00000000'],
    ['EXC_RETURN 0xFFFFFFF3', (lone) => svc(lone).exceptions.exceptionReturn(0xffff_fff3 | 0),
      'fffffff3 2000ffe0 00000000 00000803 00000000 00040000 40000000 c0000000 00000000'],
    ['EXC_RETURN 0xFFFFFFF1 from the only active exception', (lone) => svc(lone).exceptions.exceptionReturn(0xffff_fff1 | 0),
      'fffffff1 2000ffe0 00000000 00000803 00000000 00040000 40000000 c0000000 00000000'],
    ['a popped IPSR of 5 on the way to Thread mode', (lone) => {
      svc(lone).memory.set(0x2000_ffe0 + 0x1c, 0x0100_0005);
      lone.returnFromHandler();
    }, 'fffffff9 2000ffe0 00000000 00000803 00000000 00040000 40000000 c0000000 00000000'],
    ['unstacking from a bad PSP', (lone) => {
      svc(lone).exceptions.msr(9, 2, NOWHERE);
      lone.exceptions.exceptionReturn(0xffff_fffd | 0);
    }, 'fffffffd 2000ffe0 f0000000 00000803 00000000 00000800 40000000 c0000000 00000000'],
    ['floating-point state, lazily', (lone) => svc(useFloat(lone)),
      'ffffffe9 2000ff98 00000000 0000080b 00000080 00000000 00000000 c0000019 2000ffb8'],
    ['floating-point state, at once', (lone) => {
      lone.write(REG.SHCSR, BUSFAULTENA);
      lone.write(REG.FPCCR, 0x8000_0000);
      svc(useFloat(lone));
    }, 'ffffffe9 2000ff98 00000000 0000080b 00020080 00000000 00000000 80000000 00000000'],
    ['an MSP of 0x20008004 without STKALIGN', (lone) => {
      lone.write(REG.CCR, 0);
      lone.words[Word.SP] = 0x2000_8004;
      svc(lone);
    }, 'fffffff9 20007fe4 00000000 0000080b 00000080 00000000 00000000 c0000000 00000000'],
    ['an MSP of 0x20008004 with STKALIGN', (lone) => {
      lone.words[Word.SP] = 0x2000_8004;
      svc(lone);
    }, 'fffffff9 20007fe0 00000000 0000080b 00000080 00000000 00000000 c0000000 00000000'],
    ['a load from nowhere', (lone) => {
      lone.write(REG.SHCSR, 7 << 16);
      lone.exceptions.takeFault(new GuestFault(5, 0x200, NOWHERE, 'test'), 0x400);
    }, 'fffffff9 2000ffe0 00000000 00000805 00070002 00008200 00000000 c0000000 00000000'],
    ['a branch to an even address', (lone) => {
      lone.write(REG.SHCSR, 7 << 16);
      lone.words[Word.T] = 0;
      lone.exceptions.refresh();
      lone.exceptions.takePending();
    }, 'fffffff9 2000ffe0 00000000 00000806 00070008 00020000 00000000 c0000000 00000000'],
    ['a fetch from a Peripheral region', (lone) => {
      lone.write(REG.SHCSR, 7 << 16);
      lone.exceptions.takeFault(lone.system.mpu.check(0x4000_0000, 'execute', true)!, 0x4000_0000);
    }, 'fffffff9 2000ffe0 00000000 00000804 00070001 00000001 00000000 c0000000 00000000'],
  ])('%s', (_, act, expected) => {
    const lone = board();
    act(lone);
    expect(seen(lone)).toBe(expected);
  });
});
