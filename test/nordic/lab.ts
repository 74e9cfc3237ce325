/** Test firmware for Nordic's chips, built on demand and put on the boards of this folder. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseBoard } from '../../emulator/boards/index.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import type { FirmwareImage, StopReason } from '../../emulator/machine-api.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { Semihosting } from '../../emulator/semihosting/semihosting.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CHIPS = fileURLToPath(new URL('../../boards/chips/', import.meta.url));

let isBuilt = false;

function build(): void {
  if (isBuilt) return;
  const folder = join(HERE, 'build');
  mkdirSync(folder, { recursive: true });
  const made = spawnSync('flock', [join(folder, '.lock'), 'make', '-C', HERE], { encoding: 'utf8' });
  if (made.error) throw new Error(`test firmware: cannot run make (${made.error.message}); run scripts/setup.sh`);
  if (made.status !== 0) throw new Error(`test firmware: make failed\n${made.stderr || made.stdout}`);
  isBuilt = true;
}

export interface NordicLab {
  readonly machine: EmulatedMachine;
  readonly warnings: string[];
  /** Runs for so many seconds of the board's time at most. */
  run(seconds: number): StopReason;
  /** Seconds of the board's time. */
  seconds(): number;
  /** What the program left in `result[index]`. */
  result(index: number): number;
  press(button: string, isPressed: boolean): void;
}

/** A board of this folder, without firmware. */
export function board(name: string, seed = 1): EmulatedMachine {
  const file = `${name}.yaml`;
  const description = parseBoard(readFileSync(join(HERE, 'boards', file), 'utf8'), file, (chip) => ({ text: readFileSync(join(CHIPS, `${chip}.yaml`), 'utf8'), fileName: `${chip}.yaml` }));
  const nowhere = { interactive: false, write: (): void => undefined };
  const semihosting = new Semihosting({ stdin: { interactive: false, read: () => new Uint8Array(0) }, stdout: nowhere, stderr: nowhere, files: undefined, commandLine: '', epoch: 0, warn: () => undefined });
  return new EmulatedMachine(description, { seed, semihosting });
}

/** A built file of `programs/`, by its name without ending. */
export function program(name: string): FirmwareImage {
  build();
  return loadFirmware(new Uint8Array(readFileSync(join(HERE, 'build', `${name}.elf`))));
}

/** @param name a file of `programs/`, without its ending */
export function lab(name: string, seed = 1): NordicLab {
  const machine = board('bare-nrf52840', seed);
  const warnings: string[] = [];
  machine.warnings.onWarning((text) => warnings.push(text));
  const image = program(name);
  machine.load(image);
  const results = image.symbols.find(({ name }) => name === 'result')!.address;
  return {
    machine, warnings,
    run: (seconds) => machine.run(machine.now() + Math.round(seconds * machine.rootHz)),
    seconds: () => machine.now() / machine.rootHz,
    result: (index) => machine.bus.peek(results + 4 * index, 4)!,
    press: (button, isPressed) => { machine.pins.buttons.find(({ name }) => name === button)!.isPressed = isPressed; },
  };
}
