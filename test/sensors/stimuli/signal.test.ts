import { describe, expect, it } from 'vitest';
import { mixed, placed, valueAt, type Signal } from '../../../emulator/sensors/stimuli/signal.js';

const HZ = 16_000;
const tone = (hz: number, seconds = 1): Signal => ({ hz: HZ, samples: Float32Array.from({ length: HZ * seconds }, (_, n) => Math.sin(2 * Math.PI * hz * n / HZ)) });

/** Of a tone, between its samples, against the sine it was made of; ends left out. */
function signalToErrorDb(hz: number): number {
  const signal = tone(hz);
  let power = 0;
  let error = 0;
  for (let n = 1000; n < 2000; n++) {
    const seconds = (n + 0.37) / HZ;
    const exact = Math.sin(2 * Math.PI * hz * seconds);
    power += exact ** 2;
    error += (valueAt(signal, seconds) - exact) ** 2;
  }
  return 10 * Math.log10(power / error);
}

describe('a recorded signal', () => {
  it('is its samples at their times', () => {
    expect(valueAt({ hz: 10, samples: Float32Array.of(0, 0.5, -0.25) }, 0.1)).toBe(0.5);
  });

  it.each([100, 1000, 5000])('is a tone of %i Hz between its samples, with an error more than 75 dB below', (hz) => {
    expect(signalToErrorDb(hz)).toBeGreaterThan(75);
  });

  it('is nothing before it and after its end', () => {
    const stimulus = placed({ hz: 2, samples: Float32Array.of(1, 1) }, { startSeconds: 3, isLooped: false }, 1000);
    expect([2999, 3000, 3500, 4001].map(stimulus)).toEqual([0, 1, 1, 0]);
  });

  it('begins again when it is looped', () => {
    const stimulus = placed({ hz: 2, samples: Float32Array.of(1, 2) }, { startSeconds: 0, isLooped: true }, 1000);
    expect([0, 500, 1000, 1500].map(stimulus)).toEqual([1, 2, 1, 2]);
  });

  it('adds to another', () => {
    expect(mixed([() => 0.25, () => 0.5])(0)).toBe(0.75);
  });
});
