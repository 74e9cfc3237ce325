/** Arduino sketches and avr-libc programs, here and on simavr. */
import { beforeAll, describe, expect, it } from 'vitest';
import { buildAvrPrograms, CPU_HZ, machineWith, runHere, runOnSimavr, type RunOptions, type Target } from './build.js';
import type { Surroundings } from './surroundings.js';

beforeAll(buildAvrPrograms, 300_000);

const UNO_MEMORY = { address: 0x50, sda: 'PC4', scl: 'PC5' };
const MEGA_MEMORY = { address: 0x50, sda: 'PD1', scl: 'PD0' };
const MILLIVOLTS = { 0: 0, 1: 1234, 2: 3300, 3: 800 };
/** At 0 V, then 0.5 ms and 0.25 ms high, and high again. */
const pulses = (pin: string): Drive[] => [[320_000, pin, 1], [328_000, pin, 0], [360_000, pin, 1], [364_000, pin, 0], [400_000, pin, 1]];
type Drive = readonly [number, string, 0 | 1];
/** Characters at 9600 baud, with a pause after each. */
const typed = (text: string, pin: string): Drive[] => [[100, pin, 1], ...[...text].flatMap((character, i) => {
  const frame = [0, ...Array.from({ length: 8 }, (_, n) => (character.charCodeAt(0) >> n) & 1), 1];
  return frame.map((level, n): Drive => [400_000 + i * 18_000 + Math.round((n * CPU_HZ) / 9600), pin, level as 0 | 1]);
})];
const intervals = (edges: readonly { cycle: number }[]): number[] => edges.slice(1).map(({ cycle }, n) => cycle - edges[n].cycle);
const levels = (edges: readonly { level: number }[]): number[] => edges.map(({ level }) => level);

describe('sends the same bytes as on simavr, without a warning', () => {
  it.each<[string, RunOptions]>([
    ['serial-println', { seconds: 0.1 }],
    ['serial-println', { seconds: 0.1, target: 'mega' }],
    ['eeprom', { seconds: 0.1 }],
    ['eeprom', { seconds: 0.1, target: 'mega' }],
    ['polled-uart', { seconds: 0.01 }],
    ['spi', { seconds: 0.1, around: { loopSpi: { mosi: 'PB3', miso: 'PB4' } } }],
    ['spi', { seconds: 0.1, target: 'mega', around: { loopSpi: { mosi: 'PB2', miso: 'PB3' } } }],
    ['analog', { seconds: 0.1, around: { millivolts: MILLIVOLTS } }],
    ['analog', { seconds: 0.1, target: 'mega', around: { millivolts: MILLIVOLTS } }],
    ['software-serial', { seconds: 0.1, around: { drives: typed('Hello', 'PB2') } }],
    ['software-serial', { seconds: 0.1, target: 'mega', around: { drives: typed('Hello', 'PB4') } }],
    ['clocks', { seconds: 0.1 }],
    ['clocks', { seconds: 0.1, target: 'mega' }],
    ['watchdog-reset', { seconds: 0.3 }],
  ])('%s, %j', async (program, options) => {
    const here = runHere(program, options);
    expect({ text: here.text, warnings: here.warnings }).toEqual({ text: (await runOnSimavr(program, options)).text, warnings: [] });
    expect(here.text.length).toBeGreaterThan(5);
  });

  // Nobody acknowledges the address: TWSR is 0x20 (DS40002061B table 22-2), which Wire calls 2. simavr tells of refused data, 3.
  it.each<[Target, NonNullable<Surroundings['memory']>]>([['uno', UNO_MEMORY], ['mega', MEGA_MEMORY]])('wire on %s, but for the address at which nobody is', async (target, memory) => {
    const options = { seconds: 0.1, target, around: { memory } };
    const here = runHere('wire', options);
    expect({ text: here.text, warnings: here.warnings }).toEqual({ text: (await runOnSimavr('wire', options)).text.replace('nobody 3', 'nobody 2'), warnings: [] });
  });

  // The last number is PWM on the wire: simavr moves no pin in phase correct PWM. Before it, a microsecond for the interrupt that fell in.
  it.each<[Target, Surroundings]>([
    ['uno', { wires: { PD2: 'PB1', PB0: 'PB1' }, drives: pulses('PD7') }],
    ['mega', { wires: { PE4: 'PH6', PB3: 'PH6' }, drives: pulses('PH4') }],
  ])('interrupts on %s, and pulseIn() within a microsecond', async (target, around) => {
    const options = { seconds: 0.1, target, around };
    const numbers = (text: string): number[] => text.match(/\d+/g)!.map(Number);
    const [rising, changes, high, low, pwm] = numbers(runHere('interrupts', options).text);
    const [risingThere, changesThere, highThere, lowThere] = numbers((await runOnSimavr('interrupts', options)).text);
    expect([rising, changes]).toEqual([risingThere, changesThere]);
    expect([Math.abs(high - highThere), Math.abs(low - lowThere)]).toEqual([expect.toSatisfy((us: number) => us <= 1), expect.toSatisfy((us: number) => us <= 1)]);
    // 2 x 64 counts of 64 cycles are 512 us; the timer's interrupts stop the counting loop for some 6 us.
    expect(pwm).toBeGreaterThan(512 - 15);
    expect(pwm).toBeLessThanOrEqual(513);
  });
});

describe('moves pins at the same cycles as on simavr', () => {
  it.each<[string, RunOptions, number]>([
    ['busy-blink', { seconds: 0.1, pins: ['PB5'] }, 700],
    ['software-serial', { seconds: 0.1, pins: ['PB3'] }, 50],
    ['software-serial', { seconds: 0.1, pins: ['PB5'], target: 'mega' }, 50],
    ['clocks', { seconds: 0.1, pins: ['PB0'] }, 13],
  ])('%s, %j', async (program, options, atLeast) => {
    const here = runHere(program, options);
    expect(here.edges).toEqual((await runOnSimavr(program, options)).edges);
    expect(here.edges.length).toBeGreaterThan(atLeast);
  });

  // From the first edge on: here the prescaler has been running since the reset (DS40002061B 17.1), simavr starts it with the timer.
  // Waking up costs four cycles more than an interrupt (7.7.1), which simavr does not charge; each interrupt here is such a one.
  it('servo: all intervals between edges', async () => {
    const options = { seconds: 0.1, pins: ['PB0', 'PB1'] };
    const here = runHere('servo', options).edges;
    const there = (await runOnSimavr('servo', options)).edges;
    expect([intervals(here), levels(here)]).toEqual([intervals(there), levels(there)]);
    expect(here.length).toBe(20);
  });

  // From the first edge on: a byte takes longer on simavr's SPI than its eight bits.
  it.each<[Target, string[], NonNullable<Surroundings['loopSpi']>]>([
    ['uno', ['PB0', 'PB1'], { mosi: 'PB3', miso: 'PB4' }], ['mega', ['PH5', 'PH6'], { mosi: 'PB2', miso: 'PB3' }],
  ])('shiftOut() on %s: all intervals between edges', async (target, pins, loopSpi) => {
    const options = { seconds: 0.1, target, pins, around: { loopSpi } };
    const here = runHere('spi', options).edges;
    expect(intervals(here)).toEqual(intervals((await runOnSimavr('spi', options)).edges));
    expect(here.length).toBe(22);
  });
});

/**
 * millis() counts in an interrupt of timer 0, whose prescaler stands elsewhere on simavr: delay() sees the new millisecond up to one
 * turn of its loop and an interrupt, less than 200 cycles, earlier or later.
 */
it.each<[Target, string]>([['uno', 'PB5'], ['mega', 'PB7']])('blinks on %s with delay() as on simavr, within a turn of its loop', async (target, pin) => {
  const options = { seconds: 0.3, pins: [pin], target };
  const here = runHere('blink', options).edges;
  const there = (await runOnSimavr('blink', options)).edges;
  expect(levels(here)).toEqual(levels(there));
  expect(here.length).toBe(20);
  expect(Math.max(...intervals(here).map((cycles, n) => Math.abs(cycles - intervals(there)[n])))).toBeLessThan(200);
});

/** DS40002061B 19.6.3 (the transmit buffer), 19.3.1: simavr takes a byte each 1588 cycles; the arithmetic of ten bits of 16 x 9 cycles is the measure. */
it('a polled transmitter takes two bytes at once, and then one for each frame of 1440 cycles, seen at most a turn of the loop later', () => {
  const [first, second, ...frames] = runHere('polled-uart', { seconds: 0.01, pins: ['PB0'] }).edges.map(({ cycle }) => cycle);
  expect(second - first).toBeLessThan(20);
  expect(frames.map((cycle, n) => Math.abs(cycle - first - 1440 * (n + 1)) < 20)).toEqual(frames.map(() => true));
});

/**
 * DS40002061B 15.7.3 and 15.7.4. simavr moves pins one count early in fast PWM and never in phase correct PWM, so arithmetic is the
 * measure: timer 0 counts 256 x 64 cycles and is high for OCR + 1 of them, timers 1 and 2 have 2 x 255 counts and are high for 2 x OCR.
 */
it.each([
  ['PD3', 2 * 10, 2 * 255], ['PD5', 55 + 1, 256], ['PD6', 100 + 1, 256], ['PB1', 2 * 145, 2 * 255], ['PB2', 2 * 190, 2 * 255], ['PB3', 2 * 235, 2 * 255],
])('analogWrite(): %s is high for %i of %i counts of 64 cycles', (pin, high, period) => {
  const edges = runHere('pwm', { seconds: 0.01, pins: [pin] }).edges.slice(4, 7);
  const rising = edges.findIndex(({ level }) => level === 1);
  expect([edges[rising + 1].cycle - edges[rising].cycle, edges[2].cycle - edges[0].cycle]).toEqual([64 * high, 64 * period]);
});

/** Timer 2 goes on from where it is, so that the first edge comes early (simavr begins at 0); millis()' interrupt may come first. */
it('tone() toggles its pin every 8000 cycles for 1000 Hz, save where another interrupt comes first', () => {
  const edges = runHere('tone', { seconds: 0.02, pins: ['PB0'] }).edges.slice(1);
  expect(edges.length).toBeGreaterThan(35);
  expect(edges.filter(({ cycle }, n) => Math.abs(cycle - edges[0].cycle - 8000 * n) > 110)).toEqual([]);
});

it('echoes what the host sends, in capitals', () => {
  const { machine, text } = machineWith('serial-echo');
  machine.run(0.05 * machine.rootHz);
  machine.serials[0].write(Buffer.from('how nice'));
  machine.run(0.1 * machine.rootHz);
  expect(text()).toBe('ready\r\nHOW NICE');
});

it('keeps EEPROM over a reset', () => {
  const { machine, text } = machineWith('eeprom');
  machine.run(0.2 * machine.rootHz);
  machine.reset();
  machine.run(0.5 * machine.rootHz);
  expect(text()).toBe('start 1 5A\r\nstart 2 5A\r\n');
});

it('sleeps through a day in power-down, woken by the watchdog each 8.192 s, in less than five seconds', () => {
  const { machine, text } = machineWith('day');
  const began = performance.now();
  machine.run(86_400 * machine.rootHz);
  expect(performance.now() - began).toBeLessThan(5000);
  const wakeUps = Math.floor(86_400 / ((1 << 20) / 128_000));
  // Each wake-up costs 16K cycles of start-up, which the watchdog does not wait for.
  expect([machine.exceptions[6], text().length]).toEqual([wakeUps, 'hour\n'.length * Math.floor(wakeUps / 450)]);
  expect(machine.residency.sleeping / machine.now()).toBeGreaterThan(0.999);
});

it('goes on from a snapshot at any moment', () => {
  const one = machineWith('serial-println');
  const other = machineWith('serial-println');
  one.machine.run(0.0113 * one.machine.rootHz);
  const before = one.text();
  other.machine.restore(one.machine.snapshot());
  for (const { machine } of [one, other]) machine.run(0.1 * machine.rootHz);
  expect(before + other.text()).toBe(one.text());
  expect(other.machine.snapshot()).toEqual(one.machine.snapshot());
});

it('calls interrupts by the blocks that ask for them', () => {
  const { machine } = machineWith('blink');
  expect([machine.core.exceptionName!(16), machine.core.exceptionName!(6), machine.core.exceptionName!(63)]).toEqual(['timer0 ovf', 'watchdog', 'vector 63']);
});
