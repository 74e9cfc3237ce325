/**
 * MRS, MSR and CPS: the special-purpose registers and who may touch them.
 * Source: DDI 0403E, B5.2.1 to B5.2.3; DDI 0419E, B4.2.1 to B4.2.3. What is not allowed reads as zero or is ignored.
 */
import { Word } from '../state.js';
import type { CoreConfig } from './config.js';
import { hasDsp, hasMainExtension } from './config.js';
import type { ExceptionState } from './exception-state.js';
import { readAPSR, writeFlags } from './program-status.js';
import { CONTROL } from './system-registers.js';

/** SYSm<2:0> of the group SYSm<7:3> = 2. */
const MASKS = { PRIMASK: 0, BASEPRI: 1, BASEPRI_MAX: 2, FAULTMASK: 3, CONTROL: 4 } as const;

/** What the special registers need of the exception model. */
export interface SpecialRegisterOwner {
  readonly config: CoreConfig;
  readonly words: Int32Array;
  readonly state: ExceptionState;
  readonly executionPriority: number;
  readonly fp: { refresh(): void };
  refresh(): void;
  setControl(value: number): void;
}

export class SpecialRegisters {
  private readonly main: boolean;
  private readonly dsp: boolean;
  private readonly words: Int32Array;

  constructor(private readonly owner: SpecialRegisterOwner) {
    this.words = owner.words;
    this.main = hasMainExtension(owner.config);
    this.dsp = hasDsp(owner.config);
  }

  MRS(SYSm: number): number {
    switch (SYSm >>> 3) {
      case 0: return this.readPSR(SYSm);
      case 1: return this.isPrivileged ? this.readStackPointer(SYSm & 7) : 0;
      case 2: return this.readMask(SYSm & 7);
      default: return 0;
    }
  }

  MSR(SYSm: number, mask: number, value: number): void {
    switch (SYSm >>> 3) {
      case 0: this.writePSR(SYSm, mask, value); break;
      case 1: if (this.isPrivileged) this.writeStackPointer(SYSm & 7, value & ~3); break;
      case 2: if (this.isPrivileged) this.writeMask(SYSm & 7, value); break;
    }
  }

  /** Unprivileged CPS is a NOP. */
  CPS(enable: boolean, affectPRI: boolean, affectFAULT: boolean): void {
    if (!this.isPrivileged) return;
    if (affectPRI) this.words[Word.PRIMASK] = enable ? 0 : 1;
    if (affectFAULT && this.main) this.writeFAULTMASK(enable ? 0 : 1);
    this.owner.refresh();
  }

  private get isPrivileged(): boolean {
    return this.words[Word.UNPRIVILEGED] === 0;
  }

  /** EPSR reads as zero. SYSm<0> adds IPSR, SYSm<2> leaves APSR out. */
  private readPSR(SYSm: number): number {
    const IPSR = (SYSm & 1) !== 0 ? this.words[Word.IPSR] & 0x1ff : 0;
    return (SYSm & 4) === 0 ? readAPSR(this.words) | IPSR : IPSR;
  }

  private writePSR(SYSm: number, mask: number, value: number): void {
    if ((SYSm & 4) !== 0) return;
    const { words } = this;
    if ((mask & 1) !== 0 && this.dsp) words[Word.GE] = (value >>> 16) & 0xf;
    if ((mask & 2) === 0) return;
    writeFlags(words, value);
    if (!this.main) words[Word.Q] = 0;
  }

  private readStackPointer(which: number): number {
    if (which > 1) return 0;
    return this.words[this.wordOfStackPointer(which)];
  }

  private writeStackPointer(which: number, value: number): void {
    if (which <= 1) this.words[this.wordOfStackPointer(which)] = value;
  }

  /** @param which 0 for MSP, 1 for PSP */
  private wordOfStackPointer(which: number): number {
    const isProcessCurrent = (this.words[Word.CONTROL] & CONTROL.SPSEL) !== 0;
    return (which === 1) === isProcessCurrent ? Word.SP : Word.OTHER_SP;
  }

  private readMask(which: number): number {
    const { words } = this;
    if (which === MASKS.CONTROL) return words[Word.CONTROL];
    if (!this.isPrivileged) return 0;
    if (which === MASKS.PRIMASK) return words[Word.PRIMASK];
    if (!this.main) return 0;
    if (which === MASKS.BASEPRI || which === MASKS.BASEPRI_MAX) return words[Word.BASEPRI];
    return which === MASKS.FAULTMASK ? words[Word.FAULTMASK] : 0;
  }

  private writeMask(which: number, value: number): void {
    const { words } = this;
    const priority = value & this.owner.state.priorityMask;
    if (which === MASKS.PRIMASK) words[Word.PRIMASK] = value & 1;
    else if (which === MASKS.CONTROL) this.writeCONTROL(value);
    else if (this.main) {
      if (which === MASKS.BASEPRI) words[Word.BASEPRI] = priority;
      else if (which === MASKS.BASEPRI_MAX) this.raiseBASEPRI(priority);
      else if (which === MASKS.FAULTMASK) this.writeFAULTMASK(value & 1);
    }
    this.owner.refresh();
  }

  /** BASEPRI_MAX only ever raises the execution priority. */
  private raiseBASEPRI(priority: number): void {
    const current = this.words[Word.BASEPRI];
    if (priority !== 0 && (priority < current || current === 0)) this.words[Word.BASEPRI] = priority;
  }

  /** HardFault and NMI cannot be masked from within themselves. */
  private writeFAULTMASK(value: number): void {
    if (value === 0 || this.owner.executionPriority > -1) this.words[Word.FAULTMASK] = value;
  }

  /** SPSEL changes in Thread mode alone; FPCA exists with a floating-point unit, nPRIV with the unprivileged extension. */
  private writeCONTROL(value: number): void {
    const { config } = this.owner;
    let writable = 0;
    if (config.unprivileged) writable |= CONTROL.nPRIV;
    if (this.words[Word.IPSR] === 0) writable |= CONTROL.SPSEL;
    if (config.fpu !== 'none') writable |= CONTROL.FPCA;
    this.owner.setControl((this.words[Word.CONTROL] & ~writable) | (value & writable));
    this.owner.fp.refresh();
  }
}
