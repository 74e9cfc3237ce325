/** Noise from the run's seed: xorshift of 32 bits (Marsaglia, "Xorshift RNGs", 2003, shifts 13, 17, 5). */
export class Noise {
  private value = 1;

  constructor(seed: number) {
    this.state = seed;
  }

  /** Unsigned 32-bit; it never is 0, which would stay 0. */
  get state(): number {
    return this.value;
  }

  set state(state: number) {
    this.value = state >>> 0 || 0x9e37_79b9;
  }

  word(): number {
    let next = this.value;
    next ^= next << 13;
    next ^= next >>> 17;
    next ^= next << 5;
    this.value = next >>> 0;
    return this.value;
  }

  /** The upper bits of a product: the generator's own low bits of neighbours resemble each other. */
  byte(): number {
    return Math.imul(this.word(), 0x9e37_79b1) >>> 24;
  }
}
