/** Parts of a board that have no model are named, once, also to who listens late. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { program } from '../support/machine.js';

const chip = { text: readFileSync(new URL('../../boards/chips/mps2-an385.yaml', import.meta.url), 'utf8'), fileName: 'mps2-an385.yaml' };
const board = parseBoard(`
name: Bench
source: none
chip: mps2-an385
i2c: [{ sda: P0.15, scl: P0.5, parts: [{ part: lps22, address: 0x5c }] }]
pdm: [{ clk: P0.1, din: P0.2, part: mp34dt05 }]
`, 'bench.yaml', () => chip);

it('warns of each part that nothing models, once', () => {
  const machine = new EmulatedMachine(board, { seed: 1 });
  machine.load(program('nop'));
  machine.load(program('nop'));
  const warnings: string[] = [];
  machine.warnings.onWarning((text) => warnings.push(text));
  expect(warnings).toEqual([
    'Bench: there is no model of the part lps22 on i2c P0.15/P0.5; nothing answers there',
    'Bench: there is no model of the part mp34dt05 on pdm P0.1/P0.2; nothing answers there',
  ]);
});
