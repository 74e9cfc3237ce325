import { describe, expect, it } from 'vitest';
import { figuresOf, geometricMeans, isUsable, net, type Round } from './figures.js';
import { resultOf, type ProgramResult } from './result.js';

const cost = (wall: number, cpu = wall): { wall: number; cpu: number } => ({ wall, cpu });
const round = (ours: number, qemu: number, qemuIcount: number, native?: number): Round => ({
  thumbelina: cost(ours), qemu: cost(qemu), qemuIcount: cost(qemuIcount), ...(native === undefined ? {} : { native: cost(native) }),
});

describe('net', () => {
  it('subtracts what a program that ends at once takes', () => expect(net(cost(3, 4), cost(1, 1.5))).toEqual({ wall: 2, cpu: 2.5 }));
  it('keeps a negative wall time, which tells that the round is of no use', () => expect(net(cost(1), cost(3)).wall).toBe(-2));
  it('takes no CPU time below none, whose clock ticks coarsely', () => expect(net(cost(1, 0.010), cost(0, 0.011)).cpu).toBe(0));
});

describe('isUsable', () => {
  it.each([
    ['every time is above 0', round(1, 1, 1, 1), true],
    ['the host was not asked', round(1, 1, 1), true],
    ['ours came out as nothing', round(0, 1, 1), false],
    ["the host's came out below nothing", round(1, 1, 1, -0.001), false],
  ])('when %s: %j is %j', (_, one, expected) => expect(isUsable(one)).toBe(expected));
});

describe('figuresOf', () => {
  it('compares pair by pair, so that a slow spell of the machine does not count', () =>
    expect(figuresOf(1e6, [round(1, 3, 4), round(10, 30, 40), round(2, 6, 8)]).ratio).toEqual({ qemu: 3, qemuIcount: 4 }));

  it('takes the median round', () => expect(figuresOf(1e6, [round(1, 2, 1), round(1, 9, 1), round(1, 4, 1)]).ratio.qemu).toBe(4));

  it('is above 1 where we are faster', () => expect(figuresOf(1e6, [round(1, 2, 4, 0.5)]).ratio).toEqual({ qemu: 2, qemuIcount: 4, native: 0.5 }));

  it("gives every runner's speed by our count of instructions", () =>
    expect(figuresOf(500e6, [round(1, 2, 4, 0.5)]).mips).toEqual({ thumbelina: 500, qemu: 250, qemuIcount: 125, native: 1000 }));

  it('charges background work by CPU time', () => {
    const busyInBackground: Round = { thumbelina: cost(1, 2), qemu: cost(3), qemuIcount: cost(3) };
    const { ratio, ratioByCpu, wall, cpu } = figuresOf(1e6, [busyInBackground]);
    expect({ wall: ratio.qemu, cpu: ratioByCpu.qemu }).toEqual({ wall: 3, cpu: 1.5 });
    expect({ wall: wall.thumbelina, cpu: cpu.thumbelina }).toEqual({ wall: 1, cpu: 2 });
  });

  it('has no ratio by a CPU time too short to be counted', () =>
    expect(figuresOf(1e6, [{ ...round(1, 2, 2), native: cost(0.001, 0) }]).ratioByCpu).toEqual({ qemu: 2, qemuIcount: 2 }));

  it('of no rounds is an error', () => expect(() => figuresOf(1, [])).toThrow(RangeError));
});

describe('geometricMeans', () => {
  it('is over the programs that have the ratio', () =>
    expect(geometricMeans([{ qemu: 2, qemuIcount: 1, native: 0.25 }, { qemu: 8, qemuIcount: 4 }])).toEqual({ qemu: expect.closeTo(4, 12), qemuIcount: expect.closeTo(2, 12), native: expect.closeTo(0.25, 12) }));
  it('leaves out what no program has', () => expect(geometricMeans([{ qemu: 2, qemuIcount: 2 }])).not.toHaveProperty('native'));
});

describe('the JSON', () => {
  const program = (name: string, ratio: number): ProgramResult => ({
    program: name, core: 'm4', iterations: 1, image: { bytes: 1000, functions: 10 }, output: 'same\n',
    instructions: 1e6, cycles: 2e6, exceptions: { SysTick: 3 }, ...figuresOf(1e6, [round(1, ratio, ratio * 2, ratio / 4)]),
  });
  const machine = { cpu: 'a', cores: 2, kernel: '6', node: 'v20', v8: '11', qemu: '7.2', crossCompiler: 'x', hostCompiler: 'y', loadAtStart: 0, loadAtEnd: 1 };
  const coldStart = { thumbelinaToFirstByteMs: 200, nodeMs: 40 };
  const result = resultOf({ machine, engine: undefined, quick: true, rounds: 5, programs: [program('one', 2), program('two', 8)], coldStart });

  it('has the means under geomean, one per rival', () =>
    expect(result.geomean).toEqual({ qemu: expect.closeTo(4, 12), qemuIcount: expect.closeTo(8, 12), native: expect.closeTo(1, 12) }));
  it("has every program's ratios", () =>
    expect(result.programs.map(({ program: name, ratio }) => [name, ratio.qemu, ratio.qemuIcount, ratio.native])).toEqual([['one', 2, 4, 0.5], ['two', 8, 16, 2]]));
  it('says how it was measured, and on what', () => expect(result).toMatchObject({ engine: 'default', quick: true, rounds: 5, machine, coldStart }));
  it('loses nothing on its way through text', () => expect(JSON.parse(JSON.stringify(result))).toEqual(result));
});
