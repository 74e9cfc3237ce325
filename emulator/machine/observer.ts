/**
 * What looks at a core from outside: registers, memory, disassembly, instruction listeners, breakpoints. Breakpoints reach
 * the core when it next runs: a debugger that takes all out at every stop and puts them back costs nothing.
 */
import type { Bus } from '../bus/bus.js';
import type { CortexM } from '../cores/cortex-m/core.js';
import { conditionSuffix } from '../cores/cortex-m/rows/branch.js';
import { Word } from '../cores/cortex-m/state.js';
import { disassembleRow } from '../isa/decoder.js';
import type { CoreView, Disassembled, FaultStatus } from '../machine-api.js';

export class Observer {
  readonly view: CoreView;
  private readonly breakpoints = new Set<number>();
  /** Those that the core knows. */
  private readonly known = new Set<number>();
  private haveChanged = false;

  constructor(private readonly core: CortexM, private readonly bus: Bus) {
    this.view = {
      name: core.config.name,
      words: core.words,
      peek: (address, bytes) => bus.peek(address, bytes),
      faultStatus: () => this.faultStatus(),
      get faultFrame() { return core.system.exceptions.faultFrame; },
      onInstruction: (listener) => {
        core.interpreter.onInstruction = listener && ((address) => {
          core.words[Word.PC] = address; // which the interpreter keeps to itself in the middle of an IT block
          listener(address >>> 0);
        });
      },
      disassemble: (address) => this.disassemble(address),
    };
  }

  setBreakpoint(address: number): void {
    this.breakpoints.add((address & ~1) >>> 0);
    this.breakpointsChanged();
  }

  clearBreakpoint(address: number): void {
    this.breakpoints.delete((address & ~1) >>> 0);
    this.breakpointsChanged();
  }

  private breakpointsChanged(): void {
    this.haveChanged = true;
    this.core.shorten(0); // a run under way, of whose listeners this may be one
  }

  /** Before the core runs. */
  placeBreakpoints(): void {
    if (!this.haveChanged) return;
    this.haveChanged = false;
    const { core: { interpreter }, breakpoints, known } = this;
    for (const address of known) {
      if (breakpoints.has(address)) continue;
      interpreter.clearBreakpoint(address);
      known.delete(address);
    }
    for (const address of breakpoints) {
      if (known.has(address)) continue;
      interpreter.setBreakpoint(address);
      known.add(address);
    }
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
