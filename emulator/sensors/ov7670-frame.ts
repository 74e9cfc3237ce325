/**
 * What the OV7670's settings make of a scene: frame timing, window, scaling, format.
 * Source: OV7670 datasheet 1.4, figures 5 to 9 (VGA, QVGA, CIF, QCIF timing) and table 5; see ov7670.ts.
 *
 * The array is 640 x 480. A frame is 510 lines of 784 pixel times tP (a tP is one tick of the internal clock in raw formats, two in
 * the others): VSYNC for 3 lines, 17 lines, 480 lines of pixels, 10 lines. EXHCH and EXHCL lengthen lines, ADVFL/ADVFH and
 * DM_LNL/DM_LNH frames.
 *
 * Window: columns HSTART to HSTOP, modulo 784, and lines VSTRT to VSTOP. The defaults, 136 and 12, are the first column and
 * line. How far a start is off depends on the pipeline's delay in a way that is not documented, and drivers use 136 to 180
 * for the same full picture; so a window that would reach beyond the array is moved into it.
 *
 * Scaling, in this order: DCW averages blocks of 1, 2, 4 or 8 columns and lines (the sum over the block, plus half of its size
 * where SCALING_DCWCTR asks for rounding, divided, rounded down); the scaler makes floor(n 32 / XSC) of n columns and
 * floor(n 32 / YSC) of n lines, by area averages as in camera/scene.ts. QVGA is DCW by 2, CIF scales 640 x 480 to 352 x 288, QCIF is
 * DCW by 2 and then 320 x 240 to 176 x 144. A row goes out in the line that completes it.
 */
import type { Picture } from './inputs.js';
import { clampByte, packBayer, packRgb, packYuv, type Pixels, type YuvOrder } from './camera/colour.js';
import type { FrameTiming } from './camera/pixel-port.js';
import { areaAverage, expose } from './camera/scene.js';

export const ARRAY_WIDTH = 640;
export const ARRAY_HEIGHT = 480;
const FIRST_COLUMN = 136;
const FIRST_LINE = 12;
const LINE_PIXELS = 784;
const FRAME_LINES = 510;
const VSYNC_LINES = 3;
const LINES_BEFORE_PIXELS = 20;
/** HSYNC: 19 tP after the last column, for 80 tP. */
const HSYNC_FROM = 659;
const HSYNC_TO = 739;

/** Registers by their offsets. */
export const R = {
  COM1: 0x04, COM2: 0x09, COM3: 0x0c, CLKRC: 0x11, COM7: 0x12, COM10: 0x15, HSTART: 0x17, HSTOP: 0x18, VSTRT: 0x19, VSTOP: 0x1a, VREF: 0x03,
  MVFP: 0x1e, EXHCH: 0x2a, EXHCL: 0x2b, ADVFL: 0x2d, ADVFH: 0x2e, HREF: 0x32, TSLB: 0x3a, COM13: 0x3d, COM14: 0x3e, COM15: 0x40, COM17: 0x42,
  BRIGHT: 0x55, CONTRAS: 0x56, CONTRAS_CENTER: 0x57, MANU: 0x67, MANV: 0x68, DBLV: 0x6b, SCALING_XSC: 0x70, SCALING_YSC: 0x71,
  SCALING_DCWCTR: 0x72, SCALING_PCLK_DIV: 0x73, RGB444: 0x8c, DM_LNL: 0x92, DM_LNH: 0x93,
} as const;

/** A frame's settings: a copy of all registers. */
export type Registers = Uint8Array;
export type Model = 'ov7670' | 'ov7675';

export interface Geometry {
  readonly x: number; readonly y: number; readonly width: number; readonly height: number;
  /** Blocks that DCW averages. */
  readonly across: number; readonly down: number;
  readonly outWidth: number; readonly outHeight: number;
}

const isSet = (value: number, bit: number): boolean => ((value >> bit) & 1) === 1;
const isRaw = (r: Registers): boolean => isSet(r[R.COM7], 0);

/** Root ticks of the internal clock are those of XCLK times num / den. CLKRC bit 6 leaves the prescaler out. */
export function clockDivision(r: Registers): { readonly num: number; readonly den: number } {
  return { num: isSet(r[R.CLKRC], 6) ? 1 : (r[R.CLKRC] & 0x3f) + 1, den: [1, 4, 6, 8][r[R.DBLV] >> 6] };
}

export function geometryOf(r: Registers, model: Model): Geometry {
  const start = (r[R.HSTART] << 3) | (r[R.HREF] & 7);
  const stop = (r[R.HSTOP] << 3) | ((r[R.HREF] >> 3) & 7);
  const top = (r[R.VSTRT] << 2) | (r[R.VREF] & 3);
  const bottom = (r[R.VSTOP] << 2) | ((r[R.VREF] >> 2) & 3);
  const width = Math.min(ARRAY_WIDTH, (((stop - start) % LINE_PIXELS) + LINE_PIXELS) % LINE_PIXELS);
  // Settings that Arduino's library found to work on an OV7675 end before the picture does: there, lines go on to the array's end.
  const height = model === 'ov7675' ? Math.max(0, ARRAY_HEIGHT - Math.max(0, top - FIRST_LINE)) : Math.max(0, Math.min(ARRAY_HEIGHT, bottom - top));
  const x = Math.max(0, Math.min(start - FIRST_COLUMN, ARRAY_WIDTH - width));
  const y = Math.max(0, Math.min(top - FIRST_LINE, ARRAY_HEIGHT - height));
  return { x, y, width, height, ...scaling(r, width, height) };
}

function scaling(r: Registers, width: number, height: number): Pick<Geometry, 'across' | 'down' | 'outWidth' | 'outHeight'> {
  const [isQcif, isQvga, isCif] = [isSet(r[R.COM7], 3), isSet(r[R.COM7], 4), isSet(r[R.COM7], 5)];
  const isManual = isSet(r[R.COM3], 2);
  const preset = isQvga || isQcif ? 2 : 1;
  const across = isManual ? 1 << (r[R.SCALING_DCWCTR] & 3) : preset;
  const down = isManual ? 1 << ((r[R.SCALING_DCWCTR] >> 4) & 3) : preset;
  const [w, h] = [Math.floor(width / across), Math.floor(height / down)];
  // 352 / 640 and 288 / 480; 176 / 320 and 144 / 240.
  if ((isCif || isQcif) && !isSet(r[R.COM14], 3)) return { across, down, outWidth: Math.floor((w * 11) / 20), outHeight: Math.floor((h * 3) / 5) };
  if (!isSet(r[R.COM3], 3) && !isCif && !isQcif) return { across, down, outWidth: w, outHeight: h };
  return { across, down, outWidth: scaled(w, r[R.SCALING_XSC]), outHeight: scaled(h, r[R.SCALING_YSC]) };
}

/** Factors of 0x20 (as it is) to 0x40 (half). */
function scaled(n: number, factor: number): number {
  return Math.floor((n * 0x20) / Math.max(0x20, Math.min(0x40, factor & 0x7f)));
}

/** @param tooLong told when a row at this PCLK does not fit into its line, and is cut */
export function timingOf(r: Registers, geometry: Geometry, tooLong: () => void): FrameTiming {
  const raw = isRaw(r);
  const ticksPerPixel = raw ? 1 : 2;
  const dummyPixels = ((r[R.EXHCH] & 0xf0) << 4) | r[R.EXHCL];
  const dummyLines = ((r[R.DM_LNH] << 8) | r[R.DM_LNL]) + ((r[R.ADVFH] << 8) | r[R.ADVFL]);
  const lines = Math.min(0x7fff, FRAME_LINES + dummyLines);
  const ticksPerLine = (LINE_PIXELS + dummyPixels) * ticksPerPixel;
  const ticksPerWord = clockDivider(r);
  const firstTick = geometry.x * ticksPerPixel;
  const wanted = geometry.outWidth * ticksPerPixel;
  const room = Math.floor((ticksPerLine - firstTick) / ticksPerWord);
  if (wanted > room) tooLong();
  const com10 = r[R.COM10];
  return {
    ticksPerLine, lines, vsyncLines: VSYNC_LINES, firstTick, wordsPerRow: Math.min(wanted, room), ticksPerWord, rowOfLine: rowsOf(geometry, lines),
    hsync: isSet(com10, 6) ? { from: HSYNC_FROM * ticksPerPixel, to: HSYNC_TO * ticksPerPixel } : undefined,
    gatesClock: isSet(com10, 5), invertsClock: isSet(com10, 4), invertsHref: isSet(com10, isSet(com10, 6) ? 0 : 3), invertsVsync: isSet(com10, 1),
  };
}

/** COM14 divides PCLK; so does SCALING_PCLK_DIV the scaler's clock, which has to agree and has no effect of its own here. */
function clockDivider(r: Registers): number {
  return isSet(r[R.COM14], 4) ? 1 << Math.min(4, r[R.COM14] & 7) : 1;
}

function rowsOf({ y, height, outHeight }: Geometry, lines: number): Int16Array {
  const rows = new Int16Array(lines).fill(-1);
  for (let row = 0; row < outHeight; row++) {
    const line = LINES_BEFORE_PIXELS + y + Math.ceil(((row + 1) * height) / outHeight) - 1;
    if (line < lines) rows[line] = row;
  }
  return rows;
}

/** The window of the scene as the array and the scaler leave it, before the format. */
export function pixelsOf(r: Registers, geometry: Geometry, scene: Picture): Pixels {
  const { x, y, width, height, across, down, outWidth, outHeight } = geometry;
  const turned = mirrored(testPattern(r) ?? expose(scene, ARRAY_WIDTH, ARRAY_HEIGHT), r[R.MVFP]);
  const window = areaAverage({ width: ARRAY_WIDTH, height: ARRAY_HEIGHT, pixels: turned }, { x, y, width, height }, width, height);
  const [w, h] = [Math.floor(width / across), Math.floor(height / down)];
  const averaged = across === 1 && down === 1 ? window : averageBlocks(window, width, geometry, r[R.SCALING_DCWCTR]);
  const rgb = areaAverage({ width: w, height: h, pixels: averaged }, { x: 0, y: 0, width: w, height: h }, outWidth, outHeight);
  return { width: outWidth, height: outHeight, rgb: adjusted(rgb, r) };
}

/** [row][word] as they go out, rows cut to `wordsPerRow`. */
export function wordsOf(r: Registers, geometry: Geometry, pixels: Pixels, wordsPerRow: number): Uint8Array {
  const bytes = isSet(r[R.SCALING_XSC], 7) && !isSet(r[R.SCALING_YSC], 7) ? walkingOnes(pixels, isRaw(r) ? 1 : 2) : packed(r, geometry, pixels);
  const perRow = pixels.width * (isRaw(r) ? 1 : 2);
  if (isSet(r[R.COM3], 6) && !isRaw(r)) swapBytes(bytes);
  if (wordsPerRow >= perRow) return bytes;
  const cut = new Uint8Array(wordsPerRow * pixels.height);
  for (let row = 0; row < pixels.height; row++) cut.set(bytes.subarray(row * perRow, row * perRow + wordsPerRow), row * wordsPerRow);
  return cut;
}

function packed(r: Registers, { x, y, across, down }: Geometry, pixels: Pixels): Uint8Array {
  if (isRaw(r)) return inRange(packBayer(pixels, across === 1 ? x : 0, down === 1 ? y : 0), r[R.COM15]);
  if (!isSet(r[R.COM7], 2)) {
    const fixed = isSet(r[R.TSLB], 4) ? { u: r[R.MANU], v: r[R.MANV] } : undefined;
    return inRange(packYuv(pixels, YUV_ORDERS[(isSet(r[R.TSLB], 3) ? 2 : 0) | (r[R.COM13] & 1)], fixed), r[R.COM15]);
  }
  if (!isSet(r[R.COM15], 4)) return inRange(packGrb(pixels), r[R.COM15]);
  const ranged = { ...pixels, rgb: inRange(pixels.rgb.slice(), r[R.COM15]) };
  if (isSet(r[R.RGB444], 1)) return packRgb(ranged, isSet(r[R.RGB444], 0) ? 'rgbx444' : 'xrgb444');
  return packRgb(ranged, isSet(r[R.COM15], 5) ? 'rgb555' : 'rgb565');
}

/** TSLB bit 3 and COM13 bit 0. */
const YUV_ORDERS: readonly YuvOrder[] = ['yuyv', 'yvyu', 'uyvy', 'vyuy'];

/** RGB without COM15 bit 4, "GRB 4:2:2": green of each pixel, then red of even ones and blue of odd ones. */
function packGrb({ width, height, rgb }: Pixels): Uint8Array {
  const out = new Uint8Array(width * height * 2);
  for (let i = 0; i < width * height; i++) {
    out[2 * i] = rgb[3 * i + 1];
    out[2 * i + 1] = rgb[3 * i + (i % width % 2 === 0 ? 0 : 2)];
  }
  return out;
}

/** COM15 bits 7:6: 00 to FF, 01 to FE (cut), or 10 to F0: 16 + (224 v + 127) / 255, rounded down. */
function inRange(values: Uint8Array, com15: number): Uint8Array {
  const range = com15 >> 6;
  if (range === 3) return values;
  for (let i = 0; i < values.length; i++) {
    values[i] = range === 2 ? Math.max(1, Math.min(0xfe, values[i])) : 16 + Math.floor((224 * values[i] + 127) / 255);
  }
  return values;
}

function swapBytes(bytes: Uint8Array): void {
  for (let i = 0; i + 1 < bytes.length; i += 2) [bytes[i], bytes[i + 1]] = [bytes[i + 1], bytes[i]];
}

// -- The array's image.

/** MVFP: bit 5 mirrors, bit 4 turns upside down. */
function mirrored(rgb: Uint8Array, mvfp: number): Uint8Array {
  const [mirrors, flips] = [isSet(mvfp, 5), isSet(mvfp, 4)];
  if (!mirrors && !flips) return rgb;
  const out = new Uint8Array(rgb.length);
  for (let row = 0; row < ARRAY_HEIGHT; row++) {
    const from = flips ? ARRAY_HEIGHT - 1 - row : row;
    for (let column = 0; column < ARRAY_WIDTH; column++) {
      const source = 3 * (from * ARRAY_WIDTH + (mirrors ? ARRAY_WIDTH - 1 - column : column));
      const target = 3 * (row * ARRAY_WIDTH + column);
      out[target] = rgb[source];
      out[target + 1] = rgb[source + 1];
      out[target + 2] = rgb[source + 2];
    }
  }
  return out;
}

/** White, yellow, cyan, green, magenta, red, blue, black. */
const BARS: readonly (readonly number[])[] = [[255, 255, 255], [255, 255, 0], [0, 255, 255], [0, 255, 0], [255, 0, 255], [255, 0, 0], [0, 0, 255], [0, 0, 0]];
const FADED = 128;

/**
 * COM7 bit 1, COM17 bit 3 or SCALING_YSC bit 7: eight bars of 80 columns. With SCALING_XSC bit 7 too they fade to grey downwards: line y
 * has (v (479 - y) + 128 y) / 479, rounded down. Drivers name the patterns; how bright the bars and how they fade is not documented.
 */
function testPattern(r: Registers): Uint8Array | undefined {
  const isDsp = isSet(r[R.SCALING_YSC], 7);
  if (!isDsp && !isSet(r[R.COM7], 1) && !isSet(r[R.COM17], 3)) return undefined;
  const fades = isDsp && isSet(r[R.SCALING_XSC], 7);
  const out = new Uint8Array(ARRAY_WIDTH * ARRAY_HEIGHT * 3);
  const last = ARRAY_HEIGHT - 1;
  for (let i = 0; i < out.length; i++) {
    const pixel = Math.floor(i / 3);
    const row = Math.floor(pixel / ARRAY_WIDTH);
    const value = BARS[Math.floor((pixel % ARRAY_WIDTH) / (ARRAY_WIDTH / BARS.length))][i % 3];
    out[i] = fades ? Math.floor((value * (last - row) + FADED * row) / last) : value;
  }
  return out;
}

/** SCALING_XSC bit 7 alone, "shifting 1": byte n of a row is 1 << (n mod 8). */
function walkingOnes({ width, height }: Pixels, bytesPerPixel: number): Uint8Array {
  const perRow = width * bytesPerPixel;
  return Uint8Array.from({ length: perRow * height }, (_, i) => 1 << (i % perRow % 8));
}

function averageBlocks(rgb: Uint8Array, width: number, { across, down, height }: Geometry, control: number): Uint8Array {
  const [outWidth, outHeight] = [Math.floor(width / across), Math.floor(height / down)];
  const out = new Uint8Array(outWidth * outHeight * 3);
  const size = across * down;
  // Bit 3 rounds columns, bit 7 lines; both here are one division, which rounds when either says so.
  const half = isSet(control, 3) || isSet(control, 7) ? size >> 1 : 0;
  for (let row = 0; row < outHeight; row++) {
    for (let i = 0; i < outWidth * 3; i++) {
      const [column, channel] = [Math.floor(i / 3), i % 3];
      let sum = half;
      for (let dy = 0; dy < down; dy++) {
        for (let dx = 0; dx < across; dx++) sum += rgb[3 * ((row * down + dy) * width + column * across + dx) + channel];
      }
      out[row * outWidth * 3 + i] = Math.floor(sum / size);
    }
  }
  return out;
}

/** Red, green and blue alike: clamp(centre + ((v - centre) CONTRAS >> 6) + BRIGHT), BRIGHT's bit 7 its sign; TSLB bit 5 then turns to the negative. */
function adjusted(rgb: Uint8Array, r: Registers): Uint8Array {
  const bright = isSet(r[R.BRIGHT], 7) ? -(r[R.BRIGHT] & 0x7f) : r[R.BRIGHT];
  const isNegative = isSet(r[R.TSLB], 5);
  if (bright === 0 && r[R.CONTRAS] === 0x40 && !isNegative) return rgb;
  const table = Uint8Array.from({ length: 256 }, (_, v) => {
    const value = clampByte(r[R.CONTRAS_CENTER] + (((v - r[R.CONTRAS_CENTER]) * r[R.CONTRAS]) >> 6) + bright);
    return isNegative ? 255 - value : value;
  });
  return rgb.map((v) => table[v]);
}
