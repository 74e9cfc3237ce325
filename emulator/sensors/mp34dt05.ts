/**
 * STMicroelectronics MP34DT05-A and MP34DT06J: digital microphones with a PDM output.
 * Sources: MP34DT05-A datasheet DS12268 Rev 2; MP34DT06J datasheet DS12935. Confirmed by STMicroelectronics' user manual of the
 * STEVAL-BCN002V1, which repeats them: -26 dBFS at 94 dB SPL, 64 dB SNR (A-weighted), 122.5 dB SPL where the output is 10 %
 * distorted, clock from 1.2 to 3.25 MHz; by STMicroelectronics' support: 10 ms to turn on. From memory: the clock below which
 * they are in power-down, the currents. Boards give them slower clocks than 1.2 MHz, and they work.
 *
 * The bit is valid in one half of the clock, by the LR pin; firmware samples it on the edge that ends that half. Above full
 * scale, 120 dB SPL, the output clips. Not modelled: the frequency response, flat within 0.5 dB up to 10 kHz; distortion below
 * full scale.
 */
import { z } from 'zod';
import { definePart, together, type Part, type PartFactory } from './part.js';
import { FULL_SCALE_SPL, fullScalePascals, Membrane, type MicrophoneFigures } from './sound.js';

interface PdmFigures extends MicrophoneFigures {
  /** At 94 dB SPL. */
  readonly sensitivityDbfs: number;
  readonly sleepsBelowHz: number;
  readonly wakeUpSeconds: number;
  readonly microamps: { readonly active: number; readonly powerDown: number };
}

function pdmMicrophone(figures: PdmFigures): PartFactory {
  const { sensitivityDbfs, sleepsBelowHz, wakeUpSeconds, microamps } = figures;
  return definePart({
    bus: 'pdm',
    inputs: ['sound'],
    options: z.strictObject({
      /** LR: the left channel's bit is sampled on the falling edge of the clock, the right one's on the rising. */
      channel: z.enum(['left', 'right']).default('left'),
      fullScaleSpl: FULL_SCALE_SPL,
    }),
    create: (context, { channel, fullScaleSpl }): Part => {
      const membrane = new Membrane(context, fullScaleSpl, figures);
      const full = fullScalePascals(sensitivityDbfs);
      const say = (isAwake: boolean): void => context.draws(isAwake ? 'active' : 'power-down', isAwake ? microamps.active : microamps.powerDown);
      say(false);
      return {
        microphone: { source: { amplitude: (at) => membrane.pascals(at) / full }, sampledOn: channel === 'left' ? 'falling' : 'rising', sleepsBelowHz, wakeUpSeconds, onAwake: say },
        ...together({}, () => say(false)),
      };
    },
  });
}

export const MP34DT05_PART = pdmMicrophone({ sensitivityDbfs: -26, snrDb: 64, toleranceDb: 3, sleepsBelowHz: 230_000, wakeUpSeconds: 0.01, microamps: { active: 650, powerDown: 5 } });
export const MP34DT06_PART = pdmMicrophone({ sensitivityDbfs: -26, snrDb: 64, toleranceDb: 1, sleepsBelowHz: 230_000, wakeUpSeconds: 0.01, microamps: { active: 650, powerDown: 5 } });
