import { beforeEach, describe, expect, it } from 'vitest';
import { Bus } from '../../../emulator/bus/bus.js';
import { CortexM } from '../../../emulator/cores/cortex-m/core.js';
import { GuestFault } from '../../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../../emulator/cores/cortex-m/state.js';
import { configureCore } from '../../../emulator/cores/cortex-m/system/index.js';
import { ClockTree } from '../../../emulator/time/clock-tree.js';
import { EventQueue } from '../../../emulator/time/event-queue.js';

const RAM = 0x2000_0000;
const MIRROR = 0x2100_0000;
const RAM_BYTES = 0x20_0000;
const RAM_OFFSET = 0x1_0000;

// Encodings: Armv7-M ARM (DDI 0403E), A7.7.
const movs = (d: number, imm: number): number => 0x2000 | (d << 8) | imm;
const adds = (d: number, imm: number): number => 0x3000 | (d << 8) | imm;
const strh = (t: number, n: number): number => 0x8000 | (n << 3) | t; // [Rn]
const b = (halfwords: number): number => 0xe000 | ((halfwords - 2) & 0x7ff);
const IT_EQ = 0xbf08;
const CMP_R0_0 = 0x2800;
const LDM_R1 = 0xc904; // LDM r1!, {r2}

let core: CortexM;
let bus: Bus;

beforeEach(() => {
  const { buffer } = new WebAssembly.Memory({ initial: 34 });
  bus = new Bus(buffer);
  bus.addMemory({ name: 'ram', base: RAM, bytes: RAM_BYTES, offset: RAM_OFFSET });
  bus.addMemory({ name: 'mirror', base: MIRROR, bytes: RAM_BYTES, offset: RAM_OFFSET });
  const time = { now: () => 0 };
  const clocks = new ClockTree(time, { oscillators: { osc: 1_000_000 } });
  core = new CortexM({
    config: configureCore('cortex-m4f', {}), bus, scheduler: new EventQueue(time, clocks.rootHz), processorClock: clocks.clock('osc'), warnings: { warn: () => {} },
  });
  core.reset();
  core.words[Word.T] = 1;
  core.system.exceptions.leaveLockup();
});

function place(address: number, ...halfwords: number[]): void {
  halfwords.forEach((halfword, i) => bus.poke(address + 2 * i, halfword, 2));
}

function step(count: number): void {
  for (let i = 0; i < count; i++) {
    core.words[Word.CYCLES] = core.words[Word.LIMIT] = 0;
    core.interpreter.run();
  }
}

describe('code in RAM', () => {
  it.each([['its own address', RAM], ['a mirror', MIRROR]])('is decoded again after a store through %s', (_, base) => {
    place(RAM, movs(0, 1), strh(2, 1), b(-2));
    core.words.set([0, base, movs(0, 7)]);
    core.words[Word.PC] = RAM;
    step(3);
    expect(core.words[0]).toBe(1);
    step(1);
    expect(core.words[0]).toBe(7);
  });

  it('keeps its decoded instructions when a variable behind it changes', () => {
    const written: number[] = [];
    const { onCodeWritten } = core.memory;
    core.memory.onCodeWritten = (address, bytes) => { written.push(address); onCodeWritten(address, bytes); };
    place(RAM, strh(0, 1), b(-1));
    core.words.set([3, RAM + 0x20]);
    core.words[Word.PC] = RAM;
    step(6);
    expect(bus.peek(RAM + 0x20, 2)).toBe(3);
    expect(written).toEqual([]);
  });
});

it('executes one instruction at least, whatever the limit, the first time too', () => {
  place(RAM, movs(0, 1), movs(0, 2));
  core.words[Word.PC] = RAM;
  step(1);
  expect([core.words[0], core.words[Word.PC]]).toEqual([1, RAM + 2]);
  expect(core.interpreter.instructions).toBe(1);
});

it('gives the decoded pages back when a program has more of them than are kept', () => {
  const pages = 400;
  for (let n = 0; n < pages; n++) place(RAM + n * 0x1000, adds(0, 1), 0xf000, 0xbffd); // B.W to 0x1000 further on
  core.words[0] = 0;
  for (let round = 0; round < 2; round++) {
    core.words[Word.PC] = RAM;
    step(2 * pages);
    expect(core.words[Word.PC]).toBe(RAM + pages * 0x1000);
  }
  expect(core.words[0] & 0xff).toBe((2 * pages) & 0xff);
  expect(core.words[0]).toBe(2 * pages);
});

it('names the faulting instruction, in an IT block with its ITSTATE', () => {
  place(RAM, CMP_R0_0, IT_EQ, LDM_R1);
  core.words.set([0, RAM + 1]);
  core.words[Word.PC] = RAM;
  step(1);
  step(1);
  expect(() => step(1)).toThrow(GuestFault);
  expect(core.words[Word.PC]).toBe(RAM + 4);
  expect(core.words[Word.ITSTATE]).toBe(IT_EQ & 0xff);
});
