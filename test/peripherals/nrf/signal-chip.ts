/** Several Nordic blocks on one chip with a 64 MHz root, PCLK16M, pads and nets: what PPI connects. */
import type { Peripheral, Snapshot, SnapshotValue } from '../../../emulator/bus/types.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import { GPIO } from '../../../emulator/peripherals/nrf/gpio.js';
import type { MapSpec, RegisterMap } from '../../../emulator/peripherals/registers/index.js';
import { Pin, type Net } from '../../../emulator/wires/net.js';
import { fakeChip, type FakeChip } from '../../support/block-context.js';

export const ROOT_HZ = 64_000_000;
/** Root ticks of one tick of 16 MHz. */
export const TICK = 4;

export interface SignalBlock {
  /** Address of a register, for PPI's end points. */
  at(register: string): number;
  read(register: string): number;
  write(register: string, value: number): void;
}

export interface SignalChip {
  readonly chip: FakeChip;
  add<S extends MapSpec>(name: string, block: string, map: RegisterMap<S>, base: number, options?: Record<string, unknown>): SignalBlock;
  /** GPIO drives the pin, when nobody else has taken it. */
  output(pin: number, level: boolean): void;
  net(pin: number): Net;
  /** A wire outside the chip: the second pin follows the first. */
  wire(from: number, to: number): void;
  now(): number;
  /** Lets ticks of 16 MHz pass, firing every event on its tick. */
  tick(ticks: number): void;
  /** Lets ticks of 16 MHz pass like one long instruction: their events fire at its end. */
  stall(ticks: number): void;
  snapshot(): string;
  restore(from: string): void;
}

export function signalChip(options: { readonly hasLatch?: boolean } = {}): SignalChip {
  let now = 0;
  const chip = fakeChip({ now: () => now }, { rootHz: ROOT_HZ, clocks: { clk: ROOT_HZ / TICK, root: ROOT_HZ } });
  const devices: Peripheral[] = [];
  const make = (name: string, block: string, base: number, given: Record<string, unknown>): Peripheral => {
    const device = BLOCKS[block].create(chip.contextFor(name, base), BLOCKS[block].options.parse(given));
    device.reset();
    devices.push(device);
    return device;
  };
  const gpio = make('gpio0', 'nrf/gpio', 0x5000_0000, { port: 0, ...options });
  const net = (pin: number): Net => chip.nets.get(pin)!;
  return {
    chip, net,
    output: (pin, level) => {
      gpio.write(GPIO.offsetOf(level ? 'OUTSET' : 'OUTCLR'), 2 ** pin, 4);
      gpio.write(GPIO.offsetOf('DIRSET'), 2 ** pin, 4);
    },
    add: (name, block, map, base, given = {}) => {
      const device = make(name, block, base, given);
      const offset = (register: string): number => {
        const slot = map.locate(register);
        if (slot === undefined) throw new Error(`no register ${register}`);
        return slot.offset;
      };
      return {
        at: (register) => base + offset(register),
        read: (register) => device.read(offset(register), 4),
        write: (register, value) => device.write(offset(register), value, 4),
      };
    },
    wire: (from, to) => {
      const end = new Pin('wire', net(to));
      end.drive(net(from).level);
      net(from).onEdge((level) => end.drive(level));
    },
    now: () => now,
    tick: (ticks) => {
      const end = now + ticks * TICK;
      while (chip.queue.nextDue() <= end) {
        now = Math.max(now, chip.queue.nextDue());
        chip.queue.runDue(now);
      }
      now = end;
    },
    stall: (ticks) => {
      now += ticks * TICK;
      chip.queue.runDue(now);
    },
    snapshot: () => JSON.stringify([now, chip.snapshot(), devices.map((device) => device.snapshot())]),
    restore: (from) => {
      const [at, shared, saved] = JSON.parse(from) as [number, SnapshotValue[], Snapshot[]];
      now = at;
      chip.restore(shared);
      devices.forEach((device, n) => device.restore(saved[n]));
    },
  };
}

/** Pin of an output channel in GPIOTE.CONFIG or PSEL. */
export const TASK_TOGGLE = (pin: number): number => 3 | (pin << 8) | (3 << 16);
export const EVENT_TOGGLE = (pin: number): number => 1 | (pin << 8) | (3 << 16);
