/** What looks at a core from outside: registers, memory, disassembly, instruction listeners, breakpoints. */
import type { Bus } from '../bus/bus.js';
import type { CortexM } from '../cores/cortex-m/core.js';
import { conditionSuffix } from '../cores/cortex-m/rows/branch.js';
import { Word } from '../cores/cortex-m/state.js';
import { disassembleRow } from '../isa/decoder.js';
import type { CoreView, Disassembled, FaultStatus } from '../machine-api.js';

export class Observer {
  readonly view: CoreView;
  /** The breakpoint that the run has stopped at; cleared by whoever takes it. */
  hit: number | undefined;
  private readonly breakpoints = new Set<number>();
  /** The breakpoint a new run goes on from. */
  private passed: number | undefined;
  private listener: ((address: number) => void) | undefined;

  constructor(private readonly core: CortexM, private readonly bus: Bus) {
    this.view = {
      name: core.config.name,
      words: core.words,
      peek: (address, bytes) => bus.peek(address, bytes),
      faultStatus: () => this.faultStatus(),
      get faultFrame() { return core.system.exceptions.faultFrame; },
      onInstruction: (listener) => {
        this.listener = listener;
        this.observe();
      },
      disassemble: (address) => this.disassemble(address),
    };
  }

  setBreakpoint(address: number): void {
    this.breakpoints.add((address & ~1) >>> 0);
    this.observe();
  }

  clearBreakpoint(address: number): void {
    this.breakpoints.delete((address & ~1) >>> 0);
    this.observe();
  }

  /** The slow loop runs only while somebody looks at every instruction. */
  private observe(): void {
    const isWanted = this.listener !== undefined || this.breakpoints.size > 0;
    this.core.interpreter.onInstruction = isWanted ? (address) => this.beforeInstruction(address >>> 0) : undefined;
  }

  /** @returns true to go no further: a breakpoint, unless the run began at it */
  private beforeInstruction(address: number): boolean {
    if (this.breakpoints.has(address) && this.passed !== address) {
      this.hit = this.passed = address;
      this.core.interrupt();
      return true;
    }
    this.passed = undefined;
    this.core.words[Word.PC] = address; // which the interpreter keeps to itself in the middle of an IT block
    this.listener?.(address);
    return false;
  }

  private faultStatus(): FaultStatus | undefined {
    const { config, system } = this.core;
    if (config.architecture === 'v6-M') return undefined;
    const { CFSR, HFSR, DFSR, MMFAR, BFAR } = system.registers;
    return { CFSR, HFSR, DFSR, MMFAR, BFAR };
  }

  private disassemble(address: number): Disassembled {
    const half = (at: number): number => this.bus.peek(at, 2) ?? 0;
    const first = half(address);
    const isWide = first >>> 11 >= 0b11101;
    const opcode = isWide ? ((first << 16) | half(address + 2)) >>> 0 : first;
    const row = this.core.interpreter.find(opcode, isWide ? 32 : 16);
    const bytes = Uint8Array.from({ length: isWide ? 4 : 2 }, (_, i) => this.bus.peek(address + i, 1) ?? 0);
    const { words } = this.core;
    const condition = address >>> 0 === words[Word.PC] >>> 0 ? conditionSuffix(words[Word.ITSTATE]) : undefined;
    return { text: row ? disassembleRow(row, opcode, address, condition) : `.inst.${isWide ? 'w' : 'n'} 0x${opcode.toString(16).padStart(isWide ? 8 : 4, '0')}`, bytes };
  }
}
