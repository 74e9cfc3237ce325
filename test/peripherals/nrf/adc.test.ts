/** nRF51's ADC: nRF51 Reference Manual v3.0, ADC. P0.26 is AIN0, P0.01 AIN2, P0.00 AREF0; the supply is 3.3 V. */
import { describe, expect, it } from 'vitest';
import { ADC } from '../../../emulator/peripherals/nrf/adc.js';
import { SteadyVoltage } from '../../../emulator/wires/analog.js';
import { Pin } from '../../../emulator/wires/net.js';
import { signalChip } from './signal-chip.js';

const BITS_8 = 0;
const BITS_10 = 2;
const ONE_THIRD = 2 << 2;
const TWO_THIRDS = 1 << 2;
const SUPPLY_ONE_THIRD = 6 << 2;
const EXTERNAL = 1 << 5;
const SUPPLY_ONE_HALF = 2 << 5;
const AIN0 = 1 << 8;
const AIN2 = 4 << 8;
const AREF0 = 1 << 16;

const setUp = () => {
  const on = signalChip({ hasLatch: false });
  const adc = on.add('adc', 'nrf/adc', ADC, 0x4000_7000);
  adc.write('ENABLE', 1);
  const drive = (pin: number, volts: number): void => new Pin('outside', on.net(pin)).driveAnalog(new SteadyVoltage(volts));
  return { ...on, adc, drive };
};

describe('a conversion', () => {
  it.each([
    ['0.9 V / 3 of 1.2 V, 10 bits',              26, 0.9, BITS_10 | ONE_THIRD | AIN0,       256],
    ['0.9 V of 1.2 V, 8 bits',                   26, 0.9, BITS_8 | AIN0,                    192],
    ['0.9 V * 2/3 of 1.2 V, 8 bits',             1,  0.9, BITS_8 | TWO_THIRDS | AIN2,       128],
    ['0.825 V of half the supply, 8 bits',       26, 0.825, BITS_8 | SUPPLY_ONE_HALF | AIN0, 128],
    ['the supply / 3 of 1.2 V, 10 bits: 938.7',  26, 0,   BITS_10 | SUPPLY_ONE_THIRD,       938],
    ['more than full scale',                     26, 3.0, BITS_10 | AIN0,                   1023],
  ])('gives %s', (_what, pin, volts, config, expected) => {
    const { adc, drive, tick } = setUp();
    drive(pin, volts);
    adc.write('CONFIG', config);
    adc.write('TASKS_START', 1);
    tick(68 * 16);
    expect(adc.read('RESULT')).toBe(expected);
  });

  it('takes an external reference: 0.5 V of 1 V at AREF0', () => {
    const { adc, drive, tick } = setUp();
    drive(26, 0.5);
    drive(0, 1);
    adc.write('CONFIG', BITS_8 | EXTERNAL | AREF0 | AIN0);
    adc.write('TASKS_START', 1);
    tick(20 * 16);
    expect(adc.read('RESULT')).toBe(128);
  });

  it.each([['8 bits', 0, 20], ['9 bits', 1, 36], ['10 bits', 2, 68]])('of %s ends after %i us', (_name, resolution, microseconds) => {
    const { adc, tick } = setUp();
    adc.write('CONFIG', resolution | AIN0);
    adc.write('TASKS_START', 1);
    tick(microseconds * 16 - 1);
    const before = [adc.read('EVENTS_END'), adc.read('BUSY')];
    tick(1);
    expect([before, [adc.read('EVENTS_END'), adc.read('BUSY')]]).toEqual([[0, 1], [1, 0]]);
  });
});
