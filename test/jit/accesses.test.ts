/** Which accesses share a check, and where it stands. */
import { describe, expect, it } from 'vitest';
import { planAccesses, type Advice, type BlockPlan, type Window } from '../../emulator/jit/accesses.js';
import { regionOf } from '../support/regions.js';

const RAM: Window = { base: 0x2000_0000, bytes: 0x1_0000, offset: 0x1000, isWritable: true };
const ROM: Window = { base: 0, bytes: 0x1_0000, offset: 0x1_1000, isWritable: false };

const everythingIn = (window: Window | undefined): Advice => ({ alignsAll: false, isEntry: () => false, windowFor: () => window });

/** Plans of the first block of some assembly. */
const plan = (assembly: string, advice = everythingIn(RAM)): BlockPlan => planAccesses(regionOf(`${assembly}\nbx lr`).blocks[0], advice);

/** Registers and spans of the checks at the block's start. */
const spans = ({ checks }: BlockPlan): string[] => checks.map(({ register, low, high }) => `r${register}${low >= 0 ? '+' : ''}${low}..${high}`);
const kinds = ({ plans }: BlockPlan): (string | undefined)[] => plans.map((one) => one?.kind);

describe('accesses at constant distances from a register', () => {
  it.each([
    ['one', 'ldr r0, [r1, #4]', ['r1+4..8']],
    ['several, loads and stores', 'ldr r0, [r1]\nstrh r2, [r1, #6]\nldrb r3, [r1, #12]', ['r1+0..13']],
    ['with the register written back', 'ldr r0, [r1], #4\nldr r2, [r1], #4\nldr r3, [r1, #-4]', ['r1+0..8']],
    ['with constants added', 'ldr r0, [r1]\nadds r1, #16\nldr r2, [r1]', ['r1+0..20']],
    ['with the register copied', 'ldr r0, [r1]\nmov r4, r1\nldr r2, [r4, #8]', ['r1+0..12']],
    ['on the stack, below and above', 'push {r4, r5}\nldr r0, [sp, #4]\npop {r4, r5}', ['r13-8..0']],
    ['of a multiple transfer', 'ldmia r1!, {r2, r3, r4}\nstmia r0!, {r2, r3, r4}', ['r1+0..12', 'r0+0..12']],
    ['of each register that is used', 'ldr r0, [r1]\nstr r0, [r2]', ['r1+0..4', 'r2+0..4']],
  ])('share a check at the start: %s', (_, assembly, expected) => expect(spans(plan(assembly))).toEqual(expected));

  it('are checked where the register has got its value', () => {
    const { plans, checks } = plan('ldr r1, [r0]\nldr r2, [r1]\nldr r3, [r1, #4]');
    expect(spans({ plans, checks, slots: 0 })).toEqual(['r0+0..4']);
    expect(plans[1]).toMatchObject({ kind: 'checked', check: { register: 1, low: 0, high: 8 } });
    expect(plans[2]).toMatchObject({ kind: 'checked', check: undefined });
  });

  it('keep their distance from where the check points', () =>
    expect(plan('ldr r0, [r1, #8]\nldr r2, [r1, #4]').plans.slice(0, 2).map((one) => one?.kind === 'checked' && one.distances)).toEqual([[4], [0]]));

  it('are aligned together when the instruction wants that', () =>
    expect(plan('ldrd r0, r2, [r1]\nldr r3, [r1, #8]').checks[0].alignment).toBe(4));

  it('are checked one by one when their distances are no multiples of what is wanted', () =>
    expect(kinds(plan('ldrb r0, [r1, #-1]\nldmia r1, {r2, r3}')).slice(0, 2)).toEqual(['single', 'single']));

  it('need alignment of all words where the core faults otherwise', () =>
    expect(plan('ldr r0, [r1]', { ...everythingIn(RAM), alignsAll: true }).checks[0].alignment).toBe(4));
});

describe('other accesses', () => {
  it.each([
    ['at a register plus another', 'ldr r0, [r1, r2, lsl #2]', 'single'],
    ['under a condition', 'cmp r3, #0\nit eq\nldreq r0, [r1]', 'single'],
  ])('have a check of their own: %s', (_, assembly, kind) => expect(kinds(plan(assembly)).filter((one) => one !== undefined)[0]).toBe(kind));

  it('go by the page map where no window is known', () => expect(kinds(plan('ldr r0, [r1]', everythingIn(undefined)))[0]).toBe('map'));

  it('do not share a check across windows', () => {
    const advice: Advice = { ...everythingIn(RAM), windowFor: (address) => (address === 0 ? ROM : RAM) };
    expect(plan('ldr r0, [r1]\nldr r2, [r1, #4]', advice).checks.map(({ window }) => window.base)).toEqual([ROM.base, RAM.base]);
  });
});
