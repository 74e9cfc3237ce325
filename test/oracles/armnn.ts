/**
 * Arm NN's reference backend as an oracle for .tflite networks: builds the program of armnn/armnn.cc.
 * Needs a C++ compiler and Debian's libarmnn-dev, libarmnntfliteparser-dev and libarmnn-cpuref-backend22 (20.08).
 */
import { buildOracle } from './oracle-process.js';

export const buildArmnn = (): string =>
  buildOracle('armnn/armnn.cc', ['armnn', 'armnnTfLiteParser'], 'libarmnn-dev, libarmnntfliteparser-dev, libarmnn-cpuref-backend22');
