/** Nordic TEMP and RNG: nRF52840 Product Specification v1.1, TEMP, RNG; nRF51822 Product Specification v3.3. 25 ticks are 1 us. */
import { describe, expect, it } from 'vitest';
import { RNG } from '../../../emulator/peripherals/nrf/rng.js';
import { TEMP, type Temp } from '../../../emulator/peripherals/nrf/temp.js';
import { bench, BENCH_HZ } from '../bench.js';

const MICROSECOND = BENCH_HZ / 1_000_000;

describe('the temperature sensor', () => {
  it('is ready after 36 us', () => {
    const { write, peek, ticksUntil } = bench(TEMP, 'nrf/temp');
    write('TASKS_START', 1);
    expect(ticksUntil(() => peek('EVENTS_DATARDY') === 1)).toBe(36 * MICROSECOND);
  });

  it.each([[25, 100], [-10.5, 0xffff_ffd6], [36.6, 146]])('gives %f degrees in quarters', (celsius, quarters) => {
    const { device, write, read, tick } = bench<typeof TEMP.spec, Temp>(TEMP, 'nrf/temp');
    device.celsius = celsius;
    write('TASKS_START', 1);
    tick(36 * MICROSECOND);
    expect(read('TEMP')).toBe(quarters);
  });

  it('gives nothing after STOP', () => {
    const { write, peek, tick } = bench(TEMP, 'nrf/temp');
    write('TASKS_START', 1);
    write('TASKS_STOP', 1);
    tick(100 * MICROSECOND);
    expect(peek('EVENTS_DATARDY')).toBe(0);
  });

  it('refuses what no chip survives', () => {
    const { device } = bench<typeof TEMP.spec, Temp>(TEMP, 'nrf/temp');
    expect(() => { device.celsius = 1000; }).toThrow(/give one from -40 to 105/);
  });
});

describe('the random number generator', () => {
  it.each([['nrf52', 0, 30], ['nrf52', 1, 120], ['nrf51', 0, 167], ['nrf51', 1, 677]] as const)('of %s with DERCEN %i takes 128 us to start and %i us per byte', (family, correction, perByte) => {
    const { write, peek, ticksUntil } = bench(RNG, 'nrf/rng', { family });
    write('CONFIG', correction);
    write('TASKS_START', 1);
    const first = ticksUntil(() => peek('EVENTS_VALRDY') === 1);
    write('EVENTS_VALRDY', 0);
    expect([first, ticksUntil(() => peek('EVENTS_VALRDY') === 1)]).toEqual([(128 + perByte) * MICROSECOND, perByte * MICROSECOND]);
  });

  it('stops after a byte with its shortcut', () => {
    const { write, scheduled, tick } = bench(RNG, 'nrf/rng', { family: 'nrf52' });
    write('SHORTS', 1);
    write('TASKS_START', 1);
    tick(1000 * MICROSECOND);
    expect(scheduled()).toBe(0);
  });

  it('gives every value about as often: chi-squared over 25,600 bytes, 255 degrees of freedom', () => {
    const { write, read, peek, tick } = bench(RNG, 'nrf/rng', { family: 'nrf52' });
    const counts = new Array<number>(256).fill(0);
    write('TASKS_START', 1);
    for (let taken = 0; taken < 25_600;) {
      tick(30 * MICROSECOND);
      if (peek('EVENTS_VALRDY') === 0) continue;
      write('EVENTS_VALRDY', 0);
      counts[read('VALUE')]++;
      taken++;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    // Quantiles 0.0001 and 0.9999 of the distribution.
    expect([chiSquared > 178, chiSquared < 347]).toEqual([true, true]);
  });
});
