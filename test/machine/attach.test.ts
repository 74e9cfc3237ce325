/** Parts on any pins: by a board's `parts`, by `--part`, and what is said when that cannot be. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBoard, parsePart, withPart, type Board } from '../../emulator/boards/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import type { PartView } from '../../emulator/machine-api.js';
import { PARTS } from '../../emulator/sensors/index.js';
import { I2cBus } from '../../emulator/wires/i2c-bus.js';
import { Pin } from '../../emulator/wires/net.js';
import { SpiBus } from '../../emulator/wires/spi-bus.js';

const FOLDER = new URL('../../boards/', import.meta.url);
const chips = (name: string) => ({ text: readFileSync(new URL(`chips/${name}.yaml`, FOLDER), 'utf8'), fileName: `${name}.yaml` });
const nano = (): Board => parseBoard(readFileSync(new URL('nano33ble.yaml', FOLDER), 'utf8'), 'nano33ble.yaml', chips);
const fitted = (...texts: string[]): Board => texts.reduce((board, text) => withPart(board, parsePart(text), '--part'), nano());
const machineOf = (board: Board): EmulatedMachine => new EmulatedMachine(board, { seed: 1 });
const bench = (lines: string): Board => parseBoard(`name: Bench\nsource: none\nchip: nrf52840\n${lines}\n`, 'bench.yaml', chips);

function refusal(make: () => unknown): string {
  try {
    make();
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
}

const busOf = (machine: EmulatedMachine, sda: string, scl: string): I2cBus => I2cBus.on(machine.pins.net(sda)!, machine.pins.net(scl)!)!;

function answers(bus: I2cBus, address: number): boolean {
  bus.startCondition();
  const acknowledged = bus.byteIn(address << 1);
  bus.stopCondition();
  return acknowledged;
}

/** Sends words to a device by hand, most significant bit first, in mode 0. */
function spiWriter(machine: EmulatedMachine, { sck, mosi, cs }: Readonly<Record<'sck' | 'mosi' | 'cs', string>>): (...bytes: number[]) => void {
  const [clock, data, select] = [sck, mosi, cs].map((name) => new Pin(`firmware ${name}`, machine.pins.net(name)!));
  select.drive(true);
  clock.drive(false);
  return (...bytes) => {
    select.drive(false);
    for (const byte of bytes) {
      for (let bit = 7; bit >= 0; bit--) {
        data.drive(((byte >> bit) & 1) === 1);
        clock.drive(true);
        clock.drive(false);
      }
    }
    select.drive(true);
  };
}

function firstLamp(part: PartView): number {
  const shown = part.shows();
  return shown?.kind === 'lights' ? shown.brightness[0][0] : NaN;
}

describe('a part on pins of its own', () => {
  it('shares the bus that is on the same pins already', () => {
    const machine = machineOf(fitted('lps22hb,sda=A4,scl=A5'));
    const bus = busOf(machine, 'SDA', 'SCL');
    expect([machine.pins.net('A4')!.linksOf(I2cBus).length, answers(bus, 0x21), answers(bus, 0x5d) || answers(bus, 0x5c)]).toEqual([1, true, true]);
  });

  it('gets a bus with pull-ups where there is none', () => {
    const machine = machineOf(fitted('lps22hb,sda=D2,scl=D3'));
    expect([machine.pins.net('D2')!.state, answers(busOf(machine, 'D2', 'D3'), machine.parts.at(-1)!.addresses[0])]).toEqual(['1', true]);
  });

  it('answers at the address that it is given', () => {
    expect(machineOf(fitted('mma8653,sda=D2,scl=D3,address=0x1d')).parts.at(-1)!.addresses).toEqual([0x1d]);
  });

  it('answers at the first of its possible addresses when it is given none', () => {
    expect(machineOf(fitted('lsm9ds1,sda=D2,scl=D3')).parts.at(-1)!.addresses).toEqual(PARTS['lsm9ds1'].addresses.map(([first]) => first));
  });

  it('is in a board file as well as on the command line', () => {
    const fromFile = bench('parts: [{ part: hts221, name: air, pins: { sda: P0.26, scl: P0.27, drdy: P0.28 }, axes: [x, -y, -z] }]').parts;
    const fromText = withPart(bench(''), parsePart('hts221,name=air,sda=P0.26,scl=P0.27,drdy=P0.28,axes=x:-y:-z')).parts;
    expect(fromText).toEqual(fromFile);
  });

  it('on SPI takes what is shifted in while it is selected', () => {
    const machine = machineOf(fitted('max7219,sck=D13,mosi=D11,cs=D10'));
    const send = spiWriter(machine, { sck: 'D13', mosi: 'D11', cs: 'D10' });
    send(0x0c, 1);
    send(0x0b, 0);
    send(0x0a, 0xf);
    send(0x01, 0b1000_0001);
    const shown = machine.parts.at(-1)!.shows();
    // One digit scanned, at 31/32: segments DP and G.
    expect(shown).toMatchObject({ kind: 'lights', brightness: { 0: [31 / 32, 0, 0, 0, 0, 0, 0, 31 / 32] } });
  });

  it('shares an SPI bus with others, each with its chip select', () => {
    const machine = machineOf(fitted('max7219,sck=D13,mosi=D11,cs=D10', 'max7219,sck=D13,mosi=D11,miso=D12,cs=D9'));
    const first = spiWriter(machine, { sck: 'D13', mosi: 'D11', cs: 'D10' });
    first(0x0f, 1);
    const lit = machine.parts.slice(-2).map((part) => firstLamp(part) > 0);
    expect([SpiBus.on(machine.pins.net('D13')!).length, lit]).toEqual([1, [true, false]]);
  });

  it('on SPI hears nothing without its supply', () => {
    const machine = machineOf(fitted('max7219,sck=D13,mosi=D11,cs=D10,enable=D5'));
    const send = spiWriter(machine, { sck: 'D13', mosi: 'D11', cs: 'D10' });
    const isLit = (): boolean => firstLamp(machine.parts.at(-1)!) > 0;
    send(0x0f, 1);
    const before = isLit();
    new Pin('firmware supply', machine.pins.net('D5')!).drive(true);
    send(0x0f, 1);
    expect([before, isLit()]).toEqual([false, true]);
  });

  it('gives a voltage', () => {
    const machine = machineOf(fitted('potentiometer,out=A0,position=0.25,volts=2'));
    const [knob] = machine.parts.slice(-1);
    const before = machine.pins.net('A0')!.volts();
    const { position } = knob.controls;
    if (position.kind === 'share') position.set(0.75);
    expect([before, machine.pins.net('A0')!.volts(), knob.shows()]).toEqual([0.5, 1.5, { kind: 'position', share: 0.75 }]);
  });

  it('tells who listens of what it shows, until they end it', () => {
    const [knob] = machineOf(fitted('potentiometer,out=A0')).parts.slice(-1);
    const heard: unknown[] = [];
    const end = knob.onChange((shown) => heard.push(shown));
    const { position } = knob.controls;
    if (position.kind === 'share') position.set(1);
    end();
    if (position.kind === 'share') position.set(0);
    expect(heard).toEqual([{ kind: 'position', share: 1 }]);
  });

  it('is in the snapshot', () => {
    const [first, second] = [0, 1].map(() => machineOf(fitted('max7219,sck=D13,mosi=D11,cs=D10', 'potentiometer,out=A0')));
    spiWriter(first, { sck: 'D13', mosi: 'D11', cs: 'D10' });
    spiWriter(second, { sck: 'D13', mosi: 'D11', cs: 'D10' })(0x0f, 1);
    first.restore(second.snapshot());
    expect(first.parts.at(-2)!.shows()).toEqual(second.parts.at(-2)!.shows());
  });
});

describe('a part is refused', () => {
  it.each([
    ['that does not exist', 'mpu9', 'no part is called "mpu9"; use one of: '],
    ['on a pin that does not exist', 'hts221,sda=A4,scl=A9', '--part: no pin "A9" on nrf52840 or among the board\'s pins; did you mean "D9"?'],
    ['without a wire of its bus', 'hts221,sda=A4', '--part: hts221 lacks its pin scl; give it sda, scl for i2c'],
    ['without any', 'max7219', '--part: max7219 lacks its pins sck and cs; give it sck, cs (and mosi, miso) for spi'],
    ['at an address that is taken', 'hts221,sda=P0.14,scl=SCL1', '--part: address 0x5f is taken by hts221 on the same bus; move one of them to another address or bus'],
    ['at an address it cannot have', 'hts221,sda=A4,scl=A5,address=0x11', '--part: hts221 cannot answer at 0x11; use 0x5f'],
    ['with what is no address', 'hts221,sda=A4,scl=A5,address=first', '"first" is no address; write address=0x69, several as address=0x6b:0x1e'],
    ['with an address on SPI', 'max7219,sck=D13,cs=D10,address=0x20', '--part: max7219 has no address on spi; leave it out'],
    ['with a key that is none', 'max7219,sck=D13,cs=D10,chains=2', 'max7219 has no pin or option "chains"; did you mean "chain"?'],
    ['with an option out of range', 'max7219,sck=D13,cs=D10,chain=99', '--part: options.chain: Too big: expected number to be <=16'],
    ['with a word that sets nothing', 'max7219,sck', '"sck" is no setting; write pins and options as sda=A4'],
    ['with a key that stands twice', 'max7219,sck=D13,sck=D12', '"sck" stands twice; leave one out'],
    ['under a name that is taken', 'lps22hb,sda=A4,scl=A5,name=hts221', '--part: two parts are called "hts221"; rename one'],
    ['with axes that are none', 'hts221,sda=A4,scl=A5,axes=x:y', '--part: axes: Too small: expected array to have exactly 3 items'],
  ])('%s', (_, text, message) => {
    expect(refusal(() => fitted(text))).toContain(message);
  });

  it('for a chip select that is taken', () => {
    expect(refusal(() => fitted('max7219,sck=D13,mosi=D11,cs=D10', 'max7219,sck=D13,mosi=D11,cs=D10'))).toBe('--part: chip select D10 is taken by max7219 on the same bus; give max7219 a pin of its own');
  });

  it.each([
    ['a chip select twice', 'spi: [{ sck: P0.1, mosi: P0.2, parts: [{ part: max7219, cs: P0.3 }, { part: max7219, cs: P0.03 }] }]', 'bench.yaml:4: chip select P0.03 is taken by max7219 on the same bus; give max7219 a pin of its own'],
    ['an SPI part without one', 'spi: [{ sck: P0.1, parts: [{ part: max7219 }] }]', 'bench.yaml:4: max7219 on an SPI bus needs a chip select; add cs: <pin>'],
    ['an address that is taken in another list', 'i2c: [{ sda: P0.1, scl: P0.2, parts: [{ part: hts221, address: 0x5f }] }]\nparts: [{ part: hts221, pins: { sda: P0.1, scl: P0.2 } }]', 'bench.yaml:5: address 0x5f is taken by hts221 on the same bus; move one of them to another address or bus'],
    ['an unknown pin of the chip', 'parts: [{ part: hts221, pins: { sda: P0.1, scl: P0.99 } }]', 'bench.yaml:4: no pin "P0.99" on nrf52840 or among the board\'s pins; use the chip\'s name or add it to pins'],
  ])('in a board file, with line: %s', (_, lines, message) => {
    expect(refusal(() => bench(lines))).toBe(message);
  });
});

it('no part has a pin, an option or a wire of the same name: on the command line they stand side by side', () => {
  const clashes = Object.entries(PARTS).flatMap(([name, { buses, pins, options }]) => {
    const wires = buses.flatMap((bus) => ({ i2c: ['sda', 'scl'], sccb: ['sda', 'scl'], spi: ['sck', 'cs', 'mosi', 'miso'], pdm: ['clk', 'din'], i2s: ['sck', 'ws', 'sd'], analog: ['out'], pins: [] })[bus]);
    const all = [...new Set(wires), ...pins, ...Object.keys(options.shape), 'address', 'axes', 'enable', 'name'];
    return all.filter((word, index) => all.indexOf(word) !== index).map((word) => `${name}: ${word}`);
  });
  expect(clashes).toEqual([]);
});
