/** APDS-9960: lamp, gain, offsets, saturation, the gesture engine, and what it draws. Datasheet AV02-4191EN. */
import { describe, expect, it } from 'vitest';
import { partBench, type PartBench } from './part-bench.js';

const ADDRESS = 0x39;
const ENABLE = 0x80, WTIME = 0x83, PERS = 0x8c, PILT = 0x89, PIHT = 0x8b, PPULSE = 0x8e, CONTROL = 0x8f, CONFIG2 = 0x90, STATUS = 0x93, PDATA = 0x9c, POFFSET_UR = 0x9d, CONFIG3 = 0x9f;
const GPENTH = 0xa0, GEXTH = 0xa1, GCONF1 = 0xa2, GCONF2 = 0xa3, GOFFSET_L = 0xa7, GPULSE = 0xa6, GCONF3 = 0xaa, GCONF4 = 0xab, GFLVL = 0xae, GFIFO_U = 0xfc, PICLEAR = 0xe5;
const PON = 1, AEN = 2, PEN = 4, WEN = 8, PIEN = 0x20, GEN = 0x40;
/** 100 mA, eight pulses of 8 us, gain 4: a proximity of 1 counts 255. */
const TEST_SETTINGS = [[PPULSE, 0x47], [CONTROL, 0x08], [GPULSE, 0x47], [GCONF2, 0x40]] as const;

function on(enable: number, ...settings: readonly (readonly number[])[]): PartBench {
  const bench = partBench('apds9960', [ADDRESS]);
  for (const setting of [...TEST_SETTINGS, ...settings]) bench.write(ADDRESS, ...setting);
  bench.world.set('proximity.up', 0.4);
  bench.world.set('proximity.right', 0.4);
  bench.write(ADDRESS, ENABLE, enable);
  bench.milliseconds(3);
  return bench;
}

const proximity = (bench: PartBench): number => bench.read(ADDRESS, PDATA)[0];

describe('proximity', () => {
  it.each([
    // 0.4 of 255 counts are 102.
    ['at the datasheet\'s settings', [], 102],
    ['with a quarter of the current', [[CONTROL, 0x88]], 26],
    ['with half the gain', [[CONTROL, 0x04]], 51],
    ['with pulses of 16 us', [[PPULSE, 0x87]], 204],
    ['with four pulses', [[PPULSE, 0x43]], 51],
    ['with a boost of 150 %', [[CONFIG2, 0x11]], 153],
    ['less its offset', [[POFFSET_UR, 20]], 82],
    ['less a negative offset', [[POFFSET_UR, 0x80 | 20]], 122],
    ['with one diode of the pair masked', [[CONFIG3, 0x01]], 51],
    ['the same with compensation', [[CONFIG3, 0x21]], 102],
  ])('%s', (_, settings, counts) => {
    expect(proximity(on(PON | PEN, ...settings))).toBe(counts);
  });

  it('is saturated beyond 255 counts, until PICLEAR', () => {
    const bench = on(PON | PEN, [CONFIG2, 0x31]);
    const saturated = [proximity(bench), bench.read(ADDRESS, STATUS)[0] & 0x40];
    bench.write(ADDRESS, ENABLE, PON);
    bench.write(ADDRESS, PICLEAR, 0);
    expect([saturated, bench.read(ADDRESS, STATUS)[0] & 0x40]).toEqual([[255, 0x40], 0]);
  });

  it('interrupts by PSIEN when it is saturated', () => {
    const bench = on(PON | PEN, [CONFIG2, 0xb1]);
    expect(bench.pin('int').state).toBe('0');
  });

  it('interrupts after as many values outside its thresholds as PPERS says', () => {
    const bench = partBench('apds9960', [ADDRESS]);
    for (const setting of [[PERS, 0x30], [PILT, 0], [PIHT, 50], ...TEST_SETTINGS]) bench.write(ADDRESS, ...setting);
    bench.world.set('proximity.up', 1);
    bench.write(ADDRESS, ENABLE, PON | PEN | PIEN);
    // A round is 44.9 + 8 * 36.73 + 796.6 = 1135 us.
    bench.milliseconds(3);
    const early = bench.pin('int').state;
    bench.milliseconds(0.6);
    expect([early, bench.pin('int').state]).toEqual(['z', '0']);
  });

  it('sleeps after an interrupt with SAI, until that is cleared', () => {
    const bench = on(PON | PEN | PIEN, [CONFIG3, 0x10], [PIHT, 50]);
    bench.world.set('proximity.up', 0);
    bench.world.set('proximity.right', 0);
    bench.milliseconds(10);
    const asleep = proximity(bench);
    bench.write(ADDRESS, PICLEAR, 0);
    bench.milliseconds(3);
    expect([asleep, proximity(bench)]).toEqual([102, 0]);
  });
});

describe('the gesture engine', () => {
  it('is entered when PDATA reaches GPENTH', () => {
    const [near, far] = [100, 110].map((threshold) => on(PON | PEN | GEN, [GPENTH, threshold]));
    expect([near, far].map((bench) => bench.read(ADDRESS, GFLVL)[0] > 0)).toEqual([true, false]);
  });

  it('stores four directions, each less its offset', () => {
    const bench = on(PON | GEN, [GCONF4, 1], [GOFFSET_L, 0x80 | 7]);
    expect(bench.read(ADDRESS, GFIFO_U, 4)).toEqual([102, 0, 7, 102]);
  });

  it('leaves out a pair that GDIMS leaves out', () => {
    expect(on(PON | GEN, [GCONF4, 1], [GCONF3, 1]).read(ADDRESS, GFIFO_U, 4)).toEqual([102, 0, 0, 0]);
  });

  it.each([['the second', 1, 2], ['the seventh', 3, 7]])('is left at %s end by GEXPERS', (_, persistence, datasets) => {
    const bench = on(PON | GEN, [GCONF4, 1], [GEXTH, 200], [GCONF1, persistence]);
    bench.milliseconds(50);
    expect([bench.read(ADDRESS, GFLVL)[0], bench.read(ADDRESS, GCONF4)[0] & 1]).toEqual([datasets, 0]);
  });

  it('is left whatever the masked directions say', () => {
    // 102 counts from above and from the right are beyond the threshold; mask U and R.
    const [all, masked] = [0, 0x9].map((mask) => on(PON | GEN, [GCONF4, 1], [GEXTH, 50], [GCONF1, mask << 2]));
    expect([all, masked].map((bench) => bench.read(ADDRESS, GCONF4)[0] & 1)).toEqual([1, 0]);
  });
});

describe('what it draws', () => {
  const microamps = (enable: number, ...settings: readonly (readonly number[])[]): number => Math.round(on(enable, ...settings).uses().at(-1)!.microamps);

  it.each([
    ['asleep', 0, [], 1],
    ['idle', PON, [], 38],
    ['with light alone', PON | AEN, [], 200],
    // 2.78 ms of 200 uA and 2.78 ms of 38 uA.
    ['with light and as long a wait', PON | AEN | WEN, [[WTIME, 0xff]], 119],
    // (790 uA * 1135 us + 100 mA * 64 us) / 1135 us
    ['with proximity and its lamp', PON | PEN, [], Math.round(790 + (100_000 * 64) / 1135)],
    ['with a lamp of 12.5 mA', PON | PEN, [[CONTROL, 0xc8]], Math.round(790 + (12_500 * 64) / 1135)],
  ])('%s', (_, enable, settings, expected) => {
    expect(microamps(enable, ...settings)).toBe(expected);
  });
});

it('counts from 0 to 25 with nothing near, where imperfections are asked for', () => {
  const counts = [1, 2, 3, 4, 5].map((seed) => {
    const bench = partBench('apds9960', [ADDRESS], {}, { seed: seed * 7919, imperfections: true });
    for (const setting of TEST_SETTINGS) bench.write(ADDRESS, ...setting);
    bench.write(ADDRESS, ENABLE, PON | PEN);
    bench.milliseconds(3);
    return proximity(bench);
  });
  expect([counts.every((count) => count <= 25), new Set(counts).size > 1]).toEqual([true, true]);
});
