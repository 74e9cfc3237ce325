/**
 * The backend that emits the interpreter's loop: one `case` per variant of each row that can be inlined.
 *
 * A case does what an instruction does when all goes well: plain memory, no exception return, no helper that needs the
 * core. Otherwise it leaves the switch before it has changed anything, and the variant's function (see javascript.ts)
 * executes the instruction from its start. So cases hold no calls into the core, and the cycle counter is a local.
 *
 * Free names in the text: those of javascript.ts, the decoded slots (`headers`, `o`), the fast maps of the core's memory
 * (`readMap`, `writeMap`, `codeLines`) and views of the machine's memory (`M8`, `M16`, `M32`).
 */
import type { AccessSize, Value } from './builder.js';
import type { Instruction } from './instruction.js';
import { JavaScriptBuilder, labelOf, variantsOf, type HelperTraits, type StateWords, type Variant } from './javascript.js';

/** The row needs more than a case can do. */
class NotInlinable extends Error {}

/** How the core lays out its fast maps and decoded slots. */
export interface LoopLayout {
  readonly pageBits: number;
  /** Stores look whether a line of so many bytes holds decoded code. */
  readonly codeLineBits: number;
  /** Most bytes of a multiple transfer. */
  readonly longestTransfer: number;
}

class CaseBuilder extends JavaScriptBuilder {
  usesMemory = false;
  /** Nothing has been changed yet that the variant's function would see. */
  private isRestartable = true;
  private numbers = 0;
  private booleans = 0;

  constructor(row: Instruction, words: StateWords, helpers: HelperTraits, private readonly layout: LoopLayout, private readonly most: { numbers: number; booleans: number }) {
    super(row, words, helpers);
  }

  /** All cases share a few variables: V8 gives each name in a function its own place. */
  protected override declare(_name: string, expression: string, isBoolean = false): string {
    const { most } = this;
    const name = isBoolean ? `b${this.booleans++}` : `t${this.numbers++}`;
    most.numbers = Math.max(most.numbers, this.numbers);
    most.booleans = Math.max(most.booleans, this.booleans);
    this.line(`${name} = ${expression};`);
    return name;
  }

  /** Leaves for the variant's function. Memory may have been written: that function writes the same again. */
  private leaveIf(condition: string): void {
    if (!this.isRestartable) throw new NotInlinable();
    this.line(`if (${condition}) break;`);
  }

  protected override wrote(): void {
    this.isRestartable = false;
  }

  protected override fallThrough(bytes: number): void {
    this.line(`pc = (pc + ${bytes}) | 0;`);
    this.line('break turn;');
  }

  /** No arithmetic in an arm that is seldom taken: see rehearsal.ts of the core. */
  override regOrPC(n: Value): Value {
    if (typeof n === 'number') return super.regOrPC(n);
    const pc = this.pc();
    return this.let(`${this.code(n)} === 15 ? ${this.code(pc)} : ${this.word(this.words.R0, n)}`);
  }

  private offsetOf(address: string): string {
    return `(${address} & ${(1 << this.layout.pageBits) - 1})`;
  }
  /** Looks up the page of an address in a fast map. @returns text of the offset in the machine's memory */
  private mapped(map: string, address: Value, size: AccessSize): string {
    this.usesMemory = true;
    const text = this.code(address);
    const page = this.declare('page', `${map}[${text} >>> ${this.layout.pageBits}]`);
    this.leaveIf(`${page} === 0${size > 1 ? ` || (${text} & ${size - 1}) !== 0` : ''}`);
    return `(${page} + ${this.offsetOf(text)})`;
  }
  private view(size: AccessSize, offset: string): string {
    return size === 1 ? `M8[${offset}]` : `M${size * 8}[${offset} >> ${size >> 1}]`;
  }

  override load(size: AccessSize, address: Value): Value {
    return this.let(this.view(size, this.mapped('readMap', address, size)));
  }
  override store(size: AccessSize, address: Value, value: Value): void {
    const offset = this.mapped('writeMap', address, size);
    this.leaveIf(`codeLines[${offset} >> ${this.layout.codeLineBits}] !== 0`);
    this.line(`${this.view(size, offset)} = ${this.code(value)};`);
  }
  /** Within one page. */
  private transfer(map: string, address: Value): string {
    const offset = this.mapped(map, address, 4);
    this.leaveIf(`${this.offsetOf(this.code(address))} > ${(1 << this.layout.pageBits) - this.layout.longestTransfer}`);
    return `${offset} >> 2`;
  }
  override loadMultiple(list: Value, address: Value): Value {
    const index = this.transfer('readMap', address);
    this.wrote();
    return this.let(`loadList(${this.code(list)}, ${index})`);
  }
  override storeMultiple(list: Value, address: Value): void {
    const index = this.transfer('writeMap', address);
    this.leaveIf(`storeList(${this.code(list)}, ${index}) === 0`);
  }

  override branch(target: Value): void {
    this.line('cycles = (cycles + refill) | 0;');
    this.line(`pc = ${this.code(target)} & -2;`);
    this.leave('break turn;');
  }
  /** Exception returns are told apart in one place behind the switch. */
  override branchExchange(target: Value): void {
    this.line(`target = ${this.code(target)};`);
    this.leave('break exchange;');
  }
  override branchLinkExchange(): void {
    throw new NotInlinable();
  }
  override startIT(): void {
    throw new NotInlinable();
  }

  override call(helper: string, ...args: Value[]): Value {
    if (!this.helpers.pure.has(helper)) throw new NotInlinable();
    this.wrote(); // it may set flags
    return super.call(helper, ...args);
  }
  override do(helper: string, ...args: Value[]): void {
    const guard = this.helpers.guards[helper];
    if (guard !== undefined) this.leaveIf(`${this.word(guard)} !== 0`);
    else if (this.helpers.pure.has(helper)) {
      this.wrote();
      super.do(helper, ...args);
    } else throw new NotInlinable();
  }
}

/** A case of the loop: the number of its variant, and whether it accesses memory. */
export type LoopCase = readonly [variant: number, usesMemory: boolean];

export interface EmittedLoop { readonly text: string; readonly cases: readonly LoopCase[] }

/** Text of the cases of all variants that can be inlined and that `isHot` wants. */
function emitCases(rows: readonly Instruction[], words: StateWords, helpers: HelperTraits, layout: LoopLayout, isHot: (variant: Variant) => boolean): EmittedLoop & { most: { numbers: number; booleans: number } } {
  const most = { numbers: 0, booleans: 0 };
  const texts: string[] = [];
  const cases: LoopCase[] = [];
  for (const variant of variantsOf(rows)) {
    if (!isHot(variant)) continue;
    const { row, choices, number } = variant;
    try {
      const builder = new CaseBuilder(row, words, helpers, layout, most);
      texts.push(`case ${number}: // ${labelOf(variant)}\n${builder.emit(choices)}`);
      cases.push([number, builder.usesMemory]);
    } catch (error) {
      if (!(error instanceof NotInlinable)) throw error;
    }
  }
  return { text: texts.join('\n'), cases, most };
}

const names = (letter: string, count: number, value: string): string => Array.from({ length: count }, (_, n) => `${letter}${n} = ${value}`).join(', ');
/** Locals are shorter to reach than a closure's variables, and the loop may not be long. */
const LOCALS = ['W', 'headers', 'o', 'readMap', 'writeMap', 'codeLines', 'M8', 'M16', 'M32', 'refill'];

/** Text in front of the loops. */
export const emitLocals = (): string => `const ${LOCALS.map((local) => `outer_${local} = ${local}`).join(', ')};`;

/** Text of a function of that name that runs decoded instructions from `start` until the cycle limit. */
export function emitLoop(name: string, rows: readonly Instruction[], words: StateWords, helpers: HelperTraits, layout: LoopLayout, isHot: (variant: Variant) => boolean): EmittedLoop {
  const { text, cases, most } = emitCases(rows, words, helpers, layout, isHot);
  const variables = cases.length > 0 ? `let ${names('t', most.numbers, '0')}, ${names('b', most.booleans, 'false')};` : '';
  const slots = 1 << (layout.pageBits - 1);
  const [CYCLES, LIMIT] = [`W[${words.CYCLES}]`, `W[${words.LIMIT}]`];
  return {
    cases,
    text: `function ${name}(start: number): number {
  const ${LOCALS.map((local) => `${local} = outer_${local}`).join(', ')};
  let pc = start;
  let cycles = ${CYCLES};
  let executed = 0;
  let target = 0;
  ${variables}
  try {
    for (;;) {
      const page = pc >>> ${layout.pageBits};
      let base = pageBases[page];
      if (base === 0) {
        ${CYCLES} = cycles;
        base = openPage(pc);
      }
      do {
        const slot = base + ((pc >>> 1) & ${slots - 1});
        const header = headers[slot];
        if (header === 0) {
          ${CYCLES} = cycles;
          decode(pc);
          continue;
        }
        const i = slot << 2;
        cycles = (cycles + (header >>> 16)) | 0;
        turn: {
          exchange: {
            switch (header & 0xffff) {
${text}
            }
            ${CYCLES} = cycles;
            pc = handlers[header & 0xffff](o, i, pc);
            cycles = ${CYCLES};
            break turn;
          }
          ${CYCLES} = cycles;
          pc = branchExchange(target, pc);
          cycles = ${CYCLES};
        }
        executed++;
        if (cycles >= ${LIMIT}) {
          ${CYCLES} = cycles;
          return pc;
        }
      } while (pc >>> ${layout.pageBits} === page);
    }
  } finally {
    retire(executed);
  }
}`,
  };
}
