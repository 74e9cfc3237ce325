/**
 * Knowles SPH0645LM4H-B and TDK InvenSense ICS-43434: digital microphones with an I2S output, 24 bits in slots of 32 clocks,
 * so that the sample rate is that of WS. The pin that chooses the channel is `lr`; with it open, the option does.
 * Sources: Knowles SPH0645LM4H-B data sheet, rev. B; TDK ICS-43434 data sheet DS-000069, rev. 1.2. Both: -26 dBFS at 94 dB SPL,
 * 65 dB SNR (A-weighted), 120 dB SPL overload point. From memory: clocks below which they sleep, start-up times, currents.
 *
 * The SPH0645's samples have 18 valid bits, and zeros below. It changes data on the rising edge of the clock: a receiver that
 * samples on that edge, as I2S receivers do, reads each bit a clock late, and the sample at half its value with what was on the
 * line before on top. Firmware for it shifts by one. Not modelled: frequency response, group delay, the low-power mode of the
 * ICS-43434, where it is noisier.
 */
import { z } from 'zod';
import { definePart, together, type Part, type PartFactory } from './part.js';
import { FULL_SCALE_SPL, fullScalePascals, Membrane, type MicrophoneFigures } from './sound.js';

const SLOT_BITS = 24;

interface I2sFigures extends MicrophoneFigures {
  /** At 94 dB SPL. */
  readonly sensitivityDbfs: number;
  /** Of the slot's, the higher ones. */
  readonly validBits: number;
  readonly changesOn: 'falling' | 'rising';
  readonly sleepsBelowHz: number;
  readonly wakeUpSeconds: number;
  readonly microamps: { readonly active: number; readonly sleep: number };
}

function i2sMicrophone(figures: I2sFigures): PartFactory {
  const { sensitivityDbfs, validBits, changesOn, sleepsBelowHz, wakeUpSeconds, microamps } = figures;
  const most = 2 ** (validBits - 1);
  const unit = 2 ** (SLOT_BITS - validBits);
  return definePart({
    bus: 'i2s',
    pins: ['lr'],
    inputs: ['sound'],
    options: z.strictObject({ channel: z.enum(['left', 'right']).default('left'), fullScaleSpl: FULL_SCALE_SPL }),
    create: (context, { channel, fullScaleSpl }): Part => {
      const membrane = new Membrane(context, fullScaleSpl, figures);
      const full = fullScalePascals(sensitivityDbfs);
      const lr = context.pin('lr');
      const say = (isAwake: boolean): void => context.draws(isAwake ? 'active' : 'sleep', isAwake ? microamps.active : microamps.sleep);
      say(false);
      return {
        i2s: {
          source: { sample: (at) => unit * Math.max(-most, Math.min(most - 1, Math.round((most * membrane.pascals(at)) / full))) },
          bits: SLOT_BITS, slotLevel: () => lr?.level ?? channel === 'right', changesOn, sleepsBelowHz, wakeUpSeconds, onAwake: say,
        },
        ...together({}, () => say(false)),
      };
    },
  });
}

export const SPH0645_PART = i2sMicrophone({
  sensitivityDbfs: -26, snrDb: 65, toleranceDb: 3, validBits: 18, changesOn: 'rising', sleepsBelowHz: 900_000, wakeUpSeconds: 0.05, microamps: { active: 600, sleep: 10 },
});
/** Silent for 2^18 clocks of 3.072 MHz. */
export const ICS43434_PART = i2sMicrophone({
  sensitivityDbfs: -26, snrDb: 65, toleranceDb: 1, validBits: 24, changesOn: 'falling', sleepsBelowHz: 200_000, wakeUpSeconds: 0.085, microamps: { active: 490, sleep: 12 },
});
