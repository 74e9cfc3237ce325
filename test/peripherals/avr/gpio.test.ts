/** Expected values: ATmega328P data sheet DS40002061B, chapter 14. */
import { expect, it } from 'vitest';
import { AvrBench } from './avr-bench.js';

const bench = () => new AvrBench(['portb', 'portc', 'portd']);

it('drives what PORTx says where DDRx says output', () => {
  const on = bench();
  on.write('DDRB', 0x20);
  on.write('PORTB', 0x20);
  expect(on.net('PB5').state).toBe('1');
  on.write('PORTB', 0);
  expect(on.net('PB5').state).toBe('0');
});

it('toggles PORTx where ones are written to PINx', () => {
  const on = bench();
  on.write('PORTD', 0xf0);
  on.write('PIND', 0x18);
  expect(on.read('PORTD')).toBe(0xe8);
});

it('pulls inputs up where PORTx says so, and no output', () => {
  const on = bench();
  on.write('PORTB', 0x03);
  on.write('DDRB', 0x01);
  on.tick(1);
  expect([on.net('PB1').state, on.net('PB2').state, on.read('PINB')]).toEqual(['1', 'z', 0x03]);
  on.outside('PB1').drive(false);
  expect(on.read('PINB')).toBe(0x01);
});

it('shows a change of its own to a read one cycle after the write, not to one in the cycle that follows it: figure 14-4', () => {
  const on = bench();
  on.write('DDRB', 0xff);
  on.tick(5);
  on.write('PORTB', 0x55);
  expect(on.read('PINB')).toBe(0);
  on.tick(1);
  expect(on.read('PINB')).toBe(0x55);
});

it('has no bits where the package has no pins', () => {
  const on = bench();
  on.write('DDRC', 0xff);
  on.write('PORTC', 0xff);
  on.tick(2);
  expect([on.read('DDRC'), on.read('PORTC'), on.read('PINC')]).toEqual([0x7f, 0x7f, 0x7f]);
});

it('goes on from a snapshot', () => {
  const [one, other] = [bench(), bench()];
  one.write('DDRB', 0x0f);
  one.write('PORTB', 0x35);
  other.restore(one.snapshot());
  other.write('PINB', 0x01);
  other.tick(2);
  expect([other.read('PINB'), other.net('PB4').state]).toEqual([0x34, '1']);
});
