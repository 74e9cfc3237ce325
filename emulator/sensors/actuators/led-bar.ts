/** A bar of up to ten LEDs, each with a pin of its own. */
import { z } from 'zod';
import { definePart, type Part } from '../part.js';
import { Lamps, stateOf } from './lamps.js';

const PINS = Array.from({ length: 10 }, (_, index) => `led${index + 1}`);

export const LED_BAR_PART = definePart({
  what: 'bar of up to ten LEDs',
  bus: 'pins', pins: PINS, neededPins: { pins: ['led1'] }, inputs: [],
  options: z.strictObject({ active: z.enum(['high', 'low']).default('high') }),
  create: (context, { active }): Part => {
    const connected = PINS.filter((pin) => context.pin(pin) !== undefined);
    const lamps = new Lamps(context, connected.map((pin) => [{ net: context.pin(pin), state: stateOf(active) }]));
    return { shows: () => ({ kind: 'lights', brightness: [lamps.brightness()] }), reset: () => lamps.reset(), snapshot: () => lamps.snapshot(), restore: (from) => lamps.restore(from) };
  },
});
