import { expect, it, vi } from 'vitest';
import { DebugInfo } from '../../../emulator/debug/dwarf/index.js';
import { loadFirmware, type FirmwareImage } from '../../../emulator/loader/index.js';
import { buildArmProgram } from '../../support/arm-toolchain.js';
import { SAMPLE } from './sample.js';

// The compiler shares the machine with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const RUNS = 600;
const MOST_MILLISECONDS = 250;
const MOST_BYTES = 64 << 20;
const SECTIONS = ['.debug_line', '.debug_line_str', '.debug_frame', '.ARM.exidx', '.ARM.extab'];
const VALUES = [0, 1, 0x7f, 0x80, 0xff, 0x05, 0x0a, 0x0b, 0x0f, 0x10];

function random(seed: number): (limit: number) => number {
  let state = seed | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** The bytes of `file` with a few bytes of its debug sections changed. */
function damaged(file: Uint8Array, targets: readonly { offset: number; size: number }[], seed: number): Uint8Array {
  const below = random(seed * 2654435761);
  const bytes = file.slice();
  for (let n = 1 + below(6); n > 0; n--) {
    const { offset, size } = targets[below(targets.length)];
    const place = offset + below(size);
    const width = below(3) === 0 ? 4 : 1;
    for (let i = 0; i < width; i++) bytes[place + i] = VALUES[below(VALUES.length)]!;
  }
  return bytes;
}

function useEverything(image: FirmwareImage): void {
  const info = new DebugInfo(image);
  const text = image.sections.find((s) => s.name === '.text')!;
  const readWord = (address: number): number => Math.imul(address, 2654435761) >>> 0;
  for (let address = text.address; address < text.address + text.size; address += 34) {
    info.lineOf(address);
    const r = Array.from({ length: 16 }, (_, i) => (i === 15 ? address : 0x2000_0000 + 16 * i));
    expect(info.unwind({ r }, readWord).length).toBeLessThanOrEqual(64);
  }
}

/** Milliseconds of one use, repeated while it is slow: a busy machine may stop us once, what is slow by itself is slow every time. */
function fastest(image: FirmwareImage, seed: number): number {
  let best = Infinity;
  for (let again = 0; again < 5 && best >= MOST_MILLISECONDS; again++) {
    const before = process.memoryUsage();
    const start = performance.now();
    try {
      useEverything(image);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
    best = Math.min(best, performance.now() - start);
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers, `bytes, seed ${seed}`).toBeLessThan(MOST_BYTES);
  }
  return best;
}

it(`${RUNS} programs with damaged debug sections neither throw, hang nor grow`, () => {
  const personality = '\nvoid __aeabi_unwind_cpp_pr0(void) {} void __aeabi_unwind_cpp_pr1(void) {}';
  const program = buildArmProgram(SAMPLE + personality, { flags: ['-Os', '-funwind-tables', '-gdwarf-5', '-Wa,--gdwarf-5'] });
  const file = program.bytes;
  program.dispose();
  const targets = loadFirmware(file).sections.filter((s) => SECTIONS.includes(s.name) && s.size > 0);
  expect(targets.length).toBeGreaterThan(3);
  for (let seed = 1; seed <= RUNS; seed++) {
    const image = loadFirmware(damaged(file, targets, seed));
    expect(fastest(image, seed), `milliseconds, seed ${seed}`).toBeLessThan(MOST_MILLISECONDS);
  }
});
