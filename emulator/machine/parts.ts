/** The parts that a board hangs on its pins. */
import type { Board } from '../boards/index.js';

export interface BoardPart {
  /** What it hangs on: `i2c D20/D21`, `analog A0`. */
  readonly bus: string;
  /** As the board file names it. */
  readonly part: string;
}

export function partsOf({ i2c, spi, pdm, i2s, analog }: Board): BoardPart[] {
  return [
    ...i2c.flatMap(({ sda, scl, parts }) => parts.map(({ part }) => ({ bus: `i2c ${sda}/${scl}`, part }))),
    ...spi.flatMap(({ sck, parts }) => parts.map(({ part }) => ({ bus: `spi ${sck}`, part }))),
    ...pdm.map(({ clk, din, part }) => ({ bus: `pdm ${clk}/${din}`, part })),
    ...i2s.map(({ sck, sd, part }) => ({ bus: `i2s ${sck}/${sd}`, part })),
    ...analog.map(({ pin, part }) => ({ bus: `analog ${pin}`, part })),
  ];
}
