/** PDM wires: what microphones' bits say, and that a receiver makes the same of them whoever watches. */
import { describe, expect, it } from 'vitest';
import { bitTime } from '../../emulator/wires/bit-time.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { PdmMicrophone, type PdmMicrophoneOptions } from '../../emulator/wires/pdm.js';
import { audioFilter, sincFilter, type PdmFilter } from '../../emulator/wires/pdm-filter.js';
import { PdmReceiver, type PdmFormat } from '../../emulator/wires/pdm-receiver.js';
import { ManualTime } from '../support/manual-time.js';
import { decimated, fitTone } from '../support/tone.js';

const ROOT_HZ = 16_000_000;
const PDM_HZ = 1_000_000;
const FORMAT: PdmFormat = { period: bitTime(16), decimation: 64, edges: 'both' }; // 15625 samples per second
const SAMPLE = 16 * 64;
/** Half the filter's length, in samples. */
const DELAY = 10;
const FULL_SCALE = 32767;

const known = new Map<number, PdmFilter>();
function filterFor(decimation: number): PdmFilter {
  if (!known.has(decimation)) known.set(decimation, audioFilter(decimation));
  return known.get(decimation)!;
}

type Sound = (seconds: number) => number;

function bench(left?: Sound, right?: Sound, options: Partial<PdmMicrophoneOptions> = {}, filters = filterFor) {
  const time = new ManualTime(ROOT_HZ);
  const [clock, data, enable] = ['CLK', 'DATA', 'EN'].map((name) => new Net(name, time));
  const enablePin = new Pin('en', enable);
  enablePin.drive(true);
  const microphone = (sound: Sound, sampledOn: 'falling' | 'rising'): PdmMicrophone =>
    new PdmMicrophone(time.queue, { amplitude: (at) => sound(at / ROOT_HZ) }, { clock, data, sampledOn, enable: { net: enable, activeHigh: true }, ...options });
  const microphones = [...(left ? [microphone(left, 'falling')] : []), ...(right ? [microphone(right, 'rising')] : [])];
  const receiver = new PdmReceiver(time.queue, filters);
  const samples: [number, number, number][] = [];
  const pcm = (value: number): number => Math.round((value / receiver.fullScale) * FULL_SCALE);
  receiver.onSample = (falling, rising) => samples.push([time.now(), pcm(falling), pcm(rising)]);
  receiver.attach(new Pin('clk', clock), new Pin('din', data));
  return { time, clock, data, enablePin, microphones, receiver, samples };
}

/** Bits as a receiver of that edge reads them. */
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

const tone = (amplitude: number, hz = 1000): Sound => (seconds) => amplitude * Math.sin(2 * Math.PI * hz * seconds);
/** What a part's own dither and nonlinearity leave of a 16-bit step: two of them. */
const NEAR = 2;

describe('a PDM receiver', () => {
  it('gives one sample after every 64 clocks', () => {
    const { time, receiver, samples } = bench(tone(0.5));
    receiver.start(FORMAT);
    time.advance(3 * SAMPLE);
    expect(samples.map(([at]) => at)).toEqual([1, 2, 3].map((n) => n * SAMPLE));
  });

  it('gives the sound of ten samples and 32 clocks ago', () => {
    const { time, receiver, samples } = bench(tone(0.5, 440));
    receiver.start(FORMAT);
    time.advance(200 * SAMPLE);
    const late = samples.slice(2 * DELAY);
    // The middle of the filter stands before the first bit of the sample ten before; a bit is from the clock's rising edge.
    const expected = late.map(([at]) => FULL_SCALE * tone(0.5, 440)((at - DELAY * SAMPLE - 32.5 * 16) / ROOT_HZ));
    expect(late.map(([, value], n) => Math.abs(value - expected[n])).filter((error) => error > NEAR)).toEqual([]);
  });

  it('is silent, exactly, while nothing sounds', () => {
    const { time, receiver, samples } = bench(() => 0, () => 0);
    receiver.start(FORMAT);
    time.advance(100 * SAMPLE);
    expect(samples.filter(([, falling, rising]) => falling !== 0 || rising !== 0)).toEqual([]);
  });

  it('tells two microphones on one net apart by the edge', () => {
    const { time, receiver, samples } = bench(() => 0.5, () => -0.25);
    receiver.start(FORMAT);
    time.advance(40 * SAMPLE);
    const [, falling, rising] = samples[39];
    expect([Math.abs(falling - 16384) <= NEAR, Math.abs(rising + 8192) <= NEAR]).toEqual([true, true]);
  });

  it.each([['falling', tone(0.4), undefined], ['rising', undefined, tone(0.4)]] as const)('hears the one microphone of the %s edge on both: the net keeps its level', (_, left, right) => {
    const { time, receiver, samples } = bench(left, right);
    receiver.start(FORMAT);
    time.advance(100 * SAMPLE);
    // Before the first clock the net is low. The other edge is a clock off.
    expect(samples.slice(2 * DELAY).filter(([, falling, rising]) => Math.abs(falling - rising) > 0.4 * FULL_SCALE * 2 * Math.PI * 1000 / PDM_HZ + NEAR)).toEqual([]);
  });

  it('does without the clocks of a channel that nobody wants', () => {
    const { time, receiver, samples } = bench(() => 0.5, () => -0.25);
    receiver.start({ ...FORMAT, edges: 'rising' });
    time.advance(40 * SAMPLE);
    expect([samples[39][1], Math.abs(samples[39][2] + 8192) <= NEAR]).toEqual([0, true]);
  });

  it('filters bits that firmware or another part puts on the net', () => {
    const time = new ManualTime(ROOT_HZ);
    const [clock, data] = [new Net('CLK', time), new Net('DATA', time)];
    const source = new Pin('source', data);
    let n = 0;
    clock.follow((level) => { if (level) source.drive(n++ % 4 !== 3); }); // three ones of four: +0.5
    const receiver = new PdmReceiver(time.queue, () => sincFilter(3, 64));
    const samples: number[] = [];
    receiver.onSample = (falling) => samples.push(falling);
    receiver.attach(new Pin('clk', clock), new Pin('din', data));
    receiver.start(FORMAT);
    time.advance(8 * SAMPLE);
    // After the filter's three samples of settling: half of 64^3.
    expect(samples.slice(3)).toEqual([131_072, 131_072, 131_072, 131_072, 131_072]);
  });

  it.each([0, 1025, 8.5])('refuses a decimation by %s', (decimation) => expect(() => bench(() => 0).receiver.start({ ...FORMAT, decimation })).toThrow(/give 1 to 1024/));
});

describe('the short cut gives the same samples at the same ticks as true bits', () => {
  type Bench = ReturnType<typeof bench>;
  const both = (make: () => Bench, act: (on: Bench) => void) => [false, true].map((isWatched) => {
    const made = make();
    if (isWatched) made.clock.onEdge(() => undefined);
    act(made);
    return made.samples;
  });
  const start = (format = FORMAT) => (on: Bench) => {
    on.receiver.start(format);
    on.time.advance(60 * SAMPLE);
  };

  it.each([
    ['one on the falling edge', tone(0.7, 440), undefined, FORMAT],
    ['one on the rising edge', undefined, tone(0.7, 440), FORMAT],
    ['two', tone(0.7, 440), tone(1, 3000), FORMAT],
    ['two, by 80', tone(0.7, 440), tone(1, 3000), { ...FORMAT, decimation: 80 }],
    ['two, by 50, at a period that is no whole number of ticks', tone(0.7, 440), tone(1, 3000), { ...FORMAT, decimation: 50, period: bitTime(95, 7) }],
  ] as const)('of microphones: %s', (_, left, right, format) => {
    const [short, true_] = both(() => bench(left, right), start(format));
    expect(short.length).toBeGreaterThanOrEqual(48);
    expect(short).toEqual(true_);
  });

  it('when supply comes and goes within a sample', () => {
    const [short, true_] = both(() => bench(tone(0.7), tone(0.3), { wakeUpSeconds: 0.0005 }), ({ time, receiver, enablePin }) => {
      receiver.start(FORMAT);
      for (const ticks of [5 * SAMPLE + 77, 3 * SAMPLE + 200, SAMPLE - 9, 30 * SAMPLE + 8]) {
        time.advance(ticks);
        enablePin.drive(!enablePin.level);
      }
      time.advance(30 * SAMPLE);
    });
    expect(short).toEqual(true_);
  });

  it('when sound begins after silence, and supply was late by an odd number of clocks', () => {
    const begins: Sound = (seconds) => (seconds < 0.006 ? 0 : tone(0.3)(seconds));
    const [short, true_] = both(() => bench(begins, () => 0, { enable: undefined as never }), ({ time, receiver }) => {
      receiver.start(FORMAT);
      time.advance(40 * SAMPLE + 16 * 5);
      receiver.stop();
      receiver.start(FORMAT);
      time.advance(100 * SAMPLE);
    });
    expect(short).toEqual(true_);
  });

  it('when the receiver stops within a sample and starts again, with microphones that sleep below a clock', () => {
    const [short, true_] = both(() => bench(tone(0.7), tone(0.3), { wakeUpSeconds: 0.0005, sleepsBelowHz: 230_000 }), ({ time, receiver }) => {
      for (const pause of [200, 3, 5000]) {
        receiver.start(FORMAT);
        time.advance(30 * SAMPLE + 333);
        receiver.stop();
        time.advance(pause);
      }
    });
    expect(short).toEqual(true_);
  });

  it('when somebody begins to watch, and ends', () => {
    const run = (watches: boolean) => {
      const made = bench(undefined, tone(0.6, 700));
      made.receiver.start(FORMAT);
      for (let n = 0; n < 6; n++) {
        made.time.advance(7 * SAMPLE + 100);
        const end = watches ? made.data.onEdge(() => undefined) : () => undefined;
        made.time.advance(5 * SAMPLE);
        end();
      }
      return made.samples;
    };
    expect(run(true)).toEqual(run(false));
  });

  it('comes back from a snapshot within a sample', () => {
    const [one, two] = [bench(tone(0.5), tone(0.2)), bench(tone(0.5), tone(0.2))];
    one.receiver.start(FORMAT);
    one.time.advanceTo(25 * SAMPLE + 500);
    two.time.jump(25 * SAMPLE + 500);
    two.time.queue.restore(one.time.queue.snapshot());
    const pass = (from: { snapshot(): unknown }): never => JSON.parse(JSON.stringify(from.snapshot())) as never;
    for (const part of ['clock', 'data', 'receiver'] as const) two[part].restore(pass(one[part]));
    one.microphones.forEach((microphone, n) => two.microphones[n].restore(pass(microphone)));
    two.samples.push(...one.samples);
    for (const { time } of [one, two]) time.advance(30 * SAMPLE);
    expect(two.samples).toEqual(one.samples);
  });
});

describe('a PDM microphone', () => {
  it.each([-1, -0.8, -0.5, 0, 0.1, 0.5, 0.8, 1])('has bits whose density is the amplitude %s', (amplitude) => {
    const { time, clock, data, receiver } = bench(() => amplitude);
    const bits = record(clock, data, 'falling');
    receiver.start(FORMAT);
    time.advance(16 * 20_000);
    const density = bits.slice(100).reduce((sum, bit) => sum + bit, 0) / (bits.length - 100);
    expect(bits.length).toBeGreaterThan(19_000);
    expect(Math.abs(2 * density - 1 - amplitude)).toBeLessThan(0.002);
  });

  it.each([[0.1, 60], [0.5, 75], [0.9, 50]])('has bits that a firmware decodes to a 1 kHz tone of amplitude %f at %i dB or more', (amplitude, least) => {
    const { time, clock, data, receiver } = bench(tone(amplitude));
    const bits = record(clock, data, 'falling');
    receiver.start(FORMAT);
    time.advance(400 * SAMPLE);
    const fit = fitTone(decimated(bits, 64), 64 * 1000 / PDM_HZ);
    expect(fit.snrDb).toBeGreaterThan(least);
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
    expect(Math.abs(ones / 4000 - 0.75)).toBeLessThan(0.01);
  });

  it('lets data float while the clock is slower than it sleeps below, and wakes at the second clock', () => {
    const { time, clock, data, receiver } = bench(() => 0.5, undefined, { sleepsBelowHz: 230_000 });
    receiver.attach(undefined, undefined);
    const pin = new Pin('gpio', clock);
    const stateAfter = (ticks: number): string => {
      pin.drive(false);
      time.advance(ticks);
      pin.drive(true);
      return data.state;
    };
    expect([stateAfter(100), stateAfter(100), stateAfter(16), stateAfter(16)].map((state) => state !== 'z')).toEqual([false, false, true, true]);
  });

  it('is silent while it wakes up', () => {
    const { time, receiver, samples } = bench(() => 0.5, undefined, { wakeUpSeconds: 0.01 });
    receiver.start(FORMAT);
    time.advance(200 * SAMPLE);
    // 10 ms are 156 samples; the filter's delay comes after.
    expect([samples.slice(0, 156).every(([, value]) => value === 0), samples[180][1] > 16000]).toEqual([true, true]);
  });
});

describe('an audio filter', () => {
  const { taps, fullScale } = filterFor(64);
  const db = (hz: number): number => {
    const [re, im] = [...taps].reduce(([re, im], tap, n) => [re + tap * Math.cos(2 * Math.PI * hz * n / PDM_HZ), im + tap * Math.sin(2 * Math.PI * hz * n / PDM_HZ)], [0, 0]);
    return 20 * Math.log10(Math.hypot(re, im) / fullScale);
  };

  it('is flat to 0.37 of the sample rate', () => {
    const samplesPerSecond = PDM_HZ / 64;
    expect(Array.from({ length: 38 }, (_, n) => Math.abs(db(n / 100 * samplesPerSecond))).filter((ripple) => ripple > 0.01)).toEqual([]);
  });

  it('is 80 dB down from 0.63 of it', () => {
    const samplesPerSecond = PDM_HZ / 64;
    expect(Array.from({ length: 200 }, (_, n) => db((0.63 + n * 0.0437) * samplesPerSecond)).filter((gain) => gain > -78)).toEqual([]);
  });
});

// Two moving averages of four: 1 2 3 4 3 2 1.
it('a sinc filter is moving averages', () => expect([...sincFilter(2, 4).taps]).toEqual([1, 2, 3, 4, 3, 2, 1]));
it('a sinc filter whose sums are not exact is refused', () => expect(() => sincFilter(6, 1024)).toThrow(/more than 53 bits/));
