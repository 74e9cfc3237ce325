/** Checks that every register map gets for free: reset values, reserved bits, access kinds, as a guest sees them. */
import type { BusDevice } from '../../emulator/bus/types.js';
import { describeRegisters } from '../../emulator/peripherals/registers/index.js';
import type { FieldRow, MapSpec, RegisterMap, RegisterName, RegisterRow } from '../../emulator/peripherals/registers/index.js';

export interface CheckOptions<S extends MapSpec> {
  /** Registers whose value or effect is behaviour, not storage: a running counter, a FIFO, a bit that starts something. */
  readonly except?: readonly RegisterName<S>[];
}

/**
 * @param block the block, or the whole peripheral made of it
 * @returns what is wrong, one line each; empty when the block does what its map says
 */
export function checkRegisterMap<S extends MapSpec>(
  map: RegisterMap<S>, block: BusDevice & { reset(): void }, options: CheckOptions<S> = {},
): string[] {
  const problems: string[] = [];
  const except = new Set<string>(options.except ?? []);
  for (const row of describeRegisters(map)) {
    if (except.has(row.name) || row.unmodelled || row.kind === 'reserved') continue;
    for (let index = 0; index < row.count; index++) checkRegister(map, row, index, block, problems);
  }
  return problems;
}

function checkRegister<S extends MapSpec>(
  map: RegisterMap<S>, row: RegisterRow, index: number, block: BusDevice & { reset(): void }, problems: string[],
): void {
  const offset = row.offset + index * row.stride;
  const bytes = (row.width / 8) as 1 | 2 | 4;
  const name = row.count === 1 ? row.name : `${row.name}[${index}]`;
  const all = row.width === 32 ? 0xffff_ffff : (1 << row.width) - 1;
  const expect = (what: string, got: number, wanted: number) => {
    if (got !== wanted) problems.push(`${name}: ${what} 0x${got.toString(16)}, expected 0x${wanted.toString(16)}`);
  };
  const fields: readonly Bits[] = row.fields.length === 0 ? [{ mask: all, kind: row.kind }] : row.fields.map((field) => ({ mask: maskOf(field), kind: field.kind, skip: field.unmodelled }));
  const loose = fields.reduce((rest, field) => (rest & ~field.mask) >>> 0, all);
  const isLoose = map.register(row.name).spec.raz === false && loose !== 0;
  const parts = isLoose ? [...fields, { mask: loose, kind: row.kind }] : fields;
  const target = row.target === undefined ? undefined : map.register(row.target);
  const reset = (target ? target.resets : row.resets)[index];
  const reserved = isLoose ? 0 : loose;
  const modelled = fields.reduce((sum, field) => (field.skip ? sum & ~field.mask : sum) >>> 0, all);

  block.reset();
  if (readsItself(map, row, offset)) expect('reads after reset', block.read(offset, bytes), (reset & readable(parts)) >>> 0);
  block.reset();
  if (row.kind === 'task') return;
  for (const written of [all, 0]) {
    const before = block.peek(offset, bytes);
    block.write(offset, written, bytes);
    if (!readsItself(map, row, offset)) continue;
    const after = block.peek(offset, bytes);
    expect(`reserved bits after writing 0x${written.toString(16)}`, (after & reserved) >>> 0, 0);
    for (const field of parts) {
      if (!field.skip) expect(`${field.kind} bits after writing 0x${written.toString(16)}`, (after & field.mask) >>> 0, (afterWrite(field, before, written) & modelled) >>> 0);
    }
  }
  block.reset();
}

interface Bits { readonly mask: number; readonly kind: string; readonly skip?: boolean }

function afterWrite({ mask, kind }: Bits, before: number, written: number): number {
  const old = before & mask;
  const value = written & mask;
  switch (kind) {
    case 'rw': case 'event': return value;
    case 'wo': case 'task': return 0;
    case 'w1c': case 'clearBits': return old & ~value;
    case 'w1s': case 'setBits': return old | value;
    case 'w1t': return old ^ value;
    case 'w0c': return old & value;
    default: return old;
  }
}

function readable(fields: readonly Bits[]): number {
  return fields.reduce((sum, field) => (field.kind === 'wo' || field.kind === 'task' ? sum : sum | field.mask), 0);
}

/** Whether reads of the offset give this register, not the read-only one that shares its offset. */
function readsItself<S extends MapSpec>(map: RegisterMap<S>, row: RegisterRow, offset: number): boolean {
  return map.slots[map.readSlots[offset]].register.name === row.name;
}

function maskOf({ lo, hi }: FieldRow): number {
  return (hi - lo === 31 ? 0xffff_ffff : ((1 << (hi - lo + 1)) - 1) << lo) >>> 0;
}
