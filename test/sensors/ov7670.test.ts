/** OV7670: what comes out of its port, by figures and formulas of the datasheet and of ov7670-frame.ts computed here again. */
import { describe, expect, it } from 'vitest';
import { steadyClock } from '../../emulator/wires/clock.js';
import { cameraBench, CLOCK_TICKS, patterned, type CameraBench } from './camera/camera-bench.js';

const COM2 = 0x09, COM3 = 0x0c, CLKRC = 0x11, COM7 = 0x12, COM10 = 0x15, HSTART = 0x17, HSTOP = 0x18, VSTRT = 0x19, VSTOP = 0x1a, MVFP = 0x1e, EXHCL = 0x2b,
  HREF = 0x32, TSLB = 0x3a, COM13 = 0x3d, COM14 = 0x3e, COM15 = 0x40, BRIGHT = 0x55, CONTRAS = 0x56, MANU = 0x67, MANV = 0x68, DBLV = 0x6b, XSC = 0x70, YSC = 0x71,
  DCWCTR = 0x72, RGB444 = 0x8c, DM_LNL = 0x92;
const LINE = 784;
const scene = patterned(640, 480);
const channel = (x: number, y: number, c: number): number => scene.pixels[3 * (y * 640 + x) + c];
type Setting = readonly [number, number];

/** A camera whose second frame has the settings. */
function camera(settings: readonly Setting[], model = 'ov7670'): CameraBench {
  const bench = cameraBench(model, scene, { running: false });
  for (const [register, value] of settings) bench.write(register, value);
  bench.clock.carryClock(steadyClock(0, CLOCK_TICKS, 1));
  return bench;
}

/** Bytes of one row, taken three quarters through each byte. `first`: in periods of the clock from the frame's start. */
function row(bench: CameraBench, first: number, bytes: number, periodsPerByte = 1): number[] {
  return Array.from({ length: bytes }, (_, i) => {
    bench.at(first + (i + 0.75) * periodsPerByte);
    return bench.level('href') && bench.level('pclk') ? bench.data() : -1;
  });
}

/** Start of a row of the array in periods of the clock: VSYNC 3 lines, 17 lines, then a row a line. */
const start = (line: number, ticksPerPixel = 2): number => (20 + line) * LINE * ticksPerPixel;

const Y = (r: number, g: number, b: number): number => (77 * r + 150 * g + 29 * b + 128) >> 8;
const clamp = (v: number): number => Math.min(255, Math.max(0, v));
const U = (r: number, g: number, b: number): number => clamp(128 + ((-43 * r - 85 * g + 128 * b + 128) >> 8));
const V = (r: number, g: number, b: number): number => clamp(128 + ((128 * r - 107 * g - 21 * b + 128) >> 8));
type Pixel = readonly [number, number, number];
const pixel = (x: number, y: number): Pixel => [channel(x, y, 0), channel(x, y, 1), channel(x, y, 2)];

function yuyv(at: (x: number) => Pixel, width: number): number[] {
  return Array.from({ length: width / 2 }, (_, i) => {
    const [a, b] = [at(2 * i), at(2 * i + 1)];
    return [Y(...a), (U(...a) + U(...b) + 1) >> 1, Y(...b), (V(...a) + V(...b) + 1) >> 1];
  }).flat();
}

const words = (values: number[]): number[] => values.flatMap((value) => [value >> 8, value & 0xff]);
const RGB565: readonly Setting[] = [[COM7, 0x04], [COM15, 0xd0]];
const YUV: readonly Setting[] = [[TSLB, 0], [COM13, 0x80]];

describe('timing (figures 6 and 7)', () => {
  it('a VGA frame is 510 lines of 784 pixels of two bytes, VSYNC 3 lines of it, and 480 rows of 1280 bytes', () => {
    const bench = camera([]);
    const edges: Record<string, number[]> = { vsync: [], href: [] };
    for (const name of ['vsync', 'href']) bench.pin(name).onEdge((level, at) => edges[name].push(level ? at / CLOCK_TICKS : -at / CLOCK_TICKS));
    bench.at(2 * 510 * LINE * 2 + 10);
    const frame = 510 * LINE * 2;
    expect([edges['vsync'], edges['href'].length, edges['href'].slice(0, 4)]).toEqual([
      [-3 * LINE * 2, frame, -(frame + 3 * LINE * 2), 2 * frame], 2 * 2 * 480, [start(0), -(start(0) + 1280), start(1), -(start(1) + 1280)],
    ]);
  });

  it.each([
    ['CLKRC divides by its value and 1', [[CLKRC, 3]], 4],
    ['CLKRC bit 6 leaves the prescaler out', [[CLKRC, 0x43]], 1],
    ['DBLV multiplies by 4', [[CLKRC, 15], [DBLV, 0x4a]], 4],
    ['DBLV multiplies by 6', [[CLKRC, 23], [DBLV, 0x8a]], 4],
    ['DBLV multiplies by 8', [[CLKRC, 31], [DBLV, 0xca]], 4],
  ] as const)('%s', (_, settings, periods) => {
    const bench = camera(settings);
    const falls: number[] = [];
    bench.pin('vsync').onEdge((level, at) => { if (!level) falls.push(at / CLOCK_TICKS); });
    bench.at(4 * LINE * 2 * periods);
    expect(falls).toEqual([3 * LINE * 2 * periods]);
  });

  it('dummy pixels make lines longer, and dummy lines frames', () => {
    const bench = camera([[EXHCL, 16], [DM_LNL, 10]]);
    const rises: number[] = [];
    bench.pin('vsync').onEdge((level, at) => { if (level) rises.push(at / CLOCK_TICKS); });
    bench.at(520 * 800 * 2 + 1);
    expect(rises).toEqual([520 * 800 * 2]);
  });

  it('COM10: HSYNC in place of HREF, 19 pixels after the row, for 80', () => {
    const bench = camera([[COM10, 0x40]]);
    const edges: number[] = [];
    bench.pin('href').onEdge((level, at) => edges.push(level ? at / CLOCK_TICKS : -at / CLOCK_TICKS));
    bench.at(LINE * 2);
    expect(edges).toEqual([2 * 659, -2 * 739]);
  });

  it.each([
    ['VSYNC is high at the start', 0, 'vsync', 1, true], ['and low with COM10 bit 1', 0x02, 'vsync', 1, false],
    ['HREF is low between rows', 0, 'href', 1, false], ['and high with COM10 bit 3', 0x08, 'href', 1, true],
    ['PCLK goes on between rows', 0, 'pclk', 1.75, true], ['and rests with COM10 bit 5', 0x20, 'pclk', 1.75, false], ['high with bit 4', 0x30, 'pclk', 1.75, true],
  ])('%s', (_, com10, name, periods, level) => {
    const bench = camera([[COM10, com10]]);
    bench.at(periods);
    expect(bench.level(name)).toBe(level);
  });

  it('a setting counts from the next VSYNC on', () => {
    const bench = camera([...RGB565]);
    bench.at(start(0));
    bench.write(MVFP, 0x20);
    const [x0, mirrored] = [pixel(0, 5), pixel(639, 5)];
    const packed = ([r, g, b]: Pixel): number => ((r >> 3) << 11) | ((g >> 2) << 5) | (b >> 3);
    const now = row(bench, start(5), 2);
    const next = row(bench, 510 * LINE * 2 + start(5), 2);
    expect([now, next]).toEqual([words([packed(x0)]), words([packed(mirrored)])]);
  });
});

describe('formats, row 7 of a VGA picture', () => {
  const all = Array.from({ length: 640 }, (_, x) => pixel(x, 7));
  const swapped = (bytes: number[]): number[] => bytes.map((_, i) => bytes[i ^ 1]);
  const vFirst = (bytes: number[]): number[] => bytes.map((byte, i) => (i % 2 === 0 ? byte : bytes[i % 4 === 1 ? i + 2 : i - 2]));
  it.each([
    ['RGB565', RGB565, words(all.map(([r, g, b]) => ((r >> 3) << 11) | ((g >> 2) << 5) | (b >> 3)))],
    ['RGB555', [[COM7, 4], [COM15, 0xf0]], words(all.map(([r, g, b]) => ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3)))],
    ['RGB444, xR GB', [[COM7, 4], [COM15, 0xd0], [RGB444, 2]], words(all.map(([r, g, b]) => ((r >> 4) << 8) | ((g >> 4) << 4) | (b >> 4)))],
    ['RGB444, RG Bx', [[COM7, 4], [COM15, 0xd0], [RGB444, 3]], words(all.map(([r, g, b]) => ((r >> 4) << 12) | ((g >> 4) << 8) | ((b >> 4) << 4)))],
    ['YUYV', YUV, yuyv((x) => all[x], 640)],
    ['YVYU', [[TSLB, 0], [COM13, 0x81]], vFirst(yuyv((x) => all[x], 640))],
    ['UYVY', [[TSLB, 8], [COM13, 0x80]], swapped(yuyv((x) => all[x], 640))],
    ['VYUY', [[TSLB, 8], [COM13, 0x81]], swapped(vFirst(yuyv((x) => all[x], 640)))],
    ['YUYV with U and V fixed', [[TSLB, 0x10], [COM13, 0x80], [MANU, 0x12], [MANV, 0x34]], all.flatMap((p, x) => [Y(...p), x % 2 === 0 ? 0x12 : 0x34])],
    ['YUYV of 10 to F0', [...YUV, [COM15, 0]], yuyv((x) => all[x], 640).map((v) => 16 + Math.floor((224 * v + 127) / 255))],
    ['YUYV of 01 to FE', [...YUV, [COM15, 0x80]], yuyv((x) => all[x], 640).map((v) => Math.min(254, Math.max(1, v)))],
    ['RGB565 with its bytes swapped', [...RGB565, [COM3, 0x40]], swapped(words(all.map(([r, g, b]) => ((r >> 3) << 11) | ((g >> 2) << 5) | (b >> 3))))],
    ['a negative', [...YUV, [TSLB, 0x20]], yuyv((x) => all[x].map((v) => 255 - v) as unknown as Pixel, 640)],
    ['brighter and with more contrast', [...YUV, [BRIGHT, 0x90], [CONTRAS, 0x60]], yuyv((x) => all[x].map((v) => clamp(128 + (((v - 128) * 0x60) >> 6) - 16)) as unknown as Pixel, 640)],
  ] as const)('%s', (_, settings, bytes) => {
    expect(row(camera(settings), start(7), 1280)).toEqual(bytes);
  });

  it('raw: one byte a pixel, GRGR in odd lines, in half the time', () => {
    expect(row(camera([[COM7, 1]]), start(7, 1), 640)).toEqual(all.map(([r, g], x) => (x % 2 === 0 ? g : r)));
  });
});

describe('window, mirror, scaling', () => {
  const y = (settings: readonly Setting[], line: number, count: number, first = 0, periods = 1, model = 'ov7670'): number[] =>
    row(camera([...YUV, ...settings], model), start(line) + first, 2 * count, periods).filter((_, i) => i % 2 === 0);
  const mean = (x0: number, y0: number, across: number, down: number): Pixel => [0, 1, 2].map((c) => {
    let sum = 0;
    for (let j = 0; j < down; j++) for (let i = 0; i < across; i++) sum += channel(x0 + i, y0 + j, c);
    return Math.floor(sum / (across * down));
  }) as unknown as Pixel;

  it('a window from column 100, line 50: 160 x 100', () => {
    // Columns count from 136, lines from 12: 236 to 396 = 0x1d, 4 to 0x31, 4; 62 to 162 = 0x0f, 2 to 0x28, 2.
    const window: readonly Setting[] = [[HSTART, 236 >> 3], [HSTOP, 396 >> 3], [HREF, (396 & 7) << 3 | (236 & 7)], [VSTRT, 62 >> 2], [VSTOP, 162 >> 2], [0x03, (162 & 3) << 2 | (62 & 3)]];
    const bench = camera([...YUV, ...window]);
    const rows: number[] = [];
    bench.pin('href').onEdge((level, at) => { if (level) rows.push(at / CLOCK_TICKS); });
    const seen = row(bench, start(51) + 200, 320).filter((_, i) => i % 2 === 0);
    bench.at(510 * LINE * 2);
    expect([seen, rows.length, rows[0]]).toEqual([Array.from({ length: 160 }, (_, x) => Y(...pixel(100 + x, 51))), 100, start(50) + 200]);
  });

  it('the full picture, wherever drivers let it begin: HSTART 158, HSTOP 14 (modulo 784)', () => {
    expect(y([[HSTART, 158 >> 3], [HSTOP, 14 >> 3], [HREF, 0x80 | (14 & 7) << 3 | (158 & 7)], [VSTRT, 2], [VSTOP, 0x7a], [0x03, 0x0a]], 3, 640)).toEqual(Array.from({ length: 640 }, (_, x) => Y(...pixel(x, 3))));
  });

  it('MVFP mirrors and turns over', () => {
    expect(y([[MVFP, 0x30]], 3, 640)).toEqual(Array.from({ length: 640 }, (_, x) => Y(...pixel(639 - x, 476))));
  });

  it('QVGA by COM7: means of two by two, in every second line', () => {
    expect(y([[COM7, 0x10]], 11, 320)).toEqual(Array.from({ length: 320 }, (_, x) => Y(...mean(2 * x, 10, 2, 2))));
  });

  it('QQVGA by DCW and COM14: a fourth of PCLK fills the line', () => {
    expect(y([[COM3, 4], [COM14, 0x1a], [DCWCTR, 0x22]], 7, 160, 0, 4)).toEqual(Array.from({ length: 160 }, (_, x) => Y(...mean(4 * x, 4, 4, 4))));
  });

  it('DCW rounds when it is told to', () => {
    const rounded = Array.from({ length: 320 }, (_, x) => Y(...([0, 1, 2].map((c) => (channel(2 * x, 0, c) + channel(2 * x + 1, 0, c) + channel(2 * x, 1, c) + channel(2 * x + 1, 1, c) + 2) >> 2) as unknown as Pixel)));
    expect(y([[COM3, 4], [DCWCTR, 0x19]], 1, 320)).toEqual(rounded);
  });

  it.each([['CIF', 0x20, 352, 288], ['QCIF', 0x08, 176, 144]])('%s has %s lines of its width', (_, com7, width, lines) => {
    const bench = camera([[COM7, com7]]);
    const rises: number[] = [];
    const lengths = new Set<number>();
    bench.pin('href').onEdge((level, at) => {
      if (level) rises.push(at);
      else lengths.add((at - rises[rises.length - 1]) / CLOCK_TICKS);
    });
    bench.at(510 * LINE * 2);
    expect([rises.length, [...lengths]]).toEqual([lines, [2 * width]]);
  });

  it('the scaler takes area averages: 640 * 32 / 64 of a row of two pixels each', () => {
    const half = (x: number): Pixel => [0, 1, 2].map((c) => Math.floor((2 * (channel(2 * x, 6, c) + channel(2 * x + 1, 6, c)) + 2) / 4)) as unknown as Pixel;
    expect(y([[COM3, 8], [XSC, 0x40], [YSC, 0x20]], 6, 320)).toEqual(Array.from({ length: 320 }, (_, x) => Y(...half(x))));
  });

  it('an OV7675 goes on to the end of the array, whatever VSTOP says', () => {
    const bench = camera([[VSTRT, 132 >> 2], [VSTOP, 192 >> 2]], 'ov7675');
    let rows = 0;
    bench.pin('href').onEdge((level) => { if (level) rows++; });
    bench.at(510 * LINE * 2);
    expect(rows).toBe(480 - 120);
  });

  it('a PCLK that is too slow for the row cuts it, and says so', () => {
    const bench = camera([[COM14, 0x13]]);
    bench.at(10);
    expect(bench.warnings).toEqual([expect.stringMatching(/row at this pixel clock/) as unknown]);
  });
});

describe('test patterns', () => {
  it.each([['COM7', [[COM7, 0x06]]], ['SCALING_YSC', [[COM7, 0x04], [YSC, 0xb5]]]] as const)('eight bars by %s', (_, settings) => {
    const seen = row(camera([...settings, [COM15, 0xd0]]), start(100), 1280);
    expect(Array.from({ length: 8 }, (_bar, n) => (seen[160 * n] << 8) | seen[160 * n + 1])).toEqual([0xffff, 0xffe0, 0x07ff, 0x07e0, 0xf81f, 0xf800, 0x001f, 0]);
  });

  it('shifting one', () => {
    expect(row(camera([[XSC, 0xba]]), start(0), 16)).toEqual([...Array(2)].flatMap(() => [1, 2, 4, 8, 16, 32, 64, 128]));
  });
});

describe('power', () => {
  it('COM2 puts it to sleep: everything low; awake again it begins a frame', () => {
    const bench = camera([]);
    bench.at(100);
    bench.write(COM2, 0x11);
    const asleep = bench.level('vsync');
    bench.at(200);
    bench.write(COM2, 0x01);
    bench.at(200 + 3 * LINE * 2 - 1);
    const late = bench.level('vsync');
    bench.at(200 + 3 * LINE * 2);
    expect([asleep, late, bench.level('vsync')]).toEqual([false, true, false]);
  });

  it('without a clock it leaves its wires to others', () => {
    const bench = cameraBench('ov7670', scene, { running: false });
    bench.at(1000);
    expect([bench.pin('vsync').state, bench.pin('d0').state]).toEqual(['z', 'z']);
  });

  it('a module with an oscillator of its own needs no XCLK', () => {
    const { part, warnings } = cameraBench('ov7670', scene, { running: false, options: { xclkHz: 24_000_000 } });
    expect([part.targets?.length, warnings]).toEqual([1, []]);
  });

  it('goes on from a snapshot in the middle of a picture', () => {
    const [first, second] = [camera([...RGB565]), camera([])];
    first.at(start(3) + 100);
    second.time.jump(first.time.now());
    second.part.restore(JSON.parse(JSON.stringify(first.part.snapshot(), (_, value: unknown) => (value instanceof Uint8Array ? { bytes: [...value] } : value)), (_, value: unknown) => (typeof value === 'object' && value !== null && 'bytes' in value ? Uint8Array.from(value.bytes as number[]) : value)) as never);
    expect(row(second, start(4), 100)).toEqual(row(first, start(4), 100));
  });
});
