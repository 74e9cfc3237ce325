/**
 * TensorFlow Lite Micro's 127 networks of one int16 operator each (its integration test "seanet"), bit for bit against their golden outputs.
 * They are in the shared data (THUMBELINA_DATA, else ../shared/data); without those, more-operators.test.ts is what there is.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runModel } from './host.js';
import { decode, type Type } from './one-operator.js';

const SEANET = join(process.env['THUMBELINA_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)), 'models', 'tflm_seanet_ops');
const GROUPS = existsSync(SEANET) ? readdirSync(SEANET) : [];

/** A file `<network>_<input0|input1|golden>_<type>.csv`: numbers with commas between and after. */
function numbersIn(path: string): { type: Type; values: number[] } {
  const type = (/_(int\d+)\.csv$/.exec(path) as RegExpExecArray)[1].toUpperCase() as Type;
  return { type, values: readFileSync(path, 'latin1').split(/[\s,]+/).filter((word) => word !== '').map(Number) };
}

function bytesOf({ type, values }: { type: Type; values: number[] }): Uint8Array {
  const array = type === 'INT16' ? Int16Array.from(values) : type === 'INT8' ? Int8Array.from(values) : Int32Array.from(values);
  return new Uint8Array(array.buffer);
}

describe.each(GROUPS)('seanet %s', (group) => {
  const files = readdirSync(join(SEANET, group));
  const networks = files.filter((file) => file.endsWith('.tflite')).map((file) => file.slice(0, -'.tflite'.length));

  it.each(networks)('%s', (network) => {
    const of = (part: string): string[] => files.filter((file) => file.startsWith(`${network}_${part}`)).sort().map((file) => join(SEANET, group, file));
    const golden = numbersIn(of('golden')[0]);
    const { outputs } = runModel(readFileSync(join(SEANET, group, `${network}.tflite`)), of('input').map((file) => bytesOf(numbersIn(file))));
    expect(decode(golden.type, outputs[0])).toEqual(golden.values);
  });
});
