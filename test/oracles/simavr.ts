/**
 * simavr as an oracle for sequences of AVR instructions: builds the server of simavr.c and speaks its protocol. One process per core.
 * Needs a C compiler and Debian's libsimavr-dev (1.6).
 */
import { PROGRAM_WORDS, type AvrCase, type AvrCore, type AvrEngine, type AvrImage, type AvrResult } from '../fuzz/avr/case.js';
import { buildOracle, OracleProcess } from './oracle-process.js';

const REGISTER_WORDS = 10;
const CASE_WORDS = 2 + REGISTER_WORDS;
const RESULT_WORDS = 4 + REGISTER_WORDS;
const LARGEST_BATCH = 512;

export const buildSimavr = (): string => buildOracle('simavr.c', ['simavr'], 'libsimavr-dev');

export class SimavrOracle implements AvrEngine {
  readonly name = 'simavr';
  private readonly process: OracleProcess;

  constructor(core: AvrCore) {
    this.process = new OracleProcess(`simavr oracle for ${core}`, buildSimavr, [String(PROGRAM_WORDS[core])]);
  }

  load({ program, data }: AvrImage, isCompared: Uint8Array): void {
    for (const part of [new Uint8Array(4), new Uint8Array(program.slice().buffer), isCompared.slice(), data.slice()]) this.process.write(part);
  }

  async run(cases: readonly AvrCase[]): Promise<AvrResult[]> {
    const results: AvrResult[] = [];
    for (let first = 0; first < cases.length; first += LARGEST_BATCH) {
      const batch = cases.slice(first, first + LARGEST_BATCH);
      this.process.write(encode(batch));
      for (let i = 0; i < batch.length; i++) results.push(await this.receive());
    }
    return results;
  }

  close(): void {
    this.process.close();
  }

  private async receive(): Promise<AvrResult> {
    const head = await this.process.words(RESULT_WORDS);
    const [pc, cycles, steps, count] = head;
    const changes = Array.from(await this.process.words(count), (word) => [word & 0xffff, word >>> 16] as const);
    const bytes = new Uint8Array(head.buffer, 16);
    return { state: { pc, sp: bytes[0] | (bytes[1] << 8), sreg: bytes[2], rampz: bytes[3], eind: bytes[4], r: bytes.slice(5, 37) }, cycles, steps, changes, isVoid: bytes[37] !== 0 };
  }
}

function encode(cases: readonly AvrCase[]): Uint8Array {
  const words = new Uint32Array(1 + CASE_WORDS * cases.length);
  const bytes = new Uint8Array(words.buffer);
  words[0] = cases.length;
  cases.forEach(({ state, steps }, i) => {
    const at = 1 + CASE_WORDS * i;
    words.set([state.pc, steps], at);
    bytes.set([state.sp & 0xff, state.sp >> 8, state.sreg, state.rampz, state.eind, ...state.r], 4 * (at + 2));
  });
  return bytes;
}
