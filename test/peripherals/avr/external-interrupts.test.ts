/** Expected values: ATmega328P data sheet DS40002061B, chapter 13. */
import { describe, expect, it } from 'vitest';
import { AVR_SYSTEM } from '../../../emulator/peripherals/avr/system.js';
import { AvrBench } from './avr-bench.js';

const INT0 = 'external.int0';

function bench() {
  const on = new AvrBench(['portb', 'portc', 'portd', 'external']);
  const pin = on.outside('PD2');
  pin.drive(true);
  on.write('EIFR', 3);
  return { on, pin };
}

describe('INT0', () => {
  it.each([
    ['any edge', 1, 2], ['a falling edge', 2, 1], ['a rising edge', 3, 1],
  ])('interrupts on %s', (_name, sense, count) => {
    const { on, pin } = bench();
    on.write('EICRA', sense);
    on.write('EIMSK', 1);
    let taken = 0;
    for (const level of [false, true]) {
      pin.drive(level);
      if (on.level(INT0)) taken++;
      on.take(INT0);
    }
    expect([taken, on.level(INT0), on.read('EIFR')]).toEqual([count, false, 0]);
  });

  it('is raised as long as the pin is low, without a flag', () => {
    const { on, pin } = bench();
    on.write('EIMSK', 1);
    pin.drive(false);
    on.take(INT0);
    const during = [on.level(INT0), on.read('EIFR')];
    pin.drive(true);
    expect([during, on.level(INT0)]).toEqual([[true, 0], false]);
  });

  it('flags an edge that is masked, and is raised when it is enabled', () => {
    const { on, pin } = bench();
    on.write('EICRA', 2);
    pin.drive(false);
    const masked = [on.read('EIFR'), on.level(INT0)];
    on.write('EIMSK', 1);
    expect([masked, on.level(INT0)]).toEqual([[1, false], true]);
  });

  it('hears firmware drive the pin itself', () => {
    const on = new AvrBench(['portd', 'external']);
    on.write('DDRD', 4);
    on.write('EICRA', 3);
    on.write('EIMSK', 1);
    on.write('PORTD', 4);
    expect(on.level(INT0)).toBe(true);
  });

  it('finds no edge without the I/O clock, but a low level', () => {
    const { on, pin } = bench();
    const system = on.chip.context.shared(AVR_SYSTEM);
    on.write('EICRA', 2);
    on.write('EIMSK', 1);
    system.setClock('io', false);
    pin.drive(false);
    const edge = on.level(INT0);
    on.write('EICRA', 0);
    expect([edge, on.level(INT0)]).toEqual([false, true]);
  });
});

describe('pin change interrupts', () => {
  it('hear pins whose mask bit is set, on both edges, by group', () => {
    const { on } = bench();
    const [masked, other] = [on.outside('PC3'), on.outside('PC4')];
    masked.drive(false);
    other.drive(false);
    on.write('PCMSK1', 0x08);
    on.write('PCICR', 2);
    other.drive(true);
    const before = on.read('PCIFR');
    masked.drive(true);
    const after = [on.read('PCIFR'), on.level('external.pcint1'), on.level('external.pcint0')];
    on.take('external.pcint1');
    expect([before, after, on.level('external.pcint1')]).toEqual([0, [2, true, false], false]);
  });

  it('stay after a snapshot', () => {
    const [{ on: one }, { on: other }] = [bench(), bench()];
    one.write('PCMSK0', 1);
    one.write('PCICR', 1);
    one.net('PB0');
    other.restore(one.snapshot());
    other.write('DDRB', 1);
    other.write('PORTB', 1);
    expect(other.level('external.pcint0')).toBe(true);
  });
});
