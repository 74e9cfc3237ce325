/**
 * Runs every case of the generated loop a few times, on scratch registers and scratch memory, and puts all back.
 *
 * Why: V8 compiles the loop for the cases it has seen and throws that code away when another one comes. In a loop of
 * this size each such turn costs hundreds of milliseconds; rehearsed, it is compiled once. The guest sees nothing of it.
 */
import { LOOP_CASES } from './generated/interpreter.js';
import type { DecodedCode } from './interpreter.js';
import { PAGE_BITS, type FastMaps } from './memory.js';
import { Word } from './state.js';

const ROUNDS = 16;
/** Operands serve as register numbers, aligned offsets, shift amounts and lists alike. */
const OPERANDS = [[0, 4, 0, 4], [4, 0, 4, 0], [0, 0, 4, 4], [4, 4, 0, 0]] as const;
/** Registers of cases that access memory: small, so that all addresses lie in the scratch pages. */
const ADDRESSES = [16, 0, 32, 16];
const VALUES = [16, 0, -1, 0x7fff_ffff, -0x8000_0000];
const REGISTERS = 15;

const LAST_PAGE = (1 << (32 - PAGE_BITS)) - 1;
/** The part of the core's state words that nothing uses stands for memory: addresses 0 to 576 and -64 to -1. */
const SCRATCH_OFFSET = 384;
const SCRATCH_OFFSET_OF_LAST_PAGE = 960 - (1 << PAGE_BITS);

/**
 * @param slot a slot of `code` that is free
 * @param loop the generated loop
 */
export function rehearse(words: Int32Array, maps: FastMaps, code: DecodedCode, slot: number, loop: (start: number) => number): void {
  const savedWords = words.slice();
  const savedEntries = [maps.readMap, maps.writeMap, code.pageBases].map((map) => [map, map[0], map[LAST_PAGE]] as const);
  for (const map of [maps.readMap, maps.writeMap]) {
    map[0] = SCRATCH_OFFSET;
    map[LAST_PAGE] = SCRATCH_OFFSET_OF_LAST_PAGE;
  }
  code.pageBases[0] = slot;
  for (let round = 0; round < ROUNDS; round++) {
    code.o.set(OPERANDS[round % OPERANDS.length], slot << 2);
    for (const [variant, usesMemory] of LOOP_CASES) {
      setWords(words, usesMemory ? ADDRESSES : VALUES, round);
      code.headers[slot] = variant | (1 << 16);
      loop(0);
    }
  }
  code.headers[slot] = 0;
  for (const [map, first, last] of savedEntries) [map[0], map[LAST_PAGE]] = [first, last];
  words.set(savedWords);
}

/** Flags in all combinations; a limit that lets the loop execute one instruction. */
function setWords(words: Int32Array, values: readonly number[], round: number): void {
  for (let n = 0; n < REGISTERS; n++) words[n] = values[(round + n) % values.length];
  words[Word.N] = -(round & 1);
  words[Word.Z] = (round >> 1) & 1;
  words[Word.C] = (round >> 2) & 1;
  words[Word.V] = (round >> 3) & 1;
  words[Word.FP_CHECK] = 0;
  words[Word.IPSR] = 0;
  words[Word.CYCLES] = 0;
  words[Word.LIMIT] = 1;
}
