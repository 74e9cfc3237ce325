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
 * Entries of the table: functions that may be called by translated code. It grows as needed: V8 goes through all entries
 * of an imported table for each instance.
 */
const FIRST_ENTRIES = 64;
const MOST_ENTRIES = 1 << 14;
const REGION_TYPE: FunctionType = { parameters: [], results: [I32] };

export interface TranslatedRegion {
  readonly entry: number;
  readonly run: RegionFunction;
  readonly region: Region;
  /** Address ranges, ascending, of which it was made. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

export class Translator {
  private readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: FIRST_ENTRIES });
  private readonly indices = new Map<number, number>();
  private readonly stub: unknown;
  private readonly decoded: DecodedInstructions = new Map();
  /** Bytes of WebAssembly made so far, and regions: what a bound is set on. */
  moduleBytes = 0;
  regions = 0;

  constructor(private readonly environment: TranslatorEnvironment) {
    this.stub = this.makeStub();
    this.fillTable(0);
  }

  /** @returns undefined when the code there is better interpreted */
  translate(entry: number): TranslatedRegion | undefined {
    const { environment } = this;
    const region = discoverRegion(entry, environment.source, this.decoded);
    if (!region) return undefined;
    const imports: ImportedFunction[] = [];
    const emitted = emitRegion(region, {
      layout: environment.layout,
      refill: environment.refill,
      regionType: 0,
      importIndex: (helper, parameters, hasResult) => importIndex(imports, helper, parameters, hasResult),
      tableIndex: (address) => this.indexOf(address),
    });
    if (!emitted) return undefined;
    const bytes = encodeModule({
      types: [REGION_TYPE], imports,
      functions: [{ exported: 'f', type: REGION_TYPE, locals: emitted.locals, code: emitted.code }],
    });
    const run = this.instantiate(bytes, imports)['f'] as RegionFunction;
    this.moduleBytes += bytes.length;
    this.regions++;
    return { entry, run, region, ranges: rangesOf(region) };
  }

  /** From now on calls to this address, from translated code, reach the region. */
  link(translated: TranslatedRegion): void {
    this.table.set(this.indexOf(translated.entry), translated.run);
  }

  /** Code or permissions have changed: it is decoded again. */
  forgetDecoded(): void {
    this.decoded.clear();
  }

  unlink(entry: number): void {
    const index = this.indices.get(entry);
    if (index !== undefined) this.table.set(index, this.stub);
  }

  /** Has translated code asked for a region here? */
  isCalled(address: number): boolean {
    return this.indices.has(address);
  }

  private indexOf(address: number): number {
    let index = this.indices.get(address);
    if (index === undefined) {
      index = this.indices.size + 1;
      // A full table gives its first entry, which stays the stub: such calls go through the dispatcher.
      if (index >= MOST_ENTRIES) return 0;
      this.indices.set(address, index);
      if (index >= this.table.length) this.fillTable(this.table.grow(this.table.length));
    }
    return index;
  }

  private fillTable(from: number): void {
    for (let i = from; i < this.table.length; i++) this.table.set(i, this.stub);
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
    return this.instantiate(encodeModule({ types: [REGION_TYPE], imports: [], functions: [{ exported: 'f', type: REGION_TYPE, locals: [], code }] }), [])['f'];
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
