/** CryptoCell-310's generator by Arm's dx_rng.h, NFCT without a reader, MWU without watching. The bench's clock is 25 MHz. */
import { describe, expect, it } from 'vitest';
import { CRYPTOCELL } from '../../../emulator/peripherals/nrf/cryptocell.js';
import { MWU } from '../../../emulator/peripherals/nrf/mwu.js';
import { NFCT, NFCT_NRF52833 } from '../../../emulator/peripherals/nrf/nfct.js';
import type { MapSpec, RegisterMap } from '../../../emulator/peripherals/registers/index.js';
import { checkRegisterMap } from '../../support/register-checks.js';
import { bench } from '../bench.js';

describe('the random number generator', () => {
  const ready = (isEnabled = 1) => {
    const one = bench(CRYPTOCELL, 'nrf/cryptocell');
    one.write('ENABLE', isEnabled);
    one.write('SAMPLE_CNT1', 1000);
    one.write('RND_SOURCE_ENABLE', 1);
    return one;
  };

  it('fills its entropy register of 192 bits in 192 * SAMPLE_CNT1 * 2 cycles of 64 MHz', () => {
    const { peek, ticksUntil } = ready();
    expect(ticksUntil(() => (peek('RNG_ISR') & 1) === 1)).toBe((192 * 1000 * 2 * 25) / 64);
  });

  it('gives other words each time, and collects again after the last is read', () => {
    const { read, tick } = ready();
    const words: number[] = [];
    for (let turn = 0; turn < 2; turn++) {
      tick(200_000);
      for (let n = 0; n < 6; n++) words.push(read(`EHR_DATA[${n}]`));
    }
    expect([new Set(words).size, read('TRNG_VALID')]).toEqual([12, 0]);
  });

  it('interrupts when RNG_IMR lets it, until RNG_ICR', () => {
    const { write, tick, level } = ready();
    tick(200_000);
    const masked = level('irq');
    write('RNG_IMR', 0xe);
    const open = level('irq');
    write('RNG_ICR', 1);
    expect([masked, open, level('irq')]).toEqual([false, true, false]);
  });

  it('stands still and says so while ENABLE is 0', () => {
    const { read, tick, warnings } = ready(0);
    tick(200_000);
    expect([read('TRNG_VALID'), warnings.length]).toEqual([0, 1]);
  });
});

describe('NFCT', () => {
  it('sees no field', () => {
    const { write, read, peek, tick } = bench(NFCT, 'nrf/nfct', { family: 'nrf52840' });
    write('TASKS_SENSE', 1);
    tick(100_000);
    expect([read('FIELDPRESENT'), peek('EVENTS_FIELDDETECTED')]).toEqual([0, 0]);
  });

  it('becomes ready and idle when it is activated by firmware', () => {
    const { write, read, peek } = bench(NFCT, 'nrf/nfct', { family: 'nrf52840' });
    write('TASKS_ACTIVATE', 1);
    expect([peek('EVENTS_READY'), read('NFCTAGSTATE')]).toEqual([1, 3]);
  });

  it('of nRF52833 does what its register map says', () => {
    const map = NFCT_NRF52833 as unknown as RegisterMap<MapSpec>;
    expect(checkRegisterMap(map, bench(map, 'nrf/nfct', { family: 'nrf52833' }).device, { except: ['AUTOCOLRESCONFIG'] })).toEqual([]);
  });
});

it('MWU says once that it watches nothing', () => {
  const { write, warnings } = bench(MWU, 'nrf/mwu');
  write('REGIONENSET', 1);
  write('REGIONENSET', 2);
  expect(warnings).toHaveLength(1);
});
