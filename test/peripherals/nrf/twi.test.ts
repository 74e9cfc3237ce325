/** Nordic TWI: nRF51 Reference Manual v3.0, TWI. 250 kbit/s: a bit is 2048 ticks; START comes 1.5 us after its task. */
import { expect, it } from 'vitest';
import { attachPart, MICROSECOND, serialBench } from './serial-bench.js';

const BIT = 4 * MICROSECOND;
const LATENCY = 1.5 * MICROSECOND;
const BB_SUSPEND = 1;
const BB_STOP = 2;

function twiWithPart(options: Parameters<typeof attachPart>[1] = {}) {
  const on = serialBench();
  const log = attachPart(on, options);
  const twi = on.add('nrf/twi');
  twi.write('PSEL.SCL', 0);
  twi.write('PSEL.SDA', 1);
  twi.write('ADDRESS', 0x1e);
  twi.write('ENABLE', 5);
  /** Waits for an event and clears it, as drivers do. */
  const wait = (event: string): number => {
    const ticks = on.until(() => twi.peek(`EVENTS_${event}`) === 1);
    twi.write(`EVENTS_${event}`, 0);
    return ticks;
  };
  return { on, log, twi, wait };
}

it('sends each byte of TXD and waits for the next one', () => {
  const { on, log, twi, wait } = twiWithPart();
  twi.write('TASKS_STARTTX', 1);
  twi.write('TXD', 2);
  const first = wait('TXDSENT');
  on.tick(50 * BIT);
  twi.write('TXD', 0x99);
  const second = wait('TXDSENT');
  twi.write('TASKS_STOP', 1);
  expect([first, second, wait('STOPPED'), log]).toEqual([LATENCY + 19 * BIT, 9 * BIT, 1.5 * BIT, ['W', '2', '99', 'P']]);
});

it('reads with BB_SUSPEND for each byte and BB_STOP for the last, as byte-wise drivers do', () => {
  const { on, log, twi, wait } = twiWithPart();
  const bytes: number[] = [];
  twi.write('TASKS_STARTTX', 1);
  twi.write('TXD', 3);
  wait('TXDSENT');
  twi.write('SHORTS', BB_SUSPEND);
  twi.write('TASKS_STARTRX', 1);
  for (let left = 3; left > 0; left--) {
    wait('RXDREADY');
    on.tick(50 * BIT);
    bytes.push(twi.read('RXD'));
    if (left === 2) twi.write('SHORTS', BB_STOP);
    if (left > 1) twi.write('TASKS_RESUME', 1);
  }
  on.tick(10 * BIT);
  expect([bytes, twi.read('EVENTS_STOPPED'), twi.read('ERRORSRC'), log]).toEqual([[0xa3, 0xa4, 0xa5], 1, 0, ['W', '3', 'R', 'P']]);
});

it('stops by itself after a single byte with BB_STOP', () => {
  const { twi, wait } = twiWithPart();
  twi.write('SHORTS', BB_STOP);
  twi.write('TASKS_STARTRX', 1);
  expect([wait('STOPPED'), twi.read('RXD')]).toEqual([LATENCY + (1 + 18 + 1.5) * BIT, 0xa0]);
});

it('says OVERRUN when a byte arrives before the last one was read', () => {
  const { on, twi, wait } = twiWithPart();
  twi.write('TASKS_STARTRX', 1);
  on.tick(LATENCY + 28 * BIT - 1);
  const before = twi.peek('EVENTS_ERROR');
  wait('ERROR');
  expect([before, twi.read('ERRORSRC')]).toEqual([0, 1]);
});

it.each([
  ['an address that nobody has', 0x44, Infinity, 2, LATENCY + 10 * BIT],
  ['data that is refused', 0x1e, 0, 4, LATENCY + 19 * BIT],
])('says ERROR for %s', (_, address, refusesAfter, source, ticks) => {
  const { twi, wait } = twiWithPart({ refusesAfter });
  twi.write('ADDRESS', address);
  twi.write('TASKS_STARTTX', 1);
  twi.write('TXD', 1);
  expect([wait('ERROR'), twi.read('ERRORSRC'), twi.peek('EVENTS_TXDSENT')]).toEqual([ticks, source, 0]);
});
