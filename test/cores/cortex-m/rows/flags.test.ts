/**
 * Results and flags of integer instructions at their edges. Source of the expectations: Armv7-M ARM (DDI 0403E),
 * A2.2.1 (Shift_C, AddWithCarry, SignedSatQ), A5.3.2 (ThumbExpandImm_C) and the instructions' pages in A7.7.
 */
import { describe, expect, it } from 'vitest';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { assembleEach } from '../../../support/assembler.js';
import { END, LoneCore } from '../../../support/lone-core.js';

type Case = readonly [name: string, source: string, operands: readonly [r0?: number, r1?: number, r2?: number], flagsBefore: string, r0: number, flags: string, Q?: number];

function specify(title: string, cases: readonly Case[]): void {
  const codes = assembleEach(cases.map(([, source]) => `${source}\n${END}`));
  describe(title, () => {
    it.each(cases.map((c, i) => [`${c[1]}: ${c[0]}`, c, codes[i]] as const))('%s', (_, [, , [r0 = 0, r1 = 0, r2 = 0], before, result, flags, Q = 0], code) => {
      const core = new LoneCore({ code, r: { 0: r0, 1: r1, 2: r2 } }).setFlags(before).run();
      expect({ r0: core.r(0), flags: core.NZCV, Q: core.words[Word.Q] }).toEqual({ r0: result, flags, Q });
    });
  });
}

specify('AddWithCarry', [
  ['no carry, no overflow',        'adds r0, r0, r1',    [1, 2],                       '', 3,           '....'],
  ['wraps to zero',                'adds r0, r0, r1',    [0xffff_ffff, 1],             '', 0,           '.ZC.'],
  ['overflows upwards',            'adds r0, r0, r1',    [0x7fff_ffff, 1],             '', 0x8000_0000, 'N..V'],
  ['overflows downwards',          'adds r0, r0, r1',    [0x8000_0000, 0x8000_0000],   '', 0,           '.ZCV'],
  ['carries in',                   'adcs r0, r1',        [1, 2],                       'C', 4,          '....'],
  ['overflows on the carry alone', 'adcs r0, r1',        [0x7fff_ffff, 0],             'C', 0x8000_0000, 'N..V'],
  ['wraps on the carry alone',     'adcs r0, r1',        [0xffff_ffff, 0],             'C', 0,          '.ZC.'],
  ['carries when both overflow',   'adcs r0, r1',        [0xffff_ffff, 0xffff_ffff],   'C', 0xffff_ffff, 'N.C.'],
  ['borrows not',                  'subs r0, r0, r1',    [5, 3],                       '', 2,           '..C.'],
  ['borrows',                      'subs r0, r0, r1',    [3, 5],                       '', 0xffff_fffe, 'N...'],
  ['equal operands carry',         'subs r0, r0, r1',    [5, 5],                       '', 0,           '.ZC.'],
  ['overflows',                    'subs r0, r0, r1',    [0x8000_0000, 1],             '', 0x7fff_ffff, '..CV'],
  ['with borrow in',               'sbcs r0, r1',        [5, 3],                       '', 1,           '..C.'],
  ['without borrow in',            'sbcs r0, r1',        [5, 3],                       'C', 2,          '..C.'],
  ['0 - 0 - 1',                    'sbcs r0, r1',        [0, 0],                       '', 0xffff_ffff, 'N...'],
  ['x - 0xffffffff - 1 wraps',     'sbcs r0, r1',        [7, 0xffff_ffff],             '', 7,           '....'],
  ['0 - x',                        'rsbs r0, r1, #0',    [0, 1],                       '', 0xffff_ffff, 'N...'],
  ['0 - 0 carries',                'rsbs r0, r1, #0',    [0, 0],                       '', 0,           '.ZC.'],
  ['-0x80000000 overflows',        'rsbs r0, r1, #0',    [0, 0x8000_0000],             '', 0x8000_0000, 'N..V'],
  ['compares, keeps the register', 'cmp r0, r1',         [1, 2],                       '', 1,           'N...'],
  ['compares negatives',           'cmn r0, r1',         [0xffff_ffff, 1],             '', 0xffff_ffff, '.ZC.'],
  ['a shifted operand gives no carry', 'adds.w r0, r0, r1, lsl #1', [0, 0xc000_0000],  '', 0x8000_0000, 'N...'],
]);

specify('shifts by an immediate', [
  ['LSL carries the last bit out',  'lsls r0, r1, #1',   [0, 0x8000_0001], '',   2,           '..C.'],
  ['LSL #0 keeps the carry',        'movs r0, r1',       [0, 0],           'C',  0,           '.ZC.'],
  ['LSR #1',                        'lsrs r0, r1, #1',   [0, 0x8000_0001], '',   0x4000_0000, '..C.'],
  ['LSR #32 leaves nothing',        'lsrs r0, r1, #32',  [0, 0x8000_0000], '',   0,           '.ZC.'],
  ['ASR #1 keeps the sign',         'asrs r0, r1, #1',   [0, 0x8000_0000], '',   0xc000_0000, 'N...'],
  ['ASR #32 leaves the sign',       'asrs r0, r1, #32',  [0, 0x8000_0000], '',   0xffff_ffff, 'N.C.'],
  ['ASR #32 of a positive',         'asrs r0, r1, #32',  [0, 0x7fff_ffff], 'C',  0,           '.Z..'],
  ['ROR',                           'rors.w r0, r1, #4', [0, 0x1f],        '',   0xf000_0001, 'N.C.'],
  ['RRX shifts the carry in',       'rrxs r0, r1',       [0, 1],           'C',  0x8000_0000, 'N.C.'],
  ['RRX shifts a clear carry in',   'rrxs r0, r1',       [0, 2],           '',   1,           '....'],
  ['V is kept',                     'lsls r0, r1, #1',   [0, 1],           'V',  2,           '...V'],
]);

specify('shifts by a register', ([
  // Shift_C takes the low byte: 0 keeps everything, 32 leaves the last bit in C, more leaves nothing.
  ['lsls', 0, 0x8000_0001, 'C', 0x8000_0001, 'N.C.'], ['lsls', 1, 0x8000_0001, '', 2, '..C.'], ['lsls', 31, 3, '', 0x8000_0000, 'N.C.'],
  ['lsls', 32, 1, '', 0, '.ZC.'], ['lsls', 33, 0xffff_ffff, 'C', 0, '.Z..'], ['lsls', 255, 0xffff_ffff, 'C', 0, '.Z..'], ['lsls', 256, 5, 'C', 5, '..C.'],
  ['lsrs', 0, 1, '', 1, '....'], ['lsrs', 31, 0xc000_0000, '', 1, '..C.'], ['lsrs', 32, 0x8000_0000, '', 0, '.ZC.'], ['lsrs', 33, 0xffff_ffff, 'C', 0, '.Z..'],
  ['asrs', 0, 0x8000_0000, 'C', 0x8000_0000, 'N.C.'], ['asrs', 31, 0x8000_0000, '', 0xffff_ffff, 'N...'], ['asrs', 32, 0x8000_0000, '', 0xffff_ffff, 'N.C.'],
  ['asrs', 200, 0x8000_0000, '', 0xffff_ffff, 'N.C.'], ['asrs', 200, 0x7fff_ffff, 'C', 0, '.Z..'],
  ['rors', 0, 1, 'C', 1, '..C.'], ['rors', 1, 1, '', 0x8000_0000, 'N.C.'], ['rors', 32, 0x8000_0000, '', 0x8000_0000, 'N.C.'],
  ['rors', 32, 0x7fff_ffff, 'C', 0x7fff_ffff, '....'], ['rors', 33, 2, 'C', 1, '....'],
] as const).map(([mnemonic, amount, value, before, result, flags]): Case => [`0x${value.toString(16)} by ${amount}`, `${mnemonic} r0, r1`, [value, amount], before, result, flags]));

specify('logical operations', [
  ['keeps C and V',                         'ands r0, r1',                 [0x80, 0x80],  'CV', 0x80,        '..CV'],
  ['N and Z alone',                         'tst r0, r1',                  [1, 2],        'NC', 1,           '.ZC.'],
  ['an unrotated immediate keeps C',        'ands.w r0, r0, #0xff',        [0xff],        'C',  0xff,        '..C.'],
  ['a replicated immediate keeps C',        'ands.w r0, r0, #0xff00ff00',  [0xffff_ffff], '',   0xff00_ff00, 'N...'],
  ['a rotated immediate sets C by bit 31',  'ands.w r0, r0, #0x80000000',  [0xffff_ffff], '',   0x8000_0000, 'N.C.'],
  ['a rotated immediate clears C',          'ands.w r0, r0, #0x7f000000',  [0xffff_ffff], 'C',  0x7f00_0000, '....'],
  ['MVN of a rotated immediate: C from the immediate', 'mvns.w r0, #0x7f000000', [],       'C',  0x80ff_ffff, 'N...'],
  ['the shifter gives C',                   'eors.w r0, r0, r1, lsr #1',   [0, 1],        '',   0,           '.ZC.'],
  ['TEQ keeps V',                           'teq r0, r1',                  [3, 3],        'V',  3,           '.Z.V'],
  ['ORN',                                   'orns r0, r0, r1',             [0, 0xffff_ffff], '', 0,          '.Z..'],
  ['MULS keeps C and V',                    'muls r0, r1, r0',             [0x1_0000, 0x1_0000], 'CV', 0,    '.ZCV'],
]);

specify('saturation', [
  ['inside the range',                  'ssat r0, #8, r1',          [0, 127],                   'NZCV', 127,         'NZCV'],
  ['above',                             'ssat r0, #8, r1',          [0, 128],                   '', 127,             '....', 1],
  ['below',                             'ssat r0, #8, r1',          [0, -129],                  '', 0xffff_ff80,     '....', 1],
  ['to one bit',                        'ssat r0, #1, r1',          [0, 1],                     '', 0,               '....', 1],
  ['to 32 bits: never',                 'ssat r0, #32, r1',         [0, 0x8000_0000],           '', 0x8000_0000,     '....'],
  ['negative to zero',                  'usat r0, #8, r1',          [0, -1],                    '', 0,               '....', 1],
  ['above, unsigned',                   'usat r0, #8, r1',          [0, 256],                   '', 255,             '....', 1],
  ['to no bits',                        'usat r0, #0, r1',          [0, 1],                     '', 0,               '....', 1],
  ['to 31 bits',                        'usat r0, #31, r1',         [0, 0x7fff_ffff],           '', 0x7fff_ffff,     '....'],
  ['shifts first',                      'ssat r0, #8, r1, asr #4',  [0, 0x7ff],                 '', 127,             '....'],
  ['shifts left first, dropping bits',  'usat r0, #8, r1, lsl #31', [0, 2],                     '', 0,               '....'],
  ['adds',                              'qadd r0, r1, r2',          [0, 0x7fff_ffff, 1],        '', 0x7fff_ffff,     '....', 1],
  ['adds negatives',                    'qadd r0, r1, r2',          [0, 0x8000_0000, -1],       '', 0x8000_0000,     '....', 1],
  ['subtracts',                         'qsub r0, r1, r2',          [0, 0x8000_0000, 1],        '', 0x8000_0000,     '....', 1],
  ['doubles, saturates, adds',          'qdadd r0, r1, r2',         [0, -1, 0x4000_0000],       '', 0x7fff_fffe,     '....', 1],
  ['halfwords apart',                   'ssat16 r0, #8, r1',        [0, 0x0100_ff00],           '', 0x007f_ff80,     '....', 1],
]);

specify('multiplication with accumulation', [
  ['overflow sets Q, wraps',               'smlabb r0, r1, r2, r0',  [0x7fff_ffff, 1, 1],                   '', 0x8000_0000, '....', 1],
  ['-0x8000 squared fits',                 'smulbb r0, r1, r2',      [0, 0x8000, 0x8000],                   '', 0x4000_0000, '....'],
  ['two such products overflow',           'smuad r0, r1, r2',       [0, 0x8000_8000, 0x8000_8000],         '', 0x8000_0000, '....', 1],
  ['SMMULR rounds the low word',           'smmulr r0, r1, r2',      [0, 0x1_0000, 0x8000],                 '', 1,           '....'],
  ['SMMUL does not',                       'smmul r0, r1, r2',       [0, 0x1_0000, 0x8000],                 '', 0,           '....'],
]);

specify('division', [
  ['rounds towards zero',           'sdiv r0, r1, r2', [0, -7, 2],             '', 0xffff_fffd, '....'],
  ['-0x80000000 / -1 wraps',        'sdiv r0, r1, r2', [0, 0x8000_0000, -1],   '', 0x8000_0000, '....'],
  ['unsigned',                      'udiv r0, r1, r2', [0, 0xffff_ffff, 2],    '', 0x7fff_ffff, '....'],
  ['by zero gives zero',            'sdiv r0, r1, r2', [5, 7, 0],              '', 0,           '....'],
  ['by zero gives zero, unsigned',  'udiv r0, r1, r2', [5, 7, 0],              '', 0,           '....'],
]);

specify('bit fields', [
  ['SBFX extends the sign',   'sbfx r0, r1, #4, #4',  [0, 0xf0],              '', 0xffff_ffff, '....'],
  ['UBFX of a whole word',    'ubfx r0, r1, #0, #32', [0, 0x8000_0001],       '', 0x8000_0001, '....'],
  ['BFI of a whole word',     'bfi r0, r1, #0, #32',  [5, 0x8000_0001],       '', 0x8000_0001, '....'],
  ['BFI at the top',          'bfi r0, r1, #31, #1',  [0, 1],                 '', 0x8000_0000, '....'],
  ['BFC',                     'bfc r0, #8, #16',      [0xffff_ffff],          '', 0xff00_00ff, '....'],
  ['CLZ of zero',             'clz r0, r1',           [5, 0],                 '', 32,          '....'],
  ['SEL takes GE per byte',   'usub8 r0, r1, r2\nsel r0, r1, r2', [0, 0x0102_0304, 0x0201_0403], '', 0x0202_0404, '....'],
]);
