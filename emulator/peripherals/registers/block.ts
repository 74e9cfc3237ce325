/** One instance of a register map: storage, guest accesses, handlers, and what to do where the model ends. */
import { BusError } from '../../bus/types.js';
import type { AccessBytes, BusDevice, Snapshot, SnapshotValue, Stateful, Warnings } from '../../bus/types.js';
import { maskOf } from './spec.js';
import type { ChoiceName, Field, FieldName, MapSpec, RegisterName } from './spec.js';
import { slotName } from './map.js';
import type { CompiledRegister, RegisterMap, Slot } from './map.js';

export interface BlockPolicy {
  /**
   * Accesses narrower than the register. Reads always read the whole register (APB has no read strobes) and take lanes.
   * - `lanes` (default): a write reaches the addressed byte lanes alone (AMBA APB4, PSTRB)
   * - `whole`: the bus repeats the data on all lanes and writes the whole register (RP2040 datasheet 2.1.4; STM32 RM0008 3.1)
   * - `error`: bus error
   */
  readonly narrow?: 'lanes' | 'whole' | 'error';
  /** Offsets nobody declared: read as zero and ignore writes (default), or a bus error. Both warn once. */
  readonly undeclared?: 'ignore' | 'error';
  /** Writes that change unmodelled bits: ignored (default), stored and read back, or a bus error. All warn once. */
  readonly unmodelled?: 'ignore' | 'store' | 'error';
  /** Writes to read-only and reads of write-only registers: nothing and zero (default), or a bus error. */
  readonly wrongWay?: 'ignore' | 'error';
}

/** Called for a guest's read with what is stored; returns what the guest sees. */
export type ReadHandler = (index: number, stored: number) => number;
/**
 * Called after a guest's write was stored.
 * @param written the bits of the bus, on their lanes and within fields: which ones were written to a `w1c` field, say
 */
export type WriteHandler = (newValue: number, index: number, oldValue: number, written: number) => void;

export interface BlockOptions<S extends MapSpec> {
  /** Instance name in warnings and errors: `UART0`. */
  readonly instance: string;
  /** Bytes of address space, at least the map's span. */
  readonly size: number;
  /** Address of offset 0, so that errors name the address; default 0. */
  readonly base?: number;
  readonly policy?: BlockPolicy;
  readonly warnings?: Warnings;
  readonly onRead?: { readonly [R in RegisterName<S>]?: ReadHandler };
  /**
   * A write to a set or clear register calls its own handler, then its target's. Tasks are called only when triggered.
   */
  readonly onWrite?: { readonly [R in RegisterName<S>]?: WriteHandler };
  /** What a debugger reads where storage does not tell, a running counter say. Must have no side effects. */
  readonly onPeek?: { readonly [R in RegisterName<S>]?: ReadHandler };
}

/** A register with its instance's storage and handlers: found once, so that an access looks up nothing by name. */
interface LiveRegister {
  readonly of: CompiledRegister;
  readonly stored: Uint32Array;
  readonly onRead: ReadHandler | undefined;
  readonly onWrite: WriteHandler | undefined;
  readonly onPeek: ReadHandler | undefined;
  /** Handler of the register that a set or clear register writes. */
  readonly onTarget: WriteHandler | undefined;
}

/** One register of an array with what an access to all of it takes: an access looks at nothing else. */
class LiveSlot {
  readonly of: CompiledRegister;
  readonly stored: Uint32Array;
  readonly onRead: ReadHandler | undefined;
  readonly onWrite: WriteHandler | undefined;
  readonly onPeek: ReadHandler | undefined;
  readonly onTarget: WriteHandler | undefined;
  readonly offset: number;
  readonly index: number;
  readonly known: number;
  readonly readable: number;
  readonly replaced: number;
  readonly widthMask: number;
  /** Its size when a read of the whole register has no rule but its mask and its handler, otherwise 0. */
  readonly plainToRead: number;
  /** The same when a write of the whole register changes what is stored and calls handlers, no more. */
  readonly plainToWrite: number;
  /** No field has its own rule for written ones and zeros. */
  readonly isReplaced: boolean;

  constructor(readonly slot: Slot, { of, stored, onRead, onWrite, onPeek, onTarget }: LiveRegister) {
    this.of = of;
    this.stored = stored;
    this.onRead = onRead;
    this.onWrite = onWrite;
    this.onPeek = onPeek;
    this.onTarget = onTarget;
    this.offset = slot.offset;
    this.index = slot.index;
    this.known = of.known;
    this.readable = of.readable;
    this.replaced = of.replaced;
    this.widthMask = of.widthMask;
    const isForWriting = of.readable === 0 && of.known !== 0 && onRead === undefined;
    const isPlain = of.sizes === 0 && !of.isUnmodelled;
    this.plainToRead = isPlain && !isForWriting && of.rc === 0 ? of.bytes : 0;
    this.plainToWrite = isPlain && of.kind !== 'ro' && of.kind !== 'rc' && of.kind !== 'task' && of.unmodelled === 0 ? of.bytes : 0;
    this.isReplaced = (of.w1c | of.w1s | of.w1t | of.w0c) === 0;
  }
}

export class RegisterBlock<S extends MapSpec> implements BusDevice, Stateful {
  readonly map: RegisterMap<S>;
  readonly instance: string;
  readonly size: number;
  readonly #options: BlockOptions<S>;
  readonly #narrow: 'lanes' | 'whole' | 'error';
  readonly #base: number;
  readonly #live: readonly LiveRegister[];
  readonly #bySlot: readonly LiveSlot[];
  readonly #span: number;
  readonly #readSlots: Int32Array;
  readonly #writeSlots: Int32Array;
  readonly #byName = new Map<string, LiveRegister>();

  /** @throws RangeError when the map does not fit the size */
  constructor(map: RegisterMap<S>, options: BlockOptions<S>) {
    if (map.span > options.size) {
      throw new RangeError(`${options.instance}: the register map spans ${map.span} bytes, the block has ${options.size}`);
    }
    this.map = map;
    this.instance = options.instance;
    this.size = options.size;
    this.#options = options;
    this.#narrow = options.policy?.narrow ?? 'lanes';
    this.#base = options.base ?? 0;
    this.#live = this.#instantiate();
    for (const live of this.#live) this.#byName.set(live.of.name, live);
    this.#bySlot = map.slots.map((slot) => new LiveSlot(slot, this.#byName.get(slot.register.name)!));
    this.#span = map.span;
    this.#readSlots = map.readSlots;
    this.#writeSlots = map.writeSlots;
    this.reset();
  }

  // -- What the device does with its registers: no handlers, no access rules.

  get<R extends RegisterName<S>>(name: R, index = 0): number {
    const stored = this.#of(name).stored;
    if (!(index >= 0 && index < stored.length)) throw this.#noSuchIndex(name, index);
    return stored[index];
  }

  set<R extends RegisterName<S>>(name: R, value: number, index = 0): void {
    const { of, stored } = this.#of(name);
    if (!(index >= 0 && index < stored.length)) throw this.#noSuchIndex(name, index);
    stored[index] = value & of.widthMask;
  }

  field<R extends RegisterName<S>, F extends FieldName<S, R>>(name: R, field: F, index = 0): number {
    const { lo, hi } = this.#field(name, field);
    return (this.get(name, index) & maskOf(lo, hi)) >>> lo;
  }

  setField<R extends RegisterName<S>, F extends FieldName<S, R>>(name: R, field: F, value: number, index = 0): void {
    const { lo, hi } = this.#field(name, field);
    const mask = maskOf(lo, hi);
    this.set(name, (this.get(name, index) & ~mask) | ((value << lo) & mask), index);
  }

  /** Whether the field holds the value that the manual calls `value`. */
  is<R extends RegisterName<S>, F extends FieldName<S, R>>(name: R, field: F, value: ChoiceName<S, R, F>, index = 0): boolean {
    return this.field(name, field, index) === this.map.choice(name, field, value);
  }

  /** The register's own storage, one element per index, for hot paths. Set and clear registers share their target's. */
  storage<R extends RegisterName<S>>(name: R): Uint32Array {
    return this.#of(name).stored;
  }

  offsetOf<R extends RegisterName<S>>(name: R, index = 0): number {
    return this.map.offsetOf(name, index);
  }

  /** Whether a register answers at this offset, to reads or to writes. */
  declares(offset: number): boolean {
    return offset < this.#span && (this.#readSlots[offset] >= 0 || this.#writeSlots[offset] >= 0);
  }

  // -- What the bus does.

  read(offset: number, bytes: AccessBytes): number {
    const position = offset < this.#span ? this.#readSlots[offset] : -1;
    if (position < 0) return this.#undeclared(offset, 'read');
    const live = this.#bySlot[position];
    if (bytes === live.plainToRead && offset === live.offset) {
      const { index, onRead } = live;
      const visible = (live.stored[index] & live.readable) >>> 0;
      return onRead === undefined ? visible : (onRead(index, visible) & live.widthMask) >>> 0;
    }
    return this.#readByRules(live, offset, bytes);
  }

  #readByRules(live: LiveSlot, offset: number, bytes: AccessBytes): number {
    const { slot } = live;
    const lane = offset - slot.offset;
    if (lane + bytes > live.of.bytes) return this.#readParts(offset, bytes);
    this.#checkSize(live, slot, offset, bytes);
    return shiftDown(this.#readWhole(live, slot, offset), lane, bytes);
  }

  write(offset: number, value: number, bytes: AccessBytes): void {
    const position = offset < this.#span ? this.#writeSlots[offset] : -1;
    if (position < 0) {
      this.#undeclared(offset, 'write');
      return;
    }
    const live = this.#bySlot[position];
    if (bytes !== live.plainToWrite || offset !== live.offset) {
      this.#writeByRules(live, offset, value, bytes);
      return;
    }
    const { index, stored, replaced, onWrite, onTarget } = live;
    const old = stored[index];
    const next = live.isReplaced ? ((old & ~replaced) | (value & replaced)) >>> 0 : merge(live.of, old, value, live.known);
    stored[index] = next;
    if (onWrite !== undefined) onWrite(next, index, old, (value & live.known) >>> 0);
    if (onTarget !== undefined) onTarget(next, index, old, (value & live.known) >>> 0);
  }

  #writeByRules(live: LiveSlot, offset: number, value: number, bytes: AccessBytes): void {
    const { slot } = live;
    const lane = offset - slot.offset;
    if (lane + bytes > live.of.bytes) {
      this.#writeParts(offset, value, bytes);
      return;
    }
    this.#checkSize(live, slot, offset, bytes);
    if (bytes === live.of.bytes) this.#writeWhole(live, slot, offset, value, live.of.widthMask);
    else if (this.#narrow === 'whole') this.#writeWhole(live, slot, offset, repeat(value, bytes), live.of.widthMask);
    else this.#writeWhole(live, slot, offset, value << (8 * lane), maskOf(8 * lane, 8 * (lane + bytes) - 1));
  }

  peek(offset: number, bytes: AccessBytes): number {
    const position = offset >= 0 && offset < this.#span ? this.#readSlots[offset] : -1;
    const slot = this.map.slots[position];
    if (slot === undefined || offset - slot.offset + bytes > slot.register.bytes) return bytes === 1 ? 0 : this.#peekParts(offset, bytes);
    const { of, stored, onPeek } = this.#bySlot[position];
    const value = onPeek === undefined ? stored[slot.index] & of.readable : onPeek(slot.index, stored[slot.index]);
    return shiftDown(value & of.widthMask, offset - slot.offset, bytes);
  }

  poke(offset: number, value: number, bytes: AccessBytes): void {
    for (let i = 0; i < bytes; i++) this.#pokeByte(offset + i, value >>> (8 * i));
  }

  // -- Stateful.

  reset(): void {
    for (const { of, stored } of this.#live) if (of.resets.length > 0) stored.set(of.resets);
  }

  snapshot(): Snapshot {
    const registers: Record<string, SnapshotValue> = {};
    for (const { of, stored } of this.#live) if (of.resets.length > 0) registers[of.name] = [...stored];
    return { instance: this.instance, registers };
  }

  restore(from: Snapshot): void {
    const registers = from['registers'] as Record<string, SnapshotValue> | undefined;
    const owned = this.#live.filter(({ of }) => of.resets.length > 0);
    const fits = typeof registers === 'object' && registers !== null && Object.keys(registers).length === owned.length
      && owned.every(({ of }) => isWords(registers[of.name], of.count));
    if (!fits) {
      throw new Error(`${this.instance}: the snapshot holds other registers than this block; restore one taken from the same model`);
    }
    for (const { of, stored } of owned) stored.set(registers[of.name] as number[]);
  }

  // -- Inside.

  #instantiate(): readonly LiveRegister[] {
    const { registers } = this.map;
    const storage = registers.map((register) => new Uint32Array(register.count));
    const { onRead, onWrite, onPeek } = this.#options as {
      onRead?: Record<string, ReadHandler>; onWrite?: Record<string, WriteHandler>; onPeek?: Record<string, ReadHandler>;
    };
    return registers.map((of, position) => ({
      of,
      stored: storage[of.storage],
      onRead: onRead?.[of.name],
      onWrite: onWrite?.[of.name],
      onPeek: onPeek?.[of.name],
      onTarget: of.storage === position ? undefined : onWrite?.[registers[of.storage].name],
    }));
  }

  #readWhole(live: LiveRegister, slot: Slot, offset: number): number {
    const { of, stored, onRead } = live;
    if (of.isUnmodelled) this.#warnUnmodelled(slot, 'read of an unmodelled register');
    if (of.readable === 0 && of.known !== 0 && onRead === undefined) return this.#wrongWay(offset, slot, 'read of a write-only register');
    const visible = (stored[slot.index] & of.readable) >>> 0;
    const value = onRead === undefined ? visible : onRead(slot.index, visible) & of.widthMask;
    if (of.rc !== 0) stored[slot.index] &= ~of.rc;
    return value >>> 0;
  }

  #writeWhole(live: LiveRegister, slot: Slot, offset: number, value: number, lanes: number): void {
    const { of, stored, onWrite, onTarget } = live;
    const { index } = slot;
    if (of.kind === 'ro' || of.kind === 'rc') {
      this.#wrongWay(offset, slot, 'write to a read-only register');
      return;
    }
    const old = stored[index];
    let reached = lanes & of.known;
    let next = merge(of, old, value, reached);
    if (of.unmodelled !== 0 && ((next ^ old) & of.unmodelled) !== 0) {
      this.#refuseUnmodelled(live, slot, offset, (next ^ old) & of.unmodelled);
      if (this.#options.policy?.unmodelled !== 'store') {
        reached &= ~of.unmodelled;
        next = merge(of, old, value, reached);
      }
    }
    if (of.kind === 'task') {
      if ((value & reached & 1) !== 0) onWrite?.(1, index, 0, 1);
      return;
    }
    stored[index] = next;
    const written = (value & reached) >>> 0;
    onWrite?.(next, index, old, written);
    onTarget?.(next, index, old, written);
  }

  /** An access wider than the register reads its neighbours too, in ascending order, as a bus of that width does. */
  #readParts(offset: number, bytes: AccessBytes): number {
    const half = (bytes / 2) as AccessBytes;
    const low = this.read(offset, half);
    return ((this.read(offset + half, half) << (8 * half)) | low) >>> 0;
  }

  #writeParts(offset: number, value: number, bytes: AccessBytes): void {
    const half = (bytes / 2) as AccessBytes;
    this.write(offset, shiftDown(value, 0, half), half);
    this.write(offset + half, shiftDown(value, half, half), half);
  }

  #peekParts(offset: number, bytes: AccessBytes): number {
    const half = (bytes / 2) as AccessBytes;
    return ((this.peek(offset + half, half) << (8 * half)) | this.peek(offset, half)) >>> 0;
  }

  #pokeByte(offset: number, byte: number): void {
    const position = offset >= 0 && offset < this.map.span ? this.map.writeSlots[offset] : -1;
    const slot = this.map.slots[position];
    if (slot === undefined) return;
    const { of, stored } = this.#bySlot[position];
    const lane = offset - slot.offset;
    const mask = maskOf(8 * lane, 8 * lane + 7) & of.known;
    stored[slot.index] = (stored[slot.index] & ~mask) | ((byte << (8 * lane)) & mask);
  }

  #checkSize(live: LiveRegister, slot: Slot, offset: number, bytes: AccessBytes): void {
    const { sizes } = live.of;
    const refused = sizes === 0 ? bytes < live.of.bytes && this.#narrow === 'error' : (sizes & bytes) === 0;
    if (refused) {
      throw new BusError(this.#base + offset, `${this.instance}.${slotName(slot)} takes no access of ${8 * bytes} bits`);
    }
  }

  #undeclared(offset: number, what: 'read' | 'write'): number {
    const where = `0x${offset.toString(16).padStart(3, '0')}`;
    this.#options.warnings?.warn(`${this.instance}+${where}`, `${this.instance}: ${what} at offset ${where}, where it has no register`);
    if (this.#options.policy?.undeclared === 'error') {
      throw new BusError(this.#base + offset, `${this.instance} has no register at offset ${where}`);
    }
    return 0;
  }

  #wrongWay(offset: number, slot: Slot, what: string): number {
    if (this.#options.policy?.wrongWay === 'error') {
      throw new BusError(this.#base + offset, `${this.instance}.${slotName(slot)}: ${what}`);
    }
    return 0;
  }

  #refuseUnmodelled(live: LiveRegister, slot: Slot, offset: number, changed: number): void {
    const { fields, isUnmodelled } = live.of;
    const names = Object.keys(fields).filter((name) => (maskOf(fields[name].lo, fields[name].hi) & changed) !== 0);
    const register = slotName(slot);
    const what = isUnmodelled || names.length === 0 ? register : `${register}.${names.join(`, ${register}.`)}`;
    this.#options.warnings?.warn(`${this.instance}.${what}`, `${this.instance}: write to ${what}, which the model gives no effect`);
    if (this.#options.policy?.unmodelled === 'error') {
      throw new BusError(this.#base + offset, `${this.instance}.${what} is not modelled`);
    }
  }

  #warnUnmodelled(slot: Slot, what: string): void {
    this.#options.warnings?.warn(`${this.instance}.${slotName(slot)} read`, `${this.instance}: ${what}, ${slotName(slot)}`);
  }

  #of(name: string): LiveRegister {
    const live = this.#byName.get(name);
    if (live === undefined) throw new RangeError(`${this.instance} has no register ${name}`);
    return live;
  }

  #field(name: string, field: string): Field {
    const found = this.#of(name).of.fields[field];
    if (found === undefined) throw new RangeError(`${this.instance}.${name} has no field ${field}`);
    return found;
  }

  #noSuchIndex(name: string, index: number): RangeError {
    return new RangeError(`${this.instance}.${name} has no index ${index}`);
  }
}

/** What storage becomes when `value` is written to the bits `reached`. */
function merge(of: CompiledRegister, old: number, value: number, reached: number): number {
  const replaced = of.replaced & reached;
  let next = (old & ~replaced) | (value & replaced);
  next &= ~(value & of.w1c & reached);
  next |= value & of.w1s & reached;
  next ^= value & of.w1t & reached;
  next &= ~(~value & of.w0c & reached);
  return next >>> 0;
}

function shiftDown(value: number, lane: number, bytes: AccessBytes): number {
  const shifted = value >>> (8 * lane);
  return bytes === 4 ? shifted : shifted & maskOf(0, 8 * bytes - 1);
}

function repeat(value: number, bytes: AccessBytes): number {
  return bytes === 1 ? Math.imul(value & 0xff, 0x0101_0101) : Math.imul(value & 0xffff, 0x0001_0001);
}

function isWords(value: SnapshotValue | undefined, count: number): boolean {
  return Array.isArray(value) && value.length === count
    && value.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffff_ffff);
}
