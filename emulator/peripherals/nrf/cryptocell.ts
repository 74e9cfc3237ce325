/**
 * Arm CryptoCell-310 as nRF52840 has it: Nordic's ENABLE, the host registers that Nordic documents, and the true random number
 * generator. Source: nRF52840 Product Specification v1.1, CRYPTOCELL; the generator's registers are those of Arm's public header
 * dx_rng.h for CC310 (TRNG_CONFIG, EHR_DATA, SAMPLE_CNT1 and so on, 0x1000 past the base). An entropy register of 192 bits fills
 * after 192 * SAMPLE_CNT1 cycles of 64 MHz, twice that because the von Neumann balancer drops bits. Not modelled: cipher, hash
 * and public-key engines; random bits never fail a test.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Line } from '../../bus/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, RegisterBlock, registerMap } from '../registers/index.js';

const SOURCES = { EHR_VALID: bit(0), AUTOCORR_ERR: bit(1), CRNGT_ERR: bit(2), VN_ERR: bit(3) } as const;
const EHR_WORDS = 6;

export const CRYPTOCELL = registerMap({
  ENABLE:              { at: 0x500, fields: { ENABLE: choice(0, 0, { Disabled: 0, Enabled: 1 }) } },
  RNG_IMR:             { at: 0x1100, reset: 0xf, fields: SOURCES },
  RNG_ISR:             { at: 0x1104, kind: 'ro', fields: SOURCES },
  RNG_ICR:             { at: 0x1108, kind: 'wo', fields: SOURCES },
  TRNG_CONFIG:         { at: 0x110c, fields: { RND_SRC_SEL: bits(0, 1) } },
  TRNG_VALID:          { at: 0x1110, kind: 'ro', fields: { VALUE: bit(0) } },
  EHR_DATA:            { at: 0x1114, kind: 'ro', count: EHR_WORDS },
  RND_SOURCE_ENABLE:   { at: 0x112c, fields: { VALUE: bit(0) } },
  SAMPLE_CNT1:         { at: 0x1130, reset: 0xffff },
  AUTOCORR_STATISTIC:  { at: 0x1134, fields: { AUTOCORR_TRYS: bits(0, 13), AUTOCORR_FAILS: bits(14, 21) } },
  TRNG_DEBUG_CONTROL:  { at: 0x1138, fields: { VNC_BYPASS: bit(1), TRNG_CRNGT_BYPASS: bit(2), AUTO_CORRELATE_BYPASS: bit(3) } },
  RNG_SW_RESET:        { at: 0x1140, kind: 'wo', fields: { VALUE: bit(0) } },
  RNG_DEBUG_EN_INPUT:  { at: 0x11b4, fields: { VALUE: bit(0, { unmodelled: true }) } },
  RNG_BUSY:            { at: 0x11b8, kind: 'ro', fields: { RNG_BUSY: bit(0) } },
  RST_BITS_COUNTER:    { at: 0x11bc, kind: 'wo', fields: { VALUE: bit(0) } },
  RNG_VERSION:         { at: 0x11c0, kind: 'ro' },
  RNG_CLK_ENABLE:      { at: 0x11c4, fields: { EN: bit(0) } },
  RNG_BIST_CNTR:       { at: 0x11e0, kind: 'ro', count: 3, fields: { ROSC_CNTR_VAL: bits(0, 21) } },
  HOST_CRYPTOKEY_SEL:  { at: 0x1a38, unmodelled: true, fields: { HOST_CRYPTOKEY_SEL: choice(0, 1, { K_DR: 0, K_PRTL: 1, Session: 2 }) } },
  HOST_IOT_KPRTL_LOCK: { at: 0x1a4c, unmodelled: true, fields: { HOST_IOT_KPRTL_LOCK: bit(0) } },
  HOST_IOT_KDR0:       { at: 0x1a50, unmodelled: true },
  HOST_IOT_KDR:        { at: 0x1a54, kind: 'wo', count: 3, unmodelled: true },
  HOST_IOT_LCS:        { at: 0x1a60, reset: 2, unmodelled: true, fields: { LCS: choice(0, 2, { Debug: 0, Secure: 2 }), LCS_IS_VALID: bit(8) } },
});

const EHR_VALID = 1;
const CLOCK_HZ = 64_000_000;
const EHR_BITS = 192;

export class CryptoCell extends RegisterPeripheral {
  protected readonly registers;
  private readonly line: Line;
  private readonly stored;
  /** Of a multiplicative congruence modulo 2^32 with mixed output: see `random`. */
  private seed: number;
  private readonly filled = timedEvent(() => this.fill());

  constructor(private readonly context: BlockContext) {
    super();
    this.line = context.irq('irq');
    this.seed = context.seed;
    const refuse = (): number => this.unlessOff();
    this.registers = new RegisterBlock(CRYPTOCELL, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: {
        EHR_DATA: (index, word) => this.take(index, word),
        RNG_ISR: (_index, isr) => isr | refuse(),
        RNG_BUSY: () => (this.filled.slot >= 0 ? 1 : 0),
      },
      onPeek: { RNG_BUSY: () => (this.filled.slot >= 0 ? 1 : 0) },
      onWrite: {
        ENABLE: (isEnabled) => { if (isEnabled === 0) this.halt(); },
        RNG_IMR: () => this.update(),
        RNG_ICR: (_value, _index, _old, written) => this.clear(written),
        RND_SOURCE_ENABLE: (isOn) => (isOn === 1 ? this.collect() : this.halt()),
        SAMPLE_CNT1: () => { if (this.filled.slot >= 0) this.collect(); },
        RNG_SW_RESET: (_value, _index, _old, written) => { if ((written & 1) !== 0) this.restart(); },
        RST_BITS_COUNTER: () => { if (this.filled.slot >= 0) this.collect(); },
      },
    });
    const { registers } = this;
    this.stored = { ISR: registers.storage('RNG_ISR'), VALID: registers.storage('TRNG_VALID'), EHR: registers.storage('EHR_DATA') };
    this.reset();
  }

  override reset(): void {
    this.halt();
    this.registers.reset();
    this.update();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), seed: this.seed, filled: saveEvent(this.filled) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.seed = numberFrom(from, 'seed', name);
    restoreEvent(scheduler, this.filled, from['filled']);
    this.update();
  }

  /** Names firmware that forgot ENABLE. @returns 0 */
  private unlessOff(): number {
    if (this.registers.get('ENABLE') === 0) this.context.warnings.warn(`${this.context.name}.ENABLE`, `${this.context.name}: used while ENABLE is 0; its generator stands still`);
    return 0;
  }

  private halt(): void {
    this.context.scheduler.cancel(this.filled);
  }

  private collect(): void {
    const { scheduler } = this.context;
    this.unlessOff();
    if (this.registers.get('ENABLE') === 0 || this.registers.get('RND_SOURCE_ENABLE') === 0) return;
    const isBalanced = (this.registers.get('TRNG_DEBUG_CONTROL') & 2) === 0;
    const cycles = EHR_BITS * Math.max(1, this.registers.get('SAMPLE_CNT1')) * (isBalanced ? 2 : 1);
    scheduler.schedule(this.filled, scheduler.now() + Math.ceil((cycles * scheduler.rootHz) / CLOCK_HZ));
  }

  private fill(): void {
    for (let n = 0; n < EHR_WORDS; n++) this.stored.EHR[n] = this.random();
    this.stored.VALID[0] = 1;
    this.stored.ISR[0] |= EHR_VALID;
    this.update();
  }

  /** Reading the last word empties the register, and the next is collected. */
  private take(index: number, word: number): number {
    if (index === EHR_WORDS - 1 && this.stored.VALID[0] === 1) {
      this.stored.EHR.fill(0);
      this.stored.VALID[0] = 0;
      this.stored.ISR[0] &= ~EHR_VALID;
      this.update();
      this.collect();
    }
    return word;
  }

  private clear(written: number): void {
    this.stored.ISR[0] &= ~written;
    this.update();
  }

  private restart(): void {
    const isEnabled = this.registers.get('ENABLE');
    this.reset();
    this.registers.set('ENABLE', isEnabled);
  }

  private update(): void {
    this.line.set((this.registers.get('RNG_ISR') & ~this.registers.get('RNG_IMR')) !== 0);
  }

  /** Weyl sequence with the finaliser of MurmurHash3 (A. Appleby, public domain). */
  private random(): number {
    this.seed = (this.seed + 0x9e37_79b9) >>> 0;
    let mixed = this.seed;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }
}

export const CRYPTOCELL_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new CryptoCell(context),
});
