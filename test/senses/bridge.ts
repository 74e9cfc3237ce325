/** Boards of two chip families with parts on their pins, and the bus bridge of this folder, which is told what to do over the console. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBoard, parsePart, withPart } from '../../emulator/boards/index.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import type { Quantity, Stimulus } from '../../emulator/sensors/index.js';

const HERE = import.meta.dirname;
const BOARDS = join(HERE, '../../boards');
const read = (name: string): { text: string; fileName: string } => ({ text: readFileSync(join(BOARDS, name), 'utf8'), fileName: name });

/** What differs between the families: where the buses are on the headers, and what a step of the converter means. */
export const FAMILIES = {
  avr: { board: 'arduino-uno', elf: 'bridge.avr.elf', i2c: 'sda=A4,scl=A5', voltsPerStep: 5 / 1024 },
  'cortex-m': { board: 'nrf52840dk', elf: 'bridge.nrf52840.elf', i2c: 'sda=SDA,scl=SCL', voltsPerStep: 3.6 / 4096 },
} as const;
export type Family = keyof typeof FAMILIES;
export const FAMILY_NAMES = Object.keys(FAMILIES) as Family[];
export const SPI_WIRES = 'sck=D13,mosi=D11,miso=D12,cs=D10';

let isBuilt = false;

/** A built program of this folder. */
export function built(name: string): string {
  build();
  return join(HERE, 'build', name);
}

function build(): void {
  if (isBuilt) return;
  mkdirSync(join(HERE, 'build'), { recursive: true });
  const made = spawnSync('flock', [join(HERE, 'build', '.lock'), 'make', '-C', HERE], { encoding: 'utf8' });
  if (made.error) throw new Error(`bus bridge: cannot run make (${made.error.message}); run scripts/setup.sh`);
  if (made.status !== 0) throw new Error(`bus bridge: make failed\n${made.stderr || made.stdout}`);
  isBuilt = true;
}

export type World = Readonly<Partial<Record<Quantity, number | Stimulus>>>;

/** A command and what it was answered: the bridge's time in microseconds, then numbers or bytes. */
export interface Answer { readonly command: string; readonly microseconds: number; readonly words: readonly string[] }

const hex = (value: number): string => value.toString(16);
/** A line for the bridge. */
export const line = (letter: string, ...values: number[]): string => [letter, ...values.map(hex)].join(' ');
/** Bytes of a word of an answer. */
export const bytesOf = (word: string): number[] => (word.match(/../g) ?? []).map((pair) => parseInt(pair, 16));

export interface Session { readonly answers: readonly Answer[]; readonly warnings: readonly string[] }

/**
 * Runs the bridge with parts as the command line has them.
 * @param seconds of the board's time at most
 * @throws Error when it has not answered everything by then
 */
export function session(family: Family, parts: readonly string[], commands: readonly string[], world: World = {}, seconds = 20): Session {
  const { board: name, elf } = FAMILIES[family];
  const plain = parseBoard(read(`${name}.yaml`).text, `${name}.yaml`, (chip) => read(`chips/${chip}.yaml`));
  const machine = new EmulatedMachine(parts.reduce((board, part) => withPart(board, parsePart(part), '--part'), plain), { seed: 1 });
  for (const [quantity, value] of Object.entries(world)) machine.inputs.set(quantity as Quantity, value);
  machine.load(loadFirmware(readFileSync(built(elf)), { name: elf }));
  const warnings: string[] = [];
  machine.warnings.onWarning((text) => warnings.push(text));
  const answers: Answer[] = [];
  const send = (): void => machine.serials[0].write(Buffer.from(`${commands[answers.length]}\n`));
  let text = '';
  machine.serials[0].onByte((byte) => {
    if (byte !== 0x0a) {
      text += String.fromCharCode(byte);
      return;
    }
    const [time, ...words] = text.split(' ');
    answers.push({ command: commands[answers.length], microseconds: parseInt(time, 16), words });
    text = '';
    if (answers.length < commands.length) send();
    else machine.stop();
  });
  // The chip has set up its receiver by then.
  machine.run(machine.rootHz / 100);
  send();
  machine.run(seconds * machine.rootHz);
  if (answers.length < commands.length) throw new Error(`${family} did not answer "${commands[answers.length]}" within ${seconds} s, but "${text}"`);
  return { answers, warnings };
}
