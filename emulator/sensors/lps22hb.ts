/**
 * STMicroelectronics LPS22HB: absolute pressure and temperature with a FIFO of 32 samples, on I2C or SPI.
 * Source: LPS22HB datasheet DocID027083 Rev 6: Table 3 (figures), chapters 4.4 and 9 (offset, reference, thresholds), 5 (FIFO), Table 18
 * (low-pass filter). Identity, layout and digits (4096 per hPa, 100 per degree) are confirmed by STMicroelectronics' driver (lps22hb-pid).
 * From memory: currents (12 uA at 1 Hz, 3 uA with LC_EN, 1 uA in power-down; other rates in proportion), noise, accuracy, and that AUTOZERO
 * and AUTORIFP read 0 once the conversion after them has become the reference. The time of a single conversion is taken as that of
 * the highest rate, the filter as one pole, the clock's tolerance is an estimate. Dynamic-stream mode stores as stream mode does; a FIFO with
 * a trigger waits for INT_SOURCE.IA. Not modelled: 3-wire SPI.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { ModalFifo, type FifoMode } from './fifo.js';
import { LowPass } from './filters.js';
import { clockPpm, Imperfection } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, HalfReads, int16, RegisterFile, setBytes, status } from './register-file.js';
import { rate, Sampler } from './sampler.js';
import { SpiRegisters } from './spi-registers.js';
import { clamped } from './vector-sensor.js';

export const LPS22HB = registerMap({
  INTERRUPT_CFG: byte(0x0b, { fields: { AUTORIFP: bit(7), RESET_ARP: bit(6), AUTOZERO: bit(5), RESET_AZ: bit(4), DIFF_EN: bit(3), LIR: bit(2), PLE: bit(1), PHE: bit(0) } }),
  THS_P_L:       byte(0x0c),
  THS_P_H:       byte(0x0d),
  WHO_AM_I:      status(0x0f, { reset: 0xb1 }),
  CTRL_REG1:     byte(0x10, { fields: { ODR: bits(4, 6), EN_LPFP: bit(3), LPFP_CFG: bit(2), BDU: bit(1), SIM: bit(0) } }),
  CTRL_REG2:     byte(0x11, { reset: 0x10, fields: { BOOT: bit(7), FIFO_EN: bit(6), STOP_ON_FTH: bit(5), IF_ADD_INC: bit(4), I2C_DIS: bit(3), SWRESET: bit(2), ONE_SHOT: bit(0) } }),
  CTRL_REG3:     byte(0x12, { fields: { INT_H_L: bit(7), PP_OD: bit(6), F_FSS5: bit(5), F_FTH: bit(4), F_OVR: bit(3), DRDY: bit(2), INT_S: bits(0, 1) } }),
  FIFO_CTRL:     byte(0x14, { fields: { F_MODE: bits(5, 7), WTM: bits(0, 4) } }),
  REF_P_XL:      byte(0x15),
  REF_P_L:       byte(0x16),
  REF_P_H:       byte(0x17),
  RPDS_L:        byte(0x18),
  RPDS_H:        byte(0x19),
  RES_CONF:      byte(0x1a, { fields: { LC_EN: bit(0) } }),
  INT_SOURCE:    status(0x25, { fields: { BOOT_STATUS: bit(7), IA: bit(2), PL: bit(1), PH: bit(0) } }),
  FIFO_STATUS:   status(0x26, { fields: { FTH_FIFO: bit(7), OVR: bit(6), FSS: bits(0, 5) } }),
  STATUS:        status(0x27, { fields: { T_OR: bit(5), P_OR: bit(4), T_DA: bit(1), P_DA: bit(0) } }),
  PRESS_OUT_XL:  status(0x28),
  PRESS_OUT_L:   status(0x29),
  PRESS_OUT_H:   status(0x2a),
  TEMP_OUT_L:    status(0x2b),
  TEMP_OUT_H:    status(0x2c),
  LPFP_RES:      status(0x33),
});

/** By ODR; 0: one conversion when asked. */
const HZ = [0, 1, 10, 25, 50, 75, 0, 0] as const;
const ONE_SHOT_HZ = 75;
const DIGITS_PER_PASCAL = 4096 / 100;
const DIGITS_PER_DEGREE = 100;
/** THS_P is in sixteenths of an hPa; RPDS in 256 digits, which is the same. */
const COARSE_DIGITS = 256;
const MOST_PASCAL = 126_000;
const LEAST_PASCAL = 26_000;
const FIFO_DEPTH = 32;
const OUTPUT = { first: 0x28, pressureEnd: 0x2a, last: 0x2c } as const;
const INT_SOURCE_AT = 0x25, LPFP_RES_AT = 0x33;
const CFG = { AUTORIFP: 0x80, RESET_ARP: 0x40, AUTOZERO: 0x20, RESET_AZ: 0x10, DIFF_EN: 0x08, LIR: 0x04, PLE: 0x02, PHE: 0x01 } as const;
const SOURCE = { IA: 4, PL: 2, PH: 1 } as const;
const ROUTE = { F_FSS5: 0x20, F_FTH: 0x10, F_OVR: 0x08, DRDY: 0x04 } as const;
/** By F_MODE; 5 is reserved. */
const FIFO_MODES: readonly FifoMode[] = ['bypass', 'fifo', 'stream', 'stream-to-fifo', 'bypass-to-stream', 'bypass', 'stream', 'bypass-to-fifo'];
/** Table 18: bandwidth over output rate: without the filter, by LPFP_CFG with it. */
const BANDWIDTH = { unfiltered: 1 / 2, filtered: [1 / 9, 1 / 20] } as const;
/** Table 3, microamps: power-down; what each conversion in a second adds, in low-noise and in low-current mode. */
const MICROAMPS = { powerDown: 1, perHz: [11, 2] } as const;
/** Table 3: 0.75 Pa rms, taken as of 75 Hz through ODR/20; absolute accuracy 10 Pa; 1.5 degrees. */
const ERRORS = {
  pressure: { noiseDensity: 0.75 / Math.sqrt(75 / 20), offset: 10, offsetPerDegree: 0.1, sensitivity: 0 },
  temperature: { noiseDensity: 0.01, offset: 1.5, offsetPerDegree: 0, sensitivity: 0 },
} as const;
const CLOCK_TOLERANCE = 0.05;

class Lps22hb {
  readonly file: RegisterFile<typeof LPS22HB.spec>;
  readonly parts: Readonly<Record<string, Stateful>>;
  private readonly drdy: InterruptPin;
  private readonly sampler: Sampler;
  private readonly fifo = new ModalFifo(FIFO_DEPTH, 2);
  private readonly filter = new LowPass(1);
  private readonly halves = new HalfReads(OUTPUT.first, 2);
  private readonly errors;
  private readonly input = new Float64Array(1);
  private readonly outputs;
  /** Whether outputs, or thresholds alone, count from REF_P; and which of the two waits for a conversion to take it from. */
  private zero = { autozero: false, autorifp: false, isAwaited: false };

  constructor(private readonly context: PartContext) {
    const { name, scheduler, warnings } = context;
    this.drdy = new InterruptPin(`${name} int_drdy`, context.pin('int_drdy'));
    this.errors = { pressure: new Imperfection(context, 0, ERRORS.pressure), temperature: new Imperfection(context, 1, ERRORS.temperature) };
    this.sampler = new Sampler(scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    this.file = new RegisterFile(LPS22HB, {
      instance: name, warnings,
      choose: (first) => ({ offset: first & 0x7f, increments: this.increments }),
      // A burst out of the FIFO goes through several samples.
      next: (offset) => (offset === OUTPUT.last && this.usesFifo ? OUTPUT.first : offset + 1),
      onStart: () => this.sampler.catchUp(),
      onRead: { FIFO_STATUS: () => (this.isAtWatermark ? 0x80 : 0) | (this.fifo.hasOverrun ? 0x40 : 0) | this.fifo.level },
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: { INTERRUPT_CFG: (value) => this.setReference(value), CTRL_REG1: () => this.configure(), CTRL_REG2: (value) => this.command(value), CTRL_REG3: () => this.configure(), FIFO_CTRL: () => this.setFifo(), RES_CONF: () => this.tellCurrent() },
    });
    const { registers } = this.file;
    this.outputs = {
      pressure: [registers.storage('PRESS_OUT_XL'), registers.storage('PRESS_OUT_L'), registers.storage('PRESS_OUT_H')],
      temperature: [registers.storage('TEMP_OUT_L'), registers.storage('TEMP_OUT_H')],
      reference: [registers.storage('REF_P_XL'), registers.storage('REF_P_L'), registers.storage('REF_P_H')],
    };
    const own: Stateful = {
      reset: () => { this.zero = { autozero: false, autorifp: false, isAwaited: false }; },
      snapshot: () => ({ ...this.zero }),
      restore: (from: Snapshot) => { this.zero = { autozero: from['autozero'] === true, autorifp: from['autorifp'] === true, isAwaited: from['isAwaited'] === true }; },
    };
    this.parts = { file: this.file, sampler: this.sampler, fifo: this.fifo, filter: this.filter, halves: this.halves, own };
  }

  /** After a reset. */
  begin(): void {
    this.drdy.release();
    this.tellCurrent();
  }

  get increments(): boolean { return this.file.registers.field('CTRL_REG2', 'IF_ADD_INC') !== 0; }
  private get usesFifo(): boolean { return this.file.registers.field('CTRL_REG2', 'FIFO_EN') !== 0 && this.file.registers.field('FIFO_CTRL', 'F_MODE') !== 0; }
  private get isAtWatermark(): boolean { return this.usesFifo && this.fifo.level > 0 && this.fifo.level >= this.file.registers.field('FIFO_CTRL', 'WTM'); }
  private get reference(): number { return twentyFour(this.outputs.reference); }

  // -- Settings.

  private configure(): void {
    const { registers } = this.file;
    const hz = HZ[registers.field('CTRL_REG1', 'ODR')];
    this.sampler.run(hz === 0 ? undefined : rate(hz));
    this.watch();
    this.tellCurrent();
    this.updatePin();
  }

  /** A single conversion ends by itself, at its time, whoever looks: so does what it draws. */
  private watch(): void {
    const { registers } = this.file;
    const isRouted = (registers.get('CTRL_REG3') & 0x3c) !== 0 || registers.field('CTRL_REG3', 'INT_S') !== 0;
    this.sampler.watch((this.drdy.isConnected && isRouted) || registers.field('CTRL_REG2', 'ONE_SHOT') !== 0);
  }

  private command(value: number): void {
    const { registers } = this.file;
    if ((value & 0x04) !== 0) {
      for (const part of [registers, this.fifo, this.filter, this.halves, this.parts['own']]) part.reset();
      this.configure();
    }
    registers.setField('CTRL_REG2', 'BOOT', 0);
    if ((value & 0x01) !== 0 && registers.field('CTRL_REG1', 'ODR') === 0) {
      this.sampler.once(rate(ONE_SHOT_HZ));
      this.watch();
      this.tellCurrent();
    }
    this.setFifo();
  }

  private setFifo(): void {
    this.fifo.set(this.usesFifo ? FIFO_MODES[this.file.registers.field('FIFO_CTRL', 'F_MODE')] : 'bypass');
    this.updatePin();
  }

  private setReference(value: number): void {
    const { registers } = this.file;
    if ((value & (CFG.RESET_ARP | CFG.RESET_AZ)) !== 0) {
      if ((value & CFG.RESET_AZ) !== 0) this.zero.autozero = false;
      if ((value & CFG.RESET_ARP) !== 0) this.zero.autorifp = false;
      setBytes(this.outputs.reference, 0);
    }
    if ((value & CFG.AUTOZERO) !== 0) this.zero.autozero = this.zero.isAwaited = true;
    if ((value & CFG.AUTORIFP) !== 0) this.zero.autorifp = this.zero.isAwaited = true;
    registers.set('INTERRUPT_CFG', value & ~(CFG.RESET_ARP | CFG.RESET_AZ));
    if ((value & CFG.DIFF_EN) === 0) registers.set('INT_SOURCE', 0);
    this.updatePin();
  }

  private tellCurrent(at?: RootTicks): void {
    const { registers } = this.file;
    const hz = HZ[registers.field('CTRL_REG1', 'ODR')] || (this.sampler.isRunning ? ONE_SHOT_HZ : 0);
    const isLow = registers.field('RES_CONF', 'LC_EN');
    if (hz === 0) this.context.draws('power-down', MICROAMPS.powerDown, at);
    else this.context.draws(`${hz} Hz, ${isLow !== 0 ? 'low current' : 'low noise'}`, MICROAMPS.powerDown + hz * MICROAMPS.perHz[isLow], at);
  }

  // -- Samples.

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    const wasOnce = registers.field('CTRL_REG2', 'ONE_SHOT') !== 0;
    registers.setField('CTRL_REG2', 'ONE_SHOT', 0);
    const celsius = this.context.world.value('temperature', at);
    const measured = this.pressure(at, celsius);
    if (this.zero.isAwaited) this.takeReference(measured);
    this.judge(measured);
    const values = [this.output(measured), int16(this.errors.temperature.of(celsius, at, 1, celsius) * DIGITS_PER_DEGREE)];
    const old = registers.get('STATUS');
    registers.set('STATUS', 3 | ((old & 3) << 4) | (old & 0x30));
    this.fifo.push(values, registers.field('CTRL_REG2', 'STOP_ON_FTH') !== 0 ? Math.max(1, registers.field('FIFO_CTRL', 'WTM')) : FIFO_DEPTH);
    if (registers.field('CTRL_REG1', 'BDU') === 0 || !this.halves.isHalfRead) this.show(this.fifo.oldest ?? values);
    if (wasOnce) this.endOnce(at);
    this.updatePin();
  }

  private endOnce(at: RootTicks): void {
    this.watch();
    this.tellCurrent(at);
  }

  /** In digits, through the filter. */
  private pressure(at: RootTicks, celsius: number): number {
    const { registers } = this.file;
    const isFiltering = registers.field('CTRL_REG1', 'EN_LPFP') !== 0;
    const share = isFiltering ? BANDWIDTH.filtered[registers.field('CTRL_REG1', 'LPFP_CFG')] : BANDWIDTH.unfiltered;
    const hz = HZ[registers.field('CTRL_REG1', 'ODR')] || ONE_SHOT_HZ;
    const pascal = this.errors.pressure.of(this.context.world.value('pressure', at), at, hz * share, celsius);
    this.input[0] = Math.max(LEAST_PASCAL, Math.min(MOST_PASCAL, pascal)) * DIGITS_PER_PASCAL;
    if (!isFiltering) this.filter.settle(this.input);
    return Math.round(isFiltering ? this.filter.pass(this.input, share)[0] : this.input[0]);
  }

  private takeReference(measured: number): void {
    const { registers } = this.file;
    setBytes(this.outputs.reference, measured);
    registers.set('INTERRUPT_CFG', registers.get('INTERRUPT_CFG') & ~(CFG.AUTORIFP | CFG.AUTOZERO));
    this.zero.isAwaited = false;
  }

  /** 9.9: less the offset of one-point calibration, unless outputs or thresholds count from a reference. */
  private output(measured: number): number {
    const { registers } = this.file;
    const { autozero, autorifp } = this.zero;
    if (autozero) return clamped(measured - this.reference, 24);
    if (autorifp || registers.field('INTERRUPT_CFG', 'DIFF_EN') !== 0) return measured;
    const offset = ((registers.get('RPDS_H') << 24) >> 16) | registers.get('RPDS_L');
    return clamped(measured - COARSE_DIGITS * offset, 24);
  }

  /** The pressure's difference from REF_P against plus and minus THS_P. */
  private judge(measured: number): void {
    const { registers } = this.file;
    const cfg = registers.get('INTERRUPT_CFG');
    if ((cfg & CFG.DIFF_EN) === 0) return;
    const difference = measured - this.reference;
    const threshold = ((registers.get('THS_P_H') << 8) | registers.get('THS_P_L')) * COARSE_DIGITS;
    let source = ((cfg & CFG.PHE) !== 0 && difference > threshold ? SOURCE.PH : 0) | ((cfg & CFG.PLE) !== 0 && difference < -threshold ? SOURCE.PL : 0);
    if ((cfg & CFG.LIR) !== 0) source |= registers.get('INT_SOURCE') & (SOURCE.PH | SOURCE.PL);
    registers.set('INT_SOURCE', source === 0 ? 0 : source | SOURCE.IA);
    if (source !== 0) this.fifo.trigger();
  }

  private show([pressure, temperature]: readonly number[]): void {
    setBytes(this.outputs.pressure, pressure);
    setBytes(this.outputs.temperature, temperature);
  }

  private afterRead(offset: number): void {
    const { registers } = this.file;
    this.halves.note(offset);
    if (offset === OUTPUT.pressureEnd) registers.set('STATUS', registers.get('STATUS') & ~0x11);
    if (offset === INT_SOURCE_AT && registers.field('INTERRUPT_CFG', 'LIR') !== 0) registers.set('INT_SOURCE', 0);
    if (offset === LPFP_RES_AT) this.filter.reset();
    if (offset === OUTPUT.last) {
      registers.set('STATUS', registers.get('STATUS') & ~0x22);
      this.fifo.shift();
      if (this.fifo.oldest) this.show(this.fifo.oldest);
    }
    this.updatePin();
  }

  private updatePin(): void {
    const { registers } = this.file;
    this.drdy.set(this.isSignalled(registers.field('CTRL_REG3', 'INT_S')), { activeHigh: registers.field('CTRL_REG3', 'INT_H_L') === 0, openDrain: registers.field('CTRL_REG3', 'PP_OD') !== 0 });
  }

  /** INT_S: 0 for what CTRL_REG3 routes; otherwise pressure high, low, or either. */
  private isSignalled(choice: number): boolean {
    const { file: { registers }, fifo } = this;
    if (choice !== 0) return (registers.get('INT_SOURCE') & choice) !== 0;
    const routed = registers.get('CTRL_REG3');
    return ((routed & ROUTE.DRDY) !== 0 && (registers.get('STATUS') & 1) !== 0) || ((routed & ROUTE.F_FTH) !== 0 && this.isAtWatermark)
      || ((routed & ROUTE.F_OVR) !== 0 && fifo.hasOverrun) || ((routed & ROUTE.F_FSS5) !== 0 && fifo.isFull);
  }
}

/** Two's complement out of three registers, the lowest first. */
function twentyFour([low, middle, high]: readonly Uint32Array[]): number {
  return (low[0] | (middle[0] << 8) | ((high[0] << 24) >> 8)) | 0;
}

export const LPS22HB_PART = definePart({
  what: 'pressure and temperature', bus: ['i2c', 'spi'], addresses: [[0x5c, 0x5d]], pins: ['int_drdy'], inputs: ['pressure', 'temperature'], options: z.strictObject({}),
  create: (context): Part => {
    const part = new Lps22hb(context);
    // 7.2: bit 7 reads; IF_ADD_INC says whether later bytes go to later registers.
    const spi = new SpiRegisters(part.file, (first) => ({ offset: first & 0x7f, isRead: (first & 0x80) !== 0, increments: part.increments }));
    return { targets: [part.file], spi: { device: spi }, ...together({ ...part.parts, spi }, () => part.begin()) };
  },
});
