import { describe, expect, it } from 'vitest';
import { CFSR, Exception, GuestFault } from '../../../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { HFSR, LOCKUP_PC } from '../../../../emulator/cores/cortex-m/system/index.js';
import { LoneSystem, MAIN_STACK, PROCESS_STACK, REG, START, handlerOf } from './lone-system.js';

const dataAbort = (address: number) => new GuestFault(Exception.BusFault, CFSR.PRECISERR, address, 'test');
const undefinedInstruction = new GuestFault(Exception.UsageFault, CFSR.UNDEFINSTR, undefined, 'test');

/** A core about to execute at START + 0x20 with recognisable registers. */
function running(core: ConstructorParameters<typeof LoneSystem>[0], options = {}) {
  const lone = new LoneSystem(core, options);
  const { words } = lone;
  [0x10, 0x11, 0x12, 0x13].forEach((value, n) => { words[Word.R0 + n] = value; });
  words[Word.R0 + 12] = 0x1c;
  words[Word.LR] = 0x777;
  words[Word.PC] = START + 0x20;
  return lone;
}

describe('reset (B1.5.5)', () => {
  it('loads MSP and PC from the vector table and enters privileged Thread mode', () => {
    const { words, sp, pc, ipsr, lr } = new LoneSystem('cortex-m4f');
    expect({ sp, pc, ipsr, lr, T: words[Word.T], CONTROL: words[Word.CONTROL] })
      .toEqual({ sp: MAIN_STACK, pc: START, ipsr: 0, lr: 0xffff_ffff, T: 1, CONTROL: 0 });
  });

  it('locks up when the vector table cannot be read', () => {
    const lone = new LoneSystem('cortex-m3');
    lone.failing.add(4);
    lone.system.reset();
    expect([lone.exceptions.isLockedUp, lone.pc]).toEqual([true, LOCKUP_PC >>> 0]);
  });
});

describe('entry: PushStack and ExceptionTaken (B1.5.6)', () => {
  it('stacks R0-R3, R12, LR, ReturnAddress and xPSR', () => {
    const lone = running('cortex-m4');
    lone.words[Word.ITSTATE] = 0xa6; // IT<7:2> in bits 15:10, IT<1:0> in bits 26:25
    lone.words[Word.C] = 1;
    expect(lone.interrupt(3)).toBe(true);
    const frame = [0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c].map((offset) => lone.memory.get(MAIN_STACK - 0x20 + offset));
    expect(frame).toEqual([0x10, 0x11, 0x12, 0x13, 0x1c, 0x777, START + 0x20, 0x2500_a400]);
    expect([lone.pc, lone.sp, lone.lr, lone.ipsr]).toEqual([handlerOf(19), MAIN_STACK - 0x20, 0xffff_fff9, 19]);
    expect(lone.words[Word.ITSTATE]).toBe(0);
  });

  it('aligns the frame to 8 bytes and tells so in bit 9 of the stacked xPSR', () => {
    const lone = running('cortex-m3');
    lone.words[Word.SP] = MAIN_STACK - 4;
    lone.interrupt(0);
    expect(lone.sp).toBe(MAIN_STACK - 0x28);
    expect((lone.memory.get(MAIN_STACK - 0x28 + 0x1c)! >>> 9) & 1).toBe(1);
    lone.returnFromHandler();
    expect(lone.sp).toBe(MAIN_STACK - 4);
  });

  it('leaves the frame 4-byte aligned when CCR.STKALIGN is clear', () => {
    const lone = running('cortex-m3');
    lone.write(REG.CCR, 0);
    lone.words[Word.SP] = MAIN_STACK - 4;
    lone.interrupt(0);
    expect(lone.sp).toBe(MAIN_STACK - 0x24);
  });

  it.each([
    ['Thread on the main stack', false, 0xffff_fff9, MAIN_STACK - 0x20],
    ['Thread on the process stack', true, 0xffff_fffd, MAIN_STACK],
  ])('from %s gives EXC_RETURN and uses that stack', (_, process, excReturn, msp) => {
    const lone = running('cortex-m4');
    if (process) lone.useProcessStack();
    lone.interrupt(0);
    expect([lone.lr, lone.sp]).toEqual([excReturn, msp]);
    expect(lone.exceptions.mrs(9) >>> 0).toBe(process ? PROCESS_STACK - 0x20 : 0);
  });

  it('from Handler mode gives 0xFFFFFFF1', () => {
    const lone = running('cortex-m4');
    lone.write(REG.NVIC_IPR, 0x00_80, 2);
    lone.interrupt(0);
    lone.interrupt(1);
    expect([lone.ipsr, lone.lr]).toEqual([17, 0xffff_fff1]);
  });

  it.each([
    // TRMs: interrupt latency with zero-wait-state memory.
    ['cortex-m0', 16], ['cortex-m0plus', 15], ['cortex-m3', 12], ['cortex-m4', 12], ['cortex-m7', 12],
  ] as const)('costs %s %i cycles', (core, cycles) => {
    const lone = running(core);
    lone.interrupt(0);
    expect(lone.words[Word.CYCLES]).toBe(cycles);
  });

  it('runs the handler privileged on the main stack and comes back unprivileged on the process stack', () => {
    const lone = running('cortex-m4');
    lone.useProcessStack({ unprivileged: true });
    expect(lone.words[Word.UNPRIVILEGED]).toBe(1);
    lone.interrupt(0);
    expect([lone.words[Word.UNPRIVILEGED], lone.sp]).toEqual([0, MAIN_STACK]);
    lone.returnFromHandler();
    expect([lone.words[Word.UNPRIVILEGED], lone.sp, lone.words[Word.CONTROL]]).toEqual([1, PROCESS_STACK, 3]);
  });

  it('takes the vector from VTOR', () => {
    const lone = running('cortex-m3');
    lone.memory.set(0x2000_0000 + 4 * 16, 0x9001);
    lone.write(REG.VTOR, 0x2000_007f); // bits 6:0 are zero
    expect(lone.read(REG.VTOR)).toBe(0x2000_0000);
    lone.interrupt(0);
    expect(lone.pc).toBe(0x9000);
  });

  it('a vector with bit 0 clear makes the first instruction fault with INVSTATE', () => {
    const lone = running('cortex-m3');
    lone.memory.set(4 * 16, 0x9000);
    lone.interrupt(0);
    expect(lone.exceptions.attention).toBe(true);
    lone.exceptions.takePending();
    expect([lone.ipsr, lone.read(REG.CFSR)]).toEqual([3, CFSR.INVSTATE]);
    expect(lone.memory.get(lone.sp + 0x18)).toBe(0x9000);
  });
});

describe('return: ExceptionReturn and PopStack (B1.5.8)', () => {
  it('restores every register that entry stacked, flags and IT included', () => {
    const lone = running('cortex-m4');
    lone.words.set([-1, 0, 1, 1, 1, 0x5, 0xa6], Word.N);
    const before = lone.words.slice(0, Word.IPSR + 1);
    lone.interrupt(0);
    lone.words.fill(0x55, Word.R0, Word.R0 + 4);
    lone.words.set([0, 1, 0, 0, 0, 0], Word.N);
    lone.returnFromHandler();
    const after = lone.words.slice(0, Word.IPSR + 1);
    before[Word.N] &= 1 << 31;
    after[Word.N] &= 1 << 31;
    expect(after).toEqual(before);
  });

  it('tail-chains to a pending exception in 6 cycles without touching the stack', () => {
    const lone = running('cortex-m4');
    lone.interrupt(0);
    lone.interrupt(1);
    expect(lone.ipsr).toBe(16);
    const cycles = lone.words[Word.CYCLES];
    const sp = lone.sp;
    lone.returnFromHandler();
    expect([lone.ipsr, lone.pc, lone.lr, lone.sp]).toEqual([17, handlerOf(17), 0xffff_fff9, sp]);
    expect(lone.words[Word.CYCLES] - cycles).toBe(6);
    lone.returnFromHandler();
    expect([lone.ipsr, lone.pc]).toEqual([0, START + 0x20]);
  });

  it.each([
    ['an EXC_RETURN that names no mode', 0xffff_fff0],
    ['a return to Handler mode from the only active exception', 0xffff_fff1],
    ['an extended frame on a core without floating point', 0xffff_ffe9],
  ])('faults with INVPC on %s', (_, excReturn) => {
    const lone = running('cortex-m4');
    lone.interrupt(0);
    lone.exceptions.exceptionReturn(excReturn | 0);
    expect([lone.ipsr, lone.read(REG.CFSR), lone.read(REG.HFSR)]).toEqual([3, CFSR.INVPC, HFSR.FORCED]);
    expect(lone.lr).toBe(excReturn);
  });

  it('faults with INVPC when the returning exception is not active', () => {
    const lone = running('cortex-m4');
    lone.interrupt(0);
    lone.exceptions.state.active.set(16, false);
    lone.exceptions.refresh();
    lone.returnFromHandler();
    expect([lone.ipsr, lone.read(REG.CFSR)]).toEqual([3, CFSR.INVPC]);
  });

  it('faults with INVPC on a return to Thread mode with another exception active, unless NONBASETHRDENA is set', () => {
    const nested = () => {
      const lone = running('cortex-m4');
      lone.write(REG.NVIC_IPR, 0x80, 1);
      lone.interrupt(0);
      lone.interrupt(1);
      return lone;
    };
    const faulting = nested();
    faulting.exceptions.exceptionReturn(0xffff_fff9 | 0);
    expect(faulting.read(REG.CFSR)).toBe(CFSR.INVPC);
    const allowed = nested();
    allowed.write(REG.CCR, 0x201);
    allowed.memory.set(allowed.sp + 0x1c, 0x0100_0000);
    allowed.exceptions.exceptionReturn(0xffff_fff9 | 0);
    expect([allowed.ipsr, allowed.read(REG.CFSR)]).toEqual([0, 0]);
  });

  it('faults with INVPC when the popped IPSR does not fit the mode, and leaves the frame', () => {
    const lone = running('cortex-m4');
    lone.interrupt(0);
    const sp = lone.sp;
    lone.memory.set(sp + 0x1c, 0x0100_0005);
    lone.returnFromHandler();
    expect([lone.ipsr, lone.read(REG.CFSR), lone.sp]).toEqual([3, CFSR.INVPC, sp]);
  });

  it('clears FAULTMASK, except from NMI', () => {
    const lone = running('cortex-m4');
    lone.interrupt(0);
    lone.exceptions.cps(false, false, true);
    lone.exceptions.pend(Exception.NMI);
    lone.exceptions.takePending();
    lone.returnFromHandler();
    expect(lone.words[Word.FAULTMASK]).toBe(1);
    lone.returnFromHandler();
    expect(lone.words[Word.FAULTMASK]).toBe(0);
  });

  it('with SLEEPONEXIT goes to sleep instead of Thread mode', () => {
    const lone = running('cortex-m0');
    lone.write(REG.SCR, 2);
    lone.interrupt(0);
    lone.returnFromHandler();
    expect([lone.exceptions.isSleeping, lone.pc]).toEqual([true, START + 0x20]);
    expect(lone.interrupt(1)).toBe(true);
    expect(lone.exceptions.isSleeping).toBe(false);
  });
});

describe('faults on the way in and out (B1.5.11)', () => {
  it('a bus error while stacking sets STKERR and goes first when its priority is higher', () => {
    const lone = running('cortex-m3');
    lone.write(REG.SHCSR, 1 << 17);
    lone.write(REG.NVIC_IPR, 0x40, 1);
    lone.failing.add(MAIN_STACK - 0x20);
    lone.interrupt(0);
    expect([lone.ipsr, lone.read(REG.CFSR)]).toEqual([5, CFSR.STKERR]);
    expect(lone.exceptions.state.pending.has(16)).toBe(true);
  });

  it('a disabled BusFault while stacking becomes HardFault, FORCED', () => {
    const lone = running('cortex-m3');
    lone.failing.add(MAIN_STACK - 0x20);
    lone.interrupt(0);
    expect([lone.ipsr, lone.read(REG.HFSR)]).toEqual([3, HFSR.FORCED]);
  });

  it('a bus error on the vector read becomes HardFault with VECTTBL', () => {
    const lone = running('cortex-m3');
    lone.failing.add(4 * 16);
    lone.interrupt(0);
    expect([lone.ipsr, lone.read(REG.HFSR)]).toEqual([3, HFSR.VECTTBL]);
  });

  it('a bus error while unstacking sets UNSTKERR and is tail-chained with the same EXC_RETURN', () => {
    const lone = running('cortex-m3');
    lone.write(REG.SHCSR, 1 << 17);
    lone.interrupt(0);
    lone.failing.add(lone.sp + 0x18);
    lone.returnFromHandler();
    expect([lone.ipsr, lone.read(REG.CFSR), lone.lr, lone.sp]).toEqual([5, CFSR.UNSTKERR, 0xffff_fff9, MAIN_STACK - 0x20]);
  });

  it('an MPU violation while stacking sets MSTKERR, while unstacking MUNSTKERR, without MMFAR', () => {
    const lone = running('cortex-m3');
    lone.write(REG.SHCSR, 1 << 16);
    lone.useProcessStack({ unprivileged: true });
    lone.words[Word.UNPRIVILEGED] = 0; // the test writes MPU registers
    lone.write(REG.MPU_CTRL, 5); // privileged background alone
    lone.words[Word.UNPRIVILEGED] = 1;
    lone.interrupt(0);
    expect([lone.ipsr, lone.read(REG.CFSR)]).toEqual([4, CFSR.MSTKERR]);
  });
});

describe('synchronous faults and their escalation (B1.5.14)', () => {
  it('BusFault, when enabled, reports the address in BFAR', () => {
    const lone = running('cortex-m4');
    lone.write(REG.SHCSR, 1 << 17);
    lone.exceptions.takeFault(dataAbort(0x6000_0000), START + 0x20);
    expect([lone.ipsr, lone.read(REG.CFSR), lone.read(REG.BFAR)]).toEqual([5, CFSR.PRECISERR | CFSR.BFARVALID, 0x6000_0000]);
    expect(lone.memory.get(lone.sp + 0x18)).toBe(START + 0x20);
  });

  it('a disabled one is HardFault with FORCED', () => {
    const lone = running('cortex-m4');
    lone.exceptions.takeFault(undefinedInstruction, START + 0x20);
    expect([lone.ipsr, lone.read(REG.HFSR), lone.read(REG.CFSR)]).toEqual([3, HFSR.FORCED, CFSR.UNDEFINSTR]);
  });

  it('an enabled one of too low priority is HardFault with FORCED', () => {
    const lone = running('cortex-m4');
    lone.write(REG.SHCSR, 1 << 18);
    lone.exceptions.cps(false, true, false);
    lone.exceptions.takeFault(undefinedInstruction, START + 0x20);
    expect([lone.ipsr, lone.read(REG.HFSR)]).toEqual([3, HFSR.FORCED]);
  });

  it('on Armv6-M every fault is HardFault', () => {
    const lone = running('cortex-m0');
    lone.exceptions.takeFault(undefinedInstruction, START + 0x20);
    expect([lone.ipsr, lone.lr]).toEqual([3, 0xffff_fff9]);
  });

  it('in HardFault locks up at 0xFFFFFFFE (B1.5.15)', () => {
    const lone = running('cortex-m4');
    lone.exceptions.takeFault(undefinedInstruction, START + 0x20);
    lone.exceptions.takeFault(undefinedInstruction, lone.pc);
    expect([lone.exceptions.isLockedUp, lone.pc, lone.ipsr]).toEqual([true, 0xffff_fffe, 3]);
    expect(lone.peek(REG.DHCSR) & (1 << 19)).toBe(1 << 19);
  });

  it('NMI leaves a lockup in HardFault, and its return enters it again', () => {
    const lone = running('cortex-m4');
    lone.exceptions.takeFault(undefinedInstruction, START + 0x20);
    lone.exceptions.takeFault(undefinedInstruction, lone.pc);
    expect(lone.interrupt(0)).toBe(false);
    lone.exceptions.pend(Exception.NMI);
    expect(lone.exceptions.takePending()).toBe(true);
    expect([lone.ipsr, lone.exceptions.isLockedUp]).toEqual([2, false]);
    lone.returnFromHandler();
    expect([lone.exceptions.isLockedUp, lone.pc]).toEqual([true, 0xffff_fffe]);
  });

  it('a lockup in NMI ends with reset alone', () => {
    const lone = running('cortex-m4');
    lone.exceptions.pend(Exception.NMI);
    lone.exceptions.takePending();
    lone.exceptions.takeFault(undefinedInstruction, lone.pc);
    lone.exceptions.pend(Exception.NMI);
    expect([lone.exceptions.isLockedUp, lone.exceptions.takePending()]).toEqual([true, false]);
    lone.system.reset('system');
    expect([lone.exceptions.isLockedUp, lone.pc]).toEqual([false, START]);
  });
});

describe('SVC and BKPT', () => {
  it('SVC is taken after the instruction, with the next one as return address', () => {
    const lone = running('cortex-m4');
    lone.exceptions.svc(1);
    lone.words[Word.PC] = START + 0x22;
    expect(lone.words[Word.LIMIT]).toBe(lone.words[Word.CYCLES]);
    expect(lone.exceptions.takePending()).toBe(true);
    expect([lone.ipsr, lone.memory.get(lone.sp + 0x18)]).toEqual([11, START + 0x22]);
  });

  it.each(['cortex-m0', 'cortex-m4'] as const)('SVC with PRIMASK set escalates to HardFault at the instruction itself, on %s', (core) => {
    const lone = running(core);
    lone.exceptions.cps(false, true, false);
    let thrown: unknown;
    try { lone.exceptions.svc(1); } catch (error) { thrown = error; }
    expect(thrown).toBeInstanceOf(GuestFault);
    lone.exceptions.takeFault(thrown as GuestFault, START + 0x20);
    expect([lone.ipsr, lone.memory.get(lone.sp + 0x18)]).toEqual([3, START + 0x20]);
  });

  it('BKPT without a debugger is HardFault with DEBUGEVT, and DebugMonitor when MON_EN is set (C1.5.1)', () => {
    const bkpt = (lone: LoneSystem) => {
      try { lone.exceptions.bkpt(0); } catch (error) { lone.exceptions.takeFault(error as GuestFault, START + 0x20); }
      return [lone.ipsr, lone.read(REG.HFSR), lone.read(REG.DFSR)];
    };
    expect(bkpt(running('cortex-m4'))).toEqual([3, 0x8000_0000, 2]);
    const monitored = running('cortex-m4');
    monitored.write(REG.DEMCR, 1 << 16);
    expect(bkpt(monitored)).toEqual([12, 0, 2]);
  });
});

describe('sleep (B1.5.18, B1.5.19)', () => {
  it('WFI ends for an interrupt that PRIMASK holds back, which is then not taken', () => {
    const lone = running('cortex-m4');
    lone.exceptions.cps(false, true, false);
    lone.exceptions.wfi();
    expect(lone.exceptions.isSleeping).toBe(true);
    expect(lone.interrupt(0)).toBe(false);
    expect(lone.exceptions.isSleeping).toBe(false);
    expect(lone.sleeps).toEqual(['wfi', 'awake']);
  });

  it('WFI does not end for an interrupt below BASEPRI', () => {
    const lone = running('cortex-m4');
    lone.write(REG.NVIC_IPR, 0x80, 1);
    lone.exceptions.msr(17, 2, 0x40);
    lone.exceptions.wfi();
    lone.interrupt(0);
    expect(lone.exceptions.isSleeping).toBe(true);
  });

  it('WFI with an interrupt pending does not sleep', () => {
    const lone = running('cortex-m4');
    lone.exceptions.cps(false, true, false);
    lone.interrupt(0);
    lone.exceptions.wfi();
    expect(lone.exceptions.isSleeping).toBe(false);
  });

  it('WFE consumes the event register, then sleeps until SEV', () => {
    const lone = running('cortex-m4');
    lone.exceptions.sev();
    lone.exceptions.wfe();
    expect([lone.exceptions.isSleeping, lone.words[Word.EVENT]]).toEqual([false, 0]);
    lone.exceptions.wfe();
    expect(lone.exceptions.isSleeping).toBe(true);
    lone.exceptions.sev();
    expect([lone.exceptions.isSleeping, lone.words[Word.EVENT]]).toEqual([false, 0]);
  });

  it('WFE ends for a disabled interrupt when SEVONPEND is set', () => {
    const lone = running('cortex-m0');
    lone.write(REG.SCR, 0x10);
    lone.exceptions.wfe();
    lone.exceptions.pulseIrq(4);
    expect(lone.exceptions.isSleeping).toBe(false);
  });

  it('entry and return set the event register', () => {
    const lone = running('cortex-m4');
    lone.interrupt(0);
    expect(lone.words[Word.EVENT]).toBe(1);
    lone.words[Word.EVENT] = 0;
    lone.returnFromHandler();
    expect(lone.words[Word.EVENT]).toBe(1);
  });
});

it('a snapshot holds all of it', () => {
  const lone = running('cortex-m4f');
  lone.write(REG.NVIC_IPR, 0x8040, 2);
  lone.interrupt(1);
  lone.exceptions.setIrqLevel(5, true);
  lone.exceptions.wfi();
  const words = lone.words.slice();
  const snapshot = structuredClone(lone.system.snapshot());
  const other = new LoneSystem('cortex-m4f');
  other.words.set(words);
  other.system.restore(snapshot);
  expect(other.system.snapshot()).toEqual(lone.system.snapshot());
  expect([other.read(REG.ICSR), other.exceptions.isSleeping]).toEqual([lone.read(REG.ICSR), true]);
});
