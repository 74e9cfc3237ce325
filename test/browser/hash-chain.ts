/** A firmware program's run as a chain of hashes, the same wherever JavaScript runs. */
import { parseBoard } from '../../emulator/boards/index.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { Random } from '../support/random.js';

/** What a run depends on, as JSON can carry it. */
export interface ChainInputs {
  readonly name: string;
  /** The board file's text, and its chip file's. */
  readonly board: string;
  readonly chip: string;
  /** The ELF file, byte by byte. */
  readonly elf: readonly number[];
  readonly deadlines: number;
}

export interface Chain {
  /** One hash per deadline, each of everything so far: eight hexadecimal digits, twice. */
  readonly hashes: readonly string[];
  readonly instructions: number;
  /** Of those, by translated code. */
  readonly translated: number;
  readonly end: string;
}

/** What belongs to an engine, not to the guest. */
const OWN_WORDS = [Word.LIMIT, Word.TRANSLATED];
/** The core's state lies before the memories. */
const STATE_PAGE = 4096;

/** Two lanes of multiply and rotate; each word changes all later hashes. */
class Hash {
  private a = 0x811c_9dc5 | 0;
  private b = 0x9e37_79b9 | 0;

  add(words: Int32Array): void {
    let { a, b } = this;
    for (let i = 0; i < words.length; i++) {
      const word = words[i];
      a = Math.imul(a ^ word, 0x0100_0193);
      b = Math.imul(((b << 13) | (b >>> 19)) + word, 0x85eb_ca6b);
    }
    this.a = a;
    this.b = b;
  }

  get digits(): string {
    return [this.a, this.b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/** Runs from one irregular deadline to the next until the program ends, for `deadlines` of them at most. */
export function hashChain({ name, board, chip, elf, deadlines }: ChainInputs, engine: 'interpreter' | 'translator'): Chain {
  const text: number[] = [];
  const machine = new EmulatedMachine(parseBoard(board, 'board.yaml', () => ({ text: chip, fileName: 'chip.yaml' })), { seed: 1, engine, hot: 16 });
  for (const serial of machine.serials) serial.onByte((byte) => text.push(byte));
  machine.load(loadFirmware(Uint8Array.from(elf), { name }));
  const memories = machine.bus.map.flatMap((region) => (region.kind === 'memory' ? [region] : []));
  const words = Math.max(...memories.map(({ offset, bytes }) => offset + bytes)) / 4;
  const memory = new Int32Array(machine.bus.buffer, STATE_PAGE, words - STATE_PAGE / 4);
  const random = new Random(7);
  const hash = new Hash();
  const hashes: string[] = [];
  let end = 'deadline';
  for (let until = 0; end === 'deadline' && hashes.length < deadlines;) {
    until += random.between(1, 60_000);
    end = machine.run(until).kind;
    const state = machine.cortex.words.slice(0, Word.S0 + 32);
    for (const own of OWN_WORDS) state[own] = 0;
    hash.add(state);
    hash.add(Int32Array.of(machine.cycles, machine.instructions, machine.now(), ...text.splice(0)));
    hash.add(memory);
    hashes.push(hash.digits);
  }
  return { hashes, end, instructions: machine.instructions, translated: machine.cortex.interpreter.translatedInstructions };
}
