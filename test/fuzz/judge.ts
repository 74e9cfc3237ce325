/** Compares what engine and oracle made of one case. */
import type { OracleResult, UnicornOracle } from '../oracles/unicorn.js';
import { RAM_BASE, RAM_WORDS, type CaseResult, type CoreState, type TestCase } from './case.js';
import type { GeneratedCase } from './generate.js';
import { accessOf, isFloatingPoint, type Bits } from './opcodes.js';
import { TWO_NOPS, type Item } from './sequence.js';
import {
  CONTROL_FPCA, FPSCR_FROM_FPDSCR, isExtremeSMLAD, isOtherFaultFirst, isPPB, isSMLAD, isUncheckedAlignment, MAPPING_FIRST,
  NO_PPB, SMLAD_INTERMEDIATE, UNCHECKED_ALIGNMENT,
} from './rules.js';

export interface Verdict {
  /** One line per difference; none when the results agree. */
  readonly differences: readonly string[];
  /** Why results that differ were accepted, or the case was set aside. */
  readonly excused?: string;
}

/** @param ours what the engine gave, or threw */
export async function judge({ test, items }: GeneratedCase, ours: CaseResult | Error, theirs: OracleResult, oracle: UnicornOracle): Promise<Verdict> {
  if (theirs.reason === 'limit') return { differences: [], excused: 'the sequence does not end' };
  if (entersAnInstruction(test, items, theirs)) return { differences: [], excused: 'a wild branch went into the middle of an instruction' };
  if (theirs.reason === 'memory fault' && isPPB(theirs.faultAddress)) return { differences: [], excused: NO_PPB.what };
  if (ours instanceof Error) return { differences: [`our engine threw: ${ours.stack ?? ours.message}`] };
  const faulting = instructionAt(test, ours.state.r[15]);
  const isAlsoTheirs = faulting !== undefined && isOtherFaultFirst(ours, theirs, faulting.opcode, faulting.size);
  if (faulting !== undefined && !isAlsoTheirs && isUncheckedAlignment(ours, theirs, faulting.opcode, faulting.size)) {
    let differences: string[] = [];
    for (const stop of STOPS) {
      const reached = await stateAt(test, ours.state.r[15] - test.codeAddress, oracle, stop);
      const before = withFPContext(await withoutSpuriousQ({ test, items }, ours, reached, oracle), faulting);
      differences = compare({ ...ours, reason: before.reason }, before, faulting);
      if (differences.length === 0) break;
    }
    return { differences, excused: UNCHECKED_ALIGNMENT.what };
  }
  const mended = await withoutSpuriousQ({ test, items }, ours, theirs, oracle);
  if (mended !== theirs) return { differences: compare(ours, mended, undefined), excused: SMLAD_INTERMEDIATE.what };
  if (faulting === undefined) return { differences: compare(ours, theirs, faulting) };
  if (isAlsoTheirs) {
    const sameFault = { ...ours, reason: theirs.reason, faultAddress: theirs.faultAddress };
    return { differences: compare(sameFault, withFPContext(theirs, faulting), faulting), excused: MAPPING_FIRST.what };
  }
  const isAccessFault = theirs.reason === 'memory fault' || theirs.reason === 'unaligned access';
  return { differences: compare(ours, isAccessFault ? withFPContext(theirs, faulting) : theirs, faulting) };
}

/**
 * ExecuteFPCheck() (B1.5.7) makes a floating-point context before VLDR and its kin access memory, so it is there after
 * a fault; the oracle gives the state before the instruction. FPDSCR is 0.
 */
function withFPContext(theirs: CaseResult, { opcode, size }: Encoded): CaseResult {
  const { state } = theirs;
  if (!isFloatingPoint(opcode, size) || state.control & CONTROL_FPCA) return theirs;
  return { ...theirs, state: { ...state, control: state.control | CONTROL_FPCA, fpscr: state.fpscr & ~FPSCR_FROM_FPDSCR } };
}

/** What is decoded there need not be an instruction of the core. */
function entersAnInstruction(test: TestCase, items: readonly Item[], { executedOffsets, state }: OracleResult): boolean {
  const starts = new Set(items.flatMap((item) => (item.opcode === TWO_NOPS ? [item.offset, item.offset + 2] : [item.offset])));
  const stopped = state.r[15] - test.codeAddress;
  const isStoppedInside = stopped >= 0 && stopped < test.sequenceBytes && !starts.has(stopped);
  return isStoppedInside || executedOffsets.some((offset) => !starts.has(offset));
}

interface Encoded {
  readonly opcode: number;
  readonly size: Bits;
}

/** What the core decodes at an address of the sequence, which a wild branch may make the middle of an instruction. */
function instructionAt({ code, codeAddress, sequenceBytes }: TestCase, address: number): Encoded | undefined {
  const offset = address - codeAddress;
  if (offset < 0 || offset >= sequenceBytes || offset & 1) return undefined;
  const halfword = (at: number): number => (code[at] ?? 0) | ((code[at + 1] ?? 0) << 8);
  const first = halfword(offset);
  if (first >>> 11 < 0b11101) return { opcode: first, size: 16 };
  return { opcode: ((first << 16) | halfword(offset + 2)) >>> 0, size: 32 };
}

const APSR_Q = 0x0800_0000;

/** The oracle's result, itself unless an SMLAD has set Q where it should not. */
async function withoutSpuriousQ({ test, items }: Pick<GeneratedCase, 'test' | 'items'>, ours: CaseResult, theirs: OracleResult, oracle: UnicornOracle): Promise<OracleResult> {
  if ((ours.state.apsr & APSR_Q) !== 0 || (theirs.state.apsr & APSR_Q) === 0) return theirs;
  for (const { opcode, size, offset } of items) {
    if (!isSMLAD(opcode, size) || !theirs.executedOffsets.includes(offset)) continue;
    const reached = [await stateAt(test, offset, oracle, 'end'), await stateAt(test, offset, oracle, 'breakpoint')];
    if (!reached.some(({ state }) => isExtremeSMLAD(opcode, state.r))) continue;
    return { ...theirs, state: { ...theirs.state, apsr: theirs.state.apsr & ~APSR_Q } };
  }
  return theirs;
}

/**
 * Two ways to stop the oracle before an instruction. Neither always does: the sequence may end there, but then a jump
 * over it ends it too early; a BKPT may stand in its place, but then code that reads its own bytes sees it.
 */
const STOPS = ['end', 'breakpoint'] as const;

/** What the oracle has when it reaches an instruction. */
async function stateAt(test: TestCase, offset: number, oracle: UnicornOracle, stop: (typeof STOPS)[number]): Promise<OracleResult> {
  if (stop === 'end' && offset > 0) return (await oracle.run([{ ...test, sequenceBytes: offset }]))[0];
  const code = test.code.slice();
  code.set(BKPT, offset);
  return (await oracle.run([{ ...test, code }]))[0];
}

/** `bkpt #0`, in memory order; executed in IT blocks whatever the condition. */
const BKPT = [0x00, 0xbe];

const hex = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;

const WORDS = ['apsr', 'primask', 'basepri', 'faultmask', 'control', 'otherSp', 'fpscr'] as const;

function compare(ours: CaseResult, theirs: CaseResult, faulting: Encoded | undefined): string[] {
  const differences: string[] = [];
  const check = (name: string, mine: number, their: number): void => {
    if (mine >>> 0 !== their >>> 0) differences.push(`${name}: ours ${hex(mine)}, oracle ${hex(their)}`);
  };
  if (ours.reason !== theirs.reason) differences.push(`stops with: ours ${ours.reason}, oracle ${theirs.reason}`);
  else if (ours.reason === 'memory fault' && !isSameWord(ours.faultAddress, theirs.faultAddress)) check('fault address', ours.faultAddress, theirs.faultAddress);
  for (let n = 0; n < 16; n++) check(n === 15 ? 'pc' : `r${n}`, ours.state.r[n], theirs.state.r[n]);
  for (const name of WORDS) check(name, ours.state[name], theirs.state[name]);
  for (let n = 0; n < 32; n++) check(`s${n}`, ours.state.s[n], theirs.state.s[n]);
  if (mayHaveStoredInPart(ours, faulting)) return differences;
  for (let i = 0; i < RAM_WORDS; i++) {
    if (ours.ram[i] !== theirs.ram[i]) check(`[${hex(RAM_BASE + 4 * i)}]`, ours.ram[i], theirs.ram[i]);
  }
  return differences;
}

/** A misaligned access across the end of a memory may name its first byte or the first that is outside. */
const isSameWord = (a: number, b: number): boolean => Math.abs(a - b) < 4;

/** B1.5.10: a store that is abandoned may have written some of its bytes. */
function mayHaveStoredInPart({ reason }: CaseResult, faulting: Encoded | undefined): boolean {
  return reason === 'memory fault' && faulting !== undefined && accessOf(faulting.opcode, faulting.size)?.isStore === true;
}

/** The parts of a state that are not zero, as text. */
export function describeState(state: CoreState): string {
  const parts: string[] = [];
  state.r.forEach((value, n) => value !== 0 && parts.push(`r${n}=${hex(value)}`));
  for (const name of WORDS) if (state[name] !== 0) parts.push(`${name}=${hex(state[name])}`);
  state.s.forEach((value, n) => value !== 0 && parts.push(`s${n}=${hex(value)}`));
  return parts.length === 0 ? 'all zero' : parts.join(' ');
}
