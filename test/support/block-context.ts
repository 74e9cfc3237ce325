/** What a machine gives a block, made for tests: a root clock, wires, nets, memories. */
import type { Line, Snapshot, SnapshotValue, Stateful } from '../../emulator/bus/types.js';
import type { BlockContext, ChipMemory, SharedKind } from '../../emulator/peripherals/index.js';
import { ClockTree } from '../../emulator/time/clock-tree.js';
import { EventQueue } from '../../emulator/time/event-queue.js';
import { Net } from '../../emulator/wires/net.js';

export interface FakeChip {
  readonly context: BlockContext;
  /** A second block on the same chip: what blocks share is shared. */
  contextFor(name: string, base: number): BlockContext;
  readonly queue: EventQueue;
  readonly tree: ClockTree;
  readonly levels: Map<string, boolean>;
  /** What blocks want called when the core has taken an interrupt, by line. */
  readonly takers: Map<string, () => void>;
  readonly warnings: string[];
  readonly resets: string[];
  readonly stalls: number[];
  readonly nets: Map<number, Net>;
  readonly ram: ChipMemory;
  readonly flash: ChipMemory;
  sleep(isAsleep: boolean): void;
  isOff: boolean;
  /** What a machine saves beside its blocks: nets, and what blocks share. */
  snapshot(): SnapshotValue[];
  restore(from: readonly SnapshotValue[]): void;
}

export interface FakeChipOptions {
  readonly rootHz: number;
  /** Frequency in Hz of the clocks, by their input's name; `clk` for every other input has the root's. */
  readonly clocks?: Readonly<Record<string, number>>;
}

const MEMORY_BYTES = 0x1_0000;

export function fakeChip(time: { now(): number }, { rootHz, clocks = {} }: FakeChipOptions): FakeChip {
  const queue = new EventQueue(time, rootHz);
  const tree = new ClockTree(queue, { oscillators: { clk: rootHz, ...clocks } });
  const levels = new Map<string, boolean>();
  const takers = new Map<string, () => void>();
  const warned = new Set<string>();
  const shared = new Map<SharedKind<object>, object>();
  const listeners: ((isAsleep: boolean) => void)[] = [];
  const nets = new Map<number, Net>();
  const warnings: string[] = [];
  const log = { warn: (key: string, text: string): void => { if (!warned.has(key)) warnings.push(text); warned.add(key); } };
  const ram = memory('ram', 'ram', 0x2000_0000);
  const flash = memory('flash', 'flash', 0);
  const resets: string[] = [];
  const stalls: number[] = [];
  let isSleeping = false;
  const contextFor = (name: string, base: number): BlockContext => ({
    name, base, size: 0x2000, scheduler: queue, warnings: log, seed: 1,
    irq: (line, onTaken): Line => {
      if (onTaken !== undefined) takers.set(line, onTaken);
      return { get level() { return levels.get(line) ?? false; }, set: (level) => void levels.set(line, level) };
    },
    clock: (input) => tree.clock(input in clocks ? input : 'clk'),
    steeredClock: (input) => tree.clock(input in clocks ? input : 'clk'),
    requestReset: (reason) => void resets.push(reason),
    net: (index) => {
      if (!nets.has(index)) nets.set(index, new Net(`pin ${index}`, queue, { warnings: log }));
      return nets.get(index);
    },
    memories: { find: (address, bytes) => [ram, flash].find((one) => address >= one.base && address + bytes <= one.base + one.bytes) },
    core: {
      get isSleeping() { return isSleeping; },
      stall: (until) => void stalls.push(until),
      powerOff: () => { chip.isOff = true; },
      onSleep: (listener) => void listeners.push(listener),
    },
    shared: <T extends object>(kind: SharedKind<T>): T => {
      if (!shared.has(kind)) shared.set(kind, kind.make({ scheduler: queue, warnings: log }));
      return shared.get(kind) as T;
    },
  });
  const chip: FakeChip = {
    context: contextFor('block0', 0x4000_0000), contextFor, queue, tree, levels, takers, warnings, resets, stalls, nets, ram, flash, isOff: false,
    snapshot: () => [[...nets.values()].map((net) => net.snapshot()), [...shared.values()].map((thing) => (isStateful(thing) ? thing.snapshot() : null))],
    restore: ([savedNets, savedShared]) => {
      [...nets.values()].forEach((net, index) => net.restore((savedNets as Snapshot[])[index]));
      [...shared.values()].forEach((thing, index) => { if (isStateful(thing)) thing.restore((savedShared as Snapshot[])[index]); });
    },
    sleep: (isAsleep) => {
      isSleeping = isAsleep;
      for (const listener of listeners) listener(isAsleep);
    },
  };
  return chip;
}

function isStateful(thing: object): thing is Stateful {
  return 'snapshot' in thing;
}

function memory(name: string, kind: 'ram' | 'flash', base: number): ChipMemory {
  return { name, kind, base, bytes: MEMORY_BYTES, data: new Uint8Array(MEMORY_BYTES).fill(kind === 'flash' ? 0xff : 0), changed: () => undefined, onStore: undefined };
}
