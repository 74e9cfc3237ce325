/**
 * A snapshot on disk: which firmware and board it is of, then the machine's own bytes. Layout: the magic, a
 * little-endian uint32 length and that many bytes of JSON, the machine's bytes to the end of the file.
 */
import { createHash } from 'node:crypto';
import type { SemihostingState } from '../semihosting/semihosting.js';
import { UserError } from './errors.js';

const MAGIC = Buffer.from('THUMBELINA-SNAPSHOT-1\n', 'latin1');
const MAXIMUM_HEADER = 1 << 20;

export interface SnapshotHeader {
  readonly board: string;
  readonly firmwareSha256: string;
  readonly virtualTime: string;
  /** Bytes each stream has carried, by name, so that a report covers the whole run. */
  readonly streams: Readonly<Record<string, number>>;
  readonly semihosting: SemihostingState | null;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function encodeSnapshot(header: SnapshotHeader, machine: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify({ ...header, machineSha256: sha256(machine) }), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([MAGIC, length, json, machine]);
}

/** @throws UserError when it is no snapshot, damaged, or of another firmware or board */
export function decodeSnapshot(path: string, file: Uint8Array, expected: { readonly board: string; readonly firmwareSha256: string }): { header: SnapshotHeader; machine: Uint8Array } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const start = MAGIC.length + 4;
  if (bytes.length < start || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new UserError(`${path}: not a snapshot: name a file written with --snapshot`);
  const length = bytes.readUInt32LE(MAGIC.length);
  if (length > MAXIMUM_HEADER || start + length > bytes.length) throw damaged(path);
  const header = parseHeader(path, bytes.subarray(start, start + length).toString('utf8'));
  const machine = bytes.subarray(start + length);
  if (sha256(machine) !== header.machineSha256) throw damaged(path);
  if (header.board !== expected.board) throw new UserError(`${path}: is of board ${header.board}, not ${expected.board}: use --board ${header.board}`);
  if (header.firmwareSha256 !== expected.firmwareSha256) throw new UserError(`${path}: is of another firmware: name the file it was made with (SHA-256 ${header.firmwareSha256.slice(0, 16)}...)`);
  return { header, machine };
}

function parseHeader(path: string, text: string): SnapshotHeader & { readonly machineSha256: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(path);
  }
  const header = value as SnapshotHeader & { readonly machineSha256: string };
  const isWellFormed = typeof value === 'object' && value !== null && typeof header.board === 'string' && typeof header.firmwareSha256 === 'string'
    && typeof header.machineSha256 === 'string' && typeof header.streams === 'object' && header.streams !== null;
  if (!isWellFormed) throw damaged(path);
  return header;
}

function damaged(path: string): UserError {
  return new UserError(`${path}: damaged snapshot: make it again with --snapshot`);
}
