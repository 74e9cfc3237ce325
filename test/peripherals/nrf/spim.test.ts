/** Nordic SPIM: nRF52840 Product Specification v1.1, SPIM. 1 Mbit/s: a bit is 512 ticks; the transfer begins 1 us after START. */
import { describe, expect, it } from 'vitest';
import { attachSpiPart, MICROSECOND, RAM, serialBench } from './serial-bench.js';

const BIT = MICROSECOND;
const BYTE = 8 * BIT;
const LATENCY = MICROSECOND;
const M1 = 0x1000_0000;
const END_START = 1 << 17;

function spimWithPart(options: Record<string, unknown> = {}, cs = 5) {
  const on = serialBench();
  const { log, csPin } = attachSpiPart(on, cs);
  if (cs === 5) csPin.drive(true);
  const spim = on.add('nrf/spim', 0x4000_3000, options);
  spim.write('PSEL.SCK', 0);
  spim.write('PSEL.MOSI', 1);
  spim.write('PSEL.MISO', 2);
  spim.write('FREQUENCY', M1);
  spim.write('TXD.PTR', RAM);
  spim.write('RXD.PTR', RAM + 0x100);
  spim.write('ORC', 0xcc);
  spim.write('ENABLE', 7);
  if (cs === 5) csPin.drive(false);
  const until = (event: string): number => on.until(() => spim.peek(`EVENTS_${event}`) === 1);
  return { on, log, spim, until, csPin };
}

describe('a transfer', () => {
  it('moves bytes both ways at once, eight bits each', () => {
    const { on, log, spim, until } = spimWithPart();
    on.ram.set([1, 2, 3]);
    spim.write('TXD.MAXCNT', 3);
    spim.write('RXD.MAXCNT', 3);
    spim.write('TASKS_START', 1);
    expect([until('END'), log, [...on.ram.subarray(0x100, 0x104)], spim.read('TXD.AMOUNT'), spim.read('RXD.AMOUNT')])
      .toEqual([LATENCY + 3 * BYTE, ['S', '1', '2', '3'], [0x55, 2, 3, 0], 3, 3]);
  });

  it('sends ORC when more is received than sent; ENDTX comes with the last byte of TXD', () => {
    const { on, log, spim, until } = spimWithPart();
    on.ram.set([1]);
    spim.write('TXD.MAXCNT', 1);
    spim.write('RXD.MAXCNT', 3);
    spim.write('TASKS_START', 1);
    expect([until('ENDTX'), until('END'), log]).toEqual([LATENCY + BYTE, 2 * BYTE, ['S', '1', 'cc', 'cc']]);
  });

  it('uses pointer and count of its start: others may be written after STARTED', () => {
    const { on, log, spim, until } = spimWithPart();
    on.ram.set([1, 2], 0);
    spim.write('TXD.MAXCNT', 2);
    spim.write('TASKS_START', 1);
    until('STARTED');
    spim.write('TXD.PTR', RAM + 0x40);
    spim.write('TXD.MAXCNT', 9);
    until('END');
    expect(log).toEqual(['S', '1', '2']);
  });

  it('ends after STOP with the byte on its way: STOPPED, ENDRX and ENDTX, no END', () => {
    const { on, spim, until } = spimWithPart();
    spim.write('TXD.MAXCNT', 10);
    spim.write('RXD.MAXCNT', 10);
    spim.write('TASKS_START', 1);
    on.tick(LATENCY + BYTE + 1);
    spim.write('TASKS_STOP', 1);
    expect([until('STOPPED'), spim.read('RXD.AMOUNT'), ...['ENDRX', 'ENDTX', 'END'].map((event) => spim.read(`EVENTS_${event}`))]).toEqual([BYTE - 1, 2, 1, 1, 0]);
  });

  it('is suspended between two bytes', () => {
    const { on, spim, until } = spimWithPart();
    spim.write('TXD.MAXCNT', 2);
    spim.write('TASKS_START', 1);
    on.tick(LATENCY + 1);
    spim.write('TASKS_SUSPEND', 1);
    on.tick(100 * BYTE);
    const before = spim.peek('EVENTS_END');
    spim.write('TASKS_RESUME', 1);
    expect([before, until('END')]).toEqual([0, BYTE]);
  });

  it('out of flash sends zeros and says so once', () => {
    const { on, log, spim, until } = spimWithPart();
    spim.write('TXD.PTR', 0x2000);
    spim.write('TXD.MAXCNT', 3);
    spim.write('TASKS_START', 1);
    until('END');
    expect([log, on.chip.warnings.length]).toEqual([['S', '0', '0', '0'], 1]);
  });

  it('goes on by END_START through array lists; with nothing to move it still takes time', () => {
    const { on, log, spim } = spimWithPart();
    on.ram.set([1, 2, 3, 4]);
    spim.write('TXD.MAXCNT', 2);
    spim.write('TXD.LIST', 1);
    spim.write('SHORTS', END_START);
    spim.write('TASKS_START', 1);
    on.tick(2 * (LATENCY + 2 * BYTE));
    spim.write('TXD.MAXCNT', 0);
    on.tick(1000 * BYTE);
    expect(log).toEqual(['S', '1', '2', '3', '4']);
  });

  it('starts by PPI', () => {
    const { on, spim, until } = spimWithPart();
    spim.write('TXD.MAXCNT', 1);
    const tap = on.fabric.tap(0x4000_8140);
    tap.listen(() => on.fabric.trigger(0x4000_3010));
    tap.emit();
    expect(until('END')).toBe(LATENCY + BYTE);
  });

  it('goes on in a restored chip in the middle of a byte', () => {
    const make = () => { const on = serialBench(); return { on, spim: on.add('nrf/spim') }; };
    const first = make();
    first.on.net(0).onEdge(() => undefined);
    for (const [name, value] of [['PSEL.SCK', 0], ['PSEL.MOSI', 1], ['CONFIG', 4], ['FREQUENCY', M1], ['TXD.PTR', RAM], ['ENABLE', 7], ['TXD.MAXCNT', 2]] as const) first.spim.write(name, value);
    first.spim.write('TASKS_START', 1);
    first.on.tick(LATENCY + BYTE + 2 * BIT + 3);
    const second = make();
    second.on.load(first.on.save());
    const same = [second.on.net(0).level, second.on.net(1).level].join() === [first.on.net(0).level, first.on.net(1).level].join();
    expect([same, second.on.until(() => second.spim.peek('EVENTS_END') === 1)]).toEqual([true, 6 * BIT - 3]);
  });
});

describe('the fast instance', () => {
  it.each([['M16', 0x0a00_0000, 32], ['M32', 0x1400_0000, 16]])('has a bit time for %s', (_, frequency, bit) => {
    const { spim, until } = spimWithPart({ isFast: true });
    spim.write('FREQUENCY', frequency);
    spim.write('TXD.MAXCNT', 2);
    spim.write('TASKS_START', 1);
    expect(until('END')).toBe(LATENCY + 16 * bit);
  });

  it('selects a part by CSN, CSNDUR cycles of 64 MHz before SCK and after it', () => {
    const { on, log, spim, until } = spimWithPart({ isFast: true }, 3);
    spim.write('PSEL.CSN', 3);
    spim.write('IFTIMING.CSNDUR', 16);
    log.length = 0;
    on.ram.set([9]);
    spim.write('TXD.MAXCNT', 1);
    spim.write('TASKS_START', 1);
    expect([until('END'), log]).toEqual([LATENCY + 128 + BYTE + 128, ['S', '9', 'D']]);
  });

  it('drives D/CX low for DCXCNT bytes', () => {
    const { on, spim, until } = spimWithPart({ isFast: true });
    const edges: [boolean, number][] = [];
    spim.write('PSELDCX', 3);
    spim.write('DCXCNT', 2);
    on.net(3).onEdge((level, at) => edges.push([level, at]));
    spim.write('TXD.MAXCNT', 3);
    spim.write('TASKS_START', 1);
    until('END');
    expect(edges).toEqual([[true, LATENCY + 2 * BYTE]]);
  });
});
