/**
 * Digits of seven segments and a point whose pins the firmware drives itself: one digit with its common end at a rail, or up to
 * four that share their segments and have a pin each for their common ends (multiplexed).
 */
import { z } from 'zod';
import { definePart, type Part } from '../part.js';
import { Lamps, type LampEnd } from './lamps.js';

const SEGMENTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'dp'] as const;
const DIGITS = ['digit1', 'digit2', 'digit3', 'digit4'] as const;

export const SEVEN_SEGMENT_PART = definePart({
  what: 'one to four digits of seven segments',
  bus: 'pins', pins: [...SEGMENTS, ...DIGITS], inputs: [],
  options: z.strictObject({
    /** Which ends the segments of a digit have in common. */
    common: z.enum(['cathode', 'anode']).default('cathode'),
  }),
  create: (context, { common }): Part => {
    const [segmentState, digitState] = common === 'cathode' ? (['1', '0'] as const) : (['0', '1'] as const);
    const connected = DIGITS.flatMap((pin): LampEnd[][] => {
      const net = context.pin(pin);
      return net === undefined ? [] : [[{ net, state: digitState }]];
    });
    // Without pins of their own the common ends are at their rail.
    const digits = connected.length === 0 ? [[]] : connected;
    const lamps = new Lamps(context, digits.flatMap((ends) => SEGMENTS.map((segment) => [{ net: context.pin(segment), state: segmentState }, ...ends])));
    return {
      /** [digit][segment A to G, DP]. */
      shows: () => {
        const all = lamps.brightness();
        return { kind: 'lights', brightness: digits.map((_, digit) => all.slice(SEGMENTS.length * digit, SEGMENTS.length * (digit + 1))) };
      },
      reset: () => lamps.reset(), snapshot: () => lamps.snapshot(), restore: (from) => lamps.restore(from),
    };
  },
});
