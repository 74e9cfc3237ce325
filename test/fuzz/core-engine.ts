/** The fuzzer's engine: the project's own core, one instruction sequence at a time. */
import { Bus } from '../../emulator/bus/bus.js';
import { CFSR, GuestFault } from '../../emulator/cores/cortex-m/fault.js';
import { makeFloatHelpers } from '../../emulator/cores/cortex-m/float-helpers.js';
import { makeIntegerHelpers } from '../../emulator/cores/cortex-m/integer-helpers.js';
import { Interpreter, undefinedInstruction } from '../../emulator/cores/cortex-m/interpreter.js';
import { CoreMemory } from '../../emulator/cores/cortex-m/memory.js';
import { CORTEX_M_ROWS } from '../../emulator/cores/cortex-m/rows/index.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { CORES } from '../../emulator/cores/cortex-m/system/config.js';
import { TIMING } from '../../emulator/cores/cortex-m/timing.js';
import { CODE_BASE, CODE_BYTES, RAM_BASE, RAM_BYTES, emptyState, type CaseResult, type CoreName, type StopReason, type TestCase } from './case.js';
import { MOST_INSTRUCTIONS, type EngineUnderTest } from './engine.js';

class Stop { constructor(readonly reason: StopReason) {} }
const CODE_OFFSET = 0x1000;
const RAM_OFFSET = CODE_OFFSET + CODE_BYTES;

export class CoreEngine implements EngineUnderTest {
  readonly name = 'interpreter';
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly interpreter: Interpreter;
  readonly features: readonly string[];

  constructor(core: CoreName) {
    const memory = new WebAssembly.Memory({ initial: 4 });
    const words = (this.words = new Int32Array(memory.buffer, 0, 256));
    this.bytes = new Uint8Array(memory.buffer);
    const bus = new Bus(memory.buffer);
    bus.addMemory({ name: 'code', base: CODE_BASE, bytes: CODE_BYTES, offset: CODE_OFFSET, isWritable: false });
    bus.addMemory({ name: 'ram', base: RAM_BASE, bytes: RAM_BYTES, offset: RAM_OFFSET });
    const config = CORES[core === 'cortex-m4' ? 'cortex-m4f' : core];
    this.features = config.features;
    const port = new CoreMemory(words, bus, { check: () => {}, isUniform: () => true }, { bitBand: false, unalignedSupport: config.unalignedSupport });
    const access = port.accessors();
    const stub = (name: string) => () => { throw new Error(`stub ${name}`); };
    const stop = (reason: StopReason) => () => { throw new Stop(reason); };
    this.interpreter = new Interpreter({
      words, memory: port, rows: CORTEX_M_ROWS, features: config.features, timing: TIMING[core],
      helpers: {
        ...makeIntegerHelpers(words, { divideExtraCycles: 10 }),
        ...makeFloatHelpers(words, { load32: (a) => access.load32Checked(a, words[Word.PC]), store32: (a, v) => access.store32Checked(a, v, words[Word.PC]) }) as never,
        SVC: stop('SVC'), BKPT: stop('BKPT'), WFE: () => {}, WFI: () => {}, SEV: () => {},
        MRS: stub('MRS'), MSR: stub('MSR'), CPS: stub('CPS'), ExecuteFPCheck: stub('ExecuteFPCheck'),
        LoadUnprivileged: (size, address) => port.load(address, size as 4, false) | 0,
        StoreUnprivileged: (size, address, value) => port.store(address, value, size as 4, false),
      },
      exceptionReturn: () => { throw new Stop('other exception'); },
      unallocated: () => { throw undefinedInstruction(); },
    });
  }

  run(test: TestCase): CaseResult {
    const { words } = this;
    this.bytes.fill(0, CODE_OFFSET, RAM_OFFSET);
    this.bytes.set(test.code, CODE_OFFSET + test.codeAddress - CODE_BASE);
    new Uint32Array(this.bytes.buffer, RAM_OFFSET, RAM_BYTES / 4).set(test.ram);
    this.interpreter.invalidate(CODE_BASE, 1 << 20);
    words.fill(0);
    this.setState(test);
    const end = test.codeAddress + test.sequenceBytes;
    const inside = (pc: number): boolean => pc >= test.codeAddress && pc < end;
    let reason: StopReason = 'end';
    let faultAddress = 0;
    try {
      for (let n = 0; ; n++) {
        if (words[Word.T] === 0) { reason = 'invalid state'; break; }
        if (!inside(words[Word.PC] >>> 0)) break;
        if (n > MOST_INSTRUCTIONS) { reason = 'limit'; break; }
        words[Word.LIMIT] = words[Word.CYCLES] = 0;
        this.interpreter.run();
      }
    } catch (error) {
      if (error instanceof Stop) reason = error.reason;
      else if (error instanceof GuestFault) [reason, faultAddress] = [reasonOf(error), error.address ?? 0];
      else throw error;
    }
    return { reason, faultAddress: faultAddress >>> 0, state: this.state(), ram: new Uint32Array(this.bytes.buffer, RAM_OFFSET, RAM_BYTES / 4).slice() };
  }

  private setState({ state, codeAddress }: TestCase): void {
    const { words } = this;
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
    words[Word.FPSCR] = state.fpscr;
    words.set(state.s, Word.S0);
  }

  private state(): ReturnType<typeof emptyState> {
    const { words } = this;
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

function reasonOf({ status }: GuestFault): StopReason {
  if (status & (CFSR.PRECISERR | CFSR.DACCVIOL)) return 'memory fault';
  if (status & CFSR.UNDEFINSTR) return 'undefined instruction';
  if (status & CFSR.UNALIGNED) return 'unaligned access';
  if (status & CFSR.NOCP) return 'no coprocessor';
  if (status & CFSR.INVSTATE) return 'invalid state';
  return 'other exception';
}
