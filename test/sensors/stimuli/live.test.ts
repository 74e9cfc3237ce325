/** What arrives while a machine runs: heard in time, and again from its record. */
import { describe, expect, it } from 'vitest';
import { Inputs } from '../../../emulator/sensors/inputs.js';
import { stimulusFrom } from '../../../emulator/sensors/stimuli/build.js';
import { parseStimuli, recordedStimuli } from '../../../emulator/sensors/stimuli/description.js';
import { LiveSound, LiveValues, type LiveSource } from '../../../emulator/sensors/stimuli/live.js';

const ROOT_HZ = 64_000_000;
const HZ = 16_000;
const noFiles = (): never => { throw new Error('none'); };

async function heard(description: unknown, live: ReadonlyMap<string, LiveSource>): Promise<Inputs> {
  const inputs = new Inputs();
  (await stimulusFrom(parseStimuli(description, 'test'), { bytesOf: noFiles, live })).applyTo(inputs, ROOT_HZ);
  return inputs;
}

describe('live sound', () => {
  it('is heard 17 samples after it arrives', async () => {
    const sound = new LiveSound(HZ);
    const inputs = await heard({ stimuli: [{ source: { kind: 'live', name: 'm' } }] }, new Map([['m', sound]]));
    sound.push(1, new Float32Array(1000).fill(0.5));
    const at = (sample: number): number => inputs.value('sound', ROOT_HZ + (sample * ROOT_HZ) / HZ);
    expect([at(16.9), at(17), Math.round(at(500) * 1e9) / 1e9]).toEqual([0, 0.5, 0.5]);
  });

  it('goes on without a pause when it arrives in time', async () => {
    const sound = new LiveSound(HZ);
    const inputs = await heard({ stimuli: [{ source: { kind: 'live', name: 'm' } }] }, new Map([['m', sound]]));
    sound.push(0, new Float32Array(1600).fill(0.5));
    sound.push(0.09, new Float32Array(1600).fill(0.5));
    expect(inputs.value('sound', 0.15 * ROOT_HZ)).toBeCloseTo(0.5, 6);
  });

  it('that is too far ahead waits outside', () => {
    const sound = new LiveSound(HZ);
    expect([sound.push(0, new Float32Array(400_000)), sound.room(5) > 79_000]).toEqual([160_000, true]);
  });

  it('that is asked for as it arrives gives the same bits from its record, over 30 s with pauses', async () => {
    const sound = new LiveSound(HZ);
    const description = { seed: 3, stimuli: [{ source: { kind: 'live', name: 'm' }, modifiers: [{ kind: 'gain', db: -3 }, { kind: 'noise', amplitude: 0.01 }, { kind: 'dropped', probability: 0.01 }, { kind: 'jitter', seconds: 0.0001 }] }] };
    const live = await heard(description, new Map([['m', sound]]));
    const values: number[] = [];
    let [asked, word] = [0, 1];
    for (let now = 0; now < 30 * ROOT_HZ;) {
      word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
      now += (word % 2000) * 1000;
      // Everything up to now is asked for before what arrives now is known.
      for (; asked <= now; asked += 40_000) values.push(live.value('sound', asked));
      if (word % 3 > 0) sound.push(now / ROOT_HZ, Float32Array.from({ length: (word >>> 8) % 900 }, (_, i) => Math.sin(i / 5 + (word % 7))));
    }
    const record = JSON.parse(JSON.stringify(recordedStimuli(parseStimuli(description, 'test'), new Map([['m', sound]]), new Map()))) as unknown;
    const again = await heard(record, new Map());
    expect([values.length > 40_000, values.findIndex((value, i) => value !== again.value('sound', i * 40_000))]).toEqual([true, -1]);
  }, 60_000);
});

describe('live values', () => {
  it('hold until the next arrive, and are still before the first', async () => {
    const phone = new LiveValues(['acceleration.x']);
    const inputs = await heard({ stimuli: [{ source: { kind: 'live', name: 'phone' } }] }, new Map([['phone', phone]]));
    phone.push(1, { 'acceleration.x': 2 });
    phone.push(2, { 'acceleration.x': 3 });
    expect([0.5, 1, 1.9, 2.5].map((seconds) => inputs.value('acceleration.x', seconds * ROOT_HZ))).toEqual([0, 2, 2, 3]);
  });

  it('are repeated from their record', async () => {
    const phone = new LiveValues(['temperature']);
    phone.push(1, { temperature: 30 });
    const inputs = await heard({ stimuli: [{ source: phone.recorded() }] }, new Map());
    expect(inputs.value('temperature', 2 * ROOT_HZ)).toBe(30);
  });
});

it('a live source that nobody connects is refused', async () => {
  await expect(heard({ stimuli: [{ source: { kind: 'live', name: 'm' } }] }, new Map())).rejects.toThrow('no live source is called "m"');
});
