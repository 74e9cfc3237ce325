/**
 * AVR self-programming: SPM writes flash a page at a time, from the boot section only.
 * Sources: ATmega328P data sheet DS40002061B, chapter 26, and table 27-17 / 28-10 (3.7 to 4.5 ms for a page: the longest is used here);
 * ATmega2560 data sheet DS40002211A, chapter 29. Encodings of fuses and lock bits in Z: 26.8.8, 26.8.9; signature row: 26.8.10.
 * Not modelled: lock bits' limits on LPM and on interrupts (BLBx2); code that runs in the RWW section while that is busy runs
 * as if it were not, with a warning at RWWSB's first read of such data.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type ChipMemory } from '../block.js';
import { bit } from '../registers/index.js';
import { AVR_CPU, type AvrCpu } from './cpu.js';
import { Fuses } from './fuses.js';
import { AVR_MEMORY } from './memories.js';
import { PLACES, placeRegisters, type Places, type Placed, type Template } from './registers.js';
import { bootStart } from './system-control.js';
import { TimedChange } from './timed-change.js';

export const SPM = {
  SPMCSR: { fields: { SPMEN: bit(0), PGERS: bit(1), PGWRT: bit(2), BLBSET: bit(3), RWWSRE: bit(4), SIGRD: bit(5), RWWSB: bit(6, { kind: 'ro' }), SPMIE: bit(7) } },
} as const satisfies Template;

const SPMEN = 1, PGERS = 2, PGWRT = 4, BLBSET = 8, RWWSRE = 0x10, SIGRD = 0x20, RWWSB = 0x40, SPMIE = 0x80;
const OPERATION = SPMEN | PGERS | PGWRT | BLBSET | RWWSRE | SIGRD;
const PAGE_SECONDS = 4.5e-3;
/** Lock bits that SPM can program: BLB12 to BLB01. */
const BOOT_LOCK_BITS = 0x3c;
const ERASED = 0xff;

export class Spm extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored: Placed<typeof SPM>['stored'];
  private readonly cpu: AvrCpu;
  private readonly fuses: Fuses;
  private readonly change: TimedChange;
  private readonly ready: Line;
  private flash: ChipMemory | undefined;
  private page = new Uint8Array(0);
  private readonly hasFinished = timedEvent(() => this.finish());

  constructor(private readonly context: BlockContext, private readonly options: { registers: Places; osccal: number }) {
    super();
    this.cpu = context.shared(AVR_CPU);
    this.fuses = new Fuses(context.memories);
    this.change = new TimedChange(context.clock('cpu'));
    this.ready = context.irq('ready');
    const { block, stored } = placeRegisters(context, SPM, { instance: '', places: options.registers }, {
      onRead: { SPMCSR: (_, value) => this.readSPMCSR(value) }, onPeek: { SPMCSR: (_, value) => this.readSPMCSR(value) },
      onWrite: { SPMCSR: (value, _index, old) => this.writeSPMCSR(value, old) },
    });
    this.registers = block;
    this.stored = stored;
    this.cpu.onSpm = (address, word) => this.store(address, word);
    this.cpu.load = (address) => this.load(address);
    this.cpu.isWritingFlash = () => this.isBusy;
  }

  private get isBusy(): boolean {
    return this.hasFinished.slot >= 0;
  }

  /** The first byte of the section in which the core stands still while it is written. */
  private get nrwwStart(): number {
    const { bytes, nrwwBytes } = this.cpu.core.flash;
    return bytes - nrwwBytes;
  }

  override reset(): void {
    this.registers.reset();
    this.change.close();
    this.context.scheduler.cancel(this.hasFinished);
    this.page = new Uint8Array(this.cpu.core.flash.pageBytes).fill(ERASED);
    this.flash = this.context.memories.find(AVR_MEMORY.flash, this.cpu.core.flash.bytes);
    this.hook();
    this.update();
  }

  // -- SPMCSR.

  /** The bits of an operation that nobody has begun in time clear themselves. */
  private readSPMCSR(value: number): number {
    return this.isBusy || this.change.isOpen ? value : value & ~OPERATION;
  }

  private writeSPMCSR(value: number, old: number): void {
    if (this.isBusy) {
      this.stored.SPMCSR[0] = (old & ~SPMIE) | (value & SPMIE);
      return this.update();
    }
    this.stored.SPMCSR[0] = (value & (SPMIE | OPERATION)) | (old & RWWSB);
    if ((value & SPMEN) !== 0 && !this.cpu.isWritingEeprom()) this.change.open();
    else this.change.close();
    this.hook();
    this.update();
  }

  private get operation(): number {
    return this.change.isOpen ? this.stored.SPMCSR[0] & OPERATION : 0;
  }

  private endOperation(): void {
    this.stored.SPMCSR[0] &= ~OPERATION;
    this.change.close();
    this.hook();
    this.update();
  }

  private update(): void {
    this.ready.set((this.stored.SPMCSR[0] & SPMIE) !== 0 && !this.isBusy);
  }

  // -- SPM.

  private store(address: number, word: number): void {
    const { operation } = this;
    if (operation === 0 || this.isBusy) return;
    if (this.cpu.core.instructionAddress < bootStart(this.cpu, this.fuses)) {
      this.context.warnings.warn(`${this.context.name} section`, `${this.context.name}: SPM has no effect outside the boot section, which begins at 0x${bootStart(this.cpu, this.fuses).toString(16)}`);
      return;
    }
    const at = address % this.cpu.core.flash.bytes;
    if (operation === SPMEN) this.fill(at, word);
    else if (operation === (SPMEN | PGERS)) return this.begin(at, (data, from, bytes) => data.fill(ERASED, from, from + bytes));
    else if (operation === (SPMEN | PGWRT)) return this.begin(at, (data, from, bytes) => this.program(data, from, bytes));
    else if (operation === (SPMEN | RWWSRE)) this.enableRww();
    else if (operation === (SPMEN | BLBSET)) this.fuses.lock &= (word & BOOT_LOCK_BITS) | ~BOOT_LOCK_BITS;
    this.endOperation();
  }

  /** A word that was filled already stays as it is until the buffer is erased. */
  private fill(address: number, word: number): void {
    const at = (address % this.page.length) & ~1;
    if (this.page[at] !== ERASED || this.page[at + 1] !== ERASED) return;
    this.page[at] = word & 0xff;
    this.page[at + 1] = word >> 8;
  }

  private program(data: Uint8Array, from: number, bytes: number): void {
    for (let n = 0; n < bytes; n++) data[from + n] &= this.page[n];
    this.page.fill(ERASED);
  }

  private begin(address: number, change: (data: Uint8Array, from: number, bytes: number) => void): void {
    const { scheduler, core } = this.context;
    const from = address - (address % this.page.length);
    const section = from >= bootStart(this.cpu, this.fuses) ? 'boot' : 'application';
    const { flash } = this;
    if (flash === undefined || this.fuses.forbidsWriting(section)) return this.endOperation();
    change(flash.data, from, this.page.length);
    flash.changed(from, this.page.length);
    const due = scheduler.now() + Math.round(PAGE_SECONDS * scheduler.rootHz);
    scheduler.schedule(this.hasFinished, due);
    if (from >= this.nrwwStart) core.stall(due);
    else this.stored.SPMCSR[0] |= RWWSB;
    this.change.close();
    this.hook();
    this.update();
  }

  private enableRww(): void {
    this.stored.SPMCSR[0] &= ~RWWSB;
    this.page.fill(ERASED);
  }

  private finish(): void {
    this.stored.SPMCSR[0] &= ~OPERATION;
    this.update();
  }

  // -- LPM.

  /** Fuses, lock bits and the signature row take the place of flash while they are selected; so does the busy section's nothing. */
  private hook(): void {
    const { operation } = this;
    this.cpu.core.hookProgramReads(operation === (SPMEN | BLBSET) || operation === (SPMEN | SIGRD) || (this.stored.SPMCSR[0] & RWWSB) !== 0);
  }

  private load(address: number): number {
    const { operation } = this;
    if (operation === (SPMEN | BLBSET)) return this.answer(this.fuse(address));
    if (operation === (SPMEN | SIGRD)) return this.answer(this.signatureRow(address));
    if ((this.stored.SPMCSR[0] & RWWSB) === 0) this.hook();
    else if (address < this.nrwwStart) {
      this.context.warnings.warn(`${this.context.name} rww`, `${this.context.name}: LPM reads the RWW section, which is busy until RWWSRE: 0xff`);
      return ERASED;
    }
    return this.flash?.data[address % this.flash.bytes] ?? ERASED;
  }

  private answer(value: number): number {
    this.endOperation();
    return value;
  }

  private fuse(address: number): number {
    const { low, lock, extended, high } = this.fuses;
    return [low, lock, extended, high][address & 3];
  }

  private signatureRow(address: number): number {
    if (address === 1) return this.options.osccal;
    return (address & 1) === 0 && address < 6 ? this.fuses.signature(address >> 1) : ERASED;
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), change: this.change.save(), page: this.page.slice(), hasFinished: saveEvent(this.hasFinished) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    const { page } = from;
    if (!(page instanceof Uint8Array) || page.length !== this.page.length) throw new Error(`${name}: the snapshot has no page buffer of ${this.page.length} bytes; restore one taken from the same model`);
    this.registers.restore(partFrom(from, 'registers', name));
    this.change.load(numberFrom(from, 'change', name));
    this.page = page.slice();
    restoreEvent(scheduler, this.hasFinished, from['hasFinished']);
    this.hook();
    this.update();
  }
}

export const SPM_BLOCK = defineBlock({
  irqs: ['ready'],
  clocks: ['cpu'],
  options: z.strictObject({ registers: PLACES, osccal: z.int().min(0).max(255).default(0x9f) }),
  create: (context, options) => new Spm(context, options),
});
