/**
 * The core debug registers as firmware sees them: no debugger is attached, so halting stays off.
 * Source: Armv7-M ARM (DDI 0403E), C1.6. On Armv6-M they belong to the debugger alone and read as zero.
 */
import { RegisterBlock, bit, bits, registerMap } from '../../../peripherals/registers/index.js';
import type { AccessBytes, Snapshot, Stateful, Warnings } from '../../../bus/types.js';
import { Exception } from '../fault.js';
import type { CoreConfig } from './config.js';
import { hasMainExtension } from './config.js';
import type { ExceptionModel } from './exceptions.js';
import { DEMCR } from './system-registers.js';
import { RegisterDevice } from './register-device.js';

const DHCSR = { S_REGRDY: 1 << 16, S_SLEEP: 1 << 18, S_LOCKUP: 1 << 19, S_RETIRE_ST: 1 << 24, S_RESET_ST: 1 << 25 } as const;

/** Offsets from 0xE000EDF0. */
const DEBUG = registerMap({
  DHCSR: {
    at: 0x0,
    fields: {
      S_RESET_ST: bit(25, { kind: 'ro' }), S_RETIRE_ST: bit(24, { kind: 'ro' }), S_LOCKUP: bit(19, { kind: 'ro' }), S_SLEEP: bit(18, { kind: 'ro' }),
      S_HALT: bit(17, { kind: 'ro' }), S_REGRDY: bit(16, { kind: 'ro' }),
      /** Writable by a debugger alone, or only while C_DEBUGEN is set. */
      C_SNAPSTALL: bit(5, { kind: 'ro' }), C_MASKINTS: bit(3, { kind: 'ro' }), C_STEP: bit(2, { kind: 'ro' }), C_HALT: bit(1, { kind: 'ro' }),
      C_DEBUGEN: bit(0, { kind: 'ro' }),
    },
  },
  /** Register transfers need a halted core. */
  DCRSR: { at: 0x4, kind: 'wo', fields: { REGWnR: bit(16), REGSEL: bits(0, 6) } },
  DCRDR: { at: 0x8 },
  DEMCR: {
    at: 0xc,
    fields: {
      TRCENA: bit(24), MON_REQ: bit(19), MON_STEP: bit(18, { unmodelled: true }), MON_PEND: bit(17), MON_EN: bit(16),
      VC_HARDERR: bit(10), VC_INTERR: bit(9), VC_BUSERR: bit(8), VC_STATERR: bit(7), VC_CHKERR: bit(6), VC_NOCPERR: bit(5), VC_MMERR: bit(4), VC_CORERESET: bit(0),
    },
  },
});

export class DebugRegisters extends RegisterDevice implements Stateful {
  readonly block: RegisterBlock<typeof DEBUG.spec>;
  /** Set by the system: the model is built on this block's storage. */
  model!: ExceptionModel;
  /** TRCENA changed. */
  onTraceEnable: (() => void) | undefined;
  private hasReset = true;
  private readonly present: boolean;

  constructor(config: CoreConfig, warnings?: Warnings) {
    super();
    this.present = hasMainExtension(config);
    const peekDEMCR = (_: number, stored: number) => this.readDEMCR(stored);
    this.block = new RegisterBlock(DEBUG, {
      instance: 'CoreDebug', base: 0xe000_edf0, size: 0x10, ...(warnings && { warnings }),
      onRead: { DHCSR: () => this.readDHCSR(), DEMCR: peekDEMCR },
      onPeek: { DHCSR: () => this.statusBits(), DEMCR: peekDEMCR },
      onWrite: { DEMCR: (value, _index, old) => this.writeDEMCR(value, old) },
    });
  }

  /** DEMCR.TRCENA: DWT and ITM work. */
  get isTraceEnabled(): boolean {
    return (this.block.get('DEMCR') & DEMCR.TRCENA) !== 0;
  }

  private statusBits(): number {
    let value = DHCSR.S_REGRDY | DHCSR.S_RETIRE_ST;
    if (this.hasReset) value |= DHCSR.S_RESET_ST;
    if (this.model.isSleeping) value |= DHCSR.S_SLEEP;
    if (this.model.isLockedUp) value |= DHCSR.S_LOCKUP;
    return value;
  }

  /** A read clears the sticky S_RESET_ST. */
  private readDHCSR(): number {
    const value = this.statusBits();
    this.hasReset = false;
    return value;
  }

  private readDEMCR(stored: number): number {
    const isPending = this.model.state.pending.has(Exception.DebugMonitor);
    return isPending ? stored | DEMCR.MON_PEND : stored & ~DEMCR.MON_PEND;
  }

  /** MON_PEND is the pending bit of DebugMonitor, MON_EN its enable. */
  private writeDEMCR(value: number, old: number): void {
    this.model.syncDebugMonitor();
    const isPending = this.model.state.pending.has(Exception.DebugMonitor);
    const wanted = (value & DEMCR.MON_PEND) !== 0;
    if (wanted !== isPending) {
      if (wanted) this.model.pend(Exception.DebugMonitor);
      else this.model.unpend(Exception.DebugMonitor);
    }
    if (((value ^ old) & DEMCR.TRCENA) !== 0) this.onTraceEnable?.();
  }

  override read(offset: number, bytes: AccessBytes): number {
    return this.present ? this.block.read(offset, bytes) : 0;
  }

  /** A write narrower than DEMCR keeps the pending state that the exception model holds. */
  override write(offset: number, value: number, bytes: AccessBytes): void {
    if (!this.present) return;
    if (bytes !== 4) this.block.set('DEMCR', this.readDEMCR(this.block.get('DEMCR')));
    this.block.write(offset, value, bytes);
  }

  /** Power-on reset. */
  reset(): void {
    this.block.reset();
    this.hasReset = true;
  }

  /** A system reset leaves DEMCR's trace enable and vector catch, and clears the monitor's bits. C1.6.5. */
  resetSystem(): void {
    const kept = DEMCR.TRCENA | 0x7f1;
    this.block.set('DEMCR', this.block.get('DEMCR') & kept);
    this.hasReset = true;
  }

  snapshot(): Snapshot {
    return { registers: this.block.snapshot(), hasReset: this.hasReset };
  }

  restore(from: Snapshot): void {
    this.block.restore(from['registers'] as Snapshot);
    this.hasReset = from['hasReset'] as boolean;
  }
}
