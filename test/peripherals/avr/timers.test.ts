/** Expected values: ATmega328P data sheet DS40002061B, chapters 15 to 17, counted by hand: an event comes as the counter leaves the value that causes it. */
import { describe, expect, it } from 'vitest';
import { AvrBench } from './avr-bench.js';

const bench = () => new AvrBench(['portb', 'portc', 'portd', 'prescaler', 'timer0', 'timer1']);
const OVF = 'timer0.ovf';

describe('timer 0', () => {
  it('counts cycles from the write on', () => {
    const on = bench();
    on.write('TCCR0B', 1);
    on.write('TCNT0', 0x30);
    on.tick(3);
    expect(on.read('TCNT0')).toBe(0x33);
  });

  it('overflows every 64 * 256 cycles, which millis() lives on, with one event each', () => {
    const on = bench();
    on.write('TCCR0A', 3);
    on.write('TCCR0B', 3);
    on.write('TIMSK0', 1);
    expect(on.chip.queue.length).toBe(1);
    const first = on.cyclesUntil(() => on.level(OVF), 20_000);
    expect(on.chip.queue.length).toBe(0);
    on.take(OVF);
    expect([first, on.level(OVF), on.read('TIFR0') & 1]).toEqual([16384, false, 0]);
    expect(on.cyclesUntil(() => on.level(OVF), 20_000)).toBe(16384);
  });

  it('schedules nothing for flags that firmware polls', () => {
    const on = bench();
    on.write('TCCR0B', 1);
    on.write('OCR0A', 100);
    on.tick(100);
    expect([on.chip.queue.length, on.read('TIFR0')]).toEqual([0, 0b100]); // OCR0B = 0 matched already
    on.tick(1);
    expect(on.read('TIFR0')).toBe(0b110);
  });

  it('clears on compare match: OCR0A + 1 clocks', () => {
    const on = bench();
    on.write('TCCR0A', 2);
    on.write('OCR0A', 9);
    on.write('TIMSK0', 2);
    on.write('TCCR0B', 1);
    expect(on.cyclesUntil(() => on.level('timer0.compa'))).toBe(10);
    expect(on.read('TCNT0')).toBe(0);
  });

  it('a write to TCNT blocks the match of the next clock', () => {
    const on = bench();
    on.write('OCR0A', 0x40);
    on.write('TCCR0B', 1);
    on.write('TCNT0', 0x40);
    on.tick(20);
    expect(on.read('TIFR0') & 2).toBe(0);
  });

  it('toggles OC0A on match in CTC', () => {
    const on = bench();
    on.write('DDRD', 0x40);
    const edges = on.edges('PD6');
    on.write('OCR0A', 4);
    on.write('TCCR0A', 0x42);
    on.write('TCCR0B', 1);
    on.tick(21);
    expect(edges).toEqual([[5, 1], [10, 0], [15, 1], [20, 0]]);
  });

  it('fast PWM: set at BOTTOM, cleared after the match, OCR0A + 1 clocks of 256 high', () => {
    const on = bench();
    on.write('DDRD', 0x40);
    on.write('OCR0A', 63);
    on.write('TCCR0A', 0x83);
    const edges = on.edges('PD6');
    on.write('TCCR0B', 1);
    on.tick(600);
    expect(edges).toEqual([[256, 1], [320, 0], [512, 1], [576, 0]]);
  });

  it('fast PWM takes a new OCR0A at BOTTOM', () => {
    const on = bench();
    on.write('DDRD', 0x40);
    on.write('OCR0A', 63);
    on.write('TCCR0A', 0x83);
    on.write('TCCR0B', 1);
    on.tick(300);
    const edges = on.edges('PD6');
    on.write('OCR0A', 199);
    on.tick(500);
    expect(edges).toEqual([[320, 0], [512, 1], [712, 0], [768, 1]]);
  });

  it('phase correct PWM: 2 * OCR0A of 510 clocks high, around BOTTOM', () => {
    const on = bench();
    on.write('DDRD', 0x40);
    on.write('TCCR0A', 0x81);
    on.write('OCR0A', 50);
    on.write('TCCR0B', 1);
    on.tick(511);
    const edges = on.edges('PD6');
    on.tick(1100);
    expect(edges).toEqual([[561, 0], [971, 1], [1071, 0], [1481, 1], [1581, 0]]);
  });

  it.each([[0, 0], [255, 1]])('phase correct PWM with OCR0A = %i stays at %i', (ocr, level) => {
    const on = bench();
    on.write('DDRD', 0x40);
    on.write('TCCR0A', 0x81);
    on.write('OCR0A', ocr);
    on.write('TCCR0B', 1);
    on.tick(1100);
    const edges = on.edges('PD6');
    on.tick(2000);
    expect([edges, Number(on.net('PD6').level)]).toEqual([[], level]);
  });

  it('phase correct PWM overflows at BOTTOM', () => {
    const on = bench();
    on.write('TCCR0A', 1);
    on.write('TIMSK0', 1);
    on.write('TCCR0B', 1);
    on.cyclesUntil(() => on.level(OVF));
    on.take(OVF);
    expect(on.cyclesUntil(() => on.level(OVF))).toBe(510);
  });

  it('forces a compare without a flag', () => {
    const on = bench();
    on.write('DDRD', 0x40);
    on.write('TCCR0A', 0xc0);
    on.write('TCCR0B', 0x80);
    expect([on.net('PD6').state, on.read('TIFR0'), on.read('TCCR0B')]).toEqual(['1', 0, 0]);
  });

  it('counts rising edges of T0, three cycles late', () => {
    const on = bench();
    const pin = on.outside('PD4');
    pin.drive(false);
    on.write('TCCR0B', 7);
    for (let i = 0; i < 5; i++) {
      pin.drive(true);
      on.tick(4);
      pin.drive(false);
      on.tick(4);
    }
    pin.drive(true);
    on.tick(2);
    expect(on.read('TCNT0')).toBe(5);
    on.tick(1);
    expect(on.read('TCNT0')).toBe(6);
  });

  it('toggles the same pins after a very long time as in small steps', () => {
    const [long, small] = [bench(), bench()];
    for (const on of [long, small]) {
      on.write('TCCR0A', 0x52);
      on.write('OCR0A', 2);
      on.write('OCR0B', 1);
      on.write('TCCR0B', 1);
    }
    long.tick(1_000_003);
    for (let i = 0; i < 1_000_003; i += 101) {
      small.tick(Math.min(101, 1_000_003 - i));
      small.read('TCNT0');
    }
    expect([long.read('TCNT0'), long.snapshot()]).toEqual([small.read('TCNT0'), small.snapshot()]);
  });
});

describe('the prescaler', () => {
  it('runs on whatever the timers do: the first count comes at its next edge', () => {
    const on = bench();
    on.tick(60);
    on.write('TCCR0B', 3);
    on.tick(3);
    expect(on.read('TCNT0')).toBe(0);
    on.tick(1);
    expect(on.read('TCNT0')).toBe(1);
  });

  it('begins anew with PSRSYNC, which clears itself', () => {
    const on = bench();
    on.tick(60);
    on.write('TCCR0B', 3);
    on.write('GTCCR', 1);
    on.tick(63);
    expect([on.read('TCNT0'), on.read('GTCCR')]).toEqual([0, 0]);
    on.tick(1);
    expect(on.read('TCNT0')).toBe(1);
  });

  it('keeps the timers still while TSM is set, so that they start together', () => {
    const on = bench();
    on.write('GTCCR', 0x81);
    on.write('TCCR0B', 2);
    on.write('TCCR1B', 2);
    on.tick(1000);
    expect([on.read('TCNT0'), on.read16('TCNT1')]).toEqual([0, 0]);
    on.write('GTCCR', 0);
    on.tick(80);
    expect([on.read('TCNT0'), on.read16('TCNT1')]).toEqual([10, 10]);
  });
});

describe('timer 1', () => {
  it('reaches 16 bits through TEMP', () => {
    const on = bench();
    on.write('TCCR1B', 1);
    on.write('TCNT1H', 0x12);
    on.tick(10);
    on.write('TCNT1L', 0xff);
    on.tick(1);
    expect([on.read('TCNT1L'), on.read('TCNT1H')]).toEqual([0x00, 0x13]);
    const low = on.read('TCNT1L');
    on.tick(500);
    expect([low, on.read('TCNT1H')]).toEqual([0x00, 0x13]);
  });

  it('writes ICR1 only where it is TOP', () => {
    const on = bench();
    on.write16('ICR1', 0x1234);
    expect(on.read16('ICR1')).toBe(0);
    on.write('TCCR1A', 2);
    on.write('TCCR1B', 0x18);
    on.write16('ICR1', 0x1234);
    expect(on.read16('ICR1')).toBe(0x1234);
  });

  it('a servo: fast PWM with ICR1 = 39999 at clk/8 is 20 ms, OCR1A = 2999 is 1.5 ms', () => {
    const on = bench();
    on.write('DDRB', 2);
    on.write('TCCR1A', 0x82);
    on.write('TCCR1B', 0x18);
    on.write16('ICR1', 39_999);
    on.write16('OCR1A', 2_999);
    on.write('TCCR1B', 0x1a);
    on.tick(330_000);
    const edges = on.edges('PB1');
    on.tick(660_000);
    expect(edges).toEqual([[344_000, 0], [640_000, 1], [664_000, 0], [960_000, 1], [984_000, 0]]);
  });

  it('phase and frequency correct: a new TOP counts at BOTTOM', () => {
    const on = bench();
    on.write('TCCR1A', 0x41);
    on.write('TCCR1B', 0x10);
    on.write16('OCR1A', 100);
    on.write('TCCR1B', 0x11);
    on.write('DDRB', 2);
    on.tick(50);
    const edges = on.edges('PB1');
    on.tick(251);
    on.write16('OCR1A', 50);
    on.tick(450);
    expect(edges.map(([cycle], i) => cycle - (edges[i - 1]?.[0] ?? 0)).slice(1)).toEqual([200, 150, 100, 100]);
  });

  it('captures the count at an edge of ICP1, three cycles after it', () => {
    const on = bench();
    const pin = on.outside('PB0');
    pin.drive(false);
    on.write('TCCR1B', 0x41);
    on.write('TIMSK1', 0x20);
    on.tick(1000);
    pin.drive(true);
    expect(on.cyclesUntil(() => on.level('timer1.capt'))).toBe(3);
    on.take('timer1.capt');
    expect([on.read16('ICR1'), on.level('timer1.capt')]).toEqual([1003, false]);
    pin.drive(false);
    on.tick(10);
    expect(on.level('timer1.capt')).toBe(false);
  });

  it('the noise canceler takes four more cycles, and no pulse shorter than that', () => {
    const on = bench();
    const pin = on.outside('PB0');
    pin.drive(false);
    on.write('TCCR1B', 0xc1);
    on.tick(100);
    pin.drive(true);
    on.tick(3);
    pin.drive(false);
    on.tick(50);
    expect(on.read('TIFR1') & 0x20).toBe(0);
    pin.drive(true);
    on.tick(20);
    expect(on.read16('ICR1')).toBe(160);
  });
});

describe('timer 2', () => {
  const asynchronous = () => new AvrBench(['portb', 'portd', 'prescaler', 'timer2']);

  it('counts the I/O clock like timer 0, with dividers of its own', () => {
    const on = asynchronous();
    on.write('TCCR2B', 3);
    on.tick(32 * 7);
    expect(on.read('TCNT2')).toBe(7);
  });

  it('with AS2 set, writes wait for two edges of TOSC1, busy meanwhile', () => {
    const on = asynchronous(); // the bench's crystal has 32 kHz: 500 cycles
    on.write('ASSR', 0x20);
    on.tick(100);
    on.write('TCNT2', 0x42);
    const busy = on.read('ASSR');
    on.tick(899);
    const still = on.read('ASSR');
    on.tick(1);
    expect([busy, still, on.read('ASSR'), on.read('TCNT2')]).toEqual([0x30, 0x30, 0x20, 0x42]);
  });

  it('overflows once a second at crystal / 128 and 250 counts', () => {
    const on = asynchronous();
    on.write('ASSR', 0x20);
    on.write('TCCR2A', 2);
    on.write('OCR2A', 249);
    on.write('TCCR2B', 5);
    on.write('TIMSK2', 2);
    on.cyclesUntil(() => on.level('timer2.compa'), 20_000_000);
    on.take('timer2.compa');
    expect(on.chip.queue.nextDue() / 8 - on.cycles).toBe(16_000_000);
  });

  it('counts edges of TOSC1 with EXCLK', () => {
    const on = asynchronous();
    const pin = on.outside('PB6');
    pin.drive(false);
    on.write('ASSR', 0x40);
    on.write('ASSR', 0x60);
    on.write('TCCR2B', 1);
    for (let i = 0; i < 12; i++) {
      pin.drive(true);
      on.tick(100);
      pin.drive(false);
      on.tick(100);
    }
    expect(on.read('TCNT2')).toBe(10); // the prescaler's second edge took TCCR2B over
  });

  it('is held by PSRASY with TSM, alone', () => {
    const on = asynchronous();
    on.write('TCCR2B', 2);
    on.write('GTCCR', 0x82);
    on.tick(800);
    expect(on.read('TCNT2')).toBe(0);
    on.write('GTCCR', 0);
    on.tick(80);
    expect(on.read('TCNT2')).toBe(10);
  });
});
