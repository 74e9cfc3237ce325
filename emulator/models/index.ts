/** What the rest of the emulator may use of models: reading .tflite files, their inputs, and runs on a board. */
export { microjoules, runningEnergy, type RunningEnergy } from '../energy/index.js';
export { npyKind, readInput, type InputOptions } from './inputs/read.js';
export { writeNpy } from './inputs/npy.js';
export { randomInput } from './inputs/random.js';
export { readModel, type Model, type Operator } from './model.js';
export { ModelError } from './model-error.js';
export { runnerCore } from './place.js';
export { runModelOn, type LayerFigures, type ModelReport, type ModelRunOptions } from './run.js';
export { realValues, storedValues, type Quantisation, type Tensor } from './tensor.js';
