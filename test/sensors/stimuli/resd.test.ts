/**
 * Renode Sensor Data. `independent` writes and reads the format straight from its public grammar (tools/csv2resd of Renode), by text
 * with hexadecimal digits, and shares nothing with the emulator; its first file is byte for byte what Renode's converter makes.
 */
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../emulator/sensors/stimuli/csv.js';
import { channelAt } from '../../../emulator/sensors/stimuli/material.js';
import { readResd, writeResd } from '../../../emulator/sensors/stimuli/resd.js';

const le = (value: number | bigint, bytes: number): string => Buffer.from(BigInt.asUintN(8 * bytes, BigInt(value)).toString(16).padStart(2 * bytes, '0'), 'hex').reverse().toString('hex');
const HEADER = `${Buffer.from('RESD').toString('hex')}01000000`;
const file = (...blocks: readonly string[]): Uint8Array => Uint8Array.from(Buffer.from(HEADER + blocks.join(''), 'hex'));

/** kind 2: start time, period. */
function steady(type: number, channel: number, start: number, period: number, samples: readonly string[], metadata = ''): string {
  const body = le(start, 8) + le(period, 8) + le(metadata.length / 2, 8) + metadata + samples.join('');
  return `02${le(type, 2)}${le(channel, 2)}${le(body.length / 2, 8)}${body}`;
}
/** kind 1: start time, then each sample after its own. */
function stamped(type: number, channel: number, start: number, samples: readonly (readonly [at: number, sample: string])[]): string {
  const body = le(start, 8) + le(0, 8) + samples.map(([at, sample]) => le(at, 8) + sample).join('');
  return `01${le(type, 2)}${le(channel, 2)}${le(body.length / 2, 8)}${body}`;
}

const FIELDS: Readonly<Record<number, { count: number; bytes: number }>> = { 1: { count: 1, bytes: 4 }, 2: { count: 3, bytes: 4 }, 3: { count: 3, bytes: 4 }, 6: { count: 1, bytes: 4 }, 7: { count: 1, bytes: 8 }, 8: { count: 3, bytes: 4 } };

interface ReadBlock { readonly kind: number; readonly type: number; readonly channel: number; readonly start: number; readonly period: number | undefined; readonly samples: readonly (readonly number[])[] }
function independentRead(bytes: Uint8Array): ReadBlock[] {
  const buffer = Buffer.from(bytes);
  if (buffer.toString('latin1', 0, 4) !== 'RESD' || buffer[4] !== 1) throw new Error('no RESD of version 1');
  const blocks: ReadBlock[] = [];
  for (let at = 8; at < buffer.length;) {
    const [kind, type, channel, size] = [buffer[at], buffer.readUInt16LE(at + 1), buffer.readUInt16LE(at + 3), Number(buffer.readBigUInt64LE(at + 5))];
    const body = buffer.subarray(at + 13, at + 13 + size);
    const sub = kind === 2 ? 16 : 8;
    let rest = body.subarray(sub + 8 + Number(body.readBigUInt64LE(sub)));
    const { count, bytes: width } = FIELDS[type];
    const samples: number[][] = [];
    while (rest.length > 0) {
      const stamp = kind === 1 ? [Number(rest.readBigUInt64LE(0))] : [];
      const values = Array.from({ length: count }, (_, i) => (width === 8 ? Number(rest.readBigUInt64LE(stamp.length * 8)) : rest.readInt32LE(stamp.length * 8 + 4 * i)));
      samples.push([...stamp, ...values]);
      rest = rest.subarray(stamp.length * 8 + count * width);
    }
    blocks.push({ kind, type, channel, start: Number(body.readBigUInt64LE(0)), period: kind === 2 ? Number(body.readBigUInt64LE(8)) : undefined, samples });
    at += 13 + size;
  }
  return blocks;
}

const vector = (...axes: readonly number[]): string => axes.map((axis) => le(axis, 4)).join('');
const at = (bytes: Uint8Array, quantity: string, seconds: number, channel: 'mix' | number = 'mix'): number => channelAt(readResd(bytes, 'x.resd', channel).channels.get(quantity as 'temperature')!, seconds);

describe('a RESD file', () => {
  it.each([
    ['temperature in thousandths of a degree', steady(1, 0, 0, 1e9, [le(32_502, 4)]), 'temperature', 32.502],
    ['temperature below zero', steady(1, 0, 0, 1e9, [le(-5000, 4)]), 'temperature', -5],
    ['acceleration in millionths of g', steady(2, 0, 0, 1e9, [vector(0, 0, 1_000_000)]), 'acceleration.z', 9.80665],
    ['angular rate in hundred-thousandths of a radian per second', steady(3, 0, 0, 1e9, [vector(0, 314_159, 0)]), 'rotation.y', 179.9998],
    ['humidity in thousandths of a per cent', steady(6, 0, 0, 1e9, [le(45_500, 4)]), 'humidity', 45.5],
    ['pressure in thousandths of a pascal', steady(7, 0, 0, 1e9, [le(101_325_000, 8)]), 'pressure', 101_325],
    ['magnetic flux density in nanotesla', steady(8, 0, 0, 1e9, [vector(-44_000, 0, 0)]), 'magneticField.x', -44],
  ])('has %s', (_, block, quantity, expected) => {
    expect(at(file(block), quantity, 0)).toBeCloseTo(expected, 3);
  });

  it('has a sample each period from its start on', () => {
    expect(at(file(steady(1, 0, 2e9, 1e9, [le(1000, 4), le(3000, 4)])), 'temperature', 2.5)).toBeCloseTo(2, 9);
  });

  it('has samples at times of their own, counted from its start', () => {
    expect(at(file(stamped(1, 0, 1e9, [[0, le(0, 4)], [4e9, le(4000, 4)]])), 'temperature', 2)).toBeCloseTo(1, 9);
  });

  it('goes on in further blocks of a channel', () => {
    expect(at(file(steady(1, 0, 0, 1e9, [le(1000, 4)]), steady(1, 0, 10e9, 1e9, [le(2000, 4)])), 'temperature', 10)).toBe(2);
  });

  it('has several channels of a type, of which the lowest counts unless another is asked for', () => {
    const both = file(steady(1, 1, 0, 1e9, [le(1000, 4)]), steady(1, 0, 0, 1e9, [le(2000, 4)]));
    expect([at(both, 'temperature', 0), at(both, 'temperature', 0, 1)]).toEqual([2, 1]);
  });

  it('may carry metadata and samples that no board measures', () => {
    expect(at(file(steady(5, 0, 0, 1e9, [le(7, 4)]), steady(1, 0, 0, 1e9, [le(1000, 4)], '6100017f')), 'temperature', 0)).toBe(1);
  });

  it.each([
    ['of another version', Uint8Array.from(Buffer.from('5245534402000000', 'hex')), 'x.resd: RESD of version 2; version 1 is read'],
    ['that is cut off', file(steady(1, 0, 0, 1e9, [le(1, 4), le(2, 4)])).subarray(0, -3), 'x.resd: the RESD file is cut off in the block at byte 8'],
    ['with a kind of block that does not exist', file(`07${steady(1, 0, 0, 1e9, []).slice(2)}`), 'the block at byte 8 is of kind 7'],
    ['with a block that claims to be enormous', file(`02${le(1, 2)}${le(0, 2)}${'ff'.repeat(8)}`), 'cut off in the block at byte 8'],
    ['with samples no time apart', file(steady(1, 0, 0, 0, [le(1, 4)])), 'samples no time apart'],
    ['that goes back in time', file(stamped(1, 0, 0, [[5, le(1, 4)], [4, le(1, 4)]])), 'the time of sample 1 is not after the one before'],
    ['of voltages only', file(steady(4, 0, 0, 1e9, [le(1, 4)])), 'nothing in it that a board measures: it has voltage'],
  ])('%s is refused with one line', (_, bytes, message) => {
    expect(() => readResd(bytes, 'x.resd', 'mix')).toThrow(message);
  });

  it('of steady rows has their period', () => {
    const blocks = independentRead(writeResd(readCsv('time,temperature\n0,20\n0.01,-5\n0.02,22\n', 'x.csv')));
    expect(blocks).toEqual([{ kind: 2, type: 1, channel: 0, start: 0, period: 10_000_000, samples: [[20_000], [-5000], [22_000]] }]);
  });

  it('of rows at uneven times has these, and vectors whole', () => {
    const blocks = independentRead(writeResd(readCsv('time,ax_g,az_g,pressure\n0,1,0,100000\n0.01,2,1,100001\n0.05,-1,1,100002\n', 'x.csv')));
    expect(blocks).toEqual([
      { kind: 1, type: 2, channel: 0, start: 0, period: undefined, samples: [[0, 1_000_000, 0, 0], [10_000_000, 2_000_000, 0, 1_000_000], [50_000_000, -1_000_000, 0, 1_000_000]] },
      { kind: 1, type: 7, channel: 0, start: 0, period: undefined, samples: [[0, 100_000_000], [10_000_000, 100_001_000], [50_000_000, 100_002_000]] },
    ]);
  });
});
