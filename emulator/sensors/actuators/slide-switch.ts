/** A slide switch that connects its pin to ground or to the supply. On its way it touches neither, and bounces at both. */
import { z } from 'zod';
import { Pin } from '../../wires/net.js';
import { definePart, type Part } from '../part.js';
import { Contact, LONGEST_BOUNCE_MS, USUAL_BOUNCE_MS } from './contact.js';

export const SLIDE_SWITCH_PART = definePart({
  what: 'slide switch between ground and the supply',
  bus: 'pins', pins: ['signal'], neededPins: { pins: ['signal'] }, inputs: [],
  options: z.strictObject({
    /** Milliseconds. */
    bounce: z.number().min(0).max(LONGEST_BOUNCE_MS).default(USUAL_BOUNCE_MS),
    /** Where it stands at first. */
    on: z.boolean().default(false),
  }),
  create: (context, { bounce, on }): Part => {
    const pin = new Pin(context.name, context.pin('signal')!);
    // While it moves it leaves the contact that it came from: what bounces is the one it goes to.
    const contact: Contact = new Contact(context, bounce, (touches) => {
      if (touches === contact.isClosed) pin.drive(contact.isClosed);
      else pin.release();
    });
    const stand = (): void => pin.drive(contact.isClosed);
    if (on) {
      contact.move(true);
      contact.reset();
    }
    stand();
    return {
      shows: () => ({ kind: 'switch', isOn: contact.isClosed }),
      controls: { on: { kind: 'switch', get: () => contact.isClosed, set: (isOn) => contact.move(isOn) } },
      reset: () => {
        contact.reset();
        stand();
      },
      snapshot: () => contact.snapshot(), restore: (from) => contact.restore(from),
    };
  },
});
