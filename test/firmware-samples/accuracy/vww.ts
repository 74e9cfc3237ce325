/**
 * Accuracy of the vww sample through its firmware: the pictures held out are put before the emulated camera, and what the UART says is compared
 * with what the same network says on this machine (firmware-samples/vww/training/predict.py).
 *
 *     npx tsx test/firmware-samples/accuracy/vww.ts PICTURES [every nth]
 *
 * PICTURES: a folder with labels.csv, see firmware-samples/vww/MODEL.md. Needs python3 with numpy and PIL, cc and make.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CameraSample } from './camera-sample.js';

interface Prediction { readonly name: string; readonly source: string; readonly label: number; readonly scores: readonly [number, number] }
interface Answer extends Prediction { readonly said: string; readonly expected: string; readonly isPerson: boolean }

const [pictures, everyNth = '1'] = process.argv.slice(2);
if (pictures === undefined) {
  console.error('vww: which folder of pictures? npx tsx test/firmware-samples/accuracy/vww.ts PICTURES');
  process.exit(2);
}

/** As the firmware prints them: the score of "person" in percent, of 256, rounded. */
const lineOf = ([none, person]: readonly [number, number]): string => `${person > none ? 'person' : 'no person'} ${Math.floor(((person + 128) * 100 + 128) / 256)} %`;

const folder = mkdtempSync(join(tmpdir(), 'thumbelina-vww-'));
try {
  const predict = fileURLToPath(new URL('../../../firmware-samples/vww/training/predict.py', import.meta.url));
  const run = spawnSync('/usr/bin/python3', [predict, '--pictures', pictures, '--out', folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (run.status !== 0) throw new Error('predict.py failed');
  const all = JSON.parse(readFileSync(join(folder, 'predictions.json'), 'utf8')) as Prediction[];
  const board = new CameraSample('vww', 'vww.nano33ble.elf');
  const answers: Answer[] = [];
  for (const prediction of all.filter((_, index) => index % Number(everyNth) === 0)) {
    const line = board.see(readFileSync(join(folder, `${prediction.name}.ppm`)));
    const said = /^(no )?person \d+ %/.exec(line)?.[0] ?? line;
    answers.push({ ...prediction, said, expected: lineOf(prediction.scores), isPerson: said.startsWith('person') });
    if (said !== answers.at(-1)!.expected) console.log(`${prediction.name}: the board says ${said}, the host ${answers.at(-1)!.expected}`);
  }
  const percent = (list: readonly Answer[], holds: (answer: Answer) => boolean): string => `${(100 * list.filter(holds).length / list.length).toFixed(1)} % of ${list.length}`;
  for (const source of new Set(answers.map(({ source }) => source))) {
    const own = answers.filter((answer) => answer.source === source);
    console.log(`${source}: right ${percent(own, ({ isPerson, label }) => isPerson === (label === 1))}`);
  }
  console.log(`same line as on the host: ${percent(answers, ({ said, expected }) => said === expected)}`);
  console.log(board.lastLine);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
