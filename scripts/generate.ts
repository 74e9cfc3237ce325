/** Writes the interpreter's handlers from the instruction rows: emulator/cores/cortex-m/generated/interpreter.ts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORTEX_M_ROWS } from '../emulator/cores/cortex-m/rows/index.js';
import { isHot } from '../emulator/cores/cortex-m/hot-rows.js';
import { HELPER_TRAITS } from '../emulator/cores/cortex-m/helper-traits.js';
import { Word } from '../emulator/cores/cortex-m/state.js';
import { CODE_LINE_BITS, PAGE_BITS } from '../emulator/cores/cortex-m/memory.js';
import { emitHandlers } from '../emulator/isa/javascript.js';
import { emitLocals, emitLoop } from '../emulator/isa/javascript-loop.js';
import { checkTable } from '../emulator/isa/table.js';

const target = fileURLToPath(new URL('../emulator/cores/cortex-m/generated/interpreter.ts', import.meta.url));

checkTable(CORTEX_M_ROWS);
const { text, names } = emitHandlers(CORTEX_M_ROWS, Word, HELPER_TRAITS);
const LAYOUT = { pageBits: PAGE_BITS, codeLineBits: CODE_LINE_BITS, longestTransfer: 16 * 4 };
const loop = emitLoop('loop', CORTEX_M_ROWS, Word, HELPER_TRAITS, LAYOUT, isHot);
const callingLoop = emitLoop('callingLoop', CORTEX_M_ROWS, Word, HELPER_TRAITS, LAYOUT, () => false);
const MEMORY = ['load8', 'load16', 'load32', 'load16Checked', 'load32Checked', 'store8', 'store16', 'store32', 'store16Checked', 'store32Checked', 'loadMultiple', 'storeMultiple'];
const LOCAL = new Set([...MEMORY, 'mulHighS', 'mulHighU', 'branchExchange', 'branchLinkExchange', 'runIT', 'if', 'function']);
const helpers = [...new Set([...text.matchAll(/\b([A-Za-z]\w*)\(/g)].map((match) => match[1]))]
  .filter((name) => !LOCAL.has(name) && !/^v\d+$/.test(name) && name !== 'imul' && name !== 'clz32');

const source = `// Generated from the instruction rows by scripts/generate.ts. Do not edit.
import { mulHighS, mulHighU } from '../../../isa/arithmetic.js';
import type { DecodedCode, Helper } from '../interpreter.js';
import type { FastMaps, MemoryAccessors } from '../memory.js';

export type Handler = (operands: Int32Array, index: number, pc: number) => number;
export interface HandlerEnvironment extends MemoryAccessors, FastMaps, DecodedCode {
  readonly W: Int32Array;
  readonly refill: number;
  readonly runIT: (pc: number) => number;
  readonly branchExchange: (target: number, pc: number) => number;
  readonly branchLinkExchange: (target: number) => number;
  readonly helpers: Readonly<Record<string, Helper>>;
}

/** Names of the helpers that rows call. */
export const HELPER_NAMES = ${JSON.stringify(helpers)} as const;

/** Variants in the loop, each with whether it accesses memory. */
export const LOOP_CASES: readonly (readonly [variant: number, usesMemory: boolean])[] = ${JSON.stringify(loop.cases)};

/** Runs decoded code from an address to the cycle limit. @returns the address to go on at */
export type Loop = (start: number) => number;

/** The function of each variant, by its number, and two loops: one with hot variants in line, one that calls for each. */
export function makeHandlers(env: HandlerEnvironment): { handlers: Handler[]; loop: Loop; callingLoop: Loop } {
const { W, refill, runIT, branchExchange, branchLinkExchange, ${MEMORY.join(', ')} } = env;
const { readMap, writeMap, codeLines, M8, M16, M32, loadList, storeList } = env;
const { headers, o, pageBases, openPage, decode, retire } = env;
const { ${helpers.join(', ')} } = env.helpers as Record<(typeof HELPER_NAMES)[number], (...args: number[]) => number>;
const unused: Handler = () => { throw new Error('variant 0 is no instruction'); };
${text}
const handlers = [unused, ${names.join(', ')}];
${emitLocals()}
${loop.text}
${callingLoop.text}
return { handlers, loop, callingLoop };
}
`;
mkdirSync(dirname(target), { recursive: true });
if (!existsSync(target) || readFileSync(target, 'utf8') !== source) writeFileSync(target, source);
console.log(`${CORTEX_M_ROWS.length} rows, ${names.length} variants (${loop.cases.length} in the loop), ${helpers.length} helpers`);
