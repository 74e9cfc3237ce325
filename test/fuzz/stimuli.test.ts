import { expect, it } from 'vitest';
import { fuzzStimuli } from './stimuli.js';

it('a damaged recording is read or refused with one line, soon and within memory', async () => {
  const { read, refused } = await fuzzStimuli({ files: 6000, seed: 20_260 });
  expect([read > 500, refused > 500]).toEqual([true, true]);
}, 240_000);
