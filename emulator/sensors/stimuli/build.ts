/** Makes of a description of stimuli what a board's inputs take. */
import { QUANTITIES, type Inputs, type Picture, type Quantity } from '../inputs.js';
import { seedOf, type StimuliDescription, type Target, type Track } from './description.js';
import type { LiveSources } from './live.js';
import { UNNAMED, type Channel, type Material } from './material.js';
import { applyModifiers } from './modifiers.js';
import { readSource, type SourceContext } from './sources.js';
import { StimulusError } from './stimulus-error.js';
import { channelReader, pictureStimulusOf, placeOf, stimulusOf, type Placed } from './tracks.js';

export interface StimulusOptions {
  /** Gives the bytes of a file that the description names; may throw what it likes. */
  readonly bytesOf: (file: string) => Uint8Array | Promise<Uint8Array>;
  /** What `live` sources are connected to. */
  readonly live?: LiveSources;
}

/** Stimuli that are read and ready. */
export class Stimuli {
  /** @param seen what cameras see */
  constructor(private readonly heard: ReadonlyMap<Quantity, readonly Placed<number>[]>, private readonly seen: readonly Placed<Picture>[]) {}

  /** Several as if they were one description. */
  static joined(all: readonly Stimuli[]): Stimuli {
    const heard = new Map<Quantity, readonly Placed<number>[]>();
    for (const stimuli of all) for (const [quantity, placed] of stimuli.heard) heard.set(quantity, [...(heard.get(quantity) ?? []), ...placed]);
    return new Stimuli(heard, all.flatMap(({ seen }) => seen));
  }

  get quantities(): readonly Quantity[] {
    return [...this.heard.keys()];
  }

  get hasPicture(): boolean {
    return this.seen.length > 0;
  }

  /** From now on these are what the inputs perceive; quantities that they do not name stay as they are. */
  applyTo(inputs: Inputs, rootHz: number): void {
    for (const [quantity, placed] of this.heard) inputs.set(quantity, stimulusOf(quantity, placed, rootHz));
    if (this.hasPicture) inputs.setPicture(pictureStimulusOf(this.seen, rootHz, BLACK));
  }
}

const BLACK: Picture = { width: 1, height: 1, pixels: new Uint8Array(3) };
const AXES = ['x', 'y', 'z'] as const;

/** @throws StimulusError with one line that names the stimulus; and whatever `bytesOf` throws */
export async function stimulusFrom(description: StimuliDescription, options: StimulusOptions): Promise<Stimuli> {
  const heard = new Map<Quantity, Placed<number>[]>();
  const seen: Placed<Picture>[] = [];
  for (const [index, track] of description.stimuli.entries()) {
    const material = await materialOf(track, contextOf(options, seedOf(description, index)), index);
    const place = placeOf(track, material);
    for (const [quantity, channel] of channelsOf(track.of, material, index)) {
      const isAdded = (track.mode ?? (quantity === 'sound' ? 'add' : 'replace')) === 'add';
      heard.set(quantity, [...(heard.get(quantity) ?? []), { place, isAdded, at: channelReader(channel) }]);
    }
    if (material.picture !== undefined && (track.of ?? 'picture') === 'picture') seen.push({ place, isAdded: false, at: material.picture });
  }
  return new Stimuli(heard, seen);
}

function contextOf({ bytesOf, live }: StimulusOptions, seed: number): SourceContext {
  return {
    bytesOf, seed,
    liveOf: (name) => {
      const source = live?.get(name);
      if (source === undefined) throw new StimulusError(`no live source is called "${name}"; connect it, or name a file`);
      return source.material();
    },
  };
}

async function materialOf(track: Track, context: SourceContext, index: number): Promise<Material> {
  const material = await readSource(track.source, context);
  // What has a name of its own keeps it; the rest gets the track's, so that modifiers know what they work on.
  const named = track.of !== undefined && material.channels.has(UNNAMED) && isQuantity(track.of) ? { ...material, usual: track.of } : material;
  try {
    return await applyModifiers(named, track.modifiers, context);
  } catch (error) {
    if (error instanceof StimulusError) throw new StimulusError(`stimulus ${index + 1}: ${error.message}`);
    throw error;
  }
}

function isQuantity(target: Target): target is Quantity {
  return Object.hasOwn(QUANTITIES, target);
}

/** What of the material a track uses. */
function channelsOf(target: Target | undefined, material: Material, index: number): [Quantity, Channel][] {
  const unnamed = material.channels.get(UNNAMED);
  const named = [...material.channels].filter((entry): entry is [Quantity, Channel] => entry[0] !== UNNAMED);
  if (target === 'picture') {
    if (material.picture === undefined) throw new StimulusError(`stimulus ${index + 1}: its source has no pictures`);
    return [];
  }
  if (unnamed !== undefined) {
    const quantity = target === undefined ? material.usual : target;
    if (quantity === undefined || !isQuantity(quantity)) throw new StimulusError(`stimulus ${index + 1}: say what it is of: one of ${Object.keys(QUANTITIES).join(', ')}`);
    return [[quantity, unnamed], ...named];
  }
  if (target === undefined) return named;
  const wanted: readonly Quantity[] = isQuantity(target) ? [target] : AXES.map((axis): Quantity => `${target}.${axis}`);
  const found = named.filter(([quantity]) => wanted.includes(quantity));
  if (found.length === 0) throw new StimulusError(`stimulus ${index + 1}: its source has no ${target}; it has ${named.map(([quantity]) => quantity).join(', ') || 'only pictures'}`);
  return found;
}
