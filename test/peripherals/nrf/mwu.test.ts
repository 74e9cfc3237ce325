/** Nordic MWU: nRF52840 Product Specification v1.1, MWU. */
import { expect, it } from 'vitest';
import { MWU } from '../../../emulator/peripherals/nrf/mwu.js';
import { bench } from '../bench.js';

it('takes regions and what to watch', () => {
  const { write, read } = bench(MWU, 'nrf/mwu', {});
  write('REGION_START[1]', 0x2000_0000);
  write('REGION_END[1]', 0x2000_0fff);
  write('REGIONENSET', 0x0c);
  write('REGIONENCLR', 0x04);
  expect([read('REGION_START[1]'), read('REGION_END[1]'), read('REGIONEN'), read('EVENTS_REGION_WA[1]')]).toEqual([0x2000_0000, 0x2000_0fff, 0x08, 0]);
});

it('says once that it does not watch', () => {
  const { write, warnings } = bench(MWU, 'nrf/mwu', {});
  write('REGIONENSET', 0x01);
  write('REGIONENSET', 0x01);
  expect(warnings).toEqual([expect.stringContaining('REGIONEN')]);
});
