/** Nordic SPIS: nRF52840 Product Specification v1.1, SPIS; seen from a SPIM of the same chip whose pads the board ties to its pads. */
import { describe, expect, it } from 'vitest';
import { RAM, serialBench } from './serial-bench.js';

const CSN_PAD = 3;
const END_ACQUIRE = 1 << 2;

/** SPIM on pads 0 to 2, with its own chip select on pad 3; SPIS on pads 10 to 13. */
function pair(config = 0, family = 'nrf52') {
  const on = serialBench();
  const spim = on.add('nrf/spim', 0x4000_3000, { isFast: true });
  const spis = on.add('nrf/spis', 0x4000_4000, { family });
  for (const [name, value] of [['PSEL.SCK', 0], ['PSEL.MOSI', 1], ['PSEL.MISO', 2], ['PSEL.CSN', CSN_PAD], ['FREQUENCY', 0x1000_0000], ['CONFIG', config], ['ORC', 0xcc],
    ['TXD.PTR', RAM], ['RXD.PTR', RAM + 0x100], ['ENABLE', 7]] as const) spim.write(name, value);
  for (const [name, value] of [['PSEL.SCK', 10], ['PSEL.MOSI', 11], ['PSEL.MISO', 12], ['PSEL.CSN', 13], ['CONFIG', config], ['DEF', 0xdd], ['ORC', 0xee],
    ['RXD.PTR', RAM + 0x200], ['TXD.PTR', RAM + 0x300], ['RXD.MAXCNT', 2], ['TXD.MAXCNT', 2], ['ENABLE', 2]] as const) spis.write(name, value);
  on.ram.set([1, 2, 3], 0);
  on.ram.set([0x31, 0x32], 0x300);
  /** So many bytes each way. @returns what the master received */
  const exchange = (bytes: number): number[] => {
    spim.write('TXD.MAXCNT', bytes);
    spim.write('RXD.MAXCNT', bytes);
    spim.write('EVENTS_END', 0);
    spim.write('TASKS_START', 1);
    on.until(() => spim.peek('EVENTS_END') === 1);
    return [...on.ram.subarray(0x100, 0x100 + bytes)];
  };
  return { on, spim, spis, exchange };
}

describe('the semaphore', () => {
  it('is the CPU\'s after reset: a transaction is ignored, DEF is sent', () => {
    const { on, spis, exchange } = pair();
    expect([exchange(2), spis.read('SEMSTAT'), spis.read('EVENTS_END'), on.ram[0x200]]).toEqual([[0xdd, 0xdd], 1, 0, 0]);
  });

  it('released, lets a transaction have the buffers and is free after it', () => {
    const { on, spis, exchange } = pair();
    spis.write('TASKS_RELEASE', 1);
    expect([exchange(2), [...on.ram.subarray(0x200, 0x202)], spis.read('SEMSTAT'), spis.read('EVENTS_END'), spis.read('RXD.AMOUNT'), spis.read('TXD.AMOUNT')])
      .toEqual([[0x31, 0x32], [1, 2], 0, 1, 2, 2]);
  });

  it('comes back to the CPU with END_ACQUIRE', () => {
    const { spis, exchange } = pair();
    spis.write('SHORTS', END_ACQUIRE);
    spis.write('TASKS_RELEASE', 1);
    exchange(1);
    expect([spis.read('SEMSTAT'), spis.read('EVENTS_ACQUIRED')]).toEqual([1, 1]);
  });

  it('asked for during a transaction is given at its end', () => {
    const { on, spim, spis } = pair();
    spis.write('TASKS_RELEASE', 1);
    spim.write('TXD.MAXCNT', 2);
    spim.write('TASKS_START', 1);
    on.tick(3000);
    spis.write('TASKS_ACQUIRE', 1);
    const during = [spis.read('SEMSTAT'), spis.read('EVENTS_ACQUIRED')];
    on.until(() => spim.peek('EVENTS_END') === 1);
    expect([during, spis.read('SEMSTAT'), spis.read('EVENTS_ACQUIRED')]).toEqual([[3, 0], 1, 1]);
  });
});

it('past its buffers sends ORC, discards, and says so in STATUS', () => {
  const { on, spis, exchange } = pair();
  spis.write('TASKS_RELEASE', 1);
  expect([exchange(3), spis.read('STATUS'), [...on.ram.subarray(0x200, 0x203)], spis.read('RXD.AMOUNT')]).toEqual([[0x31, 0x32, 0xee], 3, [1, 2, 0], 2]);
});

it.each([0, 2, 4, 6, 1, 7])('understands a master with the same CONFIG: %i', (config) => {
  const { on, spis, exchange } = pair(config);
  spis.write('TASKS_RELEASE', 1);
  expect([exchange(2), [...on.ram.subarray(0x200, 0x202)]]).toEqual([[0x31, 0x32], [1, 2]]);
});

it('has counts of eight bits on nRF51', () => {
  const { spis } = pair(0, 'nrf51');
  spis.write('RXD.MAXCNT', 0x1ff);
  expect(spis.read('RXD.MAXCNT')).toBe(0xff);
});

it('goes on from a snapshot in the middle of a transaction', () => {
  const first = pair();
  first.spis.write('TASKS_RELEASE', 1);
  first.spim.write('TXD.MAXCNT', 2);
  first.spim.write('TASKS_START', 1);
  first.on.tick(5000);
  const second = pair();
  second.on.load(first.on.save());
  second.on.until(() => second.spim.peek('EVENTS_END') === 1);
  expect([[...second.on.ram.subarray(0x200, 0x202)], second.spis.read('EVENTS_END'), second.spis.read('RXD.AMOUNT')]).toEqual([[1, 2], 1, 2]);
});
