/**
 * Models from strangers: cut off at every length and with bytes changed, thousands of times, under the address and undefined behaviour
 * sanitizers. Whatever the file says, opening it ends with a network or a refusal, and what opens runs without leaving its memory.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostProgram, inFolder, refusal, runModel, writeModel } from './host.js';
import { curveLike, keywordLike } from './networks.js';

const MUTATIONS = 20_000;
const SEED = Number(process.env['PROPERTY_SEED'] ?? 20_261_120);
const BUILD_MS = 300_000;
const NETWORKS = { 'a keyword spotter': keywordLike(), 'curves and products': curveLike() };

/** Offset of what the vtable of the table at `table` gives as field `field`. */
function fieldAt(file: Buffer, table: number, field: number): number {
  const vtable = table - file.readInt32LE(table);
  return table + file.readUInt16LE(vtable + 4 + 2 * field);
}

const follow = (file: Buffer, at: number): number => at + file.readUInt32LE(at);
const root = (file: Buffer): number => follow(file, 0);
const mainSubgraph = (file: Buffer): number => follow(file, follow(file, fieldAt(file, root(file), 2)) + 4);
const tensorTable = (file: Buffer, index: number): number => follow(file, follow(file, fieldAt(file, mainSubgraph(file), 0)) + 4 + 4 * index);

/** Changes a copy of the keyword spotter's file. */
function changed(change: (file: Buffer) => void): Buffer {
  const file = Buffer.from(writeModel(keywordLike()));
  change(file);
  return file;
}

describe.each(Object.entries(NETWORKS))('%s from a stranger', (_, network) => {
  it('is run or refused, however it is cut and changed', () => {
    inFolder((folder) => {
      const path = join(folder, 'model.tflite');
      const model = writeModel(network);
      writeFileSync(path, model);
      const run = spawnSync(hostProgram('mutate-model'), [path, String(SEED), String(MUTATIONS)], { encoding: 'utf8', timeout: BUILD_MS });
      expect(run, `seed ${SEED}: ${run.stderr}`).toMatchObject({ status: 0 });
      const cases = run.stdout.trim().split(' ').reduce((total, count) => total + Number(count), 0);
      expect(cases).toBe(model.length + MUTATIONS);
    });
  }, BUILD_MS);
});

describe('a refusal names', () => {
  it.each<[string, (file: Buffer) => void, string]>([
    ['another identifier', (file) => file.write('TFL2', 4), 'NOT_A_MODEL at operator -1, detail 4'],
    ['a root outside the file', (file) => file.writeUInt32LE(0x7fff_fff0, 0), 'NOT_A_MODEL at operator -1, detail 0'],
    ['the operator that is not there', (file) => file.writeInt32LE(200, fieldAt(file, follow(file, follow(file, fieldAt(file, root(file), 1)) + 4), 3)), 'UNSUPPORTED_OPERATOR at operator 0, detail 200'],
    ['a type that the operator does not take', (file) => file.writeInt8(4, fieldAt(file, tensorTable(file, 6), 1)), 'UNSUPPORTED_TYPE at operator 1, detail 4'],
    ['a shape that does not follow from the inputs', (file) => file.writeInt32LE(2, follow(file, fieldAt(file, tensorTable(file, 8), 0)) + 4 + 4), 'BAD_SHAPE at operator 3, detail 0'],
  ])('%s', (_, change, refused) => {
    expect(refusal(changed(change))).toBe(`refused: ${refused}`);
  }, BUILD_MS);

  it('how large the arena must be, and opens with exactly that', () => {
    const model = writeModel(keywordLike());
    const needed = runModel(model, []).arenaBytes;
    expect([refusal(model, ['--arena', String(needed - 1)]), refusal(model, ['--arena', String(needed)])])
      .toEqual([`refused: ARENA_TOO_SMALL at operator -1, detail ${needed}`, 'opened']);
  }, BUILD_MS);
});
