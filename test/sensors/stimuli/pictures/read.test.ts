/** Pictures from files whose every byte is known, and refusals of what is none. */
import * as jpeg from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { readPictures } from '../../../../emulator/sensors/stimuli/pictures/read.js';
import { bmp, gif, png, pngChunk, ppm, y4m } from '../../../support/picture-writer.js';

const seen = async (bytes: Uint8Array, frame = 0): Promise<[number, number, number[]]> => {
  const { width, height, pixels } = (await readPictures(bytes, 'a file')).frame(frame);
  return [width, height, [...pixels]];
};
const refusal = async (bytes: Uint8Array): Promise<string> => readPictures(bytes, 'a file').then(() => 'accepted', (error: unknown) => (error as Error).message);
const RED = [255, 0, 0], GREEN = [0, 255, 0], BLUE = [0, 0, 255], BLACK = [0, 0, 0];

describe('PNG', () => {
  it.each([
    ['true colour', png(2, 1, 8, 2, [[...RED, ...BLUE]]), [...RED, ...BLUE]],
    ['grey of one bit', png(3, 1, 1, 0, [[0b1010_0000]]), [255, 255, 255, 0, 0, 0, 255, 255, 255]],
    ['grey of four bits: 5 of 15', png(1, 1, 4, 0, [[0x50]]), [85, 85, 85]],
    ['sixteen bits: the high byte', png(1, 1, 16, 2, [[0x12, 0xff, 0x34, 0, 0x56, 0x78]]), [0x12, 0x34, 0x56]],
    ['a palette with transparency over black: (200 * 128 + 127) / 255', png(2, 1, 8, 3, [[0, 1]], [...pngChunk('PLTE', [...GREEN, 200, 0, 0]), ...pngChunk('tRNS', [255, 128])]), [...GREEN, 100, 0, 0]],
    ['opacity', png(1, 1, 8, 6, [[255, 255, 255, 51]]), [51, 51, 51]],
    ['a colour that is transparent', png(2, 1, 8, 2, [[...RED, ...BLUE]], pngChunk('tRNS', [0, 255, 0, 0, 0, 0])), [...BLACK, ...BLUE]],
  ])('%s', async (_, bytes, pixels) => {
    expect((await seen(bytes))[2]).toEqual(pixels);
  });

  it.each([
    ['a truncated file', png(2, 1, 8, 2, [[...RED, ...BLUE]]).subarray(0, 60), /ends before its last chunk/],
    ['a damaged chunk', png(1, 1, 8, 2, [RED]).map((byte, i) => (i === 45 ? byte ^ 1 : byte)), /damaged/],
    ['50 megapixels, by the header alone', png(10_000, 5000, 8, 2, [RED]), /10000 x 5000 pixels are 50 million, and a picture may have 16; make it smaller/],
    ['more image data than there are pixels', png(1, 1, 8, 2, [[...RED, ...new Array<number>(2_000_000).fill(0)]]), /more image data/],
    ['less image data than there are pixels', png(100, 100, 8, 2, [RED]), /damaged/],
  ])('refuses %s with one line', async (_, bytes, message) => {
    const text = await refusal(bytes);
    expect([text, text.includes('\n')]).toEqual([expect.stringMatching(message), false]);
  });
});

describe('JPEG', () => {
  /** Left half white, right half black: blocks of their own, so that nothing is lost. */
  const [width, height] = [32, 16];
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 || Math.floor(i / 4) % width < 16 ? 255 : 0));
  const file = new Uint8Array(jpeg.encode({ width, height, data: rgba }, 100).data);
  /** Exif in APP1: one entry, the orientation. */
  const oriented = (orientation: number): Uint8Array => {
    const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, tiff.length + 8, ...[...'Exif'].map((letter) => letter.charCodeAt(0)), 0, 0, ...tiff, ...file.subarray(2)]);
  };
  const corner = async (bytes: Uint8Array): Promise<[number, number, boolean, boolean]> => {
    const [w, h, pixels] = await seen(bytes);
    return [w, h, pixels[0] > 250, pixels[pixels.length - 1] > 250];
  };

  it('reads it', async () => {
    expect(await corner(file)).toEqual([32, 16, true, false]);
  });

  it.each([[2, 32, 16, false, true], [3, 32, 16, false, true], [4, 32, 16, true, false], [5, 16, 32, true, false], [6, 16, 32, true, false], [7, 16, 32, false, true], [8, 16, 32, false, true]])(
    'turns it as orientation %i says', async (orientation, w, h, first, last) => {
      expect(await corner(oriented(orientation))).toEqual([w, h, first, last]);
    });

  it.each([
    ['a truncated file', file.subarray(0, 400), /has no end/], ['nothing but a start', Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), /no frame header/],
    ['50 megapixels, by the header alone', Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0x13, 0x88, 0x27, 0x10, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xff, 0xd9), /10000 x 5000 pixels/],
  ])('refuses %s with one line', async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });
});

describe('GIF', () => {
  const COLOURS = [BLACK, RED, GREEN, BLUE];

  it('reads a still', async () => {
    expect(await seen(gif(2, 2, COLOURS, [{ size: [2, 2], indices: [0, 1, 2, 3] }]))).toEqual([2, 2, [...BLACK, ...RED, ...GREEN, ...BLUE]]);
  });

  it('puts interlaced rows in their places: 0 and 8, then 4, then 2 and 6, then the odd ones', async () => {
    const [, , pixels] = await seen(gif(1, 9, COLOURS, [{ size: [1, 9], indices: [1, 1, 2, 3, 3, 0, 0, 0, 0], interlaced: true }]));
    expect(pixels).toEqual([RED, BLACK, BLUE, BLACK, GREEN, BLACK, BLUE, BLACK, RED].flat());
  });

  it.each([
    ['keeps what there was', 1, [...GREEN, ...RED]], ['clears its part', 2, [...GREEN, ...BLACK]], ['puts back what was before', 3, [...GREEN, ...BLUE]],
  ])('disposal %s', async (_, disposal, last) => {
    const film = gif(2, 1, COLOURS, [
      { size: [2, 1], indices: [3, 3] }, { at: [1, 0], size: [1, 1], indices: [1], disposal }, { size: [2, 1], indices: [2, 0], transparent: 0 },
    ]);
    expect((await seen(film, 2))[2]).toEqual(last);
  });

  it('shows each picture for its delay, and 0.1 s where there is none', async () => {
    const { starts, duration, count } = await readPictures(gif(1, 1, COLOURS, [0, 25, 50].map((hundredths, i) => ({ size: [1, 1], indices: [i], hundredths }))), 'a file');
    expect([count, [...starts], duration]).toEqual([3, [0, 0.1, 0.35], 0.85]);
  });

  it.each([
    ['a file that ends in a picture', gif(2, 2, COLOURS, [{ size: [2, 2], indices: [0, 1, 2, 3] }]).subarray(0, 45), /ends in the middle of a picture/],
    ['a picture with too few pixels', gif(4, 4, COLOURS, [{ size: [4, 4], indices: [1] }]), /ends in the middle of a picture/],
    ['one without pictures', gif(4, 4, COLOURS, []), /no picture in it/],
    ['50 megapixels', gif(10_000, 5000, COLOURS, [{ size: [1, 1], indices: [1] }]), /10000 x 5000 pixels/],
    ['an animation that would fill the memory', gif(4000, 4000, COLOURS, Array.from({ length: 5 }, () => ({ size: [1, 1] as const, indices: [1] }))), /5 pictures of 4000 x 4000 pixels are more than/],
  ])('refuses %s with one line', async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });
});

describe('Y4M', () => {
  // BT.601: white is 235, black 16; pure red has Y 81, U 90, V 240.
  it('4:2:0 of limited range: two by two pixels share U and V', async () => {
    const [, , pixels] = await seen(y4m('W2 H2 F10:1 C420jpeg', [[235, 16, 81, 235, 128, 128]]));
    expect(pixels).toEqual([255, 255, 255, 0, 0, 0, 76, 76, 76, 255, 255, 255]);
  });

  it('4:4:4 red: (298 * 65 + 409 * 112 + 128) >> 8 = 255, (298 * 65 + 100 * 38 - 208 * 112 + 128) >> 8 = 0', async () => {
    expect((await seen(y4m('W1 H1 C444', [[81, 90, 240]])))[2]).toEqual([255, 0, 0]);
  });

  it('4:2:2: two columns share, rows do not', async () => {
    expect((await seen(y4m('W2 H2 C422 XCOLORRANGE=FULL', [[100, 100, 100, 100, 128, 128, 128, 228]])))[2]).toEqual([100, 100, 100, 100, 100, 100, 240, 29, 100, 240, 29, 100]);
  });

  it('mono of full range', async () => {
    expect((await seen(y4m('W2 H1 Cmono XCOLORRANGE=FULL', [[7, 200]])))[2]).toEqual([7, 7, 7, 200, 200, 200]);
  });

  it('frames come at the rate of the header', async () => {
    const film = await readPictures(y4m('W1 H1 F30000:1001 Cmono', [[1], [2], [3]]), 'a file');
    expect([film.count, film.starts[2], film.duration]).toEqual([3, 2 / (30000 / 1001), 3 / (30000 / 1001)]);
  });

  it.each([
    ['a truncated frame', y4m('W4 H4 C420', [[1, 2, 3]]), /ends in the middle of frame 0/], ['ten bits', y4m('W1 H1 C420p10', [[1]]), /convert it to one of/],
    ['no size', y4m('F10:1', []), /no width or height/], ['a rate of zero', y4m('W1 H1 F0:1', [[1]]), /frame rate/],
  ])('refuses %s with one line', async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });
});

describe('without compression', () => {
  it('reads PPM', async () => {
    expect(await seen(ppm(2, 1, [...RED, ...BLUE]))).toEqual([2, 1, [...RED, ...BLUE]]);
  });

  it('reads BMP from the bottom up', async () => {
    expect(await seen(bmp([[RED, GREEN], [BLUE, BLACK]]))).toEqual([2, 2, [...RED, ...GREEN, ...BLUE, ...BLACK]]);
  });

  it.each([
    ['a PPM that is too short', ppm(2, 2, RED), /ends before its last pixel/], ['a BMP that is too short', bmp([[RED]]).subarray(0, 54), /ends before its last pixel/],
    ['what is none', Uint8Array.from([1, 2, 3]), /no kind of picture that is known/], ['nothing', new Uint8Array(0), /the file is empty/],
  ])('refuses %s with one line', async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });
});
