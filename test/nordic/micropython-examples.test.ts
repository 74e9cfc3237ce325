/**
 * The example programs of the package: each runs for some seconds without an exception, and does what its text says.
 * Given to the raw REPL; dodge_game, for which that leaves no memory (nor does it on QEMU), lies in flash, as users put programs.
 * Not here: radio, which wants a RADIO of the chip.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { bytesOfNeopixels, drive, edges, lying, TILTS, tilted, widthsOfHighs, world, type Edge } from './around-the-board.js';
import { example, EXAMPLES, MicroPython } from './micropython.js';

const DARK = '.....';
const CLOCK_12 = ['..#..', '..#..', '..#..', DARK, DARK];
const ran = new Set<string>();

/** A board on which the example has begun. */
function begin(name: string, prepare?: (board: MicroPython) => void): MicroPython {
  ran.add(name);
  const board = new MicroPython().boot();
  board.display.watch();
  prepare?.(board);
  board.start(example(name));
  return board;
}

/** Runs until it shows that, for so many seconds at most. */
function shows(board: MicroPython, wanted: readonly string[], seconds: number): boolean {
  const end = board.seconds + seconds;
  while (board.seconds < end) if (board.film(0.1).at(-1)?.join() === wanted.join()) return true;
  return false;
}

/** Its pictures from the first that is not dark. */
function litFilm(board: MicroPython, seconds: number): string[][] {
  const pictures = board.film(seconds);
  return pictures.slice(pictures.findIndex((picture) => picture.join('').includes('#')));
}

function tap(board: MicroPython, button: string): void {
  const found = board.machine.pins.buttons.find(({ name }) => name === button)!;
  found.isPressed = true;
  board.run(0.15);
  found.isPressed = false;
  board.run(0.05);
}

/** Ctrl-C ends it, which is its only exception, and nothing was not modelled. */
function endsByKeyboard(board: MicroPython): void {
  expect([board.interrupt().error.trim().split('\n').at(-1), board.warnings]).toEqual(['KeyboardInterrupt:', []]);
}

/** Periods in microseconds, each as often as it follows on itself once. */
function periods(seen: readonly Edge[]): number[] {
  const rises = seen.filter(({ level }) => level).map(({ at }) => at);
  const lengths = rises.slice(1).map((at, n) => Math.round((at - rises[n]) * 1e6));
  return lengths.filter((length, n) => n > 0 && Math.abs(length - lengths[n - 1]) <= 1).filter((length, n, all) => n === 0 || Math.abs(length - all[n - 1]) > 1);
}

/** What music gives for Hz: whole steps of 16 us. */
const period = (hertz: number): number => 16 * Math.floor(1e6 / hertz / 16);

/** One generation of Conway's game in a world of five by five. */
function generation(picture: readonly string[]): string[] {
  const lives = (x: number, y: number): number => (picture[y]?.[x] === '#' ? 1 : 0);
  return picture.map((line, y) => [...line].map((cell, x) => {
    let neighbours = -lives(x, y);
    for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) neighbours += lives(x + dx, y + dy);
    return neighbours === 3 || (cell === '#' && neighbours === 2) ? '#' : '.';
  }).join(''));
}

describe('an example shows', () => {
  it('analog_watch: twelve o\'clock', () => {
    const board = begin('analog_watch');
    expect(shows(board, CLOCK_12, 1.2)).toBe(true);
    endsByKeyboard(board);
  });

  it('asmleds: column after column, 0xa0 << 11 rounds of 4 cycles apart', () => {
    const board = begin('asmleds', (made) => made.line('import microbit; microbit.display.off()'));
    const falls = Array.from({ length: 9 }, (_, n) => edges(board, board.net(`COL${n + 1}`)));
    board.run(0.9);
    const first = falls.map((seen) => seen.find(({ level }) => !level)!.at);
    const spacing = ((0xa0 << 11) * 4) / 16e6;
    expect(first.slice(1).map((at, n) => at - first[n])).toEqual(Array(8).fill(expect.closeTo(spacing, 5)));
    board.run(6);
    expect(board.end()).toEqual({ printed: '', error: '' });
  });

  it('bubble_level_2d: a bubble in the middle, that goes where the board is highest', () => {
    const board = begin('bubble_level_2d');
    const level = shows(board, [DARK, DARK, '..#..', DARK, DARK], 0.5);
    world(board, lying(-0.09, 0, 1));
    expect([level, shows(board, [DARK, DARK, '#....', DARK, DARK], 0.5)]).toEqual([true, true]);
    endsByKeyboard(board);
  });

  it('compass: a needle to the north, once it is calibrated', () => {
    const board = begin('compass');
    for (const tilt of TILTS) {
      world(board, tilt);
      board.run(0.25);
    }
    world(board, tilted(0, 0));
    expect(shows(board, CLOCK_12, 20)).toBe(true);
    endsByKeyboard(board);
  });

  it('conway: generations after Conway\'s rules', () => {
    const board = begin('conway');
    const pictures = litFilm(board, 2.2);
    const pairs = pictures.slice(1).map((picture, n) => [picture, generation(pictures[n])]);
    expect([pairs.length > 2, pairs.every(([picture, next]) => picture.join() === next.join())]).toEqual([true, true]);
    endsByKeyboard(board);
  });

  it('counter: how often a button was pressed', () => {
    const board = begin('counter');
    const before = board.film(0.5);
    tap(board, 'A');
    const column = board.film(2).filter((picture) => picture.join('').includes('#'));
    expect([before, column.length > 4]).toEqual([[Array(5).fill(DARK)], true]);
    endsByKeyboard(board);
  });

  it('digital_water: water in the lower half when the logo is up', () => {
    const board = begin('digital_water', (made) => world(made, lying(0, 1, 0)));
    expect(shows(board, [DARK, DARK, DARK, '#####', '#####'], 1)).toBe(true);
    endsByKeyboard(board);
  });

  it('flame_simulation: flames, brighter below, that listen to a button', () => {
    const board = begin('flame_simulation');
    board.run(2);
    const sums = [0, 0];
    for (let n = 0; n < 20; n++) {
      board.run(0.05);
      board.display.brightness().forEach((line, y) => { sums[y < 2 ? 0 : 1] += line.reduce((sum, share) => sum + share, 0); });
    }
    tap(board, 'A');
    board.run(0.3);
    expect([sums[1] > 2 * sums[0], board.printed]).toEqual([true, 'percent interpolate= 30\r\n']);
    endsByKeyboard(board);
  });

  it('flappybit: its name, then a bird that climbs when the board is tilted', () => {
    const board = begin('flappybit', (made) => world(made, lying(0, 0.2, 1)));
    board.run(8);
    expect(board.film(3).some((picture) => picture[0].startsWith('#') && picture.slice(1).every((line) => line.startsWith('.')))).toBe(true);
    endsByKeyboard(board);
  });

  it('four_buttons: a corner and a column for a touched pin', () => {
    const board = begin('four_buttons');
    // The ADC of a real chip pulls the pads' 10 MOhm down to nothing; the model's has no input current.
    const pins = ['P1', 'P2'].map((name) => drive(board, name));
    for (const pin of pins) pin.drive(false);
    const before = board.film(0.5).slice(-1);
    pins[0].drive(true);
    expect([before, shows(board, ['#####', '#####', '.#...', '.#...', '.#...'], 1)]).toEqual([[Array(5).fill(DARK)], true]);
    endsByKeyboard(board);
  });

  it('i_feel_today: better after button B', () => {
    const board = begin('i_feel_today');
    const before = shows(board, [DARK, '.#.#.', DARK, '#####', DARK], 0.3);
    tap(board, 'B');
    expect([before, shows(board, [DARK, '.#.#.', DARK, '#...#', '.###.'], 0.3)]).toEqual([true, true]);
    endsByKeyboard(board);
  });

  it('led_dance: a few LEDs, ever others', () => {
    const board = begin('led_dance');
    const pictures = litFilm(board, 2.2);
    const lit = pictures.map((picture) => picture.join('').replaceAll('.', '').length);
    // Each stays for eight steps of 100 ms.
    expect([new Set(pictures.map(String)).size > 8, Math.min(...lit) >= 1, Math.max(...lit) <= 9]).toEqual([true, true, true]);
    endsByKeyboard(board);
  });

  it('magic8: an 8 until it is shaken', () => {
    const board = begin('magic8');
    const before = litFilm(board, 0.4);
    const { rootHz } = board.machine;
    board.machine.inputs.set('acceleration.x', (at) => (Math.floor((8 * at) / rootHz) % 2 === 0 ? 15 : -15));
    const after = board.film(2);
    expect([before.length, after[0].join() === before[0].join(), after.some((picture) => !picture.join('').includes('#'))]).toEqual([1, true, true]);
    endsByKeyboard(board);
  });

  it('maze: the wall at the right end of the first corridor', () => {
    const board = begin('maze', (made) => world(made, lying(-0.5, 0, 0.86)));
    board.run(5);
    const columns = board.picture().map((line) => line.slice(3));
    expect(columns).toEqual(Array(5).fill('##'));
    endsByKeyboard(board);
  });

  it('pomodoro: go, and every LED', () => {
    const board = begin('pomodoro');
    expect([shows(board, Array(5).fill('#####'), 4), board.printed]).toEqual([true, 'pomodoro timer\r\n']);
    endsByKeyboard(board);
  });

  it('simple_slalom: a wall with a hole that comes down on the player', () => {
    const board = begin('simple_slalom');
    const pictures = board.film(2.2);
    const walls = pictures.flatMap((picture) => picture.flatMap((line, y) => (y < 4 && line.replaceAll('.', '').length === 4 ? [y] : [])));
    expect([...new Set(walls)]).toEqual([0, 1, 2, 3]);
    endsByKeyboard(board);
  });

  it('watch: a colon that flashes', () => {
    const board = begin('watch');
    const colon = [DARK, '..#..', DARK, '..#..', DARK];
    expect([shows(board, colon, 2.5), shows(board, Array(5).fill(DARK), 2.5)]).toEqual([true, true]);
    endsByKeyboard(board);
  });

  it('dodge_game: an enemy that falls, and a tone for the player who has passed', () => {
    ran.add('dodge_game');
    const board = new MicroPython(1, example('dodge_game'));
    board.display.watch();
    const seen = edges(board, board.net('P0'));
    const pictures = board.film(2.5);
    const enemy = pictures.map((picture) => picture.findIndex((line) => line[2] === '#')).filter((y) => y >= 0);
    tap(board, 'B');
    board.run(6);
    expect([enemy.length >= 2, periods(seen), board.output, board.warnings]).toEqual([true, expect.arrayContaining([period(400)]), '', []]);
  });
});

describe('an example sounds', () => {
  it('music: the prelude', () => {
    const board = begin('music');
    const seen = edges(board, board.net('P0'));
    board.run(1);
    expect(periods(seen).slice(0, 4)).toEqual([262, 330, 392, 523].map(period));
    endsByKeyboard(board);
  });

  it('tiltmusic: higher when it is tilted', () => {
    const board = begin('tiltmusic');
    const seen = edges(board, board.net('P0'));
    board.run(0.5);
    const flat = periods(seen).at(-1);
    world(board, lying(-1, 0, 0));
    board.run(0.5);
    expect([flat, periods(seen).at(-1)]).toEqual([period(233), period(932)]);
    endsByKeyboard(board);
  });

  it('speech: pulses of many lengths, and pauses', () => {
    const board = begin('speech');
    const seen = edges(board, board.net('P0'));
    board.run(1.5);
    const widths = new Set(widthsOfHighs(seen).map((width) => Math.round(width * 1e6)));
    expect([seen.length > 10_000, widths.size > 10]).toEqual([true, true]);
    endsByKeyboard(board);
  });

  it('waveforms: a sine of 32 samples at 7812.5 Hz', () => {
    const board = begin('waveforms');
    const seen = edges(board, board.net('P0'));
    board.run(1);
    expect(seen.length).toBeGreaterThan(7000);
    endsByKeyboard(board);
  });

  it.each(['play_file', 'reverb'])('%s: a function to call', (name) => {
    const board = begin(name);
    expect([board.end(), board.line('play_file').startsWith('<function'), board.warnings]).toEqual([{ printed: '', error: '' }, true, []]);
  });
});

it('neopixel_random lights one pixel after the other, with 60 of 255 at most', () => {
  const board = begin('neopixel_random');
  const seen = edges(board, board.net('P0'));
  board.run(0.35);
  const bytes = bytesOfNeopixels(seen);
  const frames = Array.from({ length: Math.floor(bytes.length / 24) }, (_, n) => bytes.slice(24 * n, 24 * n + 24));
  const lit = frames.map((frame) => frame.reduce((last, byte, n) => (byte > 0 ? n + 1 : last), 0));
  expect([frames.length >= 3, lit.every((last, n) => last <= 3 * (n + 1) && last > 3 * n), Math.max(...bytes) <= 60]).toEqual([true, true, true]);
  endsByKeyboard(board);
});

afterAll(() => {
  expect([...ran].sort()).toEqual(EXAMPLES.filter((name) => name !== 'radio'));
});
