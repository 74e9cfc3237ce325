/** What `--leds` shows. */
import { expect, it } from 'vitest';
import { ledsReport, ledsText } from '../../emulator/cli/leds.js';

const PINS = {
  net: () => undefined, buttons: [],
  leds: [{ name: 'red', isLit: true }, { name: 'green', isLit: false }],
  matrices: [{ name: 'display', width: 3, height: 2, watch: () => () => undefined, brightness: () => [[0, 1 / 3, 1], [0.01, 0.5, 0.75]] }],
};

it('shows LEDs in a line and a matrix in shades', () => {
  expect(ledsText(ledsReport(PINS))).toBe('leds: red on, green off\ndisplay:\n  . + #\n  - + *\n');
});

it('reports shares in thousandths', () => {
  expect(ledsReport(PINS).matrices[0].brightness[0]).toEqual([0, 0.333, 1]);
});

it('shows nothing for a board without LEDs', () => {
  expect(ledsText(ledsReport({ ...PINS, leds: [], matrices: [] }))).toBe('');
});
