/** Imperfections of a board's parts, and what they draw, as the machine has them. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseBoard, parsePart, withPart } from '../../emulator/boards/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { I2cBus } from '../../emulator/wires/i2c-bus.js';

const FOLDER = new URL('../../boards/', import.meta.url);
const chips = (name: string) => ({ text: readFileSync(new URL(`chips/${name}.yaml`, FOLDER), 'utf8'), fileName: `${name}.yaml` });
const nano = parseBoard(readFileSync(new URL('nano33ble.yaml', FOLDER), 'utf8'), 'nano33ble.yaml', chips);
const machineWith = (part: string, imperfections = false): EmulatedMachine => new EmulatedMachine(withPart(nano, parsePart(part), '--part'), { seed: 1, imperfections });

/** Volts of an ADXL335's x output, which are half its 3.3 V in a part without imperfections. */
const volts = (part: string, imperfections: boolean): number => machineWith(`adxl335,xout=A0${part}`, imperfections).pins.net('A0')!.volts();

it('are off unless the run asks for them, and a part\'s own word goes first', () => {
  const isIdeal = (part: string, imperfections: boolean): boolean => Math.abs(volts(part, imperfections) - 1.65) < 1e-9;
  expect([isIdeal('', false), isIdeal('', true), isIdeal(',imperfections=on', false), isIdeal(',imperfections=off', true)]).toEqual([true, false, false, true]);
});

it('are on or off', () => {
  expect(() => parsePart('adxl335,xout=A0,imperfections=some')).toThrow('imperfections are on or off, not "some"');
});

it('tells what a part draws now and drew in each state', () => {
  const machine = machineWith('mpu6050,sda=A4,scl=A5');
  const bus = I2cBus.on(machine.pins.net('A4')!, machine.pins.net('A5')!)!;
  const imu = machine.parts.find(({ part }) => part === 'mpu6050')!;
  const asleep = imu.draws;
  bus.startCondition();
  for (const byte of [0x68 << 1, 0x6b, 0x00]) bus.byteIn(byte);
  bus.stopCondition();
  expect([asleep, imu.draws]).toEqual([{ state: 'sleep', microamps: 5 }, { state: 'accelerometer and gyroscope', microamps: 3800 }]);
});
