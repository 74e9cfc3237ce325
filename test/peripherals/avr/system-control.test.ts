/** Expected values: ATmega328P data sheet DS40002061B, chapters 9 to 12; ATmega2560 data sheet DS40002211A, 10 to 14. */
import { describe, expect, it } from 'vitest';
import { timedEvent } from '../../../emulator/time/event-queue.js';
import { SteadyVoltage } from '../../../emulator/wires/analog.js';
import { Pin } from '../../../emulator/wires/net.js';
import { AvrMachine, LOOP } from '../../support/avr-machine.js';

const CLKPCE = 0x80;
const PORF = 1, EXTRF = 2, WDRF = 8;
const SE = 1;
const SEI = 0x9478, SLEEP = 0x9588, NOP = 0;
const WDIE = 0x40;
/** sei; sleep; rjmp to sleep. Vector 6, the watchdog's: reti. */
const SLEEPER = { 0: [SEI, SLEEP, 0xcffe], 24: [0x9518] };
const hzOf = (on: AvrMachine): number => on.machine.clocks.clock('clkCpu').hz;

describe('the clock', () => {
  it.each([
    ['the crystal', { low: 0xff }, 16e6],
    ['the RC oscillator, divided by 8 as delivered', { low: 0x62 }, 1e6],
    ['the RC oscillator', { low: 0xe2 }, 8e6],
    ['the 128 kHz oscillator', { low: 0xe3 }, 128e3],
  ])('is %s by the fuses', (_, fuses, hz) => {
    expect(hzOf(new AvrMachine({ fuses }))).toBe(hz);
  });

  it.each([[0, 16e6], [3, 2e6], [8, 62_500]])('is divided by 2^CLKPS: %i', (CLKPS, hz) => {
    const on = new AvrMachine();
    on.write('CLKPR', CLKPCE);
    on.write('CLKPR', CLKPS);
    expect([hzOf(on), on.read('CLKPR')]).toEqual([hz, CLKPS]);
  });

  it.each([
    ['without CLKPCE', (on: AvrMachine) => { on.write('CLKPR', 1); }],
    ['five cycles after CLKPCE', (on: AvrMachine) => { on.write('CLKPR', CLKPCE); on.run(5 / 16e6); on.write('CLKPR', 1); }],
    ['with CLKPCE and CLKPS at once', (on: AvrMachine) => { on.write('CLKPR', CLKPCE | 1); }],
  ])('stays as it is %s', (_, change) => {
    const on = new AvrMachine();
    change(on);
    expect(hzOf(on)).toBe(16e6);
  });

  it('counts cycles at its own rate', () => {
    const on = new AvrMachine();
    on.write('CLKPR', CLKPCE);
    on.write('CLKPR', 4);
    const before = on.cycles;
    on.run(0.001);
    expect(on.cycles - before).toBe(1000);
  });
});

describe('reset', () => {
  it('says what it was, beside what is not cleared', () => {
    const on = new AvrMachine();
    expect(on.read('MCUSR')).toBe(PORF);
    on.machine.reset();
    on.run(0.001);
    expect(on.read('MCUSR')).toBe(PORF | EXTRF);
    on.write('MCUSR', ~PORF & 0xff);
    on.write('WDTCSR', 8);
    on.run(0.1);
    expect(on.read('MCUSR')).toBe(EXTRF | WDRF);
  });

  it.each([['65 ms and 14 cycles', 0xff, 0.065], ['4.1 ms and 14 cycles', 0xef, 0.0041], ['14 cycles', 0xdf, 0]])('holds the core for %s by the fuse SUT', (_, low, seconds) => {
    const on = new AvrMachine({ fuses: { low } });
    const before = on.machine.instructions;
    on.machine.reset();
    on.run(seconds + 13 / 16e6);
    expect(on.machine.instructions).toBe(before);
    on.run(2 / 16e6);
    expect(on.machine.instructions).toBe(before + 1);
  });

  it('begins in the boot section where BOOTRST is programmed and something is there', () => {
    const on = new AvrMachine({ program: { 0: [LOOP], 0x7e00: [LOOP] } });
    expect(on.machine.core.words[32] << 1).toBe(0x7e00);
  });

  it.each([[0xd8, 0x7000], [0xda, 0x7800], [0xdc, 0x7c00], [0xde, 0x7e00]])('finds the boot section by BOOTSZ: high fuse 0x%s', (high, start) => {
    const on = new AvrMachine({ program: { 0: [LOOP], [start]: [LOOP] }, fuses: { high } });
    expect(on.machine.core.words[32] << 1).toBe(start);
  });

  it.each([['an erased boot section', 0xde, {}], ['BOOTRST unprogrammed', 0xdf, { 0x7e00: [LOOP] }]])('begins at 0 with %s', (_, high, boot) => {
    const on = new AvrMachine({ program: { 0: [LOOP], ...boot }, fuses: { high } });
    expect(on.machine.core.words[32]).toBe(0);
  });
});

/** Table 10-1. Each source: who asks for its interrupt while the core sleeps. */
describe('an interrupt ends sleep only where its mode has it among the wake-up sources', () => {
  const IDLE = 0, ADC_NOISE_REDUCTION = 1, POWER_DOWN = 2, POWER_SAVE = 3, STANDBY = 6, EXTENDED_STANDBY = 7;
  const pin = (on: AvrMachine, name: string): Pin => new Pin('outside', on.machine.pins.net(name)!);

  /** @returns whether the core went on */
  function wakes(mode: number, prepare: (on: AvrMachine) => () => void, vector: number): boolean {
    const on = new AvrMachine({ program: { ...SLEEPER, [4 * vector]: [0x9518] } });
    const ask = prepare(on);
    on.write('SMCR', SE | (mode << 1));
    on.machine.events.schedule(timedEvent(ask), on.machine.now() + 0.001 * on.machine.rootHz);
    on.run(0.01);
    expect(on.machine.residency.sleeping).toBeGreaterThan(0);
    return (on.machine.exceptions[vector] ?? 0) > 0;
  }

  /** The comparator's input crosses the bandgap reference. */
  const comparator = (on: AvrMachine) => {
    const input = pin(on, 'PD7');
    input.driveAnalog(new SteadyVoltage(0));
    on.write('ACSR', 0x48); // ACBG, ACIE
    on.run(0.0001);
    on.write('ACSR', 0x58); // and ACI away
    return () => input.driveAnalog(new SteadyVoltage(5));
  };
  const int0 = (on: AvrMachine) => {
    const input = pin(on, 'PD2');
    input.drive(true);
    on.write('EIMSK', 1); // low level
    return () => input.drive(false);
  };

  it.each<[number, string, boolean]>([
    [IDLE, 'comparator', true], [ADC_NOISE_REDUCTION, 'comparator', false], [POWER_DOWN, 'comparator', false],
    [POWER_SAVE, 'comparator', false], [STANDBY, 'comparator', false], [EXTENDED_STANDBY, 'comparator', false],
    [IDLE, 'INT0', true], [ADC_NOISE_REDUCTION, 'INT0', true], [POWER_DOWN, 'INT0', true], [POWER_SAVE, 'INT0', true], [STANDBY, 'INT0', true], [EXTENDED_STANDBY, 'INT0', true],
  ])('SM = %i: %s %s', (mode, source, expected) => {
    const woke = source === 'INT0' ? wakes(mode, int0, 1) : wakes(mode, comparator, 23);
    expect(woke).toBe(expected);
  });
});

describe('sleep', () => {
  it('is none without SMCR.SE', () => {
    const on = new AvrMachine({ program: SLEEPER });
    on.run(0.001);
    expect(on.machine.residency.sleeping).toBe(0);
  });

  it.each([
    ['idle', 0, [true, true, true]],
    ['ADC noise reduction', 1, [false, true, true]],
    ['power-down', 2, [false, false, false]],
    ['power-save', 3, [false, false, true]],
    ['standby', 6, [false, false, false]],
    ['extended standby', 7, [false, false, true]],
  ])('in %s stops the clocks of table 10-1', (_, SM, runs) => {
    const on = new AvrMachine({ program: SLEEPER });
    on.write('SMCR', (SM << 1) | SE);
    on.write('WDTCSR', WDIE);
    on.run(0.001);
    expect(['clkIo', 'clkAdc', 'clkAsy'].map((name) => on.machine.clocks.clock(name).hz > 0)).toEqual(runs);
  });

  it.each([
    // SUT and CKSEL0 of 0xff: 16K cycles; tables 9-3 and 9-4
    ['power-down: 16K cycles', 2, 0xff, 16_384],
    ['power-save: 16K cycles', 3, 0xff, 16_384],
    ['power-down by the RC oscillator: 6 cycles', 2, 0xe2, 6],
    ['standby: 6 cycles', 6, 0xff, 6],
    ['idle: none', 0, 0xff, 0],
  ])('ends after the start-up time of %s', (_, SM, low, cycles) => {
    const on = new AvrMachine({ program: SLEEPER, fuses: { low } });
    on.write('SMCR', (SM << 1) | SE);
    on.write('WDTCSR', WDIE);
    on.run(2048 / 128_000 + 0.005);
    expect(Math.round((on.machine.residency.stalled / on.machine.rootHz) * hzOf(on))).toBe(cycles);
    expect(on.machine.exceptions[6]).toBe(1);
  });

  it('lasts until a reset where interrupts are disabled', () => {
    const on = new AvrMachine({ program: { 0: [NOP, SLEEP, LOOP] } });
    on.write('SMCR', SE);
    on.write('WDTCSR', WDIE);
    on.run(0.1);
    expect(on.machine.instructions).toBe(2);
  });

  it('goes on from a snapshot', () => {
    const [one, other] = [new AvrMachine({ program: SLEEPER }), new AvrMachine({ program: SLEEPER })];
    one.write('SMCR', (2 << 1) | SE);
    one.write('WDTCSR', WDIE);
    one.run(0.0162); // in the middle of start-up
    other.machine.restore(one.machine.snapshot());
    one.run(0.05);
    other.run(0.05);
    expect(other.machine.snapshot()).toEqual(one.machine.snapshot());
  });
});

it('disables pull-ups of all ports with MCUCR.PUD', () => {
  const on = new AvrMachine();
  on.write('PORTB', 1);
  expect(on.machine.pins.net('PB0')!.state).toBe('1');
  on.write('MCUCR', 0x10);
  expect(on.machine.pins.net('PB0')!.state).toBe('z');
});

it('moves vectors to the boot section within four cycles of IVCE', () => {
  // sei; loop, with the watchdog's vector at 24 and at 0x7e00 + 24: loops
  const on = new AvrMachine({ program: { 0: [SEI, LOOP], 24: [LOOP], 0x7e18: [LOOP] } });
  on.run(0.001);
  on.write('MCUCR', 1);
  on.write('MCUCR', 2);
  on.write('WDTCSR', WDIE);
  on.run(0.02);
  expect(on.machine.core.words[32] << 1).toBe(0x7e18);
});

it('has registers for general purposes', () => {
  const on = new AvrMachine();
  for (const n of [0, 1, 2]) on.write(`GPIOR${n}`, 0xa0 + n);
  expect([0, 1, 2].map((n) => on.read(`GPIOR${n}`))).toEqual([0xa0, 0xa1, 0xa2]);
});
