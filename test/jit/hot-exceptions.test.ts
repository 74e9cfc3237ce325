/** Exceptions out of hot code: faults, masks, sleep, supervisor calls, lazy floating-point context. The same in both engines, to the cycle. */
import { describe, expect, it } from 'vitest';
import { EXIT, RAM, RESERVED } from '../support/machine.js';
import { register, twins } from '../support/twins.js';

const SCB_CCR = 0xe000_ed14;
const SKIP_4 = 'ldr r1, [sp, #24]\nadds r1, #4\nstr r1, [sp, #24]';
const SKIP_2 = 'ldr r1, [sp, #24]\nadds r1, #2\nstr r1, [sp, #24]';
/** ICI/IT bits of the stacked xPSR cleared: the rest of an IT block is abandoned. */
const CLEAR_IT = 'ldr r1, [sp, #28]\nldr r2, =0x0600fc00\nbic r1, r2\nstr r1, [sp, #28]';
const CLEAR_CFSR = 'ldr r1, =0xe000ed28\nldr r2, [r1]\nstr r2, [r1]';
const SYSTICK = (cycles: number): string => `
  ldr r0, =0xe000e010
  ldr r1, =${cycles}
  str r1, [r0, #4]
  str r1, [r0, #8]
  movs r1, #7
  str r1, [r0]`;
/** Every vector's own fault, none escalated. */
const ENABLE_FAULTS = 'ldr r0, =0xe000ed24\nldr r1, =0x70000\nstr r1, [r0]';
const COUNT_TICK = 'add r9, #1\nbx lr';

const countTo = (last: number, holds: (n: number) => boolean): number => Array.from({ length: last }, (_, i) => i + 1).filter(holds).length;

describe('faults in hot code', () => {
  it('UNALIGN_TRP switched under a loop of unaligned loads', () => {
    const code = `${ENABLE_FAULTS}
      ldr r4, =${SCB_CCR}
      ldr r5, =${RAM + 1}
      ldr r6, =1200
      movs r7, #0
    1: tst r6, #32
      ite eq
      moveq r0, #0x200
      movne r0, #0x208
      str r0, [r4]
      ldr.w r0, [r5, #4]
      add r7, r0
      ldrh.w r0, [r5]
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { machine, end, translated } = twins({ code, handlers: { 6: `add r8, #1\n${CLEAR_CFSR}\n${SKIP_4}\nbx lr` } });
    expect(end.kind).toBe('exit');
    expect(register(machine, 8)).toBe(2 * countTo(1200, (n) => (n & 32) !== 0));
    expect(translated).toBeGreaterThan(1000);
  });

  it('an LDM and a POP that are misaligned or end outside memory, in the middle of a loop', () => {
    const code = `${ENABLE_FAULTS}
      ldr r6, =600
      ldr r4, =${RAM + 0x100}
      ldr r7, =${RESERVED - 4}
    1: and r0, r6, #3
      add r5, r4, r0
      ldmia.w r5, {r1, r2, r3}
      ldmia.w r7, {r1, r2, r3}
      adds r0, r1, r2
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const fault = `add r8, #1\n${CLEAR_CFSR}\n${SKIP_4}\nbx lr`;
    const { machine, end } = twins({ code, handlers: { 5: fault, 6: fault } });
    expect(end.kind).toBe('exit');
    expect(register(machine, 8)).toBe(600 + 450);
  });

  it('DIV_0_TRP switched under a loop that divides by zero every eighth time', () => {
    const code = `${ENABLE_FAULTS}
      ldr r4, =${SCB_CCR}
      ldr r6, =800
      movs r7, #0
    1: tst r6, #64
      ite eq
      moveq r0, #0x200
      movne r0, #0x210
      str r0, [r4]
      and r1, r6, #7
      udiv r2, r6, r1
      add r7, r2
      sdiv r3, r7, r1
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { machine, end } = twins({ code, handlers: { 6: `add r8, #1\n${CLEAR_CFSR}\n${SKIP_4}\nbx lr` } });
    expect(end.kind).toBe('exit');
    expect(register(machine, 8)).toBe(2 * countTo(800, (n) => n % 8 === 0 && (n & 64) !== 0));
  });

  it('an undefined instruction and a BKPT that hot code reaches now and then', () => {
    const code = `${ENABLE_FAULTS}
      ldr r6, =900
    1: add r7, r6
      ands r0, r6, #15
      bne 2f
      udf #1
    2: cmp r0, #7
      bne 3f
      bkpt 1
    3: subs r6, #1
      bne 1b
      ${EXIT}`;
    const { machine, end } = twins({ code, handlers: { 3: `add r10, #1\n${SKIP_2}\nbx lr`, 6: `add r8, #1\n${CLEAR_CFSR}\n${SKIP_2}\nbx lr` } });
    expect(end.kind).toBe('exit');
    expect([register(machine, 8), register(machine, 10)]).toEqual([56, 56]);
  });

  it.each([['abandoned', CLEAR_IT], ['moved by one', '']])('loads in IT blocks that fault, with the rest of the block %s', (kind, change) => { // `moved`: as silicon would, the rest of the block shifts, and the loop need not end
    const code = `${ENABLE_FAULTS}
      ldr r4, =0x60000000
      ldr r6, =700
    1: and r0, r6, #7
      cmp r0, #4
      itttt hs
      addhs r7, #1
      ldrhs.w r1, [r4, r0]
      addhs r7, #2
      ldrhs.w r2, [r4, r0, lsl #1]
      cmp r0, #2
      ite lo
      ldrlo.w r3, [r4]
      addhs r7, #4
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { machine, end } = twins({ code, handlers: { 5: `add r8, #1\n${CLEAR_CFSR}\n${SKIP_4}\n${change}\nbx lr` } });
    if (kind === 'abandoned') expect(end.kind).toBe('exit');
    // without ITSTATE the second load of four is not conditional any more, and faults, too
    if (kind === 'abandoned') expect(register(machine, 8)).toBe(countTo(700, (n) => (n & 7) < 2) + 2 * countTo(700, (n) => (n & 7) >= 4));
    else expect(register(machine, 8)).toBeGreaterThan(500);
  });

  it('a stack that grows into nothing in hot recursion, again and again', () => {
    const code = `${ENABLE_FAULTS}
      movs r6, #12
      mov r11, sp
    1: ldr r0, =${RAM + 0x200}
      msr psp, r0
      movs r1, #2
      msr control, r1
      isb
      ldr r0, =5000
      bl deep
    back: movs r1, #0
      msr control, r1
      isb
      subs r6, #1
      bne 1b
      ${EXIT}
    deep: push {r0, r4, lr}
      subs r0, #1
      bl deep
      pop {r0, r4, pc}`;
    // The fault's own frame cannot be stacked on PSP either; the handler makes one and leaves for `back`.
    const handlers = { 5: `add r8, #1\n${CLEAR_CFSR}\nldr r0, =${RAM + 0x400}\nmsr psp, r0\nldr r1, [r10]\nstr r1, [r0, #24]\nldr r1, =0x01000000\nstr r1, [r0, #28]\nldr lr, =0xfffffffd\nbx lr` };
    const withBack = code.replace('movs r6, #12', `ldr r10, =${RAM + 0x6000}\n adr r1, back\n str r1, [r10]\n movs r6, #12`).replace('back: movs', '.balign 4\nback: movs');
    const { machine, translated } = twins({ code: withBack, handlers });
    expect(register(machine, 8)).toBeGreaterThan(0);
    expect(translated).toBeGreaterThan(200);
  });
});

describe('returns in IT blocks', () => {
  it('POP and LDM with the PC, taken every other time', () => {
    const code = `
      ldr r6, =1500
    1: mov r0, r6
      bl one
      bl two
      subs r6, #1
      bne 1b
      ${EXIT}
    one: push {r4, lr}
      lsrs r1, r0, #1
      itt cs
      addcs r7, #1
      popcs {r4, pc}
      adds r7, #2
      pop {r4, pc}
    two: push {r4, r5, lr}
      tst r0, #2
      it eq
      ldmeq.w sp!, {r4, r5, pc}
      adds r8, r0, r8
      pop {r4, r5, pc}`;
    const { machine, end, translated } = twins({ code });
    expect(end.kind).toBe('exit');
    expect(register(machine, 7)).toBe(750 * 3);
    expect(translated).toBeGreaterThan(20_000);
  });
});

describe('a pending interrupt', () => {
  it.each([['PRIMASK', 'cpsid i', 'cpsie i'], ['FAULTMASK', 'cpsid f', 'cpsie f'], ['BASEPRI', 'movs r0, #0x40\nmsr basepri, r0', 'movs r0, #0\nmsr basepri, r0']])('is taken at the very instruction that clears %s', (_, mask, unmask) => {
    // interrupt 3 at priority 0x80; the handler notes the stacked PC and what has been counted
    const code = `
      ldr r4, =0xe000e100
      movs r0, #8
      str r0, [r4]
      ldr r5, =0xe000e403
      movs r0, #0x80
      strb r0, [r5]
      ldr r6, =500
      ldr r10, =${RAM + 0x2000}
      add r4, #0x100
    1: ${mask}
      movs r0, #8
      str r0, [r4]
      adds r7, #1
      adds r7, #1
      ${unmask}
      adds r7, #1
      adds r7, #1
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { machine, end } = twins({ code, handlers: { 19: 'ldr r1, [sp, #24]\nstr r1, [r10], #4\nstr r7, [r10], #4\nbx lr' } });
    expect(end.kind).toBe('exit');
    expect(register(machine, 10)).toBe(RAM + 0x2000 + 500 * 8);
    // two counted before, none after: taken at once
    const seen = Array.from({ length: 500 }, (__, i) => machine.word(RAM + 0x2004 + 8 * i));
    expect(seen).toEqual(Array.from({ length: 500 }, (__, i) => 4 * i + 2));
  });

  it('of several, chained by tail, with nested priorities in between', () => {
    const code = `
      ldr r4, =0xe000e100
      movs r0, #0x38
      str r0, [r4]
      ldr r5, =0xe000e403
      movs r0, #0x80
      strb r0, [r5]
      movs r0, #0x40
      strb r0, [r5, #1]
      movs r0, #0x20
      strb r0, [r5, #2]
      add r4, #0x100
      ldr r6, =400
      ${SYSTICK(977)}
    1: movs r0, #0x18
      str r0, [r4]
      adds r7, #1
      lsls r1, r7, #3
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { machine, end } = twins({ code, handlers: {
      15: COUNT_TICK, 19: 'ldr r0, =0xe000e200\nmovs r1, #0x20\nstr r1, [r0]\nadd r8, #1\nnop\nbx lr', 20: 'add r10, #1\nbx lr', 21: 'add r11, #1\nbx lr',
    } });
    expect(end.kind).toBe('exit');
    expect([register(machine, 8), register(machine, 10), register(machine, 11)]).toEqual([400, 400, 400]);
  });
});

describe('system instructions in hot code', () => {
  it('SVC, with its number read from the caller', () => {
    const code = `
      ldr r6, =800
      ${SYSTICK(331)}
    1: svc #5
      add r7, r0
      svc #9
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { machine, end } = twins({ code, handlers: { 11: 'ldr r1, [sp, #24]\nldrb r0, [r1, #-2]\nadd r8, r0\nstr r0, [sp]\nbx lr', 15: COUNT_TICK } });
    expect(end.kind).toBe('exit');
    expect([register(machine, 7), register(machine, 8)]).toEqual([4000, 11_200]);
  });

  it('WFI and WFE in loops that SysTick wakes', () => {
    const code = `
      ldr r6, =120
      ${SYSTICK(407)}
    1: wfi
      adds r7, #1
      sev
      wfe
      wfe
      movs r0, #30
    2: subs r0, #1
      bne 2b
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { end, translated } = twins({ code, handlers: { 15: COUNT_TICK } });
    expect(end.kind).toBe('exit');
    expect(translated).toBeGreaterThan(3000);
  });

  it('LDREX and STREX, with interrupts between that clear the monitor', () => {
    const code = `
      ldr r4, =${RAM + 0x80}
      ldr r6, =3000
      ${SYSTICK(73)}
    1: ldrex r0, [r4]
      adds r0, #1
      strex r1, r0, [r4]
      cmp r1, #0
      it ne
      addne r8, #1
      bne 1b
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { machine, end } = twins({ code, handlers: { 15: COUNT_TICK } });
    expect(end.kind).toBe('exit');
    expect(machine.word(RAM + 0x80)).toBe(3000);
    expect(register(machine, 8)).toBeGreaterThan(10);
  });

  it('FPSCR modes switched under a loop of floating-point arithmetic', () => {
    const code = `
      ldr r0, =0xe000ed88
      ldr r1, =0xf00000
      str r1, [r0]
      ldr r6, =2000
      ldr r1, =0x00800001
      vmov s0, r1
      ldr r1, =0x3f7ffffd
      vmov s1, r1
      ldr r1, =0x7f800001
      vmov s5, r1
    1: lsls r0, r6, #22
      vmsr fpscr, r0
      vmul.f32 s2, s0, s1
      vdiv.f32 s3, s1, s0
      vadd.f32 s4, s5, s1
      vcvt.s32.f32 s6, s3
      vfma.f32 s7, s2, s1
      vmrs r1, fpscr
      eor r7, r1, r7, ror #7
      vmov r2, s2
      eor r7, r2, r7, ror #5
      vmov r2, s4
      eor r7, r2
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { end, translated } = twins({ code });
    expect(end.kind).toBe('exit');
    expect(translated).toBeGreaterThan(10_000);
  });

  it('lazy stacking of floating-point registers, by handlers that use them now and then', () => {
    const code = `
      ldr r0, =0xe000ed88
      ldr r1, =0xf00000
      str r1, [r0]
      ldr r6, =4000
      ${SYSTICK(211)}
      vmov.f32 s0, #1.0
      vmov.f32 s1, #0.5
    1: vadd.f32 s2, s0, s1
      vadd.f32 s0, s2, s1
      vmul.f32 s16, s2, s1
      subs r6, #1
      bne 1b
      vmov r7, s0
      ${EXIT}`;
    const { machine, end, translated } = twins({ code, handlers: { 15: 'add r9, #1\ntst r9, #1\nbeq 1f\nvmov.f32 s0, #2.0\nvadd.f32 s1, s0, s0\n1: bx lr' } });
    expect(end.kind).toBe('exit');
    expect(register(machine, 7)).toBe(0x457a_1000); // 1 + 4000 * (0.5 + 0.5) = 4001
    expect(translated).toBeGreaterThan(10_000);
  });

  it('MemManage under a hot loop that reads a region switched off and on', () => {
    const code = `${ENABLE_FAULTS}
      ldr r4, =0xe000ed94
      ldr r0, =${(RAM + 0x4000) | 0x10}
      str r0, [r4, #8]
      ldr r5, =0x10000017        @ no access, 4 KB
      ldr r0, =5
      str r0, [r4]
      ldr r6, =1000
      ldr r3, =${RAM + 0x4100}
    1: tst r6, #63
      it eq
      streq r5, [r4, #12]
      ldr.w r0, [r3]
      adds r7, #1
      str.w r7, [r3]
      subs r6, #1
      bne 1b
      ${EXIT}`;
    const { machine, end, translated } = twins({ code, handlers: { 4: `add r8, #1\n${CLEAR_CFSR}\nldr r1, =0xe000eda0\nldr r2, =0x13000017\nstr r2, [r1]\nbx lr` } });
    expect(end.kind).toBe('exit');
    expect(register(machine, 8)).toBe(15);
    expect(machine.word(RAM + 0x4100)).toBe(1000);
    expect(translated).toBeGreaterThan(3000);
  });
});
