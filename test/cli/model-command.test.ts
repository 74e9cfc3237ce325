/** `thumbelina model` as a user meets it: the table, the files, and one line for what is wrong. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { FULLY_CONNECTED, tflite, THREE_LAYERS } from '../support/models.js';

const command = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'thumbelina-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const TWO_INPUTS = `
a = m.tensor('left', 'INT8', (1, 2), scale=1.0)
b = m.tensor('right', 'INT8', (1, 2), scale=1.0)
y = m.tensor('y', 'INT8', (1, 2), scale=1.0)
m.operator('SUB', [a, b], [y])
m.inputs, m.outputs = [a, b], [y]`;

const fullyConnected = file('fully-connected.tflite', tflite(FULLY_CONNECTED));
const threeLayers = file('three-layers.tflite', tflite(THREE_LAYERS));
const twoInputs = file('two-inputs.tflite', tflite(TWO_INPUTS));
const input = file('input.csv', '1 2 3 4\n');

interface Ended { readonly code: number | null; readonly stdout: string; readonly stderr: string }

function start(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, 'model', ...args], { cwd: folder }, (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }));
  });
}
const model = (path: string, ...args: readonly string[]): Promise<Ended> => start(path, '--board', 'nano33ble', ...args);
interface Report { readonly layers: readonly unknown[]; readonly macs: number; readonly outputsOfRuns: readonly (readonly (readonly number[])[])[] }
const jsonOf = async (ended: Promise<Ended>): Promise<Report> => JSON.parse((await ended).stdout) as Report;

describe('the report', () => {
  it('has a line for each layer, totals and outputs', async () => {
    const { code, stdout, stderr } = await model(threeLayers, '--input', input);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp([
      'layer +operator +output +MACs +cycles +cycles/MAC +microjoules',
      ' +0 +FULLY_CONNECTED +1x2 +8 +[\\d ]+ +\\d+\\.\\d\\d +\\d+\\.\\d{3}',
      ' +1 +SOFTMAX +1x2 +- +[\\d ]+ +- +\\d+\\.\\d{3}',
      ' +2 +RESHAPE +2 +- +\\d+ +- +\\d+\\.\\d{3}',
      '',
      'total +8 MACs, [\\d ]+ cycles, \\d+\\.\\d\\d cycles/MAC',
      'latency +\\d\\.\\d+ ms at 64 MHz, memory without wait states',
      'energy +\\d+\\.\\d microjoules at 3\\.3 mA and 3 V .*',
      'RAM +[\\d ]+ of 262 144 bytes: .*',
      'flash +[\\d ]+ of 1 048 576 bytes: ',
    ].join('\n')));
  }, 120_000);

  it('names outputs by their labels, largest first', async () => {
    const { stdout } = await model(fullyConnected, '--input', input, '--labels', file('labels.txt', 'sum\ndifference\n'));
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual(['      0  sum  20 (20)', '      1  difference  -3 (-3)']);
  }, 120_000);

  it('says when inputs are random', async () => {
    expect((await model(fullyConnected, '--seed', '7')).stdout).toContain('input 0  x int8 [1, 4], scale 1, zero point 0: random values, seed 7');
  }, 120_000);

  it('says where the energy is not known', async () => {
    expect((await start(fullyConnected, '--board', 'mps2-an386')).stdout).toContain('energy   not known for this chip');
  }, 120_000);

  it('is JSON when asked for, the same for both engines', async () => {
    const [one, other] = await Promise.all(['translator', 'interpreter'].map((engine) => jsonOf(model(threeLayers, '--input', input, '--json', '--engine', engine))));
    expect([one, one.layers.length, one.macs]).toEqual([other, 3, 8]);
  }, 120_000);
});

describe('inputs and outputs', () => {
  it('files with several inputs make several runs, whose outputs are written', async () => {
    const output = join(folder, 'out.bin');
    await model(fullyConnected, '--input', file('two.bin', Uint8Array.of(1, 2, 3, 4, 30, 30, 30, 30)), '--output', output);
    expect([...new Int8Array(readFileSync(output))]).toEqual([20, -3, 127, 0]);
  }, 120_000);

  it('an .npy file has a dimension for the runs', async () => {
    const output = join(folder, 'out.npy');
    await model(fullyConnected, '--input', input, '--runs', '3', '--output', output);
    const [header, values] = readFileSync(output, 'latin1').split('\n');
    expect([header.includes("'descr': '|i1', 'fortran_order': False, 'shape': (3, 1, 2), }"), values]).toEqual([true, '\x14\xfd'.repeat(3)]);
  }, 120_000);

  it.each([
    ['in the order of the model', ['--input', 'five.csv', '--input', 'two.csv'], [3, 3]],
    ['by name',                   ['--input', 'right=two.csv', '--input', 'left=five.csv'], [3, 3]],
    ['by number',                 ['--input', '1=five.csv', '--input', '0=two.csv'], [-3, -3]],
  ] as const)('several inputs have files of their own, %s', async (_, args, expected) => {
    file('five.csv', '5,5');
    file('two.csv', '2,2');
    expect((await jsonOf(model(twoInputs, ...args, '--json'))).outputsOfRuns[0][0]).toEqual(expected);
  }, 120_000);
});

describe('what is wrong is said in one line, with exit code 2', () => {
  const damaged = tflite(THREE_LAYERS);
  it.each([
    ['no board',               () => start(fullyConnected), /^thumbelina: no board: add --board with one of /],
    ['a board with an AVR',    () => start(fullyConnected, '--board', 'arduino-uno'), /^thumbelina: Arduino Uno R3 has an AVR core: networks run on boards with a Cortex-M\n$/],
    ['no such file',           () => model('missing.tflite'), /^thumbelina: missing\.tflite: no such file: check the path\n$/],
    ['a folder',               () => model(folder), /: is a folder: name a file\n$/],
    ['another kind of file',   () => model(command), /: no TensorFlow Lite model: /],
    ['random bytes',           () => model(file('random.tflite', Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 31 + i * 7) >> 3))), /: no TensorFlow Lite model: /],
    ['half a file',            () => model(file('half.tflite', damaged.subarray(0, damaged.length >> 1))), /: damaged or cut off: /],
    ['3 MB',                   () => model(file('large.tflite', tflite(`${FULLY_CONNECTED}\nm.constant('c', 'INT8', (3 << 20,), bytes(3 << 20))`))), /: does not fit Arduino Nano 33 BLE Sense: flash is short of \d+ bytes .*; RAM is enough .*; choose a larger board or a smaller model\n$/],
    ['an unknown operator',    () => model(file('sin.tflite', tflite(THREE_LAYERS.replace("m.operator('SOFTMAX', [y], [p], beta=1.0)", "m.operator('SIN', [y], [p])")))), /: layer 1 is the operator SIN, which the runtime does not have/],
    ['too few values',         () => model(fullyConnected, '--input', file('few.csv', '1,2')), /few\.csv: 2 values \(2 bytes\) for input "x", which has 4 /],
    ['an unknown input',       () => model(fullyConnected, '--input', 'z=input.csv'), /^thumbelina: --input z=input\.csv: the model has no input "z": it has 0=x\n$/],
    ['too many inputs',        () => model(fullyConnected, '--input', input, '--input', input), /the model has 1 inputs \(0=x\), which have files already: leave one out\n$/],
    ['a run without end',      () => model(fullyConnected, '--timeout', '1us'), /: does not end: one run has taken more than 0\.000001 s of virtual time/],
  ] as const)('%s', async (_, act, message) => {
    const { code, stdout, stderr } = await act();
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(stderr).toMatch(message);
  }, 120_000);
});
