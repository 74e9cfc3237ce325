/** Area averages by hand. */
import { describe, expect, it } from 'vitest';
import { expose } from '../../../emulator/sensors/camera/scene.js';
import type { Fit, Picture } from '../../../emulator/sensors/inputs.js';

/** Grey pixels by rows. */
function grey(rows: readonly (readonly number[])[], fit?: Fit): Picture {
  return { width: rows[0].length, height: rows.length, pixels: Uint8Array.from(rows.flat().flatMap((v) => [v, v, v])), ...(fit ? { fit } : {}) };
}

function seen(picture: Picture, width: number, height: number): number[][] {
  const rgb = expose(picture, width, height);
  return Array.from({ length: height }, (_, row) => Array.from({ length: width }, (_column, column) => rgb[3 * (row * width + column)]));
}

describe('expose', () => {
  it('takes a picture of the array\'s size as it is', () => {
    expect(seen(grey([[1, 2], [3, 4]]), 2, 2)).toEqual([[1, 2], [3, 4]]);
  });

  it('averages whole pixels, a half rounded up: (1 + 2 + 3 + 4) / 4 = 2.5', () => {
    expect(seen(grey([[1, 2], [3, 4]]), 1, 1)).toEqual([[3]]);
  });

  it('weights what is covered in part: three columns as two are (10 + 20 / 2) / 1.5 = 13.3 and (20 / 2 + 40) / 1.5 = 33.3', () => {
    expect(seen(grey([[10, 20, 40]], 'stretch'), 2, 1)).toEqual([[13, 33]]);
  });

  it('makes one pixel many', () => {
    expect(seen(grey([[7]], 'stretch'), 3, 2)).toEqual([[7, 7, 7], [7, 7, 7]]);
  });

  it('covers with the middle', () => {
    expect(seen(grey([[1, 2, 3, 4], [5, 6, 7, 8]]), 2, 2)).toEqual([[2, 3], [6, 7]]);
  });

  it('contains with black beside', () => {
    expect(seen(grey([[9, 9]], 'contain'), 4, 4)).toEqual([[0, 0, 0, 0], [9, 9, 9, 9], [9, 9, 9, 9], [0, 0, 0, 0]]);
  });

  it('stretches all of it', () => {
    expect(seen(grey([[1, 1, 5, 5]], 'stretch'), 2, 2)).toEqual([[1, 5], [1, 5]]);
  });
});
