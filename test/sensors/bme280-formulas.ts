/**
 * As firmware does it: the part's coefficients, then the integer formulas of the BME280 datasheet (BST-BME280-DS002), 4.2.3, written
 * here with BigInt.
 * @param a registers 0x88 to 0xa1 @param b registers 0xe1 to 0xe7 @param data registers 0xf7 to 0xfe
 */
export function compensatedBme280(a: readonly number[], b: readonly number[], data: readonly number[]): { readonly celsius: number; readonly pascal: number; readonly humidity: number } {
  const u16 = (n: number): bigint => BigInt(a[n] | (a[n + 1] << 8));
  const s16 = (n: number): bigint => BigInt.asIntN(16, u16(n));
  const [T1, T2, T3] = [u16(0), s16(2), s16(4)];
  const P = [0n, u16(6), ...[8, 10, 12, 14, 16, 18, 20, 22].map(s16)];
  const H1 = BigInt(a[25]);
  const H2 = BigInt.asIntN(16, BigInt(b[0] | (b[1] << 8)));
  const H3 = BigInt(b[2]);
  const H4 = BigInt.asIntN(12, BigInt((b[3] << 4) | (b[4] & 15)));
  const H5 = BigInt.asIntN(12, BigInt((b[5] << 4) | (b[4] >> 4)));
  const H6 = BigInt.asIntN(8, BigInt(b[6]));
  const adcP = BigInt((data[0] << 12) | (data[1] << 4) | (data[2] >> 4));
  const adcT = BigInt((data[3] << 12) | (data[4] << 4) | (data[5] >> 4));
  const adcH = BigInt((data[6] << 8) | data[7]);
  const fine = ((((adcT >> 3n) - (T1 << 1n)) * T2) >> 11n) + ((((((adcT >> 4n) - T1) * ((adcT >> 4n) - T1)) >> 12n) * T3) >> 14n);
  let v1 = fine - 128000n;
  let v2 = v1 * v1 * P[6] + ((v1 * P[5]) << 17n) + (P[4] << 35n);
  v1 = ((v1 * v1 * P[3]) >> 8n) + ((v1 * P[2]) << 12n);
  v1 = (((1n << 47n) + v1) * P[1]) >> 33n;
  let p = 1048576n - adcP;
  p = (((p << 31n) - v2) * 3125n) / v1;
  v1 = (P[9] * (p >> 13n) * (p >> 13n)) >> 25n;
  v2 = (P[8] * p) >> 19n;
  p = ((p + v1 + v2) >> 8n) + (P[7] << 4n);
  let v = fine - 76800n;
  v = ((((adcH << 14n) - (H4 << 20n) - H5 * v) + 16384n) >> 15n) * (((((((v * H6) >> 10n) * (((v * H3) >> 11n) + 32768n)) >> 10n) + 2097152n) * H2 + 8192n) >> 14n);
  v -= ((((v >> 15n) * (v >> 15n)) >> 7n) * H1) >> 4n;
  v = v < 0n ? 0n : v > 419430400n ? 419430400n : v;
  return { celsius: Number((fine * 5n + 128n) >> 8n) / 100, pascal: Number(p) / 256, humidity: Number(v >> 12n) / 1024 };
}
