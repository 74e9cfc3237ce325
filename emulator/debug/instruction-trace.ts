/** One line per instruction: cycle, address, encoding, assembly, and the registers it changed. */
import type { Machine } from '../machine-api.js';
import type { SymbolTable } from './symbols.js';

/**
 * Writes the line of an instruction when the next one begins, since only then its effects are known; `finish` writes
 * the last. Columns are separated so that `cut -d' '` and diff tools work on them.
 */
export class InstructionTrace {
  private readonly registers: Int32Array;
  private readonly known: Int32Array;
  private flags = '';
  private pending: string | undefined;

  constructor(private readonly machine: Machine, private readonly symbols: SymbolTable, private readonly emit: (line: string) => void) {
    const { names } = machine.core.registers;
    this.registers = new Int32Array(names.length);
    this.known = new Int32Array(names.length);
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
    const { known, registers, machine: { core: { registers: view } } } = this;
    const { names, digits } = view;
    const changed: string[] = [];
    view.read(registers);
    for (let i = 0; i < names.length; i++) if (registers[i] !== known[i]) changed.push(`${names[i]}=${hex(registers[i], digits[i])}`);
    const flags = view.flags();
    if (flags !== this.flags) changed.push(flags);
    this.remember();
    return changed.join(' ');
  }

  private remember(): void {
    const { registers } = this.machine.core;
    registers.read(this.known);
    this.flags = registers.flags();
  }
}

/** Halfwords as the manual prints them: `f7ff fffe`. */
export function encoding(bytes: Uint8Array): string {
  const halfwords: string[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) halfwords.push(((bytes[i + 1] << 8) | bytes[i]).toString(16).padStart(4, '0'));
  return halfwords.join(' ');
}

const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(digits, '0');
