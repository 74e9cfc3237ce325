/**
 * AVR EEPROM behind its registers.
 * Source: ATmega328P data sheet DS40002061B, 8.4 and 8.6; ATmega2560 data sheet DS40002211A, 8.3 and 8.6. Erase and write together
 * take 26,368 cycles of the calibrated oscillator (table 8-2), either alone 1.8 ms (table 8-1).
 * Not modelled: a write that an interrupt or a reset spoils.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type ChipMemory } from '../block.js';
import { bit, bits } from '../registers/index.js';
import { AVR_CPU, type AvrCpu } from './cpu.js';
import { AVR_MEMORY } from './memories.js';
import { PLACES, placeRegisters, type Places, type Placed, type Template } from './registers.js';
import { TimedChange } from './timed-change.js';

export const EEPROM = {
  EECR:  { fields: { EERE: bit(0), EEPE: bit(1), EEMPE: bit(2), EERIE: bit(3), EEPM: bits(4, 5) } },
  EEDR:  {},
  EEARL: {},
  EEARH: {},
} as const satisfies Template;

const EERE = 1, EEPE = 2, EEMPE = 4, EERIE = 8, EEPM = 0x30;
const READ_HALT_CYCLES = 4;
const WRITE_HALT_CYCLES = 2;
/** By EEPM: erase and write, erase, write; 11 is reserved. */
const SECONDS = [26_368 / 8e6, 1.8e-3, 1.8e-3, 26_368 / 8e6];
const ERASES = 0b1011, WRITES = 0b1101;

export class Eeprom extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored: Placed<typeof EEPROM>['stored'];
  private readonly cpu: AvrCpu;
  private readonly bytes: number;
  private readonly change: TimedChange;
  private readonly ready: Line;
  /** Of the write under way. */
  private readonly hasWritten = timedEvent(() => this.update());

  constructor(private readonly context: BlockContext, { registers: places, size }: { registers: Places; size: number }) {
    super();
    this.cpu = context.shared(AVR_CPU);
    this.bytes = size;
    this.change = new TimedChange(context.clock('cpu'));
    this.ready = context.irq('ready');
    const keep = (name: 'EEARL' | 'EEARH' | 'EEDR') => (_value: number, _index: number, old: number): void => {
      if (this.isWriting) this.stored[name][0] = old;
    };
    const { block, stored } = placeRegisters(context, EEPROM, { instance: '', places }, {
      onRead: { EECR: () => this.readEECR() }, onPeek: { EECR: () => this.readEECR() },
      onWrite: { EECR: (value, _index, old) => this.writeEECR(value, old), EEARL: keep('EEARL'), EEARH: keep('EEARH'), EEDR: keep('EEDR') },
    });
    this.registers = block;
    this.stored = stored;
    this.cpu.isWritingEeprom = () => this.isWriting;
  }

  /** @throws Error when the chip file has no such memory */
  private get memory(): ChipMemory {
    const memory = this.context.memories.find(AVR_MEMORY.eeprom, this.bytes);
    if (memory === undefined) throw new Error(`${this.context.name} needs a memory of ${this.bytes} bytes at 0x${AVR_MEMORY.eeprom.toString(16)}`);
    return memory;
  }

  private get isWriting(): boolean {
    return this.hasWritten.slot >= 0;
  }

  private get address(): number {
    return ((this.stored.EEARH[0] << 8) | this.stored.EEARL[0]) % this.bytes;
  }

  /** A write that is under way goes on. */
  override reset(kind?: string): void {
    this.registers.reset();
    this.change.close();
    if (kind === 'power-on') this.context.scheduler.cancel(this.hasWritten);
    this.update();
  }

  private readEECR(): number {
    return (this.stored.EECR[0] & (EERIE | EEPM)) | (this.change.isOpen ? EEMPE : 0) | (this.isWriting ? EEPE : 0);
  }

  private writeEECR(value: number, old: number): void {
    const mode = this.isWriting ? old & EEPM : value & EEPM;
    this.stored.EECR[0] = (value & EERIE) | mode;
    const mayWrite = this.change.isOpen && !this.isWriting && !this.cpu.isWritingFlash();
    if ((value & EEPE) !== 0 && mayWrite) this.program(mode >> 4);
    else if ((value & EEMPE) !== 0 && (value & EEPE) === 0) this.change.open();
    if ((value & EERE) !== 0 && !this.isWriting) this.fetch();
    this.update();
  }

  private fetch(): void {
    this.stored.EEDR[0] = this.memory.data[this.address];
    this.cpu.core.addCycles(READ_HALT_CYCLES);
  }

  private program(mode: number): void {
    const { scheduler } = this.context;
    const { address, memory: { data } } = this;
    this.change.close();
    if (((ERASES >> mode) & 1) !== 0) data[address] = 0xff;
    if (((WRITES >> mode) & 1) !== 0) data[address] &= this.stored.EEDR[0];
    this.memory.changed(address, 1);
    scheduler.schedule(this.hasWritten, scheduler.now() + Math.round(SECONDS[mode] * scheduler.rootHz));
    this.cpu.core.addCycles(WRITE_HALT_CYCLES);
  }

  private update(): void {
    this.ready.set((this.stored.EECR[0] & EERIE) !== 0 && !this.isWriting);
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), change: this.change.save(), hasWritten: saveEvent(this.hasWritten) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.change.load(numberFrom(from, 'change', name));
    restoreEvent(scheduler, this.hasWritten, from['hasWritten']);
    this.update();
  }
}

export const EEPROM_BLOCK = defineBlock({
  irqs: ['ready'],
  clocks: ['cpu'],
  options: z.strictObject({ registers: PLACES, size: z.int().min(64).max(0x1_0000) }),
  create: (context, options) => new Eeprom(context, options),
});
