/** Exact integer arithmetic on counts whose products pass 2^53. */

export function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** Least common multiple. @throws RangeError when it passes 2^53 */
export function lcm(a: number, b: number): number {
  return times(a / gcd(a, b), b);
}

/** Product of two whole numbers. @throws RangeError when it passes 2^53 */
export function times(a: number, b: number): number {
  const product = a * b;
  if (!Number.isSafeInteger(product)) throw new RangeError(`${a} * ${b} passes 2^53`);
  return product;
}

/**
 * floor((a * b + c) / d) for whole numbers from 0, d from 1, whatever the product.
 * @throws RangeError when the quotient passes 2^53
 */
export function mulAddDiv(a: number, b: number, c: number, d: number): number {
  const sum = a * b + c;
  if (sum <= Number.MAX_SAFE_INTEGER) return d === 1 ? sum : Math.floor(sum / d);
  // a = q d + r, so that a b / d = q b + r b / d with a small r b.
  const q = Math.floor(a / d);
  const rest = (a - q * d) * b + c;
  if (rest <= Number.MAX_SAFE_INTEGER) return safe(q * b + Math.floor(rest / d));
  return safe(Number((BigInt(a) * BigInt(b) + BigInt(c)) / BigInt(d)));
}

/** (a * b + c) mod d, for the same arguments. */
export function mulAddMod(a: number, b: number, c: number, d: number): number {
  const sum = a * b + c;
  if (sum <= Number.MAX_SAFE_INTEGER) return sum % d;
  const rest = (a % d) * b + c;
  if (rest <= Number.MAX_SAFE_INTEGER) return rest % d;
  return Number((BigInt(a) * BigInt(b) + BigInt(c)) % BigInt(d));
}

function safe(quotient: number): number {
  if (!Number.isSafeInteger(quotient)) throw new RangeError('a count of ticks passes 2^53');
  return quotient;
}
