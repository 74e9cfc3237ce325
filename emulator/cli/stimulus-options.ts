/** `--mic`, `--recording` and `--input`: what the world does to the board's parts. */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import type { Machine } from '../machine-api.js';
import { mixed, placed, played, QUANTITIES, readCsv, readWav, StimulusError, type Quantity, type Stimulus } from '../index.js';
import { UserError } from './errors.js';
import { durationInTicks, parseDuration, type Duration } from './values.js';

export type StimulusOption =
  | { readonly kind: 'sound' | 'recording'; readonly file: string; readonly start: Duration | undefined; readonly isLooped: boolean }
  | { readonly kind: 'value'; readonly quantity: Quantity; readonly value: number };

/** `yes.wav`, `yes.wav@2s`, `noise.wav@loop`, `noise.wav@2s,loop`. */
export function parsePlacedFile(kind: 'sound' | 'recording'): (text: string, before: readonly StimulusOption[] | undefined) => StimulusOption[] {
  return (text, before = []) => {
    const at = text.lastIndexOf('@');
    const file = at < 0 ? text : text.slice(0, at);
    const words = at < 0 ? [] : text.slice(at + 1).split(',');
    const isLooped = words.includes('loop');
    const times = words.filter((word) => word !== 'loop');
    if (file === '' || times.length > 1) throw new InvalidArgumentError('Write a file, and when it begins if not at once: yes.wav@2s, or noise.wav@loop.');
    return [...before, { kind, file, start: times.length === 0 ? undefined : parseDuration(times[0]), isLooped }];
  };
}

/** `temperature=31.5`. */
export function parseInput(text: string, before: readonly StimulusOption[] = []): StimulusOption[] {
  const [name, number, ...rest] = text.split('=');
  const value = number === undefined || number.trim() === '' ? NaN : Number(number);
  if (!Object.hasOwn(QUANTITIES, name) || rest.length > 0 || !Number.isFinite(value)) {
    throw new InvalidArgumentError(`Write a quantity and its value, such as temperature=31.5. Quantities: ${Object.entries(QUANTITIES).map(([quantity, { unit }]) => `${quantity} (${unit})`).join(', ')}.`);
  }
  return [...before, { kind: 'value', quantity: name as Quantity, value }];
}

/** @throws UserError for a file that cannot be read or used */
export function applyStimuli(machine: Machine, options: readonly StimulusOption[]): void {
  const { inputs, rootHz } = machine;
  const sounds: Stimulus[] = [];
  for (const option of options) {
    if (option.kind === 'value') inputs.set(option.quantity, option.value);
    else applyFile(option, machine, sounds);
  }
  if (sounds.length > 0) inputs.set('sound', sounds.length === 1 ? sounds[0] : mixed(sounds));

  function applyFile({ kind, file, start, isLooped }: Extract<StimulusOption, { readonly file: string }>, { inputs: world }: Machine, heard: Stimulus[]): void {
    const startSeconds = start === undefined ? 0 : durationInTicks(start, rootHz) / rootHz;
    const bytes = readFile(file);
    try {
      if (kind === 'sound') heard.push(placed(readWav(bytes, file), { startSeconds, isLooped }, rootHz));
      else {
        const recording = readCsv(new TextDecoder().decode(bytes), file);
        for (const quantity of recording.values.keys()) world.set(quantity, played(recording, quantity, { startSeconds, isLooped }, rootHz));
      }
    } catch (error) {
      if (error instanceof StimulusError) throw new UserError(error.message);
      throw error;
    }
  }
}

function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}); give the path of a recording`);
  }
}
