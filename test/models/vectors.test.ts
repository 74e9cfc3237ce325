/**
 * Published models through the emulated runner, against the outputs of TensorFlow Lite's reference kernels: bit for bit where the
 * outputs are integers, to rounding where they are floating point. Where the shared data are (THUMBELINA_DATA, else ../shared/data); in
 * every clone, a network of our own on all cores (run.test.ts) and the one below.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ModelError, readModel, realValues, runModel, runnerCore, type Model, type ModelReport } from '../../emulator/index.js';
import { boardNamed, DATA, FULLY_CONNECTED, hasData, runner, tflite } from '../support/models.js';

const MODELS = `${DATA}/models`;
const ALL = hasData ? readdirSync(`${MODELS}/vectors`).sort() : [];
/** Their arenas need more than the 256 KB of an nRF52840. */
const TOO_LARGE = ['arm_yolo-fastest_192_face_v4', 'mcunet_detection', 'vww_96_float'];
/** Small ones of each kind: convolutions, SVDF, LSTM, variables, float32. */
const ON_ALL_CORES = ['hello_world_int8', 'hello_world_float', 'keyword_scrambled', 'micro_wake_word_v2_vad', 'tinymaix_mnist_dw_q', 'trained_lstm_int8'];
/** Two runs: the second sees the state that the first has left. */
const RUNS = 2;
const MINUTES = 60_000;

interface Vectors { readonly model: Model; readonly inputs: readonly Buffer[]; readonly outputs: readonly Buffer[] }

function vectorsOf(name: string): Vectors {
  const at = (file: string): Buffer => readFileSync(`${MODELS}/vectors/${name}/${file}`);
  const meta = JSON.parse(at('meta.json').toString()) as { model: string };
  const model = readModel(readFileSync(`${MODELS}/${meta.model}`));
  return { model, inputs: model.inputs.map((_, i) => at(`in${i}.bin`)), outputs: model.outputs.map((_, i) => at(`out${i}.bin`)) };
}

function run(board: string, { model, inputs }: Vectors, engine: 'translator' | 'interpreter' = 'translator'): ModelReport {
  const description = boardNamed(board);
  return runModel(description, runner(runnerCore(description)), model, {
    runs: RUNS, engine, inputs: (row) => model.inputs.map(({ bytes }, i) => inputs[i].subarray(row * bytes, (row + 1) * bytes)),
  });
}

/** How far the farthest value is from the reference: 0 means all bits are equal, for integers in steps of the type. */
function distance({ model, outputs }: Vectors, report: ModelReport): number {
  const distances = report.outputs.flatMap((ofRun, row) => ofRun.map((bytes, i) => {
    const tensor = { ...model.outputs[i], quantisation: undefined };
    const expected = realValues(tensor, outputs[i].subarray(row * tensor.bytes, (row + 1) * tensor.bytes));
    return Math.max(...realValues(tensor, bytes).map((value, at) => Math.abs(value - expected[at])));
  }));
  return Math.max(...distances);
}

/** Floating point is added in another order by the reference's matrix product. */
const tolerance = ({ model }: Vectors): number => (model.outputs[0].type === 'float32' ? 1e-5 : 0);

it('a network of our own gives 2 (1 + 1 + 1 + 1) and 1 - 1', () => {
  const model = readModel(tflite(FULLY_CONNECTED));
  const { outputs } = run('mps2-an386', { model, inputs: [Buffer.alloc(8, 1)], outputs: [] });
  expect(outputs.map(([bytes]) => [...bytes])).toEqual([[8, 0], [8, 0]]);
});

describe.each(ALL)('%s', (name) => {
  const board = TOO_LARGE.includes(name) ? 'mps2-an386' : 'nano33ble';

  it(`gives the reference's outputs on ${board}`, () => {
    const vectors = vectorsOf(name);
    expect(distance(vectors, run(board, vectors))).toBeLessThanOrEqual(tolerance(vectors));
  }, 10 * MINUTES);
});

describe.each(ALL.filter((name) => TOO_LARGE.includes(name)))('%s', (name) => {
  it('does not fit an nRF52840, by so many bytes of RAM', () => {
    const refused = (): unknown => run('nano33ble', vectorsOf(name));
    expect(refused).toThrow(ModelError);
    expect(refused).toThrow(/flash is enough .* RAM is short of \d+ bytes/);
  }, MINUTES);
});

describe.each(ALL.filter((name) => ON_ALL_CORES.includes(name)))('%s', (name) => {
  it.each(['mps2-an382', 'mps2-an383', 'mps2-an385', 'mps2-an386', 'mps2-an500'])('gives the same on %s, in both engines', (board) => {
    const vectors = vectorsOf(name);
    const [one, other] = [run(board, vectors, 'translator'), run(board, vectors, 'interpreter')];
    expect(one).toEqual(other);
    expect(distance(vectors, one)).toBeLessThanOrEqual(tolerance(vectors));
  }, 10 * MINUTES);
});
