/**
 * MicroPython's view of the micro:bit V1's sensors, buttons, pins, buses, clock and flash, against the world around the board
 * and the wires at its pins.
 * Sources: BBC micro:bit MicroPython documentation v1.0; WS2812B datasheet, "Data transfer time".
 */
import { describe, expect, it } from 'vitest';
import { MicroPython } from './micropython.js';
import { bytesOfNeopixels, drive, edges, frequency, G, lying, TILTS, tilted, widthsOfHighs, world } from './around-the-board.js';

const BANNER = 'MicroPython v1.9.2-34-gd64154c73 on 2017-09-01; micro:bit v1.0.1 with nRF51822';

const shared = new MicroPython().boot();
shared.line('from microbit import *');

describe('the accelerometer', () => {
  // "Face up", lying on a table, is z = -1024; x grows to the right when the right side goes down, y when the logo goes up.
  it.each([
    ['face up', lying(0, 0, 1), '(0, 0, -1024)'],
    ['face down', lying(0, 0, -1), '(0, 0, 1024)'],
    ['left', lying(1, 0, 0), '(-1024, 0, 0)'],
    ['right', lying(-1, 0, 0), '(1024, 0, 0)'],
    ['up', lying(0, 1, 0), '(0, 1024, 0)'],
    ['down', lying(0, -1, 0), '(0, -1024, 0)'],
  ])('tells "%s"', (gesture, acceleration, values) => {
    world(shared, acceleration);
    const said = shared.program(`
for i in range(10):
    accelerometer.current_gesture()
    sleep(25)
print(accelerometer.current_gesture(), accelerometer.get_values())
`);
    expect(said).toEqual({ printed: `${gesture} ${values}\n`, error: '' });
  });

  it('hears that it is shaken', () => {
    const board = shared;
    board.line('accelerometer.get_gestures()');
    board.machine.inputs.set('acceleration.x', (at) => (Math.floor((8 * at) / board.machine.rootHz) % 2 === 0 ? 1.5 * G : -1.5 * G));
    const said = board.program(`
for i in range(50):
    accelerometer.current_gesture()
    sleep(20)
print('shake' in accelerometer.get_gestures())
`);
    world(board, lying(0, 0, 1));
    expect(said.printed).toBe('True\n');
  });
});

describe('the compass', () => {
  it('is calibrated by tilting until the dot has been everywhere, and then knows where north is', () => {
    const board = new MicroPython().boot();
    board.line('from microbit import *');
    const before = board.line('compass.is_calibrated()');
    const from = board.output.length;
    board.press('compass.calibrate()\r');
    for (const tilt of TILTS) {
      world(board, tilt);
      board.run(0.25);
    }
    board.await('\n>>> ', from, 20);
    world(board, tilted(0, 0));
    // The field points to the logo, to the right, to the connector, to the left: the board looks north, west, south, east.
    const headings = [[0, 20], [20, 0], [0, -20], [-20, 0]].map(([x, y]) => {
      world(board, { 'magneticField.x': x, 'magneticField.y': y });
      board.run(0.3);
      return Number(board.line('compass.heading()'));
    });
    const errors = headings.map((heading, n) => Math.abs(((heading - [0, 270, 180, 90][n] + 540) % 360) - 180));
    expect([before, board.line('compass.is_calibrated()'), Math.max(...errors) <= 3, board.warnings]).toEqual(['False', 'True', true, []]);
  });

  it('measures the field in nanotesla', () => {
    const board = new MicroPython().boot();
    world(board, { 'magneticField.x': 30, 'magneticField.y': 0, 'magneticField.z': 40 });
    board.line('from microbit import *');
    board.line('compass.get_x(); sleep(200)');
    expect(Number(board.line('compass.get_field_strength()'))).toBeCloseTo(50_000, -2);
  });
});

it('temperature() is that of the world around the board', () => {
  world(shared, { temperature: -7 });
  expect(shared.line('temperature()')).toBe('-7');
});

describe('buttons', () => {
  it('are pressed as long as somebody presses', () => {
    const a = shared.machine.pins.buttons.find(({ name }) => name === 'A')!;
    shared.line('button_a.was_pressed(); button_b.was_pressed()');
    a.isPressed = true;
    shared.run(0.2);
    const during = shared.line('button_a.is_pressed(), button_b.is_pressed()');
    a.isPressed = false;
    shared.run(0.2);
    const after = shared.line('button_a.is_pressed(), button_a.was_pressed(), button_a.was_pressed(), button_b.was_pressed()');
    expect([during, after]).toEqual(['(True, False)', '(False, True, False, False)']);
  });

  it('count', () => {
    const b = shared.machine.pins.buttons.find(({ name }) => name === 'B')!;
    shared.line('button_b.get_presses()');
    for (let n = 0; n < 3; n++) {
      b.isPressed = true;
      shared.run(0.1);
      b.isPressed = false;
      shared.run(0.1);
    }
    expect(shared.line('button_b.get_presses()')).toBe('3');
  });
});

describe('pins', () => {
  it('read what drives them', () => {
    const pin = drive(shared, 'P8');
    const levels = [true, false].map((level) => {
      pin.drive(level);
      return shared.line('pin8.read_digital()');
    });
    pin.release();
    expect(levels).toEqual(['1', '0']);
  });

  it('have pulls', () => {
    expect(shared.line('[[pin16.set_pull(pull), pin16.read_digital()][1] for pull in (pin16.PULL_UP, pin16.PULL_DOWN)]')).toBe('[1, 0]');
  });

  it('drive what is written', () => {
    const levels = [1, 0].map((level) => {
      shared.line(`pin12.write_digital(${level})`);
      return shared.net('P12').state;
    });
    expect(levels).toEqual(['1', '0']);
  });

  it.each([[0, 0], [0.825, 256], [1.65, 512], [3.3, 1023]])('measure %f V of 3.3 V as %i of 1023', (volts, expected) => {
    const pin = drive(shared, 'P1');
    pin.driveAnalog({ volts: () => volts });
    const value = Number(shared.line('pin1.read_analog()'));
    pin.release();
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(1);
  });

  it('are touched when they are pulled to ground', () => {
    const pin = drive(shared, 'P2');
    const touched = [true, false].map((level) => {
      pin.drive(level);
      shared.line('pin2.is_touched(); sleep(200)');
      return shared.line('pin2.is_touched()');
    });
    expect(touched).toEqual(['False', 'True']);
  });

  it('give pulses: 20 ms long unless asked otherwise, in steps of 16 us', () => {
    const board = new MicroPython().boot();
    board.line('from microbit import *');
    board.line('pin0.write_analog(256)');
    const seen = edges(board, board.net('P0'));
    board.run(0.2);
    const [, rise] = seen.filter(({ level }) => level);
    const fall = seen.find(({ level, at }) => !level && at > rise.at)!;
    expect([1 / frequency(seen), fall.at - rise.at]).toEqual([expect.closeTo(0.02, 5), expect.closeTo((0.02 * 256) / 1023, 5)]);
  });
});

describe('music', () => {
  it.each([
    ['music.pitch(440, 300)', 440, 0.3], ["music.play('c5:4')", 523, 0.5], ["music.play(['a3:2'])", 220, 0.25],
  ])('%s: %i Hz for %f s on pin 0', (code, hertz, seconds) => {
    const board = new MicroPython().boot();
    board.line('from microbit import *');
    board.line('import music');
    const seen = edges(board, board.net('P0'));
    board.line(code);
    // Periods are whole steps of 16 us, rounded down.
    const period = 16e-6 * Math.floor(1 / hertz / 16e-6);
    expect([1 / frequency(seen), Math.abs(seen.at(-1)!.at - seen[0].at - seconds) < 0.03]).toEqual([expect.closeTo(period, 6), true]);
  });
});

describe('wires', () => {
  it('neopixel sends green, red, blue as WS2812 wants them', () => {
    const board = new MicroPython().boot();
    board.line('from microbit import *; import neopixel; np = neopixel.NeoPixel(pin0, 2)');
    board.line('np[0] = (255, 0, 128); np[1] = (1, 2, 3)');
    const seen = edges(board, board.net('P0'));
    board.line('np.show()');
    const highs = widthsOfHighs(seen);
    // 0.4 us or 0.8 us high, give or take 0.15 us, of 1.25 us, give or take 0.6 us.
    const areInTime = highs.every((width) => Math.abs(width - (width > 0.6e-6 ? 0.8e-6 : 0.4e-6)) <= 0.151e-6);
    expect([bytesOfNeopixels(seen), areInTime]).toEqual([[0, 255, 128, 2, 1, 3], true]);
  });

  it('i2c finds the magnetometer and the accelerometer, and talks to them', () => {
    shared.line("i2c.write(0x1d, b'\\x0d', repeat=True)");
    expect([shared.line('i2c.scan()'), shared.line('i2c.read(0x1d, 1)')]).toEqual(['[14, 29]', "b'Z'"]);
  });

  it('i2c hears when nobody answers', () => {
    expect(shared.line('i2c.read(0x50, 1)')).toContain('OSError');
  });

  it('spi hears what it says over a wire', () => {
    const board = new MicroPython().boot();
    const miso = drive(board, 'P14');
    board.net('P15').onEdge((level) => miso.drive(level));
    board.line('from microbit import *');
    board.line('spi.init(baudrate=1000000, sclk=pin13, mosi=pin15, miso=pin14)');
    board.line('answer = bytearray(4)');
    board.line("spi.write_readinto(b'\\x5a\\x01\\xff\\x80', answer)");
    expect([board.line('answer'), board.warnings]).toEqual(["bytearray(b'Z\\x01\\xff\\x80')", []]);
  });

  it('uart hears what it says over a wire, and is the console again after', () => {
    const board = new MicroPython().boot();
    const rx = drive(board, 'P1');
    rx.drive(true);
    board.net('P0').onEdge((level) => rx.drive(level));
    const said = board.program(`
from microbit import *
uart.init(9600, tx=pin0, rx=pin1)
sleep(10)
uart.read()
uart.write(b'hello')
sleep(50)
heard = uart.read()
uart.init(115200)
sleep(10)
print(heard)
`);
    expect(said).toEqual({ printed: "b'hello'\n", error: '' });
  });
});

describe('time', () => {
  it('running_time() counts the milliseconds of the board', () => {
    const [first, from] = [Number(shared.line('running_time()')), shared.seconds];
    shared.run(2);
    const [second, to] = [Number(shared.line('running_time()')), shared.seconds];
    // It ticks every 6 ms.
    expect(Math.abs(second - first - 1000 * (to - from))).toBeLessThanOrEqual(6);
  });

  it('sleep() sleeps', () => {
    const { machine } = shared;
    const at: number[] = [];
    machine.serials[0].onByte((byte) => { if (byte === '*'.charCodeAt(0)) at.push(machine.now() / machine.rootHz); });
    shared.program("print('*')\nsleep(500)\nprint('*')\n");
    expect(Math.abs(at.at(-1)! - at.at(-2)! - 0.5)).toBeLessThanOrEqual(0.012);
  });
});

it('random is another with another seed of the run, and the same with the same', () => {
  const [first, again, other] = [1, 1, 2].map((seed) => {
    const board = new MicroPython(seed).boot();
    board.line('import random');
    return board.line('[random.randint(0, 1000) for _ in range(8)]');
  });
  expect([first === again, first === other]).toEqual([true, false]);
});

describe('reset', () => {
  it('starts again', () => {
    const board = new MicroPython().boot();
    board.line('x = 1; import microbit');
    const from = board.output.length;
    board.press('microbit.reset()\r');
    board.await('>>> ', board.output.indexOf('reset()', from));
    board.await(`${BANNER}\r\nType "help()" for more information.\r\n>>> `, from);
    expect([board.machine.resets.map(({ cause }) => cause), board.line('x'), board.warnings]).toEqual([['SYSRESETREQ'], expect.stringContaining('NameError'), []]);
  });

  it('keeps files, which lie in flash', () => {
    const board = new MicroPython().boot();
    board.line("file = open('note.txt', 'w'); file.write('Thumbelina'); file.close()");
    board.machine.reset();
    board.run(0.1);
    board.line('import os');
    expect([board.line('os.listdir()'), board.line("open('note.txt').read()"), board.line("os.size('note.txt')")]).toEqual(["['note.txt']", "'Thumbelina'", '10']);
  });

  it('forgets files that are removed', () => {
    const board = new MicroPython().boot();
    board.line("file = open('note.txt', 'w'); file.write('Thumbelina'); file.close()");
    board.line("import os; os.remove('note.txt')");
    board.machine.reset();
    board.run(0.1);
    expect(board.line('import os; os.listdir()')).toBe('[]');
  });

  it('runs main.py', () => {
    const board = new MicroPython().boot();
    board.line('file = open("main.py", "w"); file.write("print(6*7)"); file.close()');
    const from = board.output.length;
    board.machine.reset();
    board.run(0.1);
    expect(board.output.slice(from)).toContain('42\r\n');
  });
});

it('nothing that it touched is not modelled', () => {
  expect(shared.warnings).toEqual([]);
});
