/**
 * MPS2 serial configuration controller: image identification, remap, user LEDs and switches of the board controller,
 * and the mailbox through which firmware reads and sets the board's oscillators.
 * Source: V2M-MPS2 TRM (100112), "SCC registers"; DAI 0385D; behaviour of the mailbox as QEMU 7.2's mps2-scc.
 * Not modelled: the remap of block RAM (the images boot from ZBT RAM at 0), and clocks that follow the oscillators.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, RegisterBlock, registerMap } from '../registers/index.js';

export const SCC = registerMap({
  CFG_REG0:    { at: 0x000, raz: false, fields: { REMAP: bit(0) } },
  CFG_REG1:    { at: 0x004, raz: false, fields: { LEDS: bits(0, 7) } },
  CFG_REG2:    { at: 0x008, kind: 'reserved' },
  CFG_REG3:    { at: 0x00c, kind: 'ro', fields: { SWITCHES: bits(0, 7) } },
  CFG_REG4:    { at: 0x010, kind: 'ro', fields: { REVISION: bits(0, 3) } },
  CFGDATA_RTN: { at: 0x0a0, kind: 'ro' },
  CFGDATA_OUT: { at: 0x0a4 },
  CFGCTRL:     { at: 0x0a8, reset: 0x0010_0000, fields: { DEVICE: bits(0, 11), FUNCTION: bits(20, 25), WRITE: bit(30), START: bit(31, { kind: 'wo' }) } },
  CFGSTAT:     { at: 0x0ac, kind: 'ro', fields: { COMPLETE: bit(0), ERROR: bit(1) } },
  DLL:         { at: 0x100, reset: 0xffff_0001, fields: { LOCKED: bit(0, { kind: 'ro' }), DLL_LOCKED: bits(16, 23, { kind: 'ro' }), LOCK_MASK: bits(24, 31) } },
  AID:         { at: 0xff8, kind: 'ro' },
  ID:          { at: 0xffc, kind: 'ro' },
});

const START = 0x8000_0000;
/** V2M-MPS2 TRM, SYS_CFGCTRL function 1: oscillator frequency in Hz. */
const FUNCTION_OSCILLATOR = 1;
const STATUS = { complete: 0b01, failed: 0b11 } as const;

export interface SccOptions {
  readonly id: number;
  readonly aid: number;
  readonly boardRevision: number;
  /** Hz at power-on, by device number. */
  readonly oscillators: readonly number[];
}

export class Scc extends RegisterPeripheral {
  protected readonly registers;
  private oscillators: number[] = [];

  constructor(private readonly context: BlockContext, private readonly options: SccOptions) {
    super();
    const fixed = { AID: () => options.aid, ID: () => options.id, CFG_REG4: () => options.boardRevision };
    this.registers = new RegisterBlock(SCC, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: fixed,
      onPeek: fixed,
      onWrite: {
        CFG_REG0: (value) => this.remap(value),
        CFGCTRL: (_new, _index, _old, written) => this.command(written),
      },
    });
    this.reset();
  }

  override reset(): void {
    this.registers.reset();
    this.oscillators = [...this.options.oscillators];
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), oscillators: [...this.oscillators] };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.oscillators = numbersFrom(from, 'oscillators', this.context.name, this.options.oscillators.length);
  }

  private remap(value: number): void {
    if ((value & 1) === 0) return;
    this.context.warnings.warn(`${this.context.name}.REMAP`, `${this.context.name}: CFG_REG0.REMAP is stored but remaps nothing; ZBT RAM stays at address 0`);
  }

  private command(written: number): void {
    this.registers.set('CFGCTRL', this.registers.get('CFGCTRL') & ~START);
    this.registers.set('CFGSTAT', 0);
    if ((written & START) !== 0) this.registers.set('CFGSTAT', this.oscillatorCommand() ? STATUS.complete : STATUS.failed);
  }

  /** @returns whether function and device exist */
  private oscillatorCommand(): boolean {
    const device = this.registers.field('CFGCTRL', 'DEVICE');
    if (this.registers.field('CFGCTRL', 'FUNCTION') !== FUNCTION_OSCILLATOR || device >= this.oscillators.length) return false;
    if (this.registers.field('CFGCTRL', 'WRITE') === 0) {
      this.registers.set('CFGDATA_RTN', this.oscillators[device]);
      return true;
    }
    const hz = this.registers.get('CFGDATA_OUT');
    if (hz !== this.oscillators[device]) {
      this.context.warnings.warn(`${this.context.name}.oscillator`, `${this.context.name}: oscillator ${device} set to ${hz} Hz is read back, but the clocks keep their frequency`);
    }
    this.oscillators[device] = hz;
    return true;
  }
}

const word = z.int().min(0).max(0xffff_ffff);

export const SCC_BLOCK = defineBlock({
  options: z.strictObject({
    id: word,
    aid: word,
    boardRevision: z.int().min(0).max(15),
    oscillators: z.array(z.int().min(1).max(0xffff_ffff)).min(1).max(16),
  }),
  create: (context, options) => new Scc(context, options),
});
