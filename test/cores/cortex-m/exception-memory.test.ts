/** Memory that exceptions reach by themselves: its pages are known from the first time on, so that later ones are quick. */
import { describe, expect, it } from 'vitest';
import { CODE, LoneCore, RAM, STACK } from '../../support/lone-core.js';

const PAGE_BITS = 12;
const VECTORS = 0;
const MPU_CTRL = 0xe000_ed94;
/** ENABLE and PRIVDEFENA. DDI 0403E, B3.5.5. */
const ON_WITH_DEFAULT_MAP = 5;

const mapsOf = ({ core }: LoneCore) => ({
  isReadKnown: (address: number) => core.memory.readMap[address >>> PAGE_BITS] !== 0,
  isWriteKnown: (address: number) => core.memory.writeMap[address >>> PAGE_BITS] !== 0,
});

describe('memory that only exceptions touch', () => {
  it('is known after the first entry: the page of the vectors', () => {
    const lone = new LoneCore({ code: 'svc 1', handlers: { 11: 'bx lr' } }).run();
    expect(mapsOf(lone).isReadKnown(VECTORS)).toBe(true);
  });

  it('is known after the first entry: the page of the stack', () => {
    const lone = new LoneCore({ code: 'svc 1', handlers: { 11: 'bx lr' } }).run();
    expect(mapsOf(lone).isWriteKnown(STACK - 4)).toBe(true);
  });

  it('is not taken for granted while the MPU is on', () => {
    const { core } = new LoneCore();
    core.system.mpu.write(MPU_CTRL - 0xe000_ed90, ON_WITH_DEFAULT_MAP, 4);
    core.memory.readWord(RAM);
    expect(core.memory.readMap[RAM >>> PAGE_BITS]).toBe(0);
  });

  it('is not open to stores when it is read-only', () => {
    const { core } = new LoneCore();
    expect(() => { core.memory.writeWord(CODE, 1); }).toThrow('read-only');
    expect(core.memory.writeMap[CODE >>> PAGE_BITS]).toBe(0);
  });
});
