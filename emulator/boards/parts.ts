/** The parts that a board hangs on its pins, looked up in the registry of parts and checked against what each can be. */
import type { z } from 'zod';
import { addressesInOrder, PARTS, UNTURNED, type Axis, type PartAxes, type PartBus, type PartFactory } from '../sensors/index.js';
import { didYouMean, type Description, type Path } from './problems.js';
import type { BoardText } from './schema.js';

/** A pin with the level that switches something on. */
export interface SwitchedPin { readonly pin: string; readonly active: 'low' | 'high' }

/** One part, its values checked and its defaults filled in. Pins are names that the board knows. */
export interface PartDescription {
  /** Unique on the board. */
  readonly name: string;
  /** Key into `PARTS`. */
  readonly part: string;
  /** The list of the board file that it stands in, and the entry there: its bus. */
  readonly place: 'i2c' | 'spi' | 'pdm' | 'i2s' | 'analog';
  readonly index: number;
  readonly addresses: readonly number[];
  readonly enable: SwitchedPin | undefined;
  readonly axes: PartAxes;
  readonly pins: Readonly<Record<string, string>>;
  /** Undefined: as the run says. */
  readonly imperfections: boolean | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a description says of a part, in whichever list it stands. */
interface PartText {
  readonly part: string;
  readonly name?: string | undefined;
  readonly address?: number | number[] | undefined;
  readonly enable?: SwitchedPin | undefined;
  readonly axes?: readonly Axis[] | undefined;
  readonly pins?: Record<string, string> | undefined;
  readonly imperfections?: boolean | undefined;
  readonly options?: Record<string, unknown> | undefined;
}

type RefuseIssues = (issues: readonly z.core.$ZodIssue[], at: Path, options: PartFactory['options']) => void;

/** Which lists a part's bus may stand in: SCCB's wires are those of an I2C bus. */
const PLACE_OF: Readonly<Record<PartBus, PartDescription['place']>> = { i2c: 'i2c', sccb: 'i2c', spi: 'spi', pdm: 'pdm', i2s: 'i2s', analog: 'analog' };

export function resolveParts(board: BoardText, description: Description, refuseIssues: RefuseIssues): readonly PartDescription[] {
  const found: PartDescription[] = [];
  const add = (text: PartText, place: PartDescription['place'], index: number, path: Path): void => {
    const factory = lookUp(text, place, path, description);
    if (factory === undefined) return;
    const given = [text.address ?? []].flat();
    const addresses = factory.addresses.length === 0 || given.length === 0 ? [] : addressesInOrder(factory, given);
    if (typeof addresses === 'string') description.refuse([...path, 'address'], `${text.part} ${addresses}`);
    for (const name of Object.keys(text.pins ?? {})) {
      if (!factory.pins.includes(name)) description.refuse([...path, 'pins', name], `${text.part} has no pin "${name}"; ${didYouMean(name, factory.pins)}`, true);
    }
    const axes = (text.axes ?? UNTURNED) as PartAxes;
    if (new Set(axes.map((axis) => axis.at(-1))).size < 3) description.refuse([...path, 'axes'], 'an axis of the board stands twice; name each of x, y and z once, with or without "-"');
    const options = factory.options.safeParse(text.options ?? {});
    if (!options.success) refuseIssues(options.error.issues, [...path, 'options'], factory.options);
    const name = uniqueName(text.name ?? text.part, found);
    if (text.name !== undefined && name !== text.name) description.refuse([...path, 'name'], `two parts are called "${text.name}"; rename one`);
    found.push({
      name, part: text.part, place, index, addresses: typeof addresses === 'string' ? [] : addresses,
      enable: text.enable, axes, pins: text.pins ?? {}, imperfections: text.imperfections, options: options.data ?? {},
    });
  };
  for (const place of ['i2c', 'spi'] as const) {
    board[place].forEach(({ parts }, index) => parts.forEach((text, position) => add(text, place, index, [place, index, 'parts', position])));
  }
  for (const place of ['pdm', 'i2s', 'analog'] as const) board[place].forEach((text, index) => add(text, place, index, [place, index]));
  return found;
}

function lookUp({ part }: PartText, place: PartDescription['place'], path: Path, description: Description): PartFactory | undefined {
  const factory = Object.hasOwn(PARTS, part) ? PARTS[part] : undefined;
  if (factory === undefined) {
    description.refuse([...path, 'part'], `no part is called "${part}"; ${didYouMean(part, Object.keys(PARTS))}`);
    return undefined;
  }
  const wanted = PLACE_OF[factory.bus];
  if (wanted === place) return factory;
  description.refuse([...path, 'part'], `${part} does not go on ${place}; move it to ${wanted}`);
  return undefined;
}

/** The second of a kind is called after it: `lps22hb`, `lps22hb2`. */
function uniqueName(name: string, taken: readonly PartDescription[]): string {
  const isTaken = (candidate: string): boolean => taken.some((other) => other.name === candidate);
  if (!isTaken(name)) return name;
  for (let n = 2; ; n++) if (!isTaken(`${name}${n}`)) return `${name}${n}`;
}
