/** Word arithmetic that JavaScript lacks. */

/** The high word of the unsigned 64-bit product, from 16-bit parts. */
export function mulHighU(x: number, y: number): number {
  const [x0, x1, y0, y1] = [x & 0xffff, x >>> 16, y & 0xffff, y >>> 16];
  const low = Math.imul(x0, y0) >>> 0;
  const middle = x1 * y0 + (low >>> 16); // below 2^33
  const cross = x0 * y1 + (middle % 0x1_0000);
  return (x1 * y1 + Math.floor(middle / 0x1_0000) + Math.floor(cross / 0x1_0000)) | 0;
}

/** The high word of the signed 64-bit product. */
export function mulHighS(x: number, y: number): number {
  return (mulHighU(x, y) - (x < 0 ? y : 0) - (y < 0 ? x : 0)) | 0;
}

export function reverseBits(x: number): number {
  let v = x;
  v = ((v >>> 1) & 0x5555_5555) | ((v & 0x5555_5555) << 1);
  v = ((v >>> 2) & 0x3333_3333) | ((v & 0x3333_3333) << 2);
  v = ((v >>> 4) & 0x0f0f_0f0f) | ((v & 0x0f0f_0f0f) << 4);
  v = ((v >>> 8) & 0x00ff_00ff) | ((v & 0x00ff_00ff) << 8);
  return (v >>> 16) | (v << 16);
}
