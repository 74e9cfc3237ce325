/** The arena's plan, seen from outside: where tensors and scratch lie, against when they live. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runModel, writeModel, type NetworkDescription } from './host.js';
import { curveLike, keywordLike } from './networks.js';

const MODELS = join(process.env['THUMBELINA_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)), 'models/mlperf_tiny');

interface Block { what: string; from: number; to: number; first: number; last: number }
interface Plan { blocks: Block[]; arenaBytes: number; structures: number }

/** Lifetimes are worked out here from the nodes' lists: from the node that writes a tensor to the last that reads it. */
function planOf(model: Uint8Array): Plan {
  const { report, arenaBytes } = runModel(model, [], { args: ['--plan'] });
  const all = (pattern: RegExp): RegExpMatchArray[] => [...report.matchAll(pattern)];
  const numbers = (text: string): number[] => text.split(' ').filter((word) => word !== '').map(Number);
  const nodes = all(/^node (\d+) \S+ inputs(.*) outputs(.*) scratch (-?\d+) (\d+)$/gm)
    .map(([, , inputs, outputs, at, bytes]) => ({ inputs: numbers(inputs), outputs: numbers(outputs), at: Number(at), bytes: Number(bytes) }));
  const graphInputs = all(/^graph-input (\d+)$/gm).map(([, tensor]) => Number(tensor));
  const graphOutputs = all(/^graph-output (\d+)$/gm).map(([, tensor]) => Number(tensor));
  const tensors = all(/^tensor (\d+) at (\d+) bytes (\d+)( variable)?$/gm).map(([, index, at, bytes, variable]): Block => {
    const tensor = Number(index);
    const touching = nodes.flatMap(({ inputs, outputs }, node) => (inputs.includes(tensor) || outputs.includes(tensor) ? [node] : []));
    const isAlways = variable !== undefined;
    return {
      what: `tensor ${tensor}`,
      from: Number(at),
      to: Number(at) + Number(bytes),
      first: isAlways || graphInputs.includes(tensor) ? 0 : Math.min(...touching),
      last: isAlways || graphOutputs.includes(tensor) ? nodes.length : Math.max(0, ...touching),
    };
  });
  const scratch = nodes.flatMap(({ at, bytes }, node) => (bytes === 0 ? [] : [{ what: `scratch ${node}`, from: at, to: at + bytes, first: node, last: node }]));
  return { blocks: [...tensors, ...scratch], arenaBytes, structures: Number(/^structures (\d+)$/m.exec(report)?.[1]) };
}

const collisions = ({ blocks }: Plan): string[] => blocks.flatMap((a, i) => blocks.slice(i + 1)
  .filter((b) => a.from < b.to && b.from < a.to && a.first <= b.last && b.first <= a.last)
  .map((b) => `${a.what} and ${b.what}`));

const outside = ({ blocks, arenaBytes, structures }: Plan): string[] => blocks.filter(({ from, to }) => from < structures || to > arenaBytes).map(({ what }) => what);

const scale = 0.1;
/** A network of additions: each operator takes two of the tensors that are there; some are the network's outputs too. */
function additions(sizes: readonly number[], picks: readonly number[]): NetworkDescription {
  const network: NetworkDescription = { tensors: [], operators: [], inputs: [0], outputs: [] };
  const tensor = (channels: number): number => network.tensors.push({ name: 't', type: 'INT8', shape: [1, channels], scale, zero_point: 0 }) - 1;
  tensor(1);
  sizes.forEach((channels, i) => {
    const wide = network.tensors.flatMap(({ shape }, index) => (shape[1] === channels || shape[1] === 1 ? [index] : []));
    const a = wide[picks[2 * i] % wide.length];
    const widened = network.tensors.push({ name: 'c', type: 'INT8', shape: [1, channels], scale, zero_point: 0, values: Array.from({ length: channels }, () => 1) }) - 1;
    network.operators.push({ name: 'ADD', inputs: [a, widened], outputs: [tensor(channels)], options: {} });
    if (picks[2 * i + 1] % 4 === 0) network.outputs.push(network.tensors.length - 1);
  });
  if (network.outputs.length === 0) network.outputs.push(network.tensors.length - 1);
  return network;
}

describe('the plan of the arena', () => {
  const published = existsSync(MODELS) ? readdirSync(MODELS).filter((name) => name.endsWith('int8.tflite') || name.startsWith('kws_ref_model.')) : [];
  const models = { 'a keyword spotter': () => writeModel(keywordLike()), 'curves and products': () => writeModel(curveLike()), ...Object.fromEntries(published.map((name) => [name, () => readFileSync(join(MODELS, name))])) };

  it.each(Object.entries(models))('of %s keeps apart what lives at the same time, inside the arena', (_, model) => {
    const plan = planOf(model());
    expect([...collisions(plan), ...outside(plan)]).toEqual([]);
  });

  it('keeps apart what lives at the same time in any network of additions', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(1, 5, 16, 64, 300), { minLength: 1, maxLength: 20 }), fc.infiniteStream(fc.nat(1000)), (sizes, picks) => {
      const plan = planOf(writeModel(additions(sizes, [...picks.take(2 * sizes.length)])));
      expect([...collisions(plan), ...outside(plan)]).toEqual([]);
    }), { numRuns: 25 });
  });

  it('gives the memory of a dead tensor to a later one', () => {
    const chain = additions([1000, 1000, 1000, 1000], [0, 1, 1, 1, 2, 1, 3, 1]);
    const { arenaBytes, structures } = planOf(writeModel(chain));
    expect(arenaBytes - structures).toBeLessThan(2100);
  });
});
