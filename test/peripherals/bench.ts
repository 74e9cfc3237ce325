/** One block alone on a bench: its clock, its wires, and registers by name. */
import { BLOCKS } from '../../emulator/peripherals/index.js';
import { fakeChip, type FakeChip } from '../support/block-context.js';
import type { Peripheral } from '../../emulator/bus/types.js';
import type { MapSpec, RegisterMap, Slot } from '../../emulator/peripherals/registers/index.js';

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
  /** The same, with an access at the end: events that were due meanwhile fire after it. */
  during(ticks: number, access: () => void): void;
  now(): number;
  /** Ticks until the claim holds, looking at every event and then at every tick. */
  ticksUntil(claim: () => boolean, limit?: number): number;
  level(irq: string): boolean;
  /** The core has taken that interrupt. */
  take(irq: string): void;
  /** Every line that is high. */
  high(): string[];
  readonly warnings: string[];
  readonly resets: string[];
  /** Events waiting: a block schedules only what can be seen. */
  scheduled(): number;
  /** The rest of the chip: nets, memories, other blocks. */
  readonly chip: FakeChip;
}

export function bench<S extends MapSpec, D extends Peripheral = Peripheral>(
  map: RegisterMap<S>, block: string, options: Record<string, unknown> = {},
): Bench<D> {
  let now = 0;
  const chip = fakeChip({ now: () => now }, { rootHz: BENCH_HZ });
  const { queue, levels, warnings, resets } = chip;
  const factory = BLOCKS[block];
  const device = factory.create(chip.context, factory.options.parse(options)) as D;
  device.reset();
  const slotOf = (register: string): Slot => {
    const slot = map.locate(register);
    if (slot === undefined) throw new Error(`no register ${register}`);
    return slot;
  };
  const access = (register: string): [offset: number, bytes: 1 | 2 | 4] => {
    const slot = slotOf(register);
    return [slot.offset, slot.register.bytes];
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
    device, chip, warnings, resets, ticksUntil,
    read: (register) => device.read(...access(register)),
    write: (register, value) => {
      const [offset, bytes] = access(register);
      device.write(offset, value, bytes);
    },
    peek: (register) => device.peek(...access(register)),
    tick: (ticks) => advanceTo(now + ticks),
    stall: (ticks) => { now += ticks; queue.runDue(now); },
    during: (ticks, access) => { now += ticks; access(); queue.runDue(now); },
    now: () => now,
    level: (irq) => levels.get(irq) ?? false,
    take: (irq) => chip.takers.get(irq)?.(),
    high: () => [...levels].filter(([, level]) => level).map(([line]) => line).sort(),
    scheduled: () => queue.length,
  };
}
