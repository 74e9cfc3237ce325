/**
 * Himax HM01B0: a monochrome camera of 324 x 324 with registers on I2C (16-bit addresses) and pixels on 8, 4 or 1 data lines.
 * Source: HM01B0 datasheet 1.0 as we remember it; addresses, identity, sizes, meanings of BIT_CONTROL and OSC_CLK_DIV are confirmed by the
 * drivers of OpenMV, SparkFun and Zephyr. Resets of what drivers always set are unconfirmed.
 *
 * With effect: MODE_SELECT (standby, streaming, so many frames), IMG_ORIENTATION, SW_RESET, FRAME_LEN_LINES, LINE_LEN_PCK, READOUT_X, READOUT_Y,
 * BINNING_MODE, TEST_PATTERN_MODE, QVGA_WIN_EN, PMU_AUTOSLEEP_FRAMECNT, BIT_CONTROL, OSC_CLK_DIV, PCLK_POLARITY; FRAME_COUNT counts. Settings of a
 * frame are those at its begin, with or without GRP_PARAM_HOLD. Stored only: exposure and gain (the scene is seen as it is given), black
 * level, defect correction, statistics, analog settings, six-bit mode. Not modelled: motion detection and INT, TRIG.
 *
 * PCLK is MCLK divided by 8, 4, 2 or 1 (OSC_CLK_DIV bits 1:0); on 4 lines a pixel takes two periods and on one line eight, and a line as many times
 * LINE_LEN_PCK. FVLD is high from a line before the first row to the end of a line after the last, LVLD during rows. A pixel is the
 * luminance of camera/colour.ts of the array's area average of the scene; QVGA is rows 40 to 283 of it. READOUT of 3 takes every second
 * column or line, or with BINNING_MODE the mean of two or four, rounded down.
 */
import { z } from 'zod';
import type { Snapshot } from '../bus/types.js';
import { bit, bits, RegisterBlock, registerMap } from '../peripherals/registers/index.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import type { RootTicks } from '../time/types.js';
import { ClockInput } from './camera/clock-input.js';
import { packLuma } from './camera/colour.js';
import { PixelPort, type Frame, type FrameTiming } from './camera/pixel-port.js';
import { expose } from './camera/scene.js';
import type { Picture } from './inputs.js';
import { definePart, type Part, type PartContext } from './part.js';
import { byte, status } from './register-file.js';

export const HM01B0 = registerMap({
  MODEL_ID_H:             status(0x0000, { reset: 0x01 }),
  MODEL_ID_L:             status(0x0001, { reset: 0xb0 }),
  SILICON_REV:            status(0x0002),
  FRAME_COUNT:            status(0x0005),
  PIXEL_ORDER:            status(0x0006, { reset: 0x02 }),
  MODE_SELECT:            byte(0x0100, { raz: false, fields: { MODE: bits(0, 2) } }),
  IMG_ORIENTATION:        byte(0x0101, { raz: false, fields: { MIRROR: bit(0), FLIP: bit(1) } }),
  SW_RESET:               byte(0x0103),
  GRP_PARAM_HOLD:         byte(0x0104),
  INTEGRATION_H:          byte(0x0202, { reset: 0x01 }),
  INTEGRATION_L:          byte(0x0203, { reset: 0x08 }),
  ANALOG_GAIN:            byte(0x0205),
  DIGITAL_GAIN_H:         byte(0x020e, { reset: 0x01 }),
  DIGITAL_GAIN_L:         byte(0x020f),
  FRAME_LEN_LINES_H:      byte(0x0340, { reset: 0x02 }),
  FRAME_LEN_LINES_L:      byte(0x0341, { reset: 0x32 }),
  LINE_LEN_PCK_H:         byte(0x0342, { reset: 0x01 }),
  LINE_LEN_PCK_L:         byte(0x0343, { reset: 0x72 }),
  DGAIN_CONTROL:          byte(0x0350, { reset: 0x7f }),
  READOUT_X:              byte(0x0383, { reset: 0x01 }),
  READOUT_Y:              byte(0x0387, { reset: 0x01 }),
  BINNING_MODE:           byte(0x0390, { raz: false, fields: { VERTICAL: bit(0), HORIZONTAL: bit(1) } }),
  TEST_PATTERN_MODE:      byte(0x0601, { raz: false, fields: { ENABLE: bit(0), WALKING: bit(4) } }),
  BLC:                    byte(0x1000, { count: 19 }),
  STATISTIC:              byte(0x2000, { count: 25 }),
  AE:                     byte(0x2100, { count: 20 }),
  MD:                     byte(0x2150, { count: 24 }),
  QVGA_WIN_EN:            byte(0x3010, { raz: false, fields: { ENABLE: bit(0) } }),
  SIX_BIT_MODE_EN:        byte(0x3011, { reset: 0x70 }),
  PMU_AUTOSLEEP_FRAMECNT: byte(0x3020),
  ADVANCE_VSYNC:          byte(0x3022, { reset: 0x02 }),
  ADVANCE_HSYNC:          byte(0x3023, { reset: 0x02 }),
  EARLY_GAIN:             byte(0x3035),
  ANALOG:                 byte(0x3044, { count: 21 }),
  BIT_CONTROL:            byte(0x3059, { raz: false, reset: 0x02, fields: { OSC_EN: bit(7), FOUR_BIT: bit(6), SERIAL: bit(5) } }),
  ANALOG2:                byte(0x305a, { count: 6 }),
  OSC_CLK_DIV:            byte(0x3060, { raz: false, fields: { GATED: bit(5), MSB_FIRST: bit(4), VT_REG_DIV: bits(2, 3), VT_SYS_DIV: bits(0, 1) } }),
  ANA_REGISTER_11:        byte(0x3061),
  IO_DRIVE_STR:           byte(0x3062, { count: 2 }),
  ANA_REGISTER_14:        byte(0x3064),
  OUTPUT_PIN_CONTROL:     byte(0x3065),
  ANA_REGISTER_17:        byte(0x3067),
  PCLK_POLARITY:          byte(0x3068),
});

const SIZE = 324;
const QVGA_ROWS = 244;
const QVGA_TOP = 40;
const STREAMING = 1;
const SOME_FRAMES = 3;
const PORT = ['vsync', 'hsync', 'pclk', 'd0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7'] as const;
/** What a frame is settled by, in the order of its snapshot. */
const SETTLING = [
  'IMG_ORIENTATION', 'FRAME_LEN_LINES_H', 'FRAME_LEN_LINES_L', 'LINE_LEN_PCK_H', 'LINE_LEN_PCK_L', 'READOUT_X', 'READOUT_Y', 'BINNING_MODE',
  'TEST_PATTERN_MODE', 'QVGA_WIN_EN', 'BIT_CONTROL', 'OSC_CLK_DIV', 'PCLK_POLARITY',
] as const;
type Setting = (typeof SETTLING)[number];

interface Settled { readonly values: readonly number[]; readonly value: Readonly<Record<Setting, number>>; readonly timing: FrameTiming; readonly wordsPerPixel: number }

/** Sensor parameters, from memory: 2 mW at QVGA and 30 frames a second, taken for all sizes and rates; 140 uW in standby; at 2.8 V. */
const MICROAMPS = { streaming: 714, standby: 50 } as const;

class Hm01b0 implements Part {
  readonly targets;
  private readonly registers: RegisterBlock<typeof HM01B0.spec>;
  private readonly mclk: ClockInput;
  private readonly port: PixelPort;
  private settled: Settled | undefined;
  private made: { readonly scene: Picture; readonly settled: Settled; readonly words: Uint8Array } | undefined;
  private isOn = false;
  private frames = 0;
  /** I2C: bytes of the register's address that came, and the address. */
  private addressBytes = 2;
  private address = 0;
  private readonly sleep = timedEvent(() => this.fallAsleep());

  constructor(private readonly context: PartContext, mclkHz: number | undefined) {
    this.registers = new RegisterBlock(HM01B0, {
      instance: context.name, size: 0x3100, warnings: context.warnings, policy: { unmodelled: 'store' },
      onRead: { FRAME_COUNT: () => this.frames & 0xff },
      onWrite: { SW_RESET: () => this.restart() },
    });
    this.port = new PixelPort(context.scheduler, {
      pin: (name) => context.pin(name), names: PORT, part: context.name,
      frame: (at) => this.settle(at), resume: (at) => this.frameOf(this.settled!, at), onFrame: (_at, count) => { this.frames += count; },
    });
    this.mclk = new ClockInput(context.scheduler, context.pin('mclk'), mclkHz, () => this.update());
    this.targets = [{
      start: (read: boolean): boolean => {
        if (!read) this.addressBytes = this.address = 0;
        this.port.catchUp();
        return true;
      },
      write: (value: number): boolean => this.write(value),
      read: (): number => this.registers.read(this.address++ & 0xffff, 1),
      stop: (): void => undefined,
    }];
  }

  reset(): void {
    this.registers.reset();
    this.mclk.reset();
    this.port.reset();
    this.context.scheduler.cancel(this.sleep);
    this.settled = this.made = undefined;
    this.isOn = false;
    this.frames = this.address = 0;
    this.addressBytes = 2;
    this.context.draws('standby', MICROAMPS.standby);
  }

  snapshot(): Snapshot {
    return {
      registers: this.registers.snapshot(), mclk: this.mclk.snapshot(), port: this.port.snapshot(), sleep: saveEvent(this.sleep),
      settled: this.settled === undefined ? null : [...this.settled.values], numbers: [this.isOn ? 1 : 0, this.frames, this.addressBytes, this.address],
    };
  }

  restore(from: Snapshot): void {
    const { settled, numbers } = from;
    const isWholes = (value: unknown, length: number): value is number[] => Array.isArray(value) && value.length === length && value.every(Number.isSafeInteger);
    if (!isWholes(numbers, 4) || (settled !== null && !isWholes(settled, SETTLING.length))) throw new Error(`the snapshot is not of ${this.context.name}`);
    this.registers.restore(from['registers'] as Snapshot);
    this.mclk.restore(from['mclk'] as Snapshot);
    this.made = undefined;
    this.settled = settled === null ? undefined : settledAs(settled);
    this.isOn = numbers[0] === 1;
    [, this.frames, this.addressBytes, this.address] = numbers;
    this.port.restore(from['port'] as Snapshot);
    restoreEvent(this.context.scheduler, this.sleep, from['sleep']);
  }

  private write(value: number): boolean {
    if (this.addressBytes < 2) {
      this.address = ((this.address << 8) | value) & 0xffff;
      this.addressBytes++;
      return true;
    }
    this.port.catchUp();
    this.registers.write(this.address++ & 0xffff, value, 1);
    this.update();
    return true;
  }

  private restart(): void {
    this.registers.reset();
    this.stop();
  }

  private stop(): void {
    this.isOn = false;
    this.context.draws('standby', MICROAMPS.standby);
    this.port.halt();
    this.context.scheduler.cancel(this.sleep);
  }

  private fallAsleep(): void {
    this.registers.storage('MODE_SELECT')[0] = 0;
    this.stop();
  }

  private update(): void {
    const mode = this.registers.field('MODE_SELECT', 'MODE');
    if (mode > STREAMING && mode !== SOME_FRAMES) {
      this.context.warnings.warn(`${this.context.name} mode`, `${this.context.name}: MODE_SELECT ${mode} waits for its TRIG pin, which is not modelled; use 1 or 3`);
    }
    const { period } = this.mclk;
    const divider = 8 >> this.registers.field('OSC_CLK_DIV', 'VT_SYS_DIV');
    this.port.setClock(period && { num: period.num * divider, den: period.den });
    const isWanted = mode === STREAMING || mode === SOME_FRAMES;
    if (!isWanted) this.stop();
    else if (!this.isOn && period !== undefined) this.begin(mode);
  }

  private begin(mode: number): void {
    this.isOn = true;
    this.context.draws('streaming', MICROAMPS.streaming);
    this.frames = 0;
    this.port.restart();
    if (mode !== SOME_FRAMES) return;
    const { scheduler } = this.context;
    scheduler.schedule(this.sleep, scheduler.now() + Math.max(1, this.registers.get('PMU_AUTOSLEEP_FRAMECNT')) * this.port.frameTicks);
  }

  // -- Frames.

  private settle(at: RootTicks): Frame {
    const values = SETTLING.map((name) => this.registers.get(name));
    if (this.settled === undefined || !values.every((value, index) => value === this.settled!.values[index])) this.settled = settledAs(values);
    return this.frameOf(this.settled, at);
  }

  private frameOf(settled: Settled, at: RootTicks): Frame {
    return { timing: settled.timing, words: () => this.wordsAt(settled, this.context.world.picture(at)) };
  }

  private wordsAt(settled: Settled, scene: Picture): Uint8Array {
    if (this.made?.scene !== scene || this.made.settled !== settled) this.made = { scene, settled, words: inWords(pixelsOf(settled, scene), settled) };
    return this.made.words;
  }
}

function settledAs(values: readonly number[]): Settled {
  const value = Object.fromEntries(SETTLING.map((name, index) => [name, values[index]])) as Record<Setting, number>;
  const [columns, rows] = sizeOf(value);
  const wordsPerPixel = (value.BIT_CONTROL & 0x20) !== 0 ? 8 : (value.BIT_CONTROL & 0x40) !== 0 ? 2 : 1;
  const lines = Math.max((value.FRAME_LEN_LINES_H << 8) | value.FRAME_LEN_LINES_L, rows + 3);
  const pixelsPerLine = Math.max((value.LINE_LEN_PCK_H << 8) | value.LINE_LEN_PCK_L, columns + 1);
  const rowOfLine = new Int16Array(lines).fill(-1);
  for (let row = 0; row < rows; row++) rowOfLine[row + 1] = row;
  return { values, value, wordsPerPixel, timing: {
    ticksPerLine: pixelsPerLine * wordsPerPixel, lines, vsyncLines: rows + 2, rowOfLine, firstTick: 0, wordsPerRow: columns * wordsPerPixel, ticksPerWord: 1,
    gatesClock: (value.OSC_CLK_DIV & 0x20) !== 0, invertsClock: (value.PCLK_POLARITY & 1) !== 0, invertsHref: false, invertsVsync: false,
  } };
}

/** Columns and rows that go out. */
function sizeOf(value: Readonly<Record<Setting, number>>): readonly [number, number] {
  const rows = (value.QVGA_WIN_EN & 1) !== 0 ? QVGA_ROWS : SIZE;
  return [value.READOUT_X === 3 ? SIZE / 2 : SIZE, value.READOUT_Y === 3 ? rows / 2 : rows];
}

/** One byte a pixel. */
function pixelsOf({ value }: Settled, scene: Picture): Uint8Array {
  const [columns, rows] = sizeOf(value);
  if ((value.TEST_PATTERN_MODE & 1) !== 0) return testPattern(columns, rows, (value.TEST_PATTERN_MODE & 0x10) !== 0);
  const array = packLuma({ width: SIZE, height: SIZE, rgb: expose(scene, SIZE, SIZE) });
  const [mirrors, flips] = [(value.IMG_ORIENTATION & 1) !== 0, (value.IMG_ORIENTATION & 2) !== 0];
  const top = (value.QVGA_WIN_EN & 1) !== 0 ? QVGA_TOP : 0;
  const at = (column: number, row: number): number => array[(flips ? SIZE - 1 - row : row) * SIZE + (mirrors ? SIZE - 1 - column : column)];
  const [across, down] = [SIZE / columns, value.READOUT_Y === 3 ? 2 : 1];
  const binned = [(value.BINNING_MODE & 2) !== 0 ? across : 1, (value.BINNING_MODE & 1) !== 0 ? down : 1];
  const out = new Uint8Array(columns * rows);
  for (let i = 0; i < out.length; i++) {
    const [column, row] = [(i % columns) * across, top + Math.floor(i / columns) * down];
    let sum = 0;
    for (let dy = 0; dy < binned[1]; dy++) for (let dx = 0; dx < binned[0]; dx++) sum += at(column + dx, row + dy);
    out[i] = Math.floor(sum / (binned[0] * binned[1]));
  }
  return out;
}

/** Walking ones along a row, or eight bars from white to dark in steps of 32. How bright the bars are is not documented. */
function testPattern(columns: number, rows: number, isWalking: boolean): Uint8Array {
  return Uint8Array.from({ length: columns * rows }, (_, i) => (isWalking ? 1 << (i % columns % 8) : 255 - 32 * Math.floor(((i % columns) * 8) / columns)));
}

/** Pixels as what is on the data lines, one word for each period of PCLK. */
function inWords(pixels: Uint8Array, { value, wordsPerPixel }: Settled): Uint8Array {
  if (wordsPerPixel === 1) return pixels;
  const width = 8 / wordsPerPixel;
  const isHighFirst = (value.OSC_CLK_DIV & 0x10) !== 0;
  return Uint8Array.from({ length: pixels.length * wordsPerPixel }, (_, i) => {
    const part = i % wordsPerPixel;
    const shift = width * (isHighFirst ? wordsPerPixel - 1 - part : part);
    return (pixels[Math.floor(i / wordsPerPixel)] >> shift) & ((1 << width) - 1);
  });
}

export const HM01B0_PART = definePart({
  what: 'monochrome camera of 324 x 324, on 8, 4 or 1 data lines',
  bus: 'i2c', addresses: [[0x24]], pins: ['mclk', ...PORT], inputs: [],
  /** `mclkHz`: of a module with an oscillator of its own, or the sensor's; used where `mclk` is left open. */
  options: z.strictObject({ mclkHz: z.int().min(1_000_000).max(48_000_000).optional() }),
  create: (context, { mclkHz }) => new Hm01b0(context, mclkHz),
});
