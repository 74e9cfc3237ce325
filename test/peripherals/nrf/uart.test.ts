/** Nordic UART: nRF52840 Product Specification v1.1, UART. */
import { describe, expect, it } from 'vitest';
import { UART } from '../../../emulator/peripherals/nrf/uart.js';
import { Pin } from '../../../emulator/wires/net.js';
import { bitTime } from '../../../emulator/wires/bit-time.js';
import { CTS, FRAME, RTS, RXD, TXD, uartBench } from './uart-bench.js';

const ENABLED = 4;
const HWFC = 1;
const EVEN_PARITY = 0xe;
const TWO_STOP_BITS = 1 << 4;
const OVERRUN = 1;

function uart(settings: { baudrate?: number; config?: number } = {}) {
  const on = uartBench(UART, 'nrf/uart', { family: 'nrf52' });
  on.enable(ENABLED, settings);
  return on;
}

describe('the transmitter', () => {
  it('sends what is written to TXD, and says TXDRDY at the end of its stop bit', () => {
    const { write, peek, words, ticksUntil } = uart();
    write('TASKS_STARTTX', 1);
    write('TXD', 0xa5);
    expect([ticksUntil(() => peek('EVENTS_TXDRDY') === 1), words()]).toEqual([FRAME, [0xa5]]);
  });

  it('idles its pad high as soon as it is enabled, whatever GPIO does', () => {
    const { net } = uart();
    expect(net(TXD).state).toBe('1');
  });

  it('gives the pad back to GPIO when it is disabled', () => {
    const { write, net } = uart();
    write('ENABLE', 0);
    expect(net(TXD).state).toBe('z');
  });

  // The specification's "actual rate": 16 MHz / actual = cycles of a bit. Ten bits a frame.
  it.each([
    [0x0004_f000, 1205], [0x0027_5000, 9598], [0x003b_0000, 14414], [0x01d7_e000, 115_942], [0x075f_7000, 470_588], [0x1000_0000, 1_000_000],
  ])('BAUDRATE 0x%s has the actual rate %i', (baudrate, rate) => {
    const { write, peek, ticksUntil } = uart({ baudrate });
    write('TASKS_STARTTX', 1);
    write('TXD', 0);
    const ticks = ticksUntil(() => peek('EVENTS_TXDRDY') === 1);
    expect(Math.round(16_000_000 / (ticks / 10))).toBe(rate);
  });

  it.each([['a parity bit', EVEN_PARITY, 11], ['two stop bits', TWO_STOP_BITS, 11], ['both', EVEN_PARITY | TWO_STOP_BITS, 12]])('%s makes a frame longer', (_, config, bits) => {
    const { write, peek, ticksUntil } = uart({ config });
    write('TASKS_STARTTX', 1);
    write('TXD', 1);
    expect(ticksUntil(() => peek('EVENTS_TXDRDY') === 1)).toBe(bits * 16);
  });

  it('STOPTX ends the frame at once', () => {
    const { write, peek, net, tick } = uart();
    write('TASKS_STARTTX', 1);
    write('TXD', 0);
    tick(40);
    const during = net(TXD).level;
    write('TASKS_STOPTX', 1);
    expect([during, net(TXD).level, peek('EVENTS_TXDRDY')]).toEqual([false, true, 0]);
  });

  it('after SUSPEND completes the byte under way and begins no other', () => {
    const { write, tick, words } = uart();
    write('TASKS_STARTTX', 1);
    write('TXD', 0x11);
    tick(40);
    write('TASKS_SUSPEND', 1);
    write('TXD', 0x22);
    tick(10 * FRAME);
    expect(words()).toEqual([0x11]);
  });

  it('with flow control waits for CTS, and goes on when it comes', () => {
    const { write, peek, tick, words, net } = uart({ config: HWFC });
    const cts = new Pin('far rts', net(CTS));
    cts.drive(true);
    write('TASKS_STARTTX', 1);
    write('TXD', 0x33);
    tick(10 * FRAME);
    const before = words();
    cts.drive(false);
    tick(FRAME);
    expect([before, words(), peek('EVENTS_CTS'), peek('EVENTS_NCTS')]).toEqual([[], [0x33], 1, 1]);
  });
});

describe('the receiver', () => {
  it('says RXDRDY in the middle of the stop bit', () => {
    const { write, peek, read, send, ticksUntil } = uart();
    write('TASKS_STARTRX', 1);
    send(0x5a);
    expect([ticksUntil(() => peek('EVENTS_RXDRDY') === 1), read('RXD')]).toEqual([9.5 * 16, 0x5a]);
  });

  it('hears nothing before STARTRX', () => {
    const { peek, send, tick } = uart();
    send(0x5a);
    tick(2 * FRAME);
    expect(peek('EVENTS_RXDRDY')).toBe(0);
  });

  it('keeps six bytes, and says RXDRDY again as each next one moves into RXD', () => {
    const { write, peek, read, send, tick } = uart();
    write('TASKS_STARTRX', 1);
    send(1, 2, 3, 4, 5, 6);
    tick(7 * FRAME);
    const seen: number[] = [];
    while (peek('EVENTS_RXDRDY') === 1) {
      write('EVENTS_RXDRDY', 0);
      seen.push(read('RXD'));
    }
    expect([seen, peek('ERRORSRC')]).toEqual([[1, 2, 3, 4, 5, 6], 0]);
  });

  it('overruns with the seventh', () => {
    const { write, peek, send, tick } = uart();
    write('TASKS_STARTRX', 1);
    send(1, 2, 3, 4, 5, 6, 7);
    tick(8 * FRAME);
    expect([peek('EVENTS_ERROR'), peek('ERRORSRC')]).toEqual([1, OVERRUN]);
  });

  it('finds wrong parity', () => {
    const { write, peek, sender, tick } = uart({ config: EVEN_PARITY });
    write('TASKS_STARTRX', 1);
    sender.configure({ bitTime: bitTime(16), dataBits: 8, parity: 'odd', stopBits: 1 });
    sender.send(0x01);
    tick(2 * FRAME);
    expect(peek('ERRORSRC')).toBe(2);
  });

  it('takes a line that stays low for framing error and break', () => {
    const { write, peek, sender, tick } = uart();
    write('TASKS_STARTRX', 1);
    sender.setBreak(true);
    tick(2 * FRAME);
    expect(peek('ERRORSRC')).toBe(4 | 8);
  });

  it('forgets errors that are written as ones', () => {
    const { write, peek, sender, tick } = uart();
    write('TASKS_STARTRX', 1);
    sender.setBreak(true);
    tick(2 * FRAME);
    write('ERRORSRC', 4);
    expect(peek('ERRORSRC')).toBe(8);
  });

  it('goes on for four bytes after STOPRX, then says RXTO', () => {
    const { write, peek, ticksUntil } = uart();
    write('TASKS_STARTRX', 1);
    write('TASKS_STOPRX', 1);
    expect(ticksUntil(() => peek('EVENTS_RXTO') === 1)).toBe(4 * FRAME);
  });

  it('holds RTS low while it has room for more than four bytes', () => {
    const { write, read, send, tick, net } = uart({ config: HWFC });
    const levels = [net(RTS).level];
    write('TASKS_STARTRX', 1);
    levels.push(net(RTS).level);
    send(1, 2);
    tick(FRAME);
    levels.push(net(RTS).level);
    tick(FRAME);
    levels.push(net(RTS).level);
    read('RXD');
    levels.push(net(RTS).level);
    expect(levels).toEqual([true, false, false, true, false]);
  });

  it('leaves the RTS pad to GPIO without flow control', () => {
    const { net } = uart();
    expect(net(RTS).state).toBe('z');
  });

  it('starts and stops with CTS where SHORTS says so', () => {
    const { write, send, tick, net, peek } = uart();
    write('SHORTS', 1 << 3);
    const cts = new Pin('far rts', net(CTS));
    cts.drive(true);
    cts.drive(false);
    send(0x77);
    tick(2 * FRAME);
    expect(peek('RXD')).toBe(0x77);
  });
});

it('interrupts while RXDRDY stands and INTENSET asks for it', () => {
  const { write, read, send, tick, chip } = uart();
  write('INTENSET', 1 << 2);
  write('TASKS_STARTRX', 1);
  send(9);
  tick(FRAME);
  const before = chip.levels.get('irq');
  write('EVENTS_RXDRDY', 0);
  read('RXD');
  expect([before, chip.levels.get('irq')]).toEqual([true, false]);
});

describe('a snapshot in the middle of bytes both ways', () => {
  it.each([['with bits left out', false], ['with true levels', true]])('%s: a chip made from it goes on alike, and GPIO gets its pads back', (_, isWatched) => {
    const first = uart();
    if (isWatched) for (const pin of [TXD, RXD]) first.net(pin).onEdge(() => undefined);
    first.write('TASKS_STARTRX', 1);
    first.write('TASKS_STARTTX', 1);
    first.write('TXD', 0xc3);
    first.tick(40);
    const saved = JSON.parse(JSON.stringify({ chip: first.chip.snapshot(), gpio: first.gpio.snapshot(), device: first.device.snapshot() }));
    const second = uartBench(UART, 'nrf/uart', { family: 'nrf52' });
    if (isWatched) for (const pin of [TXD, RXD]) second.net(pin).onEdge(() => undefined);
    second.tick(40);
    second.chip.restore(saved.chip);
    second.gpio.restore(saved.gpio);
    second.device.restore(saved.device);
    const done = second.ticksUntil(() => second.peek('EVENTS_TXDRDY') === 1);
    second.send(0x3c);
    second.tick(FRAME);
    second.write('ENABLE', 0);
    expect([done, second.read('RXD'), second.net(TXD).state]).toEqual([FRAME - 40, 0, 'z']);
  });
});

it('a reset lets go of the pads, also after GPIO was reset', () => {
  const { gpio, device, net } = uart();
  gpio.reset();
  device.reset();
  gpio.write(0x514, 1 << TXD, 4);
  expect(net(TXD).state).toBe('0');
});

it('the nRF51 has one stop bit and a power switch', () => {
  const on = uartBench(UART, 'nrf/uart', { family: 'nrf51' });
  on.enable(ENABLED, { config: TWO_STOP_BITS });
  on.device.write(0xffc, 0, 4);
  expect([on.peek('CONFIG'), on.peek('ENABLE'), on.net(RXD).name]).toEqual([0, 0, `pin ${RXD}`]);
});
