/** The chip's blocks made and put where they answer, with what each of them gets from the machine. */
import type { Board, Chip, PeripheralDescription } from '../boards/index.js';
import type { Bus } from '../bus/bus.js';
import type { Peripheral, ResetKind, Snapshot, Stateful, Warnings } from '../bus/types.js';
import { BLOCKS, hasQuadSpi, hasWindow, type BlockContext, type ChipMemories, type OverlaidDevice, type SharedKind } from '../peripherals/index.js';
import { QUAD_FLASHES } from '../sensors/index.js';
import type { ClockTree } from '../time/clock-tree.js';
import type { Scheduler } from '../time/types.js';
import type { Net } from '../wires/net.js';
import type { DeviceSpace } from './core.js';
import type { CoreHold } from './core-hold.js';
import type { InterruptWiring } from './interrupt-wiring.js';
import { Overlay, Window } from './overlay.js';
import { ReservedRange } from './reserved-range.js';

export interface DeviceServices {
  readonly board: Board;
  readonly seed: number;
  readonly bus: Bus;
  /** Devices go there instead of onto the bus. */
  readonly space: DeviceSpace | undefined;
  readonly clocks: ClockTree;
  readonly scheduler: Scheduler;
  readonly warnings: Warnings;
  readonly memories: ChipMemories;
  readonly hold: CoreHold;
  readonly interrupts: InterruptWiring;
  net(block: string, index: number): Net | undefined;
  ambientCelsius(): number;
  requestReset(reason: string, kind: ResetKind): void;
}

export class ChipDevices {
  /** By their name in the chip file. */
  readonly byName = new Map<string, Peripheral>();
  private readonly shared = new Map<SharedKind<object>, object>();

  constructor(private readonly services: DeviceServices) {
    const { board: { chip }, space } = services;
    for (const description of chip.peripherals) this.byName.set(description.name, BLOCKS[description.block].create(this.contextFor(description), description.options));
    if (space) this.placeIn(space);
    else this.placeOnBus(chip);
  }

  private placeIn(space: DeviceSpace): void {
    for (const [name, device] of this.byName) space.add(name, device);
    space.connect((kind) => this.sharedOf(kind));
  }

  private placeOnBus(chip: Chip): void {
    const { bus, warnings, board: { qspi }, scheduler } = this.services;
    for (const sharers of byPlace(chip.peripherals)) {
      const { at, from, bytes } = sharers[0];
      const devices = sharers.map(({ name }) => this.byName.get(name)!);
      const device = devices.length === 1 ? devices[0] : new Overlay(devices.filter(isOverlaid));
      bus.addDevice({ name: sharers.map(({ name }) => name).join('/'), base: at + from, bytes, device: from === 0 ? device : new Window(device, from) });
    }
    for (const [name, device] of this.byName) {
      if (hasWindow(device)) bus.addDevice({ name: `${name}.window`, ...device.window });
      if (hasQuadSpi(device) && qspi) device.attachFlash(QUAD_FLASHES[qspi.part](scheduler));
    }
    for (const { name, at, bytes, quiet } of chip.reserved) bus.addDevice({ name, base: at, bytes, device: new ReservedRange(name, at, quiet ? undefined : warnings) });
  }

  private contextFor({ name, at, bytes, from, irqs, clocks }: PeripheralDescription): BlockContext {
    const { services } = this;
    return {
      name, base: at, size: from + bytes, memories: services.memories, core: services.hold,
      irq: (line, onTaken) => services.interrupts.source(irqs[line], onTaken),
      clock: (input) => services.clocks.clock(clocks[input]),
      steeredClock: (input) => services.clocks.clock(clocks[input]),
      net: (index) => services.net(name, index),
      shared: (kind) => this.sharedOf(kind),
      seed: hashOf(name, services.seed),
      ambientCelsius: () => services.ambientCelsius(),
      scheduler: services.scheduler, warnings: services.warnings,
      requestReset: (reason, kind = 'system') => services.requestReset(reason, kind),
    };
  }

  private sharedOf<T extends object>(kind: SharedKind<T>): T {
    const { scheduler, warnings } = this.services;
    let made = this.shared.get(kind);
    if (made === undefined) this.shared.set(kind, (made = kind.make({ scheduler, warnings })));
    return made as T;
  }

  reset(kind: ResetKind): void {
    for (const device of this.byName.values()) device.reset(kind);
    for (const thing of this.shared.values()) if (isStateful(thing)) thing.reset(kind);
  }

  snapshot(): Snapshot {
    return Object.fromEntries([...this.byName].map(([name, device]) => [name, device.snapshot()]));
  }

  snapshotShared(): readonly (Snapshot | null)[] {
    return [...this.shared.values()].map((thing) => (isStateful(thing) ? thing.snapshot() : null));
  }

  restore(from: Readonly<Record<string, Snapshot>>): void {
    for (const [name, device] of this.byName) device.restore(from[name]);
  }

  restoreShared(from: readonly (Snapshot | null)[]): void {
    [...this.shared.values()].forEach((thing, index) => {
      const saved = from[index];
      if (isStateful(thing) && saved) thing.restore(saved);
    });
  }
}

/** Blocks by the addresses at which they answer. */
function byPlace(peripherals: readonly PeripheralDescription[]): PeripheralDescription[][] {
  const places = new Map<number, PeripheralDescription[]>();
  for (const description of peripherals) {
    const place = description.at + description.from;
    places.set(place, [...(places.get(place) ?? []), description]);
  }
  return [...places.values()];
}

function isOverlaid(device: Peripheral): device is Peripheral & OverlaidDevice {
  return 'declares' in device;
}

function isStateful(thing: object): thing is Stateful {
  return 'snapshot' in thing && 'restore' in thing;
}

/** FNV-1a over the name, begun from the seed. Source: the algorithm's public description (Fowler, Noll, Vo). */
export function hashOf(name: string, seed: number): number {
  let hash = (0x811c_9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193) >>> 0;
  return hash;
}
