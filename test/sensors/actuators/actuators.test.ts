/** Parts that people see, hear and touch, driven by nets at exact times. */
import { describe, expect, it } from 'vitest';
import { PARTS, type Shown } from '../../../emulator/sensors/index.js';
import { pinBench, setSwitch, type PinBench } from './pin-bench.js';

/** The edges of a net from now on: microseconds and level. */
function edgesOf(bench: PinBench, net: string): [number, boolean][] {
  const edges: [number, boolean][] = [];
  bench.net(net).onEdge((level) => edges.push([bench.now(), level]));
  return edges;
}

describe('a button', () => {
  it('connects its pin to ground while it is pressed, and pulls it up otherwise', () => {
    const bench = pinBench('button', { bounce: 0 });
    const states = [bench.net('signal').state];
    for (const isPressed of [true, false]) {
      setSwitch(bench, 'pressed', isPressed);
      states.push(bench.net('signal').state);
    }
    expect(states).toEqual(['1', '0', '1']);
  });

  it('connects it to the supply where that is active', () => {
    const bench = pinBench('button', { bounce: 0, active: 'high' });
    const before = bench.net('signal').state;
    setSwitch(bench, 'pressed', true);
    expect([before, bench.net('signal').state]).toEqual(['0', '1']);
  });

  it('leaves the pin alone without a resistor', () => {
    expect(pinBench('button', { resistor: false }).net('signal').state).toBe('z');
  });

  it('has exactly one edge without bounce', () => {
    const bench = pinBench('button', { bounce: 0 });
    const edges = edgesOf(bench, 'signal');
    setSwitch(bench, 'pressed', true);
    bench.microseconds(60_000);
    expect(edges).toEqual([[0, false]]);
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed))('bounces with several edges within its time and ends pressed, with seed %s', (seed) => {
    const bench = pinBench('button', { bounce: 5 }, ['signal'], { seed });
    const edges = edgesOf(bench, 'signal');
    setSwitch(bench, 'pressed', true);
    bench.microseconds(60_000);
    expect([edges.length >= 2, edges.length % 2, edges.every(([at]) => at <= 5000), edges.at(-1)![1]]).toEqual([true, 1, true, false]);
  });

  it('bounces in the same way with the same seed, and in another with another', () => {
    const [first, second, third] = [3, 3, 4].map((seed) => {
      const bench = pinBench('button', { bounce: 5 }, ['signal'], { seed });
      const edges = edgesOf(bench, 'signal');
      setSwitch(bench, 'pressed', true);
      bench.microseconds(10_000);
      return edges;
    });
    expect([first, JSON.stringify(third) === JSON.stringify(first)]).toEqual([second, false]);
  });
});

describe('a slide switch', () => {
  it('drives its pin to ground or to the supply', () => {
    const bench = pinBench('slide-switch', { bounce: 0 });
    const before = bench.net('signal').state;
    setSwitch(bench, 'on', true);
    expect([before, bench.net('signal').state]).toEqual(['0', '1']);
  });

  it('stands at first where it is told', () => {
    expect(pinBench('slide-switch', { on: true }).net('signal').state).toBe('1');
  });

  it('never drives what it has left', () => {
    const bench = pinBench('slide-switch', { bounce: 5 });
    const states: string[] = [];
    bench.net('signal').onState((state) => states.push(state));
    setSwitch(bench, 'on', true);
    bench.microseconds(10_000);
    expect([states.includes('0'), states.at(-1)]).toEqual([false, '1']);
  });
});

describe('an LED', () => {
  it.each([['high', 0.25], ['low', 0.75]])('shows the share of time at its level, active %s', (active, share) => {
    const bench = pinBench('led', { active });
    for (let period = 0; period < 100; period++) {
      bench.drive('signal', true);
      bench.microseconds(250);
      bench.drive('signal', false);
      bench.microseconds(750);
    }
    expect(bench.shows()).toEqual({ kind: 'light', brightness: share });
  });

  it('is dark on a floating pin', () => {
    const bench = pinBench('led', { active: 'low' });
    bench.microseconds(30_000);
    expect(bench.shows()).toEqual({ kind: 'light', brightness: 0 });
  });

  it('forgets what was 20 ms ago', () => {
    const bench = pinBench('led');
    bench.drive('signal', true);
    bench.microseconds(100_000);
    bench.drive('signal', false);
    bench.microseconds(21_000);
    expect(bench.shows()).toEqual({ kind: 'light', brightness: 0 });
  });

  it('of three colours mixes them', () => {
    const bench = pinBench('rgb-led', { active: 'low' });
    bench.drive('red', false);
    bench.drive('green', true);
    for (let period = 0; period < 50; period++) {
      bench.drive('blue', period % 2 === 0);
      bench.microseconds(1000);
    }
    expect(bench.shows()).toEqual({ kind: 'colour', brightness: [1, 0, 0.5] });
  });

  it('bar has as many lamps as are connected', () => {
    const bench = pinBench('led-bar', {}, ['led1', 'led2', 'led3']);
    bench.drive('led2', true);
    bench.microseconds(30_000);
    expect(bench.shows()).toEqual({ kind: 'lights', brightness: [[0, 1, 0]] });
  });
});

describe('digits of seven segments', () => {
  it('with a common cathode light where the segment is high', () => {
    const bench = pinBench('seven-segment', {}, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'dp']);
    bench.drive('b', true);
    bench.drive('c', true);
    bench.microseconds(30_000);
    expect(bench.shows()).toEqual({ kind: 'lights', brightness: [[0, 1, 1, 0, 0, 0, 0, 0]] });
  });

  it('share their segments, each lit while its own end is selected: half the time with two', () => {
    const bench = pinBench('seven-segment', { common: 'anode' }, ['a', 'b', 'digit1', 'digit2']);
    for (let ms = 0; ms < 40; ms++) {
      bench.drive('digit1', ms % 2 === 0);
      bench.drive('digit2', ms % 2 === 1);
      bench.drive('a', ms % 2 === 1);
      bench.drive('b', ms % 2 === 0);
      bench.microseconds(1000);
    }
    expect(bench.shows()).toEqual({ kind: 'lights', brightness: [[0.5, 0, 0, 0, 0, 0, 0, 0], [0, 0.5, 0, 0, 0, 0, 0, 0]] });
  });
});

describe('max7219', () => {
  const on = (...more: [number, number][]): PinBench => {
    const bench = pinBench('max7219');
    for (const command of [[0x0c, 1], [0x0b, 7], [0x0a, 15], ...more]) bench.spi(...command);
    return bench;
  };
  const lit = (bench: PinBench, digit: number): string => {
    const shown = bench.shows();
    return shown?.kind === 'lights' ? shown.brightness[digit].map((share) => (share > 0 ? '#' : '.')).join('') : '';
  };

  it('shows a digit register without decoding, DP first', () => {
    expect(lit(on([0x03, 0b1010_0101]), 2)).toBe('#.#..#.#');
  });

  // Table 5: 2 is A B D E G; with bit 7 the point.
  it('decodes code B where the decode register says so', () => {
    expect(lit(on([0x09, 0x01], [0x01, 0x82]), 0)).toBe('###.##.#');
  });

  it('is dark in shutdown, as after power-on, and remembers', () => {
    const bench = on([0x01, 0xff], [0x0c, 0]);
    const dark = lit(bench, 0);
    bench.spi(0x0c, 1);
    expect([dark, lit(bench, 0)]).toEqual(['........', '########']);
  });

  it('lights everything in display test', () => {
    const bench = pinBench('max7219');
    bench.spi(0x0f, 1);
    expect([lit(bench, 0), lit(bench, 7)]).toEqual(['########', '########']);
  });

  it('dims by its duty cycle: 1/32 of an eighth at the least', () => {
    const bench = on([0x0a, 0], [0x01, 0x80]);
    expect(bench.shows()).toMatchObject({ brightness: { 0: [1 / 32 / 8, 0, 0, 0, 0, 0, 0, 0] } });
  });

  it('passes on what goes past it: the first word sent is the last device\'s', () => {
    const bench = pinBench('max7219', { chain: 2 });
    bench.spi(0x0f, 1, 0x00, 0);
    expect([lit(bench, 0), lit(bench, 8)]).toEqual(['........', '########']);
  });
});

describe('a servo', () => {
  const pulse = (bench: PinBench, microseconds: number): void => {
    bench.drive('signal', true);
    bench.microseconds(microseconds);
    bench.drive('signal', false);
    bench.microseconds(20_000 - microseconds);
  };
  const degrees = (bench: PinBench): number => {
    const shown = bench.shows();
    return shown?.kind === 'angle' ? shown.degrees : NaN;
  };

  // 544 us is 0 degrees, 2400 us is 180: (1500 - 544) / 1856 * 180.
  it.each([[544, 0], [2400, 180], [1500, 92.7155], [1008, 45], [2600, 180]])('goes with %s us to %s degrees', (width, angle) => {
    const bench = pinBench('servo');
    for (let n = 0; n < 50; n++) pulse(bench, width);
    expect(degrees(bench)).toBeCloseTo(angle, 3);
  });

  it('moves at its speed: 500 degrees in a second, from the end of the pulse', () => {
    const bench = pinBench('servo');
    pulse(bench, 2400);
    expect(degrees(bench)).toBeCloseTo(90 + 500 * (0.02 - 0.0024), 6);
  });

  it('takes no notice of pulses that are no commands', () => {
    const bench = pinBench('servo');
    pulse(bench, 100);
    pulse(bench, 8000);
    expect(degrees(bench)).toBe(90);
  });
});

describe('a buzzer', () => {
  const play = (bench: PinBench, halfPeriod: number, periods: number): void => {
    for (let n = 0; n < periods; n++) {
      bench.drive('signal', true);
      bench.microseconds(halfPeriod);
      bench.drive('signal', false);
      bench.microseconds(halfPeriod);
    }
  };

  it('sounds at the frequency of the square wave: 440 Hz for 2 * 1136 us', () => {
    const bench = pinBench('buzzer');
    play(bench, 1136, 10);
    expect(bench.shows()).toEqual({ kind: 'tone', hz: 1_000_000 / 2272 });
  });

  it('tells when it begins, changes and falls silent', () => {
    const bench = pinBench('buzzer');
    play(bench, 500, 20);
    play(bench, 250, 20);
    bench.microseconds(60_000);
    const heard = bench.changes.map(({ shown }) => (shown as Extract<Shown, { kind: 'tone' }>).hz);
    // The first rising edge after the change ends a period of the first tone still.
    expect([heard, bench.changes.at(-1)!.at]).toEqual([[1000, 2000, undefined], 20 * 1000 + 19 * 500 + 50_000]);
  });
});

describe('sn74hc595', () => {
  const send = (bench: PinBench, ...bits: number[]): void => {
    for (const bit of bits) {
      bench.drive('ser', bit === 1);
      bench.drive('srclk', true);
      bench.drive('srclk', false);
    }
  };
  const latch = (bench: PinBench): void => {
    bench.drive('rclk', true);
    bench.drive('rclk', false);
  };
  const outputs = (bench: PinBench): string => ['qa', 'qb', 'qc', 'qd', 'qe', 'qf', 'qg', 'qh'].map((pin) => bench.net(pin).state).join('');
  const unused = (...names: string[]): string[] => PARTS['sn74hc595'].pins.filter((pin) => !names.includes(pin));

  it('drives its outputs when RCLK rises, the bit sent first at QH', () => {
    const bench = pinBench('sn74hc595', {}, unused('oe', 'srclr'));
    send(bench, 1, 0, 1, 1, 0, 0, 0, 1);
    const before = outputs(bench);
    latch(bench);
    expect([before, outputs(bench)]).toEqual(['00000000', '10001101']);
  });

  it('lets go of them while OE is high', () => {
    const bench = pinBench('sn74hc595', {}, unused('srclr'));
    bench.drive('oe', true);
    expect(outputs(bench)).toBe('zzzzzzzz');
  });

  it('clears what it has shifted, not what it shows, when SRCLR falls', () => {
    const bench = pinBench('sn74hc595', {}, unused('oe'));
    bench.drive('srclr', true);
    send(bench, 1, 1, 1, 1, 1, 1, 1, 1);
    latch(bench);
    bench.drive('srclr', false);
    const kept = outputs(bench);
    bench.drive('srclr', true);
    latch(bench);
    expect([kept, outputs(bench)]).toEqual(['11111111', '00000000']);
  });

  it('in a row passes bits on', () => {
    const bench = pinBench('sn74hc595', { chain: 2 }, unused('oe', 'srclr'));
    send(bench, 1, ...Array<number>(15).fill(0));
    latch(bench);
    expect(bench.shows()).toEqual({ kind: 'levels', levels: [...Array<boolean>(15).fill(false), true] });
  });
});

describe('hc-sr04', () => {
  const measure = (metres: number, celsius: number): number => {
    const bench = pinBench('hc-sr04');
    bench.world.set('distance', metres);
    bench.world.set('temperature', celsius);
    const edges = edgesOf(bench, 'echo');
    bench.drive('trig', true);
    bench.microseconds(10);
    bench.drive('trig', false);
    bench.microseconds(60_000);
    return edges.length === 2 ? edges[1][0] - edges[0][0] : NaN;
  };

  // 331.3 m/s at 0 degrees; 331.3 * sqrt(1 + 20 / 273.15) = 343.2 m/s at 20.
  it.each([[1, 0, 2_000_000 / 331.3], [0.5, 20, 1_000_000 / 343.215], [0.001, 0, 40_000 / 331.3], [5, 20, 38_000]])('at %s m and %s degrees', (metres, celsius, microseconds) => {
    expect(measure(metres, celsius)).toBeCloseTo(microseconds, -0.5);
  });

  it('needs a trigger of 10 us', () => {
    const bench = pinBench('hc-sr04');
    const edges = edgesOf(bench, 'echo');
    bench.drive('trig', true);
    bench.microseconds(9);
    bench.drive('trig', false);
    bench.microseconds(60_000);
    expect(edges).toEqual([]);
  });
});

describe('ws2812b', () => {
  const send = (bench: PinBench, bytes: readonly number[], [zero, one, period]: readonly number[] = [0.4, 0.8, 1.25]): void => {
    for (const byte of bytes) {
      for (let bit = 7; bit >= 0; bit--) {
        const high = ((byte >> bit) & 1) === 1 ? one : zero;
        bench.drive('din', true);
        bench.microseconds(high);
        bench.drive('din', false);
        bench.microseconds(period - high);
      }
    }
  };
  const colours = (bench: PinBench): unknown => (bench.shows() as Extract<Shown, { kind: 'colours' }>).colours;

  it.each([['V1', [0.4, 0.8, 1.25]], ['V1 at its limits', [0.25, 0.95, 1.25]], ['V5 at its limits', [0.38, 0.58, 1.25]]])('shows green, red, blue as sent, with the times of %s', (_, times) => {
    const bench = pinBench('ws2812b', { count: 2 }, ['din']);
    send(bench, [0xff, 0x00, 0x00, 0x00, 0x33, 0x66], times);
    bench.microseconds(300);
    expect(colours(bench)).toEqual([[0, 1, 0], [0.2, 0, 0.4]]);
  });

  it.each([['ws2812b', 280], ['ws2812', 50]])('shows them after the latch time of a %s, and not before', (variant, latch) => {
    const bench = pinBench('ws2812b', { count: 1, variant }, ['din']);
    send(bench, [0xff, 0xff, 0xff]);
    // The last bit's low time counts.
    bench.microseconds(latch - 0.45 - 0.1);
    const before = colours(bench);
    bench.microseconds(0.2);
    expect([before, colours(bench), bench.changes.length]).toEqual([[[0, 0, 0]], [[1, 1, 1]], 1]);
  });

  it('keeps a lamp\'s colour when it gets no bits, and drops part of a lamp', () => {
    const bench = pinBench('ws2812b', { count: 2 }, ['din']);
    send(bench, [255, 255, 255, 255, 255, 255]);
    bench.microseconds(300);
    send(bench, [0, 0, 0, 0, 0]);
    bench.microseconds(300);
    expect(colours(bench)).toEqual([[0, 0, 0], [1, 1, 1]]);
  });

  it('takes four bytes a lamp with white', () => {
    const bench = pinBench('ws2812b', { count: 1, order: 'grbw' }, ['din']);
    send(bench, [0, 51, 0, 102]);
    bench.microseconds(300);
    expect(colours(bench)).toEqual([[0.6000000000000001, 0.4, 0.4]]);
  });

  it('passes on to DOUT what comes after its own bits', () => {
    const bench = pinBench('ws2812b', { count: 1 });
    const edges = edgesOf(bench, 'dout');
    send(bench, [1, 2, 3]);
    const before = edges.length;
    send(bench, [0x80]);
    expect([before, edges.length, Number((edges[1][0] - edges[0][0]).toFixed(4))]).toEqual([0, 16, 0.8]);
  });
});

it.each(['button', 'slide-switch', 'led', 'rgb-led', 'servo', 'buzzer', 'sn74hc595', 'hc-sr04', 'ws2812b', 'max7219'])('%s goes on from a snapshot', (name) => {
  const [first, second] = [pinBench(name), pinBench(name)];
  const press = (bench: PinBench): void => { for (const control of Object.keys(bench.part.controls ?? {})) setSwitch(bench, control, true); };
  // Both have the same drivers on the same nets.
  for (const bench of [first, second]) for (const pin of PARTS[name].pins) if (!['echo', 'dout', 'qh_', 'qa', 'qb', 'qc', 'qd', 'qe', 'qf', 'qg', 'qh'].includes(pin) && bench.part.controls === undefined) bench.drive(pin, false);
  for (const pin of PARTS[name].pins.slice(0, 2)) {
    if (first.part.controls !== undefined || pin === 'echo' || pin === 'dout') continue;
    first.drive(pin, true);
    first.microseconds(700.5);
    first.drive(pin, false);
  }
  press(first);
  first.microseconds(500);
  second.restore(first.snapshot());
  first.microseconds(5000);
  second.microseconds(5000);
  expect(second.snapshot()).toEqual(first.snapshot());
});
