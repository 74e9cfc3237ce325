/** Small .tflite files, written by firmware-samples/training/tflite.py from a few lines of Python. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadFirmware, parseBoard, type Board, type FirmwareImage } from '../../emulator/index.js';

const WRITER = fileURLToPath(new URL('../../firmware-samples/training/', import.meta.url));
const RUNNERS = new URL('../../firmware-samples/runner/', import.meta.url);
const BOARDS = new URL('../../boards/', import.meta.url);

/** Folder of published models with reference outputs; tests that compare with them run where it is. */
export const DATA = process.env['THUMBELINA_DATA'] ?? fileURLToPath(new URL('../../../shared/data/', import.meta.url));
export const hasData = existsSync(`${DATA}/models/vectors`);

/** @param python adds tensors and operators to `m`, a Model of tflite.py */
export function tflite(python: string): Uint8Array {
  const program = `import sys\nsys.path.insert(0, ${JSON.stringify(WRITER)})\nsys.dont_write_bytecode = True\nfrom tflite import Model\nm = Model('test')\n${python}\nsys.stdout.buffer.write(m.to_bytes())`;
  const { status, stdout, stderr } = spawnSync('python3', ['-'], { input: program, maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(stderr.toString());
  return new Uint8Array(stdout);
}

/** y = 2 (x0 + ... + x3), and y = x0 - x3: int8, scales of one, so that stored values are the values. */
export const FULLY_CONNECTED = `
x = m.tensor('x', 'INT8', (1, 4), scale=1.0)
w = m.constant('w', 'INT8', (2, 4), [2, 2, 2, 2, 1, 0, 0, -1], scale=1.0)
b = m.constant('b', 'INT32', (2,), [0, 0], scale=1.0)
y = m.tensor('y', 'INT8', (1, 2), scale=1.0)
m.operator('FULLY_CONNECTED', [x, w, b], [y])
m.inputs, m.outputs = [x], [y]`;

/** The same, and then softmax and reshape. */
export const THREE_LAYERS = `
${FULLY_CONNECTED}
p = m.tensor('p', 'INT8', (1, 2), scale=1 / 256, zero_point=-128)
m.operator('SOFTMAX', [y], [p], beta=1.0)
z = m.tensor('z', 'INT8', (2,), scale=1 / 256, zero_point=-128)
s = m.constant('shape', 'INT32', (1,), [2])
m.operator('RESHAPE', [p, s], [z], new_shape=[2])
m.outputs = [z]`;

export function boardNamed(name: string): Board {
  const text = (file: string): string => readFileSync(new URL(file, BOARDS), 'utf8');
  return parseBoard(text(`${name}.yaml`), `${name}.yaml`, (chip) => ({ text: text(`chips/${chip}.yaml`), fileName: `chips/${chip}.yaml` }));
}

/** @param core as in the image's name */
export function runner(core: string): FirmwareImage {
  const name = `runner.${core}.elf`;
  return loadFirmware(readFileSync(new URL(name, RUNNERS)), { name });
}
