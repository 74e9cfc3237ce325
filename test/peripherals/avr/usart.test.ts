/** Expected values: ATmega328P data sheet DS40002061B, chapter 20; bit times by hand: 16 * (UBRR + 1) cycles, 8 with U2X. */
import { describe, expect, it } from 'vitest';
import { UartTransmitter } from '../../../emulator/wires/uart-transmitter.js';
import { UartReceiver } from '../../../emulator/wires/uart-receiver.js';
import type { UartFormat } from '../../../emulator/wires/uart-frame.js';
import { AvrBench, ROOT_PER_CYCLE } from './avr-bench.js';

const TXEN = 8, RXEN = 0x10;
/** 16 cycles per tick, 103 + 1 ticks: 9600 baud at 16 MHz. */
const UBRR_9600 = 103;
const BIT_9600 = 1664;

function bench() {
  const on = new AvrBench(['portb', 'portd', 'usart0']);
  on.write('UBRR0H', 0);
  on.write('UBRR0L', UBRR_9600);
  return on;
}

function sender(on: AvrBench, format: Partial<UartFormat> = {}): UartTransmitter {
  const transmitter = new UartTransmitter(on.chip.queue, { bitTime: { num: BIT_9600 * ROOT_PER_CYCLE, den: 1 }, dataBits: 8, parity: 'none', stopBits: 1, ...format });
  transmitter.attach(on.outside('PD0'));
  return transmitter;
}

describe('transmission', () => {
  it('has the pin while TXEN is set, idle high', () => {
    const on = bench();
    const before = on.net('PD1').state;
    on.write('UCSR0B', TXEN);
    const during = on.net('PD1').state;
    on.write('UCSR0B', 0);
    expect([before, during, on.net('PD1').state]).toEqual(['z', '1', 'z']);
  });

  it('sends 8N1 with exact bit times', () => {
    const on = bench();
    on.write('UCSR0B', TXEN);
    const edges = on.edges('PD1');
    on.write('UDR0', 0x55);
    on.tick(10 * BIT_9600);
    expect(edges).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => [k * BIT_9600, k % 2]));
  });

  it('sends at half the bit time with U2X', () => {
    const on = bench();
    on.write('UCSR0A', 2);
    on.write('UCSR0B', TXEN);
    const edges = on.edges('PD1');
    on.write('UDR0', 0);
    on.tick(10_000);
    expect(edges).toEqual([[0, 0], [9 * BIT_9600 / 2, 1]]);
  });

  it('takes a second byte at once, and flags UDRE and TXC', () => {
    const on = bench();
    on.write('UCSR0B', TXEN);
    on.write('UDR0', 1);
    const afterOne = on.read('UCSR0A');
    on.write('UDR0', 2);
    const afterTwo = on.read('UCSR0A');
    on.tick(10 * BIT_9600);
    const second = on.read('UCSR0A');
    on.tick(10 * BIT_9600 - 1);
    const before = on.read('UCSR0A');
    on.tick(1);
    expect([afterOne, afterTwo, second, before, on.read('UCSR0A')]).toEqual([0x20, 0, 0x20, 0x20, 0x60]);
  });

  it('clears TXC when its interrupt is taken, or a one is written', () => {
    const on = bench();
    on.write('UCSR0B', TXEN | 0x40);
    on.write('UDR0', 1);
    on.tick(10 * BIT_9600);
    const raised = on.level('usart0.tx');
    on.take('usart0.tx');
    expect([raised, on.level('usart0.tx'), on.read('UCSR0A')]).toEqual([true, false, 0x20]);
  });

  it('keeps its pin after TXEN is cleared until everything is sent', () => {
    const on = bench();
    on.write('UCSR0B', TXEN);
    on.write('UDR0', 1);
    on.write('UDR0', 2);
    on.write('UCSR0B', 0);
    on.tick(19 * BIT_9600);
    const during = on.net('PD1').state;
    on.tick(2 * BIT_9600);
    expect([during, on.net('PD1').state]).toEqual(['1', 'z']);
  });

  it.each([
    ['5E1', 0x20, 5, 'even', 1], ['7O2', 0x3c, 7, 'odd', 2], ['8N2', 0x0e, 8, 'none', 2], ['6N1', 0x02, 6, 'none', 1],
  ] as const)('sends %s', (_name, control, dataBits, parity, stopBits) => {
    const on = bench();
    on.write('UCSR0C', control);
    on.write('UCSR0B', TXEN);
    const words: unknown[] = [];
    const receiver = new UartReceiver(on.chip.queue, { bitTime: { num: BIT_9600 * ROOT_PER_CYCLE, den: 1 }, dataBits, parity, stopBits });
    receiver.attach(on.outside('PD1'));
    receiver.onFrame = ({ word, parityError, framingError }) => words.push([word, parityError, framingError]);
    const data = 0x15 | (dataBits > 5 ? 0x20 : 0);
    on.write('UDR0', dataBits === 5 ? 0x15 : data & ((1 << dataBits) - 1));
    on.tick(20 * BIT_9600);
    expect(words).toEqual([[dataBits === 5 ? 0x15 : data, false, false]]);
  });

  it('sends the ninth bit of TXB8', () => {
    const on = bench();
    on.write('UCSR0B', TXEN | 4 | 1);
    const edges = on.edges('PD1');
    on.write('UDR0', 0);
    on.tick(12 * BIT_9600);
    expect(edges).toEqual([[0, 0], [9 * BIT_9600, 1]]);
  });
});

describe('reception', () => {
  const receiving = () => {
    const on = bench();
    on.write('UCSR0B', RXEN | 0x80);
    return on;
  };

  it('flags RXC in the middle of the stop bit, until UDR0 is read', () => {
    const on = receiving();
    sender(on).send(0xa5);
    expect(on.cyclesUntil(() => on.level('usart0.rx'))).toBe(9 * BIT_9600 + BIT_9600 / 2);
    expect([on.read('UCSR0A'), on.read('UDR0'), on.read('UCSR0A'), on.level('usart0.rx')]).toEqual([0xa0, 0xa5, 0x20, false]);
  });

  it('holds two frames and one in the shift register; the next start bit loses that one', () => {
    const on = receiving();
    const from = sender(on);
    let next = 1;
    from.onSent = () => { if (next < 5) from.send(next++); };
    from.send(0);
    on.tick(50 * BIT_9600 + 100);
    const seen = [];
    while ((on.read('UCSR0A') & 0x80) !== 0) seen.push([on.read('UCSR0A') & 8, on.read('UDR0')]);
    expect(seen).toEqual([[0, 0], [0, 1], [8, 4]]);
  });

  it('three frames are kept without overrun', () => {
    const on = receiving();
    const from = sender(on);
    let next = 1;
    from.onSent = () => { if (next < 3) from.send(next++); };
    from.send(0);
    on.tick(40 * BIT_9600);
    const seen = [];
    while ((on.read('UCSR0A') & 0x80) !== 0) seen.push([on.read('UCSR0A') & 8, on.read('UDR0')]);
    expect(seen).toEqual([[0, 0], [0, 1], [0, 2]]);
  });

  it('flags a frame without a stop bit', () => {
    const on = receiving();
    const pin = on.outside('PD0');
    pin.drive(true);
    pin.drive(false);
    on.tick(11 * BIT_9600);
    pin.drive(true);
    expect(on.read('UCSR0A')).toBe(0xb0);
  });

  it('flags wrong parity', () => {
    const on = receiving();
    on.write('UCSR0C', 0x26);
    sender(on, { parity: 'odd' }).send(0x11);
    on.tick(12 * BIT_9600);
    expect([on.read('UCSR0A'), on.read('UDR0')]).toEqual([0xa4, 0x11]);
  });

  it('in multi-processor mode drops frames whose ninth bit is low', () => {
    const on = receiving();
    on.write('UCSR0B', RXEN | 4);
    on.write('UCSR0A', 1);
    const from = sender(on, { dataBits: 9 });
    from.send(0x042);
    on.tick(12 * BIT_9600);
    const data = on.read('UCSR0A');
    from.send(0x142);
    on.tick(12 * BIT_9600);
    expect([data & 0x80, on.read('UCSR0A') & 0x80, on.read('UCSR0B') & 2, on.read('UDR0')]).toEqual([0, 0x80, 2, 0x42]);
  });

  it('empties the FIFO when RXEN is cleared', () => {
    const on = receiving();
    sender(on).send(7);
    on.tick(12 * BIT_9600);
    on.write('UCSR0B', 0);
    expect(on.read('UCSR0A')).toBe(0x20);
  });
});

it('goes on from a snapshot in the middle of frames', () => {
  const make = () => {
    const on = bench();
    on.write('UCSR0B', TXEN | RXEN);
    return on;
  };
  const [one, other] = [make(), make()];
  one.write('UDR0', 0x5a);
  one.write('UDR0', 0xa5);
  one.tick(3 * BIT_9600 + 7);
  other.tick(5);
  other.restore(one.snapshot());
  const edges = [one, other].map((on) => on.edges('PD1'));
  for (const on of [one, other]) on.tick(30 * BIT_9600);
  expect([edges[1].length > 4, edges[1], other.read('UCSR0A')]).toEqual([true, edges[0], one.read('UCSR0A')]);
});

describe('master SPI mode', () => {
  it('sends mode 0, most significant bit first, on XCK and TXD, at 2 * (UBRR + 1) cycles a bit', () => {
    const on = new AvrBench(['portb', 'portd', 'usart0']);
    on.write('DDRD', 0x10);
    on.write('UCSR0C', 0xc0);
    on.write('UCSR0B', TXEN | RXEN);
    on.write('UBRR0L', 3);
    const bits: number[] = [];
    const clock: number[] = [];
    on.net('PD4').onEdge((level, at) => { if (level) { clock.push(at / ROOT_PER_CYCLE); bits.push(Number(on.net('PD1').level)); } });
    on.write('UDR0', 0xb2);
    on.tick(8 * 8);
    expect([bits, clock[0], clock[1] - clock[0], on.read('UCSR0A') & 0xc0]).toEqual([[1, 0, 1, 1, 0, 0, 1, 0], 4, 8, 0xc0]);
  });
});
