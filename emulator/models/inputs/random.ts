/** Inputs for those who only want to know what a model costs: noise, the same for the same seed. */
import { uniformAt } from '../../sensors/index.js';
import { bytesOfStored, storedRange, type Tensor } from '../tensor.js';

/** Evenly over the type's range; -1 to 1 for float32, zeros for other wide types, whose values may be indices. */
export function randomInput(tensor: Tensor, seed: number): Uint8Array {
  const range = storedRange(tensor.type);
  const value = (i: number): number => {
    const uniform = uniformAt(seed, i);
    if (range !== undefined) return Math.floor(range[0] + uniform * (range[1] - range[0] + 1));
    return tensor.type === 'float32' ? 2 * uniform - 1 : 0;
  };
  return bytesOfStored(tensor, Float64Array.from({ length: tensor.elements }, (_, i) => value(i)));
}
