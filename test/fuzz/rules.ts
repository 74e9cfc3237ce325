/**
 * What is not compared, and why: sequences the architecture calls UNPREDICTABLE, and places where the oracle is known
 * to be wrong. Sections are of the Armv7-M ARM (DDI 0403E). What one encoding makes UNPREDICTABLE by its own fields
 * stands in its row.
 */
import type { CaseResult, CoreName, CoreState } from './case.js';
import { accessOf, branchOf, isFloatingPoint, isIT, isMRS, isMSR, isVMSR, mayWritePC, SYSm, type Access, type Bits } from './opcodes.js';

/** An instruction in its place. */
export interface Placed {
  readonly opcode: number;
  readonly size: Bits;
  readonly core: CoreName;
  /** 0 outside an IT block, otherwise how many instructions of the block are still to come, this one included. */
  readonly remainingInIT: number;
}

export interface Rule {
  readonly section: string;
  readonly reason: string;
  applies(placed: Placed): boolean;
}

const APSR_TO_XPSR = [0, 1, 2, 3];
const OTHERS_OF_XPSR = [5, 6, 7];
const STACK_POINTERS = [8, 9];
const PRIMASK = 16;
const BASEPRI = 17;
const BASEPRI_MAX = 18;
const FAULTMASK = 19;
const CONTROL = 20;
const SPECIAL_V6M = [...APSR_TO_XPSR, ...OTHERS_OF_XPSR, ...STACK_POINTERS, PRIMASK, CONTROL];
const SPECIAL_V7M = [...SPECIAL_V6M, BASEPRI, BASEPRI_MAX, FAULTMASK];

const isV6M = (core: CoreName): boolean => core === 'cortex-m0' || core === 'cortex-m0plus';
export const hasDSP = (core: CoreName): boolean => core === 'cortex-m4' || core === 'cortex-m7';
export const hasFPU = hasDSP;

function hasInvalidCondition({ opcode }: Placed): boolean {
  const firstcond = (opcode >> 4) & 15;
  const isSingle = (opcode & 7) === 0;
  return firstcond === 15 || (firstcond === 14 && !isSingle && (opcode & 15 & -(opcode & 15)) !== (opcode & 15));
}

/** UNPREDICTABLE by where an instruction stands or on which core it runs. */
export const UNPREDICTABLE: readonly Rule[] = [
  {
    section: 'A7.7.38',
    reason: 'an instruction that writes the PC stands last in its IT block',
    applies: ({ opcode, size, remainingInIT }) => remainingInIT > 1 && mayWritePC(opcode, size),
  },
  {
    section: 'A7.3.2',
    reason: 'IT, CBZ and CBNZ and conditional branches stand outside IT blocks',
    applies: ({ opcode, size, remainingInIT }) => {
      if (remainingInIT === 0) return false;
      const branch = branchOf(opcode, size);
      return isIT(opcode, size) || (branch?.kind === 'offset' && branch.isConditional);
    },
  },
  {
    section: 'B5.2.1',
    reason: 'CPS stands outside IT blocks',
    applies: ({ opcode, size, remainingInIT }) => remainingInIT > 0 && size === 16 && (opcode & 0xffe8) === 0xb660,
  },
  {
    section: 'DDI 0419, B4.2.1',
    reason: 'CPS on Armv6-M has the I bit only',
    applies: ({ opcode, size, core }) => isV6M(core) && size === 16 && (opcode & 0xffe8) === 0xb660 && (opcode & 3) !== 2,
  },
  {
    section: 'A6.3',
    reason: 'the unconditional floating-point instructions (VSEL, VMAXNM, VRINTA, VCVTA) stand outside IT blocks',
    applies: ({ opcode, size, remainingInIT }) => remainingInIT > 0 && size === 32 && opcode >>> 24 === 0xfe,
  },
  {
    section: 'A7.7.38',
    reason: "firstcond '1111', and '1110' with more than one bit of mask set",
    applies: (placed) => isIT(placed.opcode, placed.size) && hasInvalidCondition(placed),
  },
  {
    section: 'B5.2.2, B5.2.3',
    reason: 'SYSm names no special register of the core',
    applies: ({ opcode, size, core }) =>
      (isMRS(opcode, size) || isMSR(opcode, size)) && !(isV6M(core) ? SPECIAL_V6M : SPECIAL_V7M).includes(SYSm(opcode)),
  },
  {
    section: 'B5.2.3',
    reason: "MSR mask: '10' for every register but the APSR, never '00', and the GE bits need the DSP extension",
    applies: ({ opcode, size, core }) => {
      if (!isMSR(opcode, size)) return false;
      const mask = (opcode >> 10) & 3;
      return mask !== 2 && (SYSm(opcode) > 3 || mask === 0 || !hasDSP(core));
    },
  },
];

/**
 * Rules of the generator, kept where it builds sequences:
 * - A3.4.1: whether STREX succeeds after a load-exclusive from another address, or after another store, is
 *   IMPLEMENTATION DEFINED. A sequence has one STREX, straight after a LDREX of the same address, or alone.
 * - A7.7.38: no branch goes into an IT block.
 * - A3.3.1: no store goes to code; the PC only ever goes to instructions, or out of the sequence.
 */

/** A place where Unicorn 2.0.1 differs from the manual. */
export interface OracleGap {
  readonly what: string;
  /** The manual's words, by section. */
  readonly proof: string;
  /** Encodings that are never generated because of it. */
  readonly isExcluded?: (placed: Placed) => boolean;
  /** How many low bits of Rn the generator clears first, so that the difference does not show. */
  readonly clearsLowBits?: (placed: Placed) => number;
  /** What must hold throughout a sequence for the difference not to show. */
  readonly precondition?: Precondition;
}

export interface Precondition {
  /** Instructions that show the difference. */
  readonly matters: (placed: Placed) => boolean;
  /** Instructions that could end the precondition: they do not share a sequence with the former. */
  readonly isBrokenBy: (placed: Placed) => boolean;
  readonly establish: (state: CoreState) => void;
}

const isHint = (opcode: number, size: Bits, hints: readonly number[]): boolean =>
  size === 16 ? hints.some((hint) => opcode === (0xbf00 | (hint << 4))) : hints.some((hint) => opcode === (0xf3af_8000 | hint) >>> 0);

/** AHP, DN, FZ and RMode. */
export const FPSCR_FROM_FPDSCR = 0x07c0_0000;
const FPSCR_RMODE = 0x00c0_0000;
export const CONTROL_FPCA = 4;
const YIELD = 1;
const WFE = 2;
const WFI = 3;

export const ORACLE_GAPS: readonly OracleGap[] = [
  {
    what: 'WFI, WFE and YIELD end the emulation instead of continuing or waiting',
    proof: 'A7.7.261, A7.7.262, A7.7.263: hints, after which execution continues; the event register and wake-up are not modelled',
    isExcluded: ({ opcode, size }) => isHint(opcode, size, [YIELD, WFE, WFI]),
  },
  {
    what: 'bits 1:0 of the stack pointers can be written',
    proof: 'B1.4.1: SP[1:0] is RAZ/WI; the server clears them after every instruction',
  },
  {
    what: 'APSR.Q exists on Armv6-M',
    proof: 'DDI 0419, B1.4.2: APSR[27:0] is reserved; the server clears it after every instruction',
  },
  {
    what: 'Armv7-M without the DSP extension executes DSP instructions',
    proof: 'A1.2: the DSP extension is Armv7E-M only; the rows of a core do not hold them',
  },
  {
    what: 'ISB inside an IT block makes the rest of the block unconditional',
    proof: 'A7.3.3, ITAdvance(): the block goes on after every instruction that is not a branch',
    isExcluded: ({ opcode, size, remainingInIT }) => remainingInIT > 0 && size === 32 && (opcode & 0xffff_fff0) >>> 0 === 0xf3bf_8f60,
  },
  {
    what: 'VCVT from fixed-point rounds as FPSCR.RMode says',
    proof: 'A7.7.229: the conversion from fixed-point always rounds to nearest; FPSCR.RMode is kept 0 around it',
    precondition: {
      matters: ({ opcode, size }) => size === 32 && (opcode & 0xffbe_0e50) >>> 0 === 0xeeba_0a40,
      isBrokenBy: ({ opcode, size }) => isVMSR(opcode, size),
      establish: (state) => void (state.fpscr &= ~FPSCR_RMODE),
    },
  },
  {
    what: 'after a floating-point instruction that IT skips, the next one makes no floating-point context',
    proof: 'B1.5.7, ExecuteFPCheck(): every executed floating-point instruction sets CONTROL.FPCA; it is kept 1 around IT blocks',
    precondition: {
      matters: ({ opcode, size, remainingInIT }) => remainingInIT > 0 && isFloatingPoint(opcode, size),
      isBrokenBy: ({ opcode, size }) => isMSR(opcode, size) && SYSm(opcode) === CONTROL,
      establish: (state) => void (state.control |= CONTROL_FPCA),
    },
  },
  {
    what: 'a new floating-point context takes all of the FPSCR from the FPDSCR',
    proof: 'B1.5.7, ExecuteFPCheck(): FPSCR<26:22> = FPDSCR<26:22>; the rest of the FPSCR is kept 0 where a context begins',
    precondition: {
      matters: ({ opcode, size }) => isFloatingPoint(opcode, size),
      isBrokenBy: ({ opcode, size }) => isMSR(opcode, size) && SYSm(opcode) === CONTROL,
      establish: (state) => void (state.fpscr &= state.control & CONTROL_FPCA ? ~0 : FPSCR_FROM_FPDSCR),
    },
  },
  {
    what: 'BASEPRI has 8 bits, whatever number of priority bits the core has',
    proof: 'B1.4.3, B1.5.4: unimplemented low-order priority bits are RAZ/WI; devices here have 3 bits or more',
    clearsLowBits: ({ opcode, size }) => (isMSR(opcode, size) && [BASEPRI, BASEPRI_MAX].includes(SYSm(opcode)) ? 5 : 0),
  },
];

/** Unicorn does not check the alignment of these accesses on Armv7-M; see `isUncheckedAlignment`. */
export const UNCHECKED_ALIGNMENT: OracleGap = {
  what: 'LDM, STM, LDRD, STRD, VLDR, VSTR, VLDM, VSTM, and STREX without a reservation, accept misaligned addresses',
  proof: 'A3.2.1: these always generate an alignment fault; A2.3.4, ExclusiveMonitorsPass(): alignment is checked before the monitor',
};

/** Unicorn looks at the memory map before it looks at alignment; see `isOtherFaultFirst`. */
export const MAPPING_FIRST: OracleGap = {
  what: 'an address both misaligned and outside memory is a memory fault',
  proof: 'B2.3.2, MemA_with_priv: alignment is checked before the address is validated and accessed',
};

/** Unicorn has no Private Peripheral Bus. */
export const NO_PPB: OracleGap = {
  what: 'accesses from 0xE0000000 to 0xE00FFFFF find no registers',
  proof: 'B3.1: the Private Peripheral Bus holds the registers of the system',
};
export const isPPB = (address: number): boolean => address >>> 20 === 0xe00;

/** See `isExtremeSMLAD`. */
export const SMLAD_INTERMEDIATE: OracleGap = {
  what: 'SMLAD sets Q when the sum of the two products alone exceeds 32 bits',
  proof: 'A7.7.137: Q is set when product1 + product2 + SInt(R[a]), an unbounded integer, does not fit',
};

/** SMLAD, SMLADX. */
export const isSMLAD = (opcode: number, size: Bits): boolean =>
  size === 32 && (opcode & 0xfff0_00e0) >>> 0 === 0xfb20_0000 && ((opcode >>> 12) & 15) !== 15;

/** Only four factors of -32768 make products whose sum exceeds 32 bits. */
export const isExtremeSMLAD = (opcode: number, r: Uint32Array): boolean =>
  r[(opcode >>> 16) & 15] === 0x8000_8000 && r[opcode & 15] === 0x8000_8000;

/** Our alignment fault stands when the address, from the registers before the instruction, is misaligned indeed. */
export function isUncheckedAlignment(ours: CaseResult, theirs: CaseResult, opcode: number, size: Bits): boolean {
  const isSamePlace = ours.state.r[15] === theirs.state.r[15];
  if (ours.reason !== 'unaligned access' || (theirs.reason === 'unaligned access' && isSamePlace)) return false;
  const access = accessOf(opcode, size);
  return access?.isAligned === true && isMisaligned(access, ours.state.r);
}

export function isOtherFaultFirst(ours: CaseResult, theirs: CaseResult, opcode: number, size: Bits): boolean {
  if (ours.reason !== 'unaligned access' || theirs.reason !== 'memory fault') return false;
  const access = accessOf(opcode, size);
  return ours.state.r[15] === theirs.state.r[15] && access !== undefined && isMisaligned(access, ours.state.r);
}

function isMisaligned(access: Access, r: Uint32Array): boolean {
  const alignment = Math.min(access.bytes, 4);
  return (lowestAddress(access, r) & (alignment - 1)) !== 0;
}

function lowestAddress(access: Access, r: Uint32Array): number {
  const register = (n: number): number => (n === 15 ? (r[15] + 4) & ~3 : r[n]);
  const index = access.index === undefined ? 0 : register(access.index) << access.shift!;
  return (register(access.base) + access.offset + index) >>> 0;
}
