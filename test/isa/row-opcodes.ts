/** Opcodes of a row, for tests of the whole table. */
import { fieldsInContext } from '../../emulator/isa/decoder.js';
import { matches, type Instruction } from '../../emulator/isa/instruction.js';
import type { Random } from '../support/random.js';

/** Random opcodes that a row describes and the manual does not call UNPREDICTABLE; fewer when the row has fewer. */
export function randomOpcodes(row: Instruction, count: number, random: Random): number[] {
  const found = new Set<number>();
  const free = row.bits === 16 ? 0xffff : -1;
  for (let tries = 0; found.size < count && tries < 400 * count; tries++) {
    const opcode = ((random.word() & free & ~row.mask) | row.value) >>> 0;
    if (matches(row, opcode) && !row.unpredictable?.(fieldsInContext(row, opcode, false))) found.add(opcode);
  }
  return [...found];
}
