/** Checks a register table and compiles it: masks by access kind, storage aliases, and offsets to registers. */
import { maskOf } from './spec.js';
import type { ChoiceName, Field, FieldKind, FieldName, MapSpec, RegisterKind, RegisterName, RegisterSpec } from './spec.js';

/** One register, or array of registers, compiled. Masks are unsigned and within `widthMask`. */
export interface CompiledRegister {
  readonly name: string;
  readonly spec: RegisterSpec;
  readonly kind: RegisterKind;
  readonly count: number;
  readonly stride: number;
  readonly bytes: 1 | 2 | 4;
  readonly widthMask: number;
  readonly fields: Readonly<Record<string, Field>>;
  /** Register whose storage this one uses: itself, or the target of a set or clear register. */
  readonly storage: number;
  readonly resets: readonly number[];
  /** Bits that a guest reads as stored. */
  readonly readable: number;
  /** Bits that a guest's write replaces; the others by what a written one or zero does. */
  readonly replaced: number;
  readonly w1c: number;
  readonly w1s: number;
  readonly w1t: number;
  readonly w0c: number;
  readonly rc: number;
  /** Bits of any field: what a debugger may change. */
  readonly known: number;
  readonly unmodelled: number;
  /** The register as a whole, not only some of its fields. */
  readonly isUnmodelled: boolean;
  /** Access sizes that the register states, in bytes and ORed together; 0 where the block's rule decides. */
  readonly sizes: number;
}

/** Where an access lands: a register and which of its array. */
export interface Slot { readonly register: CompiledRegister; readonly index: number; readonly offset: number }

export class RegisterMapError extends Error {}

const SPEC_KEYS = new Set(['at', 'kind', 'count', 'stride', 'reset', 'width', 'access', 'fields', 'of', 'unmodelled', 'raz']);
const FIELD_KINDS: readonly string[] = ['rw', 'ro', 'wo', 'w1c', 'w1s', 'w1t', 'w0c', 'rc'];
const REGISTER_KINDS: readonly string[] = [...FIELD_KINDS, 'setBits', 'clearBits', 'task', 'event', 'reserved'];
const MAX_SPAN = 0x10_0000;

/** Registers compiled and laid out. */
class Layout {
  readonly registers: readonly CompiledRegister[];
  readonly span: number;
  readonly readSlots: Int32Array;
  readonly writeSlots: Int32Array;
  readonly slots: readonly Slot[];
  readonly byName: ReadonlyMap<string, CompiledRegister>;

  constructor(spec: MapSpec) {
    const names = Object.keys(spec);
    this.registers = names.map((name, position) => compile(name, spec, position, names));
    this.byName = new Map(this.registers.map((register) => [register.name, register]));
    this.slots = this.registers.flatMap((register) =>
      Array.from({ length: register.count }, (_, index) => ({ register, index, offset: register.spec.at + index * register.stride })));
    this.span = this.slots.reduce((end, slot) => Math.max(end, slot.offset + slot.register.bytes), 0);
    if (this.span > MAX_SPAN) fail(names[0] ?? 'map', `the map spans ${this.span} bytes; at most ${MAX_SPAN} are allowed`);
    this.readSlots = new Int32Array(this.span).fill(-1);
    this.writeSlots = new Int32Array(this.span).fill(-1);
    this.#layOut();
  }

  /** A read-only and a write-only register may share an offset; any other overlap is a mistake. */
  #layOut(): void {
    this.slots.forEach((slot, position) => {
      const kind = slot.register.kind;
      if (kind !== 'wo' && kind !== 'task') this.#claim(this.readSlots, slot, position);
      if (kind !== 'ro' && kind !== 'rc') this.#claim(this.writeSlots, slot, position);
    });
    for (let offset = 0; offset < this.span; offset++) {
      if (this.readSlots[offset] < 0) this.readSlots[offset] = this.writeSlots[offset];
      else if (this.writeSlots[offset] < 0) this.writeSlots[offset] = this.readSlots[offset];
    }
  }

  #claim(table: Int32Array, slot: Slot, position: number): void {
    for (let offset = slot.offset; offset < slot.offset + slot.register.bytes; offset++) {
      if (table[offset] >= 0) fail(slotName(slot), `overlaps ${slotName(this.slots[table[offset]])} at offset ${hex(offset)}`);
      table[offset] = position;
    }
  }
}

/** A register table, shared by all instances of a block. It is checked and compiled when it is first used: a run uses few. */
export class RegisterMap<S extends MapSpec> {
  #layout: Layout | undefined;

  constructor(readonly spec: S) {}

  /** @throws RegisterMapError for overlaps, bits past the width, reset values outside the fields, unknown targets */
  get registers(): readonly CompiledRegister[] { return this.#made().registers; }
  /** First offset after the last register, in bytes. */
  get span(): number { return this.#made().span; }
  /** Slots by byte offset, as positions in `slots`; -1 where nobody declared anything. */
  get readSlots(): Int32Array { return this.#made().readSlots; }
  get writeSlots(): Int32Array { return this.#made().writeSlots; }
  get slots(): readonly Slot[] { return this.#made().slots; }

  /** @throws RangeError for a name that is not in the map (only reachable past the type checker) */
  register(name: RegisterName<S>): CompiledRegister {
    const register = this.#made().byName.get(name);
    if (register === undefined) throw new RangeError(`no register ${name} in this map`);
    return register;
  }

  offsetOf(name: RegisterName<S>, index = 0): number {
    const register = this.register(name);
    if (!(index >= 0 && index < register.count)) {
      throw new RangeError(`${name} has ${register.count} registers, none with index ${index}`);
    }
    return register.spec.at + index * register.stride;
  }

  /** Finds `CC[3]` or `CTRL` by its text, as a debugger or test gives it; undefined when there is none. */
  locate(text: string): Slot | undefined {
    const match = /^([^[\]]+)(?:\[(\d{1,6})\])?$/.exec(text);
    return match === null ? undefined
      : this.slots.find((slot) => slot.register.name === match[1] && slot.index === Number(match[2] ?? 0));
  }

  /** The number that the manual's name for a field's value stands for. */
  choice<R extends RegisterName<S>, F extends FieldName<S, R>>(name: R, field: F, value: ChoiceName<S, R, F>): number {
    const number = this.register(name).fields[field]?.values?.[value];
    if (number === undefined) throw new RangeError(`${name}.${field} has no value ${value}`);
    return number;
  }

  #made(): Layout {
    return (this.#layout ??= new Layout(this.spec));
  }
}

/** Declares a block's registers, in the manual's order. */
export function registerMap<const S extends MapSpec>(spec: S): RegisterMap<S> {
  return new RegisterMap(spec);
}

export function slotName(slot: Slot): string {
  return slot.register.count === 1 ? slot.register.name : `${slot.register.name}[${slot.index}]`;
}

function compile(name: string, map: MapSpec, position: number, names: readonly string[]): CompiledRegister {
  const spec = map[name];
  const kind = spec.kind ?? 'rw';
  const width = spec.width ?? 32;
  const bytes = (width / 8) as 1 | 2 | 4;
  const count = spec.count ?? 1;
  const stride = spec.stride ?? bytes;
  checkShape(name, spec, kind, width, count, stride);
  const target = targetOf(name, spec, kind, map);
  const fields = spec.fields ?? (target === undefined ? fieldsByKind(kind) : map[target].fields) ?? {};
  checkFields(name, kind, fields, width);

  const widthMask = maskOf(0, width - 1);
  const whole = Object.keys(fields).length === 0;
  const masks = masksOf(kind, whole ? { '': { lo: 0, hi: width - 1 } } : fields);
  const known = kind === 'reserved' ? 0 : spec.raz === false ? widthMask : masks.known;
  const loose = (known & ~masks.known) >>> 0;
  return {
    name, spec, kind, count, stride, bytes, widthMask, fields, ...masks, known,
    readable: (masks.readable | loose) >>> 0,
    replaced: (masks.replaced | (isReadOnly(kind) ? 0 : loose)) >>> 0,
    isUnmodelled: spec.unmodelled === true,
    sizes: (spec.access ?? []).reduce<number>((sizes, size) => sizes | size, 0),
    unmodelled: spec.unmodelled === true ? known : masks.unmodelled,
    storage: target === undefined ? position : names.indexOf(target),
    resets: target === undefined ? resetsOf(name, spec, count, known) : noReset(name, spec),
  };
}

function checkShape(name: string, spec: RegisterSpec, kind: string, width: number, count: number, stride: number): void {
  for (const key of Object.keys(spec)) if (!SPEC_KEYS.has(key)) fail(name, `unknown key "${key}"; known are ${[...SPEC_KEYS].join(', ')}`);
  if (!REGISTER_KINDS.includes(kind)) fail(name, `unknown kind "${kind}"; known are ${REGISTER_KINDS.join(', ')}`);
  if (width !== 8 && width !== 16 && width !== 32) fail(name, `width ${String(width)} is none of 8, 16, 32`);
  if (!Number.isInteger(spec.at) || spec.at < 0) fail(name, `offset ${spec.at} is not a whole number from 0`);
  if (spec.at % (width / 8) !== 0) fail(name, `offset ${hex(spec.at)} is not aligned to its width of ${width} bits`);
  if (!Number.isInteger(count) || count < 1 || count > MAX_SPAN) fail(name, `count ${count} is not a whole number from 1`);
  if (!Number.isInteger(stride) || stride % (width / 8) !== 0 || stride < width / 8) {
    fail(name, `stride ${stride} is no multiple of the width`);
  }
  for (const size of spec.access ?? []) if (![1, 2, 4].includes(size)) fail(name, `access size ${size} is none of 1, 2, 4 bytes`);
}

function targetOf(name: string, spec: RegisterSpec, kind: RegisterKind, map: MapSpec): string | undefined {
  if (kind !== 'setBits' && kind !== 'clearBits') {
    if (spec.of !== undefined) fail(name, `"of" belongs to setBits and clearBits, not to kind ${kind}`);
    return undefined;
  }
  const target = spec.of === undefined ? undefined : map[spec.of];
  if (spec.of === undefined || target === undefined) fail(name, `${kind} needs "of", the name of a register of this map`);
  if (target.of !== undefined) fail(name, `${spec.of} has no storage of its own; name ${target.of} instead`);
  if ((target.count ?? 1) !== (spec.count ?? 1)) fail(name, `has another count than its target ${spec.of}`);
  if ((target.width ?? 32) !== (spec.width ?? 32)) fail(name, `has another width than its target ${spec.of}`);
  return spec.of;
}

function fieldsByKind(kind: RegisterKind): Readonly<Record<string, Field>> | undefined {
  if (kind === 'task') return { TRIGGER: { lo: 0, hi: 0, kind: 'wo' } };
  if (kind === 'event') return { EVENT: { lo: 0, hi: 0, kind: 'rw' } };
  return undefined;
}

function checkFields(name: string, kind: RegisterKind, fields: Readonly<Record<string, Field>>, width: number): void {
  let used = 0;
  for (const [fieldName, field] of Object.entries(fields)) {
    const where = `${name}.${fieldName}`;
    if (!Number.isInteger(field.lo) || !Number.isInteger(field.hi) || field.lo < 0 || field.hi < field.lo) {
      fail(where, `bits ${field.lo} to ${field.hi} are not a range`);
    }
    if (field.hi >= width) fail(where, `bit ${field.hi} lies past the width of ${width} bits`);
    if (field.kind !== undefined && !FIELD_KINDS.includes(field.kind)) fail(where, `unknown kind "${field.kind}"`);
    if (isReadOnly(kind) && field.kind !== undefined && !isReadOnly(field.kind)) {
      fail(where, `is ${field.kind} in a register of kind ${kind}; give the register kind rw`);
    }
    const mask = maskOf(field.lo, field.hi);
    if ((used & mask) !== 0) fail(where, `overlaps another field of ${name}`);
    used |= mask;
    for (const [choiceName, value] of Object.entries(field.values ?? {})) {
      if (!Number.isInteger(value) || value < 0 || value > mask >>> field.lo) {
        fail(where, `value ${choiceName} = ${value} does not fit ${field.hi - field.lo + 1} bits`);
      }
    }
  }
}

function masksOf(kind: RegisterKind, fields: Readonly<Record<string, Field>>) {
  const masks = { known: 0, readable: 0, replaced: 0, w1c: 0, w1s: 0, w1t: 0, w0c: 0, rc: 0, unmodelled: 0 };
  for (const field of Object.values(fields)) {
    const mask = maskOf(field.lo, field.hi);
    const does = effectOf(kind, field);
    masks.known |= mask;
    if (field.unmodelled === true) masks.unmodelled |= mask;
    if (does !== 'wo') masks.readable |= mask;
    if (does === 'rw' || does === 'wo') masks.replaced |= mask;
    else if (does !== 'ro') masks[does] |= mask;
  }
  for (const key of Object.keys(masks) as (keyof typeof masks)[]) masks[key] >>>= 0;
  return masks;
}

/** Set and clear registers are written by ones whatever kind their target's fields have. */
function effectOf(kind: RegisterKind, field: Field): FieldKind {
  switch (kind) {
    case 'setBits': return 'w1s';
    case 'clearBits': return 'w1c';
    case 'task': return 'wo';
    case 'event': return field.kind ?? 'rw';
    case 'reserved': return 'ro';
    default: return field.kind ?? kind;
  }
}

function resetsOf(name: string, spec: RegisterSpec, count: number, known: number): readonly number[] {
  const resets = typeof spec.reset === 'object' ? spec.reset : Array<number>(count).fill(spec.reset ?? 0);
  if (resets.length !== count) fail(name, `has ${count} registers and ${resets.length} reset values`);
  for (const reset of resets) {
    if (!Number.isInteger(reset) || reset < 0 || reset > 0xffff_ffff) {
      fail(name, `reset value ${reset} is not an unsigned 32-bit number`);
    }
    if ((reset & ~known) !== 0) {
      fail(name, `reset value ${hex(reset)} sets bits ${hex((reset & ~known) >>> 0)} outside its fields`);
    }
  }
  return resets;
}

function noReset(name: string, spec: RegisterSpec): readonly number[] {
  if (spec.reset !== undefined) fail(name, `takes its reset value from ${spec.of}`);
  return [];
}

function isReadOnly(kind: RegisterKind): boolean {
  return kind === 'ro' || kind === 'rc';
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function fail(where: string, what: string): never {
  throw new RegisterMapError(`register ${where}: ${what}`);
}
