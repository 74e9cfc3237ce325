import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bitTime } from '../../emulator/wires/bit-time.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { SpiBus } from '../../emulator/wires/spi-bus.js';
import type { SpiDevice, SpiMode } from '../../emulator/wires/spi-bus.js';
import { SpiController } from '../../emulator/wires/spi-controller.js';
import type { SpiFormat } from '../../emulator/wires/spi-controller.js';
import { ManualTime } from '../support/manual-time.js';

const BIT = 16;
const MODE_0: SpiFormat = { mode: 0, lsbFirst: false, wordBits: 8, bitTime: bitTime(BIT) };

function bench(format: Partial<SpiFormat> = {}, device: { modes?: SpiMode[]; wordBits?: number; lsbFirst?: boolean } = {}) {
  const time = new ManualTime(16_000_000);
  const [sck, mosi, miso, cs] = ['SCK', 'MOSI', 'MISO', 'CS'].map((name) => new Net(name, time));
  const bus = new SpiBus({ sck, mosi, miso });
  const log: [number, ...unknown[]][] = [];
  let sent = 0xa5;
  const part: SpiDevice = {
    select: () => { log.push([time.now(), 'select']); return sent; },
    transfer: (received) => { log.push([time.now(), 'transfer', received]); return sent = (sent * 7 + received) & 0xffff; },
    deselect: () => log.push([time.now(), 'deselect']),
  };
  const csPin = new Pin('cs', cs);
  csPin.drive(true);
  bus.attach(part, { cs, ...device });
  const controller = new SpiController(time.queue);
  controller.configure({ ...MODE_0, ...format });
  const pins = { sck: new Pin('sck', sck), mosi: new Pin('mosi', mosi), miso: new Pin('miso', miso) };
  controller.attach(pins);
  const words: number[] = [];
  controller.onReceived = (word) => {
    log.push([time.now(), 'received', word]);
    if (words.length > 0) controller.transfer(words.shift()!);
  };
  const send = (list: number[]) => { words.push(...list.slice(1)); controller.transfer(list[0]); };
  return { time, sck, mosi, miso, cs, csPin, bus, log, send, controller, pins, words, setSent: (value: number) => { sent = value; }, sent: () => sent };
}

describe('an SPI word', () => {
  it('is exchanged in eight bit times; the device has it in the middle of the last', () => {
    const { time, csPin, send, log } = bench();
    csPin.drive(false);
    send([0x9f]);
    time.advance(1000);
    csPin.drive(true);
    expect(log).toEqual([[0, 'select'], [7.5 * BIT, 'transfer', 0x9f], [8 * BIT, 'received', 0xa5], [1000, 'deselect']]);
  });

  it.each([
    //     idle   bits change at, sampled at (in bit times), and where SCK rises
    [0, false, [0.5, 1.5, 2.5]],
    [1, false, [0, 1, 2]],
    [2, true, [1, 2, 3]],
    [3, true, [0.5, 1.5, 2.5]],
  ] as const)('in mode %i idles SCK %s and raises it at %o', (mode, idle, rises) => {
    const { time, sck, mosi, send } = bench({ mode, wordBits: 4 });
    expect(sck.level).toBe(idle);
    const seen: number[] = [];
    const data: unknown[] = [];
    sck.onEdge((level, at) => { if (level) seen.push(at / BIT); });
    mosi.onEdge((level, at) => data.push([Number(level), at / BIT]));
    send([0b1010]);
    time.advance(1000);
    expect(seen.slice(0, 3)).toEqual(rises);
    expect(data).toEqual([[1, 0], [0, 1], [1, 2], [0, 3]]);
    expect(sck.level).toBe(idle);
  });

  it('reads what MISO floats or is pulled to while nobody is selected', () => {
    for (const watched of [false, true]) {
      const { time, send, log, pins, sck } = bench();
      if (watched) sck.onEdge(() => undefined);
      pins.miso.pull('up');
      send([0x12]);
      time.advance(1000);
      expect(log).toEqual([[128, 'received', 0xff]]);
    }
  });

  const formats = fc.record({ mode: fc.constantFrom<SpiMode>(0, 1, 2, 3), lsbFirst: fc.boolean(), wordBits: fc.integer({ min: 4, max: 16 }), bitTime: fc.tuple(fc.integer({ min: 60, max: 300 }), fc.integer({ min: 1, max: 5 })).map(([num, den]) => bitTime(num, den)) });
  const devices = fc.record({ rises: fc.boolean(), lsbFirst: fc.boolean(), wordBits: fc.integer({ min: 4, max: 16 }) });

  it('is the same at the same ticks in every mode, order and size, whether watched, not watched, or watched for a while', () => {
    fc.assert(fc.property(formats, devices, fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 5 }), fc.nat(5000), fc.nat(5000), fc.nat(20_000), (format, device, list, from, length, deselect) => {
      const logs = (['never', 'always', 'a while'] as const).map((watched) => {
        const { time, csPin, send, log, sck, pins } = bench(format, { ...device, modes: device.rises ? [0, 3] : [1, 2] });
        pins.miso.pull('up'); // what a floating MISO reads is nobody's data
        csPin.drive(false);
        if (watched === 'always') sck.onEdge(() => undefined);
        send(list);
        const marks: [number, () => void][] = [[2 * deselect + 1, () => csPin.drive(true)]];
        if (watched === 'a while') {
          let end = () => undefined as void;
          marks.push([from, () => { end = sck.onEdge(() => undefined); }], [from + length, () => end()]);
        }
        for (const [at, act] of marks.sort((a, b) => a[0] - b[0])) {
          time.advanceTo(at);
          act();
        }
        time.advanceTo(50_000);
        return log;
      });
      expect(logs[1]).toEqual(logs[0]);
      expect(logs[2]).toEqual(logs[0]);
    }), { numRuns: 500 });
  });

  it('keeps its words and its rate while the core looks at events late', () => {
    for (const watched of [false, true]) {
      const { time, send, log, sck, mosi, miso, csPin } = bench();
      if (watched) sck.onEdge(() => undefined);
      csPin.drive(false);
      send([1, 2, 3]);
      time.advanceInSteps(7, 1000);
      const heard = log.filter(([, what]) => what === 'transfer').map(([, , word]) => word);
      expect([heard, (log.at(-1) as [number])[0], mosi.isWatched || miso.isWatched]).toEqual([[1, 2, 3], Math.ceil(24 * BIT / 7) * 7, false]);
    }
  });

  it('comes back from a snapshot at any tick', () => {
    fc.assert(fc.property(formats, fc.nat(3000), fc.boolean(), (format, at, watched) => {
      const [one, two] = [bench(format), bench(format)];
      for (const { sck } of [one, two]) if (watched) sck.onEdge(() => undefined);
      one.csPin.drive(false);
      one.send([0x1234, 0x5678, 0x9abc]);
      one.time.advanceTo(at);
      two.time.jump(at);
      two.words.push(...one.words);
      two.setSent(one.sent());
      two.log.push(...one.log);
      for (const net of ['sck', 'mosi', 'miso', 'cs'] as const) two[net].restore(one[net].snapshot());
      two.time.queue.restore(one.time.queue.snapshot());
      two.bus.restore(one.bus.snapshot());
      two.controller.restore(one.controller.snapshot());
      for (const { time } of [one, two]) time.advance(50_000);
      expect(two.log).toEqual(one.log);
    }));
  });
});

describe('firmware that bangs its pins', () => {
  it('talks to a device in mode 0', () => {
    const { time, csPin, controller, pins, log } = bench();
    controller.attach({});
    pins.sck.drive(false);
    csPin.drive(false);
    let read = 0;
    for (let i = 7; i >= 0; i--) {
      pins.mosi.drive(((0x9f >> i) & 1) === 1);
      time.advance(5);
      pins.sck.drive(true);
      read = (read << 1) | Number(pins.miso.level);
      time.advance(5);
      pins.sck.drive(false);
    }
    expect(read).toBe(0xa5);
    expect(log).toContainEqual([75, 'transfer', 0x9f]);
  });

  it('loses an incomplete word when it deselects', () => {
    const { csPin, controller, pins, log } = bench();
    controller.attach({});
    pins.sck.drive(false);
    csPin.drive(false);
    for (let i = 0; i < 7; i++) { pins.sck.drive(true); pins.sck.drive(false); }
    csPin.drive(true);
    csPin.drive(false);
    pins.sck.drive(true);
    expect(log.map(([, what]) => what)).toEqual(['select', 'deselect', 'select']);
  });
});

describe('an SPI device', () => {
  it.each([[{ modes: [0, 1] as SpiMode[] }, /give 0, 3 or both/], [{ wordBits: 0 }, /give 1 to 32/]])('is refused with %o', (options, message) =>
    expect(() => bench({}, options)).toThrow(message));
});
