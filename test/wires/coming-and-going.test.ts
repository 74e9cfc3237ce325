/** Targets and devices that a chip makes while it runs, and that stretch the clock until they are told. */
import { expect, it } from 'vitest';
import { bitTime } from '../../emulator/wires/bit-time.js';
import { I2cBus, type I2cTarget } from '../../emulator/wires/i2c-bus.js';
import { I2cController } from '../../emulator/wires/i2c-controller.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { SpiBus } from '../../emulator/wires/spi-bus.js';
import { ManualTime } from '../support/manual-time.js';

const BIT = 16;

function i2c(isWatched: boolean) {
  const time = new ManualTime(16_000_000);
  const [sda, scl] = ['SDA', 'SCL'].map((name) => new Net(name, time));
  for (const net of [sda, scl]) new Pin('pull-up', net).pull('up');
  const bus = new I2cBus(time.queue, sda, scl, { pullUps: false, isBare: true });
  const log: [string, number][] = [];
  const controller = new I2cController(time.queue, {
    started: () => controller.write(0x42 << 1),
    wrote: (acknowledged) => log.push([acknowledged ? 'ACK' : 'NACK', time.now()]),
  });
  controller.configure(bitTime(BIT));
  controller.attach(new Pin('sda', sda), new Pin('scl', scl));
  if (isWatched) scl.onEdge(() => undefined);
  return { time, bus, sda, scl, log, controller };
}

const target = (hold: number): I2cTarget => ({ start: () => true, write: () => true, read: () => 0, stop: () => undefined, hold: () => hold });

it.each([['not watched', false], ['watched', true]])('a target that holds SCL for ever has it rise when it lets go (%s)', (_, isWatched) => {
  const { time, bus, sda, scl, log, controller } = i2c(isWatched);
  bus.lend(new Pin('target sda', sda), new Pin('target scl', scl));
  bus.attachListener(target(Infinity), (address) => address === 0x42);
  controller.start();
  time.advance(1000);
  bus.letGo();
  time.advance(1000);
  expect(log).toEqual([['ACK', 1000 + BIT / 2]]);
});

it.each([['not watched', false], ['watched', true]])('a listener answers where it says it does, at each transaction anew (%s)', (_, isWatched) => {
  const { time, bus, sda, scl, log, controller } = i2c(isWatched);
  let own = 0x41;
  bus.lend(new Pin('target sda', sda), new Pin('target scl', scl));
  bus.attachListener(target(0), (address) => address === own);
  controller.start();
  time.advance(1000);
  own = 0x42;
  controller.start();
  time.advance(1000);
  expect(log.map(([answer]) => answer)).toEqual(['NACK', 'ACK']);
});

it('a bus without pins of its own adds none to its nets', () => {
  const { sda } = i2c(false);
  expect((sda.snapshot()['pins'] as unknown[][]).map(([name]) => name)).toEqual(['pull-up', 'sda']);
});

it('an SPI bus that has left hears nothing, drives nothing and is not found', () => {
  const time = new ManualTime(16_000_000);
  const [sck, mosi, miso, cs] = ['SCK', 'MOSI', 'MISO', 'CS'].map((name) => new Net(name, time));
  const csPin = new Pin('cs', cs);
  csPin.drive(true);
  const answers = new Pin('miso', miso);
  const bus = new SpiBus({ sck, mosi, miso });
  let selections = 0;
  bus.attach({ select: () => ++selections, transfer: () => 0, deselect: () => undefined }, { cs, miso: answers });
  csPin.drive(false);
  bus.leave();
  csPin.drive(true);
  csPin.drive(false);
  expect([selections, answers.driven, SpiBus.on(sck)]).toEqual([1, 'z', []]);
});
