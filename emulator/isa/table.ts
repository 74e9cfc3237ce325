/** Checks of a whole instruction table, made when the interpreter is generated and in the tests. */
import type { AnyInstruction } from './instruction.js';

/** Two rows with the same features in reach of one opcode, neither with a `when` to tell them apart. */
export interface Overlap { readonly first: string; readonly second: string }

export function overlaps(rows: readonly AnyInstruction[]): Overlap[] {
  const found: Overlap[] = [];
  for (let i = 0; i < rows.length; i++) {
    for (let j = i + 1; j < rows.length; j++) {
      const [a, b] = [rows[i], rows[j]];
      if (a.bits !== b.bits || ((a.value ^ b.value) & a.mask & b.mask) !== 0) continue;
      if (!a.when && !b.when) found.push({ first: a.name, second: b.name });
    }
  }
  return found;
}

/** @throws Error naming the rows when two overlap or share a name */
export function checkTable(rows: readonly AnyInstruction[]): void {
  const names = new Set<string>();
  for (const { name } of rows) {
    if (names.has(name)) throw new Error(`two rows are called ${name}`);
    names.add(name);
  }
  const [clash] = overlaps(rows);
  if (clash) throw new Error(`${clash.first} overlaps ${clash.second}`);
}
