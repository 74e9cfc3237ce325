/**
 * Data Watchpoint and Trace: the cycle counter, profiling counters and comparators.
 * Source: Armv7-M ARM (DDI 0403E), C1.8; TRMs of Cortex-M3, M4, M7.
 *
 * CYCCNT, EXCCNT and SLEEPCNT count what the core charges. Not modelled: CPICNT, LSUCNT and FOLDCNT (they count stalls
 * of a pipeline that is not simulated stage by stage) stay 0, comparators store their settings and never match, trace
 * packets have nowhere to go.
 */
import { RegisterBlock, bit, bits, registerMap } from '../../../peripherals/registers/index.js';
import type { AccessBytes, Snapshot, Stateful, Warnings } from '../../../bus/types.js';
import type { CoreConfig } from './config.js';
import { identification } from './coresight.js';
import { LAR_OFFSET, SoftwareLock } from './lock.js';
import { RegisterDevice } from './register-device.js';

const CTRL = { CYCCNTENA: 1 << 0, EXCEVTENA: 1 << 18, SLEEPEVTENA: 1 << 19 } as const;

/** Offsets from 0xE0001000. */
function dwtMap(config: CoreConfig) {
  const count = config.dwtComparators;
  const comparator = (at: number) => ({ at, count, stride: 16 });
  return registerMap({
    CTRL: {
      at: 0x000, reset: (count << 28) >>> 0,
      fields: {
        NUMCOMP: bits(28, 31, { kind: 'ro' }), NOTRCPKT: bit(27, { kind: 'ro' }), NOEXTTRIG: bit(26, { kind: 'ro' }), NOCYCCNT: bit(25, { kind: 'ro' }),
        NOPRFCNT: bit(24, { kind: 'ro' }), CYCEVTENA: bit(22), FOLDEVTENA: bit(21), LSUEVTENA: bit(20), SLEEPEVTENA: bit(19), EXCEVTENA: bit(18),
        CPIEVTENA: bit(17), EXCTRCENA: bit(16), PCSAMPLENA: bit(12), SYNCTAP: bits(10, 11), CYCTAP: bit(9), POSTINIT: bits(5, 8),
        POSTPRESET: bits(1, 4), CYCCNTENA: bit(0),
      },
    },
    CYCCNT: { at: 0x004 },
    CPICNT: { at: 0x008, fields: { CPICNT: bits(0, 7) } },
    EXCCNT: { at: 0x00c, fields: { EXCCNT: bits(0, 7) } },
    SLEEPCNT: { at: 0x010, fields: { SLEEPCNT: bits(0, 7) } },
    LSUCNT: { at: 0x014, fields: { LSUCNT: bits(0, 7) } },
    FOLDCNT: { at: 0x018, fields: { FOLDCNT: bits(0, 7) } },
    PCSR: { at: 0x01c, kind: 'ro' },
    COMP: comparator(0x020),
    MASK: { ...comparator(0x024), fields: { MASK: bits(0, 4) } },
    FUNCTION: {
      ...comparator(0x028),
      fields: {
        MATCHED: bit(24, { kind: 'rc' }), DATAVADDR1: bits(16, 19), DATAVADDR0: bits(12, 15), DATAVSIZE: bits(10, 11), LNK1ENA: bit(9, { kind: 'ro' }),
        DATAVMATCH: bit(8), CYCMATCH: bit(7), EMITRANGE: bit(5), FUNCTION: bits(0, 3, { unmodelled: true }),
      },
    },
    LAR: { at: 0xfb0, kind: 'wo' },
    LSR: { at: 0xfb4, kind: 'ro' },
    ...identification(0xfd0, 0x002),
  });
}

/** What the unit counts, all monotonic. */
export interface DwtSources {
  /** Processor clock cycles since reset, sleep included. */
  cycles(): number;
  /** Of these, cycles asleep. */
  sleptCycles(): number;
  exceptionCycles(): number;
  /** For PCSR. */
  pc(): number;
  /** DEMCR.TRCENA. */
  isTraceEnabled(): boolean;
}

/** A counter of a monotonic source: it holds `base` plus what the source gained since `since`, while it runs. */
class Counter {
  base = 0;
  since = 0;
  isRunning = false;

  constructor(private readonly source: () => number, private readonly mask: number) {}

  get value(): number {
    const now = this.source();
    // A system reset may restart the clocks' ticks; what ran since then still counts.
    const gained = now < this.since ? now : now - this.since;
    return ((this.base + (this.isRunning ? gained % 0x1_0000_0000 : 0)) & this.mask) >>> 0;
  }

  set(value: number): void {
    this.base = value;
    this.since = this.source();
  }

  run(running: boolean): void {
    this.set(this.value);
    this.isRunning = running;
  }

  state(): readonly number[] {
    return [this.base, this.since, this.isRunning ? 1 : 0];
  }

  restore(state: readonly number[]): void {
    this.base = state[0];
    this.since = state[1];
    this.isRunning = state[2] === 1;
  }
}

export class Dwt extends RegisterDevice implements Stateful {
  readonly block: RegisterBlock<ReturnType<typeof dwtMap>['spec']>;
  private readonly lock: SoftwareLock;
  private readonly CYCCNT: Counter;
  private readonly EXCCNT: Counter;
  private readonly SLEEPCNT: Counter;

  constructor(config: CoreConfig, private readonly sources: DwtSources, warnings?: Warnings) {
    super();
    this.lock = new SoftwareLock(config.name === 'cortex-m7');
    this.CYCCNT = new Counter(() => (config.cyccntInSleep ? sources.cycles() : sources.cycles() - sources.sleptCycles()), 0xffff_ffff);
    this.EXCCNT = new Counter(() => sources.exceptionCycles(), 0xff);
    this.SLEEPCNT = new Counter(() => sources.sleptCycles(), 0xff);
    const views = {
      CYCCNT: () => this.CYCCNT.value, EXCCNT: () => this.EXCCNT.value, SLEEPCNT: () => this.SLEEPCNT.value,
      PCSR: () => (sources.isTraceEnabled() ? sources.pc() : 0xffff_ffff), LSR: () => this.lock.readLSR(),
    };
    this.block = new RegisterBlock(dwtMap(config), {
      instance: 'DWT', base: 0xe000_1000, size: 0x1000, policy: { unmodelled: 'store' }, ...(warnings && { warnings }),
      onRead: views,
      onPeek: views,
      onWrite: {
        CTRL: () => this.applyEnables(),
        CYCCNT: (value) => this.CYCCNT.set(value),
        EXCCNT: (value) => this.EXCCNT.set(value),
        SLEEPCNT: (value) => this.SLEEPCNT.set(value),
        LAR: (value) => this.lock.writeLAR(value),
      },
    });
  }

  /** Starts and stops counters; call when DEMCR.TRCENA changes. A profiling counter starts from zero. C1.8.4. */
  applyEnables(): void {
    const ctrl = this.sources.isTraceEnabled() ? this.block.get('CTRL') : 0;
    this.CYCCNT.run((ctrl & CTRL.CYCCNTENA) !== 0);
    startProfiling(this.EXCCNT, (ctrl & CTRL.EXCEVTENA) !== 0);
    startProfiling(this.SLEEPCNT, (ctrl & CTRL.SLEEPEVTENA) !== 0);
  }

  /** Ignored while DEMCR.TRCENA is clear or the lock is closed. */
  override write(offset: number, value: number, bytes: AccessBytes): void {
    const passes = offset === LAR_OFFSET || (this.sources.isTraceEnabled() && this.lock.isOpen);
    if (passes) this.block.write(offset, value, bytes);
  }

  /** A debugger's write acts as the firmware's would, past the lock. */
  override poke(offset: number, value: number, bytes: AccessBytes): void {
    this.block.write(offset, value, bytes);
  }

  reset(): void {
    this.block.reset();
    this.lock.reset();
    for (const counter of [this.CYCCNT, this.EXCCNT, this.SLEEPCNT]) counter.restore([0, 0, 0]);
  }

  snapshot(): Snapshot {
    return {
      registers: this.block.snapshot(), open: this.lock.isOpen,
      CYCCNT: this.CYCCNT.state(), EXCCNT: this.EXCCNT.state(), SLEEPCNT: this.SLEEPCNT.state(),
    };
  }

  restore(from: Snapshot): void {
    this.block.restore(from['registers'] as Snapshot);
    this.lock.isOpen = from['open'] as boolean;
    this.CYCCNT.restore(from['CYCCNT'] as number[]);
    this.EXCCNT.restore(from['EXCCNT'] as number[]);
    this.SLEEPCNT.restore(from['SLEEPCNT'] as number[]);
  }
}

function startProfiling(counter: Counter, running: boolean): void {
  if (running && !counter.isRunning) counter.base = 0;
  counter.run(running);
}
