/** The virtual USB host against devices that misbehave. Expected behaviour: USB 2.0, chapters 8 and 9. */
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../emulator/time/event-queue.js';
import { parseConfiguration, serialFunctionOf } from '../../emulator/wires/usb-descriptors.js';
import { UsbHost } from '../../emulator/wires/usb-host.js';
import type { DataPacket, Handshake, UsbDevice } from '../../emulator/wires/usb.js';

const ROOT_HZ = 12_000_000;

/** A device whose answers to IN tokens are given; it acknowledges all else. */
class Device implements UsbDevice {
  resets = 0;
  readonly requests: number[][] = [];
  frames: number[] = [];
  constructor(private readonly answer: (request: readonly number[]) => DataPacket | Exclude<Handshake, 'ack'>) {}
  busReset(): void { this.resets++; }
  startOfFrame(number: number): void { this.frames.push(number); }
  suspend(): void { /* not of interest */ }
  resume(): void { /* not of interest */ }
  setup(_address: number, request: Uint8Array): boolean { this.requests.push([...request]); return true; }
  in(): DataPacket | Exclude<Handshake, 'ack'> { return this.answer(this.requests.at(-1) ?? []); }
  taken(): void { /* not of interest */ }
  out(): Handshake { return 'ack'; }
}

function run(device: Device, milliseconds: number): { host: UsbHost; warnings: string[] } {
  let now = 0;
  const queue = new EventQueue({ now: () => now }, ROOT_HZ);
  const warnings: string[] = [];
  const host = new UsbHost(queue, { warn: (_key, text) => void warnings.push(text) }, 'usb0');
  host.connect(device);
  host.attach(true);
  const end = (milliseconds * ROOT_HZ) / 1000;
  while (queue.nextDue() <= end) {
    now = queue.nextDue();
    queue.runDue(now);
  }
  return { host, warnings };
}

const packet = (bytes: readonly number[], toggle: 0 | 1 = 1): DataPacket => ({ toggle, bytes: Uint8Array.from(bytes) });

describe('a host meets a device that', () => {
  it.each([
    ['never answers', () => 'none' as const],
    ['refuses everything', () => 'stall' as const],
    ['sends a descriptor of zeros', () => packet(new Array<number>(64).fill(0))],
    ['sends one byte', () => packet([1])],
  ])('%s: it gives up after three attempts and says so once', (_, answer) => {
    const device = new Device(answer);
    const { host, warnings } = run(device, 2000);
    expect([host.state, device.resets, warnings.length]).toEqual(['failed', 3, 1]);
  });

  it('answers NAK for ever: gives up after 5 s an attempt (USB 2.0, 9.2.6.4)', () => {
    const device = new Device(() => 'nak');
    expect(run(device, 15_000).host.state).not.toBe('failed');
    expect(run(new Device(() => 'nak'), 15_400).host.state).toBe('failed');
  });

  it('repeats the wrong data toggle for ever: the same', () => {
    expect(run(new Device(() => packet([1, 2, 3], 0)), 15_400).host.state).toBe('failed');
  });
});

describe('frames', () => {
  it('begin every millisecond once the first reset, of 50 ms after 100 ms of debounce, has ended', () => {
    const device = new Device(() => 'nak');
    run(device, 155);
    expect(device.frames).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('a configuration descriptor', () => {
  const HEADER = [9, 2, 0, 0, 2, 1, 0, 0x80, 50];
  const CONTROL = [9, 4, 3, 0, 1, 2, 2, 0, 0];
  const DATA = [9, 4, 4, 0, 2, 10, 0, 0, 0];
  const BULK_IN = [7, 5, 0x85, 2, 64, 0, 0];
  const BULK_OUT = [7, 5, 0x05, 2, 64, 0, 0];
  const UNION = [5, 0x24, 0x06, 3, 4];
  const NOTIFY = [7, 5, 0x84, 3, 8, 0, 16];
  const MASS_STORAGE = [9, 4, 0, 0, 2, 8, 6, 0x50, 0, 7, 5, 0x81, 2, 64, 0, 0, 7, 5, 0x01, 2, 64, 0, 0];
  const ASSOCIATION = [8, 11, 3, 2, 2, 2, 0, 0];
  const found = (...parts: number[][]): unknown => {
    const configuration = parseConfiguration(Uint8Array.from(parts.flat()));
    const serial = configuration && serialFunctionOf(configuration);
    return serial && [serial.controlInterface, serial.notification?.address, serial.bulkIn.address, serial.bulkOut.address];
  };

  it.each([
    ['of a composite device, with an association', [HEADER, MASS_STORAGE, ASSOCIATION, CONTROL, UNION, NOTIFY, DATA, BULK_IN, BULK_OUT], [3, 0x84, 0x85, 0x05]],
    ['without a union', [HEADER, CONTROL, NOTIFY, DATA, BULK_IN, BULK_OUT], [3, 0x84, 0x85, 0x05]],
    ['with a data interface in other hands', [HEADER, CONTROL, UNION, NOTIFY, MASS_STORAGE], undefined],
    ['cut short in an endpoint', [HEADER, CONTROL, UNION, DATA, BULK_IN, BULK_OUT.slice(0, 5)], undefined],
    ['with a descriptor of length 0', [HEADER, [0, 0], CONTROL, UNION, DATA, BULK_IN, BULK_OUT], undefined],
    ['with a union of two bytes', [HEADER, CONTROL, [2, 0x24], DATA, BULK_IN, BULK_OUT], [3, undefined, 0x85, 0x05]],
  ])('%s', (_, parts, expected) => expect(found(...parts)).toEqual(expected));
});
