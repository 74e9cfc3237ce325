/**
 * A chip of ours against an SVD file: peripherals, interrupts, registers, fields, named values. Five rules keep what is said in
 * another way from counting as a difference:
 * - a dot and an underscore in a name are the same (PSEL.SCK, PSEL_SCK);
 * - tasks and events have one bit, whose name and values say nothing more;
 * - registers that set or clear bits show the values of their target: `Set` and `Clear` are their kind;
 * - a field X of ours stands for fields X0, X1, ... of one bit each at the same place (INTEN.COMPARE), and a register without
 *   fields for one field over all its bits, or for as many fields as it has bits (OUT.PIN0, ...);
 * - one bit need not name its values where they only say no and yes.
 */
import type { RegisterRow } from '../../../emulator/peripherals/registers/index.js';
import type { SvdField, SvdPeripheral, SvdRegister } from './read.js';

/** An instance of the chip file. Without `rows` it has no registers of its own. */
export interface Block {
  readonly name: string;
  readonly base: number;
  readonly irqs: readonly number[];
  readonly rows: readonly RegisterRow[];
  /** What a register holds after reset, by its offset; undefined where nobody can say. */
  resetOf(offset: number): number | undefined;
}

/** `TIMER0.CC.count: ours 4, SVD 6` is one at `TIMER0.CC.count`. */
export interface Difference { readonly where: string; readonly what: string }

/** Names of ours that differ: by `PERIPHERAL.REGISTER` or `REGISTER`, the SVD's name first. */
export type Renamings = Readonly<Record<string, string>>;

export function compare(blocks: readonly Block[], svd: readonly SvdPeripheral[], renamings: Renamings, blockNames: Renamings): Difference[] {
  const byName = new Map(blocks.map((block) => [block.name, block]));
  const told = new Set<string>();
  return svd.flatMap((theirs) => {
    const ours = byName.get((blockNames[theirs.name] ?? theirs.name).toLowerCase());
    if (ours === undefined) return [{ where: theirs.name, what: 'not in the chip file' }];
    return comparePeripheral(ours, theirs, renamings).filter((difference) => isNews(difference, theirs, told));
  });
}

/** What an instance has in common with the one it derives from is told once. */
function isNews({ where, what }: Difference, { name, derivedFrom }: SvdPeripheral, told: Set<string>): boolean {
  const own = where.slice(name.length);
  told.add(`${name}${own}: ${what}`);
  return derivedFrom === undefined || !told.has(`${derivedFrom}${own}: ${what}`);
}

function comparePeripheral(ours: Block, theirs: SvdPeripheral, renamings: Renamings): Difference[] {
  const found: Difference[] = [];
  const note = (at: string, what: string): void => void found.push({ where: `${theirs.name}.${at}`, what });
  const first = Math.min(0, ...ours.rows.map(({ offset }) => offset));
  if (ours.base + first !== theirs.base) note('base', `ours ${hex(ours.base)}, SVD ${hex(theirs.base)}`);
  if (ours.irqs.join() !== theirs.irqs.join()) note('irq', `ours ${ours.irqs.join() || 'none'}, SVD ${theirs.irqs.join() || 'none'}`);
  const rest = new Map(ours.rows.map((row) => [canonical(row.name), row]));
  for (const register of theirs.registers) {
    const name = canonical(renamings[`${theirs.name}.${register.name}`] ?? renamings[register.name] ?? register.name);
    const row = rest.get(name);
    rest.delete(name);
    if (row === undefined) note(register.name, `missing, at ${hex(register.offsets[0])}`);
    else compareRegister(ours, row, register, (at, what) => note(`${register.name}.${at}`, what));
  }
  for (const row of rest.values()) note(row.name, `ours alone, at ${hex(row.offset)}`);
  return found;
}

/** What the SVD files call 0 and 1 of a bit that says whether something is so. */
const NO_YES = [
  new Set(['Disabled', 'Disable', 'NotDetected', 'NotPresent', 'NotGenerated', 'NotRead', 'NotHalted', 'NotSet', 'Low', 'Off', 'Excluded', 'NotReceived', 'NoData', 'NotDone', 'NotStarted']),
  new Set(['Enabled', 'Enable', 'Detected', 'Present', 'Generated', 'Read', 'Halted', 'Set', 'High', 'On', 'Included', 'Received', 'DataDone', 'Started', 'Enter', 'Clear']),
] as const;

type Note = (at: string, what: string) => void;

function compareRegister(block: Block, row: RegisterRow, register: SvdRegister, note: Note): void {
  const [first] = register.offsets;
  if (row.offset !== first) note('offset', `ours ${hex(row.offset)}, SVD ${hex(first)}`);
  const offsets = Array.from({ length: row.count }, (_, n) => row.offset + n * row.stride);
  if (offsets.length !== register.offsets.length) note('count', `ours ${offsets.length}, SVD ${register.offsets.length}`);
  else if (offsets.some((offset, n) => offset - row.offset !== register.offsets[n] - first)) note('stride', `ours ${offsets.map(hex).join()}, SVD ${register.offsets.map(hex).join()}`);
  const access = accessOf(row);
  if (access !== register.access.replace('writeonce', 'write')) note('access', `ours ${access}, SVD ${register.access}`);
  const reset = block.resetOf(row.offset);
  if (reset !== undefined && access !== 'write-only' && reset !== register.reset) note('reset', `ours ${hex(reset)}, SVD ${hex(register.reset)}`);
  if (row.kind !== 'task' && row.kind !== 'event') compareFields(row, register, note);
}

function accessOf({ kind, fields }: RegisterRow): string {
  if (kind === 'task' || kind === 'wo' || (fields.length > 0 && fields.every((field) => field.kind === 'wo'))) return 'write-only';
  return kind === 'ro' || kind === 'rc' || kind === 'reserved' ? 'read-only' : 'read-write';
}

function compareFields(row: RegisterRow, register: SvdRegister, note: Note): void {
  const isBitwise = register.fields.every(({ name, lo, hi }) => lo === hi && /\D+$/.exec(name) === null && name.endsWith(String(lo)));
  const whole = isBitwise || register.fields.length === 1 && register.fields[0].lo === 0 && register.fields[0].hi === 31 && Object.keys(register.fields[0].values).length === 0;
  if (row.fields.length === 0 && (whole || register.fields.length === 0)) return;
  const rest = new Map(row.fields.map((field) => [field.name, field]));
  for (const theirs of register.fields) {
    const ours = row.fields.find((field) => field.name === theirs.name) ?? row.fields.find((field) => standsFor(field, theirs));
    if (ours === undefined) {
      note(theirs.name, `missing, bits ${theirs.lo} to ${theirs.hi}${valueList(theirs.values)}`);
      continue;
    }
    rest.delete(ours.name);
    if (!standsFor(ours, theirs) && (ours.lo !== theirs.lo || ours.hi !== theirs.hi)) note(theirs.name, `ours bits ${ours.lo} to ${ours.hi}, SVD ${theirs.lo} to ${theirs.hi}`);
    if (row.kind !== 'setBits' && row.kind !== 'clearBits') compareValues(ours.values, theirs, note);
  }
  for (const field of rest.values()) note(field.name, `ours alone, bits ${field.lo} to ${field.hi}`);
}

/** Ours COMPARE at 16 to 21 for theirs COMPARE3 at 19. */
function standsFor(ours: { name: string; lo: number; hi: number }, theirs: SvdField): boolean {
  const index = theirs.name.startsWith(ours.name) ? theirs.name.slice(ours.name.length) : '';
  return /^\d+$/.test(index) && theirs.lo === theirs.hi && theirs.lo >= ours.lo && theirs.hi <= ours.hi;
}

function compareValues(ours: Readonly<Record<string, number>>, theirs: SvdField, note: Note): void {
  const missing = Object.entries(theirs.values).filter(([name, value]) => ours[name] !== value);
  const extra = Object.entries(ours).filter(([name, value]) => theirs.values[name] !== value);
  const saysNoYes = theirs.lo === theirs.hi && Object.entries(theirs.values).every(([name, value]) => NO_YES[value].has(name));
  if (missing.length > 0 && !(saysNoYes && Object.keys(ours).length === 0)) note(`${theirs.name}.values`, `missing${valueList(Object.fromEntries(missing))}`);
  if (extra.length > 0) note(`${theirs.name}.values`, `ours alone${valueList(Object.fromEntries(extra))}`);
}

function valueList(values: Readonly<Record<string, number>>): string {
  const list = Object.entries(values);
  return list.length === 0 ? '' : ` {${list.map(([name, value]) => ` ${name}: ${value}`).join(',')} }`;
}

function canonical(name: string): string {
  return name.replaceAll('.', '_');
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
