/**
 * Nordic FICR: what the factory wrote about this one chip; read-only.
 * Source: nRF52840 Product Specification v1.1, FICR; nRF52833 the same; nRF51 Reference Manual v3.0, FICR. What differs from chip
 * to chip (DEVICEID, DEVICEADDR, ER, IR) comes from the run's seed: the same seed, the same device. PARTID and REVISION are in
 * no specification; the start-up code of the vendor's device pack asks them which errata to work around.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bits, choice, RegisterBlock, registerMap, type Field } from '../registers/index.js';
import { Noise } from '../../wires/noise.js';

const ERASED = 0xffff_ffff;
const word = (at: number) => ({ at, kind: 'ro', reset: ERASED }) as const;
const words = <const N extends number>(at: number, count: N) => ({ at, kind: 'ro', count, reset: Array<number>(count).fill(ERASED) }) as const;
const few = <const N extends string>(at: number, name: N, hi: number) => ({ at, kind: 'ro', reset: ERASED, raz: false, fields: { [name]: bits(0, hi) } as Readonly<Record<N, { lo: number; hi: number }>> }) as const;
/** One value over the whole word, with what the specification calls some of them. */
const named = <const N extends string>(at: number, name: N, values: Readonly<Record<string, number>>) =>
  ({ at, kind: 'ro', reset: ERASED, fields: { [name]: choice(0, 31, { ...values, Unspecified: ERASED }) } as unknown as Readonly<Record<N, Field & { values: Readonly<Record<string, number>> }>> }) as const;
const OVERRIDE = { Override: 0, NotOverride: 1 } as const;
const TESTS = { Done: 0xbb42_319f, NotDone: ERASED } as const;

export const FICR = registerMap({
  CODEPAGESIZE:   word(0x010),
  CODESIZE:       word(0x014),
  CLENR0:         word(0x028),                        // nRF51
  PPFC:           { at: 0x02c, kind: 'ro', reset: ERASED, raz: false, fields: { PPFC: choice(0, 7, { NotPresent: 0xff, Present: 0x00 }) } },   // nRF51
  NUMRAMBLOCK:    word(0x034),                        // nRF51
  SIZERAMBLOCK:   words(0x038, 4),                    // nRF51
  CONFIGID:       { at: 0x05c, kind: 'ro', reset: ERASED, fields: { HWID: bits(0, 15), FWID: bits(16, 31) } },   // nRF51
  DEVICEID:       words(0x060, 2),
  ER:             words(0x080, 4),
  IR:             words(0x090, 4),
  DEVICEADDRTYPE: { at: 0x0a0, kind: 'ro', reset: ERASED, raz: false, fields: { DEVICEADDRTYPE: choice(0, 0, { Public: 0, Random: 1 }) } },
  DEVICEADDR:     words(0x0a4, 2),
  OVERRIDEEN:     { at: 0x0ac, kind: 'ro', reset: ERASED, raz: false, fields: { NRF_1MBIT: choice(0, 0, OVERRIDE), BLE_1MBIT: choice(3, 3, OVERRIDE) } },   // nRF51
  NRF_1MBIT:      words(0x0b0, 5),                    // nRF51
  BLE_1MBIT:      words(0x0ec, 5),                    // nRF51
  INFO_PART:      named(0x100, 'PART', { N52833: 0x52833, N52840: 0x52840 }),
  INFO_VARIANT:   named(0x104, 'VARIANT', { AAAA: 0x4141_4141, BAAA: 0x4241_4141, CAAA: 0x4341_4141, AABA: 0x4141_4241, AABB: 0x4141_4242, AACA: 0x4141_4341, AAAB: 0x4141_4142 }),
  INFO_PACKAGE:   named(0x108, 'PACKAGE', { QI: 0x2004, CK: 0x2005, QD: 0x2007, CJ: 0x2008 }),
  INFO_RAM:       named(0x10c, 'RAM', { K16: 16, K32: 32, K64: 64, K128: 128, K256: 256 }),
  INFO_FLASH:     named(0x110, 'FLASH', { K128: 128, K256: 256, K512: 512, K1024: 1024, K2048: 2048 }),
  PARTID:         word(0x130),
  REVISION:       word(0x134),
  TRIM:           word(0x258),                        // nRF52840 Errata, 115
  PRODTEST:       { ...words(0x350, 3), fields: { PRODTEST: choice(0, 31, TESTS) } },
  TEMP_A0:        few(0x404, 'A', 11),
  TEMP_A1:        few(0x408, 'A', 11),
  TEMP_A2:        few(0x40c, 'A', 11),
  TEMP_A3:        few(0x410, 'A', 11),
  TEMP_A4:        few(0x414, 'A', 11),
  TEMP_A5:        few(0x418, 'A', 11),
  TEMP_B0:        few(0x41c, 'B', 13),
  TEMP_B1:        few(0x420, 'B', 13),
  TEMP_B2:        few(0x424, 'B', 13),
  TEMP_B3:        few(0x428, 'B', 13),
  TEMP_B4:        few(0x42c, 'B', 13),
  TEMP_B5:        few(0x430, 'B', 13),
  TEMP_T0:        few(0x434, 'T', 7),
  TEMP_T1:        few(0x438, 'T', 7),
  TEMP_T2:        few(0x43c, 'T', 7),
  TEMP_T3:        few(0x440, 'T', 7),
  TEMP_T4:        few(0x444, 'T', 7),
  NFC_TAGHEADER0: { ...word(0x450), fields: { MFGID: bits(0, 7), UD1: bits(8, 15), UD2: bits(16, 23), UD3: bits(24, 31) } },
  NFC_TAGHEADER1: { ...word(0x454), fields: { UD4: bits(0, 7), UD5: bits(8, 15), UD6: bits(16, 23), UD7: bits(24, 31) } },
  NFC_TAGHEADER2: { ...word(0x458), fields: { UD8: bits(0, 7), UD9: bits(8, 15), UD10: bits(16, 23), UD11: bits(24, 31) } },
  NFC_TAGHEADER3: { ...word(0x45c), fields: { UD12: bits(0, 7), UD13: bits(8, 15), UD14: bits(16, 23), UD15: bits(24, 31) } },
  TRNG90B_BYTES:    word(0xc00),  // nRF52840
  TRNG90B_RCCUTOFF: word(0xc04),  // nRF52840
  TRNG90B_APCUTOFF: word(0xc08),  // nRF52840
  TRNG90B_STARTUP:  word(0xc0c),  // nRF52840
  TRNG90B_ROSC1:    word(0xc10),  // nRF52840
  TRNG90B_ROSC2:    word(0xc14),  // nRF52840
  TRNG90B_ROSC3:    word(0xc18),  // nRF52840
  TRNG90B_ROSC4:    word(0xc1c),  // nRF52840
});

/** The values that the nRF52840's specification gives for FICR.TEMP.A0 to T4; the nRF52833's gives none. */
const TEMP_WORDS = [
  0xffff_f320, 0xffff_f343, 0xffff_f35d, 0xffff_f400, 0xffff_f452, 0xffff_f37b,
  0xffff_3fcc, 0xffff_3f98, 0xffff_3f98, 0xffff_0012, 0xffff_004d, 0xffff_3e10,
  0xffff_ffe2, 0xffff_ff00, 0xffff_ff14, 0xffff_ff19, 0xffff_ff50,
];
const NFC_MANUFACTURER = 0x5f;
const KB = 1024;

const options = z.strictObject({
  /** INFO.PART: 0x52840; 0x51822, which stands nowhere in it, for nRF51. */
  part: z.int(),
  /** Four letters, INFO.VARIANT: AAD0. */
  variant: z.string().regex(/^[A-Z0-9]{4}$/),
  /** INFO.PACKAGE; CONFIGID.HWID of nRF51. */
  package: z.int().min(0).max(0xffff),
  ramKilobytes: z.int().min(1).max(1024),
  flashKilobytes: z.int().min(1).max(4096),
  pageBytes: z.int().min(256).max(8192),
  /** What the vendor's code finds at 0x130 and 0x134. */
  partId: z.int().min(0).max(255).default(255),
  revision: z.int().min(0).max(255).default(0),
});
type FicrOptions = z.output<typeof options>;
const NRF51 = 0x51822;

export class Ficr extends RegisterPeripheral {
  protected readonly registers: RegisterBlock<typeof FICR.spec>;

  constructor(private readonly context: BlockContext, private readonly options: FicrOptions) {
    super();
    this.registers = new RegisterBlock(FICR, { instance: context.name, base: context.base, size: context.size, warnings: context.warnings });
    this.reset();
  }

  override reset(): void {
    const { registers, options } = this;
    registers.reset();
    registers.set('CODEPAGESIZE', options.pageBytes);
    registers.set('CODESIZE', (options.flashKilobytes * KB) / options.pageBytes);
    this.writeIdentity();
    if (options.part === NRF51) this.writeOld();
    else this.writeInfo();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot() };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
  }

  private writeIdentity(): void {
    const { registers } = this;
    const noise = new Noise(this.context.seed);
    for (let n = 0; n < 2; n++) registers.set('DEVICEID', noise.word(), n);
    for (let n = 0; n < 4; n++) registers.set('ER', noise.word(), n);
    for (let n = 0; n < 4; n++) registers.set('IR', noise.word(), n);
    registers.set('DEVICEADDR', noise.word(), 0);
    registers.set('DEVICEADDR', (0xffff_0000 | (noise.word() & 0xffff)) >>> 0, 1);   // 48 bits, the rest erased
  }

  private writeOld(): void {
    const { registers, options } = this;
    const blocks = options.ramKilobytes / 8;
    registers.set('NUMRAMBLOCK', blocks);
    for (let n = 0; n < 4; n++) registers.set('SIZERAMBLOCK', n < blocks ? 8 * KB : ERASED, n);
    registers.set('CONFIGID', (0xffff_0000 | options.package) >>> 0);
  }

  private writeInfo(): void {
    const { registers, options, context } = this;
    registers.set('INFO_PART', options.part);
    registers.set('INFO_VARIANT', [...options.variant].reduce((sum, letter) => ((sum << 8) | letter.charCodeAt(0)) >>> 0, 0));
    registers.set('INFO_PACKAGE', 0x2000 | (options.package & 0xff));
    registers.set('INFO_RAM', options.ramKilobytes);
    registers.set('INFO_FLASH', options.flashKilobytes);
    registers.set('PARTID', options.partId);
    registers.set('REVISION', options.revision);
    for (let n = 0; n < 2; n++) registers.set('PRODTEST', TESTS.Done, n);
    TEMP_WORDS.forEach((value, n) => this.registers.poke(FICR.offsetOf('TEMP_A0') + 4 * n, value, 4));
    const noise = new Noise(context.seed ^ NFC_MANUFACTURER);
    registers.set('NFC_TAGHEADER0', ((noise.word() & 0xffff_ff00) | NFC_MANUFACTURER) >>> 0);
    for (const name of ['NFC_TAGHEADER1', 'NFC_TAGHEADER2', 'NFC_TAGHEADER3'] as const) registers.set(name, noise.word());
  }
}
export const FICR_BLOCK = defineBlock({ options, create: (context, chosen) => new Ficr(context, chosen) });
