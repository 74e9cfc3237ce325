/**
 * AVR external interrupts INTn and pin change interrupts PCINTn.
 * Source: ATmega328P data sheet DS40002061B, chapter 13; ATmega2560 data sheet DS40002211A, chapter 15. Flags are set with
 * the edge, without the synchroniser's two or three cycles.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bits } from '../registers/index.js';
import { AVR_PADS, PAD_NAME, type AvrPads } from './pads.js';
import { PLACES, placeRegisters, type Places, type Template } from './registers.js';
import { AVR_SIGNALS, type AvrSignals } from './signals.js';
import { AVR_SYSTEM, type AvrSystem } from './system.js';

export const EXTERNAL_INTERRUPTS = {
  EICRA:  { fields: { ISC: bits(0, 7) } },
  EICRB:  { fields: { ISC: bits(0, 7) } },
  EIMSK:  { fields: { INT: bits(0, 7) } },
  EIFR:   { kind: 'w1c', fields: { INTF: bits(0, 7) } },
  PCICR:  { fields: { PCIE: bits(0, 2) } },
  PCIFR:  { kind: 'w1c', fields: { PCIF: bits(0, 2) } },
  PCMSK0: {},
  PCMSK1: {},
  PCMSK2: {},
} as const satisfies Template;

export const EXTERNAL_REQUIRED: readonly string[] = Object.keys(EXTERNAL_INTERRUPTS).filter((name) => name !== 'EICRB');

const MOST_INTS = 8;
const PCINT_GROUPS = 3;
/** ISC: low level, any edge, falling, rising. */
const LOW_LEVEL = 0;
const FALLING = 2;
const RISING = 3;

export interface ExternalOptions {
  readonly int: readonly string[];
  readonly pcint: readonly (readonly string[])[];
  readonly asynchronous: number;
  readonly registers: Places;
}

export class ExternalInterrupts extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored;
  private readonly pads: AvrPads;
  private readonly signals: AvrSignals;
  private readonly system: AvrSystem;
  private readonly ints: readonly Line[];
  private readonly changes: readonly Line[];
  /** What ends the watching of a PCINT pin, by number. */
  private readonly watching: ((() => void) | undefined)[] = [];
  private isFollowing = false;

  constructor(private readonly context: BlockContext, private readonly options: ExternalOptions) {
    super();
    this.pads = context.shared(AVR_PADS);
    this.signals = context.shared(AVR_SIGNALS);
    this.system = context.shared(AVR_SYSTEM);
    this.ints = options.int.map((_, n) => context.irq(`int${n}`, () => this.clear('EIFR', n)));
    this.changes = options.pcint.map((_, n) => context.irq(`pcint${n}`, () => this.clear('PCIFR', n)));
    const update = (): void => this.update();
    const mask = (group: number) => (value: number): void => this.watch(group, value);
    const { block, stored } = placeRegisters(context, EXTERNAL_INTERRUPTS, { instance: '', places: options.registers, required: EXTERNAL_REQUIRED }, {
      onWrite: { EICRA: update, EICRB: update, EIMSK: update, EIFR: update, PCICR: update, PCIFR: update, PCMSK0: mask(0), PCMSK1: mask(1), PCMSK2: mask(2) },
    });
    this.registers = block;
    this.stored = stored;
  }

  override reset(): void {
    this.registers.reset();
    this.follow();
    for (let group = 0; group < PCINT_GROUPS; group++) this.watch(group, 0);
    this.update();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), isFollowing: Number(this.isFollowing) };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    if (numberFrom(from, 'isFollowing', this.context.name) !== 0) this.follow();
    const { PCMSK0, PCMSK1, PCMSK2 } = this.stored;
    [PCMSK0, PCMSK1, PCMSK2].forEach((mask, group) => this.watch(group, mask[0]));
    this.update();
  }

  private clear(register: 'EIFR' | 'PCIFR', n: number): void {
    this.stored[register][0] &= ~(1 << n);
    this.update();
  }

  private senseOf(n: number): number {
    return ((n < 4 ? this.stored.EICRA[0] : this.stored.EICRB[0]) >> (2 * (n & 3))) & 3;
  }

  private follow(): void {
    if (this.isFollowing) return;
    this.isFollowing = true;
    this.options.int.forEach((name, n) => this.pads.find(name)?.net.followLevel((level) => this.edge(n, level)));
  }

  private edge(n: number, level: boolean): void {
    const sense = this.senseOf(n);
    if (sense === LOW_LEVEL) {
      this.update();
      return;
    }
    if ((sense === FALLING && level) || (sense === RISING && !level)) return;
    // Edges of these pins are found by the I/O clock.
    if (n >= this.options.asynchronous && !this.system.clockRuns('io')) return;
    const wasSet = ((this.stored.EIFR[0] >> n) & 1) === 1;
    this.stored.EIFR[0] |= 1 << n;
    this.update();
    if (n === 0 && !wasSet) this.signals.trigger('INT0');
  }

  /** Pins whose mask bit is set are watched, no others. */
  private watch(group: number, mask: number): void {
    const names = this.options.pcint[group] ?? [];
    names.forEach((name, index) => {
      const n = 8 * group + index;
      const isWanted = ((mask >> index) & 1) === 1;
      if (isWanted === (this.watching[n] !== undefined)) return;
      this.watching[n]?.();
      this.watching[n] = isWanted ? this.pads.find(name)?.net.followLevel(() => this.changed(group)) : undefined;
    });
  }

  private changed(group: number): void {
    this.stored.PCIFR[0] |= 1 << group;
    this.update();
  }

  private update(): void {
    const { EIFR, EIMSK, PCIFR, PCICR } = this.stored;
    for (let n = 0; n < this.ints.length; n++) {
      const isEnabled = ((EIMSK[0] >> n) & 1) === 1;
      const isLow = this.senseOf(n) === LOW_LEVEL;
      if (isLow) EIFR[0] &= ~(1 << n);
      this.ints[n].set(isEnabled && (isLow ? this.pads.find(this.options.int[n])?.pin.level === false : ((EIFR[0] >> n) & 1) === 1));
    }
    for (let n = 0; n < this.changes.length; n++) this.changes[n].set(((PCIFR[0] & PCICR[0]) >> n & 1) === 1);
  }
}

const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${name}${n}`);

export const EXTERNAL_INTERRUPTS_BLOCK = defineBlock({
  irqs: [...numbered('int', MOST_INTS), ...numbered('pcint', PCINT_GROUPS)],
  options: z.strictObject({
    /** Pads of INT0, INT1, ... */
    int: z.array(PAD_NAME).max(MOST_INTS).default([]),
    /** Pads of each group of pin change interrupts, from its bit 0 on. */
    pcint: z.array(z.array(PAD_NAME).max(8)).max(PCINT_GROUPS).default([]),
    /** How many INT pins, from INT0 on, find edges without the I/O clock. */
    asynchronous: z.int().min(0).max(MOST_INTS).default(0),
    registers: PLACES,
  }),
  create: (context, options) => new ExternalInterrupts(context, options),
});
