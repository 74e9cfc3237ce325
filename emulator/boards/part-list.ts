/** The registry of parts as plain data: what `thumbelina parts` prints and the page offers. */
import { z } from 'zod';
import { BUS_WIRES, PARTS, QUANTITIES, type PartBus } from '../sensors/index.js';

export interface PartListing {
  /** What `part:` and `--part` take. */
  readonly name: string;
  readonly what: string;
  /** It hangs on the one whose wires it is given. */
  readonly buses: readonly { readonly bus: PartBus; readonly wires: readonly string[]; readonly optionalWires: readonly string[]; readonly neededPins: readonly string[] }[];
  /** Its other pins. */
  readonly pins: readonly string[];
  /** For each function with an address of its own, the possible ones; the first unless another is asked for. */
  readonly addresses: readonly (readonly number[])[];
  readonly inputs: readonly { readonly quantity: string; readonly unit: string }[];
  readonly options: readonly PartOptionListing[];
}

export interface PartOptionListing {
  readonly name: string;
  readonly type: string;
  readonly values?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

/** Sorted by name. */
export function listParts(): readonly PartListing[] {
  return Object.entries(PARTS).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, factory]) => ({
    name,
    what: factory.what,
    buses: factory.buses.map((bus) => ({ bus, wires: BUS_WIRES[bus].needed, optionalWires: BUS_WIRES[bus].optional, neededPins: factory.neededPins[bus] ?? [] })),
    pins: factory.pins,
    addresses: factory.addresses,
    inputs: factory.inputs.map((quantity) => ({ quantity, unit: QUANTITIES[quantity].unit })),
    options: optionsOf(factory.options),
  }));
}

/** As JSON Schema has it, what matters to somebody who writes a value. */
function optionsOf(options: z.ZodObject): readonly PartOptionListing[] {
  const { properties = {} } = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => {
    const { type, enum: values, minimum, maximum, default: preset } = typeof property === 'object' ? property : {};
    return {
      name, type: typeof type === 'string' ? type : 'string',
      ...(values !== undefined && { values }), ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }), ...(preset !== undefined && { default: preset }),
    };
  });
}
