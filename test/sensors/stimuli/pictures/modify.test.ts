/** What happens to pictures on their way, by arithmetic; and when they are seen. */
import { describe, expect, it } from 'vitest';
import { descriptionOf, Inputs, parseStimuli, stimulusFrom, trackOfFlag, type Picture } from '../../../../emulator/index.js';
import { blurred, brightened, cropped, flipped, grained, turned } from '../../../../emulator/sensors/stimuli/pictures/modify.js';
import { gif, ppm } from '../../../support/picture-writer.js';

const grey = (rows: readonly (readonly number[])[]): Picture => ({ width: rows[0].length, height: rows.length, pixels: Uint8Array.from(rows.flat().flatMap((v) => [v, v, v])) });
const rows = ({ width, height, pixels }: Picture): number[][] => Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_x, x) => pixels[3 * (y * width + x)]));
const ABC = grey([[1, 2, 3], [4, 5, 6]]);

describe('pictures', () => {
  it.each([
    ['brighter by a half: (v * 384 + 128) >> 8', brightened(grey([[0, 1, 100, 200]]), 384), [[0, 2, 150, 255]]],
    ['flipped across', flipped(ABC, true), [[3, 2, 1], [6, 5, 4]]],
    ['flipped down', flipped(ABC, false), [[4, 5, 6], [1, 2, 3]]],
    ['turned by a quarter, clockwise', turned(ABC, 90), [[4, 1], [5, 2], [6, 3]]],
    ['turned by half', turned(ABC, 180), [[6, 5, 4], [3, 2, 1]]],
    ['turned back by a quarter', turned(ABC, -90), [[3, 6], [2, 5], [1, 4]]],
    ['cropped, black from beyond', cropped(ABC, 1, 1, 3, 2), [[5, 6, 0], [0, 0, 0]]],
  ])('%s', (_, picture, expected) => {
    expect(rows(picture)).toEqual(expected);
  });

  it('a slight turn leaves the middle and takes the corners', () => {
    const square = grey(Array.from({ length: 21 }, () => new Array<number>(21).fill(9)));
    const seen = rows(turned(square, 45));
    expect([seen[10][10], seen[0][0], seen[20][20]]).toEqual([9, 0, 0]);
  });

  it('blur leaves what is even, and spreads a point as a Gaussian: 255 / (2 pi) = 40.6 in the middle', () => {
    const point = grey(Array.from({ length: 15 }, (_, y) => Array.from({ length: 15 }, (_x, x) => (x === 7 && y === 7 ? 255 : 0))));
    expect([rows(blurred(grey([[50, 50], [50, 50]]), 2)), Math.abs(rows(blurred(point, 1))[7][7] - 40.6) <= 1]).toEqual([[[50, 50], [50, 50]], true]);
  });

  it('grain has its deviation, and is the same for the same seed', () => {
    const even = grey(Array.from({ length: 100 }, () => new Array<number>(100).fill(128)));
    const { pixels } = grained(even, 10, 7);
    const deviation = Math.sqrt(pixels.reduce((sum, v) => sum + (v - 128) ** 2, 0) / pixels.length);
    expect([Math.abs(deviation - 10) < 0.3, grained(even, 10, 7).pixels, grained(even, 10, 8).pixels.every((v, i) => v === pixels[i])]).toEqual([true, pixels, false]);
  });
});

describe('--camera', () => {
  const HZ = 1000;
  const FILES: Readonly<Record<string, Uint8Array>> = {
    'a.ppm': ppm(1, 1, [10, 10, 10]), 'b.ppm': ppm(1, 1, [20, 20, 20]), 'wide.ppm': ppm(4, 1, [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]),
    'film.gif': gif(1, 1, [[1, 1, 1], [2, 2, 2], [3, 3, 3]], [0, 1, 2].map((i) => ({ size: [1, 1], indices: [i], hundredths: 50 }))),
  };
  async function at(flags: readonly string[], ...seconds: readonly number[]): Promise<number[]> {
    const stimuli = await stimulusFrom(parseStimuli(descriptionOf(flags.map((flag) => trackOfFlag(flag, 'picture'))), 'stimuli'), { bytesOf: (file) => FILES[file] });
    const inputs = new Inputs();
    stimuli.applyTo(inputs, HZ);
    return seconds.map((second) => inputs.picture(second * HZ).pixels[0]);
  }

  it('shows each picture from its time on', async () => {
    expect(await at(['a.ppm@1s', 'b.ppm@2s'], 0.9, 1, 1.9, 2, 100)).toEqual([0, 10, 10, 20, 20]);
  });

  it('plays a film, and leaves its last picture', async () => {
    expect(await at(['film.gif@1s'], 1, 1.5, 2.4, 3)).toEqual([1, 2, 3, 3]);
  });

  it('plays it again and again', async () => {
    expect(await at(['film.gif@loop'], 0, 0.5, 1, 1.5, 2)).toEqual([1, 2, 3, 1, 2]);
  });

  it('darkness of 80 % leaves a fifth: (20 * 51 + 128) >> 8', async () => {
    expect(await at(['b.ppm,darkness=80%'], 0)).toEqual([4]);
  });

  it('moves over a picture: from its left column to its right one in three seconds', async () => {
    expect(await at(['wide.ppm,pan=0s:0/0/1/1;3s:3/0/1/1'], 0, 1, 2, 3, 4)).toEqual([1, 2, 3, 4, 4]);
  });

  it('gives the camera the same object while nothing moves', async () => {
    const stimuli = await stimulusFrom(parseStimuli(descriptionOf([trackOfFlag('film.gif,blur=1,flip=h', 'picture')]), 'stimuli'), { bytesOf: (file) => FILES[file] });
    const inputs = new Inputs();
    stimuli.applyTo(inputs, HZ);
    expect(inputs.picture(600)).toBe(inputs.picture(601));
  });
});
