/**
 * Cycles at zero wait states. Sources: Cortex-M0 TRM (DDI 0432C) 3.3 and table 3-1, Cortex-M0+ TRM (DDI 0484C) 3.3, Cortex-M3 TRM
 * (DDI 0337I) 3.3, Cortex-M4 TRM (100166) 3.3 and 7.2.3. Where a TRM gives P, the pipeline refill of 1 to 3, 2 is charged.
 */
import { describe, expect, it } from 'vitest';
import { Exception } from '../../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../../emulator/cores/cortex-m/state.js';
import { cyclesOf, TIMING } from '../../../emulator/cores/cortex-m/timing.js';
import type { CoreName } from '../../../emulator/cores/cortex-m/system/index.js';
import { assembleEach } from '../../support/assembler.js';
import { CODE, DEVICE, END, LoneCore, RAM } from '../../support/lone-core.js';
import { REG } from './system/lone-system.js';

type Row = readonly [source: string, cycles: number];
const r = { 0: RAM + 0x100, 1: RAM + 0x100, 2: 0, 3: 3, 4: (CODE + 0x40) | 1 };

function specify(core: CoreName, rows: readonly Row[]): void {
  const codes = assembleEach(rows.map(([source]) => `${source}\nnop\n${END}`));
  describe(core, () => {
    it.each(rows.map(([source, cycles], i) => [source, cycles, codes[i]] as const))('%s takes %i', (_, cycles, code) => {
      const lone = new LoneCore({ core, code, r }).setFlags('Z');
      lone.bus.write(REG.CPACR, 0xf << 20, 4);
      expect(lone.step().cycles).toBe(cycles);
    });
  });
}

specify('cortex-m0', [
  ['adds r0, r0, r1', 1], ['muls r0, r1, r0', 1], ['ldr r0, [r1]', 2], ['strb r0, [r1]', 2], ['ldm r1!, {r2, r3}', 3], ['stm r1!, {r2, r3, r4}', 4],
  ['push {r0, r1, lr}', 4], ['b . + 4', 3], ['beq . + 4', 3], ['bne . + 4', 1], ['bl . + 8', 4], ['bx r4', 3], ['mov pc, r4', 3], ['dmb', 4], ['mrs r0, primask', 4],
]);
specify('cortex-m0plus', [
  ['adds r0, r0, r1', 1], ['ldr r0, [r1]', 2], ['str r0, [r1]', 2], ['b . + 4', 2], ['beq . + 4', 2], ['bne . + 4', 1], ['bl . + 8', 3], ['bx r4', 2], ['mov pc, r4', 2], ['isb', 3],
]);
specify('cortex-m3', [
  ['mla r0, r1, r2, r3', 2], ['ldr r0, [r1]', 2], ['str r0, [r1]', 1], ['ldrd r2, r3, [r1]', 3], ['b . + 4', 3], ['cbz r2, . + 4', 3], ['cbnz r2, . + 4', 1],
]);
specify('cortex-m4f', [
  ['adds r0, r0, r1', 1], ['add.w r0, r1, r2, lsl #3', 1], ['mla r0, r1, r2, r3', 1], ['umlal r2, r3, r0, r1', 1], ['smlad r0, r1, r2, r3', 1], ['ssat r0, #4, r1', 1],
  ['ldr r0, [r1]', 2], ['ldr r0, . + 8', 2], ['str r0, [r1]', 1], ['ldrd r2, r3, [r1]', 3], ['strd r2, r3, [r1]', 3], ['ldm r1!, {r2, r3, r5, r6}', 5], ['push {r0, r1, r2, lr}', 5],
  ['b . + 4', 3], ['b.w . + 4', 3], ['beq . + 4', 3], ['bne . + 4', 1], ['bl . + 8', 3], ['bx r4', 3], ['blx r4', 3], ['mov pc, r4', 3], ['cbz r2, . + 4', 3], ['cbnz r2, . + 4', 1],
  ['tbb [pc, r2]', 4], ['ldr pc, [r1]', 4], ['nop', 1],
  ['vadd.f32 s0, s1, s2', 1], ['vmla.f32 s0, s1, s2', 3], ['vfma.f32 s0, s1, s2', 3], ['vdiv.f32 s0, s1, s2', 14], ['vsqrt.f32 s0, s1', 14], ['vldr s0, [r1]', 2], ['vldr d0, [r1]', 3],
  ['vstr d0, [r1]', 3], ['vldmia r1, {s0-s3}', 5], ['vmov r0, s0', 1], ['vmov s0, s1, r0, r1', 2],
]);

it.each([['smallest quotient', 1, 1], ['largest quotient', 0xffff_ffff, 1], ['zero', 0, 7], ['by zero', 7, 0]])('UDIV takes 2 to 12: %s', (_, n, m) => {
  const cycles = new LoneCore({ code: 'udiv r0, r1, r2', r: { 1: n, 2: m } }).step().cycles;
  expect(cycles).toBeGreaterThanOrEqual(2);
  expect(cycles).toBeLessThanOrEqual(12);
});

it('a class without a cost is a gap that is told', () => expect(() => cyclesOf(TIMING['cortex-m0'], 'vdiv', 0)).toThrow('no cycles for timing class vdiv'));

describe('a device sees the cycle of each access', () => {
  const r = { 1: DEVICE };
  it.each([
    ['cortex-m4', 'str r0, [r1]\nnop\nnop\nstr r0, [r1]', [3]],
    ['cortex-m4', 'str r0, [r1]\nldr r0, [r1]\nstr r0, [r1]', [2, 1]],
    ['cortex-m4', 'str r0, [r1]\nb 1f\n1: str r0, [r1]', [4]],
    ['cortex-m4', 'str r0, [r1]\nit eq\nstreq r0, [r1]\nstr r0, [r1]', [2, 1]],
    ['cortex-m4', 'str r0, [r1]\nsdiv r2, r3, r3\nstr r0, [r1]', [4]],
    ['cortex-m0', 'str r0, [r1]\nnop\nstr r0, [r1]', [3]],
  ] as const)('%s: %s', (core, code, distances) => {
    const lone = new LoneCore({ core, code, r: { ...r, 3: 5 } }).setFlags('Z').run();
    const cycles = lone.accesses.map(({ cycle }) => cycle);
    expect(cycles.slice(1).map((cycle, i) => cycle - cycles[i])).toEqual(distances);
  });
});

describe('interrupt entry', () => {
  // From the store that raises the line to the first store of the handler: entry, then that store's own cycles.
  it.each([['cortex-m0', 16, 2], ['cortex-m0plus', 15, 2], ['cortex-m3', 12, 1], ['cortex-m4', 12, 1]] as const)('of a %s takes %i cycles', (core, entry, store) => {
    const lone = new LoneCore({ core, code: 'str r0, [r1]\nnop\nnop', handlers: { [Exception.firstIrq]: `str r0, [r1, #4]\n${END}` }, r: { 1: DEVICE } });
    const { exceptions } = lone.core.system;
    exceptions.setEnabled(Exception.firstIrq, true);
    lone.onWrite = () => exceptions.setIrqLevel(0, true);
    const [raised, handled] = lone.run().accesses;
    expect(handled.cycle - raised.cycle).toBe(entry + store);
  });

  it('happens after the instruction that raises it and before the next', () => {
    const lone = new LoneCore({ code: 'str r0, [r1]\nmovs r2, #1', handlers: { [Exception.firstIrq]: `mov r3, r2\n${END}` }, r: { 1: DEVICE, 2: 0 } });
    const { exceptions } = lone.core.system;
    exceptions.setEnabled(Exception.firstIrq, true);
    lone.onWrite = () => exceptions.pulseIrq(0);
    lone.run();
    expect([lone.r(3), lone.word(lone.r(13) + 24)]).toEqual([0, CODE + 2]);
  });

  it('from a tail-chain takes 6', () => {
    const handlers = { [Exception.firstIrq]: 'str r0, [r1]\nbx lr', [Exception.firstIrq + 1]: `str r0, [r1]\n${END}` };
    const lone = new LoneCore({ code: 'nop\nnop', handlers, r: { 1: DEVICE } });
    const { exceptions } = lone.core.system;
    for (const irq of [0, 1]) {
      exceptions.setEnabled(Exception.firstIrq + irq, true);
      exceptions.pulseIrq(irq);
    }
    const [first, second] = lone.run().accesses;
    // BX's own cycle, the tail-chain, the store. Cortex-M4 TRM: 6 cycles between the handlers.
    expect(second.cycle - first.cycle).toBe(1 + 6 + 1);
  });
});

describe('a run', () => {
  it('ends with the instruction that reaches its last cycle', () => {
    const lone = new LoneCore({ code: 'nop\nnop\nnop\nldr r0, [r1]\nnop\nudiv r0, r1, r3\nnop', r });
    for (let budget = 1; budget < 12; budget++) {
      lone.core.reset();
      lone.words.set([RAM, RAM, 0, 1]);
      lone.core.run(budget);
      const reached = lone.words[Word.CYCLES];
      expect(reached).toBeGreaterThanOrEqual(budget);
      expect(reached - budget, `budget ${budget}`).toBeLessThan(12);
    }
  });

  it('executes the same in one piece and cycle by cycle', () => {
    const code = 'movs r0, #50\n1: adds r1, #3\nldr r2, [r5]\nit ne\neorne r1, r2\nstr r1, [r5], #4\nsubs r0, #1\nbne 1b';
    const whole = new LoneCore({ code, r: { 1: 0, 5: RAM } }).run();
    const pieces = new LoneCore({ code, r: { 1: 0, 5: RAM } });
    while (!pieces.exited) pieces.run(1);
    expect([pieces.cycles, [...pieces.words.subarray(0, 16)]]).toEqual([whole.cycles, [...whole.words.subarray(0, 16)]]);
    expect(pieces.core.interpreter.instructions).toBe(whole.core.interpreter.instructions);
  });

  it('in steps of one cycle executes one instruction each, also at an IT', () => {
    const lone = new LoneCore({ code: 'it eq\nmoveq r0, #1\nmovs r2, #1', r: { 0: 0 } }).setFlags('Z').step();
    expect([lone.cycles, lone.pc, lone.r(0)]).toEqual([1, CODE + 2, 0]);
  });
});
