/**
 * Stimuli as they are written on a command line, or into a field of a page, made into the description that everything else uses:
 *
 *   sound and recordings   yes.wav@2s,loop,gain=-6dB    a.wav+b.wav@1s-4s    sine(440Hz,0.5)@2s    silence(1s)+yes.wav
 *   pictures               cat.png@2s,blur=2    a.gif@0s,loop,fit=contain    a.png@0s-2s,pan=0s:0/0/320/240;2s:320/0/320/240
 *   quantities             temperature=31.5    temperature=70F    temperature=20..30@0s-60s    acceleration.x=sine(1Hz,0.2g)
 *
 * `-` is standard input, `pipe:16000` sound without a header from there.
 * After the source comes `@` and when, then words with commas between them: `loop`, `repeat=3`, `every=4s`, `until=9s`,
 * `channel=left`, `bridge`, and modifiers, in the order in which they work: `gain=-6dB`, `snr=20dB`, `reverb=0.4s`, `clip=0.5`,
 * `band=300Hz-3400Hz`, `drop=1%`, `jitter=2ms`, `stuck=3s`, `bias=0.1`, `scale=2`, `rotate=90/0/0`, `delay=1s`, `stretch=2`, `quantise=0.01`;
 * of pictures `darkness=80%`, `brightness=1.5`, `blur=2`, `grain=4`, `turn=90`, `flip=h`, `crop=x/y/w/h`, `fit=cover`, `pan=...`, `lasting=1s`.
 */
import { QUANTITIES, type Quantity } from '../inputs.js';
import type { StimuliDescription } from './description.js';
import { secondsOf } from './schema.js';
import { StimulusError } from './stimulus-error.js';
import { conversionFrom, unitsOf } from './units.js';

/** A track as JSON has it: what is left out has its usual value. */
export interface TrackInput { [word: string]: unknown; source: SourceInput; modifiers?: readonly unknown[] }
export interface SourceInput { readonly kind: string; readonly [word: string]: unknown }

/** What a word after the source does to the track that is being written. */
export type Word = (text: string, track: TrackInput, quantity: Quantity | undefined) => void;

const MOST_CHARACTERS = 10_000;

/** A word that adds a modifier. Formats of other sources add theirs here. */
function modifier(make: (text: string, quantity: Quantity | undefined) => Record<string, unknown>): Word {
  return (text, track, quantity) => { track.modifiers = [...(track.modifiers ?? []), make(text, quantity)]; };
}

export const WORDS: Readonly<Record<string, Word>> = {
  loop:     (text, track) => { noValue(text, 'loop'); track['loop'] = true; },
  bridge:   (text, track) => { noValue(text, 'bridge'); forFiles(track, { gaps: 'bridge' }); },
  repeat:   (text, track) => { track['repeat'] = plain(text, 'repeat=3'); },
  every:    (text, track) => { track['every'] = time(text); },
  until:    (text, track) => { track['until'] = time(text); },
  mode:     (text, track) => { track['mode'] = text; },
  channel:  (text, track) => { forFiles(track, { channel: text === 'left' ? 0 : text === 'right' ? 1 : text === 'mix' ? 'mix' : plain(text, 'channel=left') }); },
  rate:     (text, track) => { forFiles(track, { rawHz: hertzOf(text) }); },
  gain:     modifier((text) => ({ kind: 'gain', db: decibels(text) })),
  snr:      modifier((text) => ({ kind: 'noise', snrDb: decibels(text) })),
  noise:    modifier((text, quantity) => ({ kind: 'noise', amplitude: amount(text, quantity, true) })),
  reverb:   modifier((text) => (secondsOf(text) === undefined ? { kind: 'reverberation', file: text } : { kind: 'reverberation', rt60: time(text) })),
  clip:     modifier((text, quantity) => ({ kind: 'clip', level: amount(text, quantity, true) })),
  band:     modifier((text) => { const [low, high] = pair(text, 'band=300Hz-3400Hz'); return { kind: 'bandPass', low: hertzOf(low), high: hertzOf(high) }; }),
  drop:     modifier((text) => ({ kind: 'dropped', probability: shareOf(text) })),
  jitter:   modifier((text) => ({ kind: 'jitter', seconds: time(text) })),
  stuck:    modifier((text) => {
    const [name, at] = text.includes(':') ? text.split(':') : [undefined, text];
    return { kind: 'stuck', at: time(at), ...(name === undefined ? {} : { only: [name] }) };
  }),
  bias:     modifier((text, quantity) => ({ kind: 'bias', value: amount(text, quantity, true) })),
  scale:    modifier((text) => ({ kind: 'scale', factor: plain(text, 'scale=2') })),
  rotate:   modifier((text) => ({ kind: 'rotate', euler: text.split('/').map((angle) => plain(angle, 'rotate=90/0/0')) })),
  delay:    modifier((text) => ({ kind: 'delay', seconds: time(text) })),
  stretch:  modifier((text) => ({ kind: 'stretch', factor: plain(text, 'stretch=2') })),
  darkness: modifier((text) => ({ kind: 'darkness', share: shareOf(text) })),
  brightness: modifier((text) => ({ kind: 'brightness', factor: plain(text, 'brightness=1.5') })),
  blur:     modifier((text) => ({ kind: 'blur', pixels: plain(text, 'blur=2') })),
  grain:    modifier((text) => ({ kind: 'grain', levels: plain(text, 'grain=4') })),
  flip:     modifier((text) => ({ kind: 'flip', axis: text === 'h' ? 'horizontal' : text === 'v' ? 'vertical' : text })),
  turn:     modifier((text) => ({ kind: 'turn', degrees: plain(text, 'turn=90') })),
  crop:     modifier((text) => ({ kind: 'crop', ...rectangle(text, 'crop=0/0/320/240') })),
  fit:      modifier((text) => ({ kind: 'fit', fit: text })),
  pan:      modifier((text) => ({ kind: 'pan', path: text.split(';').map((point) => {
    const [at, view, ...rest] = point.split(':');
    if (view === undefined || rest.length > 0) throw new StimulusError(`"${point.slice(0, 40)}": write when and what part is seen, as in pan=0s:0/0/320/240;5s:100/50/320/240`);
    return { at: time(at), ...rectangle(view, '100/50/320/240') };
  }) })),
  lasting:  modifier((text) => ({ kind: 'lasting', seconds: time(text) })),
  quantise: modifier((text, quantity) => ({ kind: 'quantise', step: amount(text, quantity, true) })),
};

/** Formulas by their names, and what their arguments are, in order; the last may be left out. */
type Argument = 'value' | 'amount' | 'time' | 'hertz' | 'number';
const FUNCTION_ARGUMENTS: Readonly<Record<string, { readonly kind: string; readonly of: readonly (readonly [name: string, is: Argument])[] }>> = {
  constant: { kind: 'constant', of: [['value', 'value']] },
  silence:  { kind: 'silence', of: [['duration', 'time']] },
  step:     { kind: 'step', of: [['from', 'value'], ['to', 'value'], ['at', 'time']] },
  ramp:     { kind: 'ramp', of: [['from', 'value'], ['to', 'value'], ['duration', 'time']] },
  sine:     { kind: 'sine', of: [['hz', 'hertz'], ['amplitude', 'amount'], ['offset', 'value'], ['phase', 'number']] },
  square:   { kind: 'square', of: [['hz', 'hertz'], ['amplitude', 'amount'], ['offset', 'value'], ['duty', 'number']] },
  chirp:    { kind: 'chirp', of: [['from', 'hertz'], ['to', 'hertz'], ['duration', 'time'], ['amplitude', 'amount'], ['offset', 'value']] },
  noise:    { kind: 'noise', of: [['amplitude', 'amount'], ['hz', 'hertz']] },
  white:    { kind: 'noise', of: [['amplitude', 'amount'], ['hz', 'hertz']] },
  pink:     { kind: 'pink', of: [['amplitude', 'amount'], ['hz', 'hertz']] },
  pulse:    { kind: 'pulse', of: [['high', 'value'], ['width', 'time'], ['at', 'time'], ['every', 'time'], ['low', 'value']] },
};

/** `yes.wav@2s,loop`: a file or formula of what an option stands for. @throws StimulusError with one line */
export function trackOfFlag(text: string, of: string | undefined): TrackInput {
  return placedTrack(text, of, isQuantity(of) ? of : undefined);
}

/** `temperature=20..30@0s-60s`. @throws StimulusError with one line */
export function trackOfInput(text: string): TrackInput {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0)).trim();
  const rest = text.slice(equals + 1).trim();
  if (!isQuantity(name) || rest === '') {
    throw new StimulusError(`Write a quantity and its value, such as temperature=31.5, temperature=20..30@0s-60s or acceleration.x=sine(1Hz,2). Quantities: ${Object.entries(QUANTITIES).map(([quantity, { unit }]) => `${quantity} (${unit})`).join(', ')}.`);
  }
  return placedTrack(rest, name, name);
}

/** Tracks as one description, still to be checked by `parseStimuli`. */
export function descriptionOf(tracks: readonly TrackInput[], { seed = 0, isLooped = false } = {}): Record<keyof StimuliDescription, unknown> {
  return { seed, stimuli: isLooped ? tracks.map((track) => ({ ...track, loop: true })) : tracks };
}

function placedTrack(text: string, of: string | undefined, quantity: Quantity | undefined): TrackInput {
  if (text.length > MOST_CHARACTERS) throw new StimulusError(`more than ${MOST_CHARACTERS} characters; write it into a file for --stimulus`);
  const { source, place, words } = taken(text);
  const [at, until] = place === undefined ? [undefined, undefined] : place.includes('-') ? pair(place, '@2s-5s').map(time) : [time(place), undefined];
  const track: TrackInput = {
    ...(of === undefined ? {} : { of }),
    source: sourceOf(source, quantity, until === undefined ? undefined : until - (at ?? 0)),
    ...(at === undefined ? {} : { at }),
  };
  if (until !== undefined && track.source.kind !== 'ramp') track['until'] = until;
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    WORDS[name](equals < 0 ? '' : word.slice(equals + 1), track, quantity);
  }
  return track;
}

/** What stands before and after the `@`, and the words. From the end, since a file's name may contain anything. */
function taken(text: string): { readonly source: string; readonly place: string | undefined; readonly words: readonly string[] } {
  const words: string[] = [];
  let rest = text;
  for (;;) {
    const comma = lastOutside(rest, ',');
    const at = lastOutside(rest, '@');
    const cut = Math.max(comma, at);
    const word = rest.slice(cut + 1);
    if (cut < 0 || !isWord(word)) break;
    words.unshift(word);
    rest = rest.slice(0, cut);
    // `noise.wav@loop`: what follows the `@` need not be a time.
    if (cut === at) return { source: rest, place: undefined, words };
  }
  const at = lastOutside(rest, '@');
  const place = rest.slice(at + 1).trim();
  const isPlace = at >= 0 && place.split('-').every((moment) => secondsOf(moment) !== undefined);
  if (isPlace) return { source: rest.slice(0, at), place, words };
  if (at >= 0 && /^[\d.]/.test(place)) throw new StimulusError(`"${place.slice(0, 40)}" after @ is no time: write when it begins, as in @2s, @1.5s or @2s-5s`);
  return { source: rest, place: undefined, words };
}

function isWord(text: string): boolean {
  return Object.hasOwn(WORDS, text.split('=', 1)[0]) && (text.includes('=') || text === 'loop' || text === 'bridge');
}

/** The last of that character which is in no parentheses; -1 for none. */
function lastOutside(text: string, wanted: string): number {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ')') depth++;
    else if (text[i] === '(') depth--;
    else if (depth === 0 && text[i] === wanted) return i;
  }
  return -1;
}

function sourceOf(text: string, quantity: Quantity | undefined, length: number | undefined): SourceInput {
  // A number's own signs are no concatenation: `1e+3`, `+5`.
  const isSum = !/^[+-]?[\d.]+e\+/i.test(text) && lastOutside(text.slice(1), '+') >= 0;
  const parts = isSum ? splitOutside(text, '+') : [text];
  const sources = parts.map((part) => oneSource(part.trim(), quantity, length));
  return sources.length === 1 ? sources[0] : { kind: 'sequence', of: sources };
}

function splitOutside(text: string, separator: string): string[] {
  const at = lastOutside(text, separator);
  return at < 0 ? [text] : [...splitOutside(text.slice(0, at), separator), text.slice(at + 1)];
}

function oneSource(text: string, quantity: Quantity | undefined, length: number | undefined): SourceInput {
  const call = /^([a-z]+)\((.*)\)$/.exec(text);
  if (call !== null && call[1] === 'points') return pointsOf(call[2], quantity);
  if (call !== null && Object.hasOwn(FUNCTION_ARGUMENTS, call[1])) return functionOf(call[1], call[2], quantity);
  if (text === 'silence') return { kind: 'silence' };
  const ramp = /^(.+?)\.\.(.+)$/.exec(text);
  if (quantity !== undefined && ramp !== null && quantity !== 'sound') {
    if (length === undefined) throw new StimulusError(`${text.slice(0, 40)} from when to when? Write it as ${text.slice(0, 40)}@0s-60s`);
    return { kind: 'ramp', from: amount(ramp[1], quantity), to: amount(ramp[2], quantity), duration: length };
  }
  if (quantity !== undefined && quantity !== 'sound') return { kind: 'constant', value: amount(text, quantity) };
  if (quantity === 'sound' && /^[+-]?\d+(\.\d+)?$/.test(text)) return { kind: 'constant', value: Number(text) };
  const pipe = /^pipe:(\d{1,6})$/.exec(text);
  if (pipe !== null) return { kind: 'file', file: '-', rawHz: Number(pipe[1]) };
  if (text === '') throw new StimulusError('Write a file, and when it begins if not at once: yes.wav@2s, or noise.wav@loop.');
  return { kind: 'file', file: text };
}

function functionOf(name: string, list: string, quantity: Quantity | undefined): SourceInput {
  const { kind, of } = FUNCTION_ARGUMENTS[name];
  const given = list.trim() === '' ? [] : list.split(',').map((argument) => argument.trim());
  if (given.length > of.length) throw new StimulusError(`${name}(${of.map(([argument]) => argument).join(', ')}) takes no more than that`);
  const values = given.map((argument, i) => {
    const [word, is] = of[i];
    return [word, is === 'time' ? time(argument) : is === 'hertz' ? hertzOf(argument) : is === 'number' ? plain(argument, `${word}=0.5`) : amount(argument, quantity, is === 'amount')];
  });
  return { kind, ...(Object.fromEntries(values) as Record<string, number>) };
}

/** `points(0s:20,5s:30)`. */
function pointsOf(list: string, quantity: Quantity | undefined): SourceInput {
  return { kind: 'points', points: list.split(',').map((point) => {
    const [at, level, ...rest] = point.split(':');
    if (level === undefined || rest.length > 0) throw new StimulusError('points are moments and values: points(0s:20,5s:30)');
    return [time(at.trim()), amount(level.trim(), quantity)];
  }) };
}

/** A value in the quantity's unit or another. @param isSpan a difference or amplitude, for which only the size of the unit counts */
function amount(text: string, quantity: Quantity | undefined, isSpan = false): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(.*)$/i.exec(text.trim());
  if (match === null) throw new StimulusError(`"${text.slice(0, 40)}" is no value: write a number, with a unit if it is another than the usual one`);
  const [, number, unit] = match;
  if (unit === '') return Number(number);
  const conversion = quantity === undefined ? undefined : conversionFrom(unit, quantity);
  if (conversion === undefined) throw new StimulusError(`"${unit.slice(0, 40)}" is no unit${quantity === undefined ? ' here' : ` of ${quantity}: use one of ${unitsOf(quantity).join(', ')}`}`);
  return Number(number) * conversion.factor + (isSpan ? 0 : conversion.offset);
}

function time(text: string): number {
  const found = secondsOf(text);
  if (found === undefined) throw new StimulusError(`"${text.slice(0, 40)}" is no time: write a number and a unit, such as 10s, 1.5ms or 2min`);
  return found;
}

function withUnit(text: string, pattern: RegExp, example: string): RegExpExecArray {
  const match = pattern.exec(text.trim());
  if (match === null) throw new StimulusError(`"${text.slice(0, 40)}": write it as in ${example}`);
  return match;
}

function hertzOf(text: string): number {
  const [, number, kilo] = withUnit(text, /^(\d+(?:\.\d+)?)\s*(k)?(?:Hz)?$/i, '440Hz');
  return Number(number) * (kilo === undefined ? 1 : 1000);
}

function decibels(text: string): number {
  return Number(withUnit(text, /^([+-]?\d+(?:\.\d+)?)\s*(?:dB)?$/i, '-6dB')[1]);
}

function shareOf(text: string): number {
  const [, number, percent] = withUnit(text, /^(\d+(?:\.\d+)?)\s*(%)?$/, '1% or 0.01');
  return Number(number) / (percent === undefined ? 1 : 100);
}

/** Column, row, width and height in pixels. */
function rectangle(text: string, example: string): Record<'x' | 'y' | 'width' | 'height', number> {
  const numbers = text.split('/');
  if (numbers.length !== 4) throw new StimulusError(`"${text.slice(0, 40)}": write column, row, width and height, as in ${example}`);
  const [x, y, width, height] = numbers.map((number) => plain(number, example));
  return { x, y, width, height };
}

function plain(text: string, example: string): number {
  return Number(withUnit(text, /^([+-]?\d+(?:\.\d+)?)$/, example)[1]);
}

function pair(text: string, example: string): [string, string] {
  const parts = text.split('-').map((part) => part.trim());
  if (parts.length !== 2) throw new StimulusError(`"${text.slice(0, 40)}": write it as in ${example}`);
  return parts as [string, string];
}

function noValue(text: string, word: string): void {
  if (text !== '') throw new StimulusError(`${word} takes no value: write ,${word}`);
}

/** Options of files, for every file of the track. */
function forFiles(track: TrackInput, options: Readonly<Record<string, unknown>>): void {
  const changed = (source: SourceInput): SourceInput => {
    if (source.kind === 'file') return { ...source, ...options };
    return Array.isArray(source['of']) ? { ...source, of: (source['of'] as SourceInput[]).map(changed) } : source;
  };
  track.source = changed(track.source);
}

function isQuantity(name: string | undefined): name is Quantity {
  return name !== undefined && Object.hasOwn(QUANTITIES, name);
}
