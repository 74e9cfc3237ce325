import { describe, expect, it } from 'vitest';
import { readJsonRecording } from '../../../emulator/sensors/stimuli/json-recording.js';
import { channelAt, type ChannelName } from '../../../emulator/sensors/stimuli/material.js';

const valueAt = (value: unknown, name: ChannelName, seconds: number, gaps: 'refuse' | 'bridge' = 'refuse'): number =>
  channelAt(readJsonRecording(JSON.stringify(value), 'x.json', gaps).channels.get(name)!, seconds);

const edgeImpulse = (payload: object): object => ({ protected: { ver: 'v1', alg: 'none' }, signature: '00', payload: { device_type: 'X', ...payload } });

describe('a JSON recording', () => {
  it('has moments in their unit, and values in theirs', () => {
    expect(valueAt({ time: [100, 200], timeUnit: 'ms', units: { ax: 'g' }, values: { ax: [0, 2] } }, 'acceleration.x', 0.05)).toBeCloseTo(9.80665, 9);
  });

  it('may have an interval instead', () => {
    expect(valueAt({ intervalMs: 500, values: { temperature: [20, 30, 40] } }, 'temperature', 0.75)).toBe(35);
  });

  it('has gaps bridged when that is asked for', () => {
    expect(valueAt({ intervalMs: 1000, values: { temperature: [20, null, 40] } }, 'temperature', 1, 'bridge')).toBe(30);
  });

  it('may come from Edge Impulse', () => {
    const recording = edgeImpulse({ interval_ms: 10, sensors: [{ name: 'accX', units: 'm/s2' }, { name: 'gyrZ', units: 'rad/s' }], values: [[-9.81, 0], [-9.83, Math.PI]] });
    expect([valueAt(recording, 'acceleration.x', 0.01), valueAt(recording, 'rotation.z', 0.01)]).toEqual([-9.83, 180]);
  });

  it('may be sound from Edge Impulse', () => {
    const { channels } = readJsonRecording(JSON.stringify(edgeImpulse({ interval_ms: 0.0625, sensors: [{ name: 'audio', units: 'wav' }], values: [16_384, -8192] })), 'x.json', 'refuse');
    expect(channels.get('value')).toMatchObject({ hz: 16_000, samples: Float32Array.of(0.5, -0.25) });
  });

  it.each([
    ['that is none', 'hello', 'x.json: no JSON'],
    ['with a gap', '{"intervalMs":1,"values":{"ax":[1,null]}}', 'x.json: ax has no value at moment 1'],
    ['with fewer values than moments', '{"time":[0,1],"values":{"ax":[1]}}', 'x.json: values.ax has 1 values for 2 moments'],
    ['of something that no board measures', '{"intervalMs":1,"values":{"speed":[1]}}', 'x.json: no quantity is called "speed"'],
    ['in a unit that it does not have', '{"intervalMs":1,"units":{"ax":"lux"},"values":{"ax":[1]}}', 'x.json: acceleration.x is not measured in "lux"'],
    ['of nothing', '{"intervalMs":1,"values":{}}', 'x.json: '],
    ['that goes back in time', '{"time":[1,0],"values":{"ax":[1,2]}}', 'x.json: moment 1: its time is not after'],
  ])('%s is refused with one line', (_, text, message) => {
    expect(() => readJsonRecording(text, 'x.json', 'refuse')).toThrow(message);
  });
});
