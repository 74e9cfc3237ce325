import { describe, expect, it } from 'vitest';
import { bitTime } from '../../emulator/wires/bit-time.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { PdmMicrophone } from '../../emulator/wires/pdm.js';
import { PdmReceiver } from '../../emulator/wires/pdm-receiver.js';
import { ManualTime } from '../support/manual-time.js';

const ROOT_HZ = 16_000_000;
const FORMAT = { period: bitTime(16), decimation: 64 }; // 1 MHz, 15625 samples per second

function bench(left: (seconds: number) => number, right?: (seconds: number) => number) {
  const time = new ManualTime(ROOT_HZ);
  const [clock, data, enable] = ['CLK', 'DATA', 'EN'].map((name) => new Net(name, time));
  const enablePin = new Pin('en', enable);
  enablePin.drive(true);
  const source = (f: (seconds: number) => number) => ({ amplitude: (at: number) => f(at / ROOT_HZ) });
  const microphone = new PdmMicrophone(time, source(left), { clock, data, sampledOn: 'falling', enable: { net: enable, activeHigh: true } });
  if (right !== undefined) new PdmMicrophone(time, source(right), { clock, data, sampledOn: 'rising' });
  const receiver = new PdmReceiver(time.queue);
  const samples: [number, number, number][] = [];
  receiver.onSample = (falling, rising) => samples.push([time.now(), falling, rising]);
  receiver.attach(new Pin('clk', clock), new Pin('din', data));
  return { time, clock, data, enablePin, microphone, receiver, samples };
}

/** Bits as a receiver of the falling edge reads them. */
function record(clock: Net, data: Net, edge: 'falling' | 'rising'): number[] {
  const bits: number[] = [];
  let before = false;
  data.onEdge(() => undefined);
  clock.onEdge((level) => {
    if (level === (edge === 'rising')) bits.push(Number(before));
  });
  data.onState((state) => { if (state !== 'z') before = state === '1'; });
  return bits;
}

describe('a PDM receiver', () => {
  it('gives one sample per decimation, of the sound at that time', () => {
    const { time, receiver, samples } = bench((seconds) => seconds * 100);
    receiver.start(FORMAT);
    time.advance(3 * 1024);
    expect(samples).toEqual([1, 2, 3].map((n) => [n * 1024, Math.round(n * 1024 / ROOT_HZ * 100 * 32767), 0]));
  });

  it('tells two microphones on one net apart by the edge', () => {
    const { time, receiver, samples } = bench(() => 0.5, () => -0.25);
    receiver.start(FORMAT);
    time.advance(1024);
    expect(samples).toEqual([[1024, 16384, -8192]]);
  });

  it('gives the same samples at the same ticks while somebody watches', () => {
    const sine = (seconds: number) => 0.7 * Math.sin(2 * Math.PI * 440 * seconds);
    const logs = [false, true].map((watched) => {
      const { time, clock, receiver, samples } = bench(sine);
      if (watched) clock.onEdge(() => undefined);
      receiver.start(FORMAT);
      time.advance(20 * 1024);
      return samples;
    });
    expect(logs[0]).toHaveLength(20);
    expect(logs[1]).toEqual(logs[0]);
  });

  it('hears silence from a microphone that is not enabled, and stops when told', () => {
    const { time, enablePin, receiver, samples } = bench(() => 1);
    receiver.start(FORMAT);
    time.advance(1024);
    enablePin.drive(false);
    time.advance(1024);
    receiver.stop();
    time.advance(10_240);
    expect(samples.map(([, value]) => value)).toEqual([32767, 0]);
  });

  it('filters bits that firmware or another part puts on the net', () => {
    const time = new ManualTime(ROOT_HZ);
    const [clock, data] = [new Net('CLK', time), new Net('DATA', time)];
    const source = new Pin('source', data);
    let n = 0;
    clock.follow((level) => { if (level) source.drive(n++ % 4 !== 3); }); // three ones of four: +0.5
    const receiver = new PdmReceiver(time.queue);
    const samples: number[] = [];
    receiver.onSample = (falling) => samples.push(falling);
    receiver.attach(new Pin('clk', clock), new Pin('din', data));
    receiver.start(FORMAT);
    time.advance(8 * 1024);
    // After the filter's three samples of settling.
    expect(samples.slice(3).every((value) => Math.abs(value - 16384) < 100)).toBe(true);
  });

  it('comes back from a snapshot', () => {
    const [one, two] = [bench((s) => s), bench((s) => s)];
    one.receiver.start(FORMAT);
    one.time.advanceTo(1500);
    two.time.jump(1500);
    two.time.queue.restore(one.time.queue.snapshot());
    for (const part of ['clock', 'data', 'microphone', 'receiver'] as const) two[part].restore(one[part].snapshot());
    two.samples.push(...one.samples);
    for (const { time } of [one, two]) time.advance(5000);
    expect(two.samples).toEqual(one.samples);
  });

  it.each([7, 257, 8.5])('refuses a decimation by %s', (decimation) => expect(() => bench(() => 0).receiver.start({ ...FORMAT, decimation })).toThrow(/give 8 to 256/));
});

describe('a PDM microphone', () => {
  it.each([-0.8, -0.5, 0, 0.1, 0.5, 0.8])('has bits whose density is the amplitude %s', (amplitude) => {
    const { time, clock, data, receiver } = bench(() => amplitude);
    const bits = record(clock, data, 'falling');
    receiver.start(FORMAT);
    time.advance(16 * 20_000);
    const density = bits.reduce((sum, bit) => sum + bit, 0) / bits.length;
    expect(bits.length).toBeGreaterThan(19_000);
    expect(Math.abs(2 * density - 1 - amplitude)).toBeLessThan(0.002);
  });

  it('answers a clock that firmware bangs', () => {
    const { time, clock, data, receiver } = bench(() => 0.5);
    receiver.attach(undefined, undefined);
    const pin = new Pin('gpio', clock);
    let ones = 0;
    for (let i = 0; i < 4000; i++) {
      pin.drive(true);
      time.advance(8);
      ones += Number(data.level);
      pin.drive(false);
      time.advance(8);
    }
    expect(Math.abs(ones / 4000 - 0.75)).toBeLessThan(0.005);
  });
});
