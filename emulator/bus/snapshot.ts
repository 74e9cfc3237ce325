/**
 * Snapshots as bytes. Layout: the magic `TLSN`, version (one byte), length of the body (32 bits, little-endian), body,
 * CRC-32 of all before it. The body is one value: a tag byte, then
 *
 *   null, false, true        nothing
 *   whole, negative          varint n, for n and -1 - n: integers of magnitude up to 2^53 - 1
 *   float                    binary64: all other numbers, -0 included
 *   text                     varint length in bytes, UTF-8
 *   bytes                    varint length, then runs until it is reached: varint zeros, varint literals, the literals
 *   array                    varint count, values
 *   object                   varint count, pairs of text and value with keys in ascending order of UTF-16 units
 *
 * Keys are sorted, so that equal trees give equal bytes whatever order their parts were added in.
 */
import { ByteReader, ByteWriter, SnapshotError, crc32 } from './snapshot-bytes.js';
import type { Snapshot, SnapshotValue } from './types.js';

export { SnapshotError } from './snapshot-bytes.js';

const MAGIC = [0x54, 0x4c, 0x53, 0x4e];
const VERSION = 1;
const HEADER_BYTES = 9;
const CRC_BYTES = 4;
const MAX_DEPTH = 64;
/** A shorter run of zeros costs more than it saves. */
const MIN_ZERO_RUN = 4;

const Tag = { null: 0, false: 1, true: 2, whole: 3, negative: 4, float: 5, text: 6, bytes: 7, array: 8, object: 9 } as const;

export interface DecodeLimits {
  /** Most bytes that all byte arrays and texts may unfold to; default 256 MiB. */
  readonly maxBytes?: number;
}

/** @throws SnapshotError naming the place of a value that no snapshot may hold */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const body = new ByteWriter();
  encodeValue(body, snapshot, 'snapshot', 0);
  const bytes = body.written();
  const file = new ByteWriter();
  for (const byte of [...MAGIC, VERSION]) file.byte(byte);
  file.word(bytes.length);
  file.raw(bytes);
  file.word(crc32(file.written()));
  return file.written().slice();
}

/**
 * Never trusts its input: ends within time and memory proportional to the bytes and to `maxBytes`.
 * @throws SnapshotError saying what is wrong and where
 */
export function decodeSnapshot(bytes: Uint8Array, { maxBytes = 2 ** 28 }: DecodeLimits = {}): Snapshot {
  checkEnvelope(bytes);
  const reader = new ByteReader(bytes, HEADER_BYTES, bytes.length - CRC_BYTES);
  const value = new Decoder(reader, maxBytes).value(0);
  if (reader.left > 0) throw reader.error(`${reader.left} bytes follow the last value`);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) throw reader.error('it holds no object');
  return value as Snapshot;
}

function checkEnvelope(bytes: Uint8Array): void {
  if (bytes.length < HEADER_BYTES + CRC_BYTES || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new SnapshotError('not a snapshot: it does not begin with "TLSN"; give a file that the snapshot command wrote');
  }
  if (bytes[4] !== VERSION) {
    throw new SnapshotError(`snapshot version ${bytes[4]} is not known here (version ${VERSION} is); take it anew with this release`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(5, true);
  if (length !== bytes.length - HEADER_BYTES - CRC_BYTES) {
    throw new SnapshotError(`damaged snapshot: its body should have ${length} bytes and has ${bytes.length - HEADER_BYTES - CRC_BYTES}`);
  }
  if (view.getUint32(bytes.length - CRC_BYTES, true) !== crc32(bytes.subarray(0, bytes.length - CRC_BYTES))) {
    throw new SnapshotError('damaged snapshot: its checksum does not match; copy or take it again');
  }
}

function encodeValue(out: ByteWriter, value: SnapshotValue, where: string, depth: number): void {
  if (depth > MAX_DEPTH) throw new SnapshotError(`${where}: nested deeper than ${MAX_DEPTH}`);
  if (value === null) out.byte(Tag.null);
  else if (typeof value === 'boolean') out.byte(value ? Tag.true : Tag.false);
  else if (typeof value === 'number') encodeNumber(out, value);
  else if (typeof value === 'string') encodeText(out, value, where, Tag.text);
  else if (value instanceof Uint8Array) encodeBytes(out, value);
  else if (Array.isArray(value)) {
    out.byte(Tag.array);
    out.varint(value.length);
    for (let i = 0; i < value.length; i++) encodeValue(out, value[i] as SnapshotValue, `${where}[${i}]`, depth + 1);
  } else if (isPlain(value)) encodeObject(out, value as Snapshot, where, depth);
  else throw new SnapshotError(`${where}: a snapshot holds plain values and Uint8Arrays, not ${Object.prototype.toString.call(value)}`);
}

function encodeNumber(out: ByteWriter, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    out.byte(Tag.float);
    out.float64(value);
  } else if (value >= 0) {
    out.byte(Tag.whole);
    out.varint(value);
  } else {
    out.byte(Tag.negative);
    out.varint(-1 - value);
  }
}

function encodeText(out: ByteWriter, text: string, where: string, tag?: number): void {
  if (/\p{Surrogate}/u.test(text)) throw new SnapshotError(`${where}: a text with half a surrogate pair has no UTF-8`);
  const bytes = new TextEncoder().encode(text);
  if (tag !== undefined) out.byte(tag);
  out.varint(bytes.length);
  out.raw(bytes);
}

function encodeObject(out: ByteWriter, value: Snapshot, where: string, depth: number): void {
  const keys = Object.keys(value).sort();
  out.byte(Tag.object);
  out.varint(keys.length);
  for (const key of keys) {
    encodeText(out, key, where);
    encodeValue(out, value[key], `${where}.${key}`, depth + 1);
  }
}

function encodeBytes(out: ByteWriter, bytes: Uint8Array): void {
  out.byte(Tag.bytes);
  out.varint(bytes.length);
  let at = 0;
  while (at < bytes.length) {
    const literals = endOfZeros(bytes, at);
    const next = startOfRun(bytes, literals);
    out.varint(literals - at);
    out.varint(next - literals);
    out.raw(bytes.subarray(literals, next));
    at = next;
  }
}

function endOfZeros(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] === 0) at++;
  return at;
}

/** Where the next run of zeros worth a run begins, or the end. */
function startOfRun(bytes: Uint8Array, from: number): number {
  let zeros = 0;
  for (let at = from; at < bytes.length; at++) {
    zeros = bytes[at] === 0 ? zeros + 1 : 0;
    if (zeros === MIN_ZERO_RUN) return at + 1 - MIN_ZERO_RUN;
  }
  return bytes.length;
}

function isPlain(value: object): boolean {
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  return prototype === Object.prototype || prototype === null;
}

class Decoder {
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true });
  readonly #reader: ByteReader;
  #bytesLeft: number;

  constructor(reader: ByteReader, maxBytes: number) {
    this.#reader = reader;
    this.#bytesLeft = maxBytes;
  }

  value(depth: number): SnapshotValue {
    const reader = this.#reader;
    if (depth > MAX_DEPTH) throw reader.error(`it is nested deeper than ${MAX_DEPTH}`);
    const tag = reader.byte();
    switch (tag) {
      case Tag.null: return null;
      case Tag.false: return false;
      case Tag.true: return true;
      case Tag.whole: return reader.varint();
      case Tag.negative: return -1 - reader.varint();
      case Tag.float: return reader.float64();
      case Tag.text: return this.#text();
      case Tag.bytes: return this.#bytes();
      case Tag.array: return Array.from({ length: this.#count(1) }, () => this.value(depth + 1));
      case Tag.object: return this.#object(depth);
      default: throw reader.error(`unknown tag ${tag}`);
    }
  }

  /** A count is believed only as far as the bytes that are left can hold so many elements. */
  #count(bytesEach: number): number {
    const count = this.#reader.varint();
    if (count * bytesEach > this.#reader.left) throw this.#reader.error(`${count} elements are announced and ${this.#reader.left} bytes are left`);
    return count;
  }

  #object(depth: number): Snapshot {
    const entries: [string, SnapshotValue][] = [];
    let previous: string | undefined;
    for (let count = this.#count(2); count > 0; count--) {
      const key = this.#text();
      if (previous !== undefined && key <= previous) throw this.#reader.error('keys are not in ascending order');
      previous = key;
      entries.push([key, this.value(depth + 1)]);
    }
    // fromEntries defines own properties, so that a key "__proto__" is a key like others.
    return Object.fromEntries(entries);
  }

  #text(): string {
    const bytes = this.#reader.raw(this.#reader.varint());
    this.#charge(bytes.length);
    try {
      // The decoder would swallow a byte order mark.
      const text = this.#utf8.decode(bytes);
      return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? `\ufeff${text}` : text;
    } catch {
      throw this.#reader.error('a text is not UTF-8');
    }
  }

  #bytes(): Uint8Array {
    const length = this.#reader.varint();
    this.#charge(length);
    const bytes = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const zeros = this.#reader.varint();
      const literals = this.#reader.varint();
      if (zeros + literals === 0 || zeros + literals > length - at) throw this.#reader.error('a byte array has runs that do not add up');
      at += zeros;
      bytes.set(this.#reader.raw(literals), at);
      at += literals;
    }
    return bytes;
  }

  #charge(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) throw this.#reader.error('it unfolds to more bytes than allowed');
  }
}
