/**
 * avr8js 0.21.1 as an oracle, register by register and cycle by cycle, and the gaps for which the blocks here are our own
 * (emulator/peripherals/avr/README.md): where it differs, the data sheet (DS40002061B) decides, and a test here shows it.
 */
import { adcConfig, AVRADC, AVRIOPort, AVRSPI, AVRTimer, AVRTWI, AVRUSART, CPU, portBConfig, portDConfig, spiConfig, timer0Config, timer1Config, twiConfig, usart0Config } from 'avr8js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATMEGA328P, AvrBench } from './avr-bench.js';

const PLACES = Object.assign({}, ...Object.values(ATMEGA328P).map(({ registers }) => registers)) as Readonly<Record<string, number>>;
const HZ = 16_000_000;

/** avr8js's devices on its CPU, without instructions. */
class Oracle {
  readonly cpu = new CPU(new Uint16Array(16));
  readonly ports = { B: new AVRIOPort(this.cpu, portBConfig), D: new AVRIOPort(this.cpu, portDConfig) };
  readonly timers = [new AVRTimer(this.cpu, timer0Config), new AVRTimer(this.cpu, timer1Config)];
  readonly usart = new AVRUSART(this.cpu, usart0Config, HZ);
  readonly spi = new AVRSPI(this.cpu, spiConfig, HZ);
  readonly adc = new AVRADC(this.cpu, adcConfig);
  readonly twi = new AVRTWI(this.cpu, twiConfig, HZ);

  write(register: string, value: number): void {
    this.cpu.writeData(PLACES[register], value);
    this.cpu.tick();
  }

  /** Both at the end of a cycle: avr8js's timers take a write over one cycle later. */
  static out(mine: AvrBench, oracle: Oracle, register: string, value: number): void {
    mine.tick(1);
    mine.write(register, value);
    oracle.write(register, value);
    oracle.tick(1);
  }

  static out16(mine: AvrBench, oracle: Oracle, register: string, value: number): void {
    Oracle.out(mine, oracle, `${register}H`, value >> 8);
    Oracle.out(mine, oracle, `${register}L`, value & 0xff);
  }

  read(register: string): number { return this.cpu.readData(PLACES[register]); }

  read16(register: string): number {
    const low = this.read(`${register}L`);
    return (this.read(`${register}H`) << 8) | low;
  }

  tick(cycles: number): void {
    for (let i = 0; i < cycles; i++) {
      this.cpu.cycles++;
      this.cpu.tick();
    }
  }

  cyclesUntil(claim: () => boolean): number {
    const start = this.cpu.cycles;
    while (!claim()) this.tick(1);
    return this.cpu.cycles - start;
  }
}

const ours = () => new AvrBench(['portb', 'portc', 'portd', 'prescaler', 'timer0', 'timer1', 'usart0', 'spi', 'adc', 'twi']);
const TOV = 1;

describe('where avr8js and the data sheet agree, both give the same', () => {
  it('timer 0 in every mode and at every division: TCNT0 at any time, TOV0 where it comes at a wrap', () => {
    const setup = fc.record({
      wgm: fc.constantFrom(0, 1, 2, 3, 5, 7), clock: fc.integer({ min: 1, max: 5 }), ocra: fc.integer({ min: 2, max: 255 }), ocrb: fc.integer({ min: 0, max: 255 }),
      waits: fc.array(fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 6000 })), { minLength: 3, maxLength: 12 }),
    });
    fc.assert(fc.property(setup, ({ wgm, clock, ocra, ocrb, waits }) => {
      const [mine, oracle] = [ours(), new Oracle()];
      const out = (register: string, value: number): void => Oracle.out(mine, oracle, register, value);
      out('OCR0A', ocra);
      out('OCR0B', ocrb);
      out('TCCR0A', wgm & 3);
      out('TCCR0B', ((wgm & 4) << 1) | clock);
      mine.write('GTCCR', 1); // avr8js's prescaler begins with the timer
      for (const wait of waits) {
        mine.tick(wait);
        oracle.tick(wait);
        const seen = (on: { read(register: string): number }) => [on.read('TCNT0'), wgm === 1 || wgm === 5 ? 0 : on.read('TIFR0') & TOV];
        expect(seen(mine)).toEqual(seen(oracle));
      }
    }), { seed: 0x74303030, numRuns: 150 });
  });

  it('timer 1 in every mode: TCNT1 at any time', () => {
    const setup = fc.record({
      wgm: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15), clock: fc.integer({ min: 1, max: 3 }), top: fc.integer({ min: 2, max: 3000 }),
      waits: fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 3, maxLength: 8 }),
    });
    fc.assert(fc.property(setup, ({ wgm, clock, top, waits }) => {
      const [mine, oracle] = [ours(), new Oracle()];
      const out = (register: string, value: number): void => Oracle.out(mine, oracle, register, value);
      out('TCCR1A', 2);
      out('TCCR1B', 0x18);
      Oracle.out16(mine, oracle, 'ICR1', top);
      out('TCCR1B', 0);
      out('TCCR1A', 0);
      Oracle.out16(mine, oracle, 'OCR1A', top);
      out('TCCR1A', wgm & 3);
      out('TCCR1B', ((wgm & 0xc) << 1) | clock);
      mine.write('GTCCR', 1);
      for (const wait of waits) {
        mine.tick(wait);
        oracle.tick(wait);
        expect(mine.read16('TCNT1')).toBe(oracle.read16('TCNT1'));
      }
    }), { seed: 0x74313131, numRuns: 100 });
  });

  it.each([[103, 0], [8, 2], [0, 2], [16, 0]])('a USART frame lasts the same with UBRR = %i, UCSR0A = %i', (ubrr, a) => {
    const frame = (on: AvrBench | Oracle): number => {
      on.write('UBRR0H', 0);
      on.write('UBRR0L', ubrr);
      on.write('UCSR0A', a);
      on.write('UCSR0C', 6);
      on.write('UCSR0B', 8);
      on.write('UDR0', 0x35);
      return on.cyclesUntil(() => (on.read('UCSR0A') & 0x40) !== 0);
    };
    expect(frame(ours())).toBe(frame(new Oracle()));
  });

  it.each([0, 1, 2, 3])('an SPI byte lasts the same with SPR = %i', (spr) => {
    const byte = (on: AvrBench | Oracle): number => {
      on.write('DDRB', 0x2c);
      on.write('SPCR', 0x50 | spr);
      on.write('SPDR', 0x35);
      return on.cyclesUntil(() => (on.read('SPSR') & 0x80) !== 0);
    };
    const oracle = new Oracle();
    oracle.spi.onByte = () => void oracle.cpu.addClockEvent(() => oracle.spi.completeTransfer(0), oracle.spi.transferCycles);
    expect(byte(ours())).toBe(byte(oracle));
  });
});

describe('gaps of avr8js', () => {
  it('timers: a match is flagged as TCNT reaches OCR, one timer clock too early (15.5, figure 15-10)', () => {
    const [mine, oracle] = [ours(), new Oracle()];
    Oracle.out(mine, oracle, 'OCR0A', 9);
    Oracle.out(mine, oracle, 'TCCR0B', 1);
    expect([oracle, mine].map((on) => on.cyclesUntil(() => (on.read('TIFR0') & 2) !== 0))).toEqual([9, 10]);
  });

  it('timers: the prescaler begins with the timer that uses it, instead of running on (17.1)', () => {
    const [mine, oracle] = [ours(), new Oracle()];
    mine.tick(59);
    oracle.tick(59);
    Oracle.out(mine, oracle, 'TCCR0B', 3);
    expect([oracle, mine].map((on) => on.cyclesUntil(() => on.read('TCNT0') === 1))).toEqual([64, 4]);
  });

  it('timers: TCNT above TOP wraps at once, instead of at MAX (15.7.2)', () => {
    const [mine, oracle] = [ours(), new Oracle()];
    const writes: readonly (readonly [string, number])[] = [['TCCR0A', 2], ['OCR0A', 50], ['TCNT0', 100], ['TCCR0B', 1]];
    for (const [register, value] of writes) Oracle.out(mine, oracle, register, value);
    expect([oracle, mine].map((on) => {
      on.tick(20);
      return on.read('TCNT0');
    })).toEqual([18, 120]);
  });

  it('timers: an event for every count, where nobody looks', () => {
    const oracle = new Oracle();
    oracle.write('TCCR0B', 1);
    const mine = ours();
    mine.write('TCCR0B', 1);
    expect([oracle.cpu['nextClockEvent'] !== null, mine.chip.queue.length]).toEqual([true, 0]);
  });

  it('timers: no input capture', () => {
    const oracle = new Oracle();
    oracle.write('TCCR1B', 0x41);
    oracle.tick(1000);
    oracle.ports.B.setPin(0, true);
    oracle.tick(10);
    expect([oracle.read('TIFR1') & 0x20, oracle.read16('ICR1')]).toEqual([0, 0]);
  });

  it('SPI: modes 1 and 2 are swapped (table 19-2)', () => {
    const oracle = new Oracle();
    const modes = [0x00, 0x04, 0x08, 0x0c].map((control) => {
      oracle.write('SPCR', 0x50 | control);
      return oracle.spi.spiMode;
    });
    expect(modes).toEqual([0, 2, 1, 3]);
  });

  it('SPI: no slave', () => {
    const oracle = new Oracle();
    oracle.write('SPCR', 0x40);
    expect(Object.getOwnPropertyNames(AVRSPI.prototype).filter((name) => /slave|select/i.test(name))).toEqual([]);
  });

  it('USART: one byte of receive buffer, without overrun (20.7.4)', () => {
    const oracle = new Oracle();
    oracle.write('UCSR0B', 0x10);
    for (const byte of [1, 2, 3, 4]) {
      oracle.usart.writeByte(byte, true);
      oracle.tick(1);
    }
    const seen = [oracle.read('UCSR0A') & 8, oracle.read('UDR0'), oracle.read('UDR0')];
    expect(seen).toEqual([0, 4, 0]);
  });

  it('ADC: a conversion does not wait for the ADC clock, and reads its input as it begins (24.4)', () => {
    const time = (on: AvrBench | Oracle): number => {
      on.write('ADCSRA', 0x87);
      on.tick(100);
      on.write('ADCSRA', 0xc7);
      return on.cyclesUntil(() => (on.read('ADCSRA') & 0x40) === 0);
    };
    expect([time(new Oracle()), time(ours())]).toEqual([25 * 128, 28 + 25 * 128]);
  });

  it('ADC: no auto trigger, free running included', () => {
    const oracle = new Oracle();
    let conversions = 0;
    const read = oracle.adc.onADCRead.bind(oracle.adc);
    oracle.adc.onADCRead = (input) => { conversions++; read(input); };
    oracle.write('ADCSRA', 0xe1);
    oracle.tick(1000);
    expect(conversions).toBe(1);
  });

  it('TWI: no slave: nothing reads TWAR', () => {
    const oracle = new Oracle();
    expect([oracle.cpu.writeHooks[PLACES['TWAR']], oracle.cpu.readHooks[PLACES['TWAR']]]).toEqual([undefined, undefined]);
  });

  it('ports: a pin\'s own change is read at once, without the synchroniser (14.2.4)', () => {
    const read = (on: AvrBench | Oracle): number => {
      on.write('DDRB', 0xff);
      on.tick(5);
      on.write('PORTB', 0x55); // at the end of OUT, which is where an IN behind it reads
      return on.read('PINB');
    };
    expect([read(new Oracle()), read(ours())]).toEqual([0x55, 0]);
  });

  it('none of its devices can be saved', () => {
    for (const device of [AVRTimer, AVRUSART, AVRSPI, AVRADC, AVRTWI, AVRIOPort, CPU]) {
      expect(Object.getOwnPropertyNames(device.prototype).filter((name) => /snapshot|save|restore|serial/i.test(name))).toEqual([]);
    }
  });
});
