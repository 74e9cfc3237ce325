/** ArduCAM Mini 2MP: registers as ArduCAM's library uses them, and what is in the memory after a capture. */
import { describe, expect, it } from 'vitest';
import { readJpeg } from '../../emulator/sensors/stimuli/pictures/jpeg.js';
import { BENCH_HZ, cameraBench, patterned } from './camera/camera-bench.js';

const scene = patterned(1600, 1200);
const [TEST1, FRAMES, FIFO, TRIGGER, BURST, SINGLE] = [0x00, 0x01, 0x04, 0x41, 0x3c, 0x3d];
const CLEAR = 1, START = 2;

/** Window of the whole UXGA array, scaled to 320 x 240. */
const QVGA: readonly (readonly [number, number])[] = [
  [0xff, 0], [0x51, 0x90], [0x52, 0x2c], [0x53, 0], [0x54, 0], [0x55, 0x88], [0x57, 0], [0x50, 0x00], [0x5a, 0x50], [0x5b, 0x3c], [0x5c, 0],
];

function module(options: Record<string, unknown> = {}) {
  const bench = cameraBench('arducam-mini-2mp', scene, { options });
  const { device } = bench.part.spi!;
  /** One select with these bytes; what comes back with them. */
  const spi = (bytes: readonly number[]): number[] => {
    let out = device.select();
    const answer = bytes.map((byte) => {
      const sent = out;
      out = device.transfer(byte);
      return sent;
    });
    device.deselect();
    return answer;
  };
  const read = (register: number): number => spi([register, 0])[1];
  const write = (register: number, value: number): void => void spi([register | 0x80, value]);
  const setting = (...registers: readonly (readonly [number, number])[]): void => { for (const [register, value] of registers) bench.write(register, value); };
  const capture = (): number => {
    write(FIFO, CLEAR);
    write(FIFO, START);
    for (let ms = 0; ms < 1000 && (read(TRIGGER) & 8) === 0; ms++) bench.time.advance(BENCH_HZ / 1000);
    return read(0x42) | (read(0x43) << 8) | (read(0x44) << 16);
  };
  return { ...bench, spi, sccb: setting, reg: read, set: write, capture };
}

/** Mean of 5 x 5, rounded half up: 1600 / 320. */
function mean(x: number, y: number, channel: number): number {
  let sum = 0;
  for (let j = 0; j < 5; j++) for (let i = 0; i < 5; i++) sum += scene.pixels[3 * ((5 * y + j) * 1600 + 5 * x + i) + channel];
  return Math.floor((2 * sum + 25) / 50);
}

describe('arducam-mini-2mp', () => {
  it('answers on SPI with what was written, and on SCCB with its identity in the bank of the sensor', () => {
    const { set, reg, sccb, read } = module();
    set(TEST1, 0x55);
    sccb([0xff, 1]);
    expect([reg(TEST1), read(0x0a), read(0x0b)]).toEqual([0x55, 0x26, 0x42]);
  });

  it('RGB565 of 320 x 240: 153600 bytes, after a dummy one in a burst', () => {
    const { sccb, capture, spi } = module();
    sccb(...QVGA, [0xda, 0x08]);
    const length = capture();
    const [, dummy, ...bytes] = spi([BURST, ...new Array<number>(length + 1).fill(0)]);
    const expected = Array.from({ length: 320 * 240 }, (_, i) => {
      const [r, g, b] = [0, 1, 2].map((c) => mean(i % 320, Math.floor(i / 320), c));
      const word = ((r >> 3) << 11) | ((g >> 2) << 5) | (b >> 3);
      return [word >> 8, word & 0xff];
    }).flat();
    expect([length, dummy, bytes]).toEqual([153_600, 0, expected]);
  });

  it('a burst goes on where the one before ended, and single reads do too', () => {
    const { sccb, capture, spi } = module({ plus: true });
    sccb(...QVGA, [0xda, 0x08]);
    capture();
    const [, ...first] = spi([BURST, 0, 0, 0]);
    const [, single] = spi([SINGLE, 0]);
    const [, ...rest] = spi([BURST, 0, 0]);
    const { sccb: again, capture: take, spi: all } = module({ plus: true });
    again(...QVGA, [0xda, 0x08]);
    take();
    expect([...first, single, ...rest]).toEqual(all([BURST, 0, 0, 0, 0, 0, 0]).slice(1));
  });

  it('JPEG that a decoder reads: 320 x 240, near to the scene', () => {
    const flat = module();
    flat.world.setPicture(() => ({ width: 1, height: 1, pixels: Uint8Array.of(200, 100, 50) }));
    flat.sccb(...QVGA, [0xda, 0x10], [0x44, 4]);
    const length = flat.capture();
    const picture = readJpeg(Uint8Array.from(flat.spi([BURST, ...new Array<number>(length + 1).fill(0)]).slice(2)), 'captured');
    const worst = picture.pixels.reduce((most, v, i) => Math.max(most, Math.abs(v - [200, 100, 50][i % 3])), 0);
    expect([picture.width, picture.height, worst <= 3]).toEqual([320, 240, true]);
  });

  it('waits for a whole frame: between one and two fifteenths of a second at 1600 x 1200', () => {
    const { set, reg, time } = module();
    time.advance(BENCH_HZ / 100);
    set(FIFO, START);
    time.advanceTo(Math.floor((2 * BENCH_HZ) / 15) - 1);
    const before = reg(TRIGGER);
    time.advance(1);
    expect([before, reg(TRIGGER)]).toEqual([0, 8]);
  });

  it('takes several frames one after another, until its 384 KiB are full', () => {
    const { sccb, set, capture } = module();
    sccb(...QVGA, [0xda, 0x08]);
    set(FRAMES, 1);
    const two = capture();
    set(FRAMES, 2);
    expect([two, capture()]).toEqual([2 * 153_600, 384 * 1024]);
  });

  it('goes on from a snapshot in the middle of a capture', () => {
    const [first, second] = [module(), module()];
    first.sccb(...QVGA, [0xda, 0x08]);
    first.set(FIFO, START);
    first.time.advance(1000);
    second.time.jump(first.time.now());
    second.time.queue.restore(first.time.queue.snapshot());
    second.part.restore(first.part.snapshot());
    for (const { time } of [first, second]) time.advance(BENCH_HZ / 5);
    expect(second.spi([BURST, 0, 0, 0, 0, 0])).toEqual(first.spi([BURST, 0, 0, 0, 0, 0]));
  });
});
