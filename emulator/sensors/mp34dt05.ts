/**
 * STMicroelectronics MP34DT05-A: digital microphone with a PDM output.
 * Source: MP34DT05-A datasheet DS12268 Rev 2. Its bit is valid in one half of the clock, by its LR pin; firmware samples it
 * on the edge that ends that half. Not modelled: noise, frequency response, the clock rate below which it sleeps.
 */
import { z } from 'zod';
import { definePart, together, type Part } from './part.js';

export const MP34DT05_PART = definePart({
  bus: 'pdm',
  inputs: ['sound'],
  // The left channel's bit is sampled on the falling edge of the clock, the right one's on the rising.
  options: z.strictObject({ channel: z.enum(['left', 'right']).default('left') }),
  create: ({ world }, { channel }): Part => ({
    microphone: { source: { amplitude: (at) => world.value('sound', at) }, sampledOn: channel === 'left' ? 'falling' : 'rising' },
    ...together({}),
  }),
});
