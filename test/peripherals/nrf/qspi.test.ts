/**
 * Nordic QSPI (nRF52840 Product Specification v1.1) with a MX25R6435F (datasheet rev. 1.4) on it. The bench's clock is 25 MHz: 25 ticks
 * a microsecond.
 */
import { describe, expect, it } from 'vitest';
import { QSPI, type Qspi } from '../../../emulator/peripherals/nrf/qspi.js';
import { Mx25r6435f } from '../../../emulator/sensors/mx25r6435f.js';
import { bench } from '../bench.js';

const RAM = 0x2000_0000;
const US = 25;
const MS = 1000 * US;
const QUAD_ENABLE = 0x40;

function ready(settings: Readonly<Record<string, number>> = {}) {
  const one = bench<typeof QSPI.spec, Qspi>(QSPI, 'nrf/qspi');
  const flash = new Mx25r6435f(one.chip.queue);
  one.device.attachFlash(flash);
  ['PSEL_SCK', 'PSEL_CSN', 'PSEL_IO0', 'PSEL_IO1', 'PSEL_IO2', 'PSEL_IO3'].forEach((register, pin) => one.write(register, pin));
  for (const [register, value] of Object.entries(settings)) one.write(register, value);
  one.write('ENABLE', 1);
  const until = (task: string): number => {
    one.write('EVENTS_READY', 0);
    one.write(task, 1);
    return one.ticksUntil(() => one.peek('EVENTS_READY') === 1);
  };
  const instruct = (configuration: number): void => {
    one.write('EVENTS_READY', 0);
    one.write('CINSTRCONF', configuration);
    one.ticksUntil(() => one.peek('EVENTS_READY') === 1);
  };
  until('TASKS_ACTIVATE');
  return { ...one, flash, until, instruct };
}

/** CINSTRCONF: LIO2 and LIO3 high; WREN before. */
const custom = (opcode: number, length: number, wren = 0): number => opcode | (length << 8) | (3 << 12) | (wren << 15);

describe('custom instructions', () => {
  it('read the identification c2 28 17', () => {
    const { instruct, read } = ready();
    instruct(custom(0x9f, 4));
    expect(read('CINSTRDAT0') & 0xff_ffff).toBe(0x17_28c2);
  });

  it('write the status register with write enable before it, in 10 ms', () => {
    const { instruct, read, write, tick } = ready();
    write('CINSTRDAT0', QUAD_ENABLE);
    instruct(custom(0x01, 2, 1));
    const during = read('STATUS') >>> 24;
    tick(10 * MS);
    expect([during, read('STATUS') >>> 24]).toEqual([QUAD_ENABLE | 1, QUAD_ENABLE]);
  });

  it('go on in a long frame until LFSTOP', () => {
    const { instruct, write, read, flash } = ready();
    flash.program(0x10, Uint8Array.of(0xa1, 0xb2), false);
    write('CINSTRDAT0', 0x10_0000);
    const LFEN = 1 << 16;
    const LFSTOP = 1 << 17;
    instruct(custom(0x05, 2) | LFEN | LFSTOP);
    instruct(custom(0x9f, 3) | LFEN);
    instruct(custom(0x9f, 2) | LFEN | LFSTOP);
    expect(read('CINSTRDAT0') & 0xff).toBe(0x17);
  });

  it('get ones while the part sleeps, until it is woken', () => {
    const { instruct, read } = ready();
    instruct(custom(0xb9, 1));
    instruct(custom(0x9f, 4));
    const asleep = read('CINSTRDAT0') & 0xff_ffff;
    instruct(custom(0xab, 1));
    instruct(custom(0x9f, 4));
    expect([asleep, read('CINSTRDAT0') & 0xff_ffff]).toEqual([0xff_ffff, 0x17_28c2]);
  });

  it('get ones where pins are not connected', () => {
    const { instruct, read } = ready({ PSEL_CSN: 0xffff_ffff });
    instruct(custom(0x9f, 4));
    expect(read('CINSTRDAT0') & 0xff_ffff).toBe(0xff_ffff);
  });
});

describe('data', () => {
  const DATA = Array.from({ length: 300 }, (_, n) => (n * 7) & 0xff);
  const written = (settings?: Readonly<Record<string, number>>) => {
    const one = ready(settings);
    one.chip.ram.data.set(DATA);
    one.write('WRITE_SRC', RAM);
    one.write('WRITE_DST', 0x1080);
    one.write('WRITE_CNT', DATA.length);
    one.until('TASKS_WRITESTART');
    return one;
  };
  const readBack = (one: ReturnType<typeof ready>): number[] => {
    one.write('READ_SRC', 0x1080);
    one.write('READ_DST', RAM + 0x800);
    one.write('READ_CNT', DATA.length);
    one.until('TASKS_READSTART');
    return [...one.chip.ram.data.subarray(0x800, 0x800 + DATA.length)];
  };

  it('is programmed over pages and read back', () => {
    expect(readBack(written())).toEqual(DATA);
  });

  it('takes two page programs: the second begins when the first is over, 0.85 ms later', () => {
    const one = ready();
    one.write('WRITE_SRC', RAM);
    one.write('WRITE_DST', 0x1080);
    one.write('WRITE_CNT', 300);
    // SCKFREQ 0: 32 MHz. WREN, opcode, 24 bits of address, then 128 and 172 bytes on one line.
    const commands = (2 * (8 + 8 + 24) + 8 * 300) / 32;
    const elapsed = one.until('TASKS_WRITESTART');
    expect(Math.abs(elapsed - (commands * US + 0.85 * MS))).toBeLessThanOrEqual(1);
  });

  it('is read at SCKFREQ: opcode, address, 8 dummy clocks and 4 bytes', () => {
    const one = ready({ IFCONFIG1: 0x1004_0480 });
    one.write('READ_DST', RAM);
    one.write('READ_CNT', 4);
    expect(one.until('TASKS_READSTART')).toBe(((8 + 24 + 8 + 32) / 16) * US + 0.5);
  });

  it('is seen at 0x12000000', () => {
    const one = written();
    one.tick(MS);
    expect(one.device.window.device.read(0x1080, 4)).toBe(DATA[0] | (DATA[1] << 8) | (DATA[2] << 16) | (DATA[3] << 24));
  });

  it('is ones after a sector is erased, which the next command waits 40 ms for', () => {
    const one = written();
    one.tick(MS);
    one.write('ERASE_PTR', 0x1000);
    one.until('TASKS_ERASESTART');
    const before = one.now();
    const all = readBack(one);
    expect([all.every((byte) => byte === 0xff), one.now() - before > 40 * MS]).toEqual([true, true]);
  });

  it('needs the quad enable bit for four lines', () => {
    const one = ready({ IFCONFIG0: 4 });
    one.flash.program(0x1080, Uint8Array.from(DATA.slice(0, 128)), false);
    const without = readBack(one).slice(0, 4);
    one.write('CINSTRDAT0', QUAD_ENABLE);
    one.instruct(custom(0x01, 2, 1));
    expect([without, readBack(one).slice(0, 4)]).toEqual([[0xff, 0xff, 0xff, 0xff], DATA.slice(0, 4)]);
  });

  it('comes back from a snapshot', () => {
    const one = written();
    const other = ready();
    other.tick(one.now() - other.now());
    other.device.restore(one.device.snapshot());
    other.chip.restore(one.chip.snapshot());
    expect(readBack(other)).toEqual(DATA);
  });
});

describe('the part', () => {
  const time = { rootHz: 1_000_000, tick: 0, now(): number { return this.tick; } };
  const fresh = (): Mx25r6435f => {
    time.tick = 0;
    return new Mx25r6435f(time);
  };
  const send = (flash: Mx25r6435f, ...bytes: number[]): number[] => [...flash.command(Uint8Array.from(bytes))];

  it.each([['sector', 0x20, 40], ['block of 32 KiB', 0x52, 240], ['block of 64 KiB', 0xd8, 480], ['chip', 0xc7, 50_000]])('erases a %s', (_, opcode, milliseconds) => {
    const flash = fresh();
    send(flash, 0x06);
    send(flash, opcode, 0, 0, 0);
    time.tick = milliseconds * 1000 - 1;
    const last = send(flash, 0x05, 0)[1];
    time.tick++;
    expect([last, send(flash, 0x05, 0)[1]]).toEqual([1, 0]);
  });

  it('programs only with write enable, and can only clear bits', () => {
    const flash = fresh();
    send(flash, 0x02, 0, 0, 0, 0x0f);
    send(flash, 0x06);
    send(flash, 0x02, 0, 0, 0, 0xf3);
    time.tick += 850;
    send(flash, 0x06);
    send(flash, 0x02, 0, 0, 0, 0x3f);
    expect(flash.peek(0)).toBe(0x33);
  });

  it('goes on at the page\'s begin past its end', () => {
    const flash = fresh();
    flash.program(0x1ff, Uint8Array.of(1, 2), false);
    expect([flash.peek(0x1ff), flash.peek(0x100), flash.peek(0x200)]).toEqual([1, 2, 0xff]);
  });

  it('guards its highest block with BP 1', () => {
    const flash = fresh();
    send(flash, 0x06);
    send(flash, 0x01, 1 << 2);
    time.tick += 10_000;
    flash.program(0x7f_0000, Uint8Array.of(0), false);
    flash.program(0x7e_ffff, Uint8Array.of(0), false);
    expect([flash.peek(0x7f_0000), flash.peek(0x7e_ffff)]).toEqual([0xff, 0]);
  });

  it('identifies itself for REMS and in release from power down', () => {
    const flash = fresh();
    expect([send(flash, 0x90, 0, 0, 0, 0, 0).slice(4), send(flash, 0xab, 0, 0, 0, 0)[4]]).toEqual([[0xc2, 0x17], 0x17]);
  });
});
