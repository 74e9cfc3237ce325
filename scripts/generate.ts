/** Writes the interpreter's handlers from the instruction rows: emulator/cores/cortex-m/generated/interpreter.ts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORTEX_M_ROWS } from '../emulator/cores/cortex-m/rows/index.js';
import { HELPER_TRAITS } from '../emulator/cores/cortex-m/helper-traits.js';
import { Word } from '../emulator/cores/cortex-m/state.js';
import { emitHandlers } from '../emulator/isa/javascript.js';
import { checkTable } from '../emulator/isa/table.js';

const target = fileURLToPath(new URL('../emulator/cores/cortex-m/generated/interpreter.ts', import.meta.url));

checkTable(CORTEX_M_ROWS);
const { text, names } = emitHandlers(CORTEX_M_ROWS, Word, HELPER_TRAITS);
const MEMORY = ['load8', 'load16', 'load32', 'load16Checked', 'load32Checked', 'store8', 'store16', 'store32', 'store16Checked', 'store32Checked', 'loadMultiple', 'storeMultiple'];
const LOCAL = new Set([...MEMORY, 'mulHighS', 'mulHighU', 'branchExchange', 'branchLinkExchange', 'runIT', 'if', 'function']);
const helpers = [...new Set([...text.matchAll(/\b([A-Za-z]\w*)\(/g)].map((match) => match[1]))]
  .filter((name) => !LOCAL.has(name) && !/^v\d+$/.test(name) && name !== 'imul' && name !== 'clz32');

const source = `// Generated from the instruction rows by scripts/generate.ts. Do not edit.
import { mulHighS, mulHighU } from '../../../isa/arithmetic.js';
import type { Helper } from '../interpreter.js';
import type { MemoryAccessors } from '../memory.js';

export type Handler = (operands: Int32Array, index: number, pc: number) => number;
export interface HandlerEnvironment extends MemoryAccessors {
  readonly W: Int32Array;
  readonly refill: number;
  readonly runIT: (pc: number) => number;
  readonly branchExchange: (target: number, pc: number) => number;
  readonly branchLinkExchange: (target: number) => number;
  readonly helpers: Readonly<Record<string, Helper>>;
}

/** Names of the helpers that rows call. */
export const HELPER_NAMES = ${JSON.stringify(helpers)} as const;

/** The function of each variant, by its number. */
export function makeHandlers(env: HandlerEnvironment): Handler[] {
const { W, refill, runIT, branchExchange, branchLinkExchange, ${MEMORY.join(', ')} } = env;
const { ${helpers.join(', ')} } = env.helpers as Record<(typeof HELPER_NAMES)[number], (...args: number[]) => number>;
const unused: Handler = () => { throw new Error('variant 0 is no instruction'); };
${text}
return [unused, ${names.join(', ')}];
}
`;
mkdirSync(dirname(target), { recursive: true });
if (!existsSync(target) || readFileSync(target, 'utf8') !== source) writeFileSync(target, source);
console.log(`${CORTEX_M_ROWS.length} rows, ${names.length} variants, ${helpers.length} helpers`);
