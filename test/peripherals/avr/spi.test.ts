/** Expected values: ATmega328P data sheet DS40002061B, chapter 19; edges of SCK by figures 19-3 and 19-4. */
import { describe, expect, it } from 'vitest';
import { SpiBus } from '../../../emulator/wires/spi-bus.js';
import { SpiController } from '../../../emulator/wires/spi-controller.js';
import { bitTime } from '../../../emulator/wires/bit-time.js';
import { AvrBench, ROOT_PER_CYCLE } from './avr-bench.js';

const SPE = 0x40, MSTR = 0x10, SPIE = 0x80, DORD = 0x20;
const MOSI = 0x08, MISO = 0x10, SCK = 0x20, SS = 0x04;

function master(control = 0): AvrBench {
  const on = new AvrBench(['portb', 'portd', 'spi']);
  on.write('DDRB', MOSI | SCK | SS);
  on.write('PORTB', SS);
  on.write('SPCR', SPE | MSTR | control);
  return on;
}

describe('the master', () => {
  it.each([[0, 0, 4], [1, 0, 16], [2, 0, 64], [3, 0, 128], [0, 1, 2], [1, 1, 8], [2, 1, 32], [3, 1, 64]])('SPR = %i, SPI2X = %i: %i cycles a bit', (spr, double, cycles) => {
    const on = master(spr);
    on.write('SPSR', double);
    on.write('SPDR', 0x5a);
    expect(on.cyclesUntil(() => (on.read('SPSR') & 0x80) !== 0)).toBe(8 * cycles);
  });

  /** SCK idles at CPOL; data is set up half a bit before the sampling edge: the leading one with CPHA = 0, the trailing one with 1. */
  it.each([
    ['0', 0x00, 0, [2, 1], [4, 0]], ['1', 0x04, 0, [0, 1], [2, 0]], ['2', 0x08, 1, [2, 0], [4, 1]], ['3', 0x0c, 1, [0, 0], [2, 1]],
  ])('mode %s', (_name, control, idle, first, second) => {
    const on = master(control);
    const before = Number(on.net('PB5').level);
    const edges = on.edges('PB5');
    on.write('SPDR', 0xff);
    on.tick(40);
    expect([before, edges.length, edges[0], edges[1], Number(on.net('PB5').level)]).toEqual([idle, 16, first, second, idle]);
  });

  it.each([['most', 0, [1, 0, 1, 1, 0, 0, 0, 0]], ['least', DORD, [0, 0, 0, 0, 1, 1, 0, 1]]])('sends the %s significant bit first', (_name, control, expected) => {
    const on = master(control);
    const bits: number[] = [];
    on.net('PB5').onEdge((level) => { if (level) bits.push(Number(on.net('PB3').level)); });
    on.write('SPDR', 0xb0);
    on.tick(40);
    expect(bits).toEqual(expected);
  });

  it('exchanges bytes with a part on the bus', () => {
    const on = new AvrBench(['portb', 'portd', 'spi']);
    const heard: number[] = [];
    const bus = new SpiBus({ sck: on.net('PB5'), mosi: on.net('PB3'), miso: on.net('PB4') });
    bus.attach({ select: () => 0x81, transfer: (byte) => { heard.push(byte); return byte ^ 0xff; }, deselect: () => undefined }, { cs: on.net('PB2') });
    on.write('DDRB', MOSI | SCK | SS);
    on.write('PORTB', SS);
    on.write('SPCR', SPE | MSTR);
    on.write('PORTB', 0);
    const got = [0x0f, 0x33].map((byte) => {
      on.write('SPDR', byte);
      on.tick(32);
      return on.read('SPDR');
    });
    expect([heard, got]).toEqual([[0x0f, 0x33], [0x81, 0xf0]]);
  });

  it('clears SPIF when the interrupt is taken, or by a read of SPSR and an access to SPDR', () => {
    const on = master(SPIE);
    on.write('SPDR', 1);
    on.tick(32);
    const raised = on.level('spi.spi');
    on.take('spi.spi');
    const taken = on.read('SPSR');
    on.write('SPDR', 2);
    on.tick(32);
    on.read('SPDR');
    const untouched = on.read('SPSR');
    on.read('SPDR');
    expect([raised, taken, untouched, on.read('SPSR')]).toEqual([true, 0, 0x80, 0]);
  });

  it('flags a write in the middle of a byte, and sends that byte on', () => {
    const on = master();
    const edges = on.edges('PB3');
    on.write('SPDR', 0);
    on.tick(10);
    on.write('SPDR', 0xff);
    on.tick(40);
    expect([on.read('SPSR'), edges]).toEqual([0xc0, []]);
  });

  it('is a slave once its SS is an input and driven low', () => {
    const on = new AvrBench(['portb', 'portd', 'spi']);
    const pin = on.outside('PB2');
    pin.drive(true);
    on.write('DDRB', MOSI | SCK);
    on.write('SPCR', SPE | MSTR | SPIE);
    const before = on.read('SPCR');
    pin.drive(false);
    expect([before & MSTR, on.read('SPCR') & MSTR, on.level('spi.spi')]).toEqual([MSTR, 0, true]);
  });

  it('gives its pins back to the port', () => {
    const on = master(0x08);
    const during = on.net('PB5').state;
    on.write('SPCR', 0);
    expect([during, on.net('PB5').state]).toEqual(['1', '0']);
  });

  it('goes on from a snapshot in the middle of a byte', () => {
    const [one, other] = [master(), master()];
    const edges = [one, other].map((on) => on.edges('PB5'));
    one.write('SPDR', 0xa5);
    one.tick(13);
    edges[0].length = 0;
    other.restore(one.snapshot());
    for (const on of [one, other]) on.tick(40);
    expect([edges[1].length > 8, edges[1], other.read('SPSR')]).toEqual([true, edges[0], 0x80]);
  });
});

describe('the slave', () => {
  const make = (control = 0) => {
    const on = new AvrBench(['portb', 'portd', 'spi']);
    const select = on.outside('PB2');
    select.drive(true);
    const other = new SpiController(on.chip.queue);
    other.configure({ mode: 0, lsbFirst: false, wordBits: 8, bitTime: bitTime(16 * ROOT_PER_CYCLE) });
    other.attach({ sck: on.outside('PB5'), mosi: on.outside('PB3'), miso: on.outside('PB4') });
    const got: number[] = [];
    other.onReceived = (byte) => got.push(byte);
    on.write('DDRB', MISO);
    on.write('SPCR', SPE | control);
    const exchange = (byte: number): void => {
      other.transfer(byte);
      on.tick(8 * 16);
    };
    return { on, select, got, exchange };
  };

  it('sends what SPDR was given, then what it last received', () => {
    const { on, select, got, exchange } = make();
    on.write('SPDR', 0x3c);
    select.drive(false);
    exchange(0xa1);
    const first = on.read('SPDR');
    on.write('SPDR', 0x99);
    exchange(0xb2);
    exchange(0xc3);
    select.drive(true);
    expect([first, on.read('SPDR'), got]).toEqual([0xa1, 0xc3, [0x3c, 0x99, 0xb2]]);
  });

  it('interrupts for each byte', () => {
    const { on, select, exchange } = make(SPIE);
    select.drive(false);
    exchange(1);
    const raised = on.level('spi.spi');
    on.take('spi.spi');
    expect([raised, on.level('spi.spi')]).toEqual([true, false]);
  });

  it('hears nothing while SS is high, and drives nothing', () => {
    const { on, exchange } = make();
    exchange(0x55);
    expect([on.read('SPSR'), on.net('PB4').state]).toEqual([0, 'z']);
  });
});
