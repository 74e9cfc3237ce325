/** Light-emitting diodes, one or three in one case, with their resistors to ground or to the supply. */
import { z } from 'zod';
import { definePart, type Part, type PartContext } from '../part.js';
import { Lamps, stateOf } from './lamps.js';

const options = z.strictObject({
  /** The level of the pin at which it is lit. */
  active: z.enum(['high', 'low']).default('high'),
});

function lampsAt(context: PartContext, pins: readonly string[], active: 'high' | 'low'): Lamps {
  return new Lamps(context, pins.map((pin) => [{ net: context.pin(pin), state: stateOf(active) }]));
}

export const LED_PART = definePart({
  what: 'LED',
  bus: 'pins', pins: ['signal'], neededPins: { pins: ['signal'] }, inputs: [], options,
  create: (context, { active }): Part => {
    const lamps = lampsAt(context, ['signal'], active);
    return { shows: () => ({ kind: 'light', brightness: lamps.brightness()[0] }), reset: () => lamps.reset(), snapshot: () => lamps.snapshot(), restore: (from) => lamps.restore(from) };
  },
});

const COLOURS = ['red', 'green', 'blue'] as const;

export const RGB_LED_PART = definePart({
  what: 'LED of three colours; active=low for a common anode',
  bus: 'pins', pins: COLOURS, inputs: [], options,
  create: (context, { active }): Part => {
    const lamps = lampsAt(context, COLOURS, active);
    return {
      shows: () => {
        const [red, green, blue] = lamps.brightness();
        return { kind: 'colour', brightness: [red, green, blue] };
      },
      reset: () => lamps.reset(), snapshot: () => lamps.snapshot(), restore: (from) => lamps.restore(from),
    };
  },
});
