/** Exception frames in real memory. Source: Armv7-M ARM (DDI 0403E), B1.5.6 to B1.5.8. */
import { describe, expect, it } from 'vitest';
import { CODE, DEVICE_ERROR, LoneCore, RAM, RAM_MIRROR } from '../../support/lone-core.js';
import { REG } from './system/lone-system.js';

const RETURN = { 11: 'bx lr' };
/** So that the core knows the pages of these stacks. */
const touch = (...tops: readonly number[]): string => tops.map((top) => `ldr r5, =${top}\nldr r6, [r5]\nstr r6, [r5]`).join('\n');
const THUMB = 1 << 24;
const FULL_FPU_ACCESS = 0xf << 20;

describe('a basic frame', () => {
  it.each([
    ['in a page that was not met before', RAM + 0x4800, []],
    ['in a known page', RAM + 0x4800, [RAM + 0x4000]],
    ['across two known pages', RAM + 0x5010, [RAM + 0x4000, RAM + 0x5000]],
    ['across the end of the known pages', RAM + 0x5010, [RAM + 0x5000]],
    ['at the very start of a page', RAM + 0x4020, [RAM + 0x4000]],
    ['at the very end of a page', RAM + 0x5000, [RAM + 0x4000]],
    ['whose stack pointer is not 8-byte aligned', RAM + 0x4804, [RAM + 0x4000]],
  ])('%s holds R0 to R3, R12, LR, the return address and xPSR, and comes back', (_, top, known) => {
    const code = `${touch(...known)}\nldr r5, =${top}\nmov sp, r5\ncmp r0, r0\nsvc 0\nmovs r7, #1`;
    const clobber = 'movs r0, #9\nmovs r1, #9\nmovs r2, #9\nmovs r3, #9\nmov r12, r0\nbx lr';
    const core = new LoneCore({ code, handlers: { 11: clobber }, r: { 0: 10, 1: 11, 2: 12, 3: 13, 12: 22, 14: 24 } }).run();
    const isMoved = (top & 4) !== 0;
    const frame = top - (isMoved ? 4 : 0) - 0x20;
    const words = Array.from({ length: 8 }, (__, k) => core.word(frame + 4 * k));
    expect(words.slice(0, 6)).toEqual([10, 11, 12, 13, 22, 24]);
    expect(words[7]).toBe(((0b0110 << 28) | THUMB | (isMoved ? 1 << 9 : 0)) >>> 0); // Z and C of the comparison
    expect([core.r(0), core.r(1), core.r(2), core.r(3), core.r(12), core.r(14), core.r(13), core.r(7)]).toEqual([10, 11, 12, 13, 22, 24, top, 1]);
    expect([core.faults, core.word(words[6] - 2) & 0xffff]).toEqual([[], 0xdf00]); // the SVC lies before the return address
  });

  it.each([['itself', RAM], ['a mirror of it', RAM_MIRROR]])('stored over executed code by %s changes what is executed', (_, base) => {
    const patch = 0x4770_2402; // movs r4, #2; bx lr
    const code = `ldr r5, =${RAM}\nldr r6, =0x47702401\nstr r6, [r5]\n${touch(base)}\nldr r5, =${RAM + 1}\nblx r5\nmov r7, r4\nldr r0, =${patch}\nldr r6, =${base + 0x20}\nmov sp, r6\nsvc 0\nblx r5`;
    const core = new LoneCore({ code, handlers: RETURN }).run();
    expect([core.r(7), core.r(4), core.exited]).toEqual([1, 2, true]);
  });

  it('on a stack that refuses it is a stacking fault', () => {
    const core = new LoneCore({ code: `ldr r5, =${DEVICE_ERROR + 0x100}\nmov sp, r5\nsvc 0` }).run(200);
    expect(core.bus.peek(REG.CFSR, 4)! & (1 << 12)).toBe(1 << 12); // STKERR
    expect(core.entered).toContain(3);
  });
});

describe('an extended frame', () => {
  it.each([['of a known page', [RAM + 0x4000]], ['of a page that was not met before', []]])('%s holds S0 to S15 and FPSCR when they are not stacked lazily', (_, known) => {
    const code = `${touch(...known)}\nldr r5, =${RAM + 0x4800}\nmov sp, r5\nvmov s0, r0\nvmov s15, r1\nsvc 0`;
    const core = new LoneCore({ code, handlers: { 11: 'vmov s0, r3\nvmov s15, r3\nbx lr' }, r: { 0: 0x1234, 1: 0x5678, 3: 1 } });
    core.bus.write(REG.CPACR, FULL_FPU_ACCESS, 4);
    core.bus.write(REG.FPCCR, 1 << 31, 4); // ASPEN without LSPEN
    core.run();
    const frame = RAM + 0x4800 - 0x68;
    expect([core.word(frame), core.word(frame + 0x20), core.word(frame + 0x5c), core.faults, core.exited]).toEqual([0x1234, 0x1234, 0x5678, [], true]);
    expect([core.words[64], core.words[64 + 15]]).toEqual([0x1234, 0x5678]);
  });
});

describe('after an exception return', () => {
  it('the interpreter goes on where it came from, in the same cycles as with one instruction per run', () => {
    const code = `movs r0, #0\n1: svc 0\nadds r0, #1\ncmp r0, #20\nbne 1b`;
    const options = { code, handlers: { 11: `ldr r1, =${REG.ICSR}\nldr r2, =${1 << 28}\nstr r2, [r1]\nbx lr`, 14: 'bx lr' } };
    const [whole, stepped] = [new LoneCore(options).run(), new LoneCore(options)];
    while (!stepped.exited) {
      stepped.step();
      stepped.exited = stepped.core.stop !== undefined;
    }
    expect(whole.entered.length).toBe(40);
    expect([stepped.entered, stepped.cycles, stepped.pc]).toEqual([whole.entered, whole.cycles, whole.pc]);
  });

  it('tells where execution goes on after entry and return', () => {
    const core = new LoneCore({ code: 'svc 0\nnop', handlers: RETURN });
    const targets: number[] = [];
    core.core.system.exceptions.onTarget = (address) => targets.push(address >>> 0);
    core.run();
    expect(targets).toEqual([0x4000 + 0x400 * 11, CODE + 2]);
  });
});
