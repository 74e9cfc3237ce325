/** The undocumented registers that the workarounds of nRF52840 errata 171 and 187 write. */
import { expect, it } from 'vitest';
import { USBD_ERRATA } from '../../../emulator/peripherals/nrf/usbd-errata.js';
import { bench } from '../bench.js';

it('are unlocked by 0x9375, written, and locked again, without a warning', () => {
  const { read, write, warnings } = bench(USBD_ERRATA, 'nrf/usbd-errata');
  write('ERRATA171', 0xc0);
  const locked = [read('LOCK'), read('ERRATA171')];
  write('LOCK', 0x9375);
  write('ERRATA171', 0xc0);
  write('LOCK', 0x9375);
  expect([locked, read('ERRATA171'), read('LOCK'), warnings]).toEqual([[0, 0], 0xc0, 0, []]);
});
