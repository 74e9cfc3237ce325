/** One line per instruction: cycle, address, encoding, assembly, and the registers it changed. */
import { Word } from '../cores/cortex-m/state.js';
import type { Machine } from '../machine-api.js';
import type { SymbolTable } from './symbols.js';

const CORE_NAMES = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11', 'r12', 'sp', 'lr'];
const S_REGISTERS = 32;

/**
 * Writes the line of an instruction when the next one begins, since only then its effects are known; `finish` writes
 * the last. Columns are separated so that `cut -d' '` and diff tools work on them.
 */
export class InstructionTrace {
  private readonly registers = new Int32Array(CORE_NAMES.length);
  private readonly floats = new Int32Array(S_REGISTERS);
  private flags = '';
  private pending: string | undefined;

  constructor(private readonly machine: Machine, private readonly symbols: SymbolTable, private readonly emit: (line: string) => void) {
    this.remember();
  }

  /** To be called before the instruction at this address executes. */
  before(address: number): void {
    this.finish();
    const name = this.symbols.startingAt(address);
    if (name !== undefined) this.emit(`${name}:`);
    const { bytes, text } = this.machine.core.disassemble(address);
    this.pending = `${String(this.machine.cycles).padStart(10)} ${(address >>> 0).toString(16).padStart(8, '0')} ${encoding(bytes).padEnd(9)} ${text}`;
  }

  /** Writes the line of the instruction that has completed, if any. */
  finish(): void {
    if (this.pending === undefined) return;
    const changes = this.changes();
    this.emit(changes === '' ? this.pending : `${this.pending.padEnd(64)} ; ${changes}`);
    this.pending = undefined;
  }

  private changes(): string {
    const { words } = this.machine.core;
    const changed: string[] = [];
    for (let i = 0; i < CORE_NAMES.length; i++) if (words[i] !== this.registers[i]) changed.push(`${CORE_NAMES[i]}=${hex(words[i])}`);
    for (let i = 0; i < S_REGISTERS; i++) if (words[Word.S0 + i] !== this.floats[i]) changed.push(`s${i}=${hex(words[Word.S0 + i])}`);
    const flags = flagText(words);
    if (flags !== this.flags) changed.push(flags);
    this.remember();
    return changed.join(' ');
  }

  private remember(): void {
    const { words } = this.machine.core;
    this.registers.set(words.subarray(0, CORE_NAMES.length));
    this.floats.set(words.subarray(Word.S0, Word.S0 + S_REGISTERS));
    this.flags = flagText(words);
  }
}

/** APSR's flags as `N.C.`, with Q when set. */
export function flagText(words: Int32Array): string {
  const flag = (name: string, isSet: boolean): string => (isSet ? name : '.');
  const nzcv = flag('N', words[Word.N] < 0) + flag('Z', words[Word.Z] === 0) + flag('C', words[Word.C] !== 0) + flag('V', words[Word.V] !== 0);
  return words[Word.Q] !== 0 ? `${nzcv}Q` : nzcv;
}

/** Halfwords as the manual prints them: `f7ff fffe`. */
export function encoding(bytes: Uint8Array): string {
  const halfwords: string[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) halfwords.push(((bytes[i + 1] << 8) | bytes[i]).toString(16).padStart(4, '0'));
  return halfwords.join(' ');
}

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
