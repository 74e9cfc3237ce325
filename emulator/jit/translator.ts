/** Makes WebAssembly functions of guest code, and keeps them: a table shared by all modules, and a bound on what it holds. */
import { emitRegion, type EmittedFunction, type RegionEntry } from './emit.js';
import { CALL_CACHE_ENTRIES, NOT_TRANSLATED, ONE_CALL } from './protocol.js';
import type { Advice } from './accesses.js';
import { Bytes, encodeModule, I32, I64, Op, type FunctionType, type ImportedFunction, type ModuleFunction } from './encoder.js';
import { Local } from './flags.js';
import type { TranslationLayout } from './layout.js';
import { decode, discoverRegion, isRegionLarger, type Decoded, type DecodedInstructions, type InstructionSource, type Region } from './region.js';

/** Runs translated code from one of its entries, by its number; returns the guest address to go on at. */
export type RegionFunction = (entry: number) => number;

export interface TranslatorEnvironment {
  readonly memory: WebAssembly.Memory;
  readonly layout: TranslationLayout;
  readonly refill: number;
  readonly source: InstructionSource;
  /** Functions that rows call, and `INTERPRET` of emit.ts. Only the latter may fault or look at the PC. */
  readonly helpers: Readonly<Record<string, (...args: number[]) => number | void>>;
}

/** What a translation is made for. */
export interface TranslationRequest {
  readonly entry: number;
  /** Addresses at which it is to be entered besides. */
  readonly wanted: readonly number[];
  readonly advice: Advice;
  /** Instructions of the regions together, save that the first may have more. */
  readonly most: number;
  /** Is code there worth translating along with its caller? */
  isWarm(address: number): boolean;
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
/** Bytes: the IT instruction and four wide ones. */
const LONGEST_IT_BLOCK = 18;
/** Callees that are translated together with the function that calls them. */
const MOST_REGIONS_PER_MODULE = 12;
const MOST_INSTRUCTIONS_PER_MODULE = 3000;
/** Calls that may be nested in each other: the host's stack bears some thousands. */
export const DEEPEST_CALL = 1000;
/** Depth and entry, and the count, in; address to go on at and the count, out. */
export const REGION_TYPE: FunctionType = { parameters: [I32, I64], results: [I32, I64] };
export const ENTER_TYPE: FunctionType = { parameters: [I32], results: [I32] };

interface AddressRange { readonly start: number; readonly end: number }

/** Regions that were made at once and call each other directly. */
export interface TranslatedModule {
  readonly regions: readonly TranslatedRegion[];
  /** Addresses, ascending, of which it was made. */
  readonly ranges: readonly AddressRange[];
}

export interface TranslatedRegion {
  readonly entry: number;
  readonly region: Region;
  readonly wanted: readonly number[];
  readonly run: RegionFunction;
  /** Where `run` begins, by address. */
  readonly entries: ReadonlyMap<number, RegionEntry>;
  /** The function as translated code calls it. */
  readonly callee: unknown;
  readonly module: TranslatedModule;
}

export class Translator {
  private table!: WebAssembly.Table;
  private readonly indices = new Map<number, number>();
  /** Functions that may be called now, by their entries. */
  private readonly linked = new Map<number, unknown>();
  private readonly stub: unknown;
  private readonly decoded: DecodedInstructions = new Map();
  private readonly callCache: Int32Array;
  /** Bytes of WebAssembly kept, and regions: what a bound is set on. */
  moduleBytes = 0;
  regions = 0;
  /** What was made since the beginning. */
  readonly figures = { modules: 0, regions: 0, instructions: 0, bytes: 0 };

  constructor(private readonly environment: TranslatorEnvironment) {
    this.callCache = new Int32Array(environment.memory.buffer, environment.layout.callCache, 2 * CALL_CACHE_ENTRIES);
    this.stub = this.makeStub();
    this.forget();
  }

  /** @returns undefined when the code there is better interpreted; else a module whose first region is the one asked for */
  translate(request: TranslationRequest): TranslatedModule | undefined {
    if (this.decoded.size >= MOST_DECODED) this.decoded.clear();
    const regions = this.discover(request);
    const maker = new ModuleMaker(this.environment, request.advice, regions, (address) => this.indexOf(address));
    const made = maker.make();
    if (!made) return undefined;
    this.moduleBytes += made.bytes.length;
    this.regions += made.functions.length;
    this.count(made);
    return this.instantiateModule(request, made);
  }

  /** The region asked for, and those that it calls and that are warm. */
  private discover(request: TranslationRequest): Region[] {
    const { entry, wanted, most } = request;
    const { source } = this.environment;
    const regions: Region[] = [];
    const queue = [entry];
    let instructions = 0;
    for (const start of queue) {
      if (regions.length >= MOST_REGIONS_PER_MODULE || instructions >= MOST_INSTRUCTIONS_PER_MODULE) break;
      const region = discoverRegion(start, source, this.decoded, start === entry ? wanted : []);
      if (!region || (regions.length > 0 && instructions + region.instructions > most)) continue;
      regions.push(region);
      instructions += region.instructions;
      for (const { effects, interpreted } of region.blocks.map(({ instructions: list }) => list.at(-1)!)) {
        const { target, isCall } = effects;
        if (isCall && interpreted !== 'always' && target !== undefined && !this.linked.has(target) && !queue.includes(target) && request.isWarm(target)) queue.push(target);
      }
    }
    return regions;
  }

  /** Has the region there more instructions? */
  isLarger(entry: number, than: number): boolean {
    return isRegionLarger(entry, than, this.environment.source, this.decoded);
  }

  private count({ bytes, functions }: MadeModule): void {
    const { figures } = this;
    figures.modules++;
    figures.regions += functions.length;
    figures.instructions += functions.reduce((sum, { region }) => sum + region.instructions, 0);
    figures.bytes += bytes.length;
  }

  private instantiateModule({ wanted, entry }: TranslationRequest, { bytes, imports, functions }: MadeModule): TranslatedModule | undefined {
    const exports = this.instantiate(bytes, imports);
    const regions: TranslatedRegion[] = [];
    const module: TranslatedModule = { regions, ranges: mergeRanges(functions.flatMap(({ region, literals }) => [...codeRanges(region), ...literals])) };
    functions.forEach(({ region, emitted }, i) => {
      regions.push({
        entry: region.entry, region, module, entries: emitted.entries, wanted: region.entry === entry ? wanted : [],
        run: exports[`e${i}`] as RegionFunction, callee: exports[`f${i}`],
      });
    });
    return regions[0]?.entry === entry ? module : undefined;
  }

  /** From now on calls to its first instruction, from translated code, reach the region. */
  link({ entry, callee }: TranslatedRegion): void {
    if (this.linked.get(entry) === callee) return;
    this.linked.set(entry, callee);
    const index = this.indexOf(entry);
    if (index === ALWAYS_STUB) return;
    this.table.set(index, callee);
    const at = cacheSlot(entry);
    this.callCache[at] = entry;
    this.callCache[at + 1] = index;
  }

  unlink(entry: number): void {
    const index = this.indices.get(entry);
    if (index !== undefined) this.table.set(index, this.stub);
    this.linked.delete(entry);
    const at = cacheSlot(entry);
    if (this.callCache[at] === entry) this.callCache[at] = NOT_TRANSLATED;
  }

  /** Code or permissions have changed: it is decoded again. */
  forgetDecoded(): void {
    this.decoded.clear();
  }

  /** Something was learned about an instruction: it is decoded again, with its IT block. */
  forgetDecodedAt(address: number): void {
    for (let at = address; at > address - LONGEST_IT_BLOCK; at -= 2) this.decoded.delete(at);
  }

  decodedAt(address: number): Decoded | undefined {
    return this.decoded.get(address)?.[0] ?? decode(address, 0, this.environment.source);
  }

  /** No translated code is used any more. */
  forget(): void {
    // a new table, since the old one keeps all instances that have imported it
    this.table = new WebAssembly.Table({ element: 'anyfunc', initial: FIRST_ENTRIES, maximum: MOST_ENTRIES });
    for (let i = 0; i < FIRST_ENTRIES; i++) this.table.set(i, this.stub);
    this.callCache.fill(NOT_TRANSLATED);
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
    code.bytes([Op.i32_const, NOT_TRANSLATED, Op.local_get, Local.COUNT]);
    const bytes = encodeModule({ types: [REGION_TYPE], imports: [], importsTable: false, functions: [{ exported: 'f', type: REGION_TYPE, locals: [], code }] });
    return this.instantiate(bytes, [])['f'];
  }
}

const cacheSlot = (address: number): number => 2 * ((address >>> 1) & (CALL_CACHE_ENTRIES - 1));

interface MadeFunction { readonly region: Region; readonly emitted: EmittedFunction; readonly literals: readonly AddressRange[] }
interface MadeModule { readonly bytes: Uint8Array; readonly imports: readonly ImportedFunction[]; readonly functions: readonly MadeFunction[] }

/** Encodes the regions of one module. */
class ModuleMaker {
  private readonly imports: ImportedFunction[] = [];
  private importsTable = false;
  private literals: AddressRange[] = [];

  constructor(
    private readonly environment: TranslatorEnvironment, private readonly advice: Advice,
    private readonly regions: readonly Region[], private readonly tableIndex: (address: number) => number,
  ) {}

  make(): MadeModule | undefined {
    const functions: MadeFunction[] = [];
    let expressible = this.regions;
    // Numbers of the module's functions are in its code: without one of them all are made again.
    for (;;) {
      functions.length = 0;
      const failed = expressible.find((region) => !this.emit(region, expressible, functions));
      if (!failed) break;
      if (failed === this.regions[0]) return undefined;
      expressible = expressible.filter((region) => region !== failed);
    }
    return functions.length === 0 ? undefined : { bytes: this.encode(functions), imports: this.imports, functions };
  }

  private emit(region: Region, regions: readonly Region[], functions: MadeFunction[]): boolean {
    const { layout, refill, source } = this.environment;
    this.literals = [];
    const emitted = emitRegion(region, this.entriesOf(region), {
      layout, refill, advice: this.advice, regionType: 0,
      importIndex: (helper, parameters, hasResult) => this.importIndex(helper, parameters, hasResult),
      callee: (address) => {
        const local = regions.findIndex(({ entry }) => entry === address);
        if (local >= 0) return { local };
        this.importsTable = true;
        return { table: this.tableIndex(address) };
      },
      literal: (address, bytes) => this.literal(source, address, bytes),
    });
    if (!emitted) return false;
    if (region.blocks.some(({ instructions }) => instructions.at(-1)!.effects.isCall)) this.importsTable = true;
    functions.push({ region, emitted, literals: this.literals });
    return true;
  }

  /** Where execution comes from outside, and where callees return: after an interrupt they return to the interpreter. */
  private entriesOf({ blocks }: Region): number[] {
    const returns = new Set(blocks.map(({ instructions }) => instructions.at(-1)!).filter(({ effects }) => effects.isCall).map(({ next }) => next));
    return blocks.map(({ start }) => start).filter((start) => returns.has(start) || this.advice.isEntry(start));
  }

  private literal(source: InstructionSource, address: number, bytes: 1 | 2 | 4): number | undefined {
    if ((address & (bytes - 1)) !== 0) return undefined;
    const low = source.halfwordAt(address & ~1);
    const high = bytes === 4 ? source.halfwordAt(address + 2) : 0;
    if (low === undefined || high === undefined) return undefined;
    this.literals.push({ start: address & ~1, end: (address & ~1) + Math.max(bytes, 2) });
    return bytes === 1 ? (low >>> (8 * (address & 1))) & 0xff : low | (high << 16);
  }

  private importIndex(helper: string, parameters: number, hasResult: boolean): number {
    const found = this.imports.findIndex(({ name }) => name === helper);
    if (found >= 0) return found;
    return this.imports.push({ name: helper, type: { parameters: new Array<number>(parameters).fill(I32), results: hasResult ? [I32] : [] } }) - 1;
  }

  private encode(functions: readonly MadeFunction[]): Uint8Array {
    const { imports, importsTable } = this;
    for (const { emitted: { code, calls } } of functions) for (const { at, local } of calls) code.fill(at, imports.length + local);
    const made: ModuleFunction[] = functions.map(({ emitted: { code, locals } }, i) => ({ exported: `f${i}`, type: REGION_TYPE, locals: runsOf(locals), code }));
    const ways = functions.map((_, i): ModuleFunction => ({ exported: `e${i}`, type: ENTER_TYPE, locals: [{ count: 1, type: I64 }], code: wayIn(imports.length + i, this.environment.layout.COUNT) }));
    return encodeModule({ types: [REGION_TYPE], imports, importsTable, functions: [...made, ...ways] });
  }
}

/** From the host, which has no int64: the count passes through memory, where it is the int64 at `place`. */
export function wayIn(index: number, place: number): Bytes {
  const code = new Bytes();
  const countPlace = (): void => { code.unsigned(3); code.unsigned(place); };
  code.bytes([Op.i32_const, 0, Op.local_get, 0, Op.i32_const]);
  code.signed(DEEPEST_CALL * ONE_CALL);
  code.bytes([Op.i32_or, Op.i32_const, 0, Op.i64_load]);
  countPlace();
  code.byte(Op.call);
  code.unsigned(index);
  code.bytes([Op.local_set, 1, Op.local_set, 0, Op.local_get, 1, Op.i64_store]);
  countPlace();
  code.bytes([Op.local_get, 0]);
  return code;
}

/** Consecutive locals of the same type. */
export function runsOf(types: readonly number[]): { count: number; type: number }[] {
  const runs: { count: number; type: number }[] = [];
  for (const type of types) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ count: 1, type });
  }
  return runs;
}

function codeRanges({ blocks }: Region): AddressRange[] {
  return blocks.flatMap(({ start, instructions }) => {
    const { next, effects, tableTargets } = instructions.at(-1)!;
    const code = { start, end: next };
    return effects.table ? [code, { start: effects.table.base, end: effects.table.base + effects.table.size * tableTargets.length }] : [code];
  });
}

function mergeRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const merged: { start: number; end: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged;
}
