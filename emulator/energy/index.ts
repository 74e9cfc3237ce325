export { microjoules, runningEnergy, type RunningEnergy } from './running.js';
export { runEnergy, type EnergyConsumer, type RunEnergy } from './run-energy.js';
