/**
 * What the generator must know of an encoding to give it useful operands: which memory it touches and where it
 * branches. Read off the opcode alone, so that the fuzzer shares no field letters with the rows it tests.
 * Source: Armv7-M ARM (DDI 0403E), A5.2 (16-bit), A5.3 (32-bit), A6.4-A6.7 (floating point).
 */
export type Bits = 16 | 32;

const PC = 15;
const SP = 13;

const bits = (opcode: number, high: number, low: number): number => (opcode >>> low) & ((1 << (high - low + 1)) - 1);
const bit = (opcode: number, n: number): number => (opcode >>> n) & 1;
const ones = (mask: number): number => {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
};

/** A data access: its lowest address is base + offset + (index << shift). */
export interface Access {
  readonly base: number;
  readonly offset: number;
  readonly index?: number;
  readonly shift?: number;
  /** Bytes touched, from the lowest address. */
  readonly bytes: number;
  readonly isStore: boolean;
  /** Must be word-aligned on every core (A3.2.1): LDM, LDRD, LDREX, VLDR and their like. */
  readonly isAligned?: boolean;
  readonly isExclusive?: boolean;
  /** Position of the word that goes to the PC, from the lowest address. */
  readonly pcAt?: number;
  /** TBB and TBH: bytes per table entry. */
  readonly tableEntry?: 1 | 2;
}

/** @returns undefined when the instruction accesses no data memory */
export function accessOf(opcode: number, size: Bits): Access | undefined {
  return size === 16 ? access16(opcode) : access32(opcode);
}

function access16(opcode: number): Access | undefined {
  const n = bits(opcode, 5, 3);
  const isStore = bit(opcode, 11) === 0;
  const imm5 = bits(opcode, 10, 6);
  const imm8 = bits(opcode, 7, 0);
  switch (bits(opcode, 15, 12)) {
    case 0b0100:
      return bit(opcode, 11) ? { base: PC, offset: imm8 * 4, bytes: 4, isStore: false } : undefined;
    case 0b0101: {
      const operation = bits(opcode, 11, 9);
      const bytes = [4, 2, 1, 1, 4, 2, 1, 2][operation];
      return { base: n, offset: 0, index: bits(opcode, 8, 6), shift: 0, bytes, isStore: operation < 3 };
    }
    case 0b0110: return { base: n, offset: imm5 * 4, bytes: 4, isStore };
    case 0b0111: return { base: n, offset: imm5, bytes: 1, isStore };
    case 0b1000: return { base: n, offset: imm5 * 2, bytes: 2, isStore };
    case 0b1001: return { base: SP, offset: imm8 * 4, bytes: 4, isStore };
    case 0b1011: return pushOrPop(opcode);
    case 0b1100: return { base: bits(opcode, 10, 8), offset: 0, bytes: 4 * ones(imm8), isStore, isAligned: true };
    default: return undefined;
  }
}

function pushOrPop(opcode: number): Access | undefined {
  if (bits(opcode, 10, 9) !== 0b10) return undefined;
  const bytes = 4 * ones(opcode & 0x1ff);
  if (bit(opcode, 11) === 0) return { base: SP, offset: -bytes, bytes, isStore: true, isAligned: true };
  const pop = { base: SP, offset: 0, bytes, isStore: false, isAligned: true };
  return bit(opcode, 8) ? { ...pop, pcAt: bytes - 4 } : pop;
}

function access32(opcode: number): Access | undefined {
  switch (bits(opcode, 31, 25)) {
    case 0b1110100: return bit(opcode, 22) ? dualOrExclusive(opcode) : multiple(opcode);
    case 0b1111100: return single(opcode);
    case 0b1110110: return bits(opcode, 11, 9) === 0b101 ? floatingPoint(opcode) : undefined;
    default: return undefined;
  }
}

function multiple(opcode: number): Access {
  const count = ones(opcode & 0xffff);
  const isStore = bit(opcode, 20) === 0;
  const offset = bit(opcode, 24) ? -4 * count : 0;
  const access = { base: bits(opcode, 19, 16), offset, bytes: 4 * count, isStore, isAligned: true };
  return !isStore && bit(opcode, PC) ? { ...access, pcAt: 4 * count - 4 } : access;
}

function dualOrExclusive(opcode: number): Access | undefined {
  const base = bits(opcode, 19, 16);
  const isStore = bit(opcode, 20) === 0;
  const imm32 = 4 * bits(opcode, 7, 0);
  const [P, U, W] = [bit(opcode, 24), bit(opcode, 23), bit(opcode, 21)];
  if (P || W) return { base, offset: P ? (U ? imm32 : -imm32) : 0, bytes: 8, isStore, isAligned: true };
  if (U === 0) return { base, offset: imm32, bytes: 4, isStore, isAligned: true, isExclusive: true };
  const operation = bits(opcode, 7, 4);
  if (operation < 2 && !isStore) {
    const entry = operation === 0 ? 1 : 2;
    return { base, offset: 0, index: bits(opcode, 3, 0), shift: operation, bytes: entry, isStore: false, tableEntry: entry };
  }
  return { base, offset: 0, bytes: operation === 4 ? 1 : 2, isStore, isAligned: true, isExclusive: true };
}

function single(opcode: number): Access | undefined {
  const base = bits(opcode, 19, 16);
  const size = bits(opcode, 22, 21);
  const isStore = bit(opcode, 20) === 0;
  const isWord = size === 2;
  if (size === 3 || (bits(opcode, 15, 12) === PC && !isWord)) return undefined;
  const access = { base, bytes: 1 << size, isStore };
  const toPC = !isStore && isWord && bits(opcode, 15, 12) === PC ? { pcAt: 0 } : {};
  if (base === PC) return { ...access, ...toPC, offset: bit(opcode, 23) ? bits(opcode, 11, 0) : -bits(opcode, 11, 0) };
  if (bit(opcode, 23)) return { ...access, ...toPC, offset: bits(opcode, 11, 0) };
  if (bit(opcode, 11) === 0) return { ...access, ...toPC, offset: 0, index: bits(opcode, 3, 0), shift: bits(opcode, 5, 4) };
  const imm8 = bits(opcode, 7, 0);
  return { ...access, ...toPC, offset: bit(opcode, 10) ? (bit(opcode, 9) ? imm8 : -imm8) : 0 };
}

function floatingPoint(opcode: number): Access | undefined {
  const [P, U, W] = [bit(opcode, 24), bit(opcode, 23), bit(opcode, 21)];
  const base = bits(opcode, 19, 16);
  const isStore = bit(opcode, 20) === 0;
  const imm32 = 4 * bits(opcode, 7, 0);
  if (!P && !U) return undefined;
  if (P && !W) return { base, offset: U ? imm32 : -imm32, bytes: bit(opcode, 8) ? 8 : 4, isStore, isAligned: true };
  return { base, offset: P ? -imm32 : 0, bytes: imm32, isStore, isAligned: true };
}

/** How an instruction chooses its branch target. */
export type Branch =
  /** By an offset in the encoding; `encode` gives undefined when the offset (from the PC as read) does not fit. */
  | { readonly kind: 'offset'; readonly isConditional: boolean; readonly encode: (offset: number) => number | undefined }
  /** By a register: its value has the T bit in bit 0 (`exchange`), is an address (`address`), or is added to the PC. */
  | { readonly kind: 'exchange' | 'address' | 'added'; readonly register: number };

/** @returns undefined when the instruction does not branch, or branches by what it loads */
export function branchOf(opcode: number, size: Bits): Branch | undefined {
  return size === 16 ? branch16(opcode) : branch32(opcode);
}

function branch16(opcode: number): Branch | undefined {
  const offsetBranch = (low: number, high: number, isConditional: boolean, put: (offset: number) => number): Branch => ({
    kind: 'offset',
    isConditional,
    encode: (offset) => (offset < low || offset > high || offset & 1 ? undefined : put(offset)),
  });
  if (bits(opcode, 15, 12) === 0b1101 && bits(opcode, 11, 8) < 14) {
    return offsetBranch(-256, 254, true, (offset) => (opcode & 0xff00) | ((offset >> 1) & 0xff));
  }
  if (bits(opcode, 15, 11) === 0b11100) {
    return offsetBranch(-2048, 2046, false, (offset) => (opcode & 0xf800) | ((offset >> 1) & 0x7ff));
  }
  if ((opcode & 0xf500) === 0xb100) {
    return offsetBranch(0, 126, true, (offset) => (opcode & 0xfd07) | (bit(offset, 6) << 9) | (bits(offset, 5, 1) << 3));
  }
  if ((opcode & 0xff00) === 0x4700) return { kind: 'exchange', register: bits(opcode, 6, 3) };
  if ((opcode & 0xff87) === 0x4687) return { kind: 'address', register: bits(opcode, 6, 3) };
  if ((opcode & 0xff87) === 0x4487) return { kind: 'added', register: bits(opcode, 6, 3) };
  return undefined;
}

function branch32(opcode: number): Branch | undefined {
  if (bits(opcode, 31, 27) !== 0b11110 || bit(opcode, 15) === 0) return undefined;
  const isLongForm = bit(opcode, 12) === 1;
  if (!isLongForm && (bit(opcode, 14) || bits(opcode, 25, 23) === 0b111)) return undefined;
  return {
    kind: 'offset',
    isConditional: !isLongForm,
    encode: (offset) => {
      const reach = isLongForm ? 1 << 24 : 1 << 20;
      if (offset < -reach || offset >= reach || offset & 1) return undefined;
      return (isLongForm ? encodeLong(opcode, offset) : encodeConditional(opcode, offset)) >>> 0;
    },
  };
}

/** B T4 and BL T1: S:I1:I2:imm10:imm11:'0' with J = NOT(I EOR S). */
function encodeLong(opcode: number, offset: number): number {
  const S = bit(offset, 24);
  const J1 = bit(offset, 23) ^ S ^ 1;
  const J2 = bit(offset, 22) ^ S ^ 1;
  return (opcode & 0xf800_d000) | (S << 26) | (bits(offset, 21, 12) << 16) | (J1 << 13) | (J2 << 11) | bits(offset, 11, 1);
}

/** B T3: S:J2:J1:imm6:imm11:'0'. */
function encodeConditional(opcode: number, offset: number): number {
  return (opcode & 0xfbc0_d000) | (bit(offset, 20) << 26) | (bits(offset, 17, 12) << 16)
    | (bit(offset, 18) << 13) | (bit(offset, 19) << 11) | bits(offset, 11, 1);
}

/** IT, not the hints that share its pattern. */
export const isIT = (opcode: number, size: Bits): boolean => size === 16 && (opcode & 0xff00) === 0xbf00 && (opcode & 15) !== 0;

/** VMSR FPSCR. */
export const isVMSR = (opcode: number, size: Bits): boolean => size === 32 && (opcode & 0xffff_0fff) >>> 0 === 0xeee1_0a10;

/** Instructions of coprocessors 10 and 11: the floating-point extension. */
export const isFloatingPoint = (opcode: number, size: Bits): boolean =>
  size === 32 && opcode >>> 29 === 0b111 && bits(opcode, 27, 26) === 0b11 && bits(opcode, 11, 9) === 0b101;

/** SVC, BKPT and UDF end a case. */
export const isTrap = (opcode: number, size: Bits): boolean =>
  size === 16 ? opcode >>> 8 === 0xbe || opcode >>> 9 === 0b1101111 : (opcode & 0xfff0_f000) >>> 0 === 0xf7f0_a000;

/** MSR, with the special register's number in SYSm. */
export const isMSR = (opcode: number, size: Bits): boolean => size === 32 && (opcode & 0xfff0_d000) >>> 0 === 0xf380_8000;
export const isMRS = (opcode: number, size: Bits): boolean => size === 32 && (opcode & 0xfff0_d000) >>> 0 === 0xf3e0_8000;
export const SYSm = (opcode: number): number => opcode & 0xff;

/** Does it write the PC, or end the sequence otherwise? Such an instruction stands last in an IT block. */
export function mayWritePC(opcode: number, size: Bits): boolean {
  const access = accessOf(opcode, size);
  return branchOf(opcode, size) !== undefined || access?.pcAt !== undefined || access?.tableEntry !== undefined;
}

