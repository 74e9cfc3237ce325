/**
 * Data transfer. Source: AVR Instruction Set Manual DS40002198B, table "Data Transfer Instructions" and the sections by name.
 * A pointer that is read or written by its own post-increment or pre-decrement is undefined there.
 * LDS and STS in one word (AVRrc) share their encodings with LDD and STD and stand in no core here.
 */
import type { AvrBuilder } from '../../../isa/avr-builder.js';
import type { Value } from '../../../isa/builder.js';
import type { ChoiceDecode, Fields } from '../../../isa/instruction.js';
import { Address } from '../state.js';
import { HEX2, hex2, HEX4, pair, row, setPair, UPPER, X, Y, Z, type AvrRow } from './common.js';

const POINTERS = { X, Y, Z } as const;
type Pointer = keyof typeof POINTERS;
/** `p` is what stands for the pointer and its mode in the low four bits. */
interface Mode { readonly pointer: Pointer; readonly text: string; readonly bits: string; readonly step: -1 | 0 | 1 }
const MODES: readonly Mode[] = [
  { pointer: 'X', text: 'X', bits: '1100', step: 0 }, { pointer: 'X', text: 'X+', bits: '1101', step: 1 }, { pointer: 'X', text: '-X', bits: '1110', step: -1 },
  { pointer: 'Y', text: 'Y+', bits: '1001', step: 1 }, { pointer: 'Y', text: '-Y', bits: '1010', step: -1 },
  { pointer: 'Z', text: 'Z+', bits: '0001', step: 1 }, { pointer: 'Z', text: '-Z', bits: '0010', step: -1 },
];

const touches = (mode: Mode, n: number): boolean => mode.step !== 0 && (n === POINTERS[mode.pointer] || n === POINTERS[mode.pointer] + 1);

/** The address that a mode gives; the pointer changes before or after the access. */
function access(b: AvrBuilder, { pointer, step }: Mode, body: (address: Value) => void): void {
  const low = POINTERS[pointer];
  const before = pair(b, low);
  if (step < 0) {
    const address = b.and(b.sub(before, 1), 0xffff);
    setPair(b, low, address);
    body(address);
  } else {
    body(before);
    if (step > 0) setPair(b, low, b.add(before, 1));
  }
}

const loadRow = (mode: Mode): AvrRow => row(`LD Rd, ${mode.text}`, {
  encoding: `1001 000d dddd ${mode.bits}`, operands: { d: 'd' }, unpredictable: (f) => touches(mode, f.d), syntax: (f) => `ld r${f.d}, ${mode.text}`, timing: 'load',
  operation: (b, { d }) => access(b, mode, (address) => b.setReg(d, b.load(address))),
});
const storeRow = (mode: Mode): AvrRow => row(`ST ${mode.text}, Rr`, {
  encoding: `1001 001r rrrr ${mode.bits}`, operands: { r: 'r' }, unpredictable: (f) => touches(mode, f.r), syntax: (f) => `st ${mode.text}, r${f.r}`, timing: 'store',
  operation: (b, { r }) => {
    const value = b.reg(r);
    access(b, mode, (address) => b.store(address, value));
  },
});

const displaced = (pointer: Pointer, q: number): string => (q === 0 ? pointer : `${pointer}+${q}`);
const bitOf = (pointer: Pointer): string => (pointer === 'Y' ? '1' : '0');
const displacedAddress = (b: AvrBuilder, pointer: Pointer, q: Value): Value => b.and(b.add(pair(b, POINTERS[pointer]), q), 0xffff);
const loadDisplaced = (pointer: 'Y' | 'Z'): AvrRow => row(`LDD Rd, ${pointer}+q`, {
  encoding: `10q0 qq0d dddd ${bitOf(pointer)}qqq`, operands: { d: 'd', q: 'q' }, syntax: (f) => `${f.q === 0 ? 'ld' : 'ldd'} r${f.d}, ${displaced(pointer, f.q)}`, timing: 'load',
  operation: (b, { d, q }) => b.setReg(d, b.load(displacedAddress(b, pointer, q))),
});
const storeDisplaced = (pointer: 'Y' | 'Z'): AvrRow => row(`STD ${pointer}+q, Rr`, {
  encoding: `10q0 qq1r rrrr ${bitOf(pointer)}qqq`, operands: { r: 'r', q: 'q' }, syntax: (f) => `${f.q === 0 ? 'st' : 'std'} ${displaced(pointer, f.q)}, r${f.r}`, timing: 'store',
  operation: (b, { r, q }) => b.store(displacedAddress(b, pointer, q), b.reg(r)),
});

/** The registers of the core that IN and OUT reach: known when the row is decoded, since nearly every function uses them. */
const Place = { device: 0, SPL: 1, SPH: 2, SREG: 3 } as const;
const PLACE: Readonly<Record<string, ChoiceDecode>> = {
  place: { from: ({ A }) => (A + 0x20 === Address.SPL ? Place.SPL : A + 0x20 === Address.SPH ? Place.SPH : A + 0x20 === Address.SREG ? Place.SREG : Place.device), values: Object.values(Place) },
};

function readPlace(b: AvrBuilder, place: number, A: Value): Value {
  switch (place) {
    case Place.SPL: return b.and(b.sp(), 0xff);
    case Place.SPH: return b.shrU(b.sp(), 8);
    case Place.SREG: return b.sreg();
    default: return b.loadIO(A);
  }
}

function writePlace(b: AvrBuilder, place: number, A: Value, value: Value): void {
  switch (place) {
    case Place.SPL: return b.setSp(b.or(b.and(b.sp(), 0xff00), value));
    case Place.SPH: return b.setSp(b.or(b.and(b.sp(), 0xff), b.shl(value, 8)));
    case Place.SREG: return b.setSreg(value);
    default: return b.storeIO(A, value);
  }
}

/** What ELPM and SPM address, in bytes. */
const extendedZ = (b: AvrBuilder): Value => b.or(pair(b, Z), b.shl(b.rampz(), 16));
function incrementExtendedZ(b: AvrBuilder, before: Value): void {
  const after = b.add(before, 1);
  setPair(b, Z, after);
  b.setRampz(b.call('WrapRAMPZ', b.shrU(after, 16)));
}
const touchesZ = (f: Fields): boolean => f.d === Z || f.d === Z + 1;

const exchange = (name: string, bits: string): AvrRow => row(name, {
  encoding: `1001 001r rrrr ${bits}`, feature: 'xmega', syntax: (f) => `${name.toLowerCase()} Z, r${f.r}`, timing: 'store', operation: () => {},
});

export const TRANSFER_ROWS: readonly AvrRow[] = [
  row('MOV', {
    encoding: '0010 11rd dddd rrrr', operands: { d: 'd', r: 'r' }, syntax: (f) => `mov r${f.d}, r${f.r}`, timing: 'alu',
    operation: (b, { d, r }) => b.setReg(d, b.reg(r)),
  }),
  row('MOVW', {
    encoding: '0000 0001 dddd rrrr', operands: { d: (f) => 2 * f.d, r: (f) => 2 * f.r }, syntax: (f) => `movw r${2 * f.d}, r${2 * f.r}`, timing: 'alu',
    operation: (b, { d, r }) => {
      const [low, high] = [b.reg(r), b.reg(b.add(r, 1))];
      b.setReg(d, low);
      b.setReg(b.add(d, 1), high);
    },
  }),
  row('LDI', {
    encoding: '1110 KKKK dddd KKKK', operands: { ...UPPER, K: 'K' }, syntax: (f) => `ldi r${16 + f.d}, ${HEX2(f.K)}`, timing: 'alu',
    operation: (b, { d, K }) => b.setReg(d, K),
  }),
  row('LDS', {
    encoding: '1001 000d dddd 0000 kkkk kkkk kkkk kkkk', operands: { d: 'd', k: 'k' }, syntax: (f) => `lds r${f.d}, ${HEX4(f.k)}`, timing: 'load',
    operation: (b, { d, k }) => b.setReg(d, b.load(k)),
  }),
  ...MODES.map(loadRow),
  loadDisplaced('Y'), loadDisplaced('Z'),
  row('STS', {
    encoding: '1001 001r rrrr 0000 kkkk kkkk kkkk kkkk', operands: { r: 'r', k: 'k' }, syntax: (f) => `sts ${HEX4(f.k)}, r${f.r}`, timing: 'store',
    operation: (b, { r, k }) => b.store(k, b.reg(r)),
  }),
  ...MODES.map(storeRow),
  storeDisplaced('Y'), storeDisplaced('Z'),
  row('LPM', {
    encoding: '1001 0101 1100 1000', syntax: 'lpm', timing: 'lpm',
    operation: (b) => b.setReg(0, b.loadProgram(pair(b, Z))),
  }),
  row('LPM Rd, Z', {
    encoding: '1001 000d dddd 0100', operands: { d: 'd' }, syntax: (f) => `lpm r${f.d}, Z`, timing: 'lpm',
    operation: (b, { d }) => b.setReg(d, b.loadProgram(pair(b, Z))),
  }),
  row('LPM Rd, Z+', {
    encoding: '1001 000d dddd 0101', operands: { d: 'd' }, unpredictable: touchesZ, syntax: (f) => `lpm r${f.d}, Z+`, timing: 'lpm',
    operation: (b, { d }) => {
      const address = pair(b, Z);
      b.setReg(d, b.loadProgram(address));
      setPair(b, Z, b.add(address, 1));
    },
  }),
  row('ELPM', {
    encoding: '1001 0101 1101 1000', feature: 'elpm', syntax: 'elpm', timing: 'lpm',
    operation: (b) => b.setReg(0, b.loadProgram(extendedZ(b))),
  }),
  row('ELPM Rd, Z', {
    encoding: '1001 000d dddd 0110', feature: 'elpm', operands: { d: 'd' }, syntax: (f) => `elpm r${f.d}, Z`, timing: 'lpm',
    operation: (b, { d }) => b.setReg(d, b.loadProgram(extendedZ(b))),
  }),
  row('ELPM Rd, Z+', {
    encoding: '1001 000d dddd 0111', feature: 'elpm', operands: { d: 'd' }, unpredictable: touchesZ, syntax: (f) => `elpm r${f.d}, Z+`, timing: 'lpm',
    operation: (b, { d }) => {
      const address = extendedZ(b);
      b.setReg(d, b.loadProgram(address));
      incrementExtendedZ(b, address);
    },
  }),
  row('SPM', {
    encoding: '1001 0101 1110 1000', syntax: 'spm', timing: 'spm',
    operation: (b) => b.do('SPM', extendedZ(b), pair(b, 0)),
  }),
  row('SPM Z+', { encoding: '1001 0101 1111 1000', feature: 'xmega', syntax: 'spm Z+', timing: 'spm', operation: () => {} }),
  row('IN', {
    encoding: '1011 0AAd dddd AAAA', operands: { d: 'd', A: ({ A }) => A + 0x20 }, choices: PLACE, syntax: (f) => `in r${f.d}, ${hex2(f.A)}`, timing: 'io',
    operation: (b, { d, A }, { place }) => b.setReg(d, readPlace(b, place, A)),
  }),
  row('OUT', {
    encoding: '1011 1AAr rrrr AAAA', operands: { r: 'r', A: ({ A }) => A + 0x20 }, choices: PLACE, syntax: (f) => `out ${hex2(f.A)}, r${f.r}`, timing: 'io',
    operation: (b, { r, A }, { place }) => writePlace(b, place, A, b.reg(r)),
  }),
  row('PUSH', {
    encoding: '1001 001r rrrr 1111', operands: { r: 'r' }, syntax: (f) => `push r${f.r}`, timing: 'push',
    operation: (b, { r }) => {
      const sp = b.sp();
      b.store(sp, b.reg(r));
      b.setSp(b.and(b.sub(sp, 1), 0xffff));
    },
  }),
  row('POP', {
    encoding: '1001 000d dddd 1111', operands: { d: 'd' }, syntax: (f) => `pop r${f.d}`, timing: 'pop',
    operation: (b, { d }) => {
      const sp = b.and(b.add(b.sp(), 1), 0xffff);
      b.setSp(sp);
      b.setReg(d, b.load(sp));
    },
  }),
  exchange('XCH', '0100'), exchange('LAS', '0101'), exchange('LAC', '0110'), exchange('LAT', '0111'),
];
