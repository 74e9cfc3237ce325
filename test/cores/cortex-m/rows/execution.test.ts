/** Whatever bits a program consists of, the core executes or faults; it never breaks. */
import { describe, expect, it } from 'vitest';
import { CORTEX_M_ROWS } from '../../../../emulator/cores/cortex-m/rows/index.js';
import { CORES, type CoreName } from '../../../../emulator/cores/cortex-m/system/index.js';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { matches, type Instruction } from '../../../../emulator/isa/instruction.js';
import { Random } from '../../../support/random.js';
import { CODE, DEVICE, LoneCore, RAM } from '../../../support/lone-core.js';
import { REG } from '../system/lone-system.js';

const SEED = 3;
const OPCODES_PER_ROW = 12;

/** Any opcode of the row, UNPREDICTABLE ones too. */
function anyOpcode(row: Instruction, random: Random): number {
  for (;;) {
    const opcode = ((random.word() & (row.bits === 16 ? 0xffff : -1) & ~row.mask) | row.value) >>> 0;
    if (matches(row, opcode)) return opcode;
  }
}

describe.each(Object.keys(CORES) as CoreName[])('a %s', (name) => {
  const random = new Random(SEED);
  const core = new LoneCore({ core: name });
  const { words } = core;

  function execute(opcode: number, bits: 16 | 32, inIT: boolean): void {
    core.core.reset();
    core.bus.write(REG.CPACR, 0xf << 20, 4);
    const address = inIT ? CODE + 2 : CODE;
    core.bus.poke(CODE, 0xbf08, 2); // IT EQ
    if (bits === 32) core.bus.poke(address, opcode >>> 16, 2);
    core.bus.poke(address + bits / 8 - 2, opcode & 0xffff, 2);
    for (let n = 0; n < 15; n++) words[n] = random.chance(60) ? random.pick([RAM, DEVICE]) + random.below(0x800) : random.word();
    words[Word.SP] &= ~3;
    words[Word.Z] = random.below(2);
    core.step(inIT ? 2 : 1);
    expect([words[Word.T] >>> 1, words[Word.PC] & 1, words[Word.SP] & 3, words[Word.C] >>> 1, words[Word.V] >>> 1, words[Word.GE] >>> 4]).toEqual([0, 0, 0, 0, 0, 0]);
  }

  it('executes or faults on any opcode of every row', () => {
    for (const row of CORTEX_M_ROWS) {
      for (let i = 0; i < OPCODES_PER_ROW; i++) {
        const opcode = anyOpcode(row, random);
        try {
          execute(opcode, row.bits, i % 3 === 2 && CORES[name].features.includes('v7m'));
        } catch (error) {
          throw new Error(`${row.name}, ${opcode.toString(16)}: ${String(error)}`, { cause: error });
        }
      }
    }
  });

  it('survives programs of random bits', () => {
    for (let run = 0; run < 40; run++) {
      core.core.reset();
      core.bus.load(CODE, Uint8Array.from({ length: 256 }, () => random.below(256)));
      for (let n = 0; n < 13; n++) words[n] = random.chance(70) ? RAM + random.below(0x4000) : random.word();
      core.run(500);
      expect(core.pc & 1).toBe(0);
    }
  });
});
