/** Rooms and band limits: convolution with an impulse response, and filters of second order. */
import { normalAt } from './random.js';
import type { Signal } from './signal.js';

/** ln(1000): a fall by 60 dB. */
const SIXTY_DB = Math.log(1000);

/**
 * A room's impulse response: the direct sound, then noise under an exponential (Moorer, "About this reverberation business", 1979).
 * @param wetDb energy of the noise relative to that of the direct sound
 */
export function roomResponse(hz: number, rt60: number, wetDb: number, seed: number): Float32Array {
  const length = Math.max(2, Math.ceil(rt60 * hz));
  const response = new Float32Array(length);
  let energy = 0;
  for (let i = 1; i < length; i++) {
    response[i] = normalAt(seed, i) * Math.exp((-SIXTY_DB * i) / (rt60 * hz));
    energy += response[i] ** 2;
  }
  const factor = Math.sqrt(10 ** (wetDb / 10) / energy);
  for (let i = 1; i < length; i++) response[i] *= factor;
  response[0] = 1;
  return response;
}

/** Convolution, by blocks in the frequency domain (overlap-add). As long as both together, less one. */
export function reverberated(samples: Float32Array, response: Float32Array): Float32Array {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2 * response.length, 1024)));
  const block = size - response.length + 1;
  const out = new Float32Array(samples.length + response.length - 1);
  const room = spectrum(response, size);
  for (let start = 0; start < samples.length; start += block) {
    const part = spectrum(samples.subarray(start, start + block), size);
    multiply(part, room);
    // The inverse transform is the transform of the conjugate, conjugated, divided by the size.
    part.imaginary.forEach((value, i) => { part.imaginary[i] = -value; });
    transform(part);
    const length = Math.min(size, out.length - start);
    for (let i = 0; i < length; i++) out[start + i] += part.real[i] / size;
  }
  return out;
}

interface Spectrum { readonly real: Float64Array; readonly imaginary: Float64Array }

function spectrum(samples: Float32Array, size: number): Spectrum {
  const made = { real: new Float64Array(size), imaginary: new Float64Array(size) };
  made.real.set(samples);
  transform(made);
  return made;
}

function multiply(a: Spectrum, b: Spectrum): void {
  for (let i = 0; i < a.real.length; i++) {
    const real = a.real[i] * b.real[i] - a.imaginary[i] * b.imaginary[i];
    a.imaginary[i] = a.real[i] * b.imaginary[i] + a.imaginary[i] * b.real[i];
    a.real[i] = real;
  }
}

/** Fast Fourier transform in place, of a power of two (Cooley and Tukey, 1965). */
function transform({ real, imaginary }: Spectrum): void {
  const size = real.length;
  reorder(real);
  reorder(imaginary);
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const [cos, sin] = [Math.cos((-Math.PI * k) / half), Math.sin((-Math.PI * k) / half)];
      for (let even = k; even < size; even += 2 * half) {
        const odd = even + half;
        const turnedReal = cos * real[odd] - sin * imaginary[odd];
        const turnedImaginary = cos * imaginary[odd] + sin * real[odd];
        real[odd] = real[even] - turnedReal;
        imaginary[odd] = imaginary[even] - turnedImaginary;
        real[even] += turnedReal;
        imaginary[even] += turnedImaginary;
      }
    }
  }
}

/** To the order of indices with their bits reversed. */
function reorder(values: Float64Array): void {
  for (let i = 1, j = 0; i < values.length; i++) {
    let bit = values.length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [values[i], values[j]] = [values[j], values[i]];
  }
}

/** Second-order Butterworth high-pass at `low` and low-pass at `high` (R. Bristow-Johnson, "Audio EQ Cookbook"; Q = 1 / sqrt 2). */
export function bandPassed({ hz, samples }: Signal, low: number | undefined, high: number | undefined): Float32Array {
  let passed = samples;
  if (low !== undefined && low < hz / 2) passed = filtered(passed, low / hz, true);
  if (high !== undefined && high < hz / 2) passed = filtered(passed, high / hz, false);
  return passed;
}

function filtered(samples: Float32Array, cornerShare: number, isHighPass: boolean): Float32Array {
  const cos = Math.cos(2 * Math.PI * cornerShare);
  const alpha = Math.sin(2 * Math.PI * cornerShare) / Math.SQRT2;
  const a0 = 1 + alpha;
  const b1 = (isHighPass ? -(1 + cos) : 1 - cos) / a0;
  const b0 = Math.abs(b1) / 2;
  const [a1, a2] = [(-2 * cos) / a0, (1 - alpha) / a0];
  const out = new Float32Array(samples.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const y = b0 * samples[i] + b1 * x1 + b0 * x2 - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, samples[i], y1, y];
    out[i] = y;
  }
  return out;
}
