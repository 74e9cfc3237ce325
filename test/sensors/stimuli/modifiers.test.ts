/** What each modifier does to a stimulus, from its definition. */
import { describe, expect, it } from 'vitest';
import { parseStimuli } from '../../../emulator/sensors/stimuli/description.js';
import { channelAt, sampled, type Channel, type Material } from '../../../emulator/sensors/stimuli/material.js';
import { applyModifiers, modifierSchema } from '../../../emulator/sensors/stimuli/modifiers.js';
import { readSource, sourceSchema } from '../../../emulator/sensors/stimuli/sources.js';
import { writeWav } from '../../support/wav-writer.js';

const impulse = writeWav({ hz: 100, data: new Uint8Array(Int16Array.of(16_384, 0, 8192).buffer) });
const context = { bytesOf: () => impulse, seed: 1, liveOf: () => { throw new Error('none'); } };

async function modified(source: object, ...modifiers: readonly object[]): Promise<Material> {
  return applyModifiers(await readSource(sourceSchema().parse(source), context), modifiers.map((modifier) => modifierSchema().parse(modifier)), context);
}
async function channelOf(source: object, ...modifiers: readonly object[]): Promise<Channel> {
  return [...(await modified(source, ...modifiers)).channels.values()][0];
}
const power = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length;
const decibels = (share: number): number => 10 * Math.log10(share);

const points = (...values: readonly number[]): object => ({ kind: 'points', points: values.map((value, second) => [second, value]) });
const tone = (hz: number): object => ({ kind: 'sequence', of: [{ kind: 'chirp', from: hz, to: hz, duration: 1 }] });

describe('each value by itself', () => {
  it.each([
    ['gain is decibels of amplitude', { kind: 'gain', db: -20 }, 0.3],
    ['scale', { kind: 'scale', factor: -2 }, -6],
    ['bias', { kind: 'bias', value: 0.5 }, 3.5],
    ['clip at a level', { kind: 'clip', level: 2 }, 2],
    ['clip between bounds', { kind: 'clip', low: 4, high: 9 }, 4],
    ['quantise to steps', { kind: 'quantise', step: 0.7 }, 2.8],
    ['stuck from a moment on', { kind: 'stuck', at: 0.5 }, 2],
    ['delay', { kind: 'delay', seconds: 0.5 }, 2],
    ['stretch', { kind: 'stretch', factor: 2 }, 2],
  ])('%s', async (_, modifier, expected) => {
    // At one second the line is at 3.
    expect(channelAt(await channelOf(points(1, 3, 5), modifier), 1)).toBeCloseTo(expected, 9);
  });

  it('goes through modifiers in their order', async () => {
    expect(channelAt(await channelOf(points(3), { kind: 'bias', value: 1 }, { kind: 'scale', factor: 2 }), 0)).toBe(8);
  });
});

describe('noise', () => {
  it.each([20, 0, -10])('of a signal-to-noise ratio of %i dB has that', async (snrDb) => {
    const clean = sampled(await channelOf(tone(440)), 1, 16_000, 'test').samples;
    const noisy = sampled(await channelOf(tone(440), { kind: 'noise', snrDb }), 1, 16_000, 'test').samples;
    const noise = noisy.map((sample, i) => sample - clean[i]);
    expect(decibels(power(clean) / power(noise))).toBeCloseTo(snrDb, 0);
  });

  it('is the same for the same seed, and another for another', async () => {
    const one = async (seed: number): Promise<number> => channelAt(await channelOf(points(0, 1), { kind: 'noise', amplitude: 1, seed }), 0);
    expect([await one(5) === await one(5), await one(5) === await one(6)]).toEqual([true, false]);
  });

  it('at a ratio to a signal that has no power is refused', async () => {
    await expect(modified(points(1, 1), { kind: 'noise', snrDb: 20 })).rejects.toThrow('the signal does not change');
  });

  it.each([['noise', 0.2], ['pink', 0.2]])('as a source of %s has its standard deviation', async (kind, amplitude) => {
    const samples = sampled(await channelOf({ kind, amplitude, hz: 8000 }), 8, 8000, 'test').samples;
    expect(Math.abs(decibels(power(samples) / amplitude ** 2))).toBeLessThan(kind === 'pink' ? 2 : 0.2);
  });

  it('of equal power in each octave is pink', async () => {
    const source = { kind: 'pink', amplitude: 1, hz: 8000, seed: 3 };
    const band = async (low: number, high: number): Promise<number> => power(await bandOf(source, low, high));
    expect(Math.abs(decibels((await band(100, 200)) / (await band(800, 1600))))).toBeLessThan(2);
  });
});

async function bandOf(source: object, low: number, high: number): Promise<Float32Array> {
  const { samples } = sampled(await channelOf(source), 30, 8000, 'test');
  const { bandPassed } = await import('../../../emulator/sensors/stimuli/filters.js');
  // Twice, for steeper sides.
  return bandPassed({ hz: 8000, samples: bandPassed({ hz: 8000, samples }, low, high) }, low, high);
}

describe('a band-pass', () => {
  it.each([
    // Butterworth of second order: 1 / (1 + (f / fc)^4) of the power.
    [1000, 0],
    [4000, -decibels(1 + (4000 / 4000) ** 4)],
    [100, -decibels(1 + (100 / 100) ** 4)],
  ])('from 100 Hz to 4 kHz passes %i Hz with %f dB', async (hz, expected) => {
    const wet = await channelOf({ kind: 'modified', of: tone(hz), modifiers: [] }, { kind: 'bandPass', low: 100, high: 4000 });
    const samples = sampled(wet, 1, undefined, 'test').samples;
    expect(decibels(power(samples.subarray(samples.length / 4)) / 0.5)).toBeCloseTo(expected, 0);
  });
});

describe('reverberation', () => {
  it('decays by 60 dB in its time', async () => {
    const { samples, hz } = sampled(await channelOf({ kind: 'file', file: 'impulse.wav' }, { kind: 'stretch', factor: 0.01 }, { kind: 'reverberation', rt60: 1, wetDb: 20 }), 2, undefined, 'test');
    // Schroeder's backward integral, between 5 and 25 dB down, extrapolated.
    const energy = samples.slice().fill(0);
    for (let i = samples.length - 2; i >= 0; i--) energy[i] = energy[i + 1] + samples[i] ** 2;
    const timeOf = (db: number): number => energy.findIndex((value) => decibels(value / energy[0]) < -db) / hz;
    expect(3 * (timeOf(25) - timeOf(5))).toBeCloseTo(1, 1);
  });

  it('with a recorded impulse response is the convolution with it', async () => {
    const { samples } = sampled(await channelOf({ kind: 'file', file: 'a.wav' }, { kind: 'reverberation', file: 'impulse.wav' }), 0.05, undefined, 'test');
    // (1/2 + z^-2 / 4) squared.
    expect([...samples].map((sample) => Math.round(sample * 1e6) / 1e6)).toEqual([0.25, 0, 0.25, 0, 0.0625]);
  });

  it('goes on after the stimulus', async () => {
    expect((await modified({ kind: 'file', file: 'a.wav' }, { kind: 'reverberation', rt60: 1 })).duration).toBeCloseTo(1.02, 2);
  });
});

describe('a bad connection', () => {
  it('drops samples with its probability, and holds the ones before', async () => {
    const ramp = { kind: 'points', points: Array.from({ length: 10_000 }, (_, i) => [i, i]) };
    const channel = await channelOf(ramp, { kind: 'dropped', probability: 0.1 });
    const values = Array.from({ length: 10_000 }, (_, i) => channelAt(channel, i));
    const held = values.filter((value, i) => i > 0 && value === values[i - 1]).length;
    expect(Math.abs(held / 10_000 - 0.1)).toBeLessThan(0.01);
  });

  it('takes samples at the wrong time, by as much as it says', async () => {
    const ramp = { kind: 'points', points: Array.from({ length: 1000 }, (_, i) => [i, i]) };
    const channel = await channelOf(ramp, { kind: 'jitter', seconds: 0.25 });
    const off = Array.from({ length: 998 }, (_, i) => channelAt(channel, i + 1) - (i + 1));
    expect([Math.max(...off) <= 0.25, Math.min(...off) >= -0.25, Math.max(...off) > 0.2]).toEqual([true, true, true]);
  });
});

describe('a board that is mounted askew', () => {
  const axesOf = async (modifier: object): Promise<number[]> => {
    const { channels } = await modified({ kind: 'together', of: { 'acceleration.x': points(1), 'acceleration.y': points(2), 'acceleration.z': points(3) } }, modifier);
    return (['x', 'y', 'z'] as const).map((axis) => Math.round(channelAt(channels.get(`acceleration.${axis}`)!, 0) * 1e9) / 1e9 + 0);
  };

  it.each([
    // Right-handed: a quarter turn about z takes x to y and y to -x.
    ['a quarter about z', { kind: 'rotate', euler: [0, 0, 90] }, [-2, 1, 3]],
    ['a quarter about x', { kind: 'rotate', axis: [2, 0, 0], degrees: 90 }, [1, -3, 2]],
    ['about x, then about z', { kind: 'rotate', euler: [90, 0, 90] }, [3, 1, 2]],
  ])('by %s', async (_, modifier, expected) => {
    expect(await axesOf(modifier)).toEqual(expected);
  });

  it('feels gravity along the axes that a stimulus does not have', async () => {
    const { channels } = await modified({ kind: 'together', of: { 'acceleration.x': points(0) } }, { kind: 'rotate', euler: [90, 0, 0] });
    expect(channelAt(channels.get('acceleration.y')!, 0)).toBeCloseTo(-9.80665, 9);
  });
});

describe('a modifier', () => {
  it('works only on what it names', async () => {
    const { channels } = await modified({ kind: 'together', of: { temperature: points(1), humidity: points(1) } }, { kind: 'scale', factor: 5, only: ['humidity'] });
    expect([channelAt(channels.get('temperature')!, 0), channelAt(channels.get('humidity')!, 0)]).toEqual([1, 5]);
  });

  it.each([
    [{ kind: 'clip' }, 'clip takes a level, or low and high'],
    [{ kind: 'noise' }, 'noise takes snrDb or amplitude'],
    [{ kind: 'rotate', axis: [0, 0, 0], degrees: 5 }, 'the axis of a rotation has a length'],
    [{ kind: 'reverberation', rt60: 100 }, 'rt60 is more than 0 and at most 20 s'],
    [{ kind: 'bandPass', low: 500, high: 100 }, 'low below high'],
  ])('that makes no sense is refused: %j', (modifier, message) => {
    expect(() => parseStimuli({ stimuli: [{ source: { kind: 'silence' }, modifiers: [modifier] }] }, 'x.json')).toThrow(message);
  });
});

describe('a formula', () => {
  it.each([
    ['sine', { kind: 'sine', hz: 2, amplitude: 3, offset: 1, phase: 90 }, 0.25, -2],
    ['square', { kind: 'square', hz: 1, amplitude: 2, duty: 0.25 }, 0.3, -2],
    ['step', { kind: 'step', from: 1, to: 2, at: 0.5 }, 0.5, 2],
    ['ramp', { kind: 'ramp', from: 10, to: 20, duration: 4 }, 1, 12.5],
    // Phase of a linear chirp: 2 pi (f0 t + (f1 - f0) t^2 / 2T); at 0.5 s of 0 to 2 Hz in 1 s a quarter turn.
    ['chirp', { kind: 'chirp', from: 1e-9, to: 2, duration: 1 }, 0.5, 1],
    ['pulse', { kind: 'pulse', high: 5, at: 1, width: 0.2, every: 1 }, 3.1, 5],
    ['points that hold', { kind: 'points', points: [[0, 1], [1, 2]], between: 'hold' }, 0.9, 1],
    ['constant', { kind: 'constant', value: 7 }, 1e4, 7],
  ])('%s', async (_, source, seconds, expected) => {
    expect(channelAt(await channelOf(source), seconds)).toBeCloseTo(expected, 6);
  });
});
