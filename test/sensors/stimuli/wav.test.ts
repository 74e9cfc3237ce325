import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StimulusError } from '../../../emulator/sensors/stimuli/stimulus-error.js';
import { writeWav } from '../../support/wav-writer.js';
import { readWav } from '../../../emulator/sensors/stimuli/wav.js';

describe('a WAV file', () => {
  it.each([
    ['16-bit PCM', { bits: 16, data: new Uint8Array(Int16Array.of(0, 16384, -32768).buffer) }],
    ['24-bit PCM', { bits: 24, data: Uint8Array.of(0, 0, 0, 0, 0, 0x40, 0, 0, 0x80) }],
    ['8-bit PCM', { bits: 8, data: Uint8Array.of(128, 192, 0) }],
    ['32-bit float', { format: 3, bits: 32, data: new Uint8Array(Float32Array.of(0, 0.5, -1).buffer) }],
  ])('of %s has its samples at full scale 1', (_, options) => {
    const { samples } = readWav(writeWav(options), 'x.wav');
    const rounded = [...samples].map((sample) => Math.round(sample * 100) / 100);
    expect(rounded).toEqual([0, 0.5, -1]);
  });

  // mmreg.h, WAVEFORMATEXTENSIBLE: cbSize, valid bits, channel mask, then the sub-format, whose first two bytes are a plain format tag.
  it.each([
    ['float', 3, 32, new Uint8Array(Float32Array.of(0, 0.5, -1).buffer)],
    ['integers', 1, 16, new Uint8Array(Int16Array.of(0, 16384, -32768).buffer)],
  ])('of the extensible kind has %s at full scale 1', (_, subFormat, bits, data) => {
    const plain = writeWav({ format: 0xfffe, bits, data });
    const extension = Uint8Array.of(22, 0, bits, 0, 4, 0, 0, 0, subFormat, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71);
    const whole = Uint8Array.of(...plain.subarray(0, 36), ...extension, ...plain.subarray(36));
    new DataView(whole.buffer).setUint32(4, whole.length - 8, true);
    new DataView(whole.buffer).setUint32(16, 40, true);
    expect([...readWav(whole, 'x.wav').samples]).toEqual([0, 0.5, -1]);
  });

  it('of two channels is their mean, at its own rate', () => {
    const data = new Uint8Array(Int16Array.of(8192, 24576, -16384, 0).buffer);
    const { hz, samples } = readWav(writeWav({ channels: 2, hz: 44_100, data }), 'x.wav');
    expect([hz, samples.length, Math.round(samples[0] * 1000), Math.round(samples[1] * 1000)]).toEqual([44_100, 2, 500, -250]);
  });

  it.each([
    ['without samples', writeWav({ data: new Uint8Array(0) }), 'x.wav: there are no samples in it'],
    ['that is something else', new TextEncoder().encode('this is text'), 'x.wav: not a WAV file that can be read'],
    ['of a rate that no recorder has', writeWav({ hz: 1_000_000, data: new Uint8Array(4) }), 'x.wav: a rate of 1000000 samples per second'],
  ])('%s is refused with one line', (_, bytes, message) => {
    expect(() => readWav(bytes, 'x.wav')).toThrow(message);
  });

  it('that is damaged is read or refused, and nothing else', () => {
    const whole = writeWav({ data: new Uint8Array(200).map((_, i) => i * 7) });
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 12 }), fc.nat(whole.length), (changes, length) => {
      const bytes = whole.slice(0, length);
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      try {
        expect(readWav(bytes, 'x.wav').samples.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(StimulusError);
      }
    }), { seed: 0x776176, numRuns: 2000 });
  });
});
