/** Faults of instructions. Source: Armv7-M ARM (DDI 0403E), B1.5.14, B3.2.15; Armv6-M ARM (DDI 0419E), B1.5. */
import { describe, expect, it } from 'vitest';
import { CFSR, Exception } from '../../../emulator/cores/cortex-m/fault.js';
import { CODE, DEVICE_ERROR, handlerOf, LoneCore, RAM, STACK, type LoneCoreOptions } from '../../support/lone-core.js';
import { REG } from './system/lone-system.js';

const CCR = { UNALIGN_TRP: 1 << 3, DIV_0_TRP: 1 << 4 };
const SHCSR_USGFAULTENA = 1 << 18;

/** The first fault: which, its status bits, the address in BFAR or MMFAR, and of which instruction. */
function firstFault(options: LoneCoreOptions, prepare: (core: LoneCore) => void = () => {}) {
  const core = new LoneCore(options);
  prepare(core);
  core.run(200);
  const [first] = core.faults;
  return { core, status: first?.fault.status ?? 0, address: first?.fault.address, pc: first?.pc };
}

describe('leaving Thumb state', () => {
  it.each([
    ['BX', 'bx r0'], ['BLX', 'blx r0'], ['LDR to the PC', 'push {r0}\nldr pc, [sp], #4'], ['POP', 'push {r0}\npop {pc}'], ['LDM', 'push {r0}\nldmia.w sp!, {r1, pc}'],
  ])('by %s gives INVSTATE at the target', (_, code) => {
    const { status, pc } = firstFault({ code, r: { 0: 0x3000 } }, (core) => { if (code.includes('r1, pc')) core.bus.poke(STACK, 0x3000, 4); });
    expect([status, pc]).toEqual([CFSR.INVSTATE, 0x3000]);
  });

  it('does not happen by MOV and ADD to the PC, which ignore bit 0', () => {
    const core = new LoneCore({ code: 'mov pc, r0\nmovs r1, #1\nmovs r2, #1', r: { 0: CODE + 4, 1: 0, 2: 0 } }).run();
    expect([core.faults, core.r(1), core.r(2)]).toEqual([[], 0, 1]);
  });

  it('leaves LR with the return address after BLX', () => expect(firstFault({ code: 'blx r0', r: { 0: 0x3000 } }).core.word(STACK - 32 + 20)).toBe(CODE + 3));

  it('by an exception vector with bit 0 clear faults before the handler runs', () => {
    const { status, pc } = firstFault({ code: 'svc 0' }, (core) => core.bus.poke(4 * Exception.SVCall, handlerOf(11), 4));
    expect([status, pc]).toEqual([CFSR.INVSTATE, handlerOf(11)]);
  });
});

describe('division by zero', () => {
  it.each(['sdiv r0, r1, r2', 'udiv r0, r1, r2'])('%s faults with CCR.DIV_0_TRP, and Rd keeps its value', (code) => {
    const trap = (core: LoneCore): void => core.bus.write(REG.CCR, CCR.DIV_0_TRP, 4);
    const { core, status, pc } = firstFault({ code, r: { 0: 5, 1: 7, 2: 0 } }, trap);
    expect([status, pc, core.r(0)]).toEqual([CFSR.DIVBYZERO, CODE, 5]);
  });
});

describe('undefined instructions', () => {
  it.each([
    ['UDF', 'udf #1', 'cortex-m4', CFSR.UNDEFINSTR],
    ['UDF.W', 'udf.w #1', 'cortex-m4', CFSR.UNDEFINSTR],
    ['an unallocated encoding', '.inst.w 0xffffffff', 'cortex-m4', CFSR.UNDEFINSTR],
    ['CBZ, as a 16-bit encoding without a row,', '.inst.n 0xb100', 'cortex-m0', CFSR.UNDEFINSTR],
    ['Armv7-M on an Armv6-M core', 'sdiv r0, r1, r2', 'cortex-m0', CFSR.UNDEFINSTR],
    ['DSP on a Cortex-M3', 'sadd8 r0, r1, r2', 'cortex-m3', CFSR.UNDEFINSTR],
    ['a coprocessor', 'mrc p1, 0, r0, c0, c0, 0', 'cortex-m4', CFSR.NOCP],
    ['an FPU that is not there', 'vadd.f32 s0, s0, s0', 'cortex-m3', CFSR.NOCP],
    ['an FPU without access (CPACR)', 'vadd.f32 s0, s0, s0', 'cortex-m4f', CFSR.NOCP],
  ] as const)('%s', (_, code, core, status) => {
    const fault = firstFault({ core, code });
    expect([fault.status, fault.pc]).toEqual([status, CODE]);
  });

  it('double precision on a single-precision FPU is undefined', () => {
    const { status } = firstFault({ code: 'vadd.f64 d0, d0, d0' }, (core) => core.bus.write(REG.CPACR, 0xf << 20, 4));
    expect(status).toBe(CFSR.UNDEFINSTR);
  });
});

describe('a fault', () => {
  it('stacks the address of its instruction and enters its handler when enabled, HardFault otherwise', () => {
    const disabled = firstFault({ code: 'nop\nudf #0' }).core;
    expect([disabled.entered, disabled.word(STACK - 32 + 24)]).toEqual([[Exception.HardFault], CODE + 2]);
    expect([disabled.core.system.registers.HFSR >>> 0, disabled.core.system.registers.CFSR]).toEqual([1 << 30, CFSR.UNDEFINSTR]);
    const enabled = firstFault({ code: 'nop\nudf #0' }, (core) => core.bus.write(REG.SHCSR, SHCSR_USGFAULTENA, 4)).core;
    expect([enabled.entered, enabled.core.system.registers.HFSR]).toEqual([[Exception.UsageFault], 0]);
  });

  it('in the HardFault handler locks the core up', () => {
    const core = new LoneCore({ code: 'udf #0', handlers: { 3: 'udf #1' } }).run(100);
    expect(core.core.system.exceptions.isLockedUp).toBe(true);
  });

  it.each([
    ['a load where nothing is', 'ldr r0, [r1]', 0x6000_0000, 0x6000_0000],
    ['a store where nothing is', 'strb r0, [r1]', 0x6000_0003, 0x6000_0003],
    ['a store to read-only memory', 'str r0, [r1]', CODE + 0x100, CODE + 0x100],
    ['a device that refuses', 'ldr r0, [r1, #4]', DEVICE_ERROR, DEVICE_ERROR + 4],
    ['the second word of an LDRD', 'ldrd r0, r2, [r1]', RAM + 0x1_fffc, RAM + 0x2_0000],
  ])('on the bus tells its address: %s', (_, code, base, address) => {
    const { core, status, pc } = firstFault({ code, r: { 0: 9, 1: base, 2: 8 } });
    expect([status, pc, core.core.system.registers.BFAR >>> 0, core.r(0), core.r(2)]).toEqual([CFSR.PRECISERR, CODE, address, 9, 8]);
  });

  it('of an instruction fetch is IBUSERR at the target, without an address', () => {
    const { status, pc, address } = firstFault({ code: 'bx r0', r: { 0: 0x6000_0001 } });
    expect([status, pc, address]).toEqual([CFSR.IBUSERR, 0x6000_0000, undefined]);
  });

  it.each([['a device', DEVICE_ERROR - 0x800], ['the Private Peripheral Bus', 0xe000_e000]])('of a fetch from %s, which is execute-never, is IACCVIOL', (_, address) => {
    const { status, pc } = firstFault({ code: 'bx r0', r: { 0: address | 1 } });
    expect([status, pc]).toEqual([CFSR.IACCVIOL, address]);
  });

  it('BKPT without debugger and monitor is a HardFault', () => {
    const { core } = firstFault({ code: 'bkpt 0x12' });
    expect([core.entered, core.core.system.registers.HFSR >>> 0]).toEqual([[Exception.HardFault], 0x8000_0000]);
  });

  it('BKPT with DEMCR.MON_EN enters DebugMonitor', () => {
    const { core } = firstFault({ code: 'bkpt 0x12' }, (lone) => lone.bus.write(REG.DEMCR, 1 << 16, 4));
    expect(core.entered).toEqual([Exception.DebugMonitor]);
  });
});

describe('unaligned accesses', () => {
  const names = ['ldm r1, {r0, r2}', 'ldmdb r1, {r0, r2}', 'stm r1, {r0, r2}', 'ldrd r0, r2, [r1]', 'strd r0, r2, [r1]', 'ldrex r0, [r1]', 'strex r0, r2, [r1]', 'ldrexh r0, [r1]', 'strexh r0, r2, [r1]'];
  it.each(names)('%s always faults', (code) => {
    const { core, status, pc } = firstFault({ code, r: { 0: 9, 1: RAM + 1, 2: 8 } });
    expect([status, pc, core.r(0), core.r(1), core.r(2)]).toEqual([CFSR.UNALIGNED, CODE, 9, RAM + 1, 8]);
  });

  it.each(['ldr r0, [r1]', 'ldrh r0, [r1]', 'ldrsh r0, [r1]', 'str r0, [r1]', 'strh r0, [r1]'])('%s faults with CCR.UNALIGN_TRP, and on Armv6-M', (code) => {
    const trap = (core: LoneCore): void => core.bus.write(REG.CCR, CCR.UNALIGN_TRP, 4);
    expect(firstFault({ code, r: { 1: RAM + 1 } }, trap).status).toBe(CFSR.UNALIGNED);
    expect(firstFault({ code, core: 'cortex-m0', r: { 1: RAM + 1 } }).core.entered).toEqual([Exception.HardFault]);
    expect(firstFault({ code, r: { 1: RAM + 1 } }).status).toBe(0);
  });
});
