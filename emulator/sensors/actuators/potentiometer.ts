/** A potentiometer between ground and the supply, its wiper on an analog input. */
import { z } from 'zod';
import { definePart, type Part } from '../part.js';
import { numberFrom } from '../saved.js';

export const POTENTIOMETER_PART = definePart({
  what: 'a knob or a slider: a voltage between ground and the supply',
  bus: 'analog',
  inputs: [],
  options: z.strictObject({
    /** Where it stands at power-on. */
    position: z.number().min(0).max(1).default(0.5),
    /** Volts at its upper end. */
    volts: z.number().min(0).max(5).default(3.3),
  }),
  create: ({ changed }, { position, volts }): Part => {
    let share = position;
    return {
      voltage: { volts: () => share * volts },
      shows: () => ({ kind: 'position', share }),
      controls: {
        position: {
          kind: 'share',
          get: () => share,
          set: (value) => {
            if (!(value >= 0 && value <= 1)) throw new RangeError(`a potentiometer at ${value}: give a share from 0 to 1`);
            share = value;
            changed?.();
          },
        },
      },
      // People leave a knob where it is, with and without supply.
      reset: () => undefined,
      snapshot: () => ({ share }),
      restore: (from) => { share = numberFrom(from, 'share'); },
    };
  },
});
