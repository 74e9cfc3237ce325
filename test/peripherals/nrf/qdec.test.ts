/** Nordic QDEC: nRF52840 Product Specification v1.1, QDEC, "Sampled value encoding". */
import { describe, expect, it } from 'vitest';
import { QDEC } from '../../../emulator/peripherals/nrf/qdec.js';
import { Pin } from '../../../emulator/wires/net.js';
import { signalChip, TICK } from './signal-chip.js';

/** SAMPLEPER 0 in ticks of 16 MHz. */
const PERIOD = 128 * 16;
const SHORT_REPORTRDY_READCLRACC = 1;
const ONE_SAMPLE = 8;

const setUp = () => {
  const on = signalChip();
  const qdec = on.add('qdec', 'nrf/qdec', QDEC, 0x4001_2000, { family: 'nrf52' });
  qdec.write('PSEL_A', 6);
  qdec.write('PSEL_B', 7);
  qdec.write('PSEL_LED', 8);
  const [a, b] = [6, 7].map((pin) => new Pin('encoder', on.net(pin)));
  /** Phases A and B by quarter turn; B leads, which is the positive direction. */
  const turnTo = (quarter: number): void => {
    const phase = ((quarter % 4) + 4) % 4;
    b.drive(phase === 1 || phase === 2);
    a.drive(phase === 2 || phase === 3);
  };
  turnTo(0);
  qdec.write('ENABLE', 1);
  return { ...on, qdec, turnTo };
};

it.each([['forwards', 1, 7], ['backwards', -1, -7]])('counts a quadrature signal %s', (_name, direction, expected) => {
  const { qdec, turnTo, tick } = setUp();
  qdec.write('TASKS_START', 1);
  for (let n = 1; n <= 7; n++) {
    turnTo(direction * n);
    tick(PERIOD);
  }
  qdec.write('TASKS_READCLRACC', 1);
  expect([qdec.read('ACCREAD') | 0, qdec.read('ACC')]).toEqual([expected, 0]);
});

it('samples first one SAMPLEPER after START', () => {
  const { qdec, turnTo, tick } = setUp();
  qdec.write('TASKS_START', 1);
  turnTo(1);
  tick(PERIOD - 1);
  const before = qdec.read('EVENTS_SAMPLERDY');
  tick(1);
  expect([before, qdec.read('EVENTS_SAMPLERDY'), qdec.read('SAMPLE')]).toEqual([0, 1, 1]);
});

it('counts two phases that changed together as a double transition', () => {
  const { qdec, turnTo, tick } = setUp();
  qdec.write('TASKS_START', 1);
  turnTo(2);
  tick(PERIOD);
  expect([qdec.read('SAMPLE'), qdec.read('ACC'), qdec.read('ACCDBL')]).toEqual([2, 0, 1]);
});

describe('a report', () => {
  it('comes after REPORTPER samples with movement', () => {
    const { qdec, turnTo, tick } = setUp();
    qdec.write('TASKS_START', 1);
    turnTo(1);
    tick(9 * PERIOD);
    const before = qdec.read('EVENTS_REPORTRDY');
    tick(PERIOD);
    expect([before, qdec.read('EVENTS_REPORTRDY')]).toEqual([0, 1]);
  });

  it('does not come without movement', () => {
    const { qdec, tick } = setUp();
    qdec.write('REPORTPER', ONE_SAMPLE);
    qdec.write('TASKS_START', 1);
    tick(3 * PERIOD);
    expect(qdec.read('EVENTS_REPORTRDY')).toBe(0);
  });

  it('reads and clears by its shortcut', () => {
    const { qdec, turnTo, tick } = setUp();
    qdec.write('REPORTPER', ONE_SAMPLE);
    qdec.write('SHORTS', SHORT_REPORTRDY_READCLRACC);
    qdec.write('TASKS_START', 1);
    turnTo(1);
    tick(PERIOD);
    expect([qdec.read('ACCREAD'), qdec.read('ACC')]).toEqual([1, 0]);
  });
});

it('lights the LED LEDPRE microseconds before each sample', () => {
  const { qdec, net, tick } = setUp();
  qdec.write('LEDPOL', 1);
  const edges: number[] = [];
  net(8).onEdge((_level, at) => edges.push(at / TICK));
  qdec.write('TASKS_START', 1);
  tick(PERIOD);
  expect(edges).toEqual([PERIOD - 16 * 16, PERIOD]);
});

it('leaves out with DBFEN what changed within LEDPRE microseconds of the sample', () => {
  const { qdec, turnTo, tick } = setUp();
  qdec.write('DBFEN', 1);
  qdec.write('TASKS_START', 1);
  tick(PERIOD - 10 * 16);
  turnTo(1);
  tick(10 * 16);
  const first = qdec.read('ACC');
  tick(PERIOD);
  expect([first, qdec.read('ACC')]).toEqual([0, 1]);
});

it('tells STOPPED', () => {
  const { qdec } = setUp();
  qdec.write('TASKS_START', 1);
  qdec.write('TASKS_STOP', 1);
  expect(qdec.read('EVENTS_STOPPED')).toBe(1);
});
