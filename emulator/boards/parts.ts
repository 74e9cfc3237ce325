/** The parts that a board hangs on its pins, looked up in the registry of parts and checked against what each can be. */
import { addressesInOrder, BUS_WIRES, PARTS, UNTURNED, type Axis, type PartAxes, type PartBus, type PartFactory } from '../sensors/index.js';
import { refuseIssues } from './issues.js';
import { didYouMean, type Path, type Refusals } from './problems.js';
import type { BoardText, PartEntry } from './schema.js';

/** A pin with the level that switches something on. */
export interface SwitchedPin { readonly pin: string; readonly active: 'low' | 'high' }

/** One part, its values checked and its defaults filled in. Pins are names that the board knows. */
export interface PartDescription {
  /** Unique on the board. */
  readonly name: string;
  /** Key into `PARTS`. */
  readonly part: string;
  readonly bus: PartBus;
  /** The bus's wires that it is on: `sda`, `scl`, ... to pins. */
  readonly wires: Readonly<Record<string, string>>;
  readonly addresses: readonly number[];
  readonly enable: SwitchedPin | undefined;
  readonly axes: PartAxes;
  /** Its own other pins. */
  readonly pins: Readonly<Record<string, string>>;
  /** Undefined: as the run says. */
  readonly imperfections: boolean | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a description says of a part, in whichever list it stands. */
interface PartText {
  readonly part: string;
  readonly name?: string | undefined;
  readonly address?: number | readonly number[] | undefined;
  readonly enable?: SwitchedPin | undefined;
  readonly axes?: readonly Axis[] | undefined;
  readonly pins?: Readonly<Record<string, string>> | undefined;
  readonly imperfections?: boolean | 'on' | 'off' | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** A pin that two names may mean. */
export type FindPin = (name: string) => { readonly of: string; readonly index: number } | undefined;

/** The lists of a board file, each with the wires of its entries. */
type Place = 'i2c' | 'spi' | 'pdm' | 'i2s' | 'analog';
/** Which list a bus's parts stand in: SCCB's wires are those of an I2C bus. */
const PLACE_OF: Readonly<Record<PartBus, Place | 'parts'>> = { i2c: 'i2c', sccb: 'i2c', spi: 'spi', pdm: 'pdm', i2s: 'i2s', analog: 'analog', pins: 'parts' };

export function resolveParts(board: BoardText, refusals: Refusals, pin: FindPin): readonly PartDescription[] {
  const resolver = new Resolver(refusals, pin, []);
  board.i2c.forEach(({ sda, scl, parts }, index) => parts.forEach((text, position) => resolver.addToList(text, 'i2c', { sda, scl }, ['i2c', index, 'parts', position])));
  board.spi.forEach(({ sck, mosi, miso, parts }, index) => parts.forEach(({ cs, ...text }, position) => resolver.addToList(text, 'spi', given({ sck, mosi, miso, cs }), ['spi', index, 'parts', position])));
  board.pdm.forEach(({ clk, din, ...text }, index) => resolver.addToList(text, 'pdm', { clk, din }, ['pdm', index]));
  board.i2s.forEach(({ sck, ws, sd, ...text }, index) => resolver.addToList(text, 'i2s', { sck, ws, sd }, ['i2s', index]));
  board.analog.forEach(({ pin: out, ...text }, index) => resolver.addToList(text, 'analog', { out }, ['analog', index]));
  board.parts.forEach((entry, index) => resolver.addByPins(entry, ['parts', index]));
  return resolver.found;
}

/** One more part, on the pins that its entry names. */
export function resolveEntry(entry: PartEntry, present: readonly PartDescription[], refusals: Refusals, pin: FindPin): readonly PartDescription[] {
  const resolver = new Resolver(refusals, pin, present);
  resolver.addByPins(entry, []);
  return resolver.found;
}

class Resolver {
  readonly found: PartDescription[];

  constructor(private readonly refusals: Refusals, private readonly pin: FindPin, present: readonly PartDescription[]) {
    this.found = [...present];
  }

  /** A part whose bus is the list that it stands in. */
  addToList(text: PartText, place: Place, wires: Readonly<Record<string, string>>, path: Path): void {
    const factory = this.lookUp(text.part, path);
    if (factory === undefined) return;
    const bus = factory.buses.find((own) => PLACE_OF[own] === place);
    if (bus === undefined) {
      this.refusals.refuse([...path, 'part'], `${text.part} does not go on ${place}; move it to ${factory.buses.map((own) => PLACE_OF[own]).join(' or ')}`);
      return;
    }
    if (place === 'i2c' && text.address === undefined) this.refusals.refuse(path, `${text.part} on an I2C bus needs an address; add address: 0x..`);
    if (bus === 'spi' && wires['cs'] === undefined) this.refusals.refuse(path, `${text.part} on an SPI bus needs a chip select; add cs: <pin>`);
    this.add(text, factory, bus, wires, text.pins ?? {}, path);
  }

  /** A part whose bus follows from the wires that it is given. */
  addByPins(entry: PartEntry, path: Path): void {
    const factory = this.lookUp(entry.part, path);
    if (factory === undefined) return;
    const pins = entry.pins ?? {};
    const bus = busOf(factory, Object.keys(pins));
    const missing = BUS_WIRES[bus].needed.filter((wire) => !Object.hasOwn(pins, wire));
    if (missing.length > 0) {
      this.refusals.refuse([...path, 'pins'], `${entry.part} ${missing.length === 1 ? 'lacks its pin' : 'lacks its pins'} ${missing.join(' and ')}; give it ${factory.buses.map(wiresText).join(', or ')}`);
      return;
    }
    const isWire = (name: string): boolean => BUS_WIRES[bus].needed.includes(name) || BUS_WIRES[bus].optional.includes(name);
    const wires = Object.fromEntries(Object.entries(pins).filter(([name]) => isWire(name)));
    const own = Object.fromEntries(Object.entries(pins).filter(([name]) => !isWire(name)));
    this.add(entry, factory, bus, wires, own, path);
  }

  private add(text: PartText, factory: PartFactory, bus: PartBus, wires: Readonly<Record<string, string>>, pins: Readonly<Record<string, string>>, path: Path): void {
    const { refusals, found } = this;
    this.checkPins(text.part, factory, bus, pins, path);
    const addresses = this.addressesOf(text, factory, bus, wires, path);
    if (bus === 'spi') this.checkSelect(text.part, wires, path);
    if (bus === 'pins' && text.enable !== undefined) refusals.refuse([...path, 'enable'], `the supply of ${text.part} cannot be switched; leave enable out`);
    const axes = (text.axes ?? UNTURNED) as PartAxes;
    if (new Set(axes.map((axis) => axis.at(-1))).size < 3) refusals.refuse([...path, 'axes'], 'an axis of the board stands twice; name each of x, y and z once, with or without "-"');
    const options = factory.options.safeParse(text.options ?? {});
    if (!options.success) refuseIssues(options.error.issues, [...path, 'options'], refusals, () => Object.keys(factory.options.shape));
    const name = uniqueName(text.name ?? text.part, found);
    if (text.name !== undefined && name !== text.name) refusals.refuse([...path, 'name'], `two parts are called "${text.name}"; rename one`);
    found.push({ name, part: text.part, bus, wires, addresses, enable: text.enable, axes, pins, imperfections: isOn(text.imperfections), options: options.data ?? {} });
  }

  private lookUp(part: string, path: Path): PartFactory | undefined {
    if (Object.hasOwn(PARTS, part)) return PARTS[part];
    this.refusals.refuse([...path, 'part'], `no part is called "${part}"; ${didYouMean(part, Object.keys(PARTS))}`);
    return undefined;
  }

  private checkPins(part: string, factory: PartFactory, bus: PartBus, pins: Readonly<Record<string, string>>, path: Path): void {
    for (const name of Object.keys(pins)) {
      if (!factory.pins.includes(name)) this.refusals.refuse([...path, 'pins', name], `${part} has no pin "${name}"; ${didYouMean(name, factory.pins)}`, true);
    }
    const missing = (factory.neededPins[bus] ?? []).filter((name) => !Object.hasOwn(pins, name));
    if (missing.length > 0) this.refusals.refuse([...path, 'pins'], `${part} does nothing without its ${missing.length === 1 ? 'pin' : 'pins'} ${missing.join(' and ')}; connect ${missing.length === 1 ? 'it' : 'them'}`);
  }

  private addressesOf({ part, address }: PartText, factory: PartFactory, bus: PartBus, wires: Readonly<Record<string, string>>, path: Path): readonly number[] {
    const wanted = [address ?? []].flat();
    if (PLACE_OF[bus] !== 'i2c') {
      if (wanted.length > 0) this.refusals.refuse([...path, 'address'], `${part} has no address on ${bus}; leave it out`);
      return [];
    }
    // What most modules have.
    const chosen = wanted.length > 0 ? wanted : factory.addresses.map(([first]) => first);
    for (const one of chosen) {
      const other = this.found.find((present) => PLACE_OF[present.bus] === 'i2c' && present.addresses.includes(one) && this.isSamePin(present.wires['sda'], wires['sda']) && this.isSamePin(present.wires['scl'], wires['scl']));
      if (other !== undefined) this.refusals.refuse([...path, 'address'], `address 0x${one.toString(16)} is taken by ${other.name} on the same bus; move one of them to another address or bus`);
    }
    const ordered = factory.addresses.length === 0 ? chosen : addressesInOrder(factory, chosen);
    if (typeof ordered !== 'string') return ordered;
    this.refusals.refuse([...path, 'address'], `${part} ${ordered}`);
    return chosen;
  }

  private checkSelect(part: string, wires: Readonly<Record<string, string>>, path: Path): void {
    const { cs } = wires;
    if (cs === undefined) return;
    const other = this.found.find((present) => present.bus === 'spi' && this.isSamePin(present.wires['cs'], cs) && this.isSamePin(present.wires['sck'], wires['sck']));
    if (other !== undefined) this.refusals.refuse([...path, 'cs'], `chip select ${cs} is taken by ${other.name} on the same bus; give ${part} a pin of its own`);
  }

  private isSamePin(a: string | undefined, b: string | undefined): boolean {
    if (a === undefined || b === undefined) return false;
    const [one, other] = [this.pin(a), this.pin(b)];
    return one !== undefined && other !== undefined && one.of === other.of && one.index === other.index;
  }
}

/** The bus that a part is on with those pins connected; where wires are missing, the one it comes nearest to. */
function busOf({ buses }: PartFactory, pins: readonly string[]): PartBus {
  const connected = (bus: PartBus): number => BUS_WIRES[bus].needed.filter((wire) => pins.includes(wire)).length;
  const complete = buses.filter((bus) => connected(bus) === BUS_WIRES[bus].needed.length);
  const candidates = complete.length > 0 ? complete : buses;
  return candidates.reduce((best, bus) => (connected(bus) > connected(best) ? bus : best));
}

function wiresText(bus: PartBus): string {
  const { needed, optional } = BUS_WIRES[bus];
  return `${needed.join(', ')}${optional.length === 0 ? '' : ` (and ${optional.join(', ')})`} for ${bus}`;
}

function given(wires: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(wires).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function isOn(text: PartText['imperfections']): boolean | undefined {
  return typeof text === 'string' ? text === 'on' : text;
}

/** The second of a kind is called after it: `lps22hb`, `lps22hb2`. */
function uniqueName(name: string, taken: readonly PartDescription[]): string {
  const isTaken = (candidate: string): boolean => taken.some((other) => other.name === candidate);
  if (!isTaken(name)) return name;
  for (let n = 2; ; n++) if (!isTaken(`${name}${n}`)) return `${name}${n}`;
}
