/** Expected values: ATmega328P data sheet DS40002061B, 8.4 and 8.6. */
import { expect, it } from 'vitest';
import { AvrMachine } from '../../support/avr-machine.js';

const EERE = 1, EEPE = 2, EEMPE = 4, EERIE = 8;
const EEPROM = 0x81_0000;
const ERASE_ONLY = 0x10, WRITE_ONLY = 0x20;
/** Of the calibrated 8 MHz oscillator. */
const PROGRAMMING_SECONDS = 26_368 / 8e6;

function write(on: AvrMachine, address: number, value: number, mode = 0): void {
  on.write('EEARH', address >> 8);
  on.write('EEARL', address & 0xff);
  on.write('EEDR', value);
  on.write('EECR', EEMPE | mode);
  on.write('EECR', EEPE | mode);
}

it('writes a byte where EEAR says, and EEPE stays set while it does', () => {
  const on = new AvrMachine();
  write(on, 0x3ff, 0x5a);
  expect(on.memory(EEPROM + 0x3ff)).toBe(0x5a);
  on.run(PROGRAMMING_SECONDS - 1e-5);
  expect(on.read('EECR') & EEPE).toBe(EEPE);
  on.run(2e-5);
  expect(on.read('EECR') & EEPE).toBe(0);
});

it.each([['without EEMPE', 0], ['five cycles after EEMPE', 5 / 16e6]])('writes nothing %s', (_, seconds) => {
  const on = new AvrMachine();
  on.write('EEDR', 0);
  if (seconds > 0) {
    on.write('EECR', EEMPE);
    on.run(seconds);
  }
  on.write('EECR', EEPE);
  expect([on.memory(EEPROM), on.read('EECR')]).toEqual([0xff, 0]);
});

it.each([['erases alone', ERASE_ONLY, 0xff], ['writes alone: bits go from 1 to 0', WRITE_ONLY, 0x0f & 0x3c]])('%s, in 1.8 ms', (_, mode, expected) => {
  const on = new AvrMachine();
  write(on, 7, 0x0f);
  on.run(0.01);
  write(on, 7, 0x3c, mode);
  expect(on.memory(EEPROM + 7)).toBe(expected);
  on.run(0.0017);
  expect(on.read('EECR') & EEPE).toBe(EEPE);
  on.run(0.0002);
  expect(on.read('EECR') & EEPE).toBe(0);
});

it('reads into EEDR, not while it writes', () => {
  const on = new AvrMachine();
  write(on, 0, 0x77);
  on.write('EECR', EERE);
  on.run(0.004);
  on.write('EEDR', 0);
  on.write('EECR', EERE);
  expect(on.read('EEDR')).toBe(0x77);
});

it('keeps address and data while it writes', () => {
  const on = new AvrMachine();
  write(on, 5, 6);
  on.write('EEARL', 9);
  on.write('EEDR', 9);
  expect([on.read('EEARL'), on.read('EEDR')]).toEqual([5, 6]);
});

it('halts the core for four cycles at a read, and for two at a write', () => {
  // sbi EECR,EERE; sbi EECR,EEMPE; sbi EECR,EEPE: two cycles each; then a loop of two cycles
  const on = new AvrMachine({ program: { 0: [0x9af8, 0x9afa, 0x9af9, 0xcfff] } });
  on.machine.run(12 * on.machine.rootHz / 16e6);
  expect([on.cycles, on.machine.instructions]).toEqual([12, 3]);
});

it('asks for its interrupt while it is ready and EERIE is set', () => {
  // sei; loop. Vector 22 at byte 88: cli would stay; reti at once, and so again and again.
  const on = new AvrMachine({ program: { 0: [0x9478, 0xcfff], 88: [0x9518] } });
  on.run(1e-5);
  write(on, 0, 1);
  on.write('EECR', EERIE);
  on.run(PROGRAMMING_SECONDS - 1e-5);
  expect(on.machine.exceptions[22] ?? 0).toBe(0);
  on.run(3e-5);
  expect(on.machine.exceptions[22]).toBeGreaterThan(0);
});

it('keeps its contents over a reset, and goes on from a snapshot', () => {
  const [one, other] = [new AvrMachine(), new AvrMachine()];
  write(one, 3, 0x42);
  other.machine.restore(one.machine.snapshot());
  other.machine.reset();
  other.run(0.001);
  expect([other.memory(EEPROM + 3), other.read('EECR') & EEPE]).toEqual([0x42, EEPE]);
  other.run(0.003);
  expect(other.read('EECR') & EEPE).toBe(0);
});
