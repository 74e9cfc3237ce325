/** HM01B0: sizes, widths of the port and modes, from the figures in the head of its source. */
import { describe, expect, it } from 'vitest';
import { steadyClock } from '../../emulator/wires/clock.js';
import { cameraBench, CLOCK_TICKS, patterned, type CameraBench } from './camera/camera-bench.js';

const SIZE = 324;
const LINE = 376;
const scene = patterned(SIZE, SIZE);
const grey = (x: number, y: number): number => {
  const [r, g, b] = [0, 1, 2].map((c) => scene.pixels[3 * (y * SIZE + x) + c]);
  return (77 * r + 150 * g + 29 * b + 128) >> 8;
};
/** OSC_CLK_DIV: MCLK as it is. */
const UNDIVIDED = 3;

function streaming(...settings: readonly (readonly [number, number])[]): CameraBench {
  const bench = cameraBench('hm01b0', scene, { running: false });
  const all = [[0x0342, LINE >> 8], [0x0343, LINE & 0xff], [0x3060, UNDIVIDED], ...settings, [0x0100, 1]] as const;
  for (const [address, value] of all) bench.write(address >> 8, address & 0xff, value);
  bench.clock.carryClock(steadyClock(0, CLOCK_TICKS, 1));
  return bench;
}

function row(bench: CameraBench, line: number, words: number, perPixel = 1): number[] {
  return Array.from({ length: words }, (_, i) => {
    bench.at((line + 1) * LINE * perPixel + i + 0.75);
    return bench.level('hsync') && bench.level('vsync') && bench.level('pclk') ? bench.data() : -1;
  });
}

describe('hm01b0', () => {
  it('says who it is', () => {
    const bench = cameraBench('hm01b0', scene);
    expect([bench.read(0, 0), bench.read(0, 1)]).toEqual([0x01, 0xb0]);
  });

  it('puts out 324 columns, a byte for each PCLK', () => {
    expect(row(streaming(), 5, SIZE)).toEqual(Array.from({ length: SIZE }, (_, x) => grey(x, 5)));
  });

  it.each([
    ['all 324 rows', [], 324], ['244 rows of the QVGA window', [[0x3010, 1]], 244],
    ['162 rows when every second is read', [[0x0387, 3]], 162], ['122 of them in the window', [[0x3010, 1], [0x0387, 3]], 122],
  ] as const)('%s, with FVLD around them', (_, settings, rows) => {
    const bench = streaming(...settings);
    const seen: (readonly [string, boolean])[] = [];
    for (const name of ['vsync', 'hsync']) bench.pin(name).onEdge((level) => seen.push([name, level]));
    bench.at((rows + 4) * LINE);
    const isHeld = seen.filter(([name]) => name === 'vsync');
    expect([seen.filter(([name, level]) => name === 'hsync' && level).length, isHeld, seen.at(-1)]).toEqual([rows, [['vsync', false]], ['vsync', false]]);
  });

  it('the QVGA window begins in row 40', () => {
    expect(row(streaming([0x3010, 1]), 0, SIZE)).toEqual(Array.from({ length: SIZE }, (_, x) => grey(x, 40)));
  });

  it('bins two by two', () => {
    const mean = (x: number, y: number): number => (grey(x, y) + grey(x + 1, y) + grey(x, y + 1) + grey(x + 1, y + 1)) >> 2;
    expect(row(streaming([0x0383, 3], [0x0387, 3], [0x0390, 3]), 2, 162)).toEqual(Array.from({ length: 162 }, (_, x) => mean(2 * x, 4)));
  });

  it('mirrors and turns over', () => {
    expect(row(streaming([0x0101, 3]), 1, SIZE)).toEqual(Array.from({ length: SIZE }, (_, x) => grey(323 - x, 322)));
  });

  it('four lines, the low half first or with bit 4 the high one', () => {
    const halves = (isHigh: boolean): number[] => Array.from({ length: 2 * SIZE }, (_, i) => ((i % 2 === 0) === isHigh ? grey(i >> 1, 3) >> 4 : grey(i >> 1, 3) & 15));
    expect([row(streaming([0x3059, 0x42]), 3, 2 * SIZE, 2), row(streaming([0x3059, 0x42], [0x3060, UNDIVIDED | 0x10]), 3, 2 * SIZE, 2)]).toEqual([halves(false), halves(true)]);
  });

  it('one line, the highest bit first', () => {
    expect(row(streaming([0x3059, 0x22], [0x3060, UNDIVIDED | 0x10]), 0, 80, 8)).toEqual(Array.from({ length: 80 }, (_, i) => (grey(i >> 3, 0) >> (7 - (i & 7))) & 1));
  });

  it('walking ones', () => {
    expect(row(streaming([0x0601, 0x11]), 0, 16)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128]);
  });

  it('so many frames and then standby', () => {
    const bench = cameraBench('hm01b0', scene);
    for (const [address, value] of [[0x3060, UNDIVIDED], [0x3020, 2], [0x0100, 3]]) bench.write(address >> 8, address & 0xff, value);
    let frames = 0;
    bench.pin('vsync').onEdge((level) => { if (level) frames++; });
    const seen = frames + Number(bench.level('vsync'));
    bench.at(10 * 0x232 * 0x172);
    expect([seen + frames, bench.read(1, 0)]).toEqual([2, 0]);
  });
});
