/** Makes WebAssembly functions of guest code, and keeps them: a table shared by all modules, and a bound on what it holds. */
import { emitRegion, NOT_TRANSLATED } from './emit.js';
import { Bytes, encodeModule, I32, Op, type FunctionType, type ImportedFunction } from './encoder.js';
import type { TranslationLayout } from './layout.js';
import { discoverRegion, type DecodedInstructions, type InstructionSource, type Region } from './region.js';

/** Runs translated code from its entry; returns the guest address to go on at. */
export type RegionFunction = () => number;

export interface TranslatorEnvironment {
  readonly memory: WebAssembly.Memory;
  readonly layout: TranslationLayout;
  readonly refill: number;
  readonly source: InstructionSource;
  /** Functions that rows call. Those that fault or look at the PC must not be among them. */
  readonly helpers: Readonly<Record<string, (...args: number[]) => number | void>>;
}

/**
 * Entries of the table: functions that may be called by translated code. V8 keeps a copy of the table for each instance
 * that imports it, so it begins small and stays modest.
 */
const FIRST_ENTRIES = 64;
const MOST_ENTRIES = 1 << 10;
const ALWAYS_STUB = 0;
/** Instructions remembered from one region to the next. */
const MOST_DECODED = 1 << 16;
const REGION_TYPE: FunctionType = { parameters: [], results: [I32] };

export interface TranslatedRegion {
  readonly entry: number;
  readonly run: RegionFunction;
  readonly region: Region;
  /** Address ranges, ascending, of which it was made. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

export class Translator {
  private table!: WebAssembly.Table;
  private readonly indices = new Map<number, number>();
  /** Regions that may be called now, by their entries. */
  private readonly linked = new Map<number, RegionFunction>();
  private readonly stub: unknown;
  private readonly decoded: DecodedInstructions = new Map();
  /** Bytes of WebAssembly made so far, and regions: what a bound is set on. */
  moduleBytes = 0;
  regions = 0;

  constructor(private readonly environment: TranslatorEnvironment) {
    this.stub = this.makeStub();
    this.forget();
  }

  /** @returns undefined when the code there is better interpreted */
  translate(entry: number): TranslatedRegion | undefined {
    const { environment } = this;
    if (this.decoded.size >= MOST_DECODED) this.decoded.clear();
    const region = discoverRegion(entry, environment.source, this.decoded);
    if (!region) return undefined;
    const imports: ImportedFunction[] = [];
    let importsTable = false;
    const emitted = emitRegion(region, {
      layout: environment.layout,
      refill: environment.refill,
      regionType: 0,
      importIndex: (helper, parameters, hasResult) => importIndex(imports, helper, parameters, hasResult),
      tableIndex: (address) => {
        importsTable = true;
        return this.indexOf(address);
      },
    });
    if (!emitted) return undefined;
    const bytes = encodeModule({
      types: [REGION_TYPE], imports, importsTable,
      functions: [{ exported: 'f', type: REGION_TYPE, locals: emitted.locals, code: emitted.code }],
    });
    const run = this.instantiate(bytes, imports)['f'] as RegionFunction;
    this.moduleBytes += bytes.length;
    this.regions++;
    return { entry, run, region, ranges: rangesOf(region) };
  }

  /** From now on calls to this address, from translated code, reach the region. */
  link(translated: TranslatedRegion): void {
    const index = this.indices.get(translated.entry);
    if (index !== undefined) this.table.set(index, translated.run);
    this.linked.set(translated.entry, translated.run);
  }

  /** Code or permissions have changed: it is decoded again. */
  forgetDecoded(): void {
    this.decoded.clear();
  }

  unlink(entry: number): void {
    const index = this.indices.get(entry);
    if (index !== undefined) this.table.set(index, this.stub);
    this.linked.delete(entry);
  }

  /** No translated code is used any more. */
  forget(): void {
    // a new table, since the old one keeps all instances that have imported it
    this.table = new WebAssembly.Table({ element: 'anyfunc', initial: FIRST_ENTRIES, maximum: MOST_ENTRIES });
    for (let i = 0; i < FIRST_ENTRIES; i++) this.table.set(i, this.stub);
    this.indices.clear();
    this.linked.clear();
    this.decoded.clear();
    this.moduleBytes = this.regions = 0;
  }

  /** Has translated code asked for a region here? */
  isCalled(address: number): boolean {
    return this.indices.has(address);
  }

  private indexOf(address: number): number {
    let index = this.indices.get(address);
    if (index === undefined) {
      // A full table gives the entry that stays the stub: such calls go through the dispatcher.
      index = this.indices.size + 1;
      if (index >= MOST_ENTRIES) return ALWAYS_STUB;
      if (index === this.table.length) this.growTable();
      this.indices.set(address, index);
      this.table.set(index, this.linked.get(address) ?? this.stub);
    }
    return index;
  }

  private growTable(): void {
    const { length } = this.table;
    this.table.grow(length);
    for (let i = length; i < 2 * length; i++) this.table.set(i, this.stub);
  }

  private instantiate(bytes: Uint8Array, imports: readonly ImportedFunction[]): Record<string, unknown> {
    const { memory, helpers } = this.environment;
    const e: Record<string, unknown> = { m: memory, t: this.table };
    for (const { name } of imports) e[name] = helpers[name];
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { e }).exports;
  }

  /** What calls reach where nothing is translated. */
  private makeStub(): unknown {
    const code = new Bytes();
    code.bytes([Op.i32_const, NOT_TRANSLATED]);
    return this.instantiate(encodeModule({ types: [REGION_TYPE], imports: [], importsTable: false, functions: [{ exported: 'f', type: REGION_TYPE, locals: [], code }] }), [])['f'];
  }
}

function importIndex(imports: ImportedFunction[], helper: string, parameters: number, hasResult: boolean): number {
  const found = imports.findIndex(({ name }) => name === helper);
  if (found >= 0) return found;
  return imports.push({ name: helper, type: { parameters: new Array<number>(parameters).fill(I32), results: hasResult ? [I32] : [] } }) - 1;
}

function rangesOf({ blocks }: Region): { start: number; end: number }[] {
  const ranges = blocks.flatMap(({ start, instructions }) => {
    const { next, effects, tableTargets } = instructions.at(-1)!;
    const code = { start, end: next };
    return effects.table ? [code, { start: effects.table.base, end: effects.table.base + effects.table.size * tableTargets.length }] : [code];
  }).sort((a, b) => a.start - b.start);
  const merged: { start: number; end: number }[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged;
}
