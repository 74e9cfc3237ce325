/**
 * Arm exception tables as a source of stack frames: `.ARM.exidx` and `.ARM.extab`, which C++ and `-funwind-tables` make.
 * They describe a function's frame after its prologue, so inside prologues and epilogues they may mislead.
 * Source: Exception Handling ABI for the Arm Architecture (EHABI32), sections 6 (index table), 7 (handling table), 10.3 (bytecode).
 */
import { SHT, type FirmwareImage } from '../../loader/index.js';
import type { CodeMap } from './code-map.js';

const CANTUNWIND = 1;
const INDEX_ENTRY_BYTES = 8;
/** A handling table gives its length in a byte, in words. */
const MOST_OPCODES = 4 + 255 * 4;

export class ExceptionTables {
  private readonly index: DataView;
  private readonly base: number;
  private readonly count: number;

  constructor(image: FirmwareImage, private readonly code: CodeMap) {
    const section = image.sections.find((s) => s.type === SHT.ARM_EXIDX);
    const bytes = section?.bytes() ?? new Uint8Array();
    this.index = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.base = section?.address ?? 0;
    this.count = Math.floor(bytes.length / INDEX_ENTRY_BYTES);
  }

  /** The bytecode for the function that contains `address`; undefined when there is none or the function cannot be unwound. */
  opcodesAt(address: number): Uint8Array | undefined {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.functionOf(middle) <= address) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.opcodesOf(low - 1);
  }

  /**
   * Registers r0..r15 in the caller of the function that contains `address`, r15 being the return address as saved, Thumb bit
   * included; undefined where not known.
   * @param registers r0..r15 in that function
   * @param word reads memory
   */
  unwind(address: number, registers: readonly (number | undefined)[], word: (address: number) => number | undefined): (number | undefined)[] | undefined {
    const opcodes = this.opcodesAt(address);
    return opcodes === undefined ? undefined : execute(opcodes, registers, word);
  }

  private functionOf(entry: number): number {
    const offset = entry * INDEX_ENTRY_BYTES;
    return relative31(this.index.getUint32(offset, true), this.base + offset);
  }

  private opcodesOf(entry: number): Uint8Array | undefined {
    const offset = entry * INDEX_ENTRY_BYTES + 4;
    const word = this.index.getUint32(offset, true);
    if (word === CANTUNWIND) return undefined;
    if (word >>> 31 === 1) return word >>> 24 === 0x80 ? bytesOf(word, 3) : undefined;
    return this.tableOpcodes(relative31(word, this.base + offset));
  }

  private tableOpcodes(address: number): Uint8Array | undefined {
    const first = this.code.word(address);
    if (first === undefined) return undefined;
    // The generic model starts with its personality routine; GNU's then carry the same bytecode, its length in the top byte.
    if (first >>> 31 === 0) {
      const head = this.code.word(address + 4);
      return head === undefined ? undefined : this.longOpcodes(address + 8, head >>> 24, bytesOf(head, 3));
    }
    switch (first >>> 24) {
      case 0x80: return bytesOf(first, 3);
      case 0x81: case 0x82: return this.longOpcodes(address + 4, (first >>> 16) & 0xff, bytesOf(first, 2));
      default: return undefined;
    }
  }

  private longOpcodes(address: number, words: number, first: Uint8Array): Uint8Array | undefined {
    const opcodes = new Uint8Array(Math.min(MOST_OPCODES, first.length + 4 * words));
    opcodes.set(first);
    for (let i = 0; i < words; i++) {
      const word = this.code.word(address + 4 * i);
      if (word === undefined) return undefined;
      opcodes.set(bytesOf(word, 4), first.length + 4 * i);
    }
    return opcodes;
  }
}

/** prel31: a signed 31-bit distance from where it stands. */
function relative31(word: number, place: number): number {
  return (place + ((word << 1) >> 1)) >>> 0;
}

/** The lowest `count` bytes of a word, most significant first: the order of bytecode. */
function bytesOf(word: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => word >>> (8 * (count - 1 - i)));
}

/** Thrown inside `execute` for bytecode that refuses, is reserved, or needs memory that cannot be read. */
class CannotUnwind extends Error {}

function execute(opcodes: Uint8Array, registers: readonly (number | undefined)[], word: (address: number) => number | undefined): (number | undefined)[] | undefined {
  const machine = new UnwindMachine(opcodes, registers, word);
  try {
    return machine.run();
  } catch (error) {
    if (error instanceof CannotUnwind) return undefined;
    throw error;
  }
}

class UnwindMachine {
  private readonly registers: (number | undefined)[];
  private vsp: number;
  private position = 0;
  private hasPc = false;

  constructor(private readonly opcodes: Uint8Array, registers: readonly (number | undefined)[], private readonly word: (address: number) => number | undefined) {
    this.registers = [...registers];
    // r0-r3 and r12 are the caller's to save, so their values there are lost.
    for (const r of [0, 1, 2, 3, 12]) this.registers[r] = undefined;
    this.vsp = registers[13] ?? 0;
  }

  run(): (number | undefined)[] {
    if (this.registers[13] === undefined) throw new CannotUnwind();
    while (this.position < this.opcodes.length) {
      const opcode = this.next();
      if (opcode === 0xb0) break;
      this.step(opcode);
    }
    this.registers[13] = this.vsp;
    if (!this.hasPc) this.registers[15] = this.registers[14];
    return this.registers;
  }

  private step(opcode: number): void {
    if (opcode < 0x40) this.move(((opcode & 0x3f) << 2) + 4);
    else if (opcode < 0x80) this.move(-(((opcode & 0x3f) << 2) + 4));
    else if (opcode < 0x90) this.popMask((((opcode & 0xf) << 8) | this.next()) << 4);
    else if (opcode < 0xa0) this.takeStackFrom(opcode & 0xf);
    else if (opcode < 0xb0) this.popMask((((1 << ((opcode & 7) + 1)) - 1) << 4) | ((opcode & 8) !== 0 ? 1 << 14 : 0));
    else if (opcode < 0xc0) this.stepB(opcode);
    else if (opcode < 0xd0) this.stepC(opcode);
    else if (opcode < 0xd8) this.move(8 * ((opcode & 7) + 1));   // D8 to D8 + n by VPUSH
    else throw new CannotUnwind();
  }

  private stepB(opcode: number): void {
    if (opcode === 0xb1) this.popMask(this.lowMask());
    else if (opcode === 0xb2) this.move(0x204 + 4 * this.uleb());
    else if (opcode === 0xb3) this.move(8 * ((this.next() & 0xf) + 1) + 4);   // D registers by FSTMFDX
    else if (opcode === 0xb4) this.move(4);                                    // return address authentication code
    else if (opcode >= 0xb8) this.move(8 * ((opcode & 7) + 1) + 4);            // D8 to D8 + n by FSTMFDX
    else if (opcode !== 0xb5) throw new CannotUnwind();                        // 0xb5 only concerns that code's modifier
  }

  private stepC(opcode: number): void {
    if (opcode === 0xc8 || opcode === 0xc9 || opcode === 0xc6) this.move(8 * ((this.next() & 0xf) + 1));   // D (c6: iWMMXt) registers
    else if (opcode === 0xc7) this.move(4 * bitCount(this.lowMask()));                                      // iWMMXt control registers
    else if (opcode < 0xc6) this.move(8 * ((opcode & 7) + 1));
    else throw new CannotUnwind();
  }

  private lowMask(): number {
    const mask = this.next();
    if (mask === 0 || mask > 0xf) throw new CannotUnwind();
    return mask;
  }

  private takeStackFrom(register: number): void {
    const value = register === 13 || register === 15 ? undefined : this.registers[register];
    if (value === undefined) throw new CannotUnwind();
    this.vsp = value;
  }

  /** 0x80 0x00, an empty mask, says that the function refuses to be unwound. */
  private popMask(mask: number): void {
    if (mask === 0) throw new CannotUnwind();
    let newSp: number | undefined;
    for (let r = 0; r < 16; r++) {
      if ((mask & (1 << r)) === 0) continue;
      const value = this.word(this.vsp);
      if (value === undefined) throw new CannotUnwind();
      this.move(4);
      if (r === 13) newSp = value;
      else this.registers[r] = value;
      if (r === 15) this.hasPc = true;
    }
    if (newSp !== undefined) this.vsp = newSp;
  }

  private move(bytes: number): void {
    this.vsp = (this.vsp + bytes) >>> 0;
  }

  private next(): number {
    const byte = this.opcodes[this.position++];
    if (byte === undefined) throw new CannotUnwind();
    return byte;
  }

  private uleb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.next();
      if (shift < 28) value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
  }
}

function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
