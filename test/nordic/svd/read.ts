/**
 * CMSIS-SVD files as rows: peripherals, registers with their offsets, fields, named values. Only what comparing register maps
 * takes: arrays and clusters are written out as lists of offsets, `derivedFrom` of peripherals is followed.
 * Source: CMSIS-SVD description format 1.3 (Arm), "/device/peripherals element" and below.
 */
import { XMLParser } from 'fast-xml-parser';

export interface SvdField {
  readonly name: string;
  readonly lo: number;
  readonly hi: number;
  /** Named values that reads give; those of writes where there are no others. */
  readonly values: Readonly<Record<string, number>>;
}

export interface SvdRegister {
  /** Clusters' names before it, joined with `_`; without indices: `CH_PSELP`. */
  readonly name: string;
  readonly offsets: readonly number[];
  readonly access: string;
  readonly reset: number;
  readonly fields: readonly SvdField[];
}

export interface SvdPeripheral {
  readonly name: string;
  readonly derivedFrom: string | undefined;
  readonly base: number;
  readonly irqs: readonly number[];
  readonly registers: readonly SvdRegister[];
}

interface Node { readonly [key: string]: unknown }
interface Inherited { readonly offsets: readonly number[]; readonly names: readonly string[]; readonly access: string; readonly reset: string }

const LISTS = new Set(['peripheral', 'register', 'cluster', 'field', 'enumeratedValues', 'enumeratedValue', 'interrupt']);
/** Elements of one register or cluster array: a bound against damaged files. */
const MOST_ELEMENTS = 4096;

/** @throws Error when the text is no SVD file */
export function readSvd(text: string): readonly SvdPeripheral[] {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseTagValue: false, isArray: (name) => LISTS.has(name) });
  const device = node((parser.parse(text) as Node).device);
  const peripherals = nodes(node(device?.peripherals)?.peripheral);
  if (device === undefined || peripherals.length === 0) throw new Error('this is no SVD file: it has no <device> with <peripherals>; give one from cmsis-svd-data');
  const byName = new Map(peripherals.map((peripheral) => [word(peripheral, 'name'), peripheral]));
  const defaults = { access: word(device, 'access', 'read-write'), reset: word(device, 'resetValue', '0') };
  return peripherals.map((peripheral) => readPeripheral(peripheral, byName, defaults));
}

function readPeripheral(peripheral: Node, byName: ReadonlyMap<string, Node>, defaults: { access: string; reset: string }): SvdPeripheral {
  const parent = byName.get(word(peripheral, '@derivedFrom', ''));
  const content = node(peripheral.registers) ?? node(parent?.registers);
  return {
    name: word(peripheral, 'name'),
    derivedFrom: parent && word(parent, 'name'),
    base: number(word(peripheral, 'baseAddress')),
    irqs: nodes(peripheral.interrupt).map((interrupt) => number(word(interrupt, 'value'))),
    registers: content === undefined ? [] : readLevel(content, { offsets: [0], names: [], ...defaults }),
  };
}

function readLevel(level: Node, above: Inherited): SvdRegister[] {
  return [
    ...nodes(level.register).map((register) => readRegister(register, step(register, above))),
    ...nodes(level.cluster).flatMap((cluster) => readLevel(cluster, step(cluster, above))),
  ];
}

/** What holds inside a register or cluster: the offsets of its elements, outer arrays first. */
function step(element: Node, above: Inherited): Inherited {
  const [at, increment, count] = [number(word(element, 'addressOffset')), number(word(element, 'dimIncrement', '0')), number(word(element, 'dim', '1'))];
  if (count * above.offsets.length > MOST_ELEMENTS) throw new Error(`${word(element, 'name')}: an array of more than ${MOST_ELEMENTS} elements`);
  const name = word(element, 'name').replace(/\[?%s\]?/, '');
  return {
    offsets: above.offsets.flatMap((outer) => Array.from({ length: count }, (_, n) => outer + at + n * increment)),
    names: [...above.names, name],
    access: word(element, 'access', above.access),
    reset: word(element, 'resetValue', above.reset),
  };
}

function readRegister(register: Node, { offsets, names, access, reset }: Inherited): SvdRegister {
  return { name: names.join('_'), offsets, access, reset: number(reset), fields: nodes(node(register.fields)?.field).map(readField) };
}

function readField(field: Node): SvdField {
  const groups = nodes(field.enumeratedValues);
  const group = groups.find((one) => word(one, 'usage', 'read-write') !== 'write') ?? groups[0];
  const values = Object.fromEntries(nodes(group?.enumeratedValue).map((one) => [word(one, 'name'), number(word(one, 'value'))]));
  const [lo, hi] = bitsOf(field);
  return { name: word(field, 'name'), lo, hi, values };
}

/** The format's three ways to say where a field lies. */
function bitsOf(field: Node): [number, number] {
  const range = /^\[(\d+):(\d+)\]$/.exec(word(field, 'bitRange', ''));
  if (range) return [Number(range[2]), Number(range[1])];
  if (field.lsb !== undefined) return [number(word(field, 'lsb')), number(word(field, 'msb'))];
  const offset = number(word(field, 'bitOffset'));
  return [offset, offset + number(word(field, 'bitWidth', '1')) - 1];
}

function word(from: Node, key: string, otherwise?: string): string {
  const value = from[key];
  if (typeof value === 'string') return value.trim();
  if (otherwise === undefined) throw new Error(`SVD: <${key}> is missing in ${typeof from.name === 'string' ? from.name : 'an element without a name'}`);
  return otherwise;
}

function number(text: string): number {
  const value = Number(text.replace(/^#/, '0b'));
  if (!Number.isInteger(value)) throw new Error(`SVD: "${text}" is no whole number`);
  return value;
}

function node(value: unknown): Node | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Node : undefined;
}

function nodes(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.map(node).filter((one) => one !== undefined) : [];
}
