/** A chip with pads and some serial interfaces on it, at 512 root ticks a microsecond as on the real chips. */
import type { Peripheral, SnapshotValue } from '../../../emulator/bus/types.js';
import { Overlay } from '../../../emulator/machine/overlay.js';
import { BLOCKS, type RegisterPeripheral } from '../../../emulator/peripherals/index.js';
import { FABRIC } from '../../../emulator/peripherals/nrf/fabric.js';
import { SPI } from '../../../emulator/peripherals/nrf/spi.js';
import { SPIM } from '../../../emulator/peripherals/nrf/spim.js';
import { SPIS } from '../../../emulator/peripherals/nrf/spis.js';
import { TWI } from '../../../emulator/peripherals/nrf/twi.js';
import { TWIM } from '../../../emulator/peripherals/nrf/twim.js';
import { TWIS } from '../../../emulator/peripherals/nrf/twis.js';
import type { MapSpec, RegisterMap } from '../../../emulator/peripherals/registers/index.js';
import { I2cBus, type I2cTarget } from '../../../emulator/wires/i2c-bus.js';
import { Net, Pin } from '../../../emulator/wires/net.js';
import { SpiBus } from '../../../emulator/wires/spi-bus.js';
import { fakeChip } from '../../support/block-context.js';

export const MICROSECOND = 512;
export const RAM = 0x2000_0000;
export const MAPS = { 'nrf/spi': SPI, 'nrf/spim': SPIM, 'nrf/spis': SPIS, 'nrf/twi': TWI, 'nrf/twim': TWIM, 'nrf/twis': TWIS } as const;
export type Kind = keyof typeof MAPS;

export type Registers = Readonly<{ read(name: string): number; write(name: string, value: number): void; peek(name: string): number; device: Peripheral }>;

/** Pads that the board ties to one net: pad 10 to 0, 11 to 1, 12 to 2, 13 to 3. */
const TIED = 10;
/** Bytes of RAM that tests use. */
const SAVED_RAM = 0x400;

export function serialBench() {
  let now = 0;
  const chip = fakeChip({ now: () => now }, { rootHz: 512_000_000 });
  for (let n = 0; n < 4; n++) {
    const net = new Net(`wire ${n}`, chip.queue);
    chip.nets.set(n, net);
    chip.nets.set(TIED + n, net);
  }
  const devices: Peripheral[] = [];
  const create = (block: string, base: number, options: Record<string, unknown>): Peripheral => {
    const device = BLOCKS[block].create(chip.contextFor(block.slice(4), base), BLOCKS[block].options.parse(options));
    device.reset();
    devices.push(device);
    return device;
  };
  create('nrf/gpio', 0x5000_0000, { port: 0 });
  const advanceTo = (tick: number): void => {
    while (chip.queue.nextDue() <= tick) {
      now = Math.max(now, chip.queue.nextDue());
      chip.queue.runDue(now);
    }
    now = tick;
  };
  const names = (map: RegisterMap<MapSpec>, device: Peripheral | Overlay): Omit<Registers, 'device'> => {
    const at = (name: string): number => {
      const slot = map.locate(name);
      if (!slot) throw new Error(`no register ${name}`);
      return slot.offset;
    };
    return { read: (name) => device.read(at(name), 4), write: (name, value) => device.write(at(name), value, 4), peek: (name) => device.peek(at(name), 4) };
  };
  return {
    chip,
    fabric: chip.context.shared(FABRIC),
    ram: chip.ram.data,
    net: (pad: number): Net => chip.nets.get(pad)!,
    now: () => now,
    tick: (ticks: number) => advanceTo(now + ticks),
    /** Lets time pass event by event. @returns ticks until the claim holds */
    until(claim: () => boolean, limit = 10_000_000): number {
      const start = now;
      while (!claim()) {
        const due = chip.queue.nextDue();
        if (due - start > limit) throw new Error(`still not so after ${limit} ticks`);
        advanceTo(due);
      }
      return now - start;
    },
    add(kind: Kind, base = 0x4000_3000, options: Record<string, unknown> = {}): Registers {
      const device = create(kind, base, options);
      return { ...names(MAPS[kind], device), device };
    },
    /** All six at one address, as on the chip: their registers by the map of any. */
    addAll(base = 0x4000_3000): (kind: Kind) => Omit<Registers, 'device'> {
      const overlay = new Overlay((Object.keys(MAPS) as Kind[]).map((kind) => create(kind, base, {}) as RegisterPeripheral));
      return (kind) => names(MAPS[kind], overlay);
    },
    save: (): SnapshotValue => JSON.parse(JSON.stringify({ now, ram: [...chip.ram.data.subarray(0, SAVED_RAM)], chip: chip.snapshot(), devices: devices.map((device) => device.snapshot()) })) as SnapshotValue,
    load(saved: SnapshotValue): void {
      const from = saved as { now: number; ram: number[]; chip: SnapshotValue[]; devices: Parameters<Peripheral['restore']>[0][] };
      now = from.now;
      chip.ram.data.set(from.ram);
      chip.restore(from.chip);
      devices.forEach((device, index) => device.restore(from.devices[index]));
    },
  };
}

export type SerialBench = ReturnType<typeof serialBench>;

/** A board's bus on pads 0 (SCL) and 1 (SDA), with a part of eight registers at 0x1e: the first byte written selects one. */
export function attachPart(on: SerialBench, { refusesAfter = Infinity } = {}): string[] {
  const log: string[] = [];
  let selected = 0;
  let written = 0;
  const bus = new I2cBus(on.chip.queue, on.net(1), on.net(0));
  const part: I2cTarget = {
    start: (read) => { log.push(read ? 'R' : 'W'); written = 0; return true; },
    write: (byte) => { log.push(byte.toString(16)); if (written++ === 0) selected = byte; return written <= refusesAfter; },
    read: () => 0xa0 + selected++,
    stop: () => void log.push('P'),
  };
  bus.attach(part, { address: 0x1e });
  return log;
}

/** A board's part on pads 0 (SCK), 1 (MOSI), 2 (MISO) that answers each byte plus one; its chip select is pad 5, unless given. */
export function attachSpiPart(on: SerialBench, cs = 5): { readonly log: string[]; readonly csPin: Pin } {
  const log: string[] = [];
  const bus = new SpiBus({ sck: on.net(0), mosi: on.net(1), miso: on.net(2) });
  const csPin = new Pin('cs', on.net(cs));
  bus.attach({
    select: () => { log.push('S'); return 0x55; },
    transfer: (received) => { log.push(received.toString(16)); return (received + 1) & 0xff; },
    deselect: () => void log.push('D'),
  }, { cs: on.net(cs) });
  return { log, csPin };
}
