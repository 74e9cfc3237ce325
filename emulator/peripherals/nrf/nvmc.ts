/**
 * Nordic NVMC: writes and erases flash and UICR.
 * Source: nRF52840 Product Specification v1.1, NVMC (41 us per word, 85 ms per page, 169 ms for all); nRF52833 Product
 * Specification v1.5 (42.5 us, 87.5 ms, 173 ms); nRF51822 Product Specification v3.3 (46.3 us, 22.3 ms, 22.3 ms): the longest of
 * each. Confirmed: 85 ms and 87 ms by nrfx (NVMC_PAGE_ERASE_DURATION_MS), the nRF52833's three by BabbleSim's hardware models, 41 us
 * by Nordic's SoftDevice specification for the nRF52810, another chip with pages of 4 KB that take 85 ms. Not confirmed: the nRF51's, and 169 ms.
 * The core stands still meanwhile, also when its code is in RAM, where silicon lets it go on until it needs flash.
 * The page of an unfinished partial erase keeps its contents, on silicon they are undefined. The instruction cache has no
 * effect, and IHIT and IMISS count nothing.
 */
import { z } from 'zod';
import { BusError } from '../../bus/types.js';
import type { AccessBytes, Snapshot } from '../../bus/types.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext, type ChipMemory } from '../block.js';
import { bit, bits, choice, RegisterBlock, registerMap } from '../registers/index.js';
import { FLASH_PROTECTION, type FlashProtection } from './flash-protection.js';
import { rootTicksOf } from './low-frequency.js';
import { UICR_BASE } from './uicr.js';

const STATE = { Busy: 0, Ready: 1 } as const;

export const NVMC = registerMap({
  READY:               { at: 0x400, kind: 'ro', reset: 1, fields: { READY: choice(0, 0, STATE) } },
  READYNEXT:           { at: 0x408, kind: 'ro', reset: 1, fields: { READYNEXT: choice(0, 0, STATE) } },
  CONFIG:              { at: 0x504, fields: { WEN: choice(0, 1, { Ren: 0, Wen: 1, Een: 2 }) } },
  ERASEPAGE:           { at: 0x508 },   // also ERASEPCR1
  ERASEALL:            { at: 0x50c, fields: { ERASEALL: choice(0, 0, { NoOperation: 0, Erase: 1 }) } },
  ERASEPCR0:           { at: 0x510 },
  ERASEUICR:           { at: 0x514, fields: { ERASEUICR: choice(0, 0, { NoOperation: 0, Erase: 1 }) } },
  ERASEPAGEPARTIAL:    { at: 0x518 },
  ERASEPAGEPARTIALCFG: { at: 0x51c, reset: 10, fields: { DURATION: bits(0, 6) } },   // milliseconds
  ICACHECNF:           { at: 0x540, fields: { CACHEEN: bit(0), CACHEPROFEN: bit(8) } },
  IHIT:                { at: 0x548, unmodelled: true },
  IMISS:               { at: 0x54c, unmodelled: true },
});

/** Microseconds, and bytes of a page; `writes`: how often a word may be written between erases (nWRITE). */
const GENERATIONS = {
  nrf51:    { write: 46.3, page: 22_300, all: 22_300, pageBytes: 1024, writes: 2 },
  nrf52833: { write: 42.5, page: 87_500, all: 173_000, pageBytes: 4096, writes: 2 },
  nrf52840: { write: 41,   page: 85_000, all: 169_000, pageBytes: 4096, writes: 2 },
} as const;
/** Words and pages of which a snapshot remembers something: all of a megabyte. */
const MOST_NOTES = 2 ** 19;

export class Nvmc extends RegisterPeripheral {
  protected readonly registers: RegisterBlock<typeof NVMC.spec>;
  private readonly generation;
  private readonly code: ChipMemory | undefined;
  private readonly uicr: ChipMemory | undefined;
  private readonly protection: FlashProtection;
  /** Root tick at which the operation under way is over. */
  private busyUntil = 0;
  /** Writes since the last erase, by the word's address. */
  private readonly writes = new Map<number, number>();
  /** Milliseconds of partial erases so far, by the page's address. */
  private readonly partial = new Map<number, number>();

  constructor(private readonly context: BlockContext, family: keyof typeof GENERATIONS) {
    super();
    this.generation = GENERATIONS[family];
    this.code = context.memories.find(0, 4);
    this.uicr = context.memories.find(UICR_BASE, 4);
    this.protection = context.shared(FLASH_PROTECTION);
    for (const memory of [this.code, this.uicr]) if (memory) memory.onStore = (offset, value, bytes) => this.store(memory, offset, value, bytes);
    const ready = (): number => (context.scheduler.now() >= this.busyUntil ? 1 : 0);
    const erasePage = (value: number): void => this.whenErasing('ERASEPAGE', () => this.erasePage(value));
    this.registers = new RegisterBlock(NVMC, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: { READY: ready, READYNEXT: ready },
      onPeek: { READY: ready, READYNEXT: ready },
      onWrite: {
        ERASEPAGE: erasePage,
        ERASEPCR0: erasePage,
        ERASEALL: (value) => { if (value === 1) this.whenErasing('ERASEALL', () => this.eraseAll()); },
        ERASEUICR: (value) => { if (value === 1) this.whenErasing('ERASEUICR', () => this.eraseUicr()); },
        ERASEPAGEPARTIAL: (value) => this.whenErasing('ERASEPAGEPARTIAL', () => this.erasePartOf(value)),
      },
    });
  }

  /** Flash stays what it is, and an operation under way goes on to its end. */
  override reset(kind?: string): void {
    this.registers.reset();
    if (kind !== 'power-on') return;
    this.busyUntil = 0;
    this.writes.clear();
    this.partial.clear();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), busyUntil: this.busyUntil, writes: [...this.writes].flat(), partial: [...this.partial].flat() };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.busyUntil = numberFrom(from, 'busyUntil', name);
    fill(this.writes, numbersFrom(from, 'writes', name, 2 * MOST_NOTES));
    fill(this.partial, numbersFrom(from, 'partial', name, 2 * MOST_NOTES));
  }

  /** The core stands still from now until what it has asked for is done. */
  private occupy(microseconds: number): void {
    const { scheduler, core } = this.context;
    this.busyUntil = Math.max(this.busyUntil, scheduler.now()) + rootTicksOf(scheduler, microseconds);
    core.stall(this.busyUntil);
  }

  // -- Writing: whole words alone; bits go from 1 to 0.

  private store(memory: ChipMemory, offset: number, value: number, bytes: AccessBytes): void {
    const address = memory.base + offset;
    if (!this.registers.is('CONFIG', 'WEN', 'Wen')) throw new BusError(address, `${memory.name} is written while NVMC.CONFIG does not enable it (WEN = Wen)`);
    if (bytes !== 4) throw new BusError(address, `${memory.name} takes only whole words, not ${8 * bytes} bits`);
    if (memory === this.code && this.protection.forbids(address)) throw new BusError(address, `${memory.name} is protected from being written there`);
    this.count(address);
    const view = new DataView(memory.data.buffer, memory.data.byteOffset);
    view.setUint32(offset, view.getUint32(offset, true) & value, true);
    memory.changed(offset, 4);
    this.occupy(this.generation.write);
  }

  private count(address: number): void {
    const { name, warnings } = this.context;
    const times = (this.writes.get(address) ?? 0) + 1;
    if (times > this.generation.writes) warnings.warn(`${name} wear`, `${name}: the word at 0x${address.toString(16)} is written for the ${times}. time since it was erased; the chip is specified for ${this.generation.writes}`);
    if (times <= 255) this.writes.set(address, times);
  }

  // -- Erasing.

  private whenErasing(register: string, act: () => void): void {
    const { name, warnings } = this.context;
    if (this.registers.is('CONFIG', 'WEN', 'Een')) act();
    else warnings.warn(`${name} ${register}`, `${name}: ${register} written while CONFIG does not enable erasing (WEN = Een), which does nothing`);
  }

  private pageAt(address: number): number | undefined {
    if (!this.code || address >= this.code.base + this.code.bytes) return undefined;
    return address - (address % this.generation.pageBytes);
  }

  private erasePage(address: number): void {
    const page = this.pageAt(address);
    if (page === undefined) return;
    if (this.protection.forbids(page)) throw new BusError(address, 'the page is protected from being erased');
    this.blank(this.code!, page, this.generation.pageBytes);
    this.occupy(this.generation.page);
  }

  /** A page counts as erased once its partial erases together have lasted as long as a whole one. */
  private erasePartOf(address: number): void {
    const page = this.pageAt(address);
    if (page === undefined) return;
    if (this.protection.forbids(page)) throw new BusError(address, 'the page is protected from being erased');
    const milliseconds = this.registers.get('ERASEPAGEPARTIALCFG');
    const total = (this.partial.get(page) ?? 0) + milliseconds;
    this.partial.set(page, total);
    if (1000 * total >= this.generation.page) this.blank(this.code!, page, this.generation.pageBytes);
    this.occupy(1000 * milliseconds);
  }

  private eraseAll(): void {
    const { code } = this;
    if (code) {
      for (let page = 0; page < code.bytes; page += this.generation.pageBytes) {
        if (this.protection.forbids(code.base + page)) throw new BusError(code.base + page, 'the page is protected from being erased');
      }
      this.blank(code, 0, code.bytes);
    }
    if (this.uicr) this.blank(this.uicr, 0, this.uicr.bytes);
    this.occupy(this.generation.all);
  }

  private eraseUicr(): void {
    if (this.uicr) this.blank(this.uicr, 0, this.uicr.bytes);
    this.occupy(this.generation.page);
  }

  private blank(memory: ChipMemory, offset: number, bytes: number): void {
    memory.data.fill(0xff, offset, offset + bytes);
    memory.changed(offset, bytes);
    const first = memory.base + offset;
    for (const address of [...this.writes.keys()]) if (address >= first && address < first + bytes) this.writes.delete(address);
    for (const page of [...this.partial.keys()]) if (page >= first && page < first + bytes) this.partial.delete(page);
  }
}

function fill(map: Map<number, number>, pairs: readonly number[]): void {
  map.clear();
  for (let i = 0; i + 1 < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
}

export const NVMC_BLOCK = defineBlock({
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52833', 'nrf52840']) }),
  create: (context, { family }) => new Nvmc(context, family),
});
