/**
 * Knowles SPU0410LR5H-QB: microphone with an analog output. Source: its data sheet, DC output 0.73 V; the swing is an option,
 * since boards put amplifiers behind it.
 */
import { z } from 'zod';
import { definePart, together, type Part } from './part.js';

export const SPU0410LR5H_PART = definePart({
  bus: 'analog',
  inputs: ['sound'],
  options: z.strictObject({
    /** Volts in silence, and between silence and full scale. */
    silence: z.number().min(0).max(3.3).default(0.73),
    swing: z.number().min(0).max(3.3).default(0.5),
  }),
  create: ({ world }, { silence, swing }): Part => ({
    voltage: { volts: (at) => Math.max(0, Math.min(3.3, silence + swing * Math.max(-1, Math.min(1, world.value('sound', at))))) },
    ...together({}),
  }),
});
