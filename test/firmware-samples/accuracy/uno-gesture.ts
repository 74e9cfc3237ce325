/**
 * Accuracy of the Uno's gesture classifiers through the emulated firmware: held-out recordings move an emulated MPU-6050.
 * `npx tsx test/firmware-samples/accuracy/uno-gesture.ts [DATA]`, where DATA holds accel/magic_wand. A second's rest precedes and
 * follows each recording. Of a gesture the longest movement found counts, of a negative recording each.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptionOf, parseStimuli, stimulusFrom, trackOfFlag } from '../../../emulator/index.js';
import { committed } from '../../support/samples.js';
import { report, Uno, type Answer } from './uno.js';

const GESTURES = ['wing', 'ring', 'slope', 'negative'];
/** The fold whose weights are committed: training/train.py. */
const FOLD = 3;
const data = process.argv[2] ?? process.env['THUMBELINA_DATA'] ?? '../shared/data';

interface Recording { readonly gesture: number; readonly person: string; readonly milliG: readonly number[][] }

const rowsOf = (file: string): string[][] => readFileSync(join(data, 'accel', file), 'utf8').trim().split('\n').slice(1).map((line) => line.trim().split(','));

/** numpy.array_split into pieces of six seconds, of recordings longer than twelve. */
function pieces(samples: readonly number[][]): (readonly number[][])[] {
  if (samples.length <= 300) return [samples];
  const count = Math.floor(samples.length / 150), long = samples.length % count, short = Math.floor(samples.length / count);
  return Array.from({ length: count }, (_, piece) => {
    const from = piece * short + Math.min(piece, long);
    return samples.slice(from, from + short + (piece < long ? 1 : 0));
  });
}

const recordings: Recording[] = rowsOf('magic_wand/index.csv').flatMap(([file, gesture, person]) => {
  const rows = rowsOf(file), numbers = [...new Set(rows.map(([number]) => number))];
  return numbers.flatMap((number) => pieces(rows.filter(([n]) => n === number).map(([, ...axes]) => axes.map(Number))))
    .map((milliG) => ({ gesture: GESTURES.indexOf(gesture), person: person, milliG }));
});
const persons = [...new Set(recordings.filter(({ gesture }) => gesture < 3).map(({ person }) => person))].sort();
const heldOut = recordings.filter(({ gesture, person }, index) => gesture === 3 ? index % 4 === FOLD : Math.floor(persons.indexOf(person) / 2) === FOLD);

const REST = 1;
const csv = ({ milliG }: Recording): string =>
  `time,ax_g,ay_g,az_g\n${milliG.map((axes, index) => `${(REST + index * 0.04).toFixed(3)},${axes.map((mg) => (mg / 1000).toFixed(3)).join(',')}\n`).join('')}`;

for (const [program, classifier] of [['uno-gesture-bonsai', 'Bonsai'], ['uno-gesture-protonn', 'ProtoNN']] as const) {
  const answers: Answer[] = [];
  let last: Uno | undefined, unheard = 0;
  for (const recording of heldOut) {
    const uno = new Uno(committed('uno-gesture', `${program}.arduino-uno.elf`), ['mpu6050,sda=A4,scl=A5,int=D2']);
    const bytes = new TextEncoder().encode(csv(recording));
    (await stimulusFrom(parseStimuli(descriptionOf([trackOfFlag('gesture.csv', undefined)]), 'stimuli'), { bytesOf: () => bytes })).applyTo(uno.machine.inputs, uno.machine.rootHz);
    uno.untilLine(new RegExp(`^${classifier} waits`));
    const found = uno.lines(REST + recording.milliG.length * 0.04 + 1).map((line) => /^gesture (\w+), (\d+) samples, (\d+) cycles$/.exec(line))
      .map((match) => ({ truth: recording.gesture, guess: GESTURES.indexOf(match?.[1] ?? ''), samples: Number(match?.[2]), cycles: Number(match?.[3]) }));
    if (recording.gesture === 3) answers.push(...found);
    else if (found.length > 0) answers.push(found.reduce((a, b) => b.samples > a.samples ? b : a));
    else unheard++;
    last = uno;
  }
  report(program, answers, last!, GESTURES);
  if (unheard > 0) console.log(`  ${unheard} gestures were not noticed`);
}
