/**
 * Accuracy of the Uno's digit networks through the emulated firmware: every held-out MNIST picture goes in at the serial port.
 * `npx tsx test/firmware-samples/accuracy/uno-mnist.ts [DATA]`, where DATA holds mnist/t10k-*.gz.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { committed } from '../../support/samples.js';
import { report, Uno } from './uno.js';

const data = process.argv[2] ?? process.env['THUMBELINA_DATA'] ?? '../shared/data';
const pixels = gunzipSync(readFileSync(join(data, 'mnist/t10k-images-idx3-ubyte.gz'))).subarray(16);
const labels = gunzipSync(readFileSync(join(data, 'mnist/t10k-labels-idx1-ubyte.gz'))).subarray(8);
/** Every fifth picture is held out: training/digits.py. */
const heldOut = [...labels.keys()].filter((index) => index % 5 === 4);

/** A 28x28 picture as the 14 lines of 14 pixels of 0..127 that the firmware reads. */
function lines(index: number): string {
  const at = (row: number, column: number) => pixels[index * 784 + row * 28 + column] ?? 0;
  const mean = (row: number, column: number) => (at(row, column) + at(row + 1, column) + at(row, column + 1) + at(row + 1, column + 1)) >> 3;
  const row = (number: number) => Array.from({ length: 14 }, (_, column) => mean(2 * number, 2 * column).toString(16).padStart(2, '0')).join('');
  return Array.from({ length: 14 }, (_, number) => `${row(number)}\n`).join('');
}

for (const program of ['uno-mnist-cnn', 'uno-mnist-rows'] as const) {
  const uno = new Uno(committed('uno-mnist', `${program}.arduino-uno.elf`));
  uno.untilLine(/Send a digit/);
  const answers = heldOut.map((index) => {
    uno.send(lines(index));
    const [, digit, cycles] = uno.untilLine(/^digit (\d), (\d+) cycles$/);
    return { truth: labels[index] ?? -1, guess: Number(digit), cycles: Number(cycles) };
  });
  report(program, answers, uno);
}
