/** IT blocks. Source: Armv7-M ARM (DDI 0403E), A7.3 (conditions, ITSTATE), A7.7.38 (IT), B1.4.2 (EPSR.IT), B1.5.6 (entry). */
import { describe, expect, it } from 'vitest';
import { CONDITIONS } from '../../../emulator/cores/cortex-m/rows/branch.js';
import { Exception } from '../../../emulator/cores/cortex-m/fault.js';
import { assembleEach } from '../../support/assembler.js';
import { CODE, END, LoneCore, RAM } from '../../support/lone-core.js';

/** Table A7-1. */
const HOLDS: Readonly<Record<string, (f: { N: boolean; Z: boolean; C: boolean; V: boolean }) => boolean>> = {
  eq: ({ Z }) => Z, ne: ({ Z }) => !Z, cs: ({ C }) => C, cc: ({ C }) => !C, mi: ({ N }) => N, pl: ({ N }) => !N, vs: ({ V }) => V, vc: ({ V }) => !V,
  hi: ({ C, Z }) => C && !Z, ls: ({ C, Z }) => !C || Z, ge: ({ N, V }) => N === V, lt: ({ N, V }) => N !== V,
  gt: ({ N, V, Z }) => !Z && N === V, le: ({ N, V, Z }) => Z || N !== V, al: () => true,
};
const ALL_FLAGS = Array.from({ length: 16 }, (_, i) => ['N', 'Z', 'C', 'V'].filter((_name, bit) => (i >> bit) & 1).join(''));

/** Sets r0 and r2 by 16-bit and 32-bit MOV under IT. The assembler knows no IT AL. */
const conditionalMoves = (c: string): string => (c === 'al'
  ? '.inst.n 0xbfe8\nmovs r0, #1\n.inst.n 0xbfe8\nmov.w r2, #1\nb 1f'
  : `it ${c}\nmov${c} r0, #1\nit ${c}\nmov${c}.w r2, #1\nb${c} 1f`);

describe('a condition', () => {
  const codes = assembleEach(CONDITIONS.map((c) => `${conditionalMoves(c)}\nb 2f\n1: movs r1, #1\n2: ${END}`));
  it.each(CONDITIONS.map((c, i) => [c, codes[i]] as const))('%s: IT and branch hold for the flags of table A7-1', (condition, code) => {
    const held = ALL_FLAGS.map((flags) => {
      const core = new LoneCore({ code, r: { 0: 0, 1: 0, 2: 0 } }).setFlags(flags).run();
      return [flags, core.r(0), core.r(1), core.r(2)];
    });
    expect(held).toEqual(ALL_FLAGS.map((flags) => {
      const expected = Number(HOLDS[condition]({ N: flags.includes('N'), Z: flags.includes('Z'), C: flags.includes('C'), V: flags.includes('V') }));
      return [flags, expected, expected, expected];
    }));
  });
});

describe('an IT block', () => {
  it('chooses each of four instructions', () => {
    const code = 'cmp r0, r0\nitete eq\nmoveq r1, #1\nmovne r2, #1\nmoveq.w r3, #1\nmovne.w r4, #1';
    const core = new LoneCore({ code, r: { 1: 0, 2: 0, 3: 0, 4: 0 } }).run();
    expect([1, 2, 3, 4].map((n) => core.r(n))).toEqual([1, 0, 1, 0]);
  });

  it('keeps 16-bit data processing from setting flags, not comparisons', () => {
    const core = new LoneCore({ code: '.inst.n 0xbfe4\nadds r0, r0, r1\nlsls r0, r0, #1', r: { 0: 0xffff_ffff, 1: 1 } }).setFlags('NV').run();
    expect([core.r(0), core.NZCV]).toEqual([0, 'N..V']);
    const compared = new LoneCore({ code: 'itte eq\ncmpeq r0, #1\nmoveq r1, #1\nmovne r2, #2', r: { 0: 0, 1: 0, 2: 0 } }).setFlags('Z').run();
    expect([compared.NZCV, compared.r(1), compared.r(2)]).toEqual(['N...', 0, 2]);
  });

  it('charges a skipped instruction with one cycle and steps over its whole length', () => {
    const core = new LoneCore({ code: 'it eq\nldreq.w r0, [r1]\nmovs r2, #7', r: { 0: 5, 1: 1, 2: 0 } }).setFlags('').run();
    expect([core.r(0), core.r(2), core.cycles]).toEqual([5, 7, 1 + 1 + 1 + 1]); // IT, LDR, MOVS, BKPT
  });

  it('branches out with its last instruction', () => {
    const core = new LoneCore({ code: 'itt eq\nmoveq r1, #1\nbeq 1f\nmovs r2, #1\n1:', r: { 1: 0, 2: 0 } }).setFlags('Z').run();
    expect([core.r(1), core.r(2)]).toEqual([1, 0]);
  });

  it('executes BKPT whatever the condition', () => {
    const core = new LoneCore({ code: `.inst.n 0xbf08\n${END}\nmovs r0, #1`, r: { 0: 0 } }).setFlags('').run(); // it eq
    expect([core.exited, core.r(0)]).toEqual([true, 0]);
  });

  it('goes on after an SVC in its middle; the handler runs outside of it', () => {
    const code = 'cmp r0, r0\nittte eq\nmoveq r1, #1\nsvceq 0\nmoveq r2, #2\nmovne r3, #3';
    const handlers = { [Exception.SVCall]: 'ldr r5, [sp, #28]\nmovs r4, #1\nbx lr' };
    const core = new LoneCore({ code, handlers, r: { 1: 0, 2: 0, 3: 0, 4: 0 } }).run();
    expect([1, 2, 3, 4].map((n) => core.r(n))).toEqual([1, 2, 0, 1]);
    // ITSTATE 00000011 of ITTTE EQ, advanced twice: 00001100. xPSR<15:10> is IT<7:2>, xPSR<26:25> is IT<1:0>.
    expect(core.r(5) & 0x0600_fc00).toBe(0x0000_0c00);
  });

  it('goes on after an interrupt between any two of its instructions', () => {
    const code = 'cmp r0, r0\nitete eq\nmoveq r1, #1\nmovne r2, #1\nmoveq r3, #1\nmovne r4, #1';
    for (let before = 1; before <= 6; before++) {
      const core = new LoneCore({ code, handlers: { 16: 'movs r5, #1\nbx lr' }, r: { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 } }).step(before);
      core.core.system.exceptions.setEnabled(16, true);
      core.core.system.exceptions.pulseIrq(0);
      core.run();
      expect([before, ...[1, 2, 3, 4, 5].map((n) => core.r(n))]).toEqual([before, 1, 0, 1, 0, 1]);
    }
  });

  it('starts a faulting instruction again with its condition after the handler has mended the cause', () => {
    const code = 'cmp r0, r0\nittet eq\nmoveq r1, #1\nldreq r2, [r0]\nmovne r3, #1\nmoveq r4, #1';
    const handlers = { [Exception.HardFault]: `ldr r6, =${RAM}\nstr r6, [sp]\nmovs r7, #1\nbx lr` };
    const core = new LoneCore({ code, handlers, r: { 0: 0x6000_0000, 1: 0, 3: 0, 4: 0 } });
    core.bus.poke(RAM, 0x1234_5678, 4);
    core.run();
    expect([1, 2, 3, 4].map((n) => core.r(n))).toEqual([1, 0x1234_5678, 0, 1]);
    expect(core.faults.map(({ pc }) => pc)).toEqual([CODE + 6]);
  });
});
