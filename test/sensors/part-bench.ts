/** One part alone on an I2C bus: transactions with true durations, a world to change, pins to look at. */
import type { Snapshot, SnapshotValue } from '../../emulator/bus/types.js';
import { ChargeMeter, Inputs, PARTS, type Part, type StateUse } from '../../emulator/sensors/index.js';
import { bitTimeOf } from '../../emulator/wires/bit-time.js';
import { I2cBus } from '../../emulator/wires/i2c-bus.js';
import { I2cController } from '../../emulator/wires/i2c-controller.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import type { EventQueue } from '../../emulator/time/event-queue.js';
import { ManualTime } from '../support/manual-time.js';

export const PART_BENCH_HZ = 16_000_000;
const I2C_HZ = 400_000;

export interface PartBench {
  readonly world: Inputs;
  readonly part: Part;
  readonly warnings: string[];
  /** @returns whether every byte was acknowledged */
  write(address: number, ...bytes: number[]): boolean;
  /** Writes the register's number, then reads after a repeated START. */
  read(address: number, register: number, count?: number): number[];
  /** Reads one byte without choosing a register, as bus scanners do. @returns whether the part is there */
  probe(address: number): boolean;
  milliseconds(time: number): void;
  pin(name: string): Net;
  /** Root ticks so far. */
  now(): number;
  readonly scheduler: EventQueue;
  /** What it drew so far. */
  uses(): readonly StateUse[];
  snapshot(): SnapshotValue;
  restore(from: SnapshotValue): void;
}

export function partBench(name: string, addresses: readonly number[], options: Record<string, unknown> = {}, { seed = 1, imperfections = false } = {}): PartBench {
  const time = new ManualTime(PART_BENCH_HZ);
  const { queue } = time;
  const [sda, scl] = [new Net('SDA', queue), new Net('SCL', queue)];
  const bus = new I2cBus(queue, sda, scl);
  const world = new Inputs();
  const warnings: string[] = [];
  const pins = new Map<string, Net>();
  const pin = (own: string): Net => {
    if (!pins.has(own)) pins.set(own, new Net(own, queue));
    return pins.get(own)!;
  };
  const factory = PARTS[name];
  const meter = new ChargeMeter(queue);
  const draws = (state: string, microamps: number, at?: number): void => meter.draws(state, microamps, at);
  const part = factory.create({ name, bus: factory.buses[0], scheduler: queue, warnings: { warn: (_key, text) => void warnings.push(text) }, world, seed, imperfections, addresses, pin, draws }, factory.options.parse(options));
  part.reset();
  world.beforeChange = () => part.catchUp?.();
  part.targets?.forEach((target, index) => bus.attach(target, { address: addresses[index] }));
  for (const listener of part.listeners ?? []) bus.attachListener(listener, (address) => listener.answers(address));
  let isAcknowledged = true;
  let input: number[] = [];
  let isDone = false;
  const controller = new I2cController(queue, {
    started: () => { isDone = true; }, stopped: () => { isDone = true; },
    wrote: (acknowledged) => { isAcknowledged &&= acknowledged; isDone = true; },
    received: (byte) => { input.push(byte); isDone = true; },
  });
  controller.configure(bitTimeOf(I2C_HZ, PART_BENCH_HZ));
  controller.attach(new Pin('controller SDA', sda), new Pin('controller SCL', scl));
  const wait = (operation: () => void): void => {
    isDone = false;
    operation();
    while (!isDone) time.advanceTo(queue.nextDue());
  };
  const send = (address: number, bytes: readonly number[]): void => {
    wait(() => controller.start());
    for (const byte of [address << 1, ...bytes]) wait(() => controller.write(byte));
  };
  return {
    world, part, warnings, pin,
    scheduler: queue, now: () => time.now(), uses: () => meter.uses(),
    write: (address, ...bytes) => {
      isAcknowledged = true;
      send(address, bytes);
      wait(() => controller.stop());
      return isAcknowledged;
    },
    read: (address, register, count = 1) => {
      input = [];
      send(address, [register]);
      wait(() => controller.start());
      wait(() => controller.write((address << 1) | 1));
      for (let n = 1; n <= count; n++) wait(() => controller.read(n < count));
      wait(() => controller.stop());
      return input;
    },
    probe: (address) => {
      isAcknowledged = true;
      wait(() => controller.start());
      wait(() => controller.write((address << 1) | 1));
      wait(() => controller.read(false));
      wait(() => controller.stop());
      return isAcknowledged;
    },
    milliseconds: (ms) => time.advance(Math.round((ms * PART_BENCH_HZ) / 1000)),
    snapshot: () => JSON.parse(JSON.stringify([time.now(), queue.snapshot(), part.snapshot()])) as SnapshotValue,
    restore: (from) => {
      const [at, events, saved] = from as unknown as [number, Snapshot, Snapshot];
      time.jump(at);
      queue.restore(events);
      part.restore(saved);
    },
  };
}

/** Little-endian int16 numbers of bytes. */
export function words(bytes: readonly number[]): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, i) => ((bytes[2 * i] | (bytes[2 * i + 1] << 8)) << 16) >> 16);
}

/** Big-endian ones. */
export function wordsBigEndian(bytes: readonly number[]): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, i) => (((bytes[2 * i] << 8) | bytes[2 * i + 1]) << 16) >> 16);
}

/** Counts a pin's edges from now on. */
export function countEdges(net: Net): { rises: number; falls: number } {
  const edges = { rises: 0, falls: 0 };
  net.follow((level) => { if (level) edges.rises++; else edges.falls++; });
  return edges;
}
