/** The committed motion-log sample: what its sources give, and what it logs of a known acceleration. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { collect } from '../oracles/qemu.js';
import { committed, rebuilt } from '../support/samples.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));

it.each(['motion-log.arduino-uno.elf', 'motion-log.arduino-uno.hex'])('%s is what its sources give', (file) => {
  expect(rebuilt('motion-log', file, { compiler: 'avr-gcc', version: '5.4.0' })).toBe(true);
}, 30_000);

const run = (...options: string[]) => collect(process.execPath, [
  THUMBELINA, 'run', committed('motion-log', 'motion-log.arduino-uno.hex'), '--board', 'arduino-uno', '--timeout', '350ms', ...options,
], '', 30_000);

it('logs what the sensor feels, in thousandths of g', async () => {
  const { stdout } = await run('--part', 'mpu6050,sda=A4,scl=A5', '--input', 'acceleration.x=-0.5g', '--input', 'acceleration.y=0.25g', '--input', 'acceleration.z=1g');
  expect(stdout).toBe('100 -500 250 1000\r\n200 -500 250 1000\r\n300 -500 250 1000\r\n');
}, 60_000);

it('says so when there is no sensor', async () => {
  expect((await run()).stdout).toBe('no MPU-6050 at 0x68\r\n');
}, 60_000);
