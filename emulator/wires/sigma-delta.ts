/**
 * The modulator of a PDM microphone: fourth order, one bit, its four integrators fed forward to the quantiser. The
 * coefficients make the noise transfer function a maximally flat high-pass whose gain is at most 1.5 (the rule of Lee, see
 * Schreier and Temes, Understanding Delta-Sigma Data Converters, 4.4): at 64 clocks per sample its noise in the audio band is
 * 0.3 of a 16-bit step. All integrators but the first are held within limits, so that up to an input of full scale it
 * degrades to lower orders and stays stable; the first keeps the mean of the bits exact.
 *
 * Hot path: a microphone takes a million steps a second. The bits cannot be predicted, and a processor that tries loses
 * more time than all the arithmetic takes: so the state is in whole numbers, where the sign needs no branch.
 */
/** One in the integrators: 18 bits after the point. With the limits and coefficients below all products stay within 32 bits. */
const ONE = 1 << 18;
/** Coefficients, in 1024ths. */
const K1 = 825, K2 = 316, K3 = 67, K4 = 6;
const LIMIT1 = 4 * ONE, LIMIT2 = 5 * ONE, LIMIT3 = 10 * ONE, LIMIT4 = 60 * ONE;

/** In this state silence yields 1, 0, 1, 0 ... for ever. */
const REST = [ONE / 2, -ONE / 4, ONE / 8, -ONE / 16] as const;
const VALUES = 8;

export class SigmaDelta {
  #x1 = 0;
  #x2 = 0;
  #x3 = 0;
  #x4 = 0;
  // The input and its forward differences: a cubic in the clock's count.
  #input = 0;
  #first = 0;
  #second = 0;
  #third = 0;

  constructor() {
    this.reset();
  }

  reset(): void {
    [this.#x1, this.#x2, this.#x3, this.#x4] = REST;
    this.#input = this.#first = this.#second = this.#third = 0;
  }

  /** Whether it is about to give 1, 0, 1, 0 ... for as long as its input is silence. */
  get isAtRest(): boolean {
    return this.#x1 === REST[0] && this.#x2 === REST[1] && this.#x3 === REST[2] && this.#x4 === REST[3];
  }

  /**
   * The input from now on: over `steps` bits from `b` to `c` along the cubic through four points that are so far apart.
   * @param steps a power of two
   */
  follow(a: number, b: number, c: number, d: number, steps: number): void {
    const h = 1 / steps;
    // p(t) = b + t (l + t (m + t n)), through a at -1, b at 0, c at 1 and d at 2.
    const n = (d - a + 3 * (b - c)) / 6;
    const m = (a + c) / 2 - b;
    const l = c - b - m - n;
    this.#input = ONE * b;
    this.#third = ONE * 6 * n * h * h * h;
    this.#second = this.#third + ONE * 2 * m * h * h;
    this.#first = ONE * (l * h + m * h * h + n * h * h * h);
  }

  /** The next bits, 0 or 1, to `bits` from `from` up to `to`. */
  fill(bits: Uint8Array, from: number, to: number): void {
    let x1 = this.#x1, x2 = this.#x2, x3 = this.#x3, x4 = this.#x4;
    let input = this.#input, first = this.#first, second = this.#second;
    const third = this.#third;
    for (let i = from; i < to; i++) {
      const y = (Math.imul(K1, x1) + Math.imul(K2, x2) + Math.imul(K3, x3) + Math.imul(K4, x4)) | 0;
      const sign = y >> 31;
      bits[i] = sign + 1;
      x4 = held((x4 + x3) | 0, LIMIT4);
      x3 = held((x3 + x2) | 0, LIMIT3);
      x2 = held((x2 + x1) | 0, LIMIT2);
      x1 = held((x1 + (input | 0) - ((sign | 1) << 18)) | 0, LIMIT1);
      input += first;
      first += second;
      second += third;
    }
    this.#x1 = x1;
    this.#x2 = x2;
    this.#x3 = x3;
    this.#x4 = x4;
    this.#input = input;
    this.#first = first;
    this.#second = second;
  }

  /** The same, of an even number of bits, in silence from rest: it stays at rest. */
  fillAtRest(bits: Uint8Array, from: number, to: number): void {
    for (let i = from; i < to; i += 2) {
      bits[i] = 1;
      bits[i + 1] = 0;
    }
  }

  save(): number[] {
    return [this.#x1, this.#x2, this.#x3, this.#x4, this.#input, this.#first, this.#second, this.#third];
  }

  /** @returns whether that can be the state of a modulator; it is left alone if not */
  load(saved: unknown): boolean {
    if (!Array.isArray(saved) || saved.length !== VALUES || !saved.every((n) => typeof n === 'number' && Math.abs(n) <= LIMIT4) || !saved.slice(0, 4).every((n) => Number.isInteger(n))) return false;
    [this.#x1, this.#x2, this.#x3, this.#x4, this.#input, this.#first, this.#second, this.#third] = saved as number[];
    return true;
  }
}

function held(value: number, limit: number): number {
  return value > limit ? limit : value < -limit ? -limit : value;
}
