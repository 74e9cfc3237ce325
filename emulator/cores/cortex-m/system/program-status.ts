/** xPSR in one word, put together from the core's words and taken apart again. Source: DDI 0403E, B1.4.2. */
import { Word } from '../state.js';

const APSR_GE = 0xf << 16;

/** Bits 31:27 and, with the DSP extension, 19:16. */
export function readAPSR(words: Int32Array): number {
  return (words[Word.N] & (1 << 31))
    | (words[Word.Z] === 0 ? 1 << 30 : 0)
    | ((words[Word.C] & 1) << 29)
    | ((words[Word.V] & 1) << 28)
    | ((words[Word.Q] & 1) << 27)
    | ((words[Word.GE] << 16) & APSR_GE);
}

/** N, Z, C, V and Q from bits 31:27. */
export function writeFlags(words: Int32Array, value: number): void {
  writeNZ(words, value);
  words[Word.C] = (value >>> 29) & 1;
  words[Word.V] = (value >>> 28) & 1;
  words[Word.Q] = (value >>> 27) & 1;
}

/** N and Z from bits 31:30, in words that are equal unless both are set: so translated code keeps them in one register. */
export function writeNZ(words: Int32Array, value: number): void {
  const N = value & (1 << 31);
  const isZ = ((value >>> 30) & 1) === 1;
  words[Word.N] = isZ ? N : N | 1;
  words[Word.Z] = isZ ? 0 : N | 1;
}

/** xPSR as stacked, with bit 9 clear: APSR, IT<1:0> in 26:25, T in 24, IT<7:2> in 15:10, IPSR in 8:0. */
export function readXPSR(words: Int32Array): number {
  const IT = words[Word.ITSTATE];
  return readAPSR(words)
    | ((IT & 3) << 25)
    | ((words[Word.T] & 1) << 24)
    | ((IT & 0xfc) << 8)
    | (words[Word.IPSR] & 0x1ff);
}

/**
 * Restores APSR, EPSR and IPSR. ICI values are dropped: an LDM or STM that was interrupted starts again from its
 * first register (A3.3.2 allows it), so only values that an IT instruction makes are kept.
 */
export function writeXPSR(words: Int32Array, value: number, features: { readonly main: boolean; readonly dsp: boolean }): void {
  writeFlags(words, value);
  if (!features.main) words[Word.Q] = 0;
  words[Word.GE] = features.dsp ? (value >>> 16) & 0xf : 0;
  const IT = ((value >>> 25) & 3) | ((value >>> 8) & 0xfc);
  words[Word.ITSTATE] = features.main && (IT & 0xf) !== 0 ? IT : 0;
  words[Word.T] = (value >>> 24) & 1;
  words[Word.IPSR] = value & (features.main ? 0x1ff : 0x3f);
}
