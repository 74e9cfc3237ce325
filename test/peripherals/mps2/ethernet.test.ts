import { expect, it } from 'vitest';
import { ETHERNET } from '../../../emulator/peripherals/mps2/ethernet.js';
import { bench } from '../bench.js';

/** Values as read on QEMU 7.2's mps2-an385. */
it('lets the MPS2 Ethernet controller be identified', () => {
  const { read, warnings } = bench(ETHERNET, 'mps2/ethernet');
  expect([read('ID_REV'), read('BYTE_TEST'), warnings]).toEqual([0x01180001, 0x87654321, []]);
});

it('says once that the rest of it is not modelled', () => {
  const { device, warnings } = bench(ETHERNET, 'mps2/ethernet');
  device.write(0x74, 1, 4);
  expect(device.read(0x84, 4)).toBe(0);
  expect(warnings).toEqual([expect.stringContaining('not modelled')]);
});
