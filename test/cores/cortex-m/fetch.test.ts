/** Where instructions come from: page borders, ends of memory, exceptions between pages. Source: Armv7-M ARM (DDI 0403E), A5.1, B1.5.14, B3.5. */
import { describe, expect, it } from 'vitest';
import { CFSR, Exception } from '../../../emulator/cores/cortex-m/fault.js';
import { assemble } from '../../support/assembler.js';
import { END, LoneCore, RAM, RAM_MIRROR } from '../../support/lone-core.js';
import { REG } from './system/lone-system.js';

const PAGE = 0x1000;
const END_OF_RAM = RAM_MIRROR + 0x1_0000;

/** Starts at an address in RAM, so that the program lies there as given. */
function startAt(address: number, source: string, r: Readonly<Record<number, number>> = {}, handlers: Readonly<Record<number, string>> = {}): LoneCore {
  const core = new LoneCore({ code: 'bx r12', r: { ...r, 12: address | 1 }, handlers });
  const code = assemble(`${source}\n${END}`);
  core.bus.load(address, code.subarray(0, Math.min(code.length, END_OF_RAM - address)));
  return core;
}

describe('a page border', () => {
  const program = 'movs r0, #1\nadds r0, #2\nmovw r1, #0x1234\ncmp r0, #3\nittte eq\nmoveq r2, #1\nmovweq r3, #0x5678\nmoveq r4, #1\nmovne r5, #1\nadds r0, #4';
  it('may lie anywhere in a program', () => {
    for (let before = 0; before <= 28; before += 2) {
      const core = startAt(RAM + PAGE - before, program, { 2: 0, 3: 0, 4: 0, 5: 0 }).run();
      expect([before, ...[0, 1, 2, 3, 4, 5].map((n) => core.r(n))]).toEqual([before, 7, 0x1234, 1, 0x5678, 1, 0]);
    }
  });

  it('may be crossed by every interrupt and its return', () => {
    for (let before = 1; before <= 11; before++) {
      const core = startAt(RAM + PAGE - 14, program, { 2: 0, 3: 0, 4: 0, 5: 0, 6: 0 }, { [Exception.firstIrq]: 'adds r6, #1\nbx lr' }).step(before);
      core.core.system.exceptions.setEnabled(Exception.firstIrq, true);
      core.core.system.exceptions.pulseIrq(0);
      core.run();
      expect([before, ...[0, 1, 2, 3, 4, 5, 6].map((n) => core.r(n))]).toEqual([before, 7, 0x1234, 1, 0x5678, 1, 0, 1]);
    }
  });
});

describe('the end of memory', () => {
  it('faults at the first instruction that is not there', () => {
    const core = startAt(END_OF_RAM - 4, 'movs r0, #1\nmovs r1, #1', { 0: 0, 1: 0 }).run(100);
    expect([core.r(1), core.faults[0]?.fault.status, core.faults[0]?.pc]).toEqual([1, CFSR.IBUSERR, END_OF_RAM]);
  });

  it('faults at an instruction of which half is not there', () => {
    const core = startAt(END_OF_RAM - 4, 'movs r0, #1\nmovw r1, #1', { 0: 0, 1: 0 }).run(100);
    expect([core.r(1), core.faults[0]?.fault.status, core.faults[0]?.pc]).toEqual([0, CFSR.IBUSERR, END_OF_RAM - 2]);
  });

  it('faults in the middle of an IT block with the state of that instruction', () => {
    const core = startAt(END_OF_RAM - 4, '.inst.n 0xbf04\nmovs r0, #1\nmovs r1, #1', { 0: 0 }); // itt eq
    core.setFlags('Z').run(100);
    expect([core.r(0), core.faults[0]?.pc]).toEqual([1, END_OF_RAM]);
    expect(core.word(core.r(13) + 28) & 0x0600_fc00).toBe(0x0800); // ITSTATE 0000_1000
  });
});

describe('execute-never', () => {
  const guard = (core: LoneCore, base: number): void => {
    core.bus.write(REG.MPU_RBAR, base | 0x10, 4);
    core.bus.write(REG.MPU_RASR, (1 << 28) | (3 << 24) | (7 << 1) | 1, 4); // 256 bytes, XN, full access
    core.bus.write(REG.MPU_CTRL, 5, 4);
  };
  it('holds for the second half of an instruction', () => {
    const core = startAt(RAM + 0x1fe, 'movw r1, #1', { 1: 0 });
    guard(core, RAM + 0x200);
    core.run(100);
    expect([core.r(1), core.faults[0]?.fault.status]).toEqual([0, CFSR.IACCVIOL]);
  });

  it('holds for the second half of an instruction in another page', () => {
    const core = startAt(RAM + PAGE - 2, 'movw r1, #1', { 1: 0 });
    guard(core, RAM + PAGE);
    core.run(100);
    expect([core.r(1), core.faults[0]?.fault.status]).toEqual([0, CFSR.IACCVIOL]);
  });

  it('holds for code that ran before', () => {
    const core = startAt(RAM + 0x200, 'adds r1, #1\nbx lr', { 1: 0 });
    core.bus.load(0x1000, assemble(`blx r12\nstr r2, [r3]\nblx r12\n${END}`));
    guard(core, RAM + 0x200);
    core.bus.write(REG.MPU_CTRL, 0, 4);
    core.words.set([5, REG.MPU_CTRL], 2);
    core.run(100);
    expect([core.r(1), core.faults[0]?.fault.status, core.faults[0]?.pc]).toEqual([1, CFSR.IACCVIOL, RAM + 0x200]);
  });

  it('holds for the second half, in another page, of an instruction that ran before', () => {
    const place = RAM + PAGE - 2;
    const core = startAt(place, 'movw r1, #1\nbx lr', { 1: 0 });
    core.bus.load(0x1000, assemble(`blx r12\nstr r2, [r3]\nblx r12\n${END}`));
    guard(core, RAM + PAGE);
    core.bus.write(REG.MPU_CTRL, 0, 4);
    core.words.set([5, REG.MPU_CTRL], 2);
    core.run(100);
    expect([core.faults[0]?.fault.status, core.faults[0]?.pc]).toEqual([CFSR.IACCVIOL, place]);
  });
});
