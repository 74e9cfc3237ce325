/**
 * What MicroPython shows on the micro:bit V1's display, as its matrix lights it.
 * Source: BBC micro:bit MicroPython documentation v1.0, chapters Display and Image; the font is the firmware's own.
 */
import { describe, expect, it } from 'vitest';
import { MicroPython } from './micropython.js';

const HEART = ['.#.#.', '#####', '#####', '.###.', '..#..'];
const SETTLED_SECONDS = 0.06;

function shown(code: string): MicroPython {
  const board = new MicroPython().boot();
  board.display.watch();
  board.line('from microbit import *');
  board.line(code);
  board.run(SETTLED_SECONDS);
  return board;
}

const column = (picture: readonly string[], x: number): string => picture.map((line) => line[x]).join('');

describe('display', () => {
  it('shows Image.HEART', () => {
    expect(shown('display.show(Image.HEART)').picture()).toEqual(HEART);
  });

  it('sets one pixel by column and line', () => {
    expect(shown('display.set_pixel(3, 1, 9)').picture()).toEqual(['.....', '...#.', '.....', '.....', '.....']);
  });

  it('is brighter from level to level, and dark at 0', () => {
    const [first, second] = shown("display.show(Image('12345:67890:00000:00000:00000'))").display.brightness();
    const levels = [...first, ...second.slice(0, 4)];
    expect([levels.every((level, n) => level > (levels[n - 1] ?? 0)), second[4]]).toEqual([true, 0]);
  });

  it('lights each of three lines a third of the time at the highest level', () => {
    const board = shown('display.set_pixel(0, 0, 9)');
    // The display goes round in 18 ms, brightness counts 20: 6 or 8 ms of light, 9 rounds are 8 pictures on average.
    const looks = Array.from({ length: 180 }, () => { board.run(0.001); return board.display.brightness()[0][0]; });
    expect(looks.reduce((sum, look) => sum + look, 0) / looks.length).toBeCloseTo(1 / 3, 1);
  });

  it('goes dark when it is off, and clears', () => {
    const board = shown('display.show(Image.HEART); display.off()');
    const dark = board.picture();
    board.line('display.on()');
    board.run(SETTLED_SECONDS);
    const lit = board.picture();
    board.line('display.clear()');
    board.run(SETTLED_SECONDS);
    expect([dark, lit, board.picture()]).toEqual([Array(5).fill('.....'), HEART, Array(5).fill('.....')]);
  });

  it('scrolls column by column, the letters as it shows them', () => {
    const board = shown("display.show('H')");
    const letter = board.picture();
    board.press("display.scroll('H')\r");
    const pictures = board.film(2).filter((picture, n) => n > 0 || picture.join() !== letter.join());
    const moves = pictures.slice(1).every((picture, n) => [0, 1, 2, 3].every((x) => column(picture, x) === column(pictures[n], x + 1)));
    const passing = pictures.map((picture) => column(picture, 4)).join('|');
    expect([moves, passing]).toEqual([true, expect.stringContaining([0, 1, 2, 3].map((x) => column(letter, x)).join('|'))]);
  });

  it('shows one letter after the other, each as long as asked', () => {
    const board = shown('display.clear()');
    const from = board.seconds;
    const answer = board.output.length;
    board.press("display.show('012', delay=200)\r");
    const pictures = board.film(0.55).filter((picture) => picture.join('').includes('#'));
    board.await('\n>>> ', answer);
    expect([pictures.length, board.seconds - from > 0.6, board.seconds - from < 0.65]).toEqual([3, true, true]);
  });
});
