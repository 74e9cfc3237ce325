/** The oracle against results worked out from the Armv7-M ARM (DDI 0403E): what is used to judge must be judged first. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODE_BASE, emptyState, RAM_BASE, RAM_BYTES, RAM_WORDS, type CoreName, type CoreState, type TestCase } from '../fuzz/case.js';
import { UnicornOracle, type OracleResult } from './unicorn.js';

interface Start extends Partial<Omit<CoreState, 'r' | 's'>> {
  r?: Record<number, number>;
  s?: Record<number, number>;
  ram?: Record<number, number>;
}

let nextAddress = CODE_BASE;

function testCase(core: CoreName, halfwords: number[], { r = {}, s = {}, ram = {}, ...rest }: Start): TestCase {
  const state = { ...emptyState(), ...rest };
  for (const [n, value] of Object.entries(r)) state.r[Number(n)] = value;
  for (const [n, value] of Object.entries(s)) state.s[Number(n)] = value;
  const memory = new Uint32Array(RAM_WORDS);
  for (const [n, value] of Object.entries(ram)) memory[Number(n)] = value;
  nextAddress += 64;
  const code = new Uint8Array(Uint16Array.from(halfwords).buffer);
  return { core, codeAddress: nextAddress, code, sequenceBytes: code.length, state, ram: memory };
}

const N = 0x8000_0000;
const Z = 0x4000_0000;
const C = 0x2000_0000;
const V = 0x1000_0000;
const Q = 0x0800_0000;
const FPCA = 4;

describe('Unicorn as a Cortex-M4', () => {
  let oracle: UnicornOracle;
  beforeAll(() => void (oracle = new UnicornOracle('cortex-m4')));
  afterAll(() => oracle.close());

  const run = async (halfwords: number[], start: Start = {}): Promise<OracleResult> =>
    (await oracle.run([testCase('cortex-m4', halfwords, start)]))[0];

  it('ADCS overflows on the carry alone', async () => {
    const { state, reason } = await run([0x4148], { r: { 0: 0x7fff_ffff, 1: 0 }, apsr: C });
    expect([reason, state.r[0], state.apsr]).toEqual(['end', 0x8000_0000, N | V].map((x) => (typeof x === 'number' ? x >>> 0 : x)));
  });

  it('SBCS without carry subtracts one more and reports no borrow', async () => {
    const { state } = await run([0x4188], { r: { 0: 5, 1: 4 } });
    expect([state.r[0], state.apsr]).toEqual([0, Z | C]);
  });

  it('SSAT #8 saturates to 127 and sets Q', async () => {
    const { state } = await run([0xf301, 0x0007], { r: { 1: 128 } });
    expect([state.r[0], state.apsr]).toEqual([127, Q]);
  });

  it('SMLAD adds both products and sets Q when the sum overflows', async () => {
    const { state } = await run([0xfb21, 0x3002], { r: { 1: 0x0002_0003, 2: 0x0004_0005, 3: 0x7fff_fff0 } });
    expect([state.r[0], state.apsr]).toEqual([0x8000_0007, Q]);
  });

  it('UADD8 sets GE for the bytes that carry', async () => {
    const { state } = await run([0xfa81, 0xf042], { r: { 1: 0xff01_80ff, 2: 0x0101_8000 } });
    expect([state.r[0], state.apsr]).toEqual([0x0002_00ff, 0b1010 << 16]);
  });

  it.each([
    ['divides towards zero', 7, 0xffff_fffe, 0xffff_fffd],
    ['gives the smallest number for its negation', 0x8000_0000, 0xffff_ffff, 0x8000_0000],
    ['gives 0 for a division by 0', 7, 0, 0],
  ])('SDIV %s', async (_, r1, r2, quotient) => {
    expect((await run([0xfb91, 0xf0f2], { r: { 1: r1, 2: r2 } })).state.r[0]).toBe(quotient);
  });

  it('LDR reads a misaligned word', async () => {
    const { state } = await run([0xf8d1, 0x0001], { r: { 1: RAM_BASE }, ram: { 0: 0x4433_2211, 1: 0x8877_6655 } });
    expect(state.r[0]).toBe(0x5544_3322);
  });

  it('LDM loads ascending registers and writes the base back', async () => {
    const { state } = await run([0xc80e], { r: { 0: RAM_BASE + 8 }, ram: { 2: 10, 3: 11, 4: 12 } });
    expect([...state.r.slice(0, 4)]).toEqual([RAM_BASE + 20, 10, 11, 12]);
  });

  it('STM reports the words it changed', async () => {
    const { state, ram } = await run([0xc006], { r: { 0: RAM_BASE + 4, 1: 7, 2: 8 } });
    expect([state.r[0], ...ram.slice(0, 4)]).toEqual([RAM_BASE + 12, 0, 7, 8, 0]);
  });

  it('ITETE EQ executes first and third with Z set, and counts only those', async () => {
    const result = await run([0xbf0b, 0x2001, 0x2002, 0x2103, 0x2104], { apsr: Z });
    expect([...result.state.r.slice(0, 2), result.state.apsr, result.instructions]).toEqual([1, 3, Z, 3]);
    expect(result.executedOffsets).toEqual([0, 2, 6]);
  });

  it('LDREX and STREX to the same word succeed; STREX alone fails', async () => {
    const pair = await run([0xe851, 0x0f00, 0xe841, 0x3200], { r: { 1: RAM_BASE, 2: 9, 3: 5 }, ram: { 0: 4 } });
    expect([pair.state.r[0], pair.state.r[2], pair.ram[0]]).toEqual([4, 0, 5]);
    const alone = await run([0xe841, 0x3200], { r: { 1: RAM_BASE, 2: 9, 3: 5 }, ram: { 0: 4 } });
    expect([alone.state.r[2], alone.ram[0]]).toEqual([1, 4]);
  });

  it.each([
    ['1 + 2^-24 to nearest is 1', 0x3f80_0000, 0x3380_0000, 0, 0x3f80_0000, 0x10],
    ['1 + 2^-24 upwards is the next number', 0x3f80_0000, 0x3380_0000, 0x0040_0000, 0x3f80_0001, 0x10],
    ['infinity minus infinity is the default NaN and invalid', 0x7f80_0000, 0xff80_0000, 0, 0x7fc0_0000, 0x01],
    ['a signalling NaN is quietened', 0x7f80_0001, 0x3f80_0000, 0, 0x7fc0_0001, 0x01],
    ['DN replaces the payload', 0x7fc1_2345, 0x3f80_0000, 0x0200_0000, 0x7fc0_0000, 0],
    ['FZ flushes denormal inputs', 0x0000_0001, 0x0000_0001, 0x0100_0000, 0, 0x80],
    ['denormals add exactly', 0x0000_0001, 0x0000_0001, 0, 2, 0],
    ['overflow', 0x7f7f_ffff, 0x7f7f_ffff, 0, 0x7f80_0000, 0x14],
  ])('VADD.F32: %s', async (_, s1, s2, fpscr, sum, flags) => {
    const { state } = await run([0xee30, 0x0a81], { s: { 1: s1, 2: s2 }, fpscr, control: FPCA });
    expect([state.s[0], state.fpscr]).toEqual([sum, fpscr | flags]);
  });

  it('VDIV.F32 by zero gives infinity and DZC', async () => {
    const { state } = await run([0xee80, 0x0a81], { s: { 1: 0x3f80_0000, 2: 0x8000_0000 }, control: FPCA });
    expect([state.s[0], state.fpscr]).toEqual([0xff80_0000, 2]);
  });

  it('has no double precision', async () => {
    expect((await run([0xee31, 0x0b02], { control: FPCA })).reason).toBe('undefined instruction');
  });

  it('reads special registers and hides them from unprivileged code', async () => {
    const privileged = await run([0xf3ef, 0x8109], { otherSp: RAM_BASE + 64 });
    expect(privileged.state.r[1]).toBe(RAM_BASE + 64);
    const unprivileged = await run([0xf380, 0x8814, 0xf3ef, 0x8109], { r: { 0: 1 }, otherSp: RAM_BASE + 64, primask: 1, basepri: 0x40 });
    expect(unprivileged.state).toMatchObject({ control: 1, otherSp: RAM_BASE + 64, primask: 1, basepri: 0x40 });
    expect(unprivileged.state.r[1]).toBe(0);
  });

  it('starts each case afresh after an unprivileged one', async () => {
    const { state } = await run([0xf380, 0x8811], { r: { 0: 0x20 }, basepri: 0x80, faultmask: 1 });
    expect(state).toMatchObject({ control: 0, basepri: 0x20, faultmask: 1 });
  });

  it('exchanges SP when MSR CONTROL chooses PSP', async () => {
    const { state } = await run([0xf380, 0x8814], { r: { 0: 2, 13: RAM_BASE + 128 }, otherSp: RAM_BASE + 64 });
    expect([state.r[13], state.otherSp, state.control]).toEqual([RAM_BASE + 64, RAM_BASE + 128, 2]);
  });

  describe('stops before the instruction that faults:', () => {
    const outside = RAM_BASE + RAM_BYTES;
    it.each<[string, number[], Start, Partial<OracleResult>]>([
      ['SVC', [0x2001, 0xdf01, 0x2002], {}, { reason: 'SVC', instructions: 2 }],
      ['BKPT', [0x2001, 0xbe02], {}, { reason: 'BKPT', instructions: 2 }],
      ['UDF', [0x2001, 0xde03], {}, { reason: 'undefined instruction', instructions: 2 }],
      ['LDR outside', [0x2001, 0xf8d1, 0x0001], { r: { 1: outside } }, { reason: 'memory fault', faultAddress: outside + 1 }],
      ['STR to code', [0x2001, 0xf841, 0x0b04, 0x2102], { r: { 1: CODE_BASE } }, { reason: 'memory fault', faultAddress: CODE_BASE }],
    ])('%s', async (_, halfwords, start, expected) => {
      const result = await run(halfwords, start);
      expect(result).toMatchObject(expected);
      expect(result.state.r[0]).toBe(1);
      expect(result.state.r[1]).toBe(start.r?.[1] ?? 0);
      expect(result.state.r[15]).toBe(nextAddress + 2);
    });

    it('LDM that runs off the RAM leaves base and registers', async () => {
      const { state, reason } = await run([0xc80e], { r: { 0: outside - 4, 1: 1, 2: 2, 3: 3 }, ram: { [RAM_WORDS - 1]: 99 } });
      expect([reason, ...state.r.slice(0, 4)]).toEqual(['memory fault', outside - 4, 1, 2, 3]);
    });

    it('a store inside an IT block', async () => {
      const { state, reason, faultAddress } = await run([0xbf08, 0xf841, 0x0b04], { r: { 1: outside }, apsr: Z });
      expect([reason, faultAddress, state.r[1], state.r[15]]).toEqual(['memory fault', outside, outside, nextAddress + 2]);
    });
  });

  it.each([
    ['leaves the sequence with the T bit', [0x4700, 0x2101], 0x0001_8001, 'end', 0x0001_8000],
    ['leaves it for RAM', [0x4700, 0x2101], RAM_BASE + 1, 'end', RAM_BASE],
    ['leaves it for nowhere', [0x4700, 0x2101], 0x6000_0001, 'end', 0x6000_0000],
    ['loses the T bit', [0x4700, 0x2101], 0x0001_8000, 'invalid state', 0x0001_8000],
    ['loses the T bit outside memory', [0x4700, 0x2101], 0x6000_0000, 'invalid state', 0x6000_0000],
  ] as const)('BX %s', async (_, halfwords, target, reason, pc) => {
    const result = await run([...halfwords], { r: { 0: target } });
    expect([result.reason, result.state.r[15], result.state.r[1]]).toEqual([reason, pc, 0]);
  });

  it('gives up on an endless loop', async () => {
    expect((await run([0xe7fe])).reason).toBe('limit');
  });
});

describe('Unicorn as other cores', () => {
  const once = async (core: CoreName, halfwords: number[], start: Start): Promise<OracleResult> => {
    const oracle = new UnicornOracle(core);
    try {
      return (await oracle.run([testCase(core, halfwords, start)]))[0];
    } finally {
      oracle.close();
    }
  };

  it.each(['cortex-m0', 'cortex-m0plus'] as const)('%s faults on a misaligned LDR and knows no 32-bit LDR', async (core) => {
    expect((await once(core, [0x6808], { r: { 1: RAM_BASE + 2 } })).reason).toBe('unaligned access');
    expect((await once(core, [0xf8d1, 0x0000], { r: { 1: RAM_BASE } })).reason).toBe('undefined instruction');
  });

  it('cortex-m3 has no VADD', async () => {
    expect((await once('cortex-m3', [0xee30, 0x0a81], {})).reason).toBe('no coprocessor');
  });

  it('cortex-m7 adds doubles', async () => {
    const { state, reason } = await once('cortex-m7', [0xee31, 0x0b02], { s: { 3: 0x3ff0_0000, 5: 0x4000_0000 }, control: FPCA });
    expect([reason, state.s[0], state.s[1]]).toEqual(['end', 0, 0x4008_0000]);
  });
});
