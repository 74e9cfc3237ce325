/**
 * A part in one word, as the command line has it: `mpu6050,sda=A4,scl=A5,int=D2,address=0x69,name=imu,axes=x:-y:z`. What is no
 * pin of the part is one of its options.
 */
import { BUS_WIRES, PARTS, type PartFactory } from '../sensors/index.js';
import { BoardError, didYouMean } from './problems.js';
import type { PartEntry } from './schema.js';

/** Keys that every part has; the others are pins and options. */
const OF_EVERY_PART = ['address', 'axes', 'enable', 'imperfections', 'name'] as const;
const LONGEST_TEXT = 2000;

/**
 * @param source shown in messages
 * @throws BoardError with one line: what is wrong and what to do
 */
export function parsePart(text: string, source = text): PartEntry {
  const refuse = (problem: string): never => { throw new BoardError([{ file: source, line: undefined, text: problem }]); };
  if (text.length > LONGEST_TEXT) refuse(`longer than ${LONGEST_TEXT} characters; name a part and its pins`);
  const [part, ...words] = text.split(',');
  if (!Object.hasOwn(PARTS, part)) return refuse(`no part is called "${part}"; ${didYouMean(part, Object.keys(PARTS))}`);
  const known = keysOf(PARTS[part]);
  const entry: { [key in keyof PartEntry]: unknown } & { pins: Record<string, string>; options: Record<string, string | number | boolean> } = { part, pins: {}, options: {} };
  const seen = new Set<string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const [key, value] = [word.slice(0, Math.max(0, equals)), word.slice(equals + 1)];
    if (equals <= 0 || value === '') refuse(`"${word}" is no setting; write pins and options as sda=A4`);
    if (seen.has(key)) refuse(`"${key}" stands twice; leave one out`);
    seen.add(key);
    if (key === 'name') entry.name = value;
    else if (key === 'address') entry.address = value.split(':').map((address) => numberOf(address) ?? refuse(`"${address}" is no address; write address=0x69, several as address=0x6b:0x1e`));
    else if (key === 'axes') entry.axes = value.split(':');
    else if (key === 'enable') entry.enable = { pin: value.replace(/:(low|high)$/, ''), active: value.endsWith(':low') ? 'low' : 'high' };
    else if (key === 'imperfections') entry.imperfections = value === 'on' || value === 'off' ? value : refuse(`imperfections are on or off, not "${value}"`);
    else if (known.pins.includes(key)) entry.pins[key] = value;
    else if (known.options.includes(key)) entry.options[key] = scalarOf(value);
    else refuse(`${part} has no pin or option "${key}"; ${didYouMean(key, [...known.pins, ...known.options, ...OF_EVERY_PART])}`);
  }
  return entry as PartEntry;
}

function keysOf(factory: PartFactory): { readonly pins: readonly string[]; readonly options: readonly string[] } {
  const wires = factory.buses.flatMap((bus) => [...BUS_WIRES[bus].needed, ...BUS_WIRES[bus].optional]);
  return { pins: [...new Set([...wires, ...factory.pins])], options: Object.keys(factory.options.shape) };
}

function numberOf(text: string): number | undefined {
  return /^(0x[0-9a-f]{1,8}|-?\d{1,15}(\.\d{1,15})?)$/i.test(text) ? Number(text) : undefined;
}

function scalarOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return numberOf(text) ?? text;
}
