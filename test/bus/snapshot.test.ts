import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { SnapshotError, decodeSnapshot, encodeSnapshot } from '../../emulator/bus/snapshot.js';
import { crc32 } from '../../emulator/bus/snapshot-bytes.js';
import type { Snapshot } from '../../emulator/bus/types.js';

const sparse = fc.array(fc.tuple(fc.nat(40), fc.uint8Array({ maxLength: 12 })), { maxLength: 6 }).map((runs) =>
  Uint8Array.from(runs.flatMap(([zeros, literals]) => [...new Array<number>(zeros).fill(0), ...literals])));
const { tree } = fc.letrec((tie) => ({
  tree: fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { maxKeys: 6 }),
  value: fc.oneof({ depthSize: 'small' },
    fc.constant(null), fc.boolean(), fc.double(), fc.integer(), fc.maxSafeInteger(), fc.string({ unit: 'grapheme' }), sparse,
    fc.array(tie('value'), { maxLength: 5 }), tie('tree')),
}));
const snapshots = tree as fc.Arbitrary<Snapshot>;

/** A body in a sound envelope. */
function sealed(body: number[], version = 1): Uint8Array {
  const head = [0x54, 0x4c, 0x53, 0x4e, version, body.length & 0xff, body.length >> 8, 0, 0, ...body];
  const crc = crc32(Uint8Array.from(head));
  return Uint8Array.from([...head, crc & 0xff, (crc >>> 8) & 0xff, (crc >>> 16) & 0xff, crc >>> 24]);
}

describe('a snapshot as bytes', () => {
  it('comes back as the same tree', () => fc.assert(fc.property(snapshots, (snapshot) => {
    expect(decodeSnapshot(encodeSnapshot(snapshot))).toEqual({ ...snapshot });
  }), { numRuns: 500 }));

  it('has the same bytes for equal trees, whatever the order of their keys', () => {
    const bytes = Uint8Array.of(1, 0, 0, 0, 0, 2);
    expect(encodeSnapshot({ b: [1, -0, bytes], a: { y: NaN, x: null } })).toEqual(encodeSnapshot({ a: { x: null, y: -NaN }, b: [1, -0, bytes] }));
  });

  it('keeps -0, NaN, infinities, byte order marks and a key called __proto__', () => {
    const snapshot = Object.fromEntries([['__proto__', [-0, NaN, Infinity, -Infinity, '\ufeff', Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]]]) as Snapshot;
    expect(Object.entries(decodeSnapshot(encodeSnapshot(snapshot)))).toEqual(Object.entries(snapshot));
  });

  it('stores an empty megabyte in a few bytes', () => {
    const memory = new Uint8Array(1 << 20);
    expect(encodeSnapshot({ memory }).length).toBeLessThan(40);
    memory[1000] = 5;
    const copy = decodeSnapshot(encodeSnapshot({ memory }))['memory'] as Uint8Array;
    expect([copy.length, copy[999], copy[1000], copy[1001]]).toEqual([1 << 20, 0, 5, 0]);
  });

  // The layout written by hand: { a: [true, 300, -2, bytes 00 00 00 00 07] }
  it('has the documented layout', () => {
    const body = [9, 1, 1, 0x61, 8, 4, 2, 3, 0xac, 0x02, 4, 1, 7, 5, 4, 1, 7];
    expect(encodeSnapshot({ a: [true, 300, -2, Uint8Array.of(0, 0, 0, 0, 7)] })).toEqual(sealed(body));
  });

  // The check value of CRC-32/ISO-HDLC in every catalogue of CRCs.
  it('uses the CRC-32 whose check value is CBF43926', () => expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf4_3926));

  it.each([
    [{ a: undefined }, /snapshot\.a: a snapshot holds plain values and Uint8Arrays, not \[object Undefined\]/],
    [{ a: [new Uint16Array(1)] }, /snapshot\.a\[0\]: .*Uint16Array/],
    [{ a: '\ud800' }, /snapshot\.a: a text with half a surrogate pair/],
    [{ a: () => 1 }, /snapshot\.a/],
  ])('is refused for %o', (value, message) => expect(() => encodeSnapshot(value as unknown as Snapshot)).toThrow(message));

  it('is refused when nested without end', () => {
    const loop: Record<string, unknown> = {};
    loop['loop'] = loop;
    expect(() => encodeSnapshot(loop as Snapshot)).toThrow(/nested deeper than 64/);
  });
});

describe('bytes that are no snapshot', () => {
  it.each([
    ['nothing', new Uint8Array(0), /not a snapshot/],
    ['another file', new Uint8Array(64).fill(0x7f), /does not begin with "TLSN"/],
    ['a later version', sealed([9, 0], 2), /version 2 is not known/],
    ['a missing end', encodeSnapshot({ a: 1 }).slice(0, -1), /its body should have/],
    ['no object', sealed([0]), /holds no object/],
    ['bytes after the value', sealed([9, 0, 0]), /1 bytes follow/],
    ['an unknown tag', sealed([77]), /unknown tag 77/],
    ['an array longer than the file', sealed([8, 0xff, 0xff, 0x03]), /elements are announced/],
    ['a text longer than the file', sealed([6, 0x20]), /32 bytes are announced and 0 are left/],
    ['a byte array of 2^50 zeros', sealed([9, 1, 0, 7, 128, 128, 128, 128, 128, 128, 128, 2]), /more bytes than allowed/],
    ['runs past the array', sealed([9, 1, 0, 7, 2, 3, 0]), /do not add up/],
    ['empty runs', sealed([9, 1, 0, 7, 2, 0, 0]), /do not add up/],
    ['a number without end', sealed([3, ...new Array<number>(9).fill(0x80)]), /longer than eight bytes/],
    ['a number past 2^53', sealed([3, ...new Array<number>(7).fill(0xff), 0x7f]), /passes 2\^53/],
    ['bad UTF-8', sealed([6, 1, 0xff]), /not UTF-8/],
    ['twice the same key', sealed([9, 2, 1, 0x61, 0, 1, 0x61, 0]), /ascending order/],
    ['nesting without end', sealed([...new Array<number>(200).fill(0).flatMap(() => [8, 1]), 0]), /nested deeper than 64/],
  ])('are refused for %s', (_, bytes, message) => expect(() => decodeSnapshot(bytes)).toThrow(message));

  it('are refused for any single flipped bit', () => fc.assert(fc.property(snapshots, fc.nat(), (snapshot, at) => {
    const bytes = encodeSnapshot(snapshot);
    bytes[(at >> 3) % bytes.length] ^= 1 << (at & 7);
    expect(() => decodeSnapshot(bytes)).toThrow(SnapshotError);
  })));

  it('end in a tree or in one clear error, whatever a sound envelope holds', () => fc.assert(fc.property(
    fc.array(fc.oneof(fc.nat(9), fc.nat(255)), { maxLength: 80 }), (body) => {
      try {
        decodeSnapshot(sealed(body), { maxBytes: 1 << 16 });
      } catch (error) {
        expect(error).toBeInstanceOf(SnapshotError);
      }
    }), { numRuns: 2000 }));
});
