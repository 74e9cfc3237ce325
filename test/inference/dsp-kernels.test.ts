/** The int8 kernels with DSP instructions: the portable kernels' bytes, in the cycles that they are there for. */
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPrograms, CORE_NAMES, measuredCycles, randomCases, type LayerCycles } from './kernel-cycles/programs.js';

const MINUTES = 60_000;
/** What the project asks of 1x1 and 3x3 convolutions with at least 32 channels on the Cortex-M4, requantisation included. */
const MOST_CYCLES_PER_MAC = 1.5;

beforeAll(buildPrograms, 5 * MINUTES);

describe.each(CORE_NAMES)('on the %s', (core) => {
  it('random layers give the same bytes as the portable kernels, and nothing is written beyond output and scratch', async () => {
    expect(await randomCases(core)).toEqual([
      'convolution 400 0', 'depthwise 300 0', 'fully-connected 400 0', 'average-pool 200 0', 'wide-average-pool 3 0', 'max-pool 200 0', 'add 400 0',
    ]);
  }, 4 * MINUTES);

  it('the layers whose cycles are measured give the same bytes as the portable kernels', async () => {
    expect((await measuredCycles(core)).filter(({ differing }) => differing > 0)).toEqual([]);
  }, 4 * MINUTES);
});

describe('cycles on the Cortex-M4 by the timing model', () => {
  let layers: LayerCycles[] = [];
  beforeAll(async () => { layers = await measuredCycles('m4'); }, 4 * MINUTES);

  const inputChannels = ({ shape }: LayerCycles): number => Number(/x(\d+)->/.exec(shape)?.[1]);
  const perMac = ({ shape, cycles, macs }: LayerCycles): [string, number] => [shape, cycles / macs];
  const tooSlow = (filter: string): [string, number][] =>
    layers.filter((layer) => layer.kernel === 'conv' && layer.shape.includes(filter) && inputChannels(layer) >= 32)
      .map(perMac).filter(([, cycles]) => cycles > MOST_CYCLES_PER_MAC);

  it('measures 1x1 and 3x3 convolutions with 32 to 256 channels', () => {
    expect(layers.map(({ shape }) => shape)).toEqual(expect.arrayContaining([
      '16x16x32->32,3x3/1', '8x8x64->64,3x3/1', '16x16x32->32,1x1/1', '16x16x64->64,1x1/1', '8x8x128->128,1x1/1', '3x3x256->256,1x1/1',
    ]));
  });

  it.each(['3x3/1', '1x1/1'])('%s convolutions with 32 channels or more take at most 1.5 per multiplication', (filter) => {
    expect(tooSlow(filter)).toEqual([]);
  });

  it('every kernel takes less than half of what its portable one takes', () => {
    expect(layers.filter(({ cycles, portableCycles }) => 2 * cycles > portableCycles).map(({ shape }) => shape)).toEqual([]);
  });
});
