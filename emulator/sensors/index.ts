/**
 * Every part that a board description may name. A new part is one source file, one test and one line here; a board that has
 * it is a line in its YAML file.
 */
import { ACTUATORS } from './actuators/index.js';
import { ADXL335_PART } from './adxl335.js';
import { ADXL345_PART } from './adxl345.js';
import { ELECTRET_PART, SPU0410LR5H_PART } from './analog-microphones.js';
import { APDS9960_PART } from './apds9960.js';
import { BME280_PART } from './bme280.js';
import { ARDUCAM_MINI_2MP_PART } from './arducam-mini.js';
import { HM01B0_PART } from './hm01b0.js';
import { HTS221_PART } from './hts221.js';
import { ICM20948_PART } from './icm20948.js';
import { LIS2DH12_PART } from './lis2dh12.js';
import { ICS43434_PART, SPH0645_PART } from './i2s-microphones.js';
import { LPS22HB_PART } from './lps22hb.js';
import { LSM303AGR_PART } from './lsm303agr.js';
import { LSM9DS1_PART } from './lsm9ds1.js';
import { MAG3110_PART } from './mag3110.js';
import { MMA8653_PART } from './mma8653.js';
import { MP34DT05_PART, MP34DT06_PART } from './mp34dt05.js';
import { Mx25r6435f, type FlashTime } from './mx25r6435f.js';
import { MPU6050_PART } from './mpu6050.js';
import { OV7670_PART, OV7675_PART } from './ov7670.js';
import type { PartFactory } from './part.js';
import type { QuadSpiFlash } from '../wires/quad-spi.js';

/** Serial flashes by their part's name, for a board's `qspi`. */
export const QUAD_FLASHES = {
  mx25r6435f: (time: FlashTime): QuadSpiFlash => new Mx25r6435f(time),
} as const;

export { Stimuli, stimulusFrom, type StimulusOptions } from './stimuli/build.js';
export { played, readCsv, type Recording } from './stimuli/csv.js';
export { parseStimuli, parseStimuliText, recordedStimuli, type StimuliDescription, type Target, type Track } from './stimuli/description.js';
export { descriptionOf, trackOfFlag, trackOfInput, type SourceInput, type TrackInput } from './stimuli/flags.js';
export { LiveSound, LiveValues, type LiveSource, type LiveSources } from './stimuli/live.js';
export { writeResd } from './stimuli/resd.js';
export { writeSds } from './stimuli/sds.js';
export { mixed, placed, valueAt, type Placement, type Signal } from './stimuli/signal.js';
export { StimulusError } from './stimuli/stimulus-error.js';
export { readPictures } from './stimuli/pictures/read.js';
export { uniformAt } from './stimuli/random.js';
export { readWav } from './stimuli/wav.js';

export const PARTS: Readonly<Record<string, PartFactory>> = {
  adxl335:     ADXL335_PART,
  adxl345:     ADXL345_PART,
  apds9960:    APDS9960_PART,
  bme280:      BME280_PART,
  electret:    ELECTRET_PART,
  'arducam-mini-2mp': ARDUCAM_MINI_2MP_PART,
  hm01b0:      HM01B0_PART,
  hts221:      HTS221_PART,
  icm20948:    ICM20948_PART,
  ics43434:    ICS43434_PART,
  lis2dh12:    LIS2DH12_PART,
  lps22hb:     LPS22HB_PART,
  lsm303agr:   LSM303AGR_PART,
  lsm9ds1:     LSM9DS1_PART,
  mag3110:     MAG3110_PART,
  mma8653:     MMA8653_PART,
  mp34dt05:    MP34DT05_PART,
  mp34dt06:    MP34DT06_PART,
  mpu6050:     MPU6050_PART,
  ov7670:      OV7670_PART,
  ov7675:      OV7675_PART,
  sph0645:     SPH0645_PART,
  spu0410lr5h: SPU0410LR5H_PART,
  ...ACTUATORS,
};

export { ChargeMeter, type StateUse } from './charge.js';
export { Inputs, QUANTITIES, turned, UNTURNED, type Axis, type PartAxes, type Picture, type PictureStimulus, type Quantity, type Stimulus, type World } from './inputs.js';
export { addressesInOrder, BUS_WIRES, definePart, type Part, type PartBus, type PartContext, type PartFactory } from './part.js';
export type { Colour, Control, Shown } from './shown.js';
