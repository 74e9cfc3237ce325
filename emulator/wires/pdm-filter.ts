/**
 * Decimation filters of PDM receivers, as finite impulse responses of whole numbers: every sum is exact, so that it does not
 * matter in what order, or how many bits at a time, it is made.
 */
export interface PdmFilter {
  /** Weights of the bits, the newest first; a bit counts as 1 or -1. Whole numbers. */
  readonly taps: Float64Array;
  /** The output for ones only: the sum of the taps, at most 2^52. */
  readonly fullScale: number;
}

/** The length of an audio filter in samples, and its Kaiser window's parameter: 80 dB of stop-band attenuation. */
const SAMPLES_LONG = 20;
const KAISER_BETA = 8;
const AUDIO_FULL_SCALE = 2 ** 28;
const MOST_TAPS = 1 << 16;

/**
 * A linear-phase low-pass for sound: flat to 0.37 of the sample rate, -6 dB at half of it, -80 dB from 0.63 on. A sound comes
 * out half the filter's length, ten samples, after it went in.
 * @param decimation clocks per sample: 8 to 1024
 */
export function audioFilter(decimation: number): PdmFilter {
  const length = SAMPLES_LONG * decimation;
  const ideal = Float64Array.from({ length }, (_, i) => windowedSinc(i - (length - 1) / 2, decimation, length));
  const sum = ideal.reduce((total, tap) => total + tap, 0);
  const taps = ideal.map((tap) => Math.round((tap / sum) * AUDIO_FULL_SCALE));
  return { taps, fullScale: taps.reduce((total, tap) => total + tap, 0) };
}

/**
 * The filter of `order` integrators, decimation and `order` combs, sinc^order (Hogenauer, 1981): the moving average of
 * `decimation` bits, `order` times, without its division.
 * @throws RangeError when the output would not be exact
 */
export function sincFilter(order: number, decimation: number): PdmFilter {
  const fullScale = decimation ** order;
  if (!Number.isInteger(order) || order < 1 || fullScale > 2 ** 52) throw new RangeError(`a sinc filter of order ${order} that decimates by ${decimation}: its output has more than 53 bits`);
  let taps: Float64Array = Float64Array.of(1);
  for (let stage = 0; stage < order; stage++) taps = summed(taps, decimation);
  return { taps, fullScale };
}

function windowedSinc(x: number, decimation: number, length: number): number {
  const sinc = Math.sin((Math.PI * x) / decimation) / x;
  return sinc * bessel(KAISER_BETA * Math.sqrt(1 - ((2 * x) / length) ** 2));
}

/** Modified Bessel function of the first kind and order 0, by its power series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}

function summed(taps: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: taps.length + width - 1 }, (_, i) => {
    let sum = 0;
    for (let j = Math.max(0, i - width + 1); j <= Math.min(i, taps.length - 1); j++) sum += taps[j];
    return sum;
  });
}

const BITS = 8;
const VALUES = 1 << BITS;
/** Bits 1, 0, 1, 0 ...: what a microphone gives in silence. */
const SILENT_BYTE = 0b1010_1010;
/** Bytes that are taken in before the history is moved to the start of its memory. */
const SPARE = 64;

/** A filter's tap sums for every value of every byte of history: eight bits cost one addition. [byte, oldest first][value] */
const tables = new WeakMap<PdmFilter, Float64Array>();

/** The latest bits of one channel, and what a filter makes of them. Before the first bit there was silence. */
export class BitHistory {
  #table: Float64Array = new Float64Array(0);
  #bytesLong = 0;
  #memory = new Uint8Array(0);
  /** Where the next byte goes. */
  #end = 0;
  /** Bits since the last whole byte, the oldest highest, and how many. */
  #part = 0;
  #parted = 0;

  /** Forgets all bits. */
  begin(filter: PdmFilter): void {
    this.#table = tableOf(filter);
    this.#bytesLong = this.#table.length / VALUES;
    this.#memory = new Uint8Array(this.#bytesLong + SPARE).fill(SILENT_BYTE);
    this.#end = this.#bytesLong;
    this.#part = this.#parted = 0;
  }

  add(bit: number): void {
    this.#part = (this.#part << 1) | bit;
    if (++this.#parted < BITS) return;
    this.#addByte(this.#part);
    this.#part = this.#parted = 0;
  }

  #addByte(byte: number): void {
    if (this.#end === this.#memory.length) {
      this.#memory.copyWithin(0, this.#end - this.#bytesLong);
      this.#end = this.#bytesLong;
    }
    this.#memory[this.#end++] = byte;
  }

  addAll(bits: Uint8Array, count: number): void {
    let i = 0;
    if (this.#parted === 0) {
      for (; i + BITS <= count; i += BITS) {
        this.#addByte((bits[i] << 7) | (bits[i + 1] << 6) | (bits[i + 2] << 5) | (bits[i + 3] << 4) | (bits[i + 4] << 3) | (bits[i + 5] << 2) | (bits[i + 6] << 1) | bits[i + 7]);
      }
    }
    for (; i < count; i++) this.add(bits[i]);
  }

  /** How many bits of the past the filter knows. */
  get bitsLong(): number {
    return this.#bytesLong * BITS;
  }

  /** The filter's output after the latest bit: a whole number within its full scale. */
  output(): number {
    const table = this.#table;
    const memory = this.#memory;
    const first = this.#end - this.#bytesLong;
    let sum = 0;
    if (this.#parted === 0) {
      for (let i = 0, row = 0; row < table.length; i++, row += VALUES) sum += table[row + memory[first + i]];
      return sum;
    }
    // Bytes as they would be if the latest bit were the end of one.
    const shift = BITS - this.#parted;
    for (let i = 0, row = 0; row < table.length; i++, row += VALUES) {
      const next = i + 1 < this.#bytesLong ? memory[first + i + 1] : this.#part << shift;
      sum += table[row + ((((memory[first + i] << BITS) | next) >> shift) & (VALUES - 1))];
    }
    return sum;
  }

  /** Bytes of history, oldest first, then the bits since and their number. */
  save(): number[] {
    return [...this.#memory.subarray(this.#end - this.#bytesLong, this.#end), this.#part, this.#parted];
  }

  /** After `begin`. @returns whether that can be the history for this filter */
  load(saved: unknown): boolean {
    const length = this.#bytesLong;
    if (!Array.isArray(saved) || saved.length !== length + 2 || !saved.every((n) => Number.isInteger(n) && n >= 0 && n < VALUES) || saved[length + 1] >= BITS) return false;
    this.#memory.set(saved.slice(0, length));
    this.#end = length;
    [this.#part, this.#parted] = saved.slice(length) as number[];
    return true;
  }
}

function tableOf(filter: PdmFilter): Float64Array {
  const known = tables.get(filter);
  if (known !== undefined) return known;
  const { taps } = filter;
  if (taps.length > MOST_TAPS) throw new RangeError(`a filter of ${taps.length} bits: at most ${MOST_TAPS}`);
  const bytes = Math.ceil(taps.length / BITS);
  const table = new Float64Array(bytes * VALUES);
  for (let byte = 0; byte < bytes; byte++) {
    for (let value = 0; value < VALUES; value++) {
      let sum = 0;
      // The lowest bit of the last byte is the newest.
      for (let bit = 0; bit < BITS; bit++) {
        const age = (bytes - 1 - byte) * BITS + bit;
        if (age < taps.length) sum += ((value >> bit) & 1) === 1 ? taps[age] : -taps[age];
      }
      table[byte * VALUES + value] = sum;
    }
  }
  tables.set(filter, table);
  return table;
}
