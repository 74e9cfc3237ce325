/** One line about what a run drew. */
import { runEnergy } from '../energy/index.js';
import type { Machine } from '../machine-api.js';

export function energyLine(machine: Machine): string {
  const energy = runEnergy(machine, machine.board.energy);
  if (energy === undefined) return `energy: nobody has said what the ${machine.board.chip} draws; add "energy" to its chip file`;
  const consumers = [...energy.consumers].sort((a, b) => b.microjoules - a.microjoules).map(({ name, microjoules }) => `${name} ${joules(microjoules)}`);
  const unknown = energy.unknown.length === 0 ? '' : `, without ${energy.unknown.join(', ')}`;
  return `energy: about ${joules(energy.microjoules)} at ${energy.millivolts / 1000} V (${consumers.join(', ')})${unknown} and without the chip's peripherals`;
}

function joules(microjoules: number): string {
  return microjoules >= 1000 ? `${(microjoules / 1000).toPrecision(3)} mJ` : `${microjoules.toPrecision(3)} uJ`;
}
