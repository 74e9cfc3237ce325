/**
 * What one differential test of the AVR is made of: an image of random instructions, where in it execution begins, and the state it
 * begins with. Every engine runs the same number of instructions from there, or fewer if it comes to one that is not compared.
 */
export const AVR_CORES = ['avr-pc16', 'avr-pc22'] as const;
export type AvrCore = (typeof AVR_CORES)[number];

/** Program memory in words: all that a 16-bit PC reaches, and an ATmega2560's. */
export const PROGRAM_WORDS: Readonly<Record<AvrCore, number>> = { 'avr-pc16': 1 << 16, 'avr-pc22': 1 << 17 };
/** All data addresses are memory, save the core's own registers: nothing is out of bounds. */
export const DATA_BYTES = 1 << 16;
export const RAMPZ_MASK = 3;
export const EIND_MASK = 1;

/** Data addresses of SP and SREG, which results tell by name. */
export const SPL = 0x5d;
export const SREG = 0x5f;
const FIRST_IO = 0x20;
export const RAMPZ = 0x5b;
export const EIND = 0x5c;

/** What many cases share. */
export interface AvrImage {
  readonly core: AvrCore;
  readonly number: number;
  readonly program: Uint16Array;
  /** Data memory at the start of each case. */
  readonly data: Uint8Array;
  /** By address in words, the row there as its position in the table; -1 where no instruction is, or one that nobody compares. */
  readonly rowAt: Int16Array;
}

/**
 * Addresses by which the order of accesses inside one instruction would show, where the oracles differ and the manual says nothing: a
 * stack over an end of memory, over the registers or over SP itself; a pointer to pointers.
 */
export function isAstray(sp: number, ...pointers: readonly number[]): boolean {
  return sp < FIRST_IO + 4 || sp >= DATA_BYTES - 3 || (sp >= SPL - 4 && sp <= SREG + 4) || pointers.some((pointer) => pointer >= 25 && pointer <= FIRST_IO);
}

export interface AvrState {
  /** In words. */
  pc: number;
  sp: number;
  sreg: number;
  rampz: number;
  eind: number;
  readonly r: Uint8Array;
}

export interface AvrCase {
  readonly state: AvrState;
  /** Instructions at most. */
  readonly steps: number;
}

export interface AvrResult {
  readonly state: AvrState;
  readonly cycles: number;
  readonly steps: number;
  /** Bytes of data memory that have changed, from 0x20 on, RAMPZ, EIND, SP and SREG not among them: addresses ascending, and their values. */
  readonly changes: readonly (readonly [address: number, value: number])[];
  /** An oracle has met an address that is astray: the case says nothing. */
  readonly isVoid?: boolean;
}

export interface AvrEngine {
  readonly name: string;
  /** @param isCompared by address in words, a `Judgement` */
  load(image: AvrImage, isCompared: Uint8Array): void | Promise<void>;
  run(cases: readonly AvrCase[]): readonly AvrResult[] | Promise<readonly AvrResult[]>;
}

/** What has changed in data memory against the image, and puts it back. */
export function takeChanges(data: Uint8Array, pristine: Uint8Array): (readonly [number, number])[] {
  const changes: (readonly [number, number])[] = [];
  const [now, before] = [new Uint32Array(data.buffer, data.byteOffset, data.length / 4), new Uint32Array(pristine.buffer, pristine.byteOffset, pristine.length / 4)];
  for (let word = 8; word < now.length; word++) {
    if (now[word] === before[word]) continue;
    for (let address = 4 * word; address < 4 * word + 4; address++) {
      const isNamed = address >= RAMPZ && address <= SREG;
      if (data[address] !== pristine[address] && !isNamed) changes.push([address, data[address]]);
    }
    now[word] = before[word];
  }
  return changes;
}
