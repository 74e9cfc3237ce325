/** What a run drew from its supply: the core by state, and the parts on its pins. Charges are exact in root ticks; currents are typical. */
import type { ChipEnergy, Machine, Residency } from '../machine-api.js';

export interface EnergyConsumer {
  /** `core running`, `core sleeping`, or a part's name. */
  readonly name: string;
  readonly microjoules: number;
}

export interface RunEnergy {
  readonly microjoules: number;
  /** Of the supply, which is taken to be that of the parts too. */
  readonly millivolts: number;
  readonly consumers: readonly EnergyConsumer[];
  /** Those that drew something, and nobody has said how much. */
  readonly unknown: readonly string[];
}

/** The core's states and the chip file's words for them. What a device holds up waits with its clock on. */
const STATES: readonly [keyof Residency, string][] = [['running', 'running'], ['stalled', 'running'], ['sleeping', 'sleeping'], ['off', 'off']];

/** @returns undefined where nobody has said anything about the chip */
export function runEnergy(machine: Machine, energy: ChipEnergy | undefined): RunEnergy | undefined {
  if (energy === undefined) return undefined;
  const seconds = machine.now() / machine.rootHz, megahertz = seconds === 0 ? 0 : machine.cycles / seconds / 1e6;
  const consumers: EnergyConsumer[] = [], unknown: string[] = [];
  for (const [state, word] of STATES) {
    const ticks = machine.residency[state], figure = energy.states[word];
    if (ticks === 0) continue;
    if (figure === undefined) unknown.push(`core ${state}`);
    else consumers.push({ name: `core ${state}`, microjoules: (figure.microamps + figure.microampsPerMegahertz * megahertz) * (ticks / machine.rootHz) * energy.millivolts / 1000 });
  }
  for (const part of machine.parts) {
    const uses = part.uses();
    if (uses.length === 0) unknown.push(part.name);
    else consumers.push({ name: part.name, microjoules: uses.reduce((sum, { microcoulombs }) => sum + microcoulombs, 0) * energy.millivolts / 1000 });
  }
  return { microjoules: consumers.reduce((sum, consumer) => sum + consumer.microjoules, 0), millivolts: energy.millivolts, consumers, unknown };
}
