/** Packets out of an Ogg container with one logical stream. Source: RFC 3533, chapter 6. */

export interface OggPackets {
  readonly packets: readonly Uint8Array[];
  /** Granule position of the last page, in the codec's unit. */
  readonly lastGranule: number;
}

const HEADER_BYTES = 27;
const CONTINUED = 1, LAST = 4;
const CAPTURE = [0x4f, 0x67, 0x67, 0x53];   // "OggS"

/** @throws RangeError with a few words: damaged, cut off, or several streams */
export function oggPackets(bytes: Uint8Array): OggPackets {
  const packets: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let unfinished: Uint8Array[] = [], lastGranule = 0, isEnded = false;
  for (let at = 0, sequence = 0, serial: number | undefined; at < bytes.length; sequence++) {
    if (isEnded) throw new RangeError('more than one stream in it');
    if (bytes.length - at < HEADER_BYTES || CAPTURE.some((byte, i) => bytes[at + i] !== byte)) throw new RangeError(`no page at byte ${at}`);
    const segments = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + bytes[at + 26]);
    const body = at + HEADER_BYTES + bytes[at + 26], end = body + segments.reduce((sum, segment) => sum + segment, 0);
    if (end > bytes.length) throw new RangeError('ends too soon');
    if (view.getUint32(at + 22, true) !== pageChecksum(bytes, at, end)) throw new RangeError(`the page at byte ${at} is damaged`);
    serial ??= view.getUint32(at + 14, true);
    if (view.getUint32(at + 14, true) !== serial) throw new RangeError('more than one stream in it');
    if (view.getUint32(at + 18, true) !== sequence) throw new RangeError(`the page before byte ${at} is missing`);
    if (((bytes[at + 5] & CONTINUED) !== 0) !== unfinished.length > 0) throw new RangeError(`the page at byte ${at} does not go on where the one before stopped`);
    unfinished = takePackets(bytes, body, segments, unfinished, packets);
    const granule = view.getBigInt64(at + 6, true);
    if (granule >= 0n) lastGranule = Number(granule);
    isEnded = (bytes[at + 5] & LAST) !== 0;
    at = end;
  }
  if (!isEnded) throw new RangeError('ends too soon');
  return { packets, lastGranule };
}

/** A packet ends with a segment of less than 255 bytes. @returns the pieces of one that goes on in the next page */
function takePackets(bytes: Uint8Array, body: number, segments: Uint8Array, unfinished: Uint8Array[], packets: Uint8Array[]): Uint8Array[] {
  let from = body, to = body;
  for (const segment of segments) {
    to += segment;
    if (segment === 255) continue;
    packets.push(joined([...unfinished, bytes.subarray(from, to)]));
    unfinished = [];
    from = to;
  }
  return to > from ? [...unfinished, bytes.subarray(from, to)] : unfinished;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** By byte, the polynomial 0x04c11db7, most significant bit first. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value >>> 0;
});

/** Of a page whose own checksum counts as zeros. */
function pageChecksum(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = (value << 8) ^ TABLE[(value >>> 24) ^ (at >= from + 22 && at < from + 26 ? 0 : bytes[at])];
  return value >>> 0;
}
