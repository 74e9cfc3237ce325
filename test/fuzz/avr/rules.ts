/**
 * What is not compared, and where an oracle is not what the manual says. Source: AVR Instruction Set Manual DS40002198B, by the
 * names of its sections.
 *
 * Addresses are reduced to the width of PC, SP and pointers, and RAMPZ and EIND to the bits that they have. The oracles do not do
 * that everywhere, since no sound program gets there: their adaptors do. Cases are set aside that `isAstray` tells of.
 */
import type { AvrRow } from '../../../emulator/cores/avr/rows/index.js';

/** These do nothing to the state that is compared; what they start is the chip's and is tested there. */
const OUT_OF_SCOPE = new Set(['SPM', 'SLEEP', 'WDR', 'BREAK']);
export const isOutOfScope = ({ name }: AvrRow): boolean => OUT_OF_SCOPE.has(name);

/** SREG.H. */
const H = 0x20;

export interface OracleRule {
  readonly oracle: 'simavr' | 'avr8js';
  /** Of the rows to which it applies. */
  readonly rows: readonly string[];
  /** It applies only in front of such a word. */
  readonly before?: (nextWord: number) => boolean;
  /** Flags that are wrong afterwards: the case ends after the instruction, and they are not compared. Without it, the case ends before. */
  readonly wrongFlags?: number;
  /** The manual's section, what it says, and what the oracle does. */
  readonly reason: string;
}

/** What an oracle gets wrong, the other one judges. simavr is Debian's 1.6, avr8js is 0.21.1. */
export const ORACLE_RULES: readonly OracleRule[] = [
  {
    oracle: 'simavr', rows: ['CPSE', 'SBRC', 'SBRS', 'SBIC', 'SBIS'], before: (word) => (word & 0xfe0c) === 0x960c,
    reason: 'sections CPSE to SBRS: one word is skipped unless a two-word instruction follows; ADIW and SBIW with 11xx as the low bits of K have one word, simavr takes them for JMP and CALL',
  },
  {
    oracle: 'avr8js', rows: ['ADD', 'ADC', 'SUB', 'SUBI', 'CP', 'CPI'], wrongFlags: H,
    reason: 'sections ADC to SUBI: H is the carry or borrow of bit 3; avr8js takes bit 0',
  },
  {
    oracle: 'avr8js', rows: ['ADIW', 'SBIW', 'ASR', 'LSR', 'ROR'], wrongFlags: H,
    reason: 'these sections leave H as it was; avr8js clears it',
  },
  {
    oracle: 'avr8js', rows: ['SBC', 'SBCI', 'CPC'],
    reason: 'these sections keep Z when the result is 0x00, that of 0x00 - 0xff - C too, for which avr8js clears it; and H as above',
  },
  { oracle: 'avr8js', rows: ['NEG'], reason: 'section NEG: V is set if and only if the result is 0x80, H is the borrow of bit 3; avr8js leaves V clear and takes bit 0' },
  { oracle: 'avr8js', rows: ['CBI'], reason: 'section CBI: two cycles in AVRe; avr8js counts one' },
  { oracle: 'avr8js', rows: ['FMULSU'], reason: 'section FMULSU: Z is set if the result is zero; avr8js sets it if it is not' },
  { oracle: 'avr8js', rows: ['RET (22-bit PC)', 'RETI (22-bit PC)'], reason: 'sections RET and RETI: PC is what the stack holds; avr8js takes 0 for an address of more than 16 bits whose lower 16 are 0' },
];

/** Of a place in an image: the case ends before it, goes on, or ends after it. */
export const Judgement = { before: 0, on: 1, after: 2 } as const;

export function judgementOf(oracle: OracleRule['oracle'], row: AvrRow, nextWord: number): number {
  const rule = ORACLE_RULES.find((one) => one.oracle === oracle && one.rows.includes(row.name) && (one.before?.(nextWord) ?? true));
  if (!rule) return Judgement.on;
  return rule.wrongFlags === undefined ? Judgement.before : Judgement.after;
}

/** Flags that are compared with an oracle. */
export const comparedFlags = (oracle: OracleRule['oracle']): number =>
  0xff & ~ORACLE_RULES.reduce((flags, rule) => flags | (rule.oracle === oracle ? rule.wrongFlags ?? 0 : 0), 0);
