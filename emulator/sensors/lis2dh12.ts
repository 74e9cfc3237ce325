/**
 * STMicroelectronics LIS2DH12: accelerometer on I2C or SPI. The element is that of `st-accelerometer.ts`.
 * Source: LIS2DH12 datasheet DocID025056 Rev 6: Table 4 (sensitivities, all modes), Table 12 (currents of operating modes, confirmed
 * by the same table in the LIS2DH's and LIS3DH's datasheets), Table 5 (power-down).
 */
import { z } from 'zod';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part } from './part.js';
import { readBit7MultipleBit6, SpiRegisters } from './spi-registers.js';
import { StAccelerometer } from './st-accelerometer.js';

const DIGITS = { highResolution: [1, 2, 4, 12], normal: [4, 8, 16, 48], lowPower: [16, 32, 64, 192] } as const;
const MICROAMPS = {
  powerDown: 0.5,
  highResolution: [0, 2, 4, 6, 11, 20, 38, 73, 0, 185], normal: [0, 2, 4, 6, 11, 20, 38, 73, 0, 185], lowPower: [0, 2, 3, 4, 6, 10, 18, 36, 100, 185],
} as const;

export const LIS2DH12_PART = definePart({
  what: 'accelerometer', bus: ['i2c', 'spi'], addresses: [[0x18, 0x19]], pins: ['int1', 'int2'],
  inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z', 'temperature'],
  options: z.strictObject({}),
  create: (context): Part => {
    const pin = (name: string): InterruptPin => new InterruptPin(`${context.name} ${name}`, context.pin(name));
    const element = new StAccelerometer(context, {
      instance: context.name, digits: DIGITS, microamps: MICROAMPS,
      draws: (state, microamps, at) => context.draws(state, microamps, at),
      output: (activeHigh) => ({ activeHigh, openDrain: false }),
    }, [pin('int1'), pin('int2')]);
    const spi = new SpiRegisters(element.file, readBit7MultipleBit6);
    return { targets: [element.file], spi: { device: spi }, ...together({ ...element.parts, spi }, () => element.reset()) };
  },
});
