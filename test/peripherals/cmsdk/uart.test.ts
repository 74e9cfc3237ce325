import { describe, expect, it } from 'vitest';
import { UART, type Uart } from '../../../emulator/peripherals/cmsdk/uart.js';
import { bench } from '../bench.js';

const TXEN = 1, RXEN = 2, TXINTEN = 4, RXINTEN = 8, TXOVINTEN = 16, RXOVINTEN = 32, HSTM = 64;
const TXFULL = 1, RXFULL = 2, TXOVERRUN = 4, RXOVERRUN = 8;
/** 25 MHz / 217 = 115207 baud. */
const BAUDDIV = 217;
const FRAME = 10 * BAUDDIV;

function uart(ctrl: number, bauddiv = BAUDDIV, options: Record<string, unknown> = {}) {
  const b = bench<typeof UART.spec, Uart>(UART, 'cmsdk/uart', options);
  const sent: { byte: string; at: number }[] = [];
  b.device.serial.onByte = (byte) => sent.push({ byte: String.fromCharCode(byte), at: b.now() });
  b.write('BAUDDIV', bauddiv);
  b.write('CTRL', ctrl);
  const host = (text: string): void => b.device.serial.write(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  return { ...b, sent, host };
}

describe('the transmitter of the CMSDK UART', () => {
  it('gives the byte to the host after ten bits of BAUDDIV ticks', () => {
    const { write, tick, sent } = uart(TXEN);
    write('DATA', 0x41);
    tick(FRAME - 1);
    expect(sent).toEqual([]);
    tick(1);
    expect(sent).toEqual([{ byte: 'A', at: FRAME }]);
  });

  it('with `overrun: queue` keeps what is written over TXFULL, in order, and sends it at the speed of the line', () => {
    const { write, read, tick, sent } = uart(TXEN, BAUDDIV, { overrun: 'queue' });
    for (const byte of [0x41, 0x42, 0x43, 0x44]) write('DATA', byte);
    expect(read('STATE')).toBe(TXFULL);
    tick(4 * FRAME);
    expect(sent.map(({ byte, at }) => `${byte}@${at / FRAME}`)).toEqual(['A@1', 'B@2', 'C@3', 'D@4']);
  });

  it('with `overrun: queue` still overruns while TXEN is clear, as on QEMU', () => {
    const { write, read } = uart(0, BAUDDIV, { overrun: 'queue' });
    write('DATA', 0x41);
    write('DATA', 0x42);
    expect(read('STATE')).toBe(TXFULL | TXOVERRUN);
  });

  it('buffers one byte while another is on the wire, and STATE.TXFULL says when there is room', () => {
    const { write, read, tick, sent } = uart(TXEN);
    write('DATA', 0x41);
    expect(read('STATE')).toBe(0);
    write('DATA', 0x42);
    expect(read('STATE')).toBe(TXFULL);
    tick(FRAME);
    expect(read('STATE')).toBe(0);
    tick(FRAME);
    expect(sent).toEqual([{ byte: 'A', at: FRAME }, { byte: 'B', at: 2 * FRAME }]);
  });

  it('loses a byte written while the buffer is full, sets TXOVERRUN and warns', () => {
    const { write, read, tick, sent, warnings } = uart(TXEN);
    for (const byte of [0x41, 0x42, 0x43]) write('DATA', byte);
    expect(read('STATE')).toBe(TXFULL | TXOVERRUN);
    tick(3 * FRAME);
    expect(sent.map(({ byte }) => byte)).toEqual(['A', 'B']);
    expect(warnings).toEqual([expect.stringContaining('STATE.TXFULL')]);
    write('STATE', TXOVERRUN);
    expect(read('STATE')).toBe(0);
  });

  it('keeps a byte written while TXEN is clear until TXEN is set', () => {
    const { write, read, tick, sent } = uart(0);
    write('DATA', 0x41);
    tick(2 * FRAME);
    expect([read('STATE'), sent.length]).toEqual([TXFULL, 0]);
    write('CTRL', TXEN);
    tick(FRAME);
    expect(sent).toEqual([{ byte: 'A', at: 3 * FRAME }]);
  });

  it('interrupts when the buffer becomes free, until INTCLEAR', () => {
    const { write, read, tick, level } = uart(TXEN | TXINTEN);
    write('DATA', 0x41);
    expect([level('tx'), read('INTSTATUS')]).toEqual([true, 1]);
    write('INTSTATUS', 1);
    expect(level('tx')).toBe(false);
    write('DATA', 0x42);
    expect(level('tx')).toBe(false);
    tick(FRAME);
    expect([level('tx'), level('combined'), level('rx'), level('overflow')]).toEqual([true, true, false, false]);
  });

  it('takes one tick per bit in high-speed test mode', () => {
    const { write, tick, sent } = uart(TXEN | HSTM);
    write('DATA', 0x41);
    tick(10);
    expect(sent).toEqual([{ byte: 'A', at: 10 }]);
  });

  it('sends at 16 ticks per bit when BAUDDIV is below its minimum, and warns', () => {
    const { write, tick, sent, warnings } = uart(TXEN, 0);
    write('DATA', 0x41);
    tick(160);
    expect(sent).toEqual([{ byte: 'A', at: 160 }]);
    expect(warnings).toEqual([expect.stringContaining('BAUDDIV')]);
  });

  it('does not drift when events fire late', () => {
    const { write, tick, stall, sent } = uart(TXEN);
    write('DATA', 0x41);
    write('DATA', 0x42);
    stall(FRAME + 7);
    tick(FRAME - 7);
    expect(sent).toEqual([{ byte: 'A', at: FRAME + 7 }, { byte: 'B', at: 2 * FRAME }]);
  });

  it('hands over what it still holds when the machine stops', () => {
    const { write, device, sent } = uart(TXEN);
    write('DATA', 0x41);
    write('DATA', 0x42);
    device.serial.flush();
    expect(sent.map(({ byte }) => byte)).toEqual(['A', 'B']);
  });
});

describe('the receiver of the CMSDK UART', () => {
  it('takes ten bits for a byte of the host', () => {
    const { host, read, tick, level } = uart(RXEN | RXINTEN);
    host('x');
    tick(FRAME - 1);
    expect([read('STATE'), level('rx')]).toEqual([0, false]);
    tick(1);
    expect([read('STATE'), level('rx'), read('DATA'), read('STATE')]).toEqual([RXFULL, true, 0x78, 0]);
  });

  it('lets host bytes wait until the firmware has read the one before, so none is lost', () => {
    const { host, read, tick, device } = uart(RXEN);
    host('ab');
    tick(5 * FRAME);
    expect([read('STATE'), device.serial.pending]).toEqual([RXFULL, 1]);
    expect(read('DATA')).toBe(0x61);
    tick(FRAME);
    expect([read('DATA'), read('STATE'), device.serial.pending]).toEqual([0x62, 0, 0]);
  });

  it('delivers long input in order', () => {
    const { device, read, tick } = uart(RXEN, 16);
    const input = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 0xff);
    device.serial.write(input);
    const output = input.map(() => { tick(160); return read('DATA'); });
    expect(output).toEqual(input);
  });

  it('takes nothing while RXEN is clear', () => {
    const { host, write, read, tick } = uart(0);
    host('a');
    tick(2 * FRAME);
    expect(read('STATE')).toBe(0);
    write('CTRL', RXEN);
    tick(FRAME);
    expect(read('DATA')).toBe(0x61);
  });

  it('overruns when a frame arrives on the wire before the last one was read', () => {
    const { device, read, write, level } = uart(RXEN | RXOVINTEN);
    device.receive(0x61);
    device.receive(0x62);
    expect([read('STATE'), read('INTSTATUS')]).toEqual([RXFULL | RXOVERRUN, RXOVERRUN]);
    expect([level('rxOverrun'), level('overflow'), level('txOverrun')]).toEqual([true, true, false]);
    write('INTSTATUS', RXOVERRUN);
    expect([read('STATE'), level('overflow')]).toEqual([RXFULL, false]);
  });

  it('does not change what a debugger peeks at', () => {
    const { device, peek, read } = uart(RXEN);
    device.receive(0x61);
    expect([peek('DATA'), peek('STATE'), peek('DATA'), read('STATE')]).toEqual([0x61, RXFULL, 0x61, RXFULL]);
  });

  it('keeps host bytes through a reset of the chip', () => {
    const { host, device, write, read, tick } = uart(RXEN);
    host('a');
    device.reset();
    write('BAUDDIV', BAUDDIV);
    write('CTRL', RXEN);
    tick(FRAME);
    expect(read('DATA')).toBe(0x61);
  });

  it('refuses a host that floods it', () => {
    const { device } = uart(RXEN);
    expect(() => device.serial.write(new Uint8Array(2 ** 20 + 1))).toThrow(/send slower/);
  });
});

describe('interrupts of the CMSDK UART', () => {
  /** As measured on QEMU 7.2's mps2-an385: state 5, then INTSTATUS 4 once TXOVINTEN is set, both cleared by INTCLEAR. */
  it('raises the transmit overrun once it is enabled', () => {
    const { write, read, level } = uart(0);
    write('DATA', 0x61);
    write('DATA', 0x62);
    expect([read('STATE'), read('INTSTATUS'), level('overflow')]).toEqual([5, 0, false]);
    write('CTRL', TXOVINTEN);
    expect([read('INTSTATUS'), level('txOverrun'), level('overflow')]).toEqual([4, true, true]);
    write('INTSTATUS', 0xf);
    expect([read('STATE'), level('overflow')]).toEqual([1, false]);
  });
});

it('goes on sending and receiving from a snapshot', () => {
  const first = uart(TXEN | RXEN);
  first.write('DATA', 0x41);
  first.write('DATA', 0x42);
  first.host('xy');
  first.tick(100);
  const second = uart(0);
  second.tick(100);
  second.device.restore(JSON.parse(JSON.stringify(first.device.snapshot())));
  for (const { tick, sent, read } of [first, second]) {
    tick(FRAME - 100);
    expect(read('DATA')).toBe(0x78);
    tick(FRAME);
    expect(read('DATA')).toBe(0x79);
    expect(sent).toEqual([{ byte: 'A', at: FRAME }, { byte: 'B', at: 2 * FRAME }]);
  }
});
