/** Arm SDS: blocks of timeslot, size and samples as SDS-Framework's Theory of Operation has them, written and read here by hand. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readCsv } from '../../../emulator/sensors/stimuli/csv.js';
import { channelAt, type ChannelName } from '../../../emulator/sensors/stimuli/material.js';
import { metadataFileOf, readSds, writeSds } from '../../../emulator/sensors/stimuli/sds.js';

function block(timeslot: number, data: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(timeslot, 0);
  header.writeUInt32LE(data.length, 4);
  return Buffer.concat([header, data]);
}
const int16 = (...values: readonly number[]): Buffer => Buffer.from(Int16Array.from(values).buffer);
const float = (...values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

const ACCELEROMETER = `sds:
  name: Accelerometer
  frequency: 100
  content:
  - { value: x, type: int16_t, scale: 0.001, unit: G }
  - { value: y, type: int16_t, scale: 0.001, unit: G }
  - { value: z, type: int16_t, scale: 0.001, unit: G }
`;
const valueAt = (bytes: Uint8Array, metadata: string, name: ChannelName, seconds: number): number => channelAt(readSds(bytes, 'a.0.sds', metadata, 'mix').channels.get(name)!, seconds);

describe('an SDS recording', () => {
  it.each([['Accel.0.sds', 'Accel.sds.yml'], ['dir.x/Accel.12.p.sds', 'dir.x/Accel.sds.yml'], ['Accel.sds', 'Accel.sds.yml']])('%s is described by %s', (file, metadata) => {
    expect(metadataFileOf(file)).toBe(metadata);
  });

  it('of several samples a block has them at its rate', () => {
    const bytes = Buffer.concat([block(1000, int16(1000, 0, 0, 2000, 0, 0)), block(1020, int16(3000, 0, 0))]);
    expect(valueAt(bytes, ACCELEROMETER, 'acceleration.x', 0.015) / 9.80665).toBeCloseTo(2.5, 9);
  });

  it('without a rate has a sample for each timeslot', () => {
    const metadata = 'sds:\n  name: Temperature\n  content:\n  - { value: temp, type: float, unit: degree Celsius }\n';
    expect(valueAt(Buffer.concat([block(5000, float(20)), block(7000, float(30))]), metadata, 'temperature', 1)).toBe(25);
  });

  it('has its values scaled, then shifted', () => {
    const metadata = 'sds:\n  name: T\n  content:\n  - { value: temp, type: int16_t, unit: C, scale: 0.5, offset: -10 }\n';
    expect(valueAt(block(0, int16(60)), metadata, 'temperature', 0)).toBe(20);
  });

  it('has what no board measures passed over', () => {
    const metadata = 'sds:\n  name: T\n  content:\n  - { value: raw, type: uint16_t, dim-x: 3 }\n  - { value: temp, type: int16_t, unit: C }\n';
    expect(valueAt(block(0, int16(1, 2, 3, 21)), metadata, 'temperature', 0)).toBe(21);
  });

  it.each([
    ['3.0', 'audio: { bit-depth: 16, channels: 2, format: pcm }', '  sample-frequency: 16000\n'],
    ['3.1', 'audio: { bit-depth: 16, audio-channels: 2, sample-frequency: 16000 }', ''],
  ])('of sound, described as in version %s, is the mean of its channels', (_, content, rate) => {
    const bytes = block(0, int16(8192, 24_576, -16_384, -16_384));
    expect(readSds(bytes, 'm.0.sds', `sds:\n  name: M\n${rate}  content:\n  - ${content}\n`, 'mix').channels.get('value')).toMatchObject({ hz: 16_000, samples: Float32Array.of(0.5, -0.5) });
  });

  it.each([
    ['that is cut off', block(0, int16(1, 2, 3)).subarray(0, -1), ACCELEROMETER, 'a.0.sds: the SDS file is cut off in the block at byte 0'],
    ['whose block claims to be enormous', Buffer.from('00000000ffffffff00', 'hex'), ACCELEROMETER, 'cut off in the block at byte 0'],
    ['without samples', block(0, Buffer.alloc(0)), ACCELEROMETER, 'a.0.sds: there are no samples in it'],
    ['of a type that does not exist', block(0, int16(1)), 'sds:\n  name: T\n  content:\n  - { value: temp, type: complex }\n', 'a.sds.yml: temp: no type is called "complex"'],
    ['of nothing that a board measures', block(0, int16(1)), 'sds:\n  name: T\n  content:\n  - { value: raw, type: int16_t }\n', 'a.sds.yml: no value in it that a board measures'],
    ['without description', block(0, int16(1)), 'hello', 'a.sds.yml: '],
  ])('%s is refused with one line', (_, bytes, metadata, message) => {
    expect(() => readSds(bytes, 'a.0.sds', metadata, 'mix')).toThrow(message);
  });

  it('of ours has a block for each row, described by its metadata', () => {
    const { sds, metadata } = writeSds(readCsv('time,ax,temperature\n0,1.5,20\n0.5,-2,21\n', 'x.csv'), 'both');
    const buffer = Buffer.from(sds);
    const rows = [0, 16].map((at) => [buffer.readUInt32LE(at), buffer.readUInt32LE(at + 4), buffer.readFloatLE(at + 8), buffer.readFloatLE(at + 12)]);
    expect([rows, parse(metadata)]).toEqual([
      [[0, 8, 1.5, 20], [500_000, 8, -2, 21]],
      { sds: { name: 'both', 'tick-frequency': 1_000_000, content: [{ value: 'acceleration.x', type: 'float', unit: 'm/s2' }, { value: 'temperature', type: 'float', unit: 'celsius' }] } },
    ]);
  });
});
