import { describe, expect, it } from 'vitest';
import { descriptionOf, trackOfFlag, trackOfInput } from '../../../emulator/sensors/stimuli/flags.js';
import { parseStimuli } from '../../../emulator/sensors/stimuli/description.js';

const file = (name: string): object => ({ kind: 'file', file: name });

describe('a stimulus written as a flag', () => {
  it.each([
    ['yes.wav', { source: file('yes.wav') }],
    ['yes.wav@2s', { source: file('yes.wav'), at: 2 }],
    ['noise.wav@loop', { source: file('noise.wav'), loop: true }],
    ['noise.wav,loop', { source: file('noise.wav'), loop: true }],
    ['a@b.wav@1.5s,loop', { source: file('a@b.wav'), at: 1.5, loop: true }],
    ['a, b.wav@1s', { source: file('a, b.wav'), at: 1 }],
    ['yes.wav@2s-5s', { source: file('yes.wav'), at: 2, until: 5 }],
    ['yes.wav,repeat=3,every=4s', { source: file('yes.wav'), repeat: 3, every: 4 }],
    ['a.wav+b.wav', { source: { kind: 'sequence', of: [file('a.wav'), file('b.wav')] } }],
    ['yes.wav,gain=-6dB,snr=20', { modifiers: [{ kind: 'gain', db: -6 }, { kind: 'noise', snrDb: 20 }] }],
    ['yes.wav,channel=right', { source: { kind: 'file', file: 'yes.wav', channel: 1 } }],
    ['sine(440Hz,0.5)@1s', { source: { kind: 'sine', hz: 440, amplitude: 0.5 }, at: 1 }],
    ['silence(1s)+yes.wav', { source: { kind: 'sequence', of: [{ kind: 'silence', duration: 1 }, file('yes.wav')] } }],
    ['yes.wav,band=300Hz-3.4kHz,reverb=400ms', { modifiers: [{ kind: 'bandPass', low: 300, high: 3400 }, { kind: 'reverberation', rt60: 0.4 }] }],
  ])('%s', (text, expected) => {
    expect(trackOfFlag(text, 'sound')).toMatchObject(expected);
  });

  it.each([
    ['temperature=31.5', { of: 'temperature', source: { kind: 'constant', value: 31.5 } }],
    ['temperature=20..30@0s-60s', { source: { kind: 'ramp', from: 20, to: 30, duration: 60 }, at: 0 }],
    ['acceleration.x=1g', { source: { kind: 'constant', value: 9.80665 } }],
    ['acceleration.x=sine(1Hz,2)', { source: { kind: 'sine', hz: 1, amplitude: 2 } }],
    ['pressure=points(0s:1013hPa,5s:1000hPa)', { source: { kind: 'points', points: [[0, 101_300], [5, 100_000]] } }],
    ['temperature=-5@3s', { source: { kind: 'constant', value: -5 }, at: 3 }],
    ['humidity=step(40,60,2s)', { source: { kind: 'step', from: 40, to: 60, at: 2 } }],
  ])('%s', (text, expected) => {
    expect(trackOfInput(text)).toMatchObject(expected);
  });

  it('converts degrees Fahrenheit', () => {
    expect(trackOfInput('temperature=212F').source['value']).toBeCloseTo(100, 12);
  });

  it.each([
    ['temperature=warm', '"warm" is no value'],
    ['temperature=1=2', '"=2" is no unit of temperature: use one of c'],
    ['temperature=20..30', 'from when to when? Write it as 20..30@0s-60s'],
    ['temperature=20@5', '"5" after @ is no time'],
    ['acceleration.x=sine(fast)', '"fast": write it as in 440Hz'],
    ['acceleration.x=sine(1Hz,1,0,0,7)', 'takes no more than that'],
  ])('%s is refused with what to write', (text, message) => {
    expect(() => trackOfInput(text)).toThrow(message);
  });

  it('is a description that the schema takes', () => {
    const tracks = [trackOfFlag('a.wav+b.wav@2s,loop,gain=-6dB', 'sound'), trackOfInput('temperature=20..30@0s-60s')];
    expect(parseStimuli(descriptionOf(tracks, { isLooped: true }), 'flags').stimuli.map(({ loop }) => loop)).toEqual([true, true]);
  });
});
