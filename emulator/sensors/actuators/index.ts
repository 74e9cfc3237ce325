/** What a person sees, hears and touches, and other parts that measure nothing. */
import type { PartFactory } from '../part.js';
import { MAX7219_PART } from './max7219.js';
import { POTENTIOMETER_PART } from './potentiometer.js';

export const ACTUATORS: Readonly<Record<string, PartFactory>> = {
  max7219:       MAX7219_PART,
  potentiometer: POTENTIOMETER_PART,
};
