/** One part alone on nets, with a time to move by hand; on SPI with a controller that sends at once. */
import type { Snapshot, SnapshotValue } from '../../../emulator/bus/types.js';
import { ChargeMeter, Inputs, PARTS, type Control, type Part, type PartBus, type Shown } from '../../../emulator/sensors/index.js';
import { Net, Pin } from '../../../emulator/wires/net.js';
import { SpiBus } from '../../../emulator/wires/spi-bus.js';
import { ManualTime } from '../../support/manual-time.js';

/** A tick of the bench is 50 ns. */
export const TICKS_PER_US = 20;

export interface PinBench {
  readonly part: Part;
  readonly world: Inputs;
  readonly warnings: string[];
  /** How often it said that what it shows has changed, with the time in us. */
  readonly changes: { readonly at: number; readonly shown: Shown | undefined }[];
  net(name: string): Net;
  /** What the firmware drives it with. */
  drive(name: string, level: boolean): void;
  microseconds(time: number): void;
  now(): number;
  shows(): Shown | undefined;
  control(name: string): Control;
  /** Selects, exchanges, deselects. */
  spi(...bytes: number[]): number[];
  select(isSelected: boolean): void;
  exchange(...bytes: number[]): number[];
  /** Microamps that it draws now. */
  draws(): number | undefined;
  snapshot(): SnapshotValue;
  restore(from: SnapshotValue): void;
}

export interface PinBenchOptions { readonly bus?: PartBus; readonly seed?: number; readonly file?: (name: string) => Uint8Array }

export function pinBench(name: string, options: Record<string, unknown> = {}, pins: readonly string[] = PARTS[name].pins, { bus = PARTS[name].buses[0], seed = 1, file }: PinBenchOptions = {}): PinBench {
  const time = new ManualTime(TICKS_PER_US * 1_000_000);
  const { queue } = time;
  const nets = new Map<string, Net>();
  const net = (own: string): Net => {
    if (!nets.has(own)) nets.set(own, new Net(own, queue));
    return nets.get(own)!;
  };
  const world = new Inputs();
  const warnings: string[] = [];
  const changes: { at: number; shown: Shown | undefined }[] = [];
  const now = (): number => time.now() / TICKS_PER_US;
  let part: Part | undefined = undefined;
  const factory = PARTS[name];
  const meter = new ChargeMeter(queue);
  const made = factory.create({
    name, bus, scheduler: queue, warnings: { warn: (_key, text) => void warnings.push(text) }, world, seed, imperfections: false, addresses: [], draws: (state, microamps, at) => meter.draws(state, microamps, at), ...(file && { file }),
    pin: (own) => (pins.includes(own) ? net(own) : undefined), changed: () => void changes.push({ at: now(), shown: (part)?.shows?.() }),
  }, factory.options.parse(options));
  part = made;
  const nameOfDriver = new Map<string, Pin>();
  const drive = (own: string, level: boolean): void => {
    if (!nameOfDriver.has(own)) nameOfDriver.set(own, new Pin('firmware', net(own)));
    nameOfDriver.get(own)!.drive(level);
  };
  let spiBus: SpiBus | undefined;
  if (made.spi !== undefined) {
    const { device, ...format } = made.spi;
    drive('cs', true);
    drive('sck', false);
    drive('mosi', false);
    spiBus = new SpiBus({ sck: net('sck'), mosi: net('mosi'), miso: net('miso') });
    spiBus.attach(device, { cs: net('cs'), ...format });
  }
  made.reset();
  const exchange = (...bytes: number[]): number[] => bytes.map((byte) => {
    let received = 0;
    for (let bit = 7; bit >= 0; bit--) {
      drive('mosi', ((byte >> bit) & 1) === 1);
      received = (received << 1) | Number(net('miso').level);
      drive('sck', true);
      drive('sck', false);
    }
    return received;
  });
  const select = (isSelected: boolean): void => drive('cs', !isSelected);
  return {
    draws: () => meter.now?.microamps,
    part: made, world, warnings, changes, net, drive, now, exchange, select,
    microseconds: (us) => time.advance(Math.round(us * TICKS_PER_US)),
    shows: () => made.shows?.(),
    control: (own) => made.controls![own],
    spi: (...bytes) => {
      select(true);
      const received = exchange(...bytes);
      select(false);
      return received;
    },
    snapshot: () => structuredClone([time.now(), queue.snapshot(), made.snapshot(), [...nets].map(([own, wire]) => [own, wire.snapshot()]), spiBus?.snapshot() ?? null]),
    restore: (from) => {
      const [at, events, saved, wires, savedBus] = from as unknown as [number, Snapshot, Snapshot, [string, Snapshot][], Snapshot | null];
      time.jump(at);
      queue.restore(events);
      for (const [own, wire] of wires) net(own).restore(wire);
      if (savedBus !== null) spiBus?.restore(savedBus);
      made.restore(saved);
    },
  };
}

/** A control that is a switch. */
export function setSwitch(bench: PinBench, name: string, value: boolean): void {
  const control = bench.control(name);
  if (control.kind !== 'switch') throw new Error(`${name} is no switch`);
  control.set(value);
}
