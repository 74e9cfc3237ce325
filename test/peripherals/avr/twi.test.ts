/** Expected values: ATmega328P data sheet DS40002061B, chapter 22, tables 22-2 to 22-5. */
import { describe, expect, it } from 'vitest';
import { I2cBus, type I2cTarget } from '../../../emulator/wires/i2c-bus.js';
import { I2cController, type I2cControllerEvents } from '../../../emulator/wires/i2c-controller.js';
import { bitTime } from '../../../emulator/wires/bit-time.js';
import { AvrBench, ROOT_PER_CYCLE } from './avr-bench.js';

const TWINT = 0x80, TWEA = 0x40, TWSTA = 0x20, TWSTO = 0x10, TWEN = 4, TWIE = 1;
/** 16 + 2 * 72 cycles: 100 kHz. */
const TWBR = 72;
const BIT = 160;

/** A memory of one register pointer, which says what it heard. */
function memory(heard: unknown[]): I2cTarget {
  let next = 0x40;
  return {
    start: (read) => { heard.push(read ? 'R' : 'W'); return true; },
    write: (byte) => { heard.push(byte); return byte !== 0xee; },
    read: () => next++,
    stop: () => heard.push('P'),
  };
}

function bench() {
  const on = new AvrBench(['portb', 'portc', 'portd', 'twi']);
  const heard: unknown[] = [];
  const bus = new I2cBus(on.chip.queue, on.net('PC4'), on.net('PC5'));
  bus.attach(memory(heard), { address: 0x50 });
  on.write('TWBR', TWBR);
  return { on, bus, heard };
}

/** Writes TWCR, and gives the status and the cycles until TWINT. */
function act(on: AvrBench, control: number): [status: number, cycles: number] {
  on.write('TWCR', control | TWINT | TWEN);
  const cycles = on.cyclesUntil(() => (on.read('TWCR') & TWINT) !== 0, 20_000);
  return [on.read('TWSR'), cycles];
}

function send(on: AvrBench, byte: number): [number, number] {
  on.write('TWDR', byte);
  return act(on, 0);
}

describe.each([['unwatched', false], ['watched', true]])('the master, %s', (_name, isWatched) => {
  const make = () => {
    const made = bench();
    if (isWatched) made.on.edges('PC5');
    return made;
  };

  it('writes, byte by byte, with nine bits each', () => {
    const { on, heard } = make();
    const seen = [act(on, TWSTA), send(on, 0xa0), send(on, 0x12), send(on, 0x34)];
    on.write('TWCR', TWINT | TWEN | TWSTO);
    on.tick(2 * BIT);
    expect([seen, heard, on.read('TWCR'), on.read('TWSR')]).toEqual([[[0x08, BIT], [0x18, 9 * BIT], [0x28, 9 * BIT], [0x28, 9 * BIT]], ['W', 0x12, 0x34, 'P'], TWEN, 0xf8]);
  });

  it('reads after a repeated START, and refuses the last byte', () => {
    const { on, heard } = make();
    const seen = [act(on, TWSTA)[0], send(on, 0xa0)[0], send(on, 0x05)[0], act(on, TWSTA)[0], send(on, 0xa1)[0]];
    const first = [act(on, TWEA)[0], on.read('TWDR')];
    const second = [act(on, 0)[0], on.read('TWDR')];
    on.write('TWCR', TWINT | TWEN | TWSTO);
    on.tick(2 * BIT);
    expect([seen, first, second, heard]).toEqual([[0x08, 0x18, 0x28, 0x10, 0x40], [0x50, 0x40], [0x58, 0x41], ['W', 5, 'R', 'P']]);
  });

  it.each([[0x60, 0x20], [0x61, 0x48]])('sees that nobody acknowledges 0x%s', (byte, status) => {
    const { on } = make();
    act(on, TWSTA);
    expect(send(on, byte)[0]).toBe(status);
  });

  it('sees that a byte is not acknowledged', () => {
    const { on } = make();
    act(on, TWSTA);
    send(on, 0xa0);
    expect(send(on, 0xee)[0]).toBe(0x30);
  });
});

it('divides by 4^TWPS', () => {
  const { on } = bench();
  on.write('TWSR', 1);
  on.write('TWBR', 10);
  expect(act(on, TWSTA)).toEqual([0x09, 16 + 2 * 10 * 4]); // TWPS stays in TWSR's low bits
});

it('raises its interrupt while TWINT is set', () => {
  const { on } = bench();
  act(on, TWSTA | TWIE);
  const during = on.level('twi.twi');
  on.write('TWDR', 0xa0);
  on.write('TWCR', TWINT | TWEN | TWIE);
  expect([during, on.level('twi.twi')]).toEqual([true, false]);
});

it('flags a write to TWDR while TWINT is not set', () => {
  const { on } = bench();
  act(on, TWSTA);
  on.write('TWDR', 0xa0);
  on.write('TWCR', TWINT | TWEN);
  on.write('TWDR', 0x11);
  const collision = on.read('TWCR') & 8;
  on.tick(10 * BIT);
  on.write('TWDR', 0x11);
  expect([collision, on.read('TWCR') & 8, on.read('TWDR')]).toEqual([8, 0, 0x11]);
});

it('goes on from a snapshot in the middle of a byte', () => {
  const [one, other] = [bench(), bench()];
  act(one.on, TWSTA);
  one.on.write('TWDR', 0x60);
  one.on.write('TWCR', TWINT | TWEN);
  one.on.tick(300);
  const busState = one.bus.snapshot();
  other.on.restore(one.on.snapshot());
  other.bus.restore(busState);
  expect([one, other].map(({ on }) => on.cyclesUntil(() => (on.read('TWCR') & TWINT) !== 0))).toEqual([9 * BIT - 300, 9 * BIT - 300]);
});

/** Another master on the same wires. */
function otherMaster(on: AvrBench, events: I2cControllerEvents = {}): I2cController {
  const controller = new I2cController(on.chip.queue, events);
  controller.configure(bitTime(BIT * ROOT_PER_CYCLE));
  controller.attach(on.outside('PC4'), on.outside('PC5'));
  return controller;
}

describe('the slave', () => {
  const slave = (events: I2cControllerEvents) => {
    const { on } = bench();
    on.write('TWAR', 0x42 << 1);
    on.write('TWCR', TWEN | TWEA);
    const next = (control: number): void => on.write('TWCR', control | TWINT | TWEN);
    const wait = (): number => {
      on.cyclesUntil(() => (on.read('TWCR') & TWINT) !== 0, 20_000);
      return on.read('TWSR');
    };
    return { on, other: otherMaster(on, events), next, wait };
  };

  it('receives: address, bytes, the last one refused, and holds SCL while TWINT is set', () => {
    const acknowledged: boolean[] = [];
    const bytes = [0x84, 0x11, 0x22];
    const { on, other, next, wait } = slave({
      started: () => other.write(bytes.shift()!),
      wrote: (ack) => { acknowledged.push(ack); if (bytes.length > 0) other.write(bytes.shift()!); else other.stop(); },
    });
    other.start();
    const seen: unknown[] = [wait()];
    on.tick(5000);
    const held = on.net('PC5').level;
    next(TWEA);
    seen.push(wait(), on.read('TWDR'));
    next(0);
    seen.push(wait(), on.read('TWDR'));
    next(TWEA);
    on.tick(3000);
    expect([seen, held, acknowledged, on.read('TWCR') & TWINT]).toEqual([[0x60, 0x80, 0x11, 0x88, 0x22], false, [true, true, false], 0]);
  });

  it('sees the STOP after bytes that it acknowledged', () => {
    const { other, next, wait } = slave({ started: () => other.write(0x84), wrote: () => other.stop() });
    other.start();
    const first = wait();
    next(TWEA);
    expect([first, wait()]).toEqual([0x60, 0xa0]);
  });

  it('sends: each byte is asked for before it goes', () => {
    const got: number[] = [];
    const { on, other, next, wait } = slave({
      started: () => other.write(0x85),
      wrote: () => other.read(true),
      received: (byte) => { got.push(byte); if (got.length < 3) other.read(got.length < 2); else other.stop(); },
    });
    other.start();
    const seen: number[] = [];
    for (const byte of [0xa1, 0xb2, 0xc3]) {
      seen.push(wait());
      on.write('TWDR', byte);
      next(TWEA);
    }
    seen.push(wait());
    next(TWEA);
    expect([seen, got]).toEqual([[0xa8, 0xb8, 0xb8, 0xc0], [0xa1, 0xb2, 0xc3]]);
  });

  it('hears the general call with TWGCE, and addresses that TWAMR leaves open', () => {
    const addresses = [0x00, 0x86];
    const { on, other, next, wait } = slave({ started: () => other.write(addresses.shift()!), wrote: () => other.stop() });
    on.write('TWAR', (0x42 << 1) | 1);
    on.write('TWAMR', 0x02);
    other.start();
    const general = wait();
    next(TWEA);
    wait();
    next(TWEA);
    on.tick(500);
    other.start();
    expect([general, wait()]).toEqual([0x70, 0x60]);
  });

  it('refuses its address without TWEA', () => {
    const acknowledged: boolean[] = [];
    const { on, other } = slave({ started: () => other.write(0x84), wrote: (ack) => { acknowledged.push(ack); other.stop(); } });
    on.write('TWCR', TWEN);
    other.start();
    on.tick(20 * BIT);
    expect([acknowledged, on.read('TWCR') & TWINT]).toEqual([[false], 0]);
  });
});

it('loses arbitration to a lower address', () => {
  const { on } = bench();
  const other = otherMaster(on, { started: () => other.write(0x20), wrote: () => other.stop() });
  on.write('TWCR', TWINT | TWEN | TWSTA);
  other.start();
  on.cyclesUntil(() => (on.read('TWCR') & TWINT) !== 0);
  const start = on.read('TWSR');
  expect([start, send(on, 0xa0)[0]]).toEqual([0x08, 0x38]);
});

it('waits with START while the bus is busy', () => {
  const { on } = bench();
  const other = otherMaster(on, { started: () => other.write(0x20), wrote: () => other.stop() });
  other.start();
  on.tick(500);
  const [status, cycles] = act(on, TWSTA);
  expect([status, cycles > 6 * BIT]).toEqual([0x08, true]);
});
