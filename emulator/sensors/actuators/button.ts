/** A push button between a pin and the level that is active, with a resistor to the other one unless the chip has it. */
import { z } from 'zod';
import { Pin } from '../../wires/net.js';
import { definePart, type Part } from '../part.js';
import { Contact, LONGEST_BOUNCE_MS, USUAL_BOUNCE_MS } from './contact.js';

export const BUTTON_PART = definePart({
  what: 'push button',
  bus: 'pins', pins: ['signal'], neededPins: { pins: ['signal'] }, inputs: [],
  options: z.strictObject({
    /** The level that it connects the pin to. */
    active: z.enum(['low', 'high']).default('low'),
    /** Milliseconds. */
    bounce: z.number().min(0).max(LONGEST_BOUNCE_MS).default(USUAL_BOUNCE_MS),
    /** Whether it has a resistor to the other level. */
    resistor: z.boolean().default(true),
  }),
  create: (context, { active, bounce, resistor }): Part => {
    const isHigh = active === 'high';
    const pin = new Pin(context.name, context.pin('signal')!);
    const connect = (isClosed: boolean): void => {
      if (isClosed) pin.drive(isHigh);
      else pin.release();
    };
    const contact = new Contact(context, bounce, connect);
    const pull = (): void => { if (resistor) pin.pull(isHigh ? 'down' : 'up'); };
    pull();
    return {
      shows: () => ({ kind: 'switch', isOn: contact.isClosed }),
      controls: { pressed: { kind: 'switch', get: () => contact.isClosed, set: (isPressed) => contact.move(isPressed) } },
      reset: () => {
        pull();
        contact.reset();
      },
      snapshot: () => contact.snapshot(), restore: (from) => contact.restore(from),
    };
  },
});
