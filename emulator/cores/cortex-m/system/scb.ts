/**
 * The System Control Block: identification, interrupt control, configuration, system handlers, fault status.
 * Source: Armv7-M ARM (DDI 0403E), B3.2; Armv6-M ARM (DDI 0419E), B3.2; TRMs for identification values.
 */
import { RegisterBlock, bit, bits, registerMap } from '../../../peripherals/registers/index.js';
import type { Field, RegisterSpec } from '../../../peripherals/registers/index.js';
import type { AccessBytes, Snapshot, Stateful, Warnings } from '../../../bus/types.js';
import { Exception } from '../fault.js';
import { Word } from '../state.js';
import type { CoreConfig } from './config.js';
import { hasMainExtension } from './config.js';
import type { ExceptionModel } from './exceptions.js';
import { CCR } from './system-registers.js';
import { RegisterDevice } from './register-device.js';

export type ResetRequest = 'SYSRESETREQ' | 'VECTRESET';

/** Written to the upper half of AIRCR for the write to count, and what reads there. */
const VECTKEY = 0x05fa;
const VECTKEYSTAT = 0xfa05;

/** Bits of SHCSR that are active bits, pending bits and enables of exceptions. B3.2.13. */
const SHCSR_ACTIVE: readonly (readonly [bit: number, exception: number])[] = [
  [0, Exception.MemManage], [1, Exception.BusFault], [3, Exception.UsageFault], [7, Exception.SVCall], [8, Exception.DebugMonitor],
  [10, Exception.PendSV], [11, Exception.SysTick],
];
const SHCSR_PENDED: readonly (readonly [bit: number, exception: number])[] = [
  [12, Exception.UsageFault], [13, Exception.MemManage], [14, Exception.BusFault], [15, Exception.SVCall],
];
const SHCSR_ENABLE: readonly (readonly [bit: number, exception: number])[] = [
  [16, Exception.MemManage], [17, Exception.BusFault], [18, Exception.UsageFault],
];

/** Fields that a mask of writable bits leaves; the rest reads as zero or as reset says. */
function maskFields(mask: number, reset: number): Record<string, Field> {
  const fields: Record<string, Field> = {};
  for (let n = 0; n < 32; n++) {
    if ((mask >>> n) & 1) fields[`bit${n}`] = bit(n);
    else if ((reset >>> n) & 1) fields[`bit${n}`] = bit(n, { kind: 'ro' });
  }
  return fields;
}

/** Offsets from 0xE000ED00. */
function scbMap(config: CoreConfig) {
  const main = hasMainExtension(config);
  const hasFpu = config.fpu !== 'none';
  const only = <const R extends RegisterSpec>(present: boolean, spec: R) => (present ? spec : { at: spec.at, kind: 'reserved' as const });
  const id = (n: number) => only(main, { at: 0x40 + 4 * n, kind: 'ro', reset: config.idRegisters[n] ?? 0 });
  const cache = config.caches;
  const priorities = (first: number, exceptions: readonly number[]): Record<string, Field> => {
    const fields: Record<string, Field> = {};
    for (const exception of exceptions) {
      const lane = 8 * (exception - first);
      fields[`PRI_${exception}`] = bits(lane + 8 - config.priorityBits, lane + 7);
    }
    return fields;
  };
  return registerMap({
    CPUID: { at: 0x00, kind: 'ro', reset: config.CPUID, fields: { IMPLEMENTER: bits(24, 31), VARIANT: bits(20, 23), ARCHITECTURE: bits(16, 19), PARTNO: bits(4, 15), REVISION: bits(0, 3) } },
    ICSR: {
      at: 0x04,
      fields: {
        NMIPENDSET: bit(31), PENDSVSET: bit(28), PENDSVCLR: bit(27, { kind: 'wo' }), PENDSTSET: bit(26), PENDSTCLR: bit(25, { kind: 'wo' }),
        ISRPREEMPT: bit(23, { kind: 'ro' }), ISRPENDING: bit(22, { kind: 'ro' }), VECTPENDING: bits(12, 20, { kind: 'ro' }),
        RETTOBASE: bit(11, { kind: 'ro' }), VECTACTIVE: bits(0, 8, { kind: 'ro' }),
      },
    },
    VTOR: only(config.vtorMask !== 0 || config.vtorReset !== 0, { at: 0x08, reset: config.vtorReset, fields: maskFields(config.vtorMask, config.vtorReset) }),
    AIRCR: {
      at: 0x0c,
      fields: {
        VECTKEY: bits(16, 31), ENDIANNESS: bit(15, { kind: 'ro' }), ...(main ? { PRIGROUP: bits(8, 10) } : {}), SYSRESETREQ: bit(2),
        VECTCLRACTIVE: bit(1, { kind: 'wo' }), ...(main ? { VECTRESET: bit(0, { kind: 'wo' }) } : {}),
      },
    },
    SCR: { at: 0x10, fields: { SEVONPEND: bit(4), SLEEPDEEP: bit(2), SLEEPONEXIT: bit(1) } },
    CCR: { at: 0x14, reset: config.ccr.reset, fields: maskFields(config.ccr.mask, config.ccr.reset) },
    SHPR1: only(main, { at: 0x18, fields: priorities(4, [4, 5, 6]) }),
    SHPR2: { at: 0x1c, fields: priorities(8, [11]) },
    SHPR3: { at: 0x20, fields: priorities(12, main ? [12, 14, 15] : [14, 15]) },
    SHCSR: {
      at: 0x24,
      fields: main ? {
        USGFAULTENA: bit(18), BUSFAULTENA: bit(17), MEMFAULTENA: bit(16), SVCALLPENDED: bit(15), BUSFAULTPENDED: bit(14), MEMFAULTPENDED: bit(13),
        USGFAULTPENDED: bit(12), SYSTICKACT: bit(11), PENDSVACT: bit(10), MONITORACT: bit(8), SVCALLACT: bit(7), USGFAULTACT: bit(3), BUSFAULTACT: bit(1), MEMFAULTACT: bit(0),
      } : { SVCALLPENDED: bit(15) },
    },
    CFSR: only(main, {
      at: 0x28, kind: 'w1c',
      fields: {
        DIVBYZERO: bit(25), UNALIGNED: bit(24), NOCP: bit(19), INVPC: bit(18), INVSTATE: bit(17), UNDEFINSTR: bit(16),
        BFARVALID: bit(15), LSPERR: bit(13), STKERR: bit(12), UNSTKERR: bit(11), IMPRECISERR: bit(10), PRECISERR: bit(9), IBUSERR: bit(8),
        MMARVALID: bit(7), MLSPERR: bit(5), MSTKERR: bit(4), MUNSTKERR: bit(3), DACCVIOL: bit(1), IACCVIOL: bit(0),
      },
    }),
    HFSR: only(main, { at: 0x2c, kind: 'w1c', fields: { DEBUGEVT: bit(31), FORCED: bit(30), VECTTBL: bit(1) } }),
    DFSR: only(main, { at: 0x30, kind: 'w1c', fields: { EXTERNAL: bit(4), VCATCH: bit(3), DWTTRAP: bit(2), BKPT: bit(1), HALTED: bit(0) } }),
    MMFAR: only(main, { at: 0x34 }),
    BFAR: only(main, { at: 0x38 }),
    /** No implementation-defined fault inputs: reads as zero. */
    AFSR: { at: 0x3c, kind: 'reserved' },
    ID_PFR0: id(0), ID_PFR1: id(1), ID_DFR0: id(2), ID_AFR0: id(3), ID_MMFR0: id(4), ID_MMFR1: id(5), ID_MMFR2: id(6), ID_MMFR3: id(7),
    ID_ISAR0: id(8), ID_ISAR1: id(9), ID_ISAR2: id(10), ID_ISAR3: id(11), ID_ISAR4: id(12), ID_ISAR5: id(13),
    CLIDR: only(cache !== undefined, { at: 0x78, kind: 'ro', reset: cache?.CLIDR ?? 0 }),
    CTR: only(cache !== undefined, { at: 0x7c, kind: 'ro', reset: cache?.CTR ?? 0 }),
    CCSIDR: only(cache !== undefined, { at: 0x80, kind: 'ro' }),
    CSSELR: only(cache !== undefined, { at: 0x84, fields: { Level: bits(1, 3), InD: bit(0) } }),
    CPACR: only(hasFpu, { at: 0x88, fields: { CP11: bits(22, 23), CP10: bits(20, 21) } }),
  });
}

export class SystemControlBlock extends RegisterDevice implements Stateful {
  readonly block: RegisterBlock<ReturnType<typeof scbMap>['spec']>;
  private readonly main: boolean;
  /** Set by the system: the model is built on this block's storage. */
  model!: ExceptionModel;

  constructor(private readonly config: CoreConfig, private readonly onReset: (request: ResetRequest) => void, warnings?: Warnings) {
    super();
    this.main = hasMainExtension(config);
    const ICSR = () => this.readICSR();
    const SHCSR = () => this.readSHCSR();
    const CCSIDR = () => this.readCCSIDR();
    const AIRCR = (_: number, stored: number) => ((VECTKEYSTAT << 16) | (stored & 0xffff)) >>> 0;
    this.block = new RegisterBlock(scbMap(config), {
      instance: 'SCB', base: 0xe000_ed00, size: 0x90, ...(warnings && { warnings }),
      onRead: { ICSR, SHCSR, CCSIDR, AIRCR },
      onPeek: { ICSR, SHCSR, CCSIDR, AIRCR },
      onWrite: {
        ICSR: (_new, _index, _old, written) => this.writeICSR(written),
        AIRCR: (value, _index, old, written) => this.writeAIRCR(value, old, written),
        SCR: () => this.model.refresh(),
        CCR: () => this.applyCCR(),
        SHPR1: (value) => this.writePriorities(4, value),
        SHPR2: (value) => this.writePriorities(8, value),
        SHPR3: (value) => this.writePriorities(12, value),
        SHCSR: (value) => this.writeSHCSR(value),
        CPACR: () => this.model.fp.refresh(),
      },
    });
  }

  // -- ICSR. B3.2.4.

  private readICSR(): number {
    const { state } = this.model;
    let value = this.model.words[Word.IPSR] & 0x1ff;
    if (this.main && state.active.count() <= 1) value |= 1 << 11;
    value |= this.visibleCandidate() << 12;
    if (this.isInterruptPending()) value |= 1 << 22;
    if (state.pending.has(Exception.SysTick)) value |= 1 << 26;
    if (state.pending.has(Exception.PendSV)) value |= 1 << 28;
    if (state.pending.has(Exception.NMI)) value |= 1 << 31;
    return value >>> 0;
  }

  /** VECTPENDING takes BASEPRI and FAULTMASK into account, but not PRIMASK. */
  private visibleCandidate(): number {
    const { state, candidate, words } = this.model;
    const boosted = state.boostedPriority(0, words[Word.FAULTMASK], words[Word.BASEPRI]);
    return candidate !== 0 && state.groupPriority(candidate) < boosted ? candidate : 0;
  }

  private isInterruptPending(): boolean {
    const { words } = this.model.state.pending;
    if (words[0] >>> Exception.firstIrq !== 0) return true;
    for (let k = 1; k < words.length; k++) if (words[k] !== 0) return true;
    return false;
  }

  private writeICSR(written: number): void {
    if ((written & (1 << 31)) !== 0) this.model.pend(Exception.NMI);
    if ((written & (1 << 28)) !== 0) this.model.pend(Exception.PendSV);
    if ((written & (1 << 27)) !== 0) this.model.unpend(Exception.PendSV);
    if ((written & (1 << 26)) !== 0) this.model.pend(Exception.SysTick);
    if ((written & (1 << 25)) !== 0) this.model.unpend(Exception.SysTick);
  }

  // -- AIRCR. B3.2.6. VECTCLRACTIVE and VECTRESET are for a halted core; VECTRESET is handed on all the same.

  private writeAIRCR(value: number, old: number, written: number): void {
    if (written >>> 16 !== VECTKEY) {
      this.block.set('AIRCR', old);
      return;
    }
    this.block.set('AIRCR', value & 0x704);
    if (this.main) this.model.state.PRIGROUP = (value >>> 8) & 7;
    this.model.refresh();
    if ((written & 4) !== 0) this.onReset('SYSRESETREQ');
    else if ((written & 1) !== 0) this.onReset('VECTRESET');
  }

  /** Trap bits are words of the core, so that instructions look at one place. */
  private applyCCR(): void {
    const { words } = this.model;
    const ccr = this.block.get('CCR');
    words[Word.UNALIGN_TRP] = (ccr & CCR.UNALIGN_TRP) !== 0 || !this.config.unalignedSupport ? 1 : 0;
    words[Word.DIV_0_TRP] = (ccr & CCR.DIV_0_TRP) !== 0 ? 1 : 0;
  }

  private writePriorities(first: number, value: number): void {
    for (let n = 0; n < 4; n++) this.model.state.setPriority(first + n, (value >>> (8 * n)) & 0xff);
    this.model.refresh();
  }

  // -- SHCSR.

  private readSHCSR(): number {
    const { active, pending, enabled } = this.model.state;
    let value = 0;
    for (const [n, exception] of SHCSR_PENDED) if (pending.has(exception)) value |= 1 << n;
    if (!this.main) return value & (1 << 15);
    for (const [n, exception] of SHCSR_ACTIVE) if (active.has(exception)) value |= 1 << n;
    for (const [n, exception] of SHCSR_ENABLE) if (enabled.has(exception)) value |= 1 << n;
    return value >>> 0;
  }

  private writeSHCSR(value: number): void {
    const { active, pending, enabled } = this.model.state;
    if (!this.main) pending.set(Exception.SVCall, (value & (1 << 15)) !== 0);
    else {
      for (const [n, exception] of SHCSR_ACTIVE) active.set(exception, ((value >>> n) & 1) !== 0);
      for (const [n, exception] of SHCSR_PENDED) pending.set(exception, ((value >>> n) & 1) !== 0);
      for (const [n, exception] of SHCSR_ENABLE) enabled.set(exception, ((value >>> n) & 1) !== 0);
    }
    this.model.refresh();
  }

  /** Level 1: the data or unified cache, or with InD the instruction cache. */
  private readCCSIDR(): number {
    const { caches } = this.config;
    if (caches === undefined || this.block.get('CSSELR') >>> 1 !== 0) return 0;
    return (this.block.get('CSSELR') & 1) !== 0 ? caches.instructionCCSIDR : caches.dataCCSIDR;
  }

  // -- Bus.

  /** A byte or halfword of SHCSR keeps the other bits, which are the exceptions' state. */
  override write(offset: number, value: number, bytes: AccessBytes): void {
    if (bytes !== 4) this.block.set('SHCSR', this.readSHCSR());
    this.block.write(offset, value, bytes);
  }

  /** Status bits are set as given; everything else acts as the firmware's write would, but never resets the machine. */
  override poke(offset: number, value: number, bytes: AccessBytes): void {
    const isStatus = offset >= 0x28 && offset < 0x34;
    const isAIRCR = offset >= 0x0c && offset < 0x10;
    if (isStatus) this.block.poke(offset, value, bytes);
    else if (!isAIRCR) this.write(offset, value, bytes);
  }

  reset(): void {
    this.block.reset();
  }

  snapshot(): Snapshot {
    return this.block.snapshot();
  }

  restore(from: Snapshot): void {
    this.block.restore(from);
  }
}
