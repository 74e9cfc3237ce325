/**
 * Reads a board and its chip from their texts. Everything a description names is looked up here, so that the machine
 * assembles from values that are known to fit together.
 */
import type { z } from 'zod';
import { BLOCKS } from '../peripherals/index.js';
import { Description, didYouMean, EntryRefusals, type Path } from './problems.js';
import { boardSchema, chipSchema, partEntrySchema, type BoardText, type ChipText, type PartEntry } from './schema.js';
import { checkAddresses } from './addresses.js';
import { resolveMatrices, type MatrixDescription } from './matrices.js';
import { refuseIssues } from './issues.js';
import { resolveEntry, resolveParts, type PartDescription } from './parts.js';

export interface SourceText {
  readonly text: string;
  /** Shown in messages; never opened. */
  readonly fileName: string;
}

/** A number from the description, or `nmi`. */
export type IrqNumber = number | 'nmi';

export interface PeripheralDescription {
  readonly name: string;
  /** Key into `BLOCKS`. */
  readonly block: string;
  readonly at: number;
  readonly bytes: number;
  /** The first of its offsets at which it answers. */
  readonly from: number;
  /** Line name to interrupt; lines that the chip does not wire are absent. */
  readonly irqs: Readonly<Record<string, IrqNumber>>;
  /** Clock input to clock or oscillator name. */
  readonly clocks: Readonly<Record<string, string>>;
  readonly dma: Readonly<Record<string, number>>;
  /** Checked by the block's own schema, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** `multiply / divide` times the frequency of the oscillator or clock `from`. */
export interface ClockDescription {
  readonly name: string;
  readonly from: string;
  readonly multiply: number;
  readonly divide: number;
}

export type CoreDescription = ChipText['core'];
export type MemoryDescription = ChipText['memories'][number];

/** One pin of the chip: bit `index` of the block that has it. */
export interface ChipPin {
  /** As the chip's document writes it, such as `P0.13`. */
  readonly name: string;
  readonly of: string;
  readonly index: number;
}

export interface Chip extends Omit<ChipText, 'peripherals'> {
  readonly fileName: string;
  readonly peripherals: readonly PeripheralDescription[];
  /** Clocks made of oscillators, each after the one it is made from. */
  readonly clocksInOrder: readonly ClockDescription[];
  /** Finds a pin by the chip's name for it; `P0.3` and `P0.03` are the same pin. */
  pin(name: string): ChipPin | undefined;
}

export interface Board extends Omit<BoardText, 'chip' | 'console' | 'matrices' | 'parts'> {
  readonly fileName: string;
  readonly chip: Chip;
  readonly consoles: readonly Console[];
  /** What hangs on the pins, in the order of the file. */
  readonly parts: readonly PartDescription[];
  readonly matrices: readonly MatrixDescription[];
  /** Oscillator to Hz: the chip's, with the board's crystals in their place. */
  readonly oscillators: Readonly<Record<string, number>>;
  /** Finds a pin by what the board prints next to it, or by the chip's name. */
  pin(name: string): ChipPin | undefined;
}

export type Console =
  | { readonly name: string; readonly uart: string }
  | { readonly name: string; readonly tx: ChipPin; readonly rx: ChipPin | undefined; readonly rts: ChipPin | undefined; readonly cts: ChipPin | undefined; readonly resetsOnOpen: boolean };

/**
 * @param fileName shown in messages
 * @param chips gives a chip's description by its name, or undefined when there is none
 * @throws BoardError with one line per problem
 */
export function parseBoard(text: string, fileName: string, chips: (name: string) => SourceText | undefined): Board {
  const description = new Description(text, fileName);
  const board = checked(boardSchema, description);
  const source = chips(board.chip);
  if (source === undefined) {
    description.refuse(['chip'], `no chip is called "${board.chip}"; add boards/chips/${board.chip}.yaml or name one that is there`);
    description.throwIfRefused();
  }
  const chip = parseChip(source!.text, source!.fileName);
  if (chip.name !== board.chip) description.refuse(['chip'], `${chip.fileName} describes "${chip.name}"; give the file the name of its chip`);
  for (const name of Object.keys(board.crystals)) {
    if (!Object.hasOwn(chip.oscillators, name)) description.refuse(['crystals', name], `${chip.name} has no oscillator "${name}"; ${didYouMean(name, Object.keys(chip.oscillators))}`, true);
  }
  const pin = (name: string): ChipPin | undefined => chip.pin(Object.hasOwn(board.pins, name) ? board.pins[name] : name);
  const consoles = resolveConsoles(board, chip, pin, description);
  checkPins(board, pin, description);
  checkBootloader(board, chip, description);
  if (board.fuses && chip.core.name !== 'avr') description.refuse(['fuses'], `${chip.name} has no fuses; remove fuses`, true);
  const parts = resolveParts(board, description, pin);
  const matrices = resolveMatrices(board, description);
  description.throwIfRefused();
  return { ...board, fileName, chip, consoles, parts, matrices, oscillators: { ...chip.oscillators, ...board.crystals }, pin };
}

/** @throws BoardError with one line per problem */
export function parseChip(text: string, fileName: string): Chip {
  const description = new Description(text, fileName);
  const chip = checked(chipSchema, description);
  checkClocks(chip, description);
  const peripherals = Object.entries(chip.peripherals).map(([name, entry]) => resolvePeripheral(name, entry, chip, description));
  checkAddresses(chip, description);
  const pin = (name: string): ChipPin | undefined => findPin(chip, name);
  checkFunctions(chip, pin, description);
  description.throwIfRefused();
  return { ...chip, fileName, peripherals, clocksInOrder: clocksInOrder(chip), pin };
}

/** Checks a description against a schema, every deviation becoming one located line. */
function checked<T extends z.ZodType>(schema: T, description: Description): z.output<T> {
  const result = schema.safeParse(description.value);
  if (!result.success) {
    refuseIssues(result.error.issues, [], description, (path) => keysAt(schema, path));
    description.throwIfRefused();
  }
  return result.data as z.output<T>;
}

/** The keys that the schema knows at a path, for "did you mean". */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let at: unknown = schema;
  for (const step of path) at = stepInto(unwrap(at), step);
  const object = unwrap(at);
  return hasShape(object) ? Object.keys(object.shape) : [];
}

function stepInto(schema: unknown, step: string | number): unknown {
  if (hasShape(schema)) return schema.shape[String(step)];
  const { element, valueType } = (schema ?? {}) as { element?: unknown; valueType?: unknown };
  return typeof step === 'number' ? element : valueType;
}

function unwrap(schema: unknown): unknown {
  let at = schema as { unwrap?: () => unknown; element?: unknown; options?: readonly unknown[] } | undefined;
  while (at?.unwrap !== undefined && at.element === undefined) at = at.unwrap() as typeof at;
  return at?.options === undefined || hasShape(at) ? at : { shape: Object.fromEntries(at.options.flatMap((option) => (hasShape(option) ? Object.entries(option.shape) : []))) };
}

function hasShape(schema: unknown): schema is { shape: Record<string, unknown> } {
  return typeof schema === 'object' && schema !== null && 'shape' in schema;
}

function resolvePeripheral(name: string, entry: ChipText['peripherals'][string], chip: ChipText, description: Description): PeripheralDescription {
  const { block, at, bytes, from, irq, clock, dma, ...options } = entry;
  const path = ['peripherals', name] as const;
  const factory = Object.hasOwn(BLOCKS, block) ? BLOCKS[block] : undefined;
  if (factory === undefined) {
    description.refuse([...path, 'block'], `no block is called "${block}"; ${didYouMean(block, Object.keys(BLOCKS))}`);
    return { name, block, at, bytes, from, irqs: {}, clocks: {}, dma: dma ?? {}, options };
  }
  const irqs = named<IrqNumber>(irq, factory.irqs, 'irq', 'interrupt line', [...path, 'irq'], block, description);
  const clocks = named<string>(clock, factory.clocks, 'clock', 'clock input', [...path, 'clock'], block, description);
  for (const input of factory.clocks) {
    if (!Object.hasOwn(clocks, input)) description.refuse(path, `${name} needs ${factory.clocks.length === 1 ? 'a clock' : `the clock ${input}`}; add clock: <one of ${clockNames(chip).join(', ')}>`, true);
  }
  for (const [input, source] of Object.entries(clocks)) {
    if (!clockNames(chip).includes(source)) description.refuse([...path, 'clock', ...(typeof clock === 'string' ? [] : [input])], `no clock is called "${source}"; ${didYouMean(source, clockNames(chip))}`);
  }
  for (const [line, number] of Object.entries(irqs)) {
    const limit = chip.core.name === 'avr' ? chip.core.vectors : chip.core.irqs;
    if (typeof number === 'number' && number >= limit) description.refuse([...path, 'irq', ...(typeof irq === 'object' ? [line] : [])], `interrupt ${number} is past the core's ${limit}; use 0 to ${limit - 1}`);
  }
  const result = factory.options.safeParse(options);
  if (!result.success) refuseIssues(result.error.issues, path, description, () => ['block', 'at', 'bytes', 'from', 'irq', 'clock', 'dma', ...keysAt(factory.options, [])]);
  return { name, block, at, bytes, from, irqs, clocks, dma: dma ?? {}, options: (result.data ?? {}) };
}

/** A bare value stands for the block's only line or input; a map names them. */
function named<T extends string | number>(
  given: T | Readonly<Record<string, T>> | undefined, known: readonly string[], key: string, what: string,
  path: Path, block: string, description: Description,
): Readonly<Record<string, T>> {
  if (given === undefined) return {};
  if (typeof given === 'object') {
    for (const name of Object.keys(given)) {
      if (!known.includes(name)) description.refuse([...path, name], `${block} has no ${what} "${name}"; ${didYouMean(name, known)}`, true);
    }
    return given;
  }
  if (known.length !== 1) {
    description.refuse(path, known.length === 0 ? `${block} has no ${what}; remove ${key}` : `${block} has several; write ${key}: { ${known.map((name) => `${name}: ...`).join(', ')} }`);
    return {};
  }
  return { [known[0]]: given };
}

function clockNames(chip: ChipText): readonly string[] {
  return [...Object.keys(chip.oscillators), ...Object.keys(chip.clocks)];
}

function checkClocks(chip: ChipText, description: Description): void {
  const known = clockNames(chip);
  for (const [name, { from }] of Object.entries(chip.clocks)) {
    if (Object.hasOwn(chip.oscillators, name)) description.refuse(['clocks', name], `"${name}" is an oscillator already; choose another name`, true);
    if (!known.includes(from)) description.refuse(['clocks', name, 'from'], `no clock or oscillator is called "${from}"; ${didYouMean(from, known)}`);
    else if (loops(chip, name)) description.refuse(['clocks', name, 'from'], `clock "${name}" is made from itself; start from an oscillator`);
  }
  for (const key of ['clock', 'systickReference'] as const) {
    const name = (chip.core as Record<string, unknown>)[key];
    if (typeof name === 'string' && !known.includes(name)) description.refuse(['core', key], `no clock is called "${name}"; ${didYouMean(name, known)}`);
  }
}

function loops(chip: ChipText, name: string): boolean {
  let at: string | undefined = name;
  for (let steps = 0; at !== undefined && Object.hasOwn(chip.clocks, at); steps++) {
    if (steps > Object.keys(chip.clocks).length) return true;
    at = chip.clocks[at]?.from;
  }
  return false;
}

/** Only for clocks that are known to have no loops. */
function clocksInOrder(chip: ChipText): readonly ClockDescription[] {
  const ordered = new Map<string, ClockDescription>();
  const place = (name: string): void => {
    const clock = Object.hasOwn(chip.clocks, name) ? chip.clocks[name] : undefined;
    if (clock === undefined || ordered.has(name)) return;
    place(clock.from);
    ordered.set(name, { name, ...clock });
  };
  for (const name of Object.keys(chip.clocks)) place(name);
  return [...ordered.values()];
}

function findPin(chip: ChipText, name: string): ChipPin | undefined {
  for (const [prefix, { of, first, number, pins }] of Object.entries(chip.ports)) {
    const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    const n = /^\d{1,2}$/.test(digits) ? Number(digits) - number : -1;
    if (n >= 0 && n < pins) return { name, of, index: first + n };
  }
  return undefined;
}

function checkFunctions(chip: ChipText, pin: (name: string) => ChipPin | undefined, description: Description): void {
  const blocks = Object.keys(chip.peripherals);
  for (const [prefix, { of }] of Object.entries(chip.ports)) {
    if (!blocks.includes(of)) description.refuse(['ports', prefix, 'of'], `no peripheral is called "${of}"; ${didYouMean(of, blocks)}`);
  }
  for (const [name, signals] of Object.entries(chip.functions)) {
    if (pin(name) === undefined) description.refuse(['functions', name], unknownPin(name, chip), true);
    signals.forEach((signal, index) => {
      const of = signal.split('.', 1)[0];
      if (!blocks.includes(of)) description.refuse(['functions', name, index], `no peripheral is called "${of}"; ${didYouMean(of, blocks)}`);
    });
  }
}

function unknownPin(name: string, chip: ChipText): string {
  const ranges = Object.entries(chip.ports).map(([prefix, { number, pins }]) => `${prefix}${number} to ${prefix}${number + pins - 1}`);
  return `${chip.name} has no pin "${name}"; it has ${ranges.length === 0 ? 'none' : ranges.join(', ')}`;
}

function resolveConsoles(board: BoardText, chip: Chip, pin: (name: string) => ChipPin | undefined, description: Description): readonly Console[] {
  const list = board.console === undefined ? [] : Array.isArray(board.console) ? board.console : [board.console];
  return list.map((entry, index) => {
    const path = Array.isArray(board.console) ? ['console', index] : ['console'];
    const name = entry.name ?? (index === 0 ? 'console' : `console${index}`);
    if ('uart' in entry) {
      const names = chip.peripherals.map((peripheral) => peripheral.name);
      if (!names.includes(entry.uart)) description.refuse([...path, 'uart'], `${chip.name} has no peripheral "${entry.uart}"; ${didYouMean(entry.uart, names)}`);
      return { name, uart: entry.uart };
    }
    const optional = (wanted: string | undefined): ChipPin | undefined => (wanted === undefined ? undefined : pin(wanted));
    return { name, tx: pin(entry.tx) as ChipPin, rx: optional(entry.rx), rts: optional(entry.rts), cts: optional(entry.cts), resetsOnOpen: entry.resetsOnOpen };
  });
}

/** Every place of a board where a pin may be named: keys with these names, wherever they stand. */
const PIN_KEYS: ReadonlySet<string> = new Set(['pin', 'tx', 'rx', 'rts', 'cts', 'sda', 'scl', 'sck', 'mosi', 'miso', 'cs', 'clk', 'din', 'ws', 'sd', 'io0', 'io1', 'io2', 'io3']);
const PIN_PLACES = ['console', 'leds', 'buttons', 'matrices', 'i2c', 'spi', 'pdm', 'i2s', 'analog', 'parts', 'qspi'] as const;

function checkPins(board: BoardText, pin: (name: string) => ChipPin | undefined, description: Description): void {
  const check = (name: unknown, path: Path): void => {
    if (typeof name === 'string' && pin(name) === undefined) description.refuse(path, noPin(name, board.chip, Object.keys(board.pins), ' or add it to pins'));
  };
  for (const [name, target] of Object.entries(board.pins)) check(target, ['pins', name]);
  const walk = (value: unknown, path: Path): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      if (key === 'pins') for (const [name, target] of Object.entries(inner as object)) check(target, [...at, name]);
      else if (PIN_KEYS.has(key)) check(inner, at);
      else if (key !== 'options') walk(inner, at);
    }
  };
  for (const place of PIN_PLACES) walk(board[place], [place]);
}

function noPin(name: string, chip: string, printed: readonly string[], alternative: string): string {
  const hint = didYouMean(name, printed);
  return `no pin "${name}" on ${chip} or among the board's pins; ${hint.startsWith('did') ? hint : `use the chip's name${alternative}`}`;
}

/**
 * The board with more parts on its pins than its file has, under the same rules.
 * @param entry of a caller, or parsed from a stranger's text
 * @param source shown in messages
 * @throws BoardError with one line per problem
 */
export function withPart(board: Board, entry: PartEntry, source = 'part'): Board {
  const refusals = new EntryRefusals(source);
  const checkedEntry = partEntrySchema.safeParse(entry);
  if (!checkedEntry.success) refuseIssues(checkedEntry.error.issues, [], refusals, (path) => keysAt(partEntrySchema, path));
  refusals.throwIfRefused();
  const { pins = {}, enable } = checkedEntry.data!;
  const [wanted, printed] = [[...Object.entries(pins), ...(enable === undefined ? [] : [['enable', enable.pin]])], Object.keys(board.pins)];
  for (const [own, name] of wanted) if (board.pin(name) === undefined) refusals.refuse(['pins', own], noPin(name, board.chip.name, printed, ''));
  refusals.throwIfRefused();
  const parts = resolveEntry(checkedEntry.data!, board.parts, refusals, (name) => board.pin(name));
  refusals.throwIfRefused();
  return { ...board, parts };
}

/** A bootloader's words go into the chip's peripherals. */
function checkBootloader(board: BoardText, chip: Chip, description: Description): void {
  board.bootloader?.writes.forEach(({ at }, index) => {
    if (chip.peripherals.some((one) => at >= one.at + one.from && at < one.at + one.from + one.bytes)) return;
    description.refuse(['bootloader', 'writes', index, 'at'], `no peripheral of ${chip.name} is at 0x${at.toString(16)}`);
  });
}
