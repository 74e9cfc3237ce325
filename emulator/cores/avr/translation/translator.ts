/** Makes WebAssembly functions of regions, one module each, and keeps the table through which they call each other. */
import { Bytes, encodeModule, I32, I64, Op, type ImportedFunction } from '../../../jit/encoder.js';
import { ENTER_TYPE, REGION_TYPE, runsOf, wayIn } from '../../../jit/translator.js';
import { Word } from '../state.js';
import { emitRegion, type RegionEntry } from './emit.js';
import { Local, NOT_TRANSLATED, offsetOf, type AvrLayout } from './layout.js';
import { discoverRegion, type InstructionSource, type Region } from './region.js';

export interface TranslatorEnvironment {
  readonly memory: WebAssembly.Memory;
  readonly layout: AvrLayout;
  readonly source: InstructionSource;
  /** What translated code calls. */
  readonly helpers: Readonly<Record<string, (...args: number[]) => number | void>>;
  reachesDevices(address: number): boolean;
  /** Instructions of a region at most. */
  readonly most: number;
}

export interface TranslatedRegion {
  readonly region: Region;
  /** Runs it from one of its entries, by number; returns the address to go on at, in words. */
  readonly run: (entry: number) => number;
  readonly entries: ReadonlyMap<number, RegionEntry>;
}

const FIRST_ENTRIES = 64;
const MOST_ENTRIES = 1 << 13;
/** The entry that answers `NOT_TRANSLATED`. */
const STUB = 0;

export class Translator {
  /** What was made since the beginning. */
  readonly figures = { modules: 0, regions: 0, instructions: 0, bytes: 0 };
  /** Bytes of WebAssembly kept, and regions. */
  moduleBytes = 0;
  regions = 0;
  private table!: WebAssembly.Table;
  /** Numbers in the table by word address; what translated code looks up. */
  private readonly functions: Uint16Array;
  private tableLength = 0;
  private readonly stub: unknown;

  constructor(private readonly environment: TranslatorEnvironment) {
    const { memory, layout } = environment;
    this.functions = new Uint16Array(memory.buffer, layout.functions, layout.flashBytes / 2);
    this.stub = this.makeStub();
    this.forget();
  }

  /** @returns undefined when the code there is better interpreted */
  translate(entry: number): TranslatedRegion | undefined {
    const { layout, source, reachesDevices, most } = this.environment;
    const region = discoverRegion(entry, source, most);
    if (!region) return undefined;
    const imports: ImportedFunction[] = [];
    const emitted = emitRegion(region, {
      layout, reachesDevices,
      importIndex: (helper, parameters, hasResult) => importIndex(imports, helper, parameters, hasResult),
      tableIndex: (address) => this.indexOf(address),
    });
    if (!emitted) return undefined;
    const bytes = encodeModule({
      types: [REGION_TYPE], imports, importsTable: true,
      functions: [
        { exported: 'f', type: REGION_TYPE, locals: runsOf(emitted.locals), code: emitted.code },
        { exported: 'e', type: ENTER_TYPE, locals: [{ count: 1, type: I64 }], code: wayIn(imports.length, offsetOf(Word.COUNT)) },
      ],
    });
    const exports = this.instantiate(bytes, imports);
    const index = this.indexOf(entry);
    if (index !== STUB) this.table.set(index, exports['f']);
    this.count(region, bytes);
    return { region, run: exports['e'] as TranslatedRegion['run'], entries: emitted.entries };
  }

  private count(region: Region, bytes: Uint8Array): void {
    const { figures } = this;
    this.moduleBytes += bytes.length;
    this.regions++;
    figures.modules++;
    figures.regions++;
    figures.instructions += region.instructions;
    figures.bytes += bytes.length;
  }

  /** Calls of its first instruction do not reach a region any more. */
  unlink(entry: number): void {
    const index = this.functions[entry];
    if (index !== STUB) this.table.set(index, this.stub);
  }

  /** Nothing that was made is used any more. */
  forget(): void {
    // a new table, since the old one keeps all instances that have imported it
    this.table = new WebAssembly.Table({ element: 'anyfunc', initial: FIRST_ENTRIES, maximum: MOST_ENTRIES });
    for (let i = 0; i < FIRST_ENTRIES; i++) this.table.set(i, this.stub);
    this.functions.fill(STUB);
    this.tableLength = 1;
    this.moduleBytes = this.regions = 0;
  }

  /** More functions are called than there are numbers: calls of others lead through the interpreter. */
  get isFull(): boolean {
    return this.tableLength === MOST_ENTRIES;
  }

  private indexOf(address: number): number {
    const known = this.functions[address];
    if (known !== STUB || this.isFull) return known;
    if (this.tableLength === this.table.length) {
      this.table.grow(this.table.length);
      for (let i = this.tableLength; i < this.table.length; i++) this.table.set(i, this.stub);
    }
    this.functions[address] = this.tableLength;
    return this.tableLength++;
  }

  private instantiate(bytes: Uint8Array, imports: readonly ImportedFunction[]): Record<string, unknown> {
    const { memory, helpers } = this.environment;
    const e: Record<string, unknown> = { m: memory, t: this.table };
    for (const { name } of imports) e[name] = helpers[name];
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { e }).exports;
  }

  private makeStub(): unknown {
    const code = new Bytes();
    code.byte(Op.i32_const);
    code.signed(NOT_TRANSLATED);
    code.bytes([Op.local_get, Local.COUNT]);
    const bytes = encodeModule({ types: [REGION_TYPE], imports: [], importsTable: false, functions: [{ exported: 'f', type: REGION_TYPE, locals: [], code }] });
    const { memory } = this.environment;
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: { m: memory } }).exports['f'];
  }
}

function importIndex(imports: ImportedFunction[], helper: string, parameters: number, hasResult: boolean): number {
  const found = imports.findIndex(({ name }) => name === helper);
  if (found >= 0) return found;
  return imports.push({ name: helper, type: { parameters: new Array<number>(parameters).fill(I32), results: hasResult ? [I32] : [] } }) - 1;
}
