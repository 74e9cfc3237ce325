/** Microphones: what they make of a sound pressure. 94 dB SPL is 1 Pa; a sound of 1 is the peak of 120 dB SPL. Figures: the data sheets. */
import { describe, expect, it } from 'vitest';
import { Inputs, PARTS, type Part } from '../../emulator/sensors/index.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { ManualTime } from '../support/manual-time.js';

const ROOT_HZ = 16_000_000;
/** The peak of a sine of 94 dB SPL, as a sound. */
const PASCAL = 10 ** ((94 - 120) / 20);

function made(name: string, options: Record<string, unknown> = {}, imperfections = false, seed = 1) {
  const time = new ManualTime(ROOT_HZ);
  const world = new Inputs();
  const nets = new Map<string, Net>();
  const draws: [string, number][] = [];
  const pin = (own: string): Net | undefined => nets.get(own);
  const context = { name, bus: PARTS[name].buses[0], scheduler: time.queue, warnings: { warn: () => undefined }, world, seed, imperfections, addresses: [], pin, draws: (state: string, microamps: number) => void draws.push([state, microamps]) };
  const create = (): Part => PARTS[name].create(context, PARTS[name].options.parse(options));
  return { world, time, nets, draws, create };
}

const tone = (amplitude: number, hz: number) => (at: number) => amplitude * Math.sin((2 * Math.PI * hz * at) / ROOT_HZ);

describe.each(['mp34dt05', 'mp34dt06'])('%s', (name) => {
  it('gives -26 dBFS at 94 dB SPL', () => {
    const { world, create } = made(name);
    world.set('sound', PASCAL);
    expect(20 * Math.log10(create().microphone!.source.amplitude(0))).toBeCloseTo(-26, 5);
  });

  it('is 10 dB louder in a world whose full scale is 130 dB SPL', () => {
    const { world, create } = made(name, { fullScaleSpl: 130 });
    world.set('sound', PASCAL);
    expect(20 * Math.log10(create().microphone!.source.amplitude(0))).toBeCloseTo(-16, 5);
  });

  it('has noise 64 dB below 94 dB SPL with imperfections, and none without', () => {
    const rms = (imperfections: boolean): number => {
      const { source } = made(name, {}, imperfections).create().microphone!;
      const step = Math.round(ROOT_HZ / 48_000);
      const sum = Array.from({ length: 20_000 }, (_, n) => source.amplitude(n * step) ** 2).reduce((total, power) => total + power, 0);
      return Math.sqrt(sum / 20_000);
    };
    // -90 dBFS A-weighted, over 12.5 kHz of noise; here over 24 kHz. dBFS is over the root mean square of a sine.
    const expected = -26 - 64 - 3.01 + 10 * Math.log10(24_000 / 12_468);
    expect([rms(false), Math.abs(20 * Math.log10(rms(true)) - expected) < 0.3]).toEqual([0, true]);
  });

  it('draws 650 uA while it is clocked and 5 uA while it is not', () => {
    const { draws, create } = made(name);
    const { microphone } = create();
    microphone!.onAwake!(true);
    microphone!.onAwake!(false);
    expect(draws).toEqual([['power-down', 5], ['active', 650], ['power-down', 5]]);
  });
});

describe('sph0645', () => {
  it('has 18 bits and zeros below: -26 dBFS at 94 dB SPL', () => {
    const { world, create } = made('sph0645');
    world.set('sound', PASCAL);
    expect(create().i2s!.source.sample(0)).toBe(Math.round(131_072 * 10 ** (-26 / 20)) * 64);
  });

  it('chooses its channel by its pin', () => {
    const { nets, time, create } = made('sph0645');
    const lr = new Net('lr', time);
    nets.set('lr', lr);
    const pin = new Pin('strap', lr);
    const { i2s } = create();
    const levels = [false, true].map((level) => {
      pin.drive(level);
      return i2s!.slotLevel();
    });
    expect(levels).toEqual([false, true]);
  });
});

describe('ics43434', () => {
  it('has 24 bits, and stays within them', () => {
    const { world, create } = made('ics43434');
    const { source } = create().i2s!;
    const samples = [PASCAL, 2, -2].map((sound) => {
      world.set('sound', sound);
      return source.sample(0);
    });
    expect(samples).toEqual([Math.round(8_388_608 * 10 ** (-26 / 20)), 8_388_607, -8_388_608]);
  });
});

describe('spu0410lr5h', () => {
  it('rests at 0.73 V and swings by 12.6 mV for a pascal', () => {
    const { world, create } = made('spu0410lr5h');
    const { voltage } = create();
    const silent = voltage!.volts(0);
    world.set('sound', PASCAL);
    // 1.0024 Pa root mean square is 94 dB over 20 uPa.
    expect([silent, voltage!.volts(0) - 0.73]).toEqual([0.73, expect.closeTo(0.01259 * Math.SQRT2 * 1.0024, 5) as number]);
  });

  it('clips at its overload point of 118 dB SPL', () => {
    const { world, create } = made('spu0410lr5h');
    const { voltage } = create();
    const volts = [10 ** (-2 / 20), 1].map((sound) => {
      world.set('sound', sound);
      return voltage!.volts(0);
    });
    expect(volts[1]).toBeCloseTo(volts[0], 10);
  });
});

describe('electret', () => {
  /** Volts at their highest, after a second of a tone. */
  const peak = (hz: number, options: Record<string, unknown>, sound = PASCAL): number => {
    const { world, create } = made('electret', options);
    world.set('sound', tone(sound, hz));
    const { voltage } = create();
    return Math.max(...Array.from({ length: 500 }, (_, n) => voltage!.volts(ROOT_HZ + Math.round((n * ROOT_HZ) / hz / 250)))) - 1.65;
  };
  // -44 dBV/Pa is 6.31 mV; 94 dB SPL is 1.0024 Pa, and its peak 1.414 times that.
  const ONE_PASCAL = 0.006_310 * 1.0024 * Math.SQRT2;

  it('rests at half of the supply', () => expect(made('electret').create().voltage!.volts(0)).toBe(1.65));
  it('swings by its gain', () => expect(peak(1000, { gain: 60 })).toBeCloseTo(60 * ONE_PASCAL, 3));
  it('clips 50 mV from its rails', () => expect(peak(1000, { gain: 60 }, 0.9)).toBeCloseTo(1.6, 10));
  it('leaves 0.707 of a tone at the corner of its high-pass', () => expect(peak(100, { lowest: 100 }) / (60 * ONE_PASCAL)).toBeCloseTo(Math.SQRT1_2, 2));
  it('leaves 0.707 of a tone at the corner of its low-pass', () => expect(peak(4000, { highest: 4000, lowest: 0 }) / (60 * ONE_PASCAL)).toBeCloseTo(Math.SQRT1_2, 2));

  it('is the same after a snapshot', () => {
    const [one, two] = [made('electret'), made('electret')].map(({ world, create }) => {
      world.set('sound', tone(0.1, 300));
      return create();
    });
    one.voltage!.volts(ROOT_HZ);
    two.restore(JSON.parse(JSON.stringify(one.snapshot())) as never);
    expect(two.voltage!.volts(1.001 * ROOT_HZ)).toBe(one.voltage!.volts(1.001 * ROOT_HZ));
  });
});
