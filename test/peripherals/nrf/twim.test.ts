/** Nordic TWIM: nRF52840 Product Specification v1.1, TWIM. 250 kbit/s: a bit is 4 us, 2048 ticks; START comes 1.5 us after its task. */
import { describe, expect, it } from 'vitest';
import { attachPart, MICROSECOND, RAM, serialBench, type Registers } from './serial-bench.js';

const BIT = 4 * MICROSECOND;
const LATENCY = 1.5 * MICROSECOND;
const K250 = 0x0400_0000;
const LASTTX_STARTRX = 1 << 7;
const LASTTX_SUSPEND = 1 << 8;
const LASTTX_STOP = 1 << 9;
const LASTRX_STOP = 1 << 12;

function configure(twim: Pick<Registers, 'write'>, address = 0x1e): void {
  twim.write('PSEL.SCL', 0);
  twim.write('PSEL.SDA', 1);
  twim.write('FREQUENCY', K250);
  twim.write('ADDRESS', address);
  twim.write('ENABLE', 6);
  twim.write('TXD.PTR', RAM);
  twim.write('RXD.PTR', RAM + 0x100);
}

function twimWithPart(options: Parameters<typeof attachPart>[1] = {}) {
  const on = serialBench();
  const log = attachPart(on, options);
  const twim = on.add('nrf/twim');
  configure(twim);
  const happened = (event: string) => () => twim.peek(`EVENTS_${event}`) === 1;
  return { on, log, twim, happened };
}

describe('a write', () => {
  it('takes a START, nine bits for each byte and a STOP of one and a half', () => {
    const { on, log, twim, happened } = twimWithPart();
    on.ram.set([3, 0x77]);
    twim.write('TXD.MAXCNT', 2);
    twim.write('SHORTS', LASTTX_STOP);
    twim.write('TASKS_STARTTX', 1);
    expect([on.until(happened('STOPPED')), log, twim.read('TXD.AMOUNT')]).toEqual([LATENCY + (1 + 27 + 1.5) * BIT, ['W', '3', '77', 'P'], 2]);
  });

  it('gives LASTTX when the last byte starts', () => {
    const { on, twim, happened } = twimWithPart();
    twim.write('TXD.MAXCNT', 2);
    twim.write('TASKS_STARTTX', 1);
    expect(on.until(happened('LASTTX'))).toBe(LATENCY + (1 + 18) * BIT);
  });

  it('has the bit time that FREQUENCY says: 0x01980000 is 99.609 kbit/s', () => {
    const { on, twim, happened } = twimWithPart();
    twim.write('FREQUENCY', 0x0198_0000);
    twim.write('TXD.MAXCNT', 1);
    twim.write('TASKS_STARTTX', 1);
    const bit = (512e6 * 2 ** 32) / (0x0198_0000 * 16e6);
    // START and the address each begin on a whole tick.
    expect(on.until(happened('LASTTX'))).toBe(LATENCY + Math.ceil(bit) + Math.ceil(9 * bit));
  });

  it('uses the pointer of its start: another may be written after TXSTARTED', () => {
    const { on, log, twim, happened } = twimWithPart();
    on.ram.set([1, 2], 0);
    on.ram.set([9, 9], 0x40);
    twim.write('TXD.MAXCNT', 2);
    twim.write('SHORTS', LASTTX_STOP);
    twim.write('TASKS_STARTTX', 1);
    on.until(happened('TXSTARTED'));
    twim.write('TXD.PTR', RAM + 0x40);
    on.until(happened('STOPPED'));
    expect(log).toEqual(['W', '1', '2', 'P']);
  });

  it('out of flash sends zeros and says so once', () => {
    const { on, log, twim, happened } = twimWithPart();
    twim.write('TXD.PTR', 0x1000);
    twim.write('TXD.MAXCNT', 2);
    twim.write('SHORTS', LASTTX_STOP);
    twim.write('TASKS_STARTTX', 1);
    on.until(happened('STOPPED'));
    expect([log, on.chip.warnings.length]).toEqual([['W', '0', '0', 'P'], 1]);
  });

  it('waits after its last byte without a shortcut, SCL low, until STOP', () => {
    const { on, twim } = twimWithPart();
    twim.write('TXD.MAXCNT', 1);
    twim.write('TASKS_STARTTX', 1);
    on.tick(100 * BIT);
    const before = twim.peek('EVENTS_STOPPED');
    twim.write('TASKS_STOP', 1);
    expect([before, on.until(() => twim.peek('EVENTS_STOPPED') === 1)]).toEqual([0, 1.5 * BIT]);
  });

  it('goes on after a suspension with a repeated start when RESUME comes', () => {
    const { on, log, twim, happened } = twimWithPart();
    on.ram.set([1]);
    twim.write('TXD.MAXCNT', 1);
    twim.write('SHORTS', LASTTX_SUSPEND);
    twim.write('TASKS_STARTTX', 1);
    on.until(happened('SUSPENDED'));
    twim.write('SHORTS', LASTTX_STOP);
    twim.write('TASKS_STARTTX', 1);
    on.tick(100 * BIT);
    const before = log.slice();
    twim.write('TASKS_RESUME', 1);
    on.until(happened('STOPPED'));
    expect([before, log]).toEqual([['W', '1'], ['W', '1', 'W', '1', 'P']]);
  });
});

describe('a sensor read', () => {
  it('writes the register number, starts again and reads: LASTTX_STARTRX and LASTRX_STOP', () => {
    const { on, log, twim, happened } = twimWithPart();
    on.ram.set([4]);
    twim.write('TXD.MAXCNT', 1);
    twim.write('RXD.MAXCNT', 3);
    twim.write('SHORTS', LASTTX_STARTRX | LASTRX_STOP);
    twim.write('TASKS_STARTTX', 1);
    const ticks = on.until(happened('STOPPED'));
    expect([ticks, log, [...on.ram.subarray(0x100, 0x104)], twim.read('RXD.AMOUNT')])
      .toEqual([LATENCY + (1 + 18 + 1.5 + 9 + 27 + 1.5) * BIT, ['W', '4', 'R', 'P'], [0xa4, 0xa5, 0xa6, 0], 3]);
  });

  it('that is stopped in the middle of a byte refuses the next one', () => {
    const { on, log, twim, happened } = twimWithPart();
    twim.write('RXD.MAXCNT', 3);
    twim.write('TASKS_STARTRX', 1);
    on.tick(LATENCY + (1 + 9 + 4) * BIT);
    twim.write('TASKS_STOP', 1);
    expect([on.until(happened('STOPPED')), twim.read('RXD.AMOUNT'), twim.read('EVENTS_LASTRX'), log]).toEqual([(5 + 1.5) * BIT, 1, 0, ['R', 'P']]);
  });

  // Without a part, which its board would save: the address is not acknowledged.
  it.each([300, LATENCY + BIT, LATENCY + 5 * BIT])('goes on in a restored chip as in the first, from tick %i on', (moment) => {
    const lone = () => { const on = serialBench(); const twim = on.add('nrf/twim'); return { on, twim }; };
    const first = lone();
    configure(first.twim);
    first.twim.write('TASKS_STARTTX', 1);
    first.on.tick(moment);
    const second = lone();
    second.on.load(first.on.save());
    second.on.until(() => second.twim.peek('EVENTS_ERROR') === 1);
    expect([second.on.now(), second.twim.read('ERRORSRC')]).toEqual([LATENCY + 10 * BIT, 2]);
  });
});

describe('a byte that is not acknowledged', () => {
  it('an address: ERROR and ANACK after its ninth bit, STOPPED only after STOP', () => {
    const { on, twim, happened } = twimWithPart();
    twim.write('ADDRESS', 0x33);
    twim.write('TXD.MAXCNT', 1);
    twim.write('TASKS_STARTTX', 1);
    const ticks = on.until(happened('ERROR'));
    on.tick(100 * BIT);
    const before = twim.peek('EVENTS_STOPPED');
    twim.write('TASKS_STOP', 1);
    on.until(happened('STOPPED'));
    expect([ticks, twim.read('ERRORSRC'), twim.read('TXD.AMOUNT'), before]).toEqual([LATENCY + 10 * BIT, 2, 0, 0]);
  });

  it('data: DNACK, and AMOUNT counts the byte', () => {
    const { on, twim, happened } = twimWithPart({ refusesAfter: 1 });
    twim.write('TXD.MAXCNT', 3);
    twim.write('SHORTS', LASTTX_STOP);
    twim.write('TASKS_STARTTX', 1);
    on.until(happened('ERROR'));
    expect([twim.read('ERRORSRC'), twim.read('TXD.AMOUNT')]).toEqual([4, 2]);
  });
});

describe('beside other blocks', () => {
  it('an array list goes on by itself at each start that PPI triggers', () => {
    const { on, log, twim, happened } = twimWithPart();
    on.ram.set([1, 2, 3, 4]);
    twim.write('TXD.MAXCNT', 2);
    twim.write('TXD.LIST', 1);
    twim.write('SHORTS', LASTTX_STOP);
    const tap = on.fabric.tap(0x4000_8140);
    tap.listen(() => on.fabric.trigger(0x4000_3008));
    for (let n = 0; n < 2; n++) {
      tap.emit();
      on.until(happened('STOPPED'));
      twim.write('EVENTS_STOPPED', 0);
    }
    expect(log).toEqual(['W', '1', '2', 'P', 'W', '3', '4', 'P']);
  });

  it('has what was written before ENABLE, at an address that six blocks share', () => {
    const on = serialBench();
    const log = attachPart(on);
    const twim = on.addAll()('nrf/twim');
    configure(twim);
    on.ram.set([5]);
    twim.write('TXD.MAXCNT', 1);
    twim.write('SHORTS', LASTTX_STOP);
    twim.write('INTENSET', 1 << 1);
    twim.write('TASKS_STARTTX', 1);
    const ticks = on.until(() => twim.peek('EVENTS_STOPPED') === 1);
    expect([ticks, log, on.chip.levels.get('irq')]).toEqual([LATENCY + (1 + 18 + 1.5) * BIT, ['W', '5', 'P'], true]);
  });

  it('POWER 0 resets it', () => {
    const { twim } = twimWithPart();
    twim.write('POWER', 0);
    expect([twim.read('ENABLE'), twim.read('PSEL.SCL')]).toEqual([0, 0xffff_ffff]);
  });
});
