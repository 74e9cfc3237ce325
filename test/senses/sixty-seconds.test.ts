/**
 * A minute of samples: as many as the data rate says, to one, and the last of them where its number puts it. The part is alone on its
 * bus here, since it is the part that keeps the time; the same through firmware, over a second, is in two-families.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { Peripheral } from '../../emulator/bus/types.js';
import { BLOCKS } from '../../emulator/peripherals/index.js';
import { I2S, type I2s } from '../../emulator/peripherals/nrf/i2s.js';
import { PDM, type Pdm } from '../../emulator/peripherals/nrf/pdm.js';
import type { Quantity } from '../../emulator/sensors/index.js';
import { I2sTransmitter } from '../../emulator/wires/i2s.js';
import { PdmMicrophone } from '../../emulator/wires/pdm.js';
import { bench, type Bench } from '../peripherals/bench.js';
import { BENCH_HZ, cameraBench, CLOCK_TICKS, patterned } from '../sensors/camera/camera-bench.js';
import { PART_BENCH_HZ, partBench } from '../sensors/part-bench.js';

const SECONDS = 60;

interface Minute {
  readonly part: string;
  readonly addresses: readonly number[];
  /** Address, register, bytes. */
  readonly writes: readonly (readonly number[])[];
  /** Samples show where the part asks the world for this, or in rises of that pin. */
  readonly seen: Quantity | { readonly pin: string };
  readonly hz: number;
}

const motion = 'acceleration.x', field = 'magneticField.x';
const ROWS: readonly Minute[] = [
  { part: 'adxl345', addresses: [0x53], writes: [[0x53, 0x2c, 0x0f], [0x53, 0x2d, 0x08]], seen: motion, hz: 3200 },
  { part: 'adxl345', addresses: [0x53], writes: [[0x53, 0x2c, 0x00], [0x53, 0x2d, 0x08]], seen: motion, hz: 3200 / 2 ** 15 },
  { part: 'lis2dh12', addresses: [0x18], writes: [[0x18, 0x20, 0x97]], seen: motion, hz: 1344 },
  { part: 'lis2dh12', addresses: [0x18], writes: [[0x18, 0x20, 0x9f]], seen: motion, hz: 5376 },
  { part: 'lis2dh12', addresses: [0x18], writes: [[0x18, 0x20, 0x17]], seen: motion, hz: 1 },
  { part: 'lsm303agr', addresses: [0x19, 0x1e], writes: [[0x19, 0x20, 0x77]], seen: motion, hz: 400 },
  { part: 'lsm303agr', addresses: [0x19, 0x1e], writes: [[0x1e, 0x60, 0x0c]], seen: field, hz: 100 },
  { part: 'lsm9ds1', addresses: [0x6b, 0x1e], writes: [[0x6b, 0x20, 0xc0]], seen: motion, hz: 952 },
  { part: 'lsm9ds1', addresses: [0x6b, 0x1e], writes: [[0x6b, 0x10, 0x20]], seen: 'rotation.x', hz: 14.9 },
  { part: 'lsm9ds1', addresses: [0x6b, 0x1e], writes: [[0x1e, 0x20, 0x1c], [0x1e, 0x22, 0x00]], seen: field, hz: 80 },
  { part: 'lsm9ds1', addresses: [0x6b, 0x1e], writes: [[0x1e, 0x20, 0x00], [0x1e, 0x22, 0x00]], seen: field, hz: 0.625 },
  { part: 'mma8653', addresses: [0x1d], writes: [[0x1d, 0x2a, 0x01]], seen: motion, hz: 800 },
  // Its table of data rates gives periods: 640 ms.
  { part: 'mma8653', addresses: [0x1d], writes: [[0x1d, 0x2a, 0x39]], seen: motion, hz: 1 / 0.64 },
  { part: 'mag3110', addresses: [0x0e], writes: [[0x0e, 0x10, 0x01]], seen: field, hz: 80 },
  { part: 'mag3110', addresses: [0x0e], writes: [[0x0e, 0x10, 0xe1]], seen: field, hz: 80 / 128 },
  { part: 'mpu6050', addresses: [0x68], writes: [[0x68, 0x6b, 0x01]], seen: motion, hz: 1000 },
  { part: 'mpu6050', addresses: [0x68], writes: [[0x68, 0x1a, 1], [0x68, 0x19, 6], [0x68, 0x38, 1], [0x68, 0x6b, 1]], seen: { pin: 'int' }, hz: 1000 / 7 },
  { part: 'icm20948', addresses: [0x69], writes: [[0x69, 0x7f, 0x20], [0x69, 0, 10], [0x69, 0x11, 10], [0x69, 0x7f, 0], [0x69, 0x11, 1], [0x69, 0x06, 1]], seen: { pin: 'int1' }, hz: 1125 / 11 },
  { part: 'icm20948', addresses: [0x69], writes: [[0x69, 0x0f, 0x02], [0x0c, 0x31, 0x08]], seen: field, hz: 100 },
  { part: 'apds9960', addresses: [0x39], writes: [[0x39, 0x81, 256 - 36], [0x39, 0x80, 0x03]], seen: 'light.red', hz: 1000 / (36 * 2.78) },
  { part: 'apds9960', addresses: [0x39], writes: [[0x39, 0xab, 0x01], [0x39, 0x80, 0x41]], seen: 'proximity.up', hz: 1000 / 1.4 },
  { part: 'hts221', addresses: [0x5f], writes: [[0x5f, 0x20, 0x83]], seen: 'humidity', hz: 12.5 },
  { part: 'lps22hb', addresses: [0x5c], writes: [[0x5c, 0x10, 0x50]], seen: 'pressure', hz: 75 },
  { part: 'bme280', addresses: [0x76], writes: [[0x76, 0xf2, 0x01], [0x76, 0xf4, 0x27]], seen: 'pressure', hz: 1000 / 8.5 },
];

interface Counted { readonly samples: number; readonly first: number; readonly last: number; readonly started: number; readonly ended: number }

function minuteOf({ part, addresses, writes, seen }: Minute): Counted {
  const bench = partBench(part, addresses);
  let [samples, first, last] = [0, 0, 0];
  const note = (at: number): void => {
    if (samples === 0) first = at;
    if (samples === 0 || at !== last) samples++;
    last = at;
  };
  if (typeof seen === 'string') bench.world.set(seen, (at) => { note(at); return 0; });
  else bench.pin(seen.pin).onEdge((level, at) => { if (level) note(at); });
  for (const [address, ...bytes] of writes) bench.write(address, ...bytes);
  const started = bench.now();
  bench.milliseconds(SECONDS * 1000);
  const ended = bench.now();
  // A part that nobody asks takes its samples when somebody does: that is as of now.
  bench.part.catchUp?.();
  return { samples, first, last, started, ended };
}

describe.each(ROWS.map((row) => ({ name: `${row.part} at ${Number(row.hz.toFixed(3))} Hz`, row })))('$name', ({ row }) => {
  it('takes its samples for a minute, right to one, each at its time', () => {
    const { samples, first, last, started, ended } = minuteOf(row);
    const due = ((ended - started) / PART_BENCH_HZ) * row.hz;
    const between = ((samples - 1) / row.hz) * PART_BENCH_HZ;
    expect([Math.abs(samples - due) <= 1, Math.abs(last - first - between) <= 1]).toEqual([true, true]);
  });
});

// -- Sound: the receiver's clock is what counts. The bench's ticks stand for PCLK32M.

/**
 * Runs a block of the nRF52840 to its buffer n, counted by an event, and a tick before.
 * @returns whether exactly n - 1 events came by then, and n a tick later
 */
function endsOnTime<D extends Peripheral>(made: Bench<D>, event: string, buffers: number, endOf: (buffer: number) => number): boolean {
  let seen = 0;
  const start = made.now();
  const goTo = (tick: number): void => {
    made.tick(start + tick - made.now());
    seen += made.read(event);
    made.write(event, 0);
  };
  for (let n = 1; n < buffers; n++) goTo(endOf(n));
  goTo(endOf(buffers) - 1);
  const before = seen;
  goTo(endOf(buffers));
  return before === buffers - 1 && seen === buffers;
}

describe('for a minute', () => {
  it('PDM gives a sample each 64 clocks of 31 cycles', () => {
    const made = bench<typeof PDM.spec, Pdm>(PDM, 'nrf/pdm');
    BLOCKS['nrf/gpio'].create(made.chip.contextFor('gpio0', 0x5000_0000), { port: 0, hasLatch: true }).reset();
    new PdmMicrophone(made.chip.queue, { amplitude: () => 0.1 }, { clock: made.chip.context.net(26)!, data: made.chip.context.net(25)!, sampledOn: 'falling' });
    const values = { 'PSEL.CLK': 26, 'PSEL.DIN': 25, ENABLE: 1, MODE: 1, 'SAMPLE.PTR': 0x2000_0100, 'SAMPLE.MAXCNT': 1000, TASKS_START: 1 };
    for (const [register, value] of Object.entries(values)) made.write(register, value);
    // 967741.9 samples: 967 buffers of a thousand, and what is more than that ends the next.
    expect(endsOnTime(made, 'EVENTS_END', Math.ceil((SECONDS * 32_000_000) / (64 * 31 * 1000)), (buffer) => buffer * 1000 * 64 * 31)).toBe(true);
  });

  it('I2S gives a frame each 64 clocks of 125 cycles, and a microphone a sample for it', () => {
    const made = bench<typeof I2S.spec, I2s>(I2S, 'nrf/i2s');
    BLOCKS['nrf/gpio'].create(made.chip.contextFor('gpio0', 0x5000_0000), { port: 0, hasLatch: true }).reset();
    let samples = 0;
    const [sck, ws, sd] = [1, 2, 4].map((pin) => made.chip.context.net(pin)!);
    new I2sTransmitter(made.chip.queue, { sample: () => samples++ & 0xffff }, { sck, ws, sd, bits: 24, slotLevel: () => false, changesOn: 'falling' });
    const values = { 'PSEL.SCK': 1, 'PSEL.LRCK': 2, 'PSEL.SDIN': 4, 'CONFIG.RXEN': 1, 'CONFIG.TXEN': 0, 'CONFIG.RATIO': 2, 'CONFIG.MCKFREQ': 0x020c_0000, 'RXD.PTR': 0x2000_0200, 'RXTXD.MAXCNT': 1000, ENABLE: 1, TASKS_START: 1 };
    for (const [register, value] of Object.entries(values)) made.write(register, value);
    made.write('EVENTS_RXPTRUPD', 0);
    // 240000 frames of 32 bits. The last bit of each is sampled half a bit before the frame ends.
    const isOnTime = endsOnTime(made, 'EVENTS_RXPTRUPD', (SECONDS * 32_000_000) / (64 * 125 * 1000), (buffer) => buffer * 1000 * 64 * 125 - 125);
    expect([isOnTime, Math.abs(samples - 240_000) <= 1]).toEqual([true, true]);
  });

  it.each([
    // Periods of the clock: 510 lines of 784 pixels of two bytes; 562 lines of 370 at an eighth of it, as the registers' resets are.
    ['ov7670', 510 * 784 * 2, []], ['ov7675', 510 * 784 * 2, []], ['hm01b0', 0x232 * 0x172 * 8, [0x01, 0x00, 0x01]],
  ] as const)('%s gives a frame each %i periods of its clock', (model, periods, start) => {
    const camera = cameraBench(model, patterned(8, 8));
    if (start.length > 0) camera.write(...start);
    const frames: number[] = [];
    camera.pin('vsync').onEdge((level, at) => { if (level) frames.push(at); });
    camera.time.advanceTo(SECONDS * BENCH_HZ);
    const frame = periods * CLOCK_TICKS;
    expect([frames.length, frames.at(-1)! - frames[0]]).toEqual([Math.floor((SECONDS * BENCH_HZ) / frame), (frames.length - 1) * frame]);
  });
});
