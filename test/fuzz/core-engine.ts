/** The fuzzer's engine: the project's own core, one instruction sequence at a time. */
import { Bus } from '../../emulator/bus/bus.js';
import { CortexM } from '../../emulator/cores/cortex-m/core.js';
import { CFSR, Exception, GuestFault } from '../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { CCR, configureCore } from '../../emulator/cores/cortex-m/system/index.js';
import { ClockTree } from '../../emulator/time/clock-tree.js';
import { EventQueue } from '../../emulator/time/event-queue.js';
import { CODE_BASE, CODE_BYTES, RAM_BASE, RAM_BYTES, emptyState, type CaseResult, type CoreName, type StopReason, type TestCase } from './case.js';
import { MOST_INSTRUCTIONS, type EngineUnderTest } from './engine.js';

const CODE_OFFSET = 0x1000;
const RAM_OFFSET = CODE_OFFSET + CODE_BYTES;
/** CPACR.CP10 and CP11. */
const FULL_FPU_ACCESS = 0xf << 20;
const SVC_BYTES = 2;

/** Unicorn has no Private Peripheral Bus: its addresses fault there, so they fault here. */
class BusWithoutDevices extends Bus {
  override addDevice(): void {}
}

export class CoreEngine implements EngineUnderTest {
  readonly name = 'interpreter';
  readonly features: readonly string[];
  private readonly core: CortexM;
  private readonly bytes: Uint8Array;
  private readonly ram: Uint32Array;
  /** Where the previous case left its code. */
  private used = { address: CODE_BASE, bytes: 0 };

  constructor(name: CoreName) {
    const { buffer } = new WebAssembly.Memory({ initial: 4 });
    this.bytes = new Uint8Array(buffer);
    this.ram = new Uint32Array(buffer, RAM_OFFSET, RAM_BYTES / 4);
    const bus = new BusWithoutDevices(buffer);
    bus.addMemory({ name: 'code', base: CODE_BASE, bytes: CODE_BYTES, offset: CODE_OFFSET, isWritable: false });
    bus.addMemory({ name: 'ram', base: RAM_BASE, bytes: RAM_BYTES, offset: RAM_OFFSET });
    const config = configureCore(name === 'cortex-m4' ? 'cortex-m4f' : name, { bitBand: false });
    this.features = config.features;
    const time = { now: () => 0 };
    const clocks = new ClockTree(time, { oscillators: { osc: 1_000_000 } });
    this.core = new CortexM({
      config, bus, scheduler: new EventQueue(time, clocks.rootHz), processorClock: clocks.clock('osc'), warnings: { warn: () => {} },
    });
  }

  run(test: TestCase): CaseResult {
    const { core } = this;
    const { words } = core;
    this.place(test);
    core.reset();
    core.system.registers.CCR &= ~(CCR.UNALIGN_TRP | CCR.DIV_0_TRP);
    core.system.registers.CPACR = FULL_FPU_ACCESS;
    this.setState(test);
    core.system.exceptions.leaveLockup();
    core.system.exceptions.fp.refresh();
    const end = test.codeAddress + test.sequenceBytes;
    const isInside = (pc: number): boolean => pc >= test.codeAddress && pc < end;
    let reason: StopReason = 'end';
    let faultAddress = 0;
    try {
      for (let n = 0; ; n++) {
        if (words[Word.T] === 0) { reason = 'invalid state'; break; }
        if (!isInside(words[Word.PC] >>> 0)) break;
        if (n > MOST_INSTRUCTIONS) { reason = 'limit'; break; }
        words[Word.LIMIT] = words[Word.CYCLES] = 0;
        core.interpreter.run();
        if (core.system.exceptions.state.pending.has(Exception.SVCall)) {
          reason = 'SVC';
          words[Word.PC] -= SVC_BYTES; // cases name the instruction itself
          break;
        }
      }
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      [reason, faultAddress] = [reasonOf(error), error.address ?? 0];
    }
    return { reason, faultAddress: faultAddress >>> 0, state: this.state(), ram: this.ram.slice() };
  }

  private place({ code, codeAddress, ram }: TestCase): void {
    const { used, bytes, core } = this;
    bytes.fill(0, CODE_OFFSET + used.address - CODE_BASE, CODE_OFFSET + used.address - CODE_BASE + used.bytes);
    core.interpreter.invalidate(used.address, used.bytes);
    this.used = { address: codeAddress, bytes: code.length };
    bytes.set(code, CODE_OFFSET + codeAddress - CODE_BASE);
    core.interpreter.invalidate(codeAddress, code.length);
    this.ram.set(ram);
  }

  private setState({ state, codeAddress }: TestCase): void {
    const { words } = this.core;
    words.set(state.r);
    words[Word.PC] = codeAddress;
    words[Word.T] = 1;
    words[Word.N] = state.apsr;
    words[Word.Z] = (state.apsr >>> 30) & 1 ? 0 : 1;
    words[Word.C] = (state.apsr >>> 29) & 1;
    words[Word.V] = (state.apsr >>> 28) & 1;
    words[Word.Q] = (state.apsr >>> 27) & 1;
    words[Word.GE] = (state.apsr >>> 16) & 15;
    words[Word.PRIMASK] = state.primask;
    words[Word.BASEPRI] = state.basepri;
    words[Word.FAULTMASK] = state.faultmask;
    words[Word.CONTROL] = state.control;
    words[Word.OTHER_SP] = state.otherSp;
    words[Word.UNPRIVILEGED] = state.control & 1;
    words[Word.FPSCR] = state.fpscr;
    words.set(state.s, Word.S0);
  }

  private state(): ReturnType<typeof emptyState> {
    const { words } = this.core;
    const state = emptyState();
    state.r.set(words.subarray(0, 16));
    state.apsr = (((words[Word.N] < 0 ? 8 : 0) | (words[Word.Z] === 0 ? 4 : 0) | (words[Word.C] << 1) | words[Word.V]) << 28 | (words[Word.Q] << 27) | (words[Word.GE] << 16)) >>> 0;
    state.primask = words[Word.PRIMASK];
    state.basepri = words[Word.BASEPRI];
    state.faultmask = words[Word.FAULTMASK];
    state.control = words[Word.CONTROL];
    state.otherSp = words[Word.OTHER_SP] >>> 0;
    state.fpscr = words[Word.FPSCR] >>> 0;
    state.s.set(words.subarray(Word.S0, Word.S0 + 32));
    return state;
  }
}

function reasonOf({ exception, status }: GuestFault): StopReason {
  if (exception === Exception.SVCall) return 'SVC';
  if (exception === Exception.DebugMonitor) return 'BKPT';
  if (status & (CFSR.PRECISERR | CFSR.DACCVIOL)) return 'memory fault';
  if (status & CFSR.UNDEFINSTR) return 'undefined instruction';
  if (status & CFSR.UNALIGNED) return 'unaligned access';
  if (status & CFSR.NOCP) return 'no coprocessor';
  if (status & CFSR.INVSTATE) return 'invalid state';
  return 'other exception';
}
