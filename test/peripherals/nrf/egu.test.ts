/** Nordic EGU: nRF52840 Product Specification v1.1, EGU. */
import { expect, it } from 'vitest';
import { EGU } from '../../../emulator/peripherals/nrf/egu.js';
import { bench } from '../bench.js';

it('has the event of a triggered task, and interrupts while INTEN asks for it', () => {
  const { write, peek, level } = bench(EGU, 'nrf/egu');
  write('INTENSET', 1 << 15);
  write('TASKS_TRIGGER[14]', 1);
  const other = level('irq');
  write('TASKS_TRIGGER[15]', 1);
  const asked = level('irq');
  write('INTENCLR', 1 << 15);
  expect([peek('EVENTS_TRIGGERED[14]'), other, asked, level('irq')]).toEqual([1, false, true, false]);
});
