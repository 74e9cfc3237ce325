/** Expected values: ATmega328P data sheet DS40002061B, chapters 23 and 24 (table 24-1 for times); codes by hand: V * 1024 / Vref. */
import { describe, expect, it } from 'vitest';
import { AVR_SYSTEM } from '../../../emulator/peripherals/avr/system.js';
import { SteadyVoltage } from '../../../emulator/wires/analog.js';
import { ATMEGA328P, AvrBench, ROOT_PER_CYCLE } from './avr-bench.js';

const ADEN = 0x80, ADSC = 0x40, ADATE = 0x20, ADIE = 8, AVCC = 0x40;
const BY_2 = 1, BY_128 = 7;

const bench = (lines = ATMEGA328P) => new AvrBench(['portb', 'portc', 'portd', 'prescaler', 'timer0', 'timer1', 'external', 'adc', 'comparator'], lines);
const done = (on: AvrBench) => () => (on.read('ADCSRA') & ADSC) === 0;
const result = (on: AvrBench) => on.read('ADCL') | (on.read('ADCH') << 8);

function converted(on: AvrBench): number {
  on.write('ADCSRA', ADEN | ADSC | BY_2);
  on.tick(100);
  return result(on);
}

describe('the ADC', () => {
  it.each([[0, 0], [2.5, 512], [4.999, 1023], [6, 1023]])('converts %f V to %i of a 5 V supply', (volts, code) => {
    const on = bench();
    on.outside('PC2').driveAnalog(new SteadyVoltage(volts));
    on.write('ADMUX', AVCC | 2);
    expect(converted(on)).toBe(code);
  });

  it.each([
    ['1.1 V of the supply', AVCC | 14, 225], ['ground', AVCC | 15, 0], ['the temperature sensor of 1.1 V', 0xc8, 292],
  ])('converts %s', (_name, admux, code) => {
    const on = bench();
    on.write('ADMUX', admux);
    expect(converted(on)).toBe(code);
  });

  it('adjusts left with ADLAR', () => {
    const on = bench();
    on.write('ADMUX', AVCC | 0x20 | 14);
    expect(converted(on)).toBe(225 << 6);
  });

  it('takes 25 ADC clocks for the first conversion, 13 for the others, from the next rising edge of the ADC clock', () => {
    const on = bench();
    on.write('ADCSRA', ADEN | BY_128);
    on.tick(100);
    on.write('ADCSRA', ADEN | ADSC | BY_128);
    const first = on.cyclesUntil(done(on));
    on.write('ADCSRA', ADEN | ADSC | BY_128);
    expect([first, on.cyclesUntil(done(on))]).toEqual([28 + 25 * 128, 128 + 13 * 128]);
  });

  it('samples 1.5 ADC clocks after the start', () => {
    const on = bench();
    const asked: number[] = [];
    on.outside('PC0').driveAnalog({ volts: (now) => { asked.push(now / ROOT_PER_CYCLE); return 1; } });
    on.write('ADMUX', AVCC);
    converted(on);
    on.write('ADCSRA', ADEN | ADSC | BY_128);
    const start = on.cycles;
    asked.length = 0;
    on.tick(3000);
    const edge = Math.ceil((start + 1) / 128) * 128; // ADEN was set at cycle 0
    expect(asked).toEqual([edge + 192]);
  });

  it('interrupts, and forgets the flag when that is taken', () => {
    const on = bench();
    on.write('ADCSRA', ADEN | ADSC | ADIE | BY_2);
    on.tick(100);
    const raised = on.level('adc.adc');
    on.take('adc.adc');
    expect([raised, on.level('adc.adc'), on.read('ADCSRA') & 0x10]).toEqual([true, false, 0]);
  });

  it('runs freely, 13 ADC clocks each', () => {
    const on = bench();
    on.write('ADCSRA', ADEN | ADSC | ADATE | ADIE | BY_128);
    on.cyclesUntil(() => on.level('adc.adc'));
    on.take('adc.adc');
    expect(on.cyclesUntil(() => on.level('adc.adc'))).toBe(13 * 128);
  });

  it('keeps the result from a read of ADCL to one of ADCH', () => {
    const on = bench();
    const source = new SteadyVoltage(2.5);
    on.outside('PC0').driveAnalog(source);
    on.write('ADMUX', AVCC);
    converted(on);
    on.read('ADCL');
    source.set(1);
    on.write('ADCSRA', ADEN | ADSC | BY_2);
    on.tick(100);
    expect(on.read('ADCH')).toBe(2);
  });

  it('starts at the compare match of timer 0, which is scheduled for that', () => {
    const on = bench();
    on.write('ADMUX', AVCC | 14);
    converted(on);
    on.write('OCR0A', 99);
    on.write('TCCR0A', 2);
    on.write('ADCSRB', 3);
    on.write('ADCSRA', ADEN | ADATE | ADIE | BY_2 | 0x10);
    on.write('TCCR0B', 1);
    expect(on.cyclesUntil(() => on.level('adc.adc'))).toBe(100 + 27);
  });

  it('a conversion starts as the CPU falls asleep in ADC noise reduction', () => {
    const on = bench();
    on.write('ADMUX', AVCC | 14);
    on.write('ADCSRA', ADEN | ADIE | BY_2);
    const system = on.chip.context.shared(AVR_SYSTEM);
    system.setClock('cpu', false);
    system.setClock('io', false);
    system.changed();
    on.tick(100);
    expect([on.level('adc.adc'), result(on)]).toEqual([true, 225]);
  });

  it('switches digital inputs off', () => {
    const on = bench();
    on.write('PORTC', 0x3f);
    on.tick(2);
    on.write('DIDR0', 0x05);
    expect(on.read('PINC')).toBe(0x3a);
  });

  it('goes on from a snapshot', () => {
    const [one, other] = [bench(), bench()];
    one.write('ADMUX', AVCC | 14);
    one.write('ADCSRA', ADEN | ADSC | BY_128);
    one.tick(1000);
    other.restore(one.snapshot());
    expect(other.cyclesUntil(done(other))).toBe(one.cyclesUntil(done(one)));
  });
});

/** ATmega2560 data sheet DS40002211A, table 26-4 and 26.7. */
describe('the ATmega2560\'s ADC', () => {
  const lines = {
    ...ATMEGA328P,
    adc: { ...ATMEGA328P.adc, isDifferential: true, references: ['AREF', 'AVCC', '1.1', '2.56'] },
  };
  it.each([
    ['ADC3 - ADC2 times 10', 0x0d, 2.52, 2.5, 40], ['ADC3 - ADC2 times 200, past full scale', 0x0f, 2.52, 2.5, 511],
    ['ADC3 - ADC1', 0x13, 1, 2.5, 1024 - 300], ['ADC2 - ADC2', 0x0c, 2, 2.5, 0],
  ])('converts %s', (_name, mux, adc3, adc12, code) => {
    const on = bench(lines);
    on.outside('PC3').driveAnalog(new SteadyVoltage(adc3));
    for (const name of ['PC1', 'PC2']) on.outside(name).driveAnalog(new SteadyVoltage(adc12));
    on.write('ADMUX', 0xc0 | mux);
    expect(converted(on)).toBe(code);
  });
});

describe('the analog comparator', () => {
  it('compares AIN0 with AIN1, or the band gap', () => {
    const on = bench();
    on.outside('PD6').driveAnalog(new SteadyVoltage(2));
    on.outside('PD7').driveAnalog(new SteadyVoltage(1.5));
    const pins = on.read('ACSR') & 0x20;
    on.write('ACSR', 0x40);
    expect([pins, on.read('ACSR') & 0x20]).toEqual([0x20, 0]);
  });

  it('borrows the multiplexer while the ADC is off', () => {
    const on = bench();
    on.outside('PD6').driveAnalog(new SteadyVoltage(2));
    on.outside('PC1').driveAnalog(new SteadyVoltage(3));
    const before = on.read('ACSR') & 0x20;
    on.write('ADMUX', 1);
    on.write('ADCSRB', 0x40);
    expect([before, on.read('ACSR') & 0x20]).toEqual([0x20, 0]);
  });

  it('interrupts at a crossing of a voltage that nobody announces', () => {
    const on = bench();
    on.outside('PD6').driveAnalog({ volts: (now) => (now >= 12_345 * ROOT_PER_CYCLE ? 3 : 1) });
    on.outside('PD7').driveAnalog(new SteadyVoltage(2));
    on.write('ACSR', 0x08 | 3);
    expect(on.cyclesUntil(() => on.level('comparator.comparator'))).toBe(12_345);
    on.take('comparator.comparator');
    expect(on.level('comparator.comparator')).toBe(false);
  });

  it('leads its output to the capture unit of timer 1 with ACIC', () => {
    const on = bench();
    const source = on.outside('PD6');
    source.drive(false);
    on.outside('PD7').driveAnalog(new SteadyVoltage(2));
    on.write('ACSR', 4);
    on.write('TCCR1B', 0x41);
    on.tick(500);
    source.drive(true);
    on.tick(50);
    expect([on.read('TIFR1') & 0x20, on.read16('ICR1')]).toEqual([0x20, 503]);
  });
});
