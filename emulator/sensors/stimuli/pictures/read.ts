/** Files with pictures, by their first bytes. Each kind's reader, with its library, is loaded when a file of that kind comes. */
import { StimulusError } from '../stimulus-error.js';
import { still, type Film } from './film.js';

interface PictureFormat {
  readonly name: string;
  readonly recognises: (bytes: Uint8Array) => boolean;
  readonly read: (bytes: Uint8Array, fileName: string) => Promise<Film>;
}

const starts = (...magic: readonly number[]) => (bytes: Uint8Array): boolean => magic.every((byte, index) => bytes[index] === byte);

export const PICTURE_FORMATS: readonly PictureFormat[] = [
  { name: 'PNG',  recognises: starts(0x89, 0x50, 0x4e, 0x47), read: async (bytes, file) => still((await import('./png.js')).readPng(bytes, file)) },
  { name: 'JPEG', recognises: starts(0xff, 0xd8, 0xff), read: async (bytes, file) => still((await import('./jpeg.js')).readJpeg(bytes, file)) },
  { name: 'GIF',  recognises: starts(0x47, 0x49, 0x46, 0x38), read: async (bytes, file) => (await import('./gif.js')).readGif(bytes, file) },
  { name: 'Y4M',  recognises: starts(0x59, 0x55, 0x56, 0x34, 0x4d), read: async (bytes, file) => (await import('./y4m.js')).readY4m(bytes, file) },
  { name: 'PPM and PGM', recognises: (bytes) => bytes[0] === 0x50 && (bytes[1] === 0x35 || bytes[1] === 0x36), read: async (bytes, file) => still((await import('./simple.js')).readPnm(bytes, file)) },
  { name: 'BMP',  recognises: (bytes) => bytes[0] === 0x42 && bytes[1] === 0x4d && bytes.length >= 54, read: async (bytes, file) => still((await import('./simple.js')).readBmp(bytes, file)) },
];

const MOST_FILE_BYTES = 512 * 2 ** 20;

/** @throws StimulusError for what is no picture, or one that its reader refuses */
export async function readPictures(bytes: Uint8Array, fileName: string): Promise<Film> {
  if (bytes.length === 0) throw new StimulusError(`${fileName}: the file is empty; give one with a picture`);
  if (bytes.length > MOST_FILE_BYTES) throw new StimulusError(`${fileName}: ${bytes.length} bytes are more than the ${MOST_FILE_BYTES} that a file of pictures may have; cut it`);
  const format = PICTURE_FORMATS.find(({ recognises }) => recognises(bytes));
  if (format === undefined) throw new StimulusError(`${fileName}: no kind of picture that is known; use one of ${PICTURE_FORMATS.map(({ name }) => name).join(', ')}`);
  return format.read(bytes, fileName);
}
