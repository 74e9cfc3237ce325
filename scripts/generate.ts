/** Writes the interpreters' handlers from the instruction rows: `generated/interpreter.ts` in each core's folder. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AVR_CONFIGS } from '../emulator/cores/avr/config.js';
import { AVR_HELPER_TRAITS } from '../emulator/cores/avr/helper-traits.js';
import { AVR_ROWS } from '../emulator/cores/avr/rows/index.js';
import { Word as AvrWord } from '../emulator/cores/avr/state.js';
import { CORTEX_M_ROWS } from '../emulator/cores/cortex-m/rows/index.js';
import { HELPER_TRAITS } from '../emulator/cores/cortex-m/helper-traits.js';
import { Word } from '../emulator/cores/cortex-m/state.js';
import { ArmJavaScript } from '../emulator/isa/arm-javascript.js';
import { AvrJavaScript } from '../emulator/isa/avr-javascript.js';
import { emitHandlers } from '../emulator/isa/javascript.js';
import { checkTable } from '../emulator/isa/table.js';

/** What the text of one core's handlers stands in. */
interface Surroundings {
  readonly folder: string;
  readonly rows: number;
  readonly imports: string;
  /** Fields of `HandlerEnvironment` beside `W` and the helpers, with their types; and what it extends. */
  readonly environment: Readonly<Record<string, string>>;
  readonly accessors: readonly string[];
  /** Names that the text uses and that are no helpers. */
  readonly known: readonly string[];
}

function write({ folder, rows, imports, environment, accessors, known }: Surroundings, { text, names }: { text: string; names: string[] }): void {
  const target = fileURLToPath(new URL(`../emulator/cores/${folder}/generated/interpreter.ts`, import.meta.url));
  const local = new Set([...accessors, ...Object.keys(environment), ...known, 'if', 'function', 'imul', 'clz32']);
  const helpers = [...new Set([...text.matchAll(/\b([A-Za-z]\w*)\(/g)].map((match) => match[1]))].filter((name) => !local.has(name) && !/^v\d+$/.test(name));
  const source = `// Generated from the instruction rows by scripts/generate.ts. Do not edit.
${imports}

export type Handler = (operands: Int32Array, index: number, pc: number) => number;
export interface HandlerEnvironment extends MemoryAccessors {
  readonly W: Int32Array;
${Object.entries(environment).map(([name, type]) => `  readonly ${name}: ${type};`).join('\n')}
  readonly helpers: Readonly<Record<string, Helper>>;
}

/** Names of the helpers that rows call. */
export const HELPER_NAMES = ${JSON.stringify(helpers)} as const;

/** The function of each variant, by its number. */
export function makeHandlers(env: HandlerEnvironment): Handler[] {
const { W, ${[...Object.keys(environment), ...accessors].join(', ')} } = env;
const { ${helpers.join(', ')} } = env.helpers as Record<(typeof HELPER_NAMES)[number], (...args: number[]) => number>;
const unused: Handler = () => { throw new Error('variant 0 is no instruction'); };
${text}
return [unused, ${names.join(', ')}];
}
`;
  mkdirSync(dirname(target), { recursive: true });
  if (!existsSync(target) || readFileSync(target, 'utf8') !== source) writeFileSync(target, source);
  console.log(`${folder}: ${rows} rows, ${names.length} variants, ${helpers.length} helpers`);
}

checkTable(CORTEX_M_ROWS);
write({
  folder: 'cortex-m', rows: CORTEX_M_ROWS.length,
  imports: `import { mulHighS, mulHighU } from '../../../isa/arithmetic.js';
import type { Helper } from '../interpreter.js';
import type { MemoryAccessors } from '../memory.js';`,
  environment: { refill: 'number', runIT: '(pc: number) => number', branchExchange: '(target: number, pc: number) => number', branchLinkExchange: '(target: number) => number' },
  accessors: ['load8', 'load16', 'load32', 'load16Checked', 'load32Checked', 'store8', 'store16', 'store32', 'store16Checked', 'store32Checked', 'loadMultiple', 'storeMultiple'],
  known: ['mulHighS', 'mulHighU'],
}, emitHandlers(CORTEX_M_ROWS, (row) => new ArmJavaScript(row, Word, HELPER_TRAITS)));

for (const { features } of Object.values(AVR_CONFIGS)) checkTable(AVR_ROWS.filter(({ feature }) => feature === 'xmega' || (features as readonly string[]).includes(feature)));
write({
  folder: 'avr', rows: AVR_ROWS.length,
  imports: `import type { Helper } from '../interpreter.js';
import type { MemoryAccessors } from '../data-space.js';`,
  environment: { pcMask: 'number', readSREG: '() => number', writeSREG: '(value: number) => void', loadProgram: '(address: number, pc: number) => number' },
  accessors: ['load', 'store', 'loadIO', 'storeIO', 'storeIOBits'],
  known: [],
}, emitHandlers(AVR_ROWS, (row) => new AvrJavaScript(row, AvrWord, AVR_HELPER_TRAITS)));
