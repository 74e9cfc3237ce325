/**
 * From red, green and blue, eight bits each, to what cameras put on their ports. Whole numbers throughout; >> rounds down.
 *
 * YUV, after ITU-R BT.601 with 8-bit coefficients, all of 0 to 255:
 *   Y = (77 R + 150 G + 29 B + 128) >> 8
 *   U = clamp(128 + ((-43 R - 85 G + 128 B + 128) >> 8))
 *   V = clamp(128 + ((128 R - 107 G - 21 B + 128) >> 8))
 * 4:2:2: the two pixels of a pair share U and V: (first + second + 1) >> 1.
 * RGB565, 555 and 444 drop the low bits.
 */
export const luma = (red: number, green: number, blue: number): number => (77 * red + 150 * green + 29 * blue + 128) >> 8;
export const blueDifference = (red: number, green: number, blue: number): number => clampByte(128 + ((-43 * red - 85 * green + 128 * blue + 128) >> 8));
export const redDifference = (red: number, green: number, blue: number): number => clampByte(128 + ((128 * red - 107 * green - 21 * blue + 128) >> 8));

export function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Pixels as [row][column][red, green, blue]. */
export interface Pixels { readonly width: number; readonly height: number; readonly rgb: Uint8Array }

export type RgbFormat = 'rgb565' | 'rgb555' | 'xrgb444' | 'rgbx444';
/** Which byte comes first, second, third and fourth of a pair of pixels. */
export type YuvOrder = 'yuyv' | 'yvyu' | 'uyvy' | 'vyuy';

const PACKERS: Readonly<Record<RgbFormat, (red: number, green: number, blue: number) => number>> = {
  rgb565: (red, green, blue) => ((red >> 3) << 11) | ((green >> 2) << 5) | (blue >> 3),
  rgb555: (red, green, blue) => ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3),
  xrgb444: (red, green, blue) => ((red >> 4) << 8) | (green & 0xf0) | (blue >> 4),
  rgbx444: (red, green, blue) => ((red >> 4) << 12) | ((green >> 4) << 8) | (blue & 0xf0),
};

/** Two bytes a pixel, the high one first. */
export function packRgb({ width, height, rgb }: Pixels, format: RgbFormat): Uint8Array {
  const pack = PACKERS[format];
  const out = new Uint8Array(width * height * 2);
  for (let i = 0; i < width * height; i++) {
    const word = pack(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
    out[2 * i] = word >> 8;
    out[2 * i + 1] = word & 0xff;
  }
  return out;
}

/** One byte a pixel. */
export function packLuma({ width, height, rgb }: Pixels): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let i = 0; i < out.length; i++) out[i] = luma(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
  return out;
}

/**
 * 4:2:2, two bytes a pixel. The last pixel of an odd width has U alone.
 * @param fixed U and V of every pixel instead of its own
 */
export function packYuv({ width, height, rgb }: Pixels, order: YuvOrder, fixed?: { readonly u: number; readonly v: number }): Uint8Array {
  const out = new Uint8Array(width * height * 2);
  const lumaAt = order[0] === 'y' ? 0 : 1;
  const isBlueFirst = order.indexOf('u') < order.indexOf('v');
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const i = row * width + column;
      const at = 3 * i;
      const pair = at - 3 * (column & 1);
      const other = column - (column & 1) + 1 < width ? pair + 3 : pair;
      const isBlue = ((column & 1) === 0) === isBlueFirst;
      const difference = isBlue ? blueDifference : redDifference;
      const chroma = fixed !== undefined ? (isBlue ? fixed.u : fixed.v)
        : (difference(rgb[pair], rgb[pair + 1], rgb[pair + 2]) + difference(rgb[other], rgb[other + 1], rgb[other + 2]) + 1) >> 1;
      out[2 * i + lumaAt] = luma(rgb[at], rgb[at + 1], rgb[at + 2]);
      out[2 * i + 1 - lumaAt] = chroma;
    }
  }
  return out;
}

/** One byte a pixel: the colour of its filter. Rows of blue and green, then of green and red; `x`, `y`: where the first pixel stands in the array. */
export function packBayer({ width, height, rgb }: Pixels, x: number, y: number): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const i = row * width + column;
      const odd = ((row + y) & 1) + ((column + x) & 1);
      out[i] = rgb[3 * i + (odd === 0 ? 2 : odd === 1 ? 1 : 0)];
    }
  }
  return out;
}
