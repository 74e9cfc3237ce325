/** `thumbelina parts`: what can be attached to a board's pins. */
import type { PartListing } from './toolkit.js';

/** The parts with what each needs, or as JSON. */
export function partsText(parts: readonly PartListing[], asJson: boolean): string {
  return asJson ? `${JSON.stringify(parts, null, 2)}\n` : parts.map(partText).join('');
}

function partText({ name, what, buses, pins, addresses, inputs, options }: PartListing): string {
  const facts = [
    ...buses.map(({ bus, wires, optionalWires, neededPins }) => `${bus}: ${[...wires, ...optionalWires.map((wire) => `[${wire}]`), ...neededPins].join(', ') || 'no wires of a bus'}`),
    ...(pins.length === 0 ? [] : [`pins: ${pins.join(', ')}`]),
    ...(addresses.length === 0 ? [] : [`address: ${addresses.map((choices) => choices.map(hex).join(' or ')).join(', and ')}`]),
    ...(inputs.length === 0 ? [] : [`measures: ${inputs.map(({ quantity, unit }) => `${quantity} (${unit})`).join(', ')}`]),
    ...(options.length === 0 ? [] : [`options: ${options.map(optionText).join(', ')}`]),
  ];
  return [`${name}${what === '' ? '' : `: ${what}`}`, ...facts.map((fact) => `  ${fact}`)].map((line) => `${line}\n`).join('');
}

function optionText({ name, type, values, minimum, maximum, default: preset }: PartListing['options'][number]): string {
  const range = values !== undefined ? values.join('|') : minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : type;
  return `${name}=${range}${preset === undefined ? '' : ` (${String(preset)})`}`;
}

const hex = (address: number): string => `0x${address.toString(16).padStart(2, '0')}`;
