/** Floating point of translated code: bits, NaNs and flags are the interpreter's for all classes of operands, in all modes. */
import { describe, expect, it } from 'vitest';
import type { CoreName } from '../../emulator/cores/cortex-m/system/index.js';
import { Random } from '../support/random.js';
import { chunksOf, CONTROLS, firstDifference, LoopRunner, loopsOf, pairsOfClasses, randomVectors, WORDS_IN } from './float-loop.js';

const SINGLE = [
  'vadd.f32 s4, s0, s2', 'vsub.f32 s4, s0, s2', 'vmul.f32 s4, s0, s2', 'vnmul.f32 s4, s0, s2', 'vdiv.f32 s4, s0, s2', 'vsqrt.f32 s4, s0', 'vadd.f32 s0, s0, s0',
  'vfma.f32 s4, s0, s2', 'vfms.f32 s4, s0, s2', 'vfnma.f32 s4, s0, s2', 'vfnms.f32 s4, s0, s2', 'vfma.f32 s0, s0, s0',
  'vmla.f32 s4, s0, s2', 'vmls.f32 s4, s0, s2', 'vnmla.f32 s4, s0, s2', 'vnmls.f32 s4, s0, s2',
  'vabs.f32 s4, s0', 'vneg.f32 s4, s0', 'vmov.f32 s4, s0', 'vmov s4, s5, r0, r1', 'vmov r0, s2', 'vmov.f32 s4, #-0.5',
  'vcmp.f32 s0, s2', 'vcmpe.f32 s0, s2', 'vcmp.f32 s0, #0.0', 'vcmpe.f32 s0, #0.0',
  'vcvt.s32.f32 s4, s0', 'vcvt.u32.f32 s4, s0', 'vcvtr.s32.f32 s4, s0', 'vcvtr.u32.f32 s4, s0', 'vcvt.f32.s32 s4, s0', 'vcvt.f32.u32 s4, s0',
  'vcvt.s32.f32 s4, s4, #7', 'vcvt.u32.f32 s4, s4, #32', 'vcvt.s16.f32 s4, s4, #3', 'vcvt.u16.f32 s4, s4, #16', 'vcvt.s16.f32 s0, s0, #1', 'vcvt.u32.f32 s0, s0, #1',
  'vcvt.f32.s32 s0, s0, #31', 'vcvt.f32.u32 s0, s0, #1', 'vcvt.f32.s16 s0, s0, #16', 'vcvt.f32.u16 s0, s0, #5', 'vcvtb.f32.f16 s4, s0', 'vcvtt.f16.f32 s4, s0',
];
const SINGLE_OF_M7 = [
  'vmaxnm.f32 s4, s0, s2', 'vminnm.f32 s4, s0, s2', 'vseleq.f32 s4, s0, s2', 'vselge.f32 s4, s0, s2',
  ...['a', 'n', 'p', 'm'].flatMap((mode) => [`vcvt${mode}.s32.f32 s4, s0`, `vcvt${mode}.u32.f32 s4, s0`, `vrint${mode}.f32 s4, s0`]),
  'vrintx.f32 s4, s0', 'vrintz.f32 s4, s0', 'vrintr.f32 s4, s0',
];
const DOUBLE = [
  'vadd.f64 d2, d0, d1', 'vsub.f64 d2, d0, d1', 'vmul.f64 d2, d0, d1', 'vnmul.f64 d2, d0, d1', 'vdiv.f64 d2, d0, d1', 'vsqrt.f64 d2, d0', 'vmul.f64 d0, d0, d0',
  'vfma.f64 d2, d0, d1', 'vfms.f64 d2, d0, d1', 'vfnma.f64 d2, d0, d1', 'vfnms.f64 d2, d0, d1', 'vfma.f64 d0, d0, d1',
  'vmla.f64 d2, d0, d1', 'vmls.f64 d2, d0, d1', 'vnmla.f64 d2, d0, d1', 'vnmls.f64 d2, d0, d1', 'vmla.f64 d0, d0, d0',
  'vabs.f64 d2, d0', 'vneg.f64 d2, d0', 'vmov.f64 d2, d0', 'vneg.f64 d0, d0', 'vmov r0, r1, d1',
  'vcmp.f64 d0, d1', 'vcmpe.f64 d0, d1', 'vcmp.f64 d0, #0.0', 'vcmpe.f64 d0, #0.0',
  'vmaxnm.f64 d2, d0, d1', 'vminnm.f64 d2, d0, d1', 'vselgt.f64 d2, d0, d1', 'vselvs.f64 d2, d0, d1',
  'vcvt.s32.f64 s4, d0', 'vcvt.u32.f64 s4, d0', 'vcvtr.s32.f64 s4, d0', 'vcvtr.u32.f64 s0, d0', 'vcvt.f64.s32 d2, s0', 'vcvt.f64.u32 d0, s0',
  'vcvt.s32.f64 d0, d0, #7', 'vcvt.u32.f64 d0, d0, #32', 'vcvt.s16.f64 d0, d0, #3', 'vcvt.u16.f64 d0, d0, #16', 'vcvt.f64.s32 d0, d0, #31', 'vcvt.f64.u32 d0, d0, #1', 'vcvt.f64.s16 d0, d0, #16', 'vcvt.f64.u16 d0, d0, #5',
  'vcvt.f32.f64 s4, d0', 'vcvt.f32.f64 s0, d0', 'vcvt.f64.f32 d2, s0', 'vcvtb.f64.f16 d2, s0', 'vcvtt.f16.f64 s4, d0',
  ...['a', 'n', 'p', 'm'].flatMap((mode) => [`vcvt${mode}.s32.f64 s4, d0`, `vcvt${mode}.u32.f64 s4, d0`, `vrint${mode}.f64 d2, d0`]),
  'vrintx.f64 d2, d0', 'vrintz.f64 d2, d0', 'vrintr.f64 d0, d0',
];

const RANDOM_VECTORS = 6000;
/** Round to nearest, with IXC and without. */
const ALWAYS = [0x10, 0];
const IN_TURN = 12;
/** A loop's instructions around the one under test. */
const LEAST_PER_VECTOR = 15;
/** With N and Z both set, which no comparison makes, translated code leaves at VMRS until flags are set again. */
const LEAST_WITH_BOTH_FLAGS = 4;
const leastPerVector = (fpscr: number): number => (fpscr >>> 30 === 3 ? LEAST_WITH_BOTH_FLAGS : LEAST_PER_VECTOR);

function check(core: CoreName, instructions: readonly string[], vectorsOf: (index: number) => Iterable<Int32Array>): void {
  const [interpreter, translator] = [new LoopRunner(core, false), new LoopRunner(core, true)];
  loopsOf(instructions).forEach((code, index) => {
    for (const all of vectorsOf(index)) {
      for (const vectors of chunksOf(all)) {
        const before = translator.core.interpreter.translatedInstructions;
        const ours = translator.run(code, vectors);
        const difference = firstDifference(instructions[index], vectors, ours, interpreter.run(code, vectors));
        if (difference !== undefined) expect.fail(difference);
        expect(translator.core.interpreter.translatedInstructions - before, instructions[index]).toBeGreaterThan((leastPerVector(vectors[0]) * vectors.length) / WORDS_IN - 100);
      }
    }
  });
}

describe.each([
  ['singles on Cortex-M4', 'cortex-m4f', SINGLE, false],
  ['singles on Cortex-M7', 'cortex-m7', SINGLE_OF_M7, false],
  ['doubles on Cortex-M7', 'cortex-m7', DOUBLE, true],
] as const)('%s', (_, core, instructions, isDouble) => {
  it('with all pairs of classes, in all modes', () => {
    check(core, instructions, function* (index) {
      const rest = (i: number): number => 37 * index + 11 * i;
      for (const [i, control] of ALWAYS.entries()) yield pairsOfClasses(isDouble, control, rest(i));
      // the other modes in turn
      for (let i = index % IN_TURN; i < CONTROLS.length; i += IN_TURN) yield pairsOfClasses(isDouble, CONTROLS[i], rest(i));
    });
  });

  it('with random operands near the borders, in random modes', () => {
    check(core, instructions, (index) => [randomVectors(1000 + index, RANDOM_VECTORS, isDouble)]);
  });

  it('with random operands in the mode that is in line', () => {
    check(core, instructions, (index) => [randomVectors(5000 + index, RANDOM_VECTORS, isDouble, 0x10)]);
  });
});

describe('ordinary operands', () => {
  /** Names of helpers, by which one of translated code is called at all. */
  function helpersCalled(core: CoreName, text: string, vectors: Int32Array): Set<string> {
    const runner = new LoopRunner(core, true);
    const called = new Set<string>();
    const { interpreterHelpers: helpers } = runner.core as unknown as { interpreterHelpers: Record<string, (...args: number[]) => number | void> };
    for (const [name, helper] of Object.entries(helpers)) {
      helpers[name] = (...args) => {
        called.add(name);
        return helper(...args);
      };
    }
    runner.run(loopsOf([text])[0], vectors);
    return called;
  }

  /** Singles or doubles between 1 and 8, of either sign; the first is positive, for its root. */
  function ordinary(isDouble: boolean): Int32Array {
    const random = new Random(3);
    return Int32Array.from({ length: 2000 * WORDS_IN }, (_, at) => {
      const i = at % WORDS_IN;
      if (i === 0) return 0x10;
      if (isDouble) return i % 2 === 1 ? random.word() : (random.word() & (i === 2 ? 0x000f_ffff : 0x800f_ffff)) | ((1023 + (i % 3)) << 20);
      return (random.word() & (i === 1 ? 0x007f_ffff : 0x807f_ffff)) | ((127 + (i % 3)) << 23);
    });
  }

  /** What does not stay with the helpers, as half precision does, or saturates. */
  const isInLine = (text: string): boolean => !text.includes('f16') && !/vcvt.*f(32|64) (.)., \2., #/.test(text) && !/[su]16.f|u32.f32/.test(text);

  it.each([
    ...[...SINGLE, ...SINGLE_OF_M7].filter(isInLine).map((text) => [text, false] as const),
    ...DOUBLE.filter(isInLine).map((text) => [text, !text.includes('f64.f32')] as const),
  ])('%s calls no helper', (text, isDouble) => {
    expect([...helpersCalled('cortex-m7', text, ordinary(isDouble))].filter((name) => /^(FP|VF|VML|VNM|Fixed)/.test(name))).toEqual([]);
  });

  it('real ties call none either, when the sum is exact', () => {
    const vectors = ordinary(false);
    const bits = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0];
    for (let at = 0; at < vectors.length; at += WORDS_IN) vectors.set([bits(((at % 61) + 1) / 256), 0, bits(((at % 7) * 2 + 1) / 256), 0, bits(256 + (at % 1021) / 2 ** 15)], at + 1);
    check('cortex-m4f', ['vfma.f32 s4, s0, s2'], () => [vectors]);
    expect(helpersCalled('cortex-m4f', 'vfma.f32 s4, s0, s2', vectors).has('FPMulAdd32')).toBe(false);
  });

  it('whole numbers, which are exact, call none although nothing has been inexact', () => {
    const vectors = ordinary(false);
    const bits = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0];
    for (let at = 0; at < vectors.length; at += WORDS_IN) vectors.set([0, bits((at % 61) - 20), at % 1021, bits((at % 7) - 3), 0, bits((at % 1021) - 512), 0], at);
    const instructions = ['vmul.f32 s4, s0, s2', 'vfma.f32 s4, s0, s2', 'vmla.f32 s4, s0, s2', 'vadd.f32 s4, s0, s2', 'vsub.f32 s4, s0, s2', 'vcvt.s32.f32 s4, s0', 'vcvt.f32.s32 s4, s1'];
    for (const text of instructions) expect([...helpersCalled('cortex-m4f', text, vectors)].filter((name) => /^(FP|Fixed)/.test(name)), text).toEqual([]);
    check('cortex-m4f', instructions, () => [vectors]);
  });

  it('zeros, of which neural networks are full, call none either', () => {
    const vectors = ordinary(false);
    for (let at = 0; at < vectors.length; at += WORDS_IN) vectors[at + 1 + 2 * (at % 2)] = at % 3 === 0 ? 0x8000_0000 | 0 : 0;
    for (const text of ['vmul.f32 s4, s0, s2', 'vmla.f32 s4, s0, s2', 'vfma.f32 s4, s0, s2', 'vadd.f32 s4, s0, s2', 'vsub.f32 s4, s0, s0']) {
      expect([...helpersCalled('cortex-m4f', text, vectors)].filter((name) => name.startsWith('FP')), text).toEqual([]);
    }
  });
});

describe('a fused multiply-add in line', () => {
  it.each([
    ['vfma.f32 s4, s0, s2', 'cortex-m4f', false],
    ['vfma.f64 d2, d0, d1', 'cortex-m7', true],
  ] as const)('%s is the helper\'s for a million operands', (text, core, isDouble) => {
    check(core, [text], () => Array.from({ length: 64 }, (_, i) => randomVectors(70_000 + i, 16_000, isDouble, 0x10)));
  });

  it('rounds once where rounding to a double first would make a tie', () => {
    // 1 + 2^-24 + 2^-54, whose sum as a double ends in a tie that is none: c = 1, n * m = 2^-24 (1 + 2^-30) and its likes
    const bits = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0];
    const vectors: number[] = [];
    for (const sign of [1, -1]) for (let e = 24; e < 30; e++) for (let k = 1; k < 24; k++) vectors.push(0x10, bits(2 ** -12 * (1 + 2 ** -k)), 0, bits(sign * 2 ** (12 - e) * (1 - 2 ** -k)), 0, bits(1 + 2 ** -23), 0);
    check('cortex-m4f', ['vfma.f32 s4, s0, s2', 'vfms.f32 s4, s0, s2', 'vfnma.f32 s4, s0, s2', 'vfnms.f32 s4, s0, s2'], () => [Int32Array.from(vectors)]);
  });
});
