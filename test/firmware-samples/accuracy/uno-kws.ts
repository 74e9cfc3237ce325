/**
 * Accuracy of uno-kws through the emulated firmware: held-out clips of Speech Commands are heard by an emulated electret microphone.
 * `npx tsx test/firmware-samples/accuracy/uno-kws.ts [DATA]`, where DATA holds speech/. Half a second of silence precedes each clip; the
 * first thing said counts, and saying nothing counts as "other".
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptionOf, parseStimuli, stimulusFrom, trackOfFlag } from '../../../emulator/index.js';
import { committed } from '../../support/samples.js';
import { report, Uno, type Answer } from './uno.js';

const NAMES = ['yes', 'no', 'other'];
const data = process.argv[2] ?? process.env['THUMBELINA_DATA'] ?? '../shared/data';
const clips = readFileSync(join(data, 'speech/labels.csv'), 'utf8').trim().split('\n').slice(1).map((line) => line.split(','))
  .filter(([, split]) => split === 'test');

const answers: Answer[] = [];
let last: Uno | undefined, lost = 0;
for (const [file, , word] of clips) {
  const uno = new Uno(committed('uno-kws', 'uno-kws.arduino-uno.elf'), ['electret,out=A0,gain=20,supply=5']);
  const bytes = readFileSync(join(data, 'speech', file));
  (await stimulusFrom(parseStimuli(descriptionOf([trackOfFlag('clip.flac@500ms', 'sound')]), 'stimuli'), { bytesOf: () => bytes })).applyTo(uno.machine.inputs, uno.machine.rootHz);
  const [heard, ...more] = uno.lines(2.7).map((line) => /^heard (\w+), at most (\d+) of 256000 cycles a frame(, frames lost)?/.exec(line)).filter((match) => match !== null);
  answers.push({ truth: word === 'yes' ? 0 : word === 'no' ? 1 : 2, guess: heard ? NAMES.indexOf(heard[1]) : 2, cycles: Number(heard?.[2] ?? 0) });
  lost += [heard, ...more].filter((match) => match?.[3] !== undefined).length;
  last = uno;
}
report('uno-kws', answers, last!, NAMES);
console.log(`  clips in which frames were lost: ${lost}; the worst frame ${Math.max(...answers.map(({ cycles }) => cycles))} cycles`);
