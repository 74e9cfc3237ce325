/** Reads a firmware file named on the command line. */
import { readFileSync, statSync } from 'node:fs';
import type { FirmwareImage } from '../machine-api.js';
import { fileError, refusal, UserError } from './errors.js';
import { sha256 } from './snapshot-file.js';
import type { Toolkit } from './toolkit.js';

/** No microcontroller has as much memory; debug information included. */
const MAXIMUM_FILE_BYTES = 1 << 29;

export interface FirmwareFile {
  readonly image: FirmwareImage;
  readonly bytes: number;
  readonly sha256: string;
}

/** @throws UserError */
export function readInputFile(path: string): Uint8Array {
  let size: number;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    size = stat.size;
    if (size <= MAXIMUM_FILE_BYTES) return readFileSync(path);
  } catch (error) {
    throw fileError(path, error);
  }
  throw new UserError(`${path}: ${size} bytes are too many for a firmware: name the right file`);
}

/** @throws UserError */
export function readImage(toolkit: Toolkit, path: string, address: number | undefined): FirmwareFile {
  const bytes = readInputFile(path);
  try {
    const image = toolkit.readFirmware(bytes, { name: path, ...(address === undefined ? {} : { address }) });
    return { image, bytes: bytes.length, sha256: sha256(bytes) };
  } catch (error) {
    throw refusal(`${path}: `, error);
  }
}
