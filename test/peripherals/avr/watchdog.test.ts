/** Expected values: ATmega328P data sheet DS40002061B, 11.8 and 11.9. */
import { expect, it } from 'vitest';
import { AvrMachine, LOOP } from '../../support/avr-machine.js';

const WDE = 0x08, WDCE = 0x10, WDIE = 0x40, WDIF = 0x80;
/** WDP = 0: 2K cycles of 128 kHz. */
const SHORTEST = 2048 / 128_000;
const WDRF = 8;
const SLOW = 0x27; // WDP3:0 as they lie in the register

function changed(on: AvrMachine, value: number): void {
  on.write('WDTCSR', WDCE | WDE);
  on.write('WDTCSR', value);
}

it.each([[0, 2048], [1, 4096], [6, 131_072], [7, 262_144], [0x20, 524_288], [0x21, 1_048_576]])('with WDP bits 0x%s resets after %i cycles of its oscillator', (WDP, cycles) => {
  const on = new AvrMachine();
  changed(on, WDE | WDP);
  on.run(cycles / 128_000 - 0.0001);
  expect(on.machine.resets).toEqual([]);
  on.run(0.0002);
  expect(on.machine.resets.map(({ cause }) => cause)).toEqual(['watchdog']);
});

it('runs on after the reset it made, with the shortest time-out, and cannot be stopped before WDRF is cleared', () => {
  const on = new AvrMachine();
  changed(on, WDE | 2);
  on.run(0.0641);
  expect([on.read('MCUSR') & WDRF, on.read('WDTCSR')]).toEqual([WDRF, WDE]);
  changed(on, 0);
  expect(on.read('WDTCSR')).toBe(WDE);
  on.write('MCUSR', 0);
  changed(on, 0);
  expect(on.read('WDTCSR')).toBe(0);
});

it('counts after its reset when the chip has started up again: 65 ms by the fuses', () => {
  const on = new AvrMachine();
  on.write('WDTCSR', WDE);
  on.run(SHORTEST + 0.065 + SHORTEST - 0.001);
  expect(on.machine.resets.length).toBe(1);
  on.run(0.002);
  expect(on.machine.resets.length).toBe(2);
});

it('takes a slower prescaler only within four cycles of WDCE', () => {
  const on = new AvrMachine();
  on.write('WDTCSR', WDCE | WDE);
  on.run(5 / 16e6);
  on.write('WDTCSR', SLOW & 7);
  expect(on.read('WDTCSR') & 7).toBe(0);
});

it('needs no sequence to be switched on', () => {
  const on = new AvrMachine();
  on.write('WDTCSR', WDE);
  expect(on.read('WDTCSR')).toBe(WDE);
});

it('sets its flag and does not reset in interrupt mode; a written one clears the flag', () => {
  const on = new AvrMachine();
  on.write('WDTCSR', WDIE);
  on.run(SHORTEST + 0.0001);
  expect(on.read('WDTCSR')).toBe(WDIF | WDIE);
  on.write('WDTCSR', WDIF | WDIE);
  expect(on.read('WDTCSR')).toBe(WDIE);
  on.run(10 * SHORTEST);
  expect(on.machine.resets).toEqual([]);
});

it('asks first and resets at the second time-out in interrupt and system reset mode', () => {
  const on = new AvrMachine();
  on.write('WDTCSR', WDIE | WDE);
  on.run(SHORTEST + 0.0001);
  expect([on.read('WDTCSR'), on.machine.resets.length]).toEqual([WDIF | WDIE | WDE, 0]);
  on.run(SHORTEST);
  expect(on.machine.resets.length).toBe(1);
});

it('is always on, and never asks, where WDTON is programmed', () => {
  const on = new AvrMachine({ fuses: { high: 0xce } });
  changed(on, WDIE);
  expect(on.read('WDTCSR')).toBe(WDE);
  on.run(SHORTEST + 0.0001);
  expect(on.machine.resets.length).toBe(1);
});

it('begins anew at WDR', () => {
  // wdr; rjmp back to it
  const on = new AvrMachine({ program: { 0: [0x95a8, 0xcffe] } });
  on.write('WDTCSR', WDE);
  on.run(20 * SHORTEST);
  expect(on.machine.resets).toEqual([]);
});

it('clears its flag, and WDIE in interrupt and system reset mode, when the vector is taken', () => {
  // sei; loop. Vector 6 at byte 24: loop.
  const on = new AvrMachine({ program: { 0: [0x9478, LOOP], 24: [LOOP] } });
  on.run(0.001);
  on.write('WDTCSR', WDIE | WDE);
  on.run(SHORTEST + 0.0001);
  expect([on.read('WDTCSR'), on.machine.exceptions[6]]).toEqual([WDE, 1]);
});

it('goes on from a snapshot', () => {
  const [one, other] = [new AvrMachine(), new AvrMachine()];
  changed(one, WDE | 3); // 128 ms
  one.run(0.1);
  other.machine.restore(one.machine.snapshot());
  one.run(0.05);
  other.run(0.05);
  expect(other.machine.resets).toEqual(one.machine.resets);
  expect(other.machine.resets.length).toBe(1);
});
