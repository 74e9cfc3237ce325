import { expect, it } from 'vitest';
import type { Runner } from './figures.js';
import { refuseDifference } from './measure.js';

const outputs = (...pairs: [Runner, string][]): Map<Runner, string> => new Map(pairs);

it('is content while all print the same', () =>
  expect(() => refuseDifference('fft', outputs(['thumbelina', 'a\n'], ['qemu', 'a\n'], ['native', 'a\n']))).not.toThrow());

it('names program, runners and both outputs, in whatever order they ran', () =>
  expect(() => refuseDifference('fft', outputs(['native', 'b\n'], ['qemu', 'a\n'], ['thumbelina', 'a\n']))).toThrow('fft: thumbelina prints\na\nand native prints\nb\n'));

it('takes nothing for something else than a line', () =>
  expect(() => refuseDifference('fft', outputs(['thumbelina', ''], ['qemu', 'a\n']))).toThrow(/thumbelina prints\nand qemu prints\na/));
