/**
 * Loops over vectors: FPSCR, S0 to S5 in, one instruction, FPSCR, S0 to S5 and what R0 and the flags have become out. Run
 * by the interpreter, which is fuzzed against Unicorn, and by translated code.
 */
import { Bus } from '../../emulator/bus/bus.js';
import { CortexM } from '../../emulator/cores/cortex-m/core.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { configureCore, type CoreName } from '../../emulator/cores/cortex-m/system/index.js';
import { double, fpscr, makeRandom, relate, single } from '../isa/float/oracle/vectors.js';
import { ManualTime } from '../support/manual-time.js';
import { assembleEach } from '../support/assembler.js';

const CODE = 0x1000;
const CODE_BYTES = 0x4_0000;
/** From one loop to the next: a place whose code changes often is not translated any more. */
const SLOT_BYTES = 0x400;
const IN = 0x2000_0000;
const RAM_BYTES = 0x4_0000;
const OUT = IN + RAM_BYTES / 2;
const RAM_OFFSET = 0x1000 + CODE_BYTES;
const READ_MAP = RAM_OFFSET + RAM_BYTES;
const MAP_BYTES = 4 << 20;
const CPACR = 0xe000_ed88;

/** Words of a vector, and of what comes out for it. */
export const WORDS_IN = 7;
export const WORDS_OUT = 9;
export const MOST_VECTORS = Math.floor(RAM_BYTES / 2 / 4 / WORDS_OUT);

export const NAMES = ['FPSCR', 'S0', 'S1', 'S2', 'S3', 'S4', 'S5', 'R0', 'NZCV'] as const;

/** Machine code of loops around instructions. */
export function loopsOf(instructions: readonly string[]): Uint8Array[] {
  return assembleEach(instructions.map((text) => `
    ldr r4, =${IN}
    ldr r5, =${OUT}
  1: ldr r0, [r4], #4
    vmsr fpscr, r0
    vldmia r4!, {s0-s5}
    ${text}
    vmrs r1, fpscr
    vmrs apsr_nzcv, fpscr
    mov r2, #0
    it mi
    orrmi r2, #8
    it eq
    orreq r2, #4
    it cs
    orrcs r2, #2
    it vs
    orrvs r2, #1
    str r1, [r5], #4
    vstmia r5!, {s0-s5}
    stmia r5!, {r0, r2}
    subs r6, #1
    bne 1b
    bkpt 0xab`));
}

export class LoopRunner {
  private readonly bus: Bus;
  readonly core: CortexM;
  private readonly ram: Uint32Array;
  private readonly places = new Map<Uint8Array, number>();

  constructor(coreName: CoreName, isTranslator: boolean) {
    const pages = Math.ceil((READ_MAP + 2 * MAP_BYTES) / 0x1_0000) + 1;
    const wasmMemory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.bus = new Bus(wasmMemory.buffer);
    this.bus.addMemory({ name: 'code', base: 0, bytes: CODE_BYTES, offset: 0x1000, isWritable: false });
    this.bus.addMemory({ name: 'ram', base: IN, bytes: RAM_BYTES, offset: RAM_OFFSET });
    this.ram = new Uint32Array(wasmMemory.buffer, RAM_OFFSET, RAM_BYTES / 4);
    const time = new ManualTime();
    this.core = new CortexM({
      config: configureCore(coreName), bus: this.bus, scheduler: time.queue,
      processorClock: { hz: 1_000_000, ticks: () => 0, rootTickOf: (n: number) => n }, warnings: { warn: () => {} }, semihosting: () => ({ exit: 0 }),
      translation: isTranslator ? { wasmMemory, readMap: READ_MAP, writeMap: READ_MAP + MAP_BYTES, callCache: READ_MAP + 2 * MAP_BYTES, hot: 1 } : undefined,
    });
    this.bus.poke(0, IN + RAM_BYTES, 4);
    this.bus.poke(4, CODE | 1, 4);
  }

  /** @param vectors WORDS_IN words each, MOST_VECTORS at most; @returns WORDS_OUT words each */
  run(code: Uint8Array, vectors: Int32Array): Uint32Array {
    const { core, bus, ram } = this;
    const count = vectors.length / WORDS_IN;
    let place = this.places.get(code);
    if (place === undefined) {
      place = CODE + SLOT_BYTES * this.places.size;
      this.places.set(code, place);
      bus.load(place, code);
    }
    core.reset();
    core.words[Word.PC] = place;
    bus.write(CPACR, 0x00f0_0000, 4);
    ram.fill(0);
    ram.set(vectors);
    core.words[6] = count;
    core.run(400 * count + 10_000);
    if (core.stop?.kind !== 'exit') throw new Error('the loop has not ended');
    const start = (OUT - IN) / 4;
    return ram.slice(start, start + WORDS_OUT * count);
  }
}

/** Random vectors that lean towards the borders of the formats. @param control FPSCR, when it is to be the same everywhere */
export function randomVectors(seed: number, count: number, isDouble: boolean, control?: number): Int32Array {
  const random = makeRandom(seed);
  const vectors = new Int32Array(WORDS_IN * count);
  const words = new Int32Array(6);
  const set = isDouble ? new Float64Array(words.buffer) : new Float32Array(words.buffer);
  for (let at = 0; at < vectors.length; at += WORDS_IN) {
    for (let i = 0; i < 6; i++) words[i] = single(random, words[(i + 5) % 6]);
    if (isDouble) for (let i = 0; i < 6; i += 2) words.set(double(random, words[(i + 5) % 6]), i);
    relate(random, set, words, isDouble ? [2, 0, 1] : [4, 0, 2], isDouble ? 2 : 1);
    vectors[at] = control ?? fpscr(random);
    vectors.set(words, at + 1);
  }
  return vectors;
}

/** Patterns of every class of single. */
const SINGLES = [
  0, 1, 0x007f_ffff, 0x0080_0000, 0x0080_0001, 0x00ff_ffff, 0x0100_0000, 0x3380_0000, 0x3380_0001, 0x33ff_ffff, 0x3e80_0000, 0x3eff_ffff, 0x3f00_0000, 0x3f00_0001,
  0x3f7f_ffff, 0x3f80_0000, 0x3f80_0001, 0x3fc0_0000, 0x4020_0000, 0x4b00_0000, 0x4b7f_ffff, 0x4b80_0000, 0x46ff_fe00, 0x4700_0000, 0x477f_ff00, 0x4780_0000,
  0x4eff_ffff, 0x4f00_0000, 0x4f7f_ffff, 0x4f80_0000, 0x5f00_0000, 0x7f00_0000, 0x7f7f_ffff, 0x7f80_0000, 0x7f80_0001, 0x7fa1_2345, 0x7fbf_ffff, 0x7fc0_0000, 0x7fd5_4321, 0x7fff_ffff,
].flatMap((bits) => [bits, bits | 0x8000_0000]);
/** High and low words of every class of double. */
const DOUBLES = [
  [0, 0], [0, 1], [0x000f_ffff, -1], [0x0010_0000, 0], [0x0010_0000, 1], [0x00f0_0000, 0], [0x00f0_0001, 0], [0x0360_0000, 1], [0x369f_ffff, -1], [0x3810_0000, 0], [0x380f_ffff, -1],
  [0x3ca0_0000, 0], [0x3fdf_ffff, -1], [0x3fe0_0000, 0], [0x3fef_ffff, -1], [0x3ff0_0000, 0], [0x3ff0_0000, 1], [0x3ff0_0000, 0x1000_0000], [0x3ff8_0000, 0], [0x4004_0000, 0],
  [0x40df_ffc0, 0], [0x41df_ffff, 0xffc0_0000], [0x41e0_0000, 0], [0x41ef_ffff, 0xffe0_0000], [0x41ef_ffff, -1], [0x41f0_0000, 0], [0x4330_0000, 1], [0x47ef_ffff, 0xe000_0000], [0x47ef_ffff, 0xf000_0000],
  [0x7fe0_0000, 0], [0x7fef_ffff, -1], [0x7ff0_0000, 0], [0x7ff0_0000, 1], [0x7ff4_3210, 5], [0x7ff8_0000, 0], [0x7ffc_1234, 77],
].flatMap(([high, low]) => [[low, high], [low, high | 0x8000_0000]]);

/** Modes of rounding, FZ, DN and IXC; and the other cumulative flags with NZCV. */
export const CONTROLS = [0, 0x10].flatMap((ixc) => [0, 1, 2, 3].flatMap((mode) => [0, 1, 2, 3].map((nanAndZero) => ixc | (mode << 22) | (nanAndZero << 24)))).concat([0xf000_009f | 0, 0xa000_0010 | 0]);

/** Every pair of classes as S0 and S2 (D0 and D1), with `rest` in S4 (D2). */
export function pairsOfClasses(isDouble: boolean, control: number, rest: number): Int32Array {
  const vectors: number[] = [];
  const third = DOUBLES[rest % DOUBLES.length];
  if (isDouble) for (const x of DOUBLES) for (const y of DOUBLES) vectors.push(control, ...x, ...y, ...third);
  else for (const x of SINGLES) for (const y of SINGLES) vectors.push(control, x, 0x1234_5678, y, 0x2345_6789, SINGLES[rest % SINGLES.length], 0x3456_789a);
  return Int32Array.from(vectors);
}

export function* chunksOf(vectors: Int32Array): Generator<Int32Array> {
  for (let at = 0; at < vectors.length; at += MOST_VECTORS * WORDS_IN) yield vectors.subarray(at, at + MOST_VECTORS * WORDS_IN);
}

const hex = (words: ArrayLike<number>): string => Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ');

/** The first vector on which two results differ, as text; undefined when there is none. */
export function firstDifference(text: string, vectors: Int32Array, ours: Uint32Array, theirs: Uint32Array): string | undefined {
  const at = ours.findIndex((word, i) => word !== theirs[i]);
  if (at < 0) return undefined;
  const vector = Math.floor(at / WORDS_OUT);
  const part = (words: Uint32Array): string => hex(words.subarray(vector * WORDS_OUT, (vector + 1) * WORDS_OUT));
  return `${text}: ${NAMES[at % WORDS_OUT]}\n  in          ${hex(vectors.subarray(vector * WORDS_IN, (vector + 1) * WORDS_IN))}\n  translator  ${part(ours)}\n  interpreter ${part(theirs)}`;
}
