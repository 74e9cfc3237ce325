/** Levels that are read and levels that are driven are the same at every tick, whoever watches when. */
import { describe, expect, it } from 'vitest';
import { PixelPort, type FrameTiming } from '../../../emulator/sensors/camera/pixel-port.js';
import { Net } from '../../../emulator/wires/net.js';
import { ManualTime } from '../../support/manual-time.js';

const NAMES = ['vsync', 'href', 'pclk', 'd0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7'];
const PLAIN: FrameTiming = {
  ticksPerLine: 20, lines: 6, vsyncLines: 1, rowOfLine: Int16Array.of(-1, -1, 0, -1, 1, -1), firstTick: 3, wordsPerRow: 4, ticksPerWord: 2,
  gatesClock: false, invertsClock: false, invertsHref: false, invertsVsync: false,
};
const WORDS = Uint8Array.of(0x11, 0x22, 0x44, 0x88, 0xf0, 0x0f, 0xaa, 0x55);

function bench(timing: FrameTiming, period = { num: 7, den: 3 }) {
  const time = new ManualTime(1_000_000);
  const nets = new Map(NAMES.map((name) => [name, new Net(name, time.queue)]));
  const frame = () => ({ timing, words: () => WORDS });
  const port = new PixelPort(time.queue, { pin: (name) => nets.get(name), names: NAMES, part: 'camera', frame, resume: frame });
  port.setClock(period);
  port.restart();
  return { time, nets, port };
}

/** All levels at each tick. */
function levels({ time, nets }: ReturnType<typeof bench>, ticks: number): number[] {
  return Array.from({ length: ticks }, () => {
    time.advance(1);
    return NAMES.reduce((sum, name, bit) => sum | (nets.get(name)!.level ? 1 << bit : 0), 0);
  });
}

/** By the definition in words, half a tick of the clock at a time. */
function expected(timing: FrameTiming, half: number): number {
  const inFrame = half % (2 * timing.lines * timing.ticksPerLine);
  const line = Math.floor(inFrame / (2 * timing.ticksPerLine));
  const inLine = inFrame % (2 * timing.ticksPerLine);
  const row = timing.rowOfLine[line];
  const since = inLine - 2 * timing.firstTick;
  const isRow = row >= 0 && since >= 0 && since < 2 * timing.wordsPerRow * timing.ticksPerWord;
  const word = Math.floor(since / (2 * timing.ticksPerWord));
  const isLate = ((since % (2 * timing.ticksPerWord)) + 2 * timing.ticksPerWord) % (2 * timing.ticksPerWord) >= timing.ticksPerWord;
  const href = timing.hsync ? inLine >= 2 * timing.hsync.from && inLine < 2 * timing.hsync.to : isRow;
  return Number((line < timing.vsyncLines) !== timing.invertsVsync) | (Number(href !== timing.invertsHref) << 1)
    | (Number((isLate && (isRow || !timing.gatesClock)) !== timing.invertsClock) << 2) | (isRow ? WORDS[row * timing.wordsPerRow + word] << 3 : 0);
}

const TIMINGS: readonly [string, FrameTiming][] = [
  ['as usual', PLAIN],
  ['with PCLK in rows only', { ...PLAIN, gatesClock: true }],
  ['with HSYNC, and all polarities turned', { ...PLAIN, hsync: { from: 15, to: 18 }, invertsClock: true, invertsHref: true, invertsVsync: true }],
  ['with a row to the end of its line', { ...PLAIN, firstTick: 12 }],
];

describe.each(TIMINGS)('a port %s', (_, timing) => {
  const TICKS = 1500;
  const want = Array.from({ length: TICKS }, (_unused, tick) => expected(timing, Math.floor(((tick + 1) * 6) / 7)));

  it('has its levels when it is read, and schedules nothing', () => {
    const made = bench(timing);
    expect([levels(made, TICKS), made.time.queue.length]).toEqual([want, 0]);
  });

  it('drives the same when somebody watches', () => {
    const made = bench(timing);
    for (const net of made.nets.values()) net.onEdge(() => undefined);
    expect(levels(made, TICKS)).toEqual(want);
  });

  it('tells of every edge of every wire at its tick', () => {
    const made = bench(timing);
    const seen = NAMES.map(() => new Map<number, boolean>());
    NAMES.forEach((name, index) => made.nets.get(name)!.onEdge((level, at) => seen[index].set(at, level)));
    made.time.advance(TICKS);
    const edges = NAMES.map((_name, bit) => new Map(want.flatMap((value, tick) => (tick > 0 && ((value ^ want[tick - 1]) >> bit) & 1 ? [[tick + 1, ((value >> bit) & 1) === 1] as const] : []))));
    for (const map of seen) map.delete(1);
    expect(seen).toEqual(edges.map((map) => { map.delete(1); return map; }));
  });

  it('costs nothing again when nobody watches any more', () => {
    const made = bench(timing);
    const ends = [...made.nets.values()].map((net) => net.onEdge(() => undefined));
    made.time.advance(100);
    for (const end of ends) end();
    made.time.advance(400);
    expect(made.time.queue.length).toBe(0);
  });

  it('goes on from a snapshot in the middle of a row, watched or not', () => {
    const [first, second] = [bench(timing), bench(timing)];
    for (const made of [first, second]) made.nets.get('d3')!.onEdge(() => undefined);
    first.time.advance(117);
    const saved = [first.time.queue.snapshot(), [...first.nets.values()].map((net) => net.snapshot()), first.port.snapshot()] as const;
    second.time.jump(117);
    second.time.queue.restore(saved[0]);
    [...second.nets.values()].forEach((net, i) => net.restore(saved[1][i]));
    second.port.restore(saved[2]);
    expect(levels(second, 300)).toEqual(levels(first, 300));
  });
});

it('a clock that stops leaves the levels, and goes on where it was', () => {
  const made = bench(PLAIN, { num: 2, den: 1 });
  made.time.advance(2 * (2 * 20 + 3) + 2);
  const before = [...made.nets.values()].map(({ level }) => level);
  made.port.setClock(undefined);
  made.time.advance(1000);
  const held = [...made.nets.values()].map(({ level }) => level);
  made.port.setClock({ num: 2, den: 1 });
  made.time.advance(4);
  expect([held, NAMES.slice(3).reduce((sum, name, bit) => sum | (made.nets.get(name)!.level ? 1 << bit : 0), 0)]).toEqual([before, 0x22]);
});
