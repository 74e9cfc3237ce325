/** Arduino sketches and avr-libc programs, here and on simavr. */
import { beforeAll, describe, expect, it } from 'vitest';
import { buildAvrPrograms, machineWith, runHere, runOnSimavr, type RunOptions } from './build.js';

beforeAll(buildAvrPrograms, 300_000);

describe('sends the same bytes as on simavr, without a warning', () => {
  it.each<[string, RunOptions]>([
    ['serial-println', { seconds: 0.1 }],
    ['serial-println', { seconds: 0.1, target: 'mega' }],
    ['eeprom', { seconds: 0.1 }],
    ['eeprom', { seconds: 0.1, target: 'mega' }],
    ['polled-uart', { seconds: 0.01 }],
  ])('%s, %j', async (program, options) => {
    const here = runHere(program, options);
    expect({ text: here.text, warnings: here.warnings }).toEqual({ text: (await runOnSimavr(program, options)).text, warnings: [] });
    expect(here.text.length).toBeGreaterThan(5);
  });
});

it('moves a pin by counted cycles at the same cycles as on simavr', async () => {
  const options = { seconds: 0.1, pins: ['PB5'] };
  const here = runHere('busy-blink', options);
  expect(here.edges).toEqual((await runOnSimavr('busy-blink', options)).edges);
  expect(here.edges.length).toBeGreaterThan(700);
});

/**
 * millis() counts in an interrupt. simavr charges nothing for taking one, where the data sheet says four cycles (7.7.1; five with
 * a 22-bit PC, DS40002211A 7.8.1): about thirty interrupts lie between two edges, so these differ by that much and by a turn of
 * delay()'s loop.
 */
it.each<['uno' | 'mega', string]>([['uno', 'PB5'], ['mega', 'PB7']])('blinks on %s with delay() as on simavr, within what it does not count', async (target, pin) => {
  const options = { seconds: 0.3, pins: [pin], target };
  const here = runHere('blink', options).edges;
  const there = (await runOnSimavr('blink', options)).edges.slice(0, here.length);
  expect(here.map(({ level }) => level)).toEqual(there.map(({ level }) => level));
  expect(here.length).toBe(20);
  const intervals = (edges: readonly { cycle: number }[]): number[] => edges.slice(1).map(({ cycle }, n) => cycle - edges[n].cycle);
  const differences = intervals(here).map((cycles, n) => Math.abs(cycles - intervals(there)[n]));
  expect(Math.max(...differences)).toBeLessThan(30 * 5 + 100);
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
