/** From a description to what sensors measure. */
import { describe, expect, it } from 'vitest';
import { Inputs, type Quantity } from '../../../emulator/sensors/inputs.js';
import { stimulusFrom } from '../../../emulator/sensors/stimuli/build.js';
import { parseStimuli, parseStimuliText } from '../../../emulator/sensors/stimuli/description.js';
import { writeWav } from '../../support/wav-writer.js';

const ROOT_HZ = 1000;
const FILES: Readonly<Record<string, Uint8Array>> = {
  // A tenth of a second at a quarter and at half of full scale.
  'quarter.wav': writeWav({ hz: 100, data: new Uint8Array(Int16Array.from({ length: 10 }, () => 8192).buffer) }),
  'half.wav': writeWav({ hz: 100, data: new Uint8Array(Int16Array.from({ length: 10 }, () => 16384).buffer) }),
  'walk.csv': new TextEncoder().encode('time,ax,ay,az\n0,1,2,3\n1,2,2,3\n'),
};

async function valuesOf(stimuli: unknown, quantity: Quantity, milliseconds: readonly number[], seed = 0): Promise<number[]> {
  const inputs = new Inputs();
  const bytesOf = (file: string): Uint8Array => FILES[file];
  (await stimulusFrom(parseStimuli({ seed, stimuli }, 'test'), { bytesOf })).applyTo(inputs, ROOT_HZ);
  return milliseconds.map((at) => Math.round(inputs.value(quantity, at) * 1e6) / 1e6);
}

const quarter = { kind: 'file', file: 'quarter.wav' };
const half = { kind: 'file', file: 'half.wav' };

describe('stimuli', () => {
  it('have silence around a sound', async () => {
    expect(await valuesOf([{ source: quarter, at: '1s' }], 'sound', [999, 1000, 1050, 1101])).toEqual([0, 0.25, 0.25, 0]);
  });

  it('add up when they are sounds at once', async () => {
    expect(await valuesOf([{ source: quarter }, { source: half, at: 0.05 }], 'sound', [20, 70, 120])).toEqual([0.25, 0.75, 0.5]);
  });

  it('come again and again, with pauses', async () => {
    expect(await valuesOf([{ source: quarter, every: '200ms', repeat: 2 }], 'sound', [50, 150, 250, 350, 450])).toEqual([0.25, 0, 0.25, 0, 0]);
  });

  it('come for ever', async () => {
    expect(await valuesOf([{ source: { kind: 'sequence', of: [quarter, half] }, loop: true }], 'sound', [50, 150, 250, 3_600_150])).toEqual([0.25, 0.5, 0.25, 0.5]);
  });

  it('are cut off', async () => {
    expect(await valuesOf([{ source: quarter, loop: true, until: 0.25 }], 'sound', [240, 260])).toEqual([0.25, 0]);
  });

  it('follow one another', async () => {
    expect(await valuesOf([{ source: { kind: 'sequence', of: [quarter, { kind: 'silence', duration: 0.1 }, half] } }], 'sound', [50, 150, 250, 350])).toEqual([0.25, 0, 0.5, 0]);
  });

  it('of measured values stay as they began and as they ended', async () => {
    expect(await valuesOf([{ source: { kind: 'file', file: 'walk.csv' }, at: 1 }], 'acceleration.x', [0, 1500, 5000])).toEqual([1, 1.5, 2]);
  });

  it('take the place of those that began earlier', async () => {
    const stimuli = [{ of: 'temperature', source: { kind: 'constant', value: 20 } }, { of: 'temperature', source: { kind: 'constant', value: 40 }, at: 1, until: 2 }];
    expect(await valuesOf(stimuli, 'temperature', [500, 1500, 2500])).toEqual([20, 40, 20]);
  });

  it('add to what there is when they say so', async () => {
    const stimuli = [{ of: 'temperature', source: { kind: 'constant', value: 20 } }, { of: 'temperature', mode: 'add', source: { kind: 'square', hz: 1, amplitude: 2 } }];
    expect(await valuesOf(stimuli, 'temperature', [250, 750])).toEqual([22, 18]);
  });

  it('take one quantity of a recording', async () => {
    expect(await valuesOf([{ of: 'acceleration.y', source: { kind: 'file', file: 'walk.csv' } }], 'acceleration.x', [500])).toEqual([0]);
  });

  it('leave what they do not name at rest', async () => {
    expect(await valuesOf([{ source: quarter }], 'temperature', [50])).toEqual([25]);
  });

  it('may be YAML', async () => {
    const description = await parseStimuliText('seed: 7\nstimuli:\n  - of: humidity\n    source: { kind: ramp, from: 40, to: 60, duration: 2s }\n', 'x.yaml');
    expect(description).toMatchObject({ seed: 7, stimuli: [{ of: 'humidity', source: { kind: 'ramp', duration: 2 }, at: 0, loop: false }] });
  });

  it.each([
    [{ stimuli: [{ source: { kind: 'sine', hz: 1 } }] }, 'stimulus 1: say what it is of'],
    [{ stimuli: [{ of: 'pressure', source: { kind: 'file', file: 'walk.csv' } }] }, 'stimulus 1: its source has no pressure; it has acceleration.x'],
  ])('that do not fit are refused', async (description, message) => {
    await expect(stimulusFrom(parseStimuli(description, 'x.json'), { bytesOf: (file) => FILES[file] })).rejects.toThrow(message);
  });

  it.each([
    ['a word that it does not know', { stimuli: [{ source: { kind: 'silence' }, volume: 3 }] }, /^x\.json: stimuli\[0\]: .*volume/],
    ['a kind that it does not know', { stimuli: [{ source: { kind: 'wind' } }] }, /^x\.json: stimuli\[0\]\.source\.kind: /],
    ['a time that is none', { stimuli: [{ source: { kind: 'silence' }, at: 'soon' }] }, /^x\.json: stimuli\[0\]\.at: "soon" is no duration/],
    ['no stimuli', 7, /^x\.json: /],
    ['depth without end', { stimuli: JSON.parse('['.repeat(100) + ']'.repeat(100)) as unknown }, /more than 24 levels/],
  ])('with %s are refused with the place', (_, description, message) => {
    expect(() => parseStimuli(description, 'x.json')).toThrow(message);
  });
});
