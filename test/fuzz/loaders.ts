/**
 * Damaged firmware files against the loaders: whatever the bytes, a load ends quickly, with an image or a FirmwareError, and
 * with memory in proportion to the file. Run: `npx tsx test/fuzz/loaders.ts --count 1000000 --seed 1`.
 */
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { FirmwareError, loadFirmware, type FirmwareImage, type LoadOptions } from '../../emulator/loader/index.js';
import { buildArmProgram } from '../support/arm-toolchain.js';
import { writeElf } from '../support/elf-writer.js';
import { END_OF_FILE, hexRecord, text, universalSection } from '../support/hex-writer.js';
import { writeUf2 } from '../support/uf2-writer.js';

/** Longest that one load may take, on a machine that also does other things. */
const MOST_MILLISECONDS = 250;
/** Heap and buffers that one load may need, as a multiple of the file, on top of a fixed allowance. */
const MOST_BYTES_PER_INPUT_BYTE = 64;
const FIXED_BYTES = 4 << 20;

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** Called about once in 10 % of the runs. */
  readonly report?: (line: string) => void;
}

export interface FuzzResult { readonly runs: number; readonly rejected: number; readonly accepted: number; readonly slowestMilliseconds: number; readonly mostBytes: number }

/** xorshift32: small, seeded, good enough to pick positions. */
class Random {
  private state: number;
  constructor(seed: number) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
    for (let i = 0; i < 8; i++) this.below(2);
  }
  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

type Mutation = (bytes: Uint8Array, random: Random, seeds: readonly Uint8Array[]) => Uint8Array;

const INTERESTING_BYTES = [0, 1, 0x0a, 0x0d, 0x3a, 0x30, 0x46, 0x7f, 0x80, 0xfe, 0xff];
const INTERESTING_WORDS = [0, 1, 3, 4, 0x7f, 0xff, 0xfff0, 0xffff, 0x1_0000, 0x0800_0000, 0x2000_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_0000, 0xffff_fffc, 0xffff_ffff];
/** Offsets of fields whose values steer the ELF reader: identity, type, machine, table positions, sizes and counts. */
const ELF_FIELDS = [4, 5, 6, 16, 18, 24, 28, 32, 36, 40, 42, 44, 46, 48, 50];
/** Fields of a UF2 block: magic, flags, address, payload size, number, total, family. */
const UF2_FIELDS = [0, 4, 8, 12, 16, 20, 24, 28, 484, 488, 508];

const MUTATIONS: readonly Mutation[] = [
  function flipBits(bytes, random) {
    for (let n = 1 + random.below(8); n > 0; n--) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return bytes;
  },
  function setBytes(bytes, random) {
    for (let n = 1 + random.below(4); n > 0; n--) bytes[random.below(bytes.length)] = random.pick(INTERESTING_BYTES);
    return bytes;
  },
  function setWord(bytes, random) {
    return writeWord(bytes, random.below(bytes.length) & ~3, random.pick(INTERESTING_WORDS));
  },
  function setHeaderField(bytes, random) {
    const isElf = bytes[0] === 0x7f;
    const offset = isElf ? random.pick(ELF_FIELDS) : 512 * random.below(Math.max(1, bytes.length >> 9)) + random.pick(UF2_FIELDS);
    return random.below(2) === 0 ? writeHalf(bytes, offset, random.pick(INTERESTING_WORDS)) : writeWord(bytes, offset, random.pick(INTERESTING_WORDS));
  },
  function setTableField(bytes, random) {
    if (bytes.length < 52) return bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const table = view.getUint32(random.below(2) === 0 ? 28 : 32, true);
    return writeWord(bytes, table + 4 * random.below(100), random.below(3) === 0 ? random.below(bytes.length * 2) : random.pick(INTERESTING_WORDS));
  },
  function editRecord(bytes, random) {
    const line = random.below(bytes.length);
    const colon = bytes.indexOf(0x3a, line);
    if (colon < 0) return bytes;
    return repairChecksum(setDigits(bytes, colon + 1 + 2 * random.below(8), random), colon);
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  function duplicate(bytes, random) {
    const start = random.below(bytes.length);
    const piece = bytes.slice(start, start + 1 + random.below(1024));
    return join(bytes.subarray(0, start), piece, bytes.subarray(start));
  },
  function remove(bytes, random) {
    const start = random.below(bytes.length);
    return join(bytes.subarray(0, start), bytes.subarray(start + 1 + random.below(64)));
  },
  function splice(bytes, random, seeds) {
    const other = random.pick(seeds);
    return join(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length)));
  },
];

function writeHalf(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  if (offset + 2 <= bytes.length) new DataView(bytes.buffer, bytes.byteOffset).setUint16(offset, value & 0xffff, true);
  return bytes;
}

function writeWord(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  if (offset + 4 <= bytes.length) new DataView(bytes.buffer, bytes.byteOffset).setUint32(offset, value, true);
  return bytes;
}

function setDigits(bytes: Uint8Array, offset: number, random: Random): Uint8Array {
  if (offset < bytes.length) bytes[offset] = '0123456789ABCDEF'.charCodeAt(random.below(16));
  return bytes;
}

/** A wrong checksum hides everything behind it, so most record edits get a right one. */
function repairChecksum(bytes: Uint8Array, colon: number): Uint8Array {
  const digits = /^[0-9A-Fa-f]*/.exec(String.fromCharCode(...bytes.subarray(colon + 1, colon + 523)))![0];
  const length = 2 * (Number.parseInt(digits.slice(0, 2), 16) + 4);
  if (!(digits.length >= length + 2)) return bytes;
  let sum = 0;
  for (let i = 0; i < length; i += 2) sum += Number.parseInt(digits.slice(i, i + 2), 16);
  const checksum = (-sum & 0xff).toString(16).padStart(2, '0').toUpperCase();
  bytes[colon + 1 + length] = checksum.charCodeAt(0);
  bytes[colon + 2 + length] = checksum.charCodeAt(1);
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

const OPTIONS: readonly LoadOptions[] = [
  {}, { boardTarget: 'microbit-v2' }, { boardTarget: 'microbit-v1' }, { name: 'program.bin', address: 0x0800_0000 }, { uf2Family: 'RP2040' },
  { format: 'elf' }, { format: 'hex', boardTarget: 0x9903 }, { format: 'uf2' },
];

const SAMPLE = `
  static const int table[] = { 1, 2, 3, 5, 8 };
  int sum; char buffer[64];
  static int add(int a, int b) { return a + b; }
  int main(void) { for (int i = 0; i < 5; i++) sum = add(sum, table[i]); return sum; }`;

/** Seeds made in code, and real ELF, HEX and binary files where the Arm compiler is installed. */
export function loaderSeeds(): Uint8Array[] {
  const bytes = Uint8Array.from({ length: 600 }, (_, i) => (i * 7) & 0xff);
  const elf = writeElf({
    entry: 0x101, segments: [{ address: 0, bytes: bytes.subarray(0, 64) }, { address: 0x40, virtualAddress: 0x2000_0000, bytes: bytes.subarray(0, 16), memoryBytes: 400 }],
    sections: [{ name: '.text', flags: 6, address: 0x100, bytes: bytes.subarray(0, 64) }, { name: '.bss', type: 8, noBitsSize: 400, address: 0x2000_0000 }],
    symbols: [{ name: '$t', value: 0x100 }, { name: 'main', value: 0x101, type: 2, size: 32 }, { name: '$d', value: 0x120 }, { name: 'buffer', value: 0x2000_0000, type: 1, size: 400, section: 2 }],
  });
  const avr = writeElf({ machine: 83, flags: 0x85, segments: [{ address: 0, bytes: bytes.subarray(0, 32) }, { address: 0x81_0000, bytes: bytes.subarray(0, 8) }], sections: [], symbols: [] });
  const data = [...bytes.subarray(0, 16)];
  const hex = text([hexRecord(4, 0, [8, 0]), hexRecord(0, 0, data), hexRecord(0, 16, data), hexRecord(2, 0, [0x10, 0]), hexRecord(0, 0x200, data), hexRecord(3, 0, [0, 0, 1, 0]), hexRecord(5, 0, [8, 0, 1, 1]), END_OF_FILE], '\r\n');
  const universal = text([...universalSection(0x9900, [{ address: 0, data }, { address: 0x10, data }]), ...universalSection(0x9903, [{ address: 0, data }, { address: 0x1000_1014, data }]), END_OF_FILE]);
  const uf2 = writeUf2([0, 1, 2].map((i) => ({ address: 0x1000_0000 + 256 * i, payload: bytes.subarray(0, 256), family: 0xe48bff56, flags: 0x8000, after: [9, 0xbc, 0xc7, 0x9f, 0x30, 0x2e, 0x31, 0x2e, 0x32] })));
  const summed = writeUf2([{ address: 0, payload: bytes.subarray(0, 452), md5: { start: 0, length: 256, sum: new Uint8Array(16) } }, { address: 452, payload: bytes.subarray(0, 100), flags: 1 }]);
  return [elf, avr, hex, universal, uf2, summed, bytes.slice(), ...compiledSeeds()];
}

function compiledSeeds(): Uint8Array[] {
  try {
    execFileSync('arm-none-eabi-gcc', ['--version'], { stdio: 'ignore' });
  } catch {
    return [];
  }
  const m4 = buildArmProgram(SAMPLE);
  const m0 = buildArmProgram(SAMPLE, { cpu: 'cortex-m0', flags: ['-O0'] });
  try {
    return [m4.bytes, m0.bytes, m4.converted('ihex')];
  } finally {
    m4.dispose();
    m0.dispose();
  }
}

/**
 * Loads `count` damaged files.
 * @throws Error naming seed and run when a load throws anything but FirmwareError, is slow, or takes too much memory
 */
export function fuzzLoaders({ count, seed, report }: FuzzOptions): FuzzResult {
  const seeds = loaderSeeds();
  const tally = { rejected: 0, accepted: 0, slowestMilliseconds: 0, mostBytes: 0 };
  const step = Math.max(1, Math.floor(count / 10));
  for (let run = 0; run < count; run++) {
    const random = new Random(seed + run);
    const input = damaged(random, seeds);
    const options = random.pick(OPTIONS);
    const outcome = measure(input, options, `seed ${seed}, run ${run}`);
    tally[outcome.isAccepted ? 'accepted' : 'rejected']++;
    tally.slowestMilliseconds = Math.max(tally.slowestMilliseconds, outcome.milliseconds);
    tally.mostBytes = Math.max(tally.mostBytes, outcome.bytes);
    if ((run + 1) % step === 0) report?.(`${run + 1} files: ${tally.accepted} loaded, ${tally.rejected} refused, slowest ${tally.slowestMilliseconds.toFixed(1)} ms`);
  }
  return { runs: count, ...tally };
}

function damaged(random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  let bytes: Uint8Array = random.pick(seeds).slice();
  for (let n = 1 + random.below(3); n > 0 && bytes.length > 0; n--) bytes = random.pick(MUTATIONS)(bytes, random, seeds);
  return bytes;
}

function measure(input: Uint8Array, options: LoadOptions, where: string): { isAccepted: boolean; milliseconds: number; bytes: number } {
  const before = process.memoryUsage();
  const start = performance.now();
  const image = attempt(input, options, where);
  const milliseconds = performance.now() - start;
  const after = process.memoryUsage();
  // A collection between the two makes the difference smaller, never larger.
  const bytes = Math.max(0, after.heapUsed - before.heapUsed) + Math.max(0, after.arrayBuffers - before.arrayBuffers);
  if (milliseconds > MOST_MILLISECONDS) refuseSlowness(input, options, where);
  if (bytes > FIXED_BYTES + MOST_BYTES_PER_INPUT_BYTE * input.length) throw new Error(`${where}: a file of ${input.length} bytes took ${bytes} bytes of memory`);
  if (image !== undefined) refuseNonsense(image, where);
  return { isAccepted: image !== undefined, milliseconds, bytes };
}

/** A busy machine may stop us in the middle once: what is slow by itself is slow every time. */
function refuseSlowness(input: Uint8Array, options: LoadOptions, where: string): void {
  for (let again = 0; again < 5; again++) {
    const start = performance.now();
    attempt(input, options, where);
    if (performance.now() - start <= MOST_MILLISECONDS) return;
  }
  throw new Error(`${where}: a file of ${input.length} bytes takes more than ${MOST_MILLISECONDS} ms`);
}

function attempt(input: Uint8Array, options: LoadOptions, where: string): FirmwareImage | undefined {
  try {
    return loadFirmware(input, options);
  } catch (error) {
    if (error instanceof FirmwareError && !/[\n\r]/.test(error.message)) return undefined;
    throw new Error(`${where}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`, { cause: error });
  }
}

/** What every accepted image promises. */
function refuseNonsense(image: FirmwareImage, where: string): void {
  let end = 0;
  for (const segment of image.segments) {
    if (segment.bytes.length === 0 || segment.address < end) throw new Error(`${where}: segments are empty, unsorted or overlap`);
    end = segment.address + segment.bytes.length;
    if (end > 0x1_0000_0000) throw new Error(`${where}: a segment ends past the address space`);
  }
  if (image.segments.length === 0) throw new Error(`${where}: accepted without a segment`);
  for (const section of image.sections) section.bytes();
}

function main(args: readonly string[]): void {
  const value = (name: string, otherwise: number): number => {
    const index = args.indexOf(name);
    return index < 0 ? otherwise : Number(args[index + 1]);
  };
  const start = performance.now();
  const result = fuzzLoaders({ count: value('--count', 10_000), seed: value('--seed', 1), report: (line) => console.log(line) });
  const seconds = (performance.now() - start) / 1000;
  console.log(`${JSON.stringify(result)} in ${seconds.toFixed(1)} s, peak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2));
