/** Modifiers of what cameras see, for the table of all modifiers. They leave everything but the picture as it is. */
import { z } from 'zod';
import type { Picture } from '../../inputs.js';
import type { Material } from '../material.js';
import { seedFor } from '../random.js';
import { seconds, seed, share } from '../schema.js';
import { blurred, brightened, cropped, fitted, flipped, grained, turned } from './modify.js';

type Schema<D> = () => z.ZodType<D>;
/** Shape of an entry of `MODIFIERS`. */
interface PictureModifier<D> { readonly schema: Schema<D>; readonly apply: (material: Material, description: D, context: { readonly seed: number }) => Material }

const pixel = (): z.ZodInt => z.int().min(-4096).max(4096);
const extent = (): z.ZodInt => z.int().min(1).max(4096);

/** The same picture, as an object, is changed once. */
function each<D>(schema: Schema<D>, change: (picture: Picture, description: D) => Picture): PictureModifier<D> {
  return { schema, apply: (material, description) => {
    const { picture } = material;
    if (picture === undefined) return material;
    let last: { readonly from: Picture; readonly to: Picture } | undefined;
    return { ...material, picture: (t) => {
      const from = picture(t);
      if (last?.from !== from) last = { from, to: change(from, description) };
      return last.to;
    } };
  } };
}

/** What depends on when it is seen, to a millisecond. @param lasts how long there is something to see of a still */
function moving<D>(schema: Schema<D>, lasts: (description: D) => number, change: (picture: Picture, seconds: number, description: D, own: number) => Picture): PictureModifier<D> {
  return { schema, apply: (material, description, { seed: own }) => {
    const { picture } = material;
    if (picture === undefined) return material;
    let last: { readonly from: Picture; readonly key: number; readonly to: Picture } | undefined;
    return { ...material, duration: Math.max(material.duration, material.duration === 0 ? lasts(description) : 0), picture: (t) => {
      const [from, key] = [picture(t), milliseconds(t)];
      if (last?.from !== from || last.key !== key) last = { from, key, to: change(from, t, description, own) };
      return last.to;
    } };
  } };
}

const milliseconds = (t: number): number => Math.floor(t * 1000);

export interface View { readonly at: number; readonly x: number; readonly y: number; readonly width: number; readonly height: number }

export const PICTURE_MODIFIERS = {
  /** How much of the light is missing. */
  darkness: each(() => z.strictObject({ kind: z.literal('darkness'), share: share() }), (picture, { share: missing }) => brightened(picture, Math.round((1 - missing) * 256))),
  /** How much of the light there is: 1 as it is. */
  brightness: each(() => z.strictObject({ kind: z.literal('brightness'), factor: z.number().min(0).max(255) }), (picture, { factor }) => brightened(picture, Math.round(factor * 256))),
  /** Standard deviation in pixels of the picture. */
  blur: each(() => z.strictObject({ kind: z.literal('blur'), pixels: z.number().min(0.1).max(20) }), (picture, { pixels }) => blurred(picture, pixels)),
  /** Noise of the sensor, another each millisecond: standard deviation in steps of 8 bits. */
  grain: moving(() => z.strictObject({ kind: z.literal('grain'), levels: z.number().min(0).max(128), seed: seed().optional() }), () => Infinity, (picture, t, { levels }, own) => grained(picture, levels, seedFor(own, milliseconds(t)))),
  flip: each(() => z.strictObject({ kind: z.literal('flip'), axis: z.enum(['horizontal', 'vertical']) }), (picture, { axis }) => flipped(picture, axis === 'horizontal')),
  /** Clockwise. */
  turn: each(() => z.strictObject({ kind: z.literal('turn'), degrees: z.number().min(-360).max(360) }), (picture, { degrees }) => turned(picture, degrees)),
  crop: each(() => z.strictObject({ kind: z.literal('crop'), x: pixel(), y: pixel(), width: extent(), height: extent() }), (picture, { x, y, width, height }) => cropped(picture, x, y, width, height)),
  fit: each(() => z.strictObject({ kind: z.literal('fit'), fit: z.enum(['cover', 'contain', 'stretch']) }), (picture, { fit }) => fitted(picture, fit)),
  /** The camera moves over the picture: what part of it is seen when, with straight lines between. */
  pan: moving(() => z.strictObject({ kind: z.literal('pan'), path: z.array(z.strictObject({ at: seconds(), x: pixel(), y: pixel(), width: extent(), height: extent() })).min(1).max(1000) }),
    ({ path }) => path[path.length - 1].at, (picture, t, { path }) => {
      const { x, y, width, height } = viewAt(path, milliseconds(t) / 1000);
      return cropped(picture, x, y, width, height);
    }),
  /** How long a still is seen, where something follows it. */
  lasting: { schema: (): z.ZodType<{ kind: 'lasting'; seconds: number }> => z.strictObject({ kind: z.literal('lasting'), seconds: seconds() }), apply: (material: Material, d: { readonly seconds: number }): Material => ({ ...material, duration: d.seconds }) },
} as const;

/** In whole pixels, rounded. */
function viewAt(path: readonly View[], t: number): View {
  const next = path.findIndex(({ at }) => at > t);
  if (next === 0) return path[0];
  if (next < 0) return path[path.length - 1];
  const [from, to] = [path[next - 1], path[next]];
  const part = (t - from.at) / (to.at - from.at);
  const between = (a: number, b: number): number => Math.round(a + (b - a) * part);
  return { at: t, x: between(from.x, to.x), y: between(from.y, to.y), width: between(from.width, to.width), height: between(from.height, to.height) };
}
