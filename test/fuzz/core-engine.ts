/** The project's own core as engine under test: its interpreter, memory port and system, one instruction at a time. */
import { Bus } from '../../emulator/bus/bus.js';
import { CortexM } from '../../emulator/cores/cortex-m/core.js';
import { CFSR, GuestFault } from '../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { configureCore, type CoreConfig } from '../../emulator/cores/cortex-m/system/config.js';
import { readAPSR, writeFlags } from '../../emulator/cores/cortex-m/system/program-status.js';
import { ManualTime } from '../support/manual-time.js';
import { CODE_BASE, CODE_BYTES, RAM_BASE, RAM_BYTES, RAM_WORDS, emptyState, type CaseResult, type CoreName, type CoreState, type StopReason, type TestCase } from './case.js';
import { MOST_INSTRUCTIONS, type EngineUnderTest } from './engine.js';

/** Ends a case where the core would enter an exception without a fault. */
export class Stop {
  constructor(readonly reason: StopReason) {}
}

export const CODE_OFFSET = 0x1000;
const RAM_OFFSET = CODE_OFFSET + CODE_BYTES;
const READ_MAP_OFFSET = RAM_OFFSET + RAM_BYTES;
const MAP_BYTES = 4 << 20;
const WRITE_MAP_OFFSET = READ_MAP_OFFSET + MAP_BYTES;
const CALL_CACHE_OFFSET = WRITE_MAP_OFFSET + MAP_BYTES;
const WASM_PAGE = 0x1_0000;
const CPACR = 0xe000_ed88;
const CPACR_FULL_ACCESS = 0x00f0_0000;

/** What the oracle has: 8 bits of BASEPRI, no unprivileged mode on Armv6-M, no bit-banding. */
function oracleLike(core: CoreName): CoreConfig {
  const isV6M = core === 'cortex-m0' || core === 'cortex-m0plus';
  const name = core === 'cortex-m4' ? 'cortex-m4f' : core;
  return configureCore(name, { bitBand: false, ...(isV6M ? { unprivileged: false } : { priorityBits: 8 }) });
}

export class CoreEngine implements EngineUnderTest {
  readonly name: string = 'interpreter';
  protected readonly core: CortexM;
  protected readonly bytes: Uint8Array;
  protected readonly ram: Uint32Array;

  /** @param isTranslated every place is translated when it is first met */
  constructor(core: CoreName, isTranslated = false) {
    const pages = Math.ceil((isTranslated ? CALL_CACHE_OFFSET + WASM_PAGE : RAM_OFFSET + RAM_BYTES) / WASM_PAGE);
    const wasmMemory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = wasmMemory;
    this.bytes = new Uint8Array(buffer);
    this.ram = new Uint32Array(buffer, RAM_OFFSET, RAM_WORDS);
    const bus = new Bus(buffer);
    bus.addMemory({ name: 'code', base: CODE_BASE, bytes: CODE_BYTES, offset: CODE_OFFSET, isWritable: false });
    bus.addMemory({ name: 'ram', base: RAM_BASE, bytes: RAM_BYTES, offset: RAM_OFFSET });
    const time = new ManualTime();
    const processorClock = { hz: 1_000_000, ticks: () => 0, rootTickOf: (n: number) => n };
    this.core = new CortexM({
      config: oracleLike(core), bus, scheduler: time.queue, processorClock, warnings: { warn: () => {} },
      translation: isTranslated ? { wasmMemory, readMap: READ_MAP_OFFSET, writeMap: WRITE_MAP_OFFSET, callCache: CALL_CACHE_OFFSET, hot: 1 } : undefined,
    });
    this.core.reset();
    if (this.core.config.fpu !== 'none') bus.write(CPACR, CPACR_FULL_ACCESS, 4);
    this.core.system.exceptions.svc = () => { throw new Stop('SVC'); };
    this.core.system.exceptions.bkpt = () => { throw new Stop('BKPT'); };
  }

  run(test: TestCase): CaseResult {
    this.place(test);
    try {
      const { reason, faultAddress } = this.execute(test);
      return this.result(reason, faultAddress);
    } finally {
      this.clear(test);
    }
  }

  protected place(test: TestCase): void {
    this.bytes.set(test.code, CODE_OFFSET + test.codeAddress - CODE_BASE);
    this.core.interpreter.invalidate(test.codeAddress, test.code.length);
    this.rewind(test);
  }

  protected rewind(test: TestCase): void {
    this.ram.set(test.ram);
    this.setState(test);
  }

  protected result(reason: StopReason, faultAddress: number): CaseResult {
    return { reason, faultAddress, state: this.state(), ram: this.ram.slice() };
  }

  protected clear({ codeAddress, code }: TestCase): void {
    const offset = CODE_OFFSET + codeAddress - CODE_BASE;
    this.bytes.fill(0, offset, offset + code.length);
    this.core.interpreter.invalidate(codeAddress, code.length);
  }

  protected execute({ codeAddress, sequenceBytes }: TestCase): { reason: StopReason; faultAddress: number } {
    const { words, interpreter } = this.core;
    const end = codeAddress + sequenceBytes;
    try {
      // a place met for the first time is decoded by one round and executed by the next
      for (let rounds = 0; rounds < 2 * MOST_INSTRUCTIONS; rounds++) {
        const pc = words[Word.PC] >>> 0;
        if (words[Word.T] === 0) return { reason: 'invalid state', faultAddress: 0 };
        if (pc < codeAddress || pc >= end) return { reason: 'end', faultAddress: 0 };
        words[Word.CYCLES] = words[Word.LIMIT] = 0;
        interpreter.run();
      }
      return { reason: 'limit', faultAddress: 0 };
    } catch (error) {
      if (error instanceof Stop) return { reason: error.reason, faultAddress: 0 };
      if (error instanceof GuestFault) return { reason: reasonOf(error), faultAddress: (error.address ?? 0) >>> 0 };
      throw error;
    }
  }

  protected setState({ state, codeAddress }: Pick<TestCase, 'state' | 'codeAddress'>): void {
    const { words, system } = this.core;
    words.set(state.r);
    words.set(state.s, Word.S0);
    writeFlags(words, state.apsr);
    Object.assign(words, {
      [Word.PC]: codeAddress, [Word.T]: 1, [Word.ITSTATE]: 0, [Word.GE]: (state.apsr >>> 16) & 15,
      [Word.PRIMASK]: state.primask, [Word.BASEPRI]: state.basepri, [Word.FAULTMASK]: state.faultmask,
      [Word.CONTROL]: state.control, [Word.UNPRIVILEGED]: 0, [Word.OTHER_SP]: state.otherSp, [Word.FPSCR]: state.fpscr,
      [Word.EXCLUSIVE]: 0,
    });
    system.exceptions.fp.refresh();
    system.exceptions.refresh();
  }

  private state(): CoreState {
    const { words } = this.core;
    const state = emptyState();
    state.r.set(words.subarray(Word.R0, Word.R0 + 16));
    state.s.set(words.subarray(Word.S0, Word.S0 + 32));
    return {
      ...state, apsr: readAPSR(words) >>> 0, primask: words[Word.PRIMASK], basepri: words[Word.BASEPRI],
      faultmask: words[Word.FAULTMASK], control: words[Word.CONTROL], otherSp: words[Word.OTHER_SP] >>> 0,
      fpscr: words[Word.FPSCR] >>> 0,
    };
  }
}

export function reasonOf({ status, exception, reason }: GuestFault): StopReason {
  if (status & CFSR.UNALIGNED) return 'unaligned access';
  if (status & (CFSR.PRECISERR | CFSR.DACCVIOL)) return 'memory fault';
  if (status & CFSR.UNDEFINSTR) return 'undefined instruction';
  if (status & CFSR.NOCP) return 'no coprocessor';
  if (status & CFSR.INVSTATE) return 'invalid state';
  throw new Error(`exception ${exception} with status 0x${status.toString(16)}: ${reason}`);
}

/** Stops where a sequence ends, because nothing can be fetched behind it. */
export class FencedEngine extends CoreEngine {
  protected isInside: (address: number) => boolean = () => false;

  constructor(core: CoreName, isTranslated: boolean) {
    super(core, isTranslated);
    const { memory } = this.core;
    const fetch = memory.fetch.bind(memory);
    // No fetch past the fence: none goes straight to a page.
    memory.placeOfCode = () => 0;
    memory.fetch = (address) => {
      if (!this.isInside(address)) throw new Stop('end');
      return fetch(address);
    };
  }
}
