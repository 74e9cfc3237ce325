/** Nordic TWIS: nRF52840 Product Specification v1.1, TWIS; seen from a TWIM of the same chip whose pads the board ties to its pads. */
import { describe, expect, it } from 'vitest';
import { Pin } from '../../../emulator/wires/net.js';
import { MICROSECOND, RAM, serialBench } from './serial-bench.js';

const BIT = 4 * MICROSECOND;
const LATENCY = 1.5 * MICROSECOND;
const LASTTX_STARTRX = 1 << 7;
const LASTTX_STOP = 1 << 9;
const LASTRX_STOP = 1 << 12;
const WRITE_SUSPEND = 1 << 13;

/** @param isWatched somebody records SDA, so that true levels are driven; pull-ups are on the board */
function pair(isWatched = false) {
  const on = serialBench();
  const twim = on.add('nrf/twim', 0x4000_3000);
  const twis = on.add('nrf/twis', 0x4000_4000);
  for (const net of [on.net(0), on.net(1)]) new Pin('pull-up', net).pull('up');
  twim.write('PSEL.SCL', 0);
  twim.write('PSEL.SDA', 1);
  twim.write('ADDRESS', 0x42);
  twim.write('ENABLE', 6);
  twim.write('TXD.PTR', RAM);
  twim.write('RXD.PTR', RAM + 0x100);
  twis.write('PSEL.SCL', 10);
  twis.write('PSEL.SDA', 11);
  twis.write('ADDRESS[0]', 0x11);
  twis.write('ADDRESS[1]', 0x42);
  twis.write('CONFIG', 3);
  twis.write('ENABLE', 9);
  twis.write('RXD.PTR', RAM + 0x200);
  twis.write('TXD.PTR', RAM + 0x300);
  twis.write('ORC', 0xee);
  if (isWatched) on.net(1).onEdge(() => undefined);
  const until = (registers: typeof twim, event: string): number => on.until(() => registers.peek(`EVENTS_${event}`) === 1);
  return { on, twim, twis, until };
}

describe('a write to it', () => {
  it('arrives in RAM; the second address matched', () => {
    const { on, twim, twis, until } = pair();
    on.ram.set([7, 8, 9]);
    twim.write('TXD.MAXCNT', 3);
    twim.write('SHORTS', LASTTX_STOP);
    twis.write('RXD.MAXCNT', 8);
    twis.write('TASKS_PREPARERX', 1);
    twim.write('TASKS_STARTTX', 1);
    const ticks = until(twim, 'STOPPED');
    expect([ticks, [...on.ram.subarray(0x200, 0x204)], twis.read('RXD.AMOUNT'), twis.read('MATCH'), twis.read('EVENTS_WRITE'), twis.read('EVENTS_STOPPED')])
      .toEqual([LATENCY + (1 + 36 + 1.5) * BIT, [7, 8, 9, 0], 3, 1, 1, 1]);
  });

  it('is refused past MAXCNT: OVERFLOW here, DNACK there', () => {
    const { twim, twis, until } = pair();
    twim.write('TXD.MAXCNT', 3);
    twis.write('RXD.MAXCNT', 2);
    twis.write('TASKS_PREPARERX', 1);
    twim.write('TASKS_STARTTX', 1);
    until(twim, 'ERROR');
    expect([twis.read('EVENTS_ERROR'), twis.read('ERRORSRC'), twim.read('ERRORSRC')]).toEqual([1, 5, 4]);
  });

  it.each([['not watched', false], ['watched', true]])('waits, SCL held low, until it is prepared (%s)', (_, isWatched) => {
    const { on, twim, twis, until } = pair(isWatched);
    twim.write('TXD.MAXCNT', 1);
    twim.write('SHORTS', LASTTX_STOP);
    twis.write('RXD.MAXCNT', 8);
    twim.write('TASKS_STARTTX', 1);
    on.tick(1000 * BIT);
    const before = [twis.peek('EVENTS_WRITE'), twis.peek('EVENTS_RXSTARTED'), twim.peek('EVENTS_STOPPED')];
    twis.write('TASKS_PREPARERX', 1);
    // SCL rises now, for the ninth bit's second half; then a byte and the STOP.
    expect([before, until(twim, 'STOPPED')]).toEqual([[1, 0, 0], (0.5 + 9 + 1.5) * BIT]);
  });

  it('waits for RESUME with the shortcut WRITE_SUSPEND', () => {
    const { on, twim, twis, until } = pair();
    twim.write('TXD.MAXCNT', 1);
    twim.write('SHORTS', LASTTX_STOP);
    twis.write('RXD.MAXCNT', 8);
    twis.write('SHORTS', WRITE_SUSPEND);
    twis.write('TASKS_PREPARERX', 1);
    twim.write('TASKS_STARTTX', 1);
    on.tick(1000 * BIT);
    const before = twim.peek('EVENTS_STOPPED');
    twis.write('TASKS_RESUME', 1);
    expect([before, until(twim, 'STOPPED')]).toEqual([0, (0.5 + 9 + 1.5) * BIT]);
  });
});

describe('a read of it', () => {
  it('after a write with a repeated start: bytes of RAM, then ORC with an error', () => {
    const { on, twim, twis, until } = pair();
    on.ram.set([7]);
    on.ram.set([0x31, 0x32], 0x300);
    twim.write('TXD.MAXCNT', 1);
    twim.write('RXD.MAXCNT', 3);
    twim.write('SHORTS', LASTTX_STARTRX | LASTRX_STOP);
    twis.write('RXD.MAXCNT', 1);
    twis.write('TXD.MAXCNT', 2);
    twis.write('TASKS_PREPARERX', 1);
    twis.write('TASKS_PREPARETX', 1);
    twim.write('TASKS_STARTTX', 1);
    until(twim, 'STOPPED');
    expect([[...on.ram.subarray(0x100, 0x103)], twis.read('ERRORSRC'), twis.read('TXD.AMOUNT'), twis.read('EVENTS_READ')])
      .toEqual([[0x31, 0x32, 0xee], 8, 2, 1]);
  });
});

it('does not answer at other addresses, nor at one that CONFIG leaves out', () => {
  const { twim, twis, until } = pair();
  twis.write('CONFIG', 1);
  twim.write('TASKS_STARTTX', 1);
  until(twim, 'ERROR');
  expect([twim.read('ERRORSRC'), twis.peek('EVENTS_WRITE')]).toEqual([2, 0]);
});

it('goes on from a snapshot while it holds SCL low', () => {
  const first = pair();
  first.on.ram.set([7]);
  first.twim.write('TXD.MAXCNT', 1);
  first.twim.write('SHORTS', LASTTX_STOP);
  first.twis.write('RXD.MAXCNT', 8);
  first.twim.write('TASKS_STARTTX', 1);
  first.on.tick(100 * BIT);
  const second = pair();
  second.on.load(first.on.save());
  second.twis.write('TASKS_PREPARERX', 1);
  expect([second.until(second.twim, 'STOPPED'), second.twis.read('RXD.AMOUNT')]).toEqual([11 * BIT, 1]);
});
