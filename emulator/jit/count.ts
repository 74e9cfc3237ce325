/**
 * What translated code counts, in one int64: cycles left to the limit, and instructions executed below them. Both change
 * with one addition, whose constant fits an instruction of the host unless a block is very long.
 */
const INSTRUCTION_BITS = 22;
const INSTRUCTIONS = (1 << INSTRUCTION_BITS) - 1;

export const ONE_INSTRUCTION = 1;
export const ONE_CYCLE = 2 ** INSTRUCTION_BITS;
export const CYCLE_SHIFT = INSTRUCTION_BITS;
/** More cycles are not given to translated code at once: an instruction takes one at least, so that its part never overflows. */
export const MOST_CYCLES = INSTRUCTIONS >> 1;
/** The largest count with so many cycles left. */
export const countUpTo = (cycles: number): number => cycles * ONE_CYCLE + INSTRUCTIONS;

/** @param at index of the count's low word */
export const cyclesLeft = (words: Int32Array, at: number): number => (words[at + 1] << (32 - INSTRUCTION_BITS)) | (words[at] >>> INSTRUCTION_BITS);
export const instructionsOf = (words: Int32Array, at: number): number => words[at] & INSTRUCTIONS;

/** Sets the cycles, at most MOST_CYCLES, and keeps the instructions. */
export function setCyclesLeft(words: Int32Array, at: number, cycles: number): void {
  words[at + 1] = cycles >> (32 - INSTRUCTION_BITS);
  words[at] = (cycles << INSTRUCTION_BITS) | (words[at] & INSTRUCTIONS);
}
