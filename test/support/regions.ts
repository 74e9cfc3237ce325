/** Regions of assembled code, as the translator discovers them. */
import { Decoder } from '../../emulator/isa/decoder.js';
import { CORTEX_M_ROWS } from '../../emulator/cores/cortex-m/rows/index.js';
import { configureCore } from '../../emulator/cores/cortex-m/system/index.js';
import { cyclesOf, TIMING } from '../../emulator/cores/cortex-m/timing.js';
import { discoverRegion, Meanings, type InstructionSource, type Region } from '../../emulator/jit/region.js';
import { assembleEach } from './assembler.js';

export interface RegionOptions {
  /** Helpers that are not known, so that their instructions are the interpreter's. */
  readonly unknownHelpers?: readonly string[];
  readonly seenTargets?: ReadonlyMap<number, readonly number[]>;
  readonly needInterpreter?: readonly number[];
}

const decoder = new Decoder(CORTEX_M_ROWS, configureCore('cortex-m4f').features);

/** Code at address 0. */
export function sourceOf(code: Uint8Array, { unknownHelpers = [], seenTargets = new Map(), needInterpreter = [] }: RegionOptions = {}): InstructionSource {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const halfwordAt = (address: number): number | undefined => (address >= 0 && address + 2 <= code.byteLength ? view.getUint16(address, true) : undefined);
  return {
    rowAt: (address) => {
      const first = halfwordAt(address);
      if (first === undefined) return undefined;
      const isWide = first >>> 11 >= 0b11101;
      const second = isWide ? halfwordAt(address + 2) : 0;
      if (second === undefined) return undefined;
      const opcode = isWide ? ((first << 16) | second) >>> 0 : first;
      const row = decoder.find(opcode, isWide ? 32 : 16);
      return row && { row, opcode };
    },
    halfwordAt,
    cyclesOf: (row, transfers) => cyclesOf(TIMING['cortex-m4f'], row.timing, transfers),
    meansOf: (name) => (unknownHelpers.includes(name) ? 'interpreter' : 'inside'),
    seenTargets: (address) => seenTargets.get(address) ?? [],
    needsInterpreter: (address) => needInterpreter.includes(address),
    meanings: new Meanings(),
  };
}

/** The region that begins at the first instruction. */
export function regionOf(assembly: string, options?: RegionOptions): Region {
  const [code] = assembleEach([assembly]);
  const region = discoverRegion(0, sourceOf(code, options), new Map());
  if (!region) throw new Error('there is no region');
  return region;
}
