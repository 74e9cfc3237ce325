/** One block alone on a bench: its clock, its wires, and registers by name. */
import { ClockTree } from '../../emulator/time/clock-tree.js';
import { EventQueue } from '../../emulator/time/event-queue.js';
import { BLOCKS, type BlockContext } from '../../emulator/peripherals/index.js';
import type { Line, Peripheral } from '../../emulator/bus/types.js';
import type { MapSpec, RegisterMap } from '../../emulator/peripherals/registers/index.js';

export const BENCH_HZ = 25_000_000;

export interface Bench<D extends Peripheral> {
  readonly device: D;
  /** A guest access to a register, by the name a debugger would type: `CTRL`, `MASKLOWBYTE[3]`. */
  read(register: string): number;
  write(register: string, value: number): void;
  peek(register: string): number;
  /** Lets ticks of the 25 MHz clock pass, firing every event on its tick. */
  tick(ticks: number): void;
  /** Lets ticks pass like one long instruction: events of these ticks fire late, at its end. */
  stall(ticks: number): void;
  now(): number;
  /** Ticks until the claim holds, looking at every event and then at every tick. */
  ticksUntil(claim: () => boolean, limit?: number): number;
  level(irq: string): boolean;
  /** Every line that is high. */
  high(): string[];
  readonly warnings: string[];
  readonly resets: string[];
  /** Events waiting: a block schedules only what can be seen. */
  scheduled(): number;
}

export function bench<S extends MapSpec, D extends Peripheral = Peripheral>(
  map: RegisterMap<S>, block: string, options: Record<string, unknown> = {},
): Bench<D> {
  let now = 0;
  const queue = new EventQueue({ now: () => now }, BENCH_HZ);
  const tree = new ClockTree(queue, { oscillators: { clk: BENCH_HZ } });
  const levels = new Map<string, boolean>();
  const warnings: string[] = [];
  const warned = new Set<string>();
  const resets: string[] = [];
  const factory = BLOCKS[block];
  const context: BlockContext = {
    name: 'block0', base: 0x4000_0000, size: 0x1000, scheduler: queue,
    irq: (line): Line => ({ get level() { return levels.get(line) ?? false; }, set: (level) => void levels.set(line, level) }),
    clock: () => tree.clock('clk'),
    warnings: { warn: (key, text) => { if (!warned.has(key)) warnings.push(text); warned.add(key); } },
    requestReset: (reason) => void resets.push(reason),
  };
  const device = factory.create(context, factory.options.parse(options)) as D;
  device.reset();
  const offset = (register: string): number => {
    const slot = map.locate(register);
    if (slot === undefined) throw new Error(`no register ${register}`);
    return slot.offset;
  };
  const advanceTo = (tick: number): void => {
    while (queue.nextDue() <= tick) {
      now = Math.max(now, queue.nextDue());
      queue.runDue(now);
    }
    now = tick;
  };
  const ticksUntil = (claim: () => boolean, limit = 10_000_000): number => {
    const start = now;
    while (!claim()) {
      if (now - start >= limit) throw new Error(`still not so after ${limit} ticks`);
      advanceTo(now + 1);
    }
    return now - start;
  };
  return {
    device, warnings, resets, ticksUntil,
    read: (register) => device.read(offset(register), 4),
    write: (register, value) => device.write(offset(register), value, 4),
    peek: (register) => device.peek(offset(register), 4),
    tick: (ticks) => advanceTo(now + ticks),
    stall: (ticks) => { now += ticks; queue.runDue(now); },
    now: () => now,
    level: (irq) => levels.get(irq) ?? false,
    high: () => [...levels].filter(([, level]) => level).map(([line]) => line).sort(),
    scheduled: () => queue.length,
  };
}
