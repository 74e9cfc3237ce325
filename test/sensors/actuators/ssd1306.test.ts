/** SSD1306, by its command table and the figures of its memory modes, on SPI and on I2C. */
import { describe, expect, it } from 'vitest';
import type { Shown } from '../../../emulator/sensors/index.js';
import { pinBench, type PinBench } from './pin-bench.js';

/** What drivers send to a module of 64 rows: pump on, upright, on. */
const BEGIN = [0x8d, 0x14, 0xa1, 0xc8, 0xaf];

interface Display { readonly bench: PinBench; command(...bytes: number[]): void; data(...bytes: number[]): void; picture(): string[]; shown(): Extract<Shown, { kind: 'pixels' }> }

function display(options: Record<string, unknown> = {}, begin: readonly number[] = BEGIN): Display {
  const bench = pinBench('ssd1306', options, ['dc'], { bus: 'spi' });
  const send = (isData: boolean) => (...bytes: number[]): void => {
    bench.drive('dc', isData);
    bench.spi(...bytes);
  };
  const shown = (): Extract<Shown, { kind: 'pixels' }> => bench.shows() as Extract<Shown, { kind: 'pixels' }>;
  const picture = (): string[] => {
    const { width, height, pixels } = shown();
    return Array.from({ length: height }, (_, y) => [...pixels.subarray(y * width, (y + 1) * width)].map((pixel) => (pixel === 1 ? '#' : '.')).join(''));
  };
  send(false)(...begin);
  return { bench, command: send(false), data: send(true), picture, shown };
}

/** Places of lit pixels, `x,y`. */
const lit = ({ picture }: Display): string[] => picture().flatMap((line, y) => [...line].flatMap((pixel, x) => (pixel === '#' ? [`${x},${y}`] : [])));
const column = (x: number, top: number, bits: string): string[] => [...bits].flatMap((bit, index) => (bit === '1' ? [`${x},${top + index}`] : []));

describe('the SSD1306', () => {
  it('shows a byte as eight pixels downwards from the top left', () => {
    const screen = display();
    screen.data(0b0000_0101);
    expect(lit(screen)).toEqual(column(0, 0, '101'));
  });

  it('is dark until it is on and its charge pump runs', () => {
    const screen = display({}, [0xa5]);
    const count = (): number => lit(screen).length;
    const counts = [count()];
    screen.command(0xaf);
    counts.push(count());
    screen.command(0x8d, 0x14);
    counts.push(count());
    screen.command(0xae);
    expect([...counts, count()]).toEqual([0, 0, 128 * 64, 0]);
  });

  it('needs no pump with an external supply', () => {
    expect(lit(display({ supply: 'external' }, [0xa5, 0xaf]))).toHaveLength(128 * 64);
  });

  it('inverts with A7 and is whole with A5, without a change of its memory', () => {
    const screen = display();
    screen.data(0xff);
    const counts = [0xa7, 0xa5, 0xa6, 0xa4].map((code) => {
      screen.command(code);
      return lit(screen).length;
    });
    expect(counts).toEqual([128 * 64 - 8, 128 * 64, 128 * 64, 8]);
  });

  it('is as bright as its contrast says, 7F after reset', () => {
    const screen = display();
    const before = screen.shown().brightness;
    screen.command(0x81, 0xff);
    expect([before, screen.shown().brightness]).toEqual([0.5, 1]);
  });

  it('in page mode stays in its page, from the column that 0x and 1x say, and goes round there', () => {
    const screen = display();
    screen.command(0xb3, 0x0e, 0x17);
    screen.data(1, 1, 1);
    expect(lit(screen)).toEqual(['0,24', '126,24', '127,24']);
  });

  it('in horizontal mode fills its window line by line and begins again', () => {
    const screen = display();
    screen.command(0x20, 0, 0x21, 10, 11, 0x22, 2, 3);
    screen.data(1, 2, 4, 8, 16);
    expect(lit(screen)).toEqual([...column(11, 17, '1'), ...column(10, 20, '1'), ...column(10, 26, '1'), ...column(11, 27, '1')]);
  });

  it('in vertical mode fills it column by column', () => {
    const screen = display();
    screen.command(0x20, 1, 0x21, 10, 11, 0x22, 2, 3);
    screen.data(1, 2, 4, 8);
    expect(lit(screen)).toEqual(['10,16', '11,18', '10,25', '11,27']);
  });

  it('mirrors columns written after A0, not those before', () => {
    const screen = display();
    screen.data(1);
    screen.command(0xa0);
    screen.data(1);
    // Column 1 is SEG1 now, which is the last but one from the left.
    expect(lit(screen)).toEqual(['0,0', '126,0']);
  });

  it('stands on its head after C0', () => {
    const screen = display();
    screen.data(1);
    screen.command(0xc0);
    expect(lit(screen)).toEqual(['0,63']);
  });

  it('begins with the start line', () => {
    const screen = display();
    screen.data(0b0001_0000);
    screen.command(0x40 | 4);
    expect(lit(screen)).toEqual(['0,0']);
  });

  it('moves by the display offset: table 10-1, COM0 shows row 8', () => {
    const screen = display();
    screen.data(1);
    screen.command(0xd3, 8);
    // With C8, row 0 is at COM(63 + 8 - 64) = COM7, the eighth line from below.
    expect(lit(screen)).toEqual(['0,56']);
  });

  it('has no rows past its multiplex ratio', () => {
    const screen = display();
    screen.command(0xa8, 31, 0xa5);
    const ys = new Set(lit(screen).map((place) => place.split(',')[1]));
    expect(ys.size).toBe(32);
  });

  it('of 32 rows is upright with its drivers\' settings', () => {
    const screen = display({ height: 32 }, [0xa8, 31, 0xda, 0x02, ...BEGIN]);
    screen.data(1);
    expect([lit(screen), screen.bench.warnings]).toEqual([['0,0'], []]);
  });

  it('warns once of COM pins that do not fit its glass', () => {
    const screen = display();
    screen.command(0xda, 0x02);
    expect(screen.bench.warnings.join()).toContain('wants 0x12');
  });

  // 370 kHz / (1 * 54 * 64) = 107.06 frames/s; 2 frames a step: 18.68 ms.
  it('scrolls its pages to the right by a column each interval', () => {
    const screen = display();
    screen.data(1);
    screen.command(0x26, 0, 0, 0b111, 0, 0, 0xff, 0x2f);
    screen.bench.microseconds(18_600);
    const before = lit(screen);
    screen.bench.microseconds(200);
    const after = lit(screen);
    screen.bench.microseconds(18_681 * 127);
    expect([before, after, lit(screen)]).toEqual([['0,0'], ['1,0'], ['0,0']]);
  });

  it('scrolls to the left, and stands still after 2E', () => {
    const screen = display();
    screen.data(1);
    screen.command(0x27, 0, 0, 0b111, 0, 0, 0xff, 0x2f);
    screen.bench.microseconds(40_000);
    screen.command(0x2e);
    screen.bench.microseconds(1_000_000);
    expect(lit(screen)).toEqual(['126,0']);
  });

  it('scrolls upwards too, inside its area', () => {
    const screen = display();
    screen.command(0xb1, 0x00, 0x10);
    screen.data(1);
    screen.command(0xa3, 0, 16, 0x29, 0, 7, 0b111, 7, 1, 0x2f);
    screen.bench.microseconds(18_700);
    expect(lit(screen)).toEqual(['0,7']);
  });

  it('says once what is no command', () => {
    const screen = display();
    screen.command(0xff);
    screen.command(0xfe);
    expect(screen.bench.warnings[0]).toContain('0xff is no command');
  });

  it('forgets its settings when RES# falls, not its memory', () => {
    const bench = pinBench('ssd1306', { supply: 'external' }, ['dc', 'reset'], { bus: 'spi' });
    bench.drive('reset', true);
    bench.drive('dc', true);
    bench.spi(1);
    bench.drive('dc', false);
    bench.spi(0xaf, 0x81, 0);
    bench.drive('reset', false);
    bench.drive('reset', true);
    bench.spi(0xaf);
    const shown = bench.shows() as Extract<Shown, { kind: 'pixels' }>;
    expect([shown.brightness, shown.pixels.reduce((sum, pixel) => sum + pixel, 0)]).toEqual([0.5, 1]);
  });

  it('goes on from a snapshot in the middle of a command', () => {
    const [first, second] = [display(), display()];
    first.data(1, 2, 3);
    first.command(0x21, 5);
    second.bench.restore(first.bench.snapshot());
    for (const screen of [first, second]) {
      screen.command(9);
      screen.data(0xff);
    }
    expect(second.bench.snapshot()).toEqual(first.bench.snapshot());
  });
});

describe('on I2C', () => {
  const send = (bench: PinBench, ...bytes: number[]): boolean[] => {
    const [target] = bench.part.targets!;
    const acknowledged = [target.start(false), ...bytes.map((byte) => target.write(byte))];
    target.stop();
    return acknowledged;
  };
  const screen = (): PinBench => pinBench('ssd1306', {}, [], { bus: 'i2c' });
  const first = (bench: PinBench): number => (bench.shows() as Extract<Shown, { kind: 'pixels' }>).pixels[0];

  it('takes control bytes for all that follows: 00 commands, 40 data', () => {
    const bench = screen();
    send(bench, 0x00, ...BEGIN);
    send(bench, 0x40, 1);
    expect(first(bench)).toBe(1);
  });

  it('takes control bytes for one byte: 80 and C0', () => {
    const bench = screen();
    send(bench, ...BEGIN.flatMap((byte) => [0x80, byte]), 0xc0, 1);
    expect(first(bench)).toBe(1);
  });

  it('tells of a change once for each transaction', () => {
    const bench = screen();
    send(bench, 0x00, ...BEGIN);
    send(bench, 0x40, 1, 2, 3, 4);
    expect(bench.changes).toHaveLength(2);
  });

  it('says in D6 whether it is off', () => {
    const bench = screen();
    const off = bench.part.targets![0].read();
    send(bench, 0x00, 0xaf);
    expect([off, bench.part.targets![0].read()]).toEqual([0x40, 0]);
  });
});
