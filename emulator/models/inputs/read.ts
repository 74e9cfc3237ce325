/** Files as a model's inputs: which kind a file is, and the bytes that one or several runs get from it. */
import { readWav } from '../../sensors/index.js';
import { ModelError } from '../model-error.js';
import { bytesOfReal, bytesOfStored, type Tensor } from '../tensor.js';
import { isNpy, readNpy, type NumberArray } from './npy.js';
import { pictureBytes } from './picture.js';

/** Elements that files may have together; more than any board takes in thousands of runs. */
const MOST_VALUES = 1 << 26;

/** What NumPy calls the types that are stored as they are. */
const KINDS: Readonly<Record<string, string>> = { float32: 'f4', int8: 'i1', uint8: 'u1', bool: 'b1', int16: 'i2', int32: 'i4', int64: 'i8' };

export interface InputOptions {
  /** Numbers of a text are the tensor's own integers, not real values. */
  readonly areStored?: boolean;
}

/** @returns bytes of the tensor for one run after the other; at least one @throws ModelError, StimulusError */
export async function readInput(tensor: Tensor, bytes: Uint8Array, fileName: string, options: InputOptions = {}): Promise<readonly Uint8Array[]> {
  if (isNpy(bytes)) return rows(tensor, npyBytes(tensor, readNpy(bytes)));
  if (isPicture(bytes)) return [await pictureBytes(tensor, bytes, fileName)];
  if (isWav(bytes)) return [soundBytes(tensor, bytes, fileName)];
  if (/\.(csv|txt)$/i.test(fileName)) return rows(tensor, textBytes(tensor, bytes, options.areStored ?? false));
  return rows(tensor, bytes);
}

/** A name for `writeNpy`. */
export function npyKind({ type }: Tensor): string {
  const kind = KINDS[type] ?? 'u1';
  return `${kind.endsWith('1') ? '|' : '<'}${kind}`;
}

const startsWith = (bytes: Uint8Array, text: string): boolean => Array.from(text).every((letter, i) => bytes[i] === letter.charCodeAt(0));

/** Only kinds whose beginning cannot be chance. */
function isPicture(bytes: Uint8Array): boolean {
  return startsWith(bytes, '\x89PNG') || startsWith(bytes, '\xff\xd8\xff') || startsWith(bytes, 'GIF8');
}

function isWav(bytes: Uint8Array): boolean {
  return (startsWith(bytes, 'RIFF') || startsWith(bytes, 'RIFX') || startsWith(bytes, 'RF64')) && startsWith(bytes.subarray(8), 'WAVE');
}

function rows(tensor: Tensor, bytes: Uint8Array): readonly Uint8Array[] {
  const count = bytes.length / Math.max(1, tensor.bytes);
  if (count < 1 || !Number.isInteger(count)) {
    const elements = bytes.length / (tensor.bytes / Math.max(1, tensor.elements));
    throw new ModelError(`${elements} values (${bytes.length} bytes) for input "${tensor.name}", which has ${tensor.elements} (${tensor.type} [${tensor.shape.join(', ')}], ${tensor.bytes} bytes): give as many, or a multiple for several runs`);
  }
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * tensor.bytes, (i + 1) * tensor.bytes));
}

/** Numbers of the tensor's own type are taken as they are stored, floating point as real values. */
function npyBytes(tensor: Tensor, { kind, values }: NumberArray): Uint8Array {
  if (kind === KINDS[tensor.type]) return bytesOfStored(tensor, values);
  if (kind.startsWith('f') || tensor.type === 'float32') return bytesOfReal(tensor, values);
  throw new ModelError(`the .npy file has numbers of type ${kind}, input "${tensor.name}" is ${tensor.type}: save it as ${KINDS[tensor.type] ?? 'bytes'} or as real values in f4`);
}

function textBytes(tensor: Tensor, bytes: Uint8Array, areStored: boolean): Uint8Array {
  if (bytes.length > 16 * MOST_VALUES) throw new ModelError(`${bytes.length} bytes of text are too many: use .npy`);
  const words = new TextDecoder('utf-8').decode(bytes).split(/[\s,;]+/).filter((word) => word !== '');
  const values = words.map(Number);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new ModelError(`"${words[wrong].slice(0, 20)}" is no number: a text holds numbers between commas, spaces or ends of lines, and no heading`);
  return areStored ? bytesOfStored(tensor, values) : bytesOfReal(tensor, values);
}

/** Samples from the recording's beginning, silence after its end. Integers hold full scale unless the model says otherwise. */
function soundBytes(tensor: Tensor, bytes: Uint8Array, fileName: string): Uint8Array {
  if (Math.max(...tensor.shape) !== tensor.elements || tensor.elements < 2) {
    throw new ModelError(`a recording does not fit an input of shape [${tensor.shape.join(', ')}]: this model takes features, not samples; give them as .npy, .csv or .bin`);
  }
  const { samples } = readWav(bytes, fileName);
  const values = Float64Array.from({ length: tensor.elements }, (_, i) => samples[i] ?? 0);
  if (tensor.type === 'int16' && tensor.quantisation === undefined) return bytesOfStored(tensor, values.map((value) => value * 0x8000));
  return bytesOfReal(tensor, values);
}
