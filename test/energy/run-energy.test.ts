import { describe, expect, it } from 'vitest';
import { runEnergy } from '../../emulator/energy/index.js';
import { energyLine } from '../../emulator/cli/energy-line.js';
import type { ChipEnergy, Machine } from '../../emulator/machine-api.js';

const figure = (microamps: number, microampsPerMegahertz = 0) => ({ microamps, microampsPerMegahertz, source: 'a data sheet', confidence: 'read' });
const CHIP: ChipEnergy = { millivolts: 3000, states: { running: figure(300, 50), sleeping: figure(4) } };

/** Two seconds at 64 MHz, a quarter of them running, with a sensor that drew 600 uA for a second and a part that tells nothing. */
function machine(residency: Partial<Machine['residency']> = {}, energy: ChipEnergy | undefined = CHIP): Machine {
  const uses = [{ state: 'active', microamps: 600, rootTicks: 64e6, microcoulombs: 600 }];
  return {
    rootHz: 64e6, now: () => 128e6, cycles: 128e6, residency: { running: 32e6, sleeping: 96e6, stalled: 0, off: 0, ...residency },
    parts: [{ name: 'sensor', uses: () => uses }, { name: 'knob', uses: () => [] }],
    board: { name: 'board', chip: 'chip', energy },
  } as unknown as Machine;
}

describe('the energy of a run', () => {
  it('is current x time x voltage of each state and part: (300 + 64 x 50) uA x 0.5 s x 3 V, 4 uA x 1.5 s x 3 V, 600 uC x 3 V', () => {
    expect(runEnergy(machine(), CHIP)?.consumers).toEqual([
      { name: 'core running', microjoules: 5250 }, { name: 'core sleeping', microjoules: 18 }, { name: 'sensor', microjoules: 1800 },
    ]);
  });

  it('is their sum', () => expect(runEnergy(machine(), CHIP)?.microjoules).toBe(7068));

  it('names what nobody has given a figure for', () => expect(runEnergy(machine({ off: 1 }), CHIP)?.unknown).toEqual(['core off', 'knob']));

  it('is unknown where the chip says nothing', () => expect(runEnergy(machine(), undefined)).toBeUndefined());
});

describe('its line', () => {
  it('begins with what drew most, and says what is missing', () => {
    expect(energyLine(machine())).toBe("energy: about 7.07 mJ at 3 V (core running 5.25 mJ, sensor 1.80 mJ, core sleeping 18.0 uJ), without knob and without the chip's peripherals");
  });

  it('says what to do where the chip says nothing', () => {
    expect(energyLine(machine({}, { ...CHIP, states: {} }))).toContain('without core running, core sleeping, knob');
  });
});
