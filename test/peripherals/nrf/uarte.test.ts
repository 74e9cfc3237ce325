/** Nordic UARTE: nRF52840 Product Specification v1.1, UARTE. */
import { describe, expect, it } from 'vitest';
import { UARTE, UARTE_WITH_ODD_PARITY } from '../../../emulator/peripherals/nrf/uarte.js';
import { FRAME, RTS, uartBench } from './uart-bench.js';

const ENABLED = 8;
const RAM = 0x2000_0000;
const ENDRX_STARTRX = 1 << 5;
const ENDRX_STOPRX = 1 << 6;

function uarte(settings: { baudrate?: number; config?: number } = {}) {
  const on = uartBench(UARTE, 'nrf/uarte');
  on.enable(ENABLED, settings);
  const { ram } = on.chip;
  return {
    ...on,
    ram: (at: number, bytes: number) => [...ram.data.subarray(at, at + bytes)],
    fill: (at: number, bytes: readonly number[]) => ram.data.set(bytes, at),
    receiveInto: (at: number, bytes: number) => { on.write('RXD.PTR', RAM + at); on.write('RXD.MAXCNT', bytes); },
    transmitFrom: (at: number, bytes: number) => { on.write('TXD.PTR', RAM + at); on.write('TXD.MAXCNT', bytes); },
  };
}

describe('transmission', () => {
  it('sends TXD.MAXCNT bytes from TXD.PTR without gaps, then says ENDTX', () => {
    const { fill, transmitFrom, write, peek, words, ticksUntil } = uarte();
    fill(0x10, [1, 2, 3]);
    transmitFrom(0x10, 3);
    write('TASKS_STARTTX', 1);
    const started = peek('EVENTS_TXSTARTED');
    expect([started, ticksUntil(() => peek('EVENTS_ENDTX') === 1), words(), peek('TXD.AMOUNT'), peek('EVENTS_TXDRDY')]).toEqual([1, 3 * FRAME, [1, 2, 3], 3, 1]);
  });

  it('takes PTR and MAXCNT at STARTTX: both may be changed for the next transfer', () => {
    const { fill, transmitFrom, write, words, tick } = uarte();
    fill(0, [1, 2, 3, 4]);
    transmitFrom(0, 2);
    write('TASKS_STARTTX', 1);
    transmitFrom(2, 2);
    tick(10 * FRAME);
    expect(words()).toEqual([1, 2]);
  });

  it('STOPTX lets the byte under way end, then says ENDTX and TXSTOPPED', () => {
    const { fill, transmitFrom, write, peek, words, tick, ticksUntil } = uarte();
    fill(0, [1, 2, 3, 4]);
    transmitFrom(0, 4);
    write('TASKS_STARTTX', 1);
    tick(FRAME + 40);
    write('TASKS_STOPTX', 1);
    const ticks = ticksUntil(() => peek('EVENTS_TXSTOPPED') === 1);
    expect([ticks, peek('EVENTS_ENDTX'), peek('TXD.AMOUNT'), words()]).toEqual([FRAME - 40, 1, 2, [1, 2]]);
  });

  it('STOPTX while nothing is sent says TXSTOPPED at once', () => {
    const { write, peek } = uarte();
    write('TASKS_STOPTX', 1);
    expect(peek('EVENTS_TXSTOPPED')).toBe(1);
  });

  it('of no bytes ends at once', () => {
    const { transmitFrom, write, peek } = uarte();
    transmitFrom(0, 0);
    write('TASKS_STARTTX', 1);
    expect([peek('EVENTS_TXSTARTED'), peek('EVENTS_ENDTX')]).toEqual([1, 1]);
  });

  it('from flash sends zeros and says why', () => {
    const { write, words, tick, chip } = uarte();
    write('TXD.PTR', 0x100);
    write('TXD.MAXCNT', 1);
    write('TASKS_STARTTX', 1);
    tick(FRAME);
    expect([words(), chip.warnings.length]).toEqual([[0], 1]);
  });
});

describe('reception', () => {
  it('fills the buffer, then says ENDRX with AMOUNT', () => {
    const { receiveInto, write, peek, send, tick, ram } = uarte();
    receiveInto(0x20, 3);
    write('TASKS_STARTRX', 1);
    send(7, 8, 9);
    tick(2 * FRAME);
    const before = peek('EVENTS_ENDRX');
    tick(FRAME);
    expect([before, peek('EVENTS_ENDRX'), peek('RXD.AMOUNT'), ram(0x20, 3), peek('EVENTS_RXSTARTED')]).toEqual([0, 1, 3, [7, 8, 9], 1]);
  });

  it('goes on in the next buffer with ENDRX_STARTRX, losing nothing', () => {
    const { receiveInto, write, send, tick, ram } = uarte();
    write('SHORTS', ENDRX_STARTRX);
    receiveInto(0, 2);
    write('TASKS_STARTRX', 1);
    receiveInto(0x40, 2);
    send(1, 2, 3, 4);
    tick(5 * FRAME);
    expect([ram(0, 2), ram(0x40, 2)]).toEqual([[1, 2], [3, 4]]);
  });

  it('keeps six bytes while no buffer is open, and moves them at STARTRX', () => {
    const { receiveInto, write, send, tick, ram, peek } = uarte();
    receiveInto(0, 1);
    write('TASKS_STARTRX', 1);
    send(1, 2, 3, 4, 5, 6, 7);
    tick(8 * FRAME);
    receiveInto(0x40, 6);
    write('TASKS_STARTRX', 1);
    expect([ram(0x40, 6), peek('ERRORSRC')]).toEqual([[2, 3, 4, 5, 6, 7], 0]);
  });

  it('overruns with the seventh', () => {
    const { receiveInto, write, send, tick, peek } = uarte();
    receiveInto(0, 1);
    write('TASKS_STARTRX', 1);
    send(1, 2, 3, 4, 5, 6, 7, 8);
    tick(9 * FRAME);
    expect([peek('ERRORSRC'), peek('EVENTS_ERROR')]).toEqual([1, 1]);
  });

  it('after STOPRX takes four bytes\' time, then says ENDRX for what has come, then RXTO', () => {
    const { receiveInto, write, send, tick, peek, ram, ticksUntil } = uarte();
    receiveInto(0, 10);
    write('TASKS_STARTRX', 1);
    send(1, 2);
    tick(FRAME);
    write('TASKS_STOPRX', 1);
    const ticks = ticksUntil(() => peek('EVENTS_RXTO') === 1);
    expect([ticks, peek('EVENTS_ENDRX'), peek('RXD.AMOUNT'), ram(0, 2)]).toEqual([4 * FRAME, 1, 2, [1, 2]]);
  });

  it('stops at the end of the buffer with ENDRX_STOPRX', () => {
    const { receiveInto, write, send, tick, peek } = uarte();
    write('SHORTS', ENDRX_STOPRX);
    receiveInto(0, 1);
    write('TASKS_STARTRX', 1);
    send(1);
    tick(FRAME + 4 * FRAME);
    expect(peek('EVENTS_RXTO')).toBe(1);
  });

  it('FLUSHRX moves what came after the buffer was full, and says ENDRX', () => {
    const { receiveInto, write, send, tick, peek, ram } = uarte();
    write('SHORTS', ENDRX_STOPRX);
    receiveInto(0, 1);
    write('TASKS_STARTRX', 1);
    send(1, 2, 3);
    tick(10 * FRAME);
    write('EVENTS_ENDRX', 0);
    receiveInto(0x40, 5);
    write('TASKS_FLUSHRX', 1);
    expect([peek('EVENTS_ENDRX'), peek('RXD.AMOUNT'), ram(0x40, 2)]).toEqual([1, 2, [2, 3]]);
  });

  it('FLUSHRX with nothing to move says ENDRX all the same', () => {
    const { receiveInto, write, peek } = uarte();
    receiveInto(0, 5);
    write('TASKS_FLUSHRX', 1);
    expect([peek('EVENTS_ENDRX'), peek('RXD.AMOUNT')]).toEqual([1, 0]);
  });

  it('raises RTS when its FIFO has room for four bytes only', () => {
    const { receiveInto, write, send, tick, net } = uarte({ config: 1 });
    receiveInto(0, 1);
    write('TASKS_STARTRX', 1);
    send(1, 2, 3);
    tick(2 * FRAME);
    const before = net(RTS).level;
    tick(FRAME);
    expect([before, net(RTS).level]).toEqual([false, true]);
  });
});

it('does nothing while it is disabled', () => {
  const { write, peek, transmitFrom } = uarte();
  write('ENABLE', 0);
  transmitFrom(0, 1);
  write('TASKS_STARTTX', 1);
  expect(peek('EVENTS_TXSTARTED')).toBe(0);
});

it('has odd parity on the nRF52833', () => {
  const on = uartBench(UARTE_WITH_ODD_PARITY, 'nrf/uarte', { hasOddParity: true });
  on.enable(ENABLED, { config: 0xe | (1 << 8) });
  on.chip.ram.data[0] = 0;
  on.write('TXD.PTR', RAM);
  on.write('TXD.MAXCNT', 1);
  const edges: number[] = [];
  on.net(6).onEdge(() => edges.push(on.now()));
  on.write('TASKS_STARTTX', 1);
  on.tick(2 * FRAME);
  // Start and eight zeros are low; the parity bit of no ones is 1, and the line stays high.
  expect(edges).toEqual([0, 9 * 16]);
});
