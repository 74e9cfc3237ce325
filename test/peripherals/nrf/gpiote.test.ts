/** Nordic GPIOTE: nRF52840 Product Specification v1.1, GPIOTE; nRF51 Reference Manual v3.0, GPIOTE. */
import { describe, expect, it } from 'vitest';
import { GPIOTE } from '../../../emulator/peripherals/nrf/gpiote.js';
import { Pin } from '../../../emulator/wires/net.js';
import { GPIO } from '../../../emulator/peripherals/nrf/gpio.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import { bench } from '../bench.js';

const TASK = 3;
const EVENT = 1;
const LO_TO_HI = 1 << 16;
const HI_TO_LO = 2 << 16;
const TOGGLE = 3 << 16;
const OUTINIT = 1 << 20;
const PIN5 = 5 << 8;

const setUp = (family: 'nrf51' | 'nrf52' = 'nrf52') => {
  const on = bench(GPIOTE, 'nrf/gpiote', { family });
  const gpio = BLOCKS['nrf/gpio'].create(on.chip.contextFor('gpio0', 0x5000_0000), { port: 0, hasLatch: true });
  gpio.reset();
  const net = on.chip.nets.get(5)!;
  return { ...on, gpio, net, outside: new Pin('outside', net), writeGpio: (register: string, value: number) => gpio.write(GPIO.locate(register)!.offset, value, 4) };
};

describe('a channel in task mode', () => {
  it.each([
    ['low at first',                     0,        '',          '0'],
    ['at OUTINIT at first',              OUTINIT,  '',          '1'],
    ['toggled by OUT',                   TOGGLE,   'TASKS_OUT', '1'],
    ['set by OUT with LoToHi',           LO_TO_HI, 'TASKS_OUT', '1'],
    ['cleared by OUT with HiToLo',       HI_TO_LO | OUTINIT, 'TASKS_OUT', '0'],
    ['unchanged by OUT without polarity', OUTINIT, 'TASKS_OUT', '1'],
    ['set by SET',                       HI_TO_LO, 'TASKS_SET', '1'],
    ['cleared by CLR',                   OUTINIT | LO_TO_HI, 'TASKS_CLR', '0'],
  ])('is %s', (_what, config, task, state) => {
    const { write, net } = setUp();
    write('CONFIG[2]', TASK | PIN5 | config);
    if (task !== '') write(`${task}[2]`, 1);
    expect(net.state).toBe(state);
  });

  it('is back at OUTINIT after every write of CONFIG, the same value included', () => {
    const { write, net } = setUp();
    write('CONFIG[0]', TASK | PIN5 | TOGGLE);
    const levels = [0, OUTINIT, 0].map((outinit) => {
      write('TASKS_SET[0]', 1);
      write('CONFIG[0]', TASK | PIN5 | TOGGLE | outinit);
      return net.state;
    });
    expect(levels).toEqual(['0', '1', '0']);
  });

  it('gives the pad back to GPIO when it is disabled', () => {
    const { write, writeGpio, net } = setUp();
    writeGpio('OUTSET', 1 << 5);
    writeGpio('DIRSET', 1 << 5);
    write('CONFIG[0]', TASK | PIN5);
    const taken = net.state;
    write('CONFIG[0]', 0);
    expect([taken, net.state]).toEqual(['0', '1']);
  });

  it('leaves the pad to GPIO after a reset of both', () => {
    const { write, writeGpio, net, gpio, device } = setUp();
    write('CONFIG[0]', TASK | PIN5);
    gpio.reset();
    device.reset();
    writeGpio('OUTSET', 1 << 5);
    writeGpio('DIRSET', 1 << 5);
    expect(net.state).toBe('1');
  });

  it('does what OUT says when OUT and SET come in one cycle: OUT has priority', () => {
    const { write, net } = setUp();
    write('CONFIG[0]', TASK | PIN5 | HI_TO_LO | OUTINIT);
    write('TASKS_SET[0]', 1);
    write('TASKS_OUT[0]', 1);
    expect(net.state).toBe('0');
  });
});

describe('a channel in event mode', () => {
  it.each([
    ['LoToHi', LO_TO_HI, [1, 0]],
    ['HiToLo', HI_TO_LO, [0, 1]],
    ['Toggle', TOGGLE,   [1, 1]],
    ['None',   0,        [0, 0]],
  ])('sees edges of polarity %s', (_name, polarity, expected) => {
    const { write, read, outside } = setUp();
    outside.drive(false);
    write('CONFIG[1]', EVENT | PIN5 | polarity);
    const seen = [true, false].map((level) => {
      write('EVENTS_IN[1]', 0);
      outside.drive(level);
      return read('EVENTS_IN[1]');
    });
    expect(seen).toEqual(expected);
  });

  it('makes the pad an input against DIR, and sees it rise when it was held low until then', () => {
    const { write, writeGpio, read, net, outside } = setUp();
    writeGpio('DIRSET', 1 << 5);
    outside.pull('up');
    write('CONFIG[1]', EVENT | PIN5 | LO_TO_HI);
    expect([net.state, read('EVENTS_IN[1]')]).toEqual(['1', 1]);
  });

  it('gives the pad back to GPIO afterwards', () => {
    const { write, writeGpio, net, outside } = setUp();
    writeGpio('DIRSET', 1 << 5);
    outside.pull('up');
    write('CONFIG[1]', EVENT | PIN5 | LO_TO_HI);
    write('CONFIG[1]', 0);
    expect(net.state).toBe('0');
  });

  it('interrupts with INTENSET', () => {
    const { write, level, outside } = setUp();
    write('CONFIG[1]', EVENT | PIN5 | TOGGLE);
    write('INTENSET', 1 << 1);
    outside.drive(true);
    expect(level('irq')).toBe(true);
  });
});

it('has PORT when a pad arrives at the level that GPIO senses', () => {
  const { write, writeGpio, level, outside } = setUp();
  write('INTENSET', 0x8000_0000);
  writeGpio('PIN_CNF[5]', 2 << 16);
  outside.drive(true);
  expect(level('irq')).toBe(true);
});

it('has no SET task on nRF51', () => {
  const { write, net } = setUp('nrf51');
  write('CONFIG[0]', TASK | PIN5 | TOGGLE);
  write('TASKS_SET[0]', 1);
  expect(net.state).toBe('0');
});

it('holds its pad on a chip that goes on from a snapshot, and gives it back there', () => {
  const first = setUp();
  first.writeGpio('OUTSET', 1 << 5);
  first.writeGpio('DIRSET', 1 << 5);
  first.write('CONFIG[0]', TASK | PIN5);
  const second = setUp();
  second.chip.restore(first.chip.snapshot());
  second.gpio.restore(first.gpio.snapshot());
  second.device.restore(first.device.snapshot());
  const held = second.net.state;
  second.write('CONFIG[0]', 0);
  expect([held, second.net.state]).toEqual(['0', '1']);
});
