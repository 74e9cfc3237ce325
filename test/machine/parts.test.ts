/** Parts of a board on the machine's nets: supplies, pull-ups, LED matrices, snapshots; and what a board file may say of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import type { Quantity } from '../../emulator/sensors/index.js';
import { I2cBus } from '../../emulator/wires/i2c-bus.js';
import { Pin } from '../../emulator/wires/net.js';
import { imageOf } from '../support/machine.js';

const FOLDER = new URL('../../boards/', import.meta.url);
const chips = (name: string) => ({ text: readFileSync(new URL(`chips/${name}.yaml`, FOLDER), 'utf8'), fileName: `${name}.yaml` });

function machineOf(name: string): EmulatedMachine {
  return new EmulatedMachine(parseBoard(readFileSync(new URL(`${name}.yaml`, FOLDER), 'utf8'), `${name}.yaml`, chips), { seed: 1 });
}

function refusal(lines: string): string {
  try {
    parseBoard(`name: Bench\nsource: none\nchip: nrf52840\n${lines}\n`, 'bench.yaml', chips);
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
}

/** A program of two words at 0 that loops at 8. */
const LOOP = [{ address: 0, bytes: Uint8Array.of(0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0, 0xfe, 0xe7) }];

function busOf(machine: EmulatedMachine, sda: string, scl: string): I2cBus {
  return I2cBus.on(machine.pins.net(sda)!, machine.pins.net(scl)!)!;
}

/** Whether somebody acknowledges the address. */
function answers(bus: I2cBus, address: number): boolean {
  bus.startCondition();
  const acknowledged = bus.byteIn(address << 1);
  bus.stopCondition();
  return acknowledged;
}

describe('the parts of the Nano 33 BLE Sense', () => {
  it('answer when their supply is on, and not before', () => {
    const machine = machineOf('nano33ble');
    const bus = busOf(machine, 'P0.14', 'P0.15');
    const all = [0x6b, 0x1e, 0x39, 0x5f, 0x5c];
    const before = all.map((address) => answers(bus, address));
    new Pin('firmware', machine.pins.net('P0.22')!).drive(true);
    expect([before, all.map((address) => answers(bus, address))]).toEqual([[false, false, false, false, false], [true, true, true, true, true]]);
  });

  it('lose their registers with their supply', () => {
    const machine = machineOf('nano33ble');
    const bus = busOf(machine, 'P0.14', 'P0.15');
    const supply = new Pin('firmware', machine.pins.net('P0.22')!);
    supply.drive(true);
    bus.startCondition();
    for (const byte of [0x5c << 1, 0x10, 0x50]) bus.byteIn(byte);
    bus.stopCondition();
    supply.drive(false);
    supply.drive(true);
    bus.startCondition();
    for (const byte of [0x5c << 1, 0x10]) bus.byteIn(byte);
    bus.startCondition();
    bus.byteIn((0x5c << 1) | 1);
    bus.afterAcknowledge(true);
    expect(bus.output).toBe(0);
  });

  it('have pull-ups that P1.00 supplies', () => {
    const machine = machineOf('nano33ble');
    const before = machine.pins.net('P0.14')!.state;
    new Pin('firmware', machine.pins.net('P1.00')!).drive(true);
    expect([before, machine.pins.net('P0.14')!.state]).toEqual(['z', '1']);
  });

  it('include a microphone that hears the world while P0.17 is high', () => {
    const machine = machineOf('nano33ble');
    machine.inputs.set('sound', 0.5);
    const [clock, data] = ['P0.26', 'P0.25'].map((name) => machine.pins.net(name)!);
    const [power, pin] = [new Pin('firmware power', machine.pins.net('P0.17')!), new Pin('firmware clock', clock)];
    let now = 0;
    const bits = (count: number): string[] => Array.from({ length: count }, () => {
      pin.drive(true);
      machine.run((now += machine.rootHz / 1_000_000));
      const { state } = data;
      pin.drive(false);
      return state;
    });
    machine.load(imageOf(LOOP));
    const without = bits(4);
    power.drive(true);
    bits(10_100);
    // Half of full scale: three bits of four are high.
    const ones = bits(1000).filter((state) => state === '1').length;
    expect([without, Math.round(ones / 10)]).toEqual([['z', 'z', 'z', 'z'], 75]);
  });

  it('are in the snapshot', () => {
    const [first, second] = [machineOf('nano33ble'), machineOf('nano33ble')];
    for (const machine of [first, second]) machine.load(imageOf(LOOP));
    const bus = busOf(first, 'A4', 'A5');
    bus.startCondition();
    for (const byte of [0x21 << 1, 0x11, 0x07]) bus.byteIn(byte);
    bus.stopCondition();
    second.restore(first.snapshot());
    expect(Buffer.compare(second.snapshot(), first.snapshot())).toBe(0);
  });
});

describe('a part that is mounted otherwise than the board\'s axes go', () => {
  /** MMA8653 at 2 g full scale, 100 Hz: the high bytes of its x, y, z, 64 to 1 g. */
  const measured = (axes: string, world: Readonly<Record<string, number>>): number[] => {
    const text = `name: Bench\nsource: none\nchip: nrf51822\ni2c: [{ sda: P0.1, scl: P0.2, parts: [{ part: mma8653, address: 0x1d${axes} }] }]\n`;
    const machine = new EmulatedMachine(parseBoard(text, 'bench.yaml', chips), { seed: 1 });
    machine.load(imageOf(LOOP));
    for (const [quantity, value] of Object.entries(world)) machine.inputs.set(quantity as Quantity, value);
    const bus = busOf(machine, 'P0.1', 'P0.2');
    bus.startCondition();
    for (const byte of [0x1d << 1, 0x2a, 0x19]) bus.byteIn(byte);
    bus.stopCondition();
    machine.run(machine.rootHz / 50);
    return [1, 3, 5].map((register) => {
      bus.startCondition();
      for (const byte of [0x1d << 1, register]) bus.byteIn(byte);
      bus.startCondition();
      bus.byteIn((0x1d << 1) | 1);
      bus.afterAcknowledge(true);
      return (bus.output << 24) >> 24;
    });
  };
  const world = { 'acceleration.x': 9.80665 / 4, 'acceleration.y': 9.80665 / 2, 'acceleration.z': 9.80665 };

  it.each([
    ['', [16, 32, 64]], [', axes: [x, -y, -z]', [16, -32, -64]], [', axes: [z, -x, y]', [64, -16, 32]],
  ])('measures along its own: "%s"', (axes, expected) => {
    expect(measured(axes, world)).toEqual(expected);
  });
});

// Biased by 33 kOhm over 1 kOhm from 3.3 V: 3.3 / 34 V.
it('the micro:bit V2 microphone gives its volts while RUN_MIC is high', () => {
  const machine = machineOf('microbit-v2');
  const before = machine.pins.net('P0.05')!.volts();
  new Pin('firmware', machine.pins.net('P0.20')!).drive(true);
  expect([before, machine.pins.net('P0.05')!.volts()]).toEqual([0, 0.097]);
});

it('firmware linked behind the bootloader starts by the table at its own start', () => {
  const machine = machineOf('nano33ble');
  const bytes = new Uint8Array(0x200);
  new DataView(bytes.buffer).setUint32(0, 0x2004_0000, true);
  new DataView(bytes.buffer).setUint32(4, 0x1_0101, true);
  bytes.set([0xfe, 0xe7], 0x100);
  machine.load(imageOf([{ address: 0x1_0000, bytes }]));
  machine.run(1000);
  expect([machine.core.words[15], machine.core.words[13], machine.core.peek(0xe000_ed08, 4)]).toEqual([0x1_0100, 0x2004_0000, 0x1_0000]);
});

describe('an LED matrix', () => {
  const ms = (machine: EmulatedMachine, time: number): number => (machine.rootHz / 1000) * time;
  const display = () => {
    const machine = machineOf('microbit');
    machine.load(imageOf(LOOP));
    const pins = (names: readonly string[], level: boolean) => names.map((name) => {
      const pin = new Pin(`firmware ${name}`, machine.pins.net(name)!);
      pin.drive(level);
      return pin;
    });
    const rows = pins(['P0.13', 'P0.14', 'P0.15'], false);
    const columns = pins(['P0.04', 'P0.05', 'P0.06', 'P0.07', 'P0.08', 'P0.09', 'P0.10', 'P0.11', 'P0.12'], true);
    return { machine, rows, columns, matrix: machine.pins.matrices[0] };
  };

  it('lights the LED of the picture that is wired between the row and the column', () => {
    const { rows, columns, matrix } = display();
    rows[1].drive(true);
    columns[3].drive(false);
    // V1 schematic: row 2 and column 4 meet at the second LED of the first line.
    expect(matrix.brightness().flatMap((line, y) => line.flatMap((share, x) => (share > 0 ? [[x, y, share]] : [])))).toEqual([[1, 0, 1]]);
  });

  it('shows while watched the share of the last 20 ms: a third for an LED lit one ms of three', () => {
    const { machine, rows, columns, matrix } = display();
    matrix.watch();
    columns[0].drive(false);
    for (let step = 0; step < 60; step++) {
      rows.forEach((row, index) => row.drive(index === step % 3));
      machine.run(ms(machine, step + 1));
    }
    // 20 steps of one ms, in which row 1 was lit six times or seven.
    expect(matrix.brightness()[0][0]).toBeCloseTo(1 / 3, 1);
  });

  it('forgets what was 20 ms ago', () => {
    const { machine, rows, columns, matrix } = display();
    matrix.watch();
    columns[0].drive(false);
    rows[0].drive(true);
    machine.run(ms(machine, 50));
    rows[0].drive(false);
    machine.run(ms(machine, 71));
    expect(matrix.brightness()[0][0]).toBe(0);
  });

  it('watches no pin until it is watched, and none after', () => {
    const { machine, matrix } = display();
    const isWatched = (): boolean => machine.pins.net('P0.13')!.isWatched;
    const before = isWatched();
    const end = matrix.watch();
    const during = isWatched();
    end();
    expect([before, during, isWatched()]).toEqual([false, true, false]);
  });
});

describe('a board file is refused', () => {
  const i2c = (part: string): string => refusal(`i2c: [{ sda: P0.26, scl: P0.27, parts: [${part}] }]`);
  it.each([
    ['an unknown part', i2c('{ part: lsm9ds, address: 0x6b }'), 'bench.yaml:4: no part is called "lsm9ds"; did you mean "lsm9ds1"?'],
    ['a part on another bus', i2c('{ part: mp34dt05, address: 0x20 }'), 'bench.yaml:4: mp34dt05 does not go on i2c; move it to pdm'],
    ['an address it cannot have', i2c('{ part: hts221, address: 0x5e }'), 'bench.yaml:4: hts221 cannot answer at 0x5e; use 0x5f'],
    ['one address of two', i2c('{ part: lsm9ds1, address: 0x6b }'), 'bench.yaml:4: lsm9ds1 needs exactly one address of 0x1c or 0x1e among its 2'],
    ['a pin it does not have', i2c('{ part: mma8653, address: 0x1d, pins: { int: P0.3 } }'), 'bench.yaml:4: mma8653 has no pin "int"; did you mean "int1"?'],
    ['an option it does not have', i2c('{ part: lsm303agr, address: [0x19, 0x1e], options: { opendrain: true } }'), 'bench.yaml:4: unknown key "opendrain" in i2c.0.parts.0.options; use one of: outputs'],
    ['an axis that stands twice', i2c('{ part: mma8653, address: 0x1d, axes: [x, -x, z] }'), 'bench.yaml:4: an axis of the board stands twice; name each of x, y and z once, with or without "-"'],
    ['a matrix LED out of range', refusal('matrices: [{ name: m, rows: { pins: [P0.1], active: high }, columns: { pins: [P0.2], active: low }, picture: [R1C2] }]'), 'bench.yaml:4: "R1C2" is no LED of a matrix of 1 rows and 1 columns; use R1C1 to R1C1, or "--" for none'],
    ['a matrix pin that is none', refusal('matrices: [{ name: m, rows: { pins: [P0.41], active: high }, columns: { pins: [P0.2], active: low }, picture: [R1C1] }]'), 'bench.yaml:4: no pin "P0.41" on nrf52840 or among the board\'s pins; use the chip\'s name or add it to pins'],
  ])('for %s', (_, message, expected) => {
    expect(message).toBe(expected);
  });
});
