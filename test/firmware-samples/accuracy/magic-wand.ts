/**
 * How well the magic wand's firmware knows gestures, sensor to UART, and whether it says what the network says on this machine.
 *
 *     npx tsx test/firmware-samples/accuracy/magic-wand.ts DATA [PERSON..]
 *
 * DATA: folder of <gesture>_<person>.csv (recording,x_mg,y_mg,z_mg; 25 samples a second). PERSON: only theirs (default: those that
 * training/train.py holds out). A recording of a gesture is right when it is said once and nothing else is; of a recording of many
 * movements each counts. The host's answers come from training/predict.py, which needs numpy and gcc.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { committed } from '../../support/samples.js';
import { csvOf, MovedBoard } from './moved-board.js';

const SAMPLE = fileURLToPath(new URL('../../../firmware-samples/magic-wand/', import.meta.url));
const HELD_OUT = ['liucx', 'zhangxy', '1', 'ccw_1'];
const START_SECONDS = 2;
const REST_SECONDS = 2;
/** From so many samples on a recording is a stream of movements. */
const CONTINUOUS = 300;
const NAMES = ['wing', 'ring', 'slope', 'negative'];

interface Clip { readonly gesture: string; readonly person: string; readonly samples: readonly (readonly number[])[] }
interface Answer { readonly truth: string; readonly said: string }

function clipsOf(folder: string, file: string): Clip[] {
  const [, gesture, person] = /^([a-z]+)_(.*)\.csv$/.exec(file) ?? [];
  const rows = readFileSync(join(folder, file), 'utf8').trim().split('\n').slice(1).map((row) => row.split(',').map(Number));
  const numbers = [...new Set(rows.map(([number]) => number))];
  return numbers.map((number) => ({ gesture, person, samples: rows.filter((row) => row[0] === number).map((row) => row.slice(1)) }));
}

/** What the firmware says of a recording, in order. */
function said({ samples }: Clip): string[] {
  const board = new MovedBoard(committed('magic-wand', 'magic-wand.nano33ble.elf'));
  board.play(csvOf(samples), START_SECONDS);
  const lines = board.linesAt(START_SECONDS + samples.length / 25 + REST_SECONDS);
  return lines.flatMap((line) => /^(wing|ring|slope|none) \d+ %/.exec(line)?.[1] ?? []).map((name) => (name === 'none' ? 'negative' : name));
}

/** Of a gesture one answer is expected; anything else than exactly that is wrong. */
function answersOf(clip: Clip, words: readonly string[]): Answer[] {
  if (clip.samples.length >= CONTINUOUS) return words.map((word) => ({ truth: clip.gesture, said: word }));
  return [{ truth: clip.gesture, said: words.length === 1 ? words[0] : words.find((word) => word !== clip.gesture) ?? 'negative' }];
}

function hostAnswers(folder: string, persons: readonly string[]): string[][] {
  const { stdout, status, stderr } = spawnSync('/usr/bin/python3', [join(SAMPLE, 'training', 'predict.py'), folder, ...persons], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`predict.py failed: ${stderr}`);
  return stdout.trim().split('\n').map((line) => line.split(' ').slice(3).filter((word) => word !== ''));
}

const percent = (part: number, of: number): string => `${(100 * part / of).toFixed(1)} % of ${of}`;

function report(answers: readonly Answer[]): void {
  console.log(`accuracy ${percent(answers.filter(({ truth, said }) => truth === said).length, answers.length)}`);
  for (const truth of NAMES) {
    const row = NAMES.map((name) => answers.filter((answer) => answer.truth === truth && answer.said === name).length);
    console.log(`  ${truth.padEnd(9)}${row.map((count) => String(count).padStart(5)).join('')}`);
  }
}

const [folder, ...chosen] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: magic-wand.ts DATA [PERSON..]');
const persons = chosen.length > 0 ? chosen : HELD_OUT;
const clips = readdirSync(folder).filter((file) => /^(wing|ring|slope|negative)_.*\.csv$/.test(file)).sort()
  .flatMap((file) => clipsOf(folder, file)).filter(({ person }) => persons.includes(person));
const host = hostAnswers(folder, persons);
const firmware = clips.map(said);
report(clips.flatMap((clip, n) => answersOf(clip, firmware[n])));
console.log(`the same as on the host: ${percent(firmware.filter((words, n) => words.join() === host[n].join()).length, clips.length)} recordings`);
