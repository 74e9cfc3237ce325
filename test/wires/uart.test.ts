import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bitTime, bitTimeOf, bitTimeOfCycles } from '../../emulator/wires/bit-time.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { uart8N1 } from '../../emulator/wires/uart-frame.js';
import type { UartFormat } from '../../emulator/wires/uart-frame.js';
import { UartReceiver } from '../../emulator/wires/uart-receiver.js';
import { UartTransmitter } from '../../emulator/wires/uart-transmitter.js';
import { ManualTime } from '../support/manual-time.js';

const ROOT_HZ = 16_000_000;
const formats: fc.Arbitrary<UartFormat> = fc.record({
  bitTime: fc.tuple(fc.integer({ min: 56, max: 2000 }), fc.integer({ min: 1, max: 7 })).map(([num, den]) => bitTime(num, den)),
  dataBits: fc.constantFrom(5, 6, 7, 8, 9), parity: fc.constantFrom('none', 'even', 'odd', 'mark', 'space'), stopBits: fc.constantFrom(0.5, 1, 1.5, 2),
});

function wire(sent: UartFormat, received: UartFormat = sent, followsFormat = false) {
  const time = new ManualTime(ROOT_HZ);
  const net = new Net('TX', time);
  const [txPin, rxPin] = [new Pin('tx', net), new Pin('rx', net)];
  const tx = new UartTransmitter(time.queue, sent);
  const rx = new UartReceiver(time.queue, received, { followsFormat });
  tx.attach(txPin);
  rx.attach(rxPin);
  const log: [number, ...unknown[]][] = [];
  rx.onFrame = (frame) => log.push([time.now(), frame]);
  const send = (words: number[]) => {
    const rest = [...words];
    const next = () => {
      log.push([time.now(), rest.length]);
      if (rest.length > 0) tx.send(rest.shift()!);
    };
    tx.onSent = next;
    next();
  };
  return { time, net, txPin, rxPin, tx, rx, log, send };
}

const good = (word: number) => ({ word, parityError: false, framingError: false, isBreak: false });

describe('a UART wire', () => {
  // 16 MHz / 1 MBaud = 16 ticks a bit: mid-stop of 8N1 is 9.5 bits, the end 10 bits after the start.
  it('delivers a word in the middle of its stop bit and ends after ten bits of 8N1', () => {
    const { time, log, send } = wire(uart8N1(1_000_000, ROOT_HZ));
    time.jump(100);
    send([0x5a]);
    time.advance(1000);
    expect(log).toEqual([[100, 1], [100 + 152, good(0x5a)], [100 + 160, 0]]);
  });

  it('keeps its rate over back-to-back frames that no whole number of ticks fits', () => {
    const { time, log, send } = wire(uart8N1(115_200, ROOT_HZ));
    send(new Array<number>(1000).fill(0x55));
    time.advance(ROOT_HZ);
    const [end] = log.at(-1) as [number];
    expect(end).toBeGreaterThanOrEqual(Math.floor(10_000 * ROOT_HZ / 115_200));
    expect(end).toBeLessThanOrEqual(Math.ceil(10_000 * ROOT_HZ / 115_200) + 1000);
  });

  it('shows its levels to whoever reads the pin while the bits are left out', () => {
    const { time, net, send } = wire(uart8N1(1_000_000, ROOT_HZ));
    send([0b0101_0011]);
    const levels = Array.from({ length: 11 }, () => {
      time.advance(8);
      const { level } = net;
      time.advance(8);
      return Number(level);
    });
    expect(levels).toEqual([0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1]);
  });

  it('drives true edges when somebody watches', () => {
    const { time, net, send } = wire({ ...uart8N1(1_000_000, ROOT_HZ), parity: 'even' });
    const edges: unknown[] = [];
    net.onEdge((level, at) => edges.push([Number(level), at / 16]));
    send([0b0000_0111]);
    time.advance(1000);
    expect(edges).toEqual([[0, 0], [1, 1], [0, 4], [1, 9]]); // parity bit 1 joins the stop bit
  });

  it('shows the rest of a frame on a pin that it gets meanwhile', () => {
    const { time, net, tx, txPin } = wire(uart8N1(1_000_000, ROOT_HZ));
    tx.attach(undefined);
    tx.send(0b0000_1110);
    time.advance(8);
    const edges: unknown[] = [];
    net.onEdge((level, at) => edges.push([Number(level), at / 16]));
    tx.attach(txPin);
    time.advance(1000);
    expect(edges).toEqual([[0, 0.5], [1, 2], [0, 5], [1, 9]]);
  });

  it('gives the same words at the same ticks whether watched, not watched, or watched from the middle on', () => {
    fc.assert(fc.property(formats, fc.array(fc.nat(511), { minLength: 1, maxLength: 5 }), fc.nat(100_000), (format, words, from) => {
      const logs = [undefined, 0, from].map((watchedFrom) => {
        const { time, net, log, send } = wire(format);
        if (watchedFrom === 0) net.onEdge(() => undefined);
        send(words);
        if (watchedFrom !== undefined && watchedFrom > 0) {
          time.advanceTo(watchedFrom);
          net.onEdge(() => undefined);
        }
        time.advance(200_000);
        return log;
      });
      expect(logs[1]).toEqual(logs[0]);
      expect(logs[2]).toEqual(logs[0]);
      const received = logs[0].map((entry) => (entry as unknown[])[1]).filter((frame) => typeof frame === 'object');
      expect(received).toEqual(words.map((word) => good(word & ((1 << format.dataBits) - 1))));
    }), { numRuns: 300 });
  });

  it('keeps its words and its rate while the core looks at events late', () => {
    for (const watched of [false, true]) {
      const { time, net, log, send } = wire(uart8N1(1_000_000, ROOT_HZ));
      if (watched) net.onEdge(() => undefined);
      const words = Array.from({ length: 200 }, (_, i) => (i * 89) & 0xff);
      send(words);
      time.advanceInSteps(5, 40_000);
      expect(log.map(([, what]) => what).filter((what) => typeof what === 'object')).toEqual(words.map(good));
      expect((log.at(-1) as [number])[0]).toBe(32_000); // 2000 bits of 16 ticks, which 5 divides
    }
  });

  it('comes back from a snapshot in the middle of a frame', () => {
    fc.assert(fc.property(formats, fc.nat(511), fc.nat(5_000), fc.boolean(), (format, word, at, watched) => {
      const [one, two] = [wire(format), wire(format)];
      for (const { net } of [one, two]) if (watched) net.onEdge(() => undefined);
      one.send([word]);
      one.time.advanceTo(at);
      two.time.jump(at);
      two.time.queue.restore(one.time.queue.snapshot());
      two.net.restore(one.net.snapshot());
      two.tx.restore(one.tx.snapshot());
      two.rx.restore(one.rx.snapshot());
      two.tx.onSent = () => two.log.push([two.time.now(), 0]);
      two.log.push(...one.log);
      for (const { time } of [one, two]) time.advance(100_000);
      expect(two.log).toEqual(one.log);
    }));
  });
});

describe('a bit time', () => {
  it('is exact for a rate in bauds and for cycles of a clock', () => {
    expect(bitTimeOf(115_200, ROOT_HZ)).toEqual({ num: 1250, den: 9 }); // 16e6 / 115200 = 138.9
    expect(bitTimeOfCycles(217, { num: 1, den: 6 })).toEqual({ num: 1302, den: 1 });
    expect(() => bitTimeOf(0, ROOT_HZ)).toThrow(/give a whole number from 1/);
    expect(() => bitTimeOfCycles(217, { num: 0, den: 1 })).toThrow(RangeError);
  });
});

describe('a UART receiver', () => {
  const bit = 16;
  const format = uart8N1(1_000_000, ROOT_HZ);
  /** Firmware that toggles its pin. */
  function bang(levels: string, ticksPerBit = bit, received: UartFormat = format) {
    const { time, txPin, tx, log } = wire(format, received);
    tx.attach(undefined);
    txPin.drive(true);
    log.length = 0;
    for (const level of levels) {
      txPin.drive(level === '1');
      time.advance(ticksPerBit);
    }
    time.advance(100 * bit);
    return log.map((entry) => (entry as unknown[])[1]);
  }

  it('reads bits that firmware bangs', () => expect(bang('0 1010 0101 1'.replaceAll(' ', ''))).toEqual([good(0xa5)]));
  it('reads them 4 per cent too fast or too slow', () => {
    const slow = uart8N1(160_000, ROOT_HZ); // 100 ticks a bit
    expect(bang('0101001011', 96, slow)).toEqual([good(0xa5)]);
    expect(bang('0101001011', 104, slow)).toEqual([good(0xa5)]);
  });
  it('ignores a glitch shorter than half a bit', () => expect(bang('0111', 6)).toEqual([]));
  it('reports a stop bit that is low', () => expect(bang('01010010101')).toEqual([{ ...good(0xa5), framingError: true }]));
  it('reports a break once', () => expect(bang('00000000000000000001')).toEqual([{ word: 0, parityError: false, framingError: true, isBreak: true }]));
  it('reports wrong parity', () => expect(bang('01010010111', bit, { ...format, parity: 'even' })).toEqual([{ ...good(0xa5), parityError: true }]));

  it('of another rate gets what sampling at its rate gives', () => {
    const { time, log, send, rx } = wire(uart8N1(1_000_000, ROOT_HZ), uart8N1(2_000_000, ROOT_HZ));
    expect(rx.canExpect(uart8N1(1_000_000, ROOT_HZ))).toBe(false);
    send([0x00]);
    time.advance(1000);
    // Nine low bits of 1 us are eighteen of 0.5 us: its stop bit is low.
    expect(log[1]).toEqual([76, { word: 0, parityError: false, framingError: true, isBreak: true }]);
  });

  it('that follows takes the format of the transmitter', () => {
    const { time, log, send } = wire({ ...uart8N1(2_000_000, ROOT_HZ), parity: 'odd' }, uart8N1(9600, ROOT_HZ), true);
    send([0x42]);
    time.advance(1000);
    expect((log[1] as unknown[])[1]).toEqual(good(0x42));
  });

  it('hears a break and an aborted frame', () => {
    const { time, log, tx, send } = wire(format);
    send([0x00]);
    time.advance(3 * bit);
    tx.abort(); // the rest of the frame is high
    time.advance(20 * bit);
    tx.setBreak(true);
    time.advance(20 * bit);
    tx.setBreak(false);
    expect(log.slice(1).map((entry) => (entry as unknown[])[1])).toEqual([good(0xfc), { word: 0, parityError: false, framingError: true, isBreak: true }]);
  });

  it('hears nothing while disabled', () => {
    const { time, log, send, rx } = wire(format);
    rx.enable(false);
    send([0x00]);
    time.advance(1000);
    expect(log).toHaveLength(2);
  });
});
