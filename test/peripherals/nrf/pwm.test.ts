/** Nordic PWM: nRF52840 Product Specification v1.1, PWM. Edges in ticks of 16 MHz since SEQSTART. */
import { describe, expect, it } from 'vitest';
import { PWM } from '../../../emulator/peripherals/nrf/pwm.js';
import { signalChip, TICK } from './signal-chip.js';

const RAM = 0x2000_0000;
/** Bit 15: the period begins high. */
const HIGH_FIRST = 0x8000;
const GROUPED = 1;
const INDIVIDUAL = 2;
const WAVEFORM = 3;
const NEXTSTEP = 1 << 8;
const UP_AND_DOWN = 1;
const LOOPSDONE_STOP = 1 << 4;
const SEQEND0_STOP = 1 << 0;

const setUp = (values: number[], { second = [] as number[], top = 100 } = {}) => {
  const on = signalChip();
  const pwm = on.add('pwm0', 'nrf/pwm', PWM, 0x4001_c000);
  const ram = new DataView(on.chip.ram.data.buffer);
  values.forEach((value, n) => ram.setUint16(2 * n, value, true));
  second.forEach((value, n) => ram.setUint16(0x100 + 2 * n, value, true));
  pwm.write('COUNTERTOP', top);
  pwm.write('SEQ_PTR[0]', RAM);
  pwm.write('SEQ_CNT[0]', values.length);
  pwm.write('SEQ_REFRESH[0]', 0);
  pwm.write('SEQ_PTR[1]', RAM + 0x100);
  pwm.write('SEQ_CNT[1]', second.length);
  pwm.write('SEQ_REFRESH[1]', 0);
  for (let n = 0; n < 4; n++) {
    pwm.write(`PSEL_OUT[${n}]`, 10 + n);
    on.output(10 + n, false);
  }
  pwm.write('ENABLE', 1);
  /** Edges of an output: positive ticks rise, negative ones fall. */
  const edges = (output: number): number[] => {
    const list: number[] = [];
    on.net(10 + output).onEdge((level, at) => list.push(level ? at / TICK : -at / TICK));
    return list;
  };
  return { ...on, pwm, edges };
};

describe('the wave', () => {
  it.each([
    ['rises at the compare value without bit 15',           30, 0,           [30, -100, 130, -200, 230]],
    ['falls at the compare value with bit 15',              30 | HIGH_FIRST, 0, [0, -30, 100, -130, 200, -230]],
    ['is a pulse around the top, up and down',              60, UP_AND_DOWN, [60, -140]],
    ['has no edge with a compare value of COUNTERTOP',      100, 0,          []],
    ['is high all the time with a compare value of 0',      0, 0,            [0]],
  ])('%s', (_what, value, mode, expected) => {
    const { pwm, edges, tick } = setUp([value]);
    const seen = edges(0);
    pwm.write('MODE', mode);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(250);
    expect(seen.map(Math.abs)).toEqual(expected.map(Math.abs));
    expect(seen).toEqual(expected);
  });

  it('runs at 16 MHz / 2^PRESCALER', () => {
    const { pwm, edges, tick } = setUp([30]);
    const seen = edges(0);
    pwm.write('PRESCALER', 3);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(850);
    expect(seen).toEqual([30 * 8, -100 * 8]);
  });

  it('has the same level at every tick whether somebody watches or not', () => {
    const [watched, unwatched] = [setUp([30, 80 | HIGH_FIRST, 55]), setUp([30, 80 | HIGH_FIRST, 55])];
    watched.edges(0);
    const levels = [watched, unwatched].map(({ pwm, net, tick }) => {
      pwm.write('TASKS_SEQSTART[0]', 1);
      return Array.from({ length: 500 }, () => { tick(1); return net(10).level; });
    });
    expect(levels[1]).toEqual(levels[0]);
  });

  it('costs one event a period while nobody watches', () => {
    const { pwm, chip, tick } = setUp([30]);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(110);
    expect(chip.queue.length).toBe(1);
  });

  it('drives edges from the moment that somebody watches', () => {
    const { pwm, edges, tick } = setUp([30]);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(150);
    const seen = edges(0);
    tick(100);
    expect(seen).toEqual([-200, 230]);
  });

  it('goes on from a snapshot while nobody watches', () => {
    const first = setUp([30]);
    first.pwm.write('TASKS_SEQSTART[0]', 1);
    first.tick(150);
    const second = setUp([30]);
    second.restore(first.snapshot());
    expect(Array.from({ length: 100 }, () => { second.tick(1); return second.net(10).level; }).map(Number).join('')).toBe('1'.repeat(49) + '0'.repeat(30) + '1'.repeat(21));
  });

  it('goes on from a snapshot', () => {
    const first = setUp([30]);
    first.edges(0);
    first.pwm.write('TASKS_SEQSTART[0]', 1);
    first.tick(150);
    const second = setUp([30]);
    const seen = second.edges(0);
    second.restore(first.snapshot());
    second.tick(100);
    expect(seen).toEqual([-200, 230]);
  });
});

describe('the decoder', () => {
  it.each([
    ['Common',     0,          [10],             [10, 10, 10, 10]],
    ['Grouped',    GROUPED,    [10, 20],         [10, 10, 20, 20]],
    ['Individual', INDIVIDUAL, [10, 20, 30, 40], [10, 20, 30, 40]],
  ])('loads %s', (_name, decoder, values, expected) => {
    const { pwm, edges, tick } = setUp(values);
    const seen = [0, 1, 2, 3].map(edges);
    pwm.write('DECODER', decoder);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(99);
    expect(seen.map(([first]) => first)).toEqual(expected);
  });

  it('loads WaveForm: three compare values and COUNTERTOP', () => {
    const { pwm, edges, tick } = setUp([10, 10, 10, 50, 10, 10, 10, 70]);
    const seen = edges(0);
    pwm.write('DECODER', WAVEFORM);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(125);
    expect(seen).toEqual([10, -50, 60, -120]);
  });

  it('holds each value for REFRESH further periods', () => {
    const { pwm, edges, tick } = setUp([10, 20]);
    const seen = edges(0);
    pwm.write('SEQ_REFRESH[0]', 1);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(330);
    expect(seen.filter((edge) => edge > 0)).toEqual([10, 110, 220, 320]);
  });

  it('takes the next value at NEXTSTEP when DECODER.MODE says so', () => {
    const { pwm, edges, tick } = setUp([10, 20]);
    const seen = edges(0);
    pwm.write('DECODER', NEXTSTEP);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(250);
    pwm.write('TASKS_NEXTSTEP', 1);
    tick(100);
    expect(seen.filter((edge) => edge > 0)).toEqual([10, 110, 210, 320]);
  });
});

describe('sequences', () => {
  it('tell their start with the first value and their end with the last', () => {
    const { pwm, tick } = setUp([10, 20]);
    pwm.write('TASKS_SEQSTART[0]', 1);
    const seen = [0, 99, 1].map((ticks) => {
      tick(ticks);
      return [pwm.read('EVENTS_SEQSTARTED[0]'), pwm.read('EVENTS_PWMPERIODEND'), pwm.read('EVENTS_SEQEND[0]')];
    });
    expect(seen).toEqual([[1, 0, 0], [1, 0, 0], [1, 1, 1]]);
  });

  it('hold the last value when they are over', () => {
    const { pwm, edges, tick } = setUp([10, 20]);
    const seen = edges(0);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(350);
    expect(seen.filter((edge) => edge > 0)).toEqual([10, 120, 220, 320]);
  });

  it('alternate LOOP times with their ENDDELAY, tell LOOPSDONE and stop by its shortcut', () => {
    const { pwm, edges, tick } = setUp([10], { second: [20] });
    const seen = edges(0);
    pwm.write('LOOP', 2);
    pwm.write('SEQ_ENDDELAY[0]', 1);
    pwm.write('SHORTS', LOOPSDONE_STOP);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(599);
    const before = pwm.read('EVENTS_LOOPSDONE');
    tick(400);
    expect([seen.filter((edge) => edge > 0), before, pwm.read('EVENTS_LOOPSDONE'), pwm.read('EVENTS_STOPPED')]).toEqual([[10, 110, 220, 310, 410, 520], 0, 1, 1]);
  });

  it('leave the pad to GPIO when they have stopped', () => {
    const { pwm, net, output, tick } = setUp([0]);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(50);
    pwm.write('TASKS_STOP', 1);
    const playing = net(10).level;
    tick(60);
    const stopped = net(10).level;
    output(10, true);
    expect([playing, stopped, net(10).level]).toEqual([true, false, true]);
  });

  it('stop at the end of the period of their last value by SEQEND_STOP', () => {
    const { pwm, edges, tick } = setUp([10, 20]);
    const seen = edges(0);
    pwm.write('SHORTS', SEQEND0_STOP);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(1000);
    expect([seen, pwm.read('EVENTS_STOPPED')]).toEqual([[10, -100, 120, -200], 1]);
  });
});

describe('an output whose periods are alike', () => {
  const clock = (values: number[], mode: number, periods: number) => {
    const { pwm, net, tick } = setUp(values, { top: 4 });
    pwm.write('MODE', mode);
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(4 * (mode === UP_AND_DOWN ? 2 : 1) * periods + 1);
    return net(10).clock;
  };

  it.each([
    // value, mode, first rise within a period and length of a period, in ticks of 16 MHz
    ['low first', 1, 0, 1, 4],
    ['high first', 2 | HIGH_FIRST, 0, 0, 4],
    ['up and down', 1, UP_AND_DOWN, 1, 8],
    ['up and down, high first', 3 | HIGH_FIRST, UP_AND_DOWN, 5, 8],
  ])('carries a clock: %s', (_, value, mode, rise, period) => {
    const { origin, num, den } = clock([value], mode, 20)!;
    expect([(origin / TICK) % period, num / den / TICK]).toEqual([rise, period]);
  });

  it('carries none at first, and none without edges', () => {
    expect([clock([1], 0, 8), clock([4], 0, 40), clock([0], 0, 40)]).toEqual([undefined, undefined, undefined]);
  });

  it('carries none any more when it stops', () => {
    const { pwm, net, tick } = setUp([1], { top: 4 });
    pwm.write('TASKS_SEQSTART[0]', 1);
    tick(100);
    const running = net(10).clock !== undefined;
    pwm.write('TASKS_STOP', 1);
    tick(5);
    expect([running, net(10).clock]).toEqual([true, undefined]);
  });

  it('carries none while values change, as data for NeoPixels do', () => {
    expect(clock(Array.from({ length: 30 }, (_, n) => 1 + (n & 1)), 0, 28)).toBeUndefined();
  });
});
