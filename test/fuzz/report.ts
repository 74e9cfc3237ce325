/** A mismatch as text: how to repeat it, what ran, from which state, and what differs. */
import { decodeOperand } from '../../emulator/isa/instruction.js';
import type { OracleResult } from '../oracles/unicorn.js';
import type { CaseResult, CoreName } from './case.js';
import type { GeneratedCase } from './generate.js';
import { describeState } from './judge.js';
import { rowFields, type Item } from './sequence.js';
import { isNop } from './shrink.js';

export interface Mismatch {
  readonly core: CoreName;
  readonly seed: number;
  readonly index: number;
  readonly engine: string;
  readonly smallest: GeneratedCase;
  readonly ours: CaseResult | Error;
  readonly theirs: OracleResult;
  readonly differences: readonly string[];
}

export function describeMismatch({ core, seed, index, engine, smallest, ours, theirs, differences }: Mismatch): string[] {
  const { test, items } = smallest;
  return [
    `mismatch: seed ${seed}, case ${index}, ${core}, engine ${engine} (again: --core ${core} --seed ${seed} --case ${index}); made smaller:`,
    ...items.filter((item) => !isNop(item)).map((item) => `  ${disassemble(item, test.codeAddress)}`),
    `  start:  ${describeState(test.state)}`,
    `  ours:   ${ours instanceof Error ? ours.message : `${ours.reason}; ${describeState(ours.state)}`}`,
    `  oracle: ${theirs.reason}; ${describeState(theirs.state)}`,
    ...differences.slice(0, 12).map((difference) => `  differs: ${difference}`),
  ];
}

/** Address, encoding, assembly text, row. */
export function disassemble(item: Item, codeAddress: number): string {
  const address = codeAddress + item.offset;
  const digits = item.opcode.toString(16).padStart(item.size / 4, '0');
  const inIT = item.remainingInIT > 0 ? ' (in IT)' : '';
  return `${address.toString(16).padStart(8, '0')}: ${digits.padEnd(8)} ${assembly(item, address)}${inIT}`;
}

function assembly({ row, opcode, remainingInIT }: Item, address: number): string {
  if (row === undefined) return 'helper of the generator';
  const fields = rowFields(row, opcode, remainingInIT);
  const text = typeof row.syntax === 'function'
    ? row.syntax(fields, address)
    : row.syntax.replace(/\{(\w+)\}/g, (whole, name: string) => {
        const operand = row.operands?.[name];
        if (operand !== undefined) return String(decodeOperand(operand, fields, address));
        return name in fields ? String(fields[name]) : whole;
      });
  return `${text}   [${row.name}]`;
}
