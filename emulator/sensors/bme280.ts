/**
 * Bosch BME280: temperature, pressure and humidity, as raw numbers that firmware compensates with the part's own coefficients.
 * Source: BME280 datasheet BST-BME280-DS002 rev 1.6: chapter 3 (modes, oversampling, IIR filter), 4.2.3 (compensation, coefficients),
 * 5 (registers), 6 (protocols: bytes written on I2C and SPI come in pairs), 9.1 (measuring time), Table 1 (currents). Layout, formulas
 * and times are confirmed by Bosch's driver (BME280_SensorAPI). Raw numbers are found by going through the compensation backwards, so
 * that the datasheet's formulas give what the world has. Coefficients are typical ones; every part here has the same.
 * Noise and offsets: Tables 2 to 4. Not modelled: 3-wire SPI, the humidity sensor's response time of 1 s.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { COEFFICIENTS, fineTemperature, humidityOf, pressureOf, rawOf } from './bme280-compensation.js';
import { clockPpm, Imperfection } from './imperfections.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, RegisterFile, status } from './register-file.js';
import { Sampler } from './sampler.js';
import { SpiRegisters, type SpiCommand } from './spi-registers.js';

const { T1, T2, T3, P1, P2, P3, P4, P5, P6, P7, P8, P9, H1, H2, H3, H4, H5, H6 } = COEFFICIENTS;
const bytesOf = (words: readonly number[]): number[] => words.flatMap((word) => [word & 0xff, (word >> 8) & 0xff]);
const CALIB00 = [...bytesOf([T1, T2, T3, P1, P2, P3, P4, P5, P6, P7, P8, P9]), 0, H1];
/** H4 and H5 are twelve bits each and share a byte. */
const CALIB26 = [...bytesOf([H2]), H3, (H4 >> 4) & 0xff, (H4 & 0xf) | ((H5 & 0xf) << 4), (H5 >> 4) & 0xff, H6 & 0xff, ...new Array<number>(8).fill(0)];

export const BME280 = registerMap({
  calib00:   status(0x88, { count: 26, stride: 1, reset: CALIB00 }),
  id:        status(0xd0, { reset: 0x60 }),
  reset:     byte(0xe0, { kind: 'wo' }),
  calib26:   status(0xe1, { count: 15, stride: 1, reset: CALIB26 }),
  ctrl_hum:  byte(0xf2, { fields: { osrs_h: bits(0, 2) } }),
  status:    status(0xf3, { fields: { measuring: bit(3), im_update: bit(0) } }),
  ctrl_meas: byte(0xf4, { fields: { osrs_t: bits(5, 7), osrs_p: bits(2, 4), mode: bits(0, 1) } }),
  config:    byte(0xf5, { fields: { t_sb: bits(5, 7), filter: bits(2, 4), spi3w_en: bit(0) } }),
  press:     status(0xf7, { count: 3, stride: 1, reset: [0x80, 0, 0] }),
  temp:      status(0xfa, { count: 3, stride: 1, reset: [0x80, 0, 0] }),
  hum:       status(0xfd, { count: 2, stride: 1, reset: [0x80, 0] }),
});

const RESET_WORD = 0xb6;
/** By osrs_x: measurements that make one; 0 leaves it out. */
const OVERSAMPLING = [0, 1, 2, 4, 8, 16, 16, 16] as const;
/** By filter. */
const IIR = [1, 2, 4, 8, 16, 16, 16, 16] as const;
/** By t_sb, in microseconds. */
const STANDBY_US = [500, 62_500, 125_000, 250_000, 500_000, 1_000_000, 10_000, 20_000] as const;
/** 9.1, typical, in microseconds: once, for each measurement, and once more for pressure and for humidity. */
const MEASURE_US = { begin: 1000, each: 2000, extra: 500 } as const;
/** Table 1: start-up time. */
const STARTUP_US = 2000;
/** Table 1: microamps while asleep, between measurements, and while each quantity is measured. */
const MICROAMPS = { sleep: 0.1, standby: 0.2, temperature: 350, pressure: 714, humidity: 340 } as const;
const SKIPPED = { temp: 0x8_0000, press: 0x8_0000, hum: 0x8000 } as const;
/** Tables 2 to 4, noise at one measurement of about 2 ms, as if over 250 Hz. */
const ERRORS = {
  temperature: { noiseDensity: 0.005 / Math.sqrt(250), offset: 0.5, offsetPerDegree: 0.005, sensitivity: 0 },
  pressure: { noiseDensity: 3.3 / Math.sqrt(250), offset: 100, offsetPerDegree: 1.5, sensitivity: 0 },
  humidity: { noiseDensity: 0.07 / Math.sqrt(250), offset: 3, offsetPerDegree: 0.02, sensitivity: 0 },
} as const;
/** Table 1: standby time accuracy 5 to 25 %. */
const CLOCK_TOLERANCE = 0.05;
const [SLEEP, NORMAL] = [0, 3];
const MILLION = 1_000_000;

class Bme280 {
  readonly file: RegisterFile<typeof BME280.spec>;
  readonly parts: Readonly<Record<string, Stateful>>;
  private readonly sampler: Sampler;
  private readonly errors;
  /** ctrl_hum takes effect when ctrl_meas is written. */
  private humidityOversampling = 0;
  private filtered: { temp: number; press: number } | undefined;
  private readyAt: RootTicks = 0;

  constructor(private readonly context: PartContext) {
    const { name, scheduler, warnings } = context;
    this.errors = { temperature: new Imperfection(context, 0, ERRORS.temperature), pressure: new Imperfection(context, 1, ERRORS.pressure), humidity: new Imperfection(context, 2, ERRORS.humidity) };
    this.sampler = new Sampler(scheduler, (at) => this.measure(at), clockPpm(context, CLOCK_TOLERANCE));
    this.file = new RegisterFile(BME280, {
      instance: name, warnings, writesPairs: true,
      // On SPI bit 7 of a register's number says that it is written; there are none below 0x80.
      choose: (first) => ({ offset: first | 0x80, increments: true }),
      onStart: () => this.sampler.catchUp(),
      onRead: { status: () => (this.isMeasuring ? 8 : 0) | (scheduler.now() < this.readyAt ? 1 : 0) },
      onWrite: { reset: (value) => { if (value === RESET_WORD) this.restart(); }, ctrl_meas: () => this.configure(), config: () => this.reconfigure() },
    });
    const own: Stateful = {
      reset: () => { this.humidityOversampling = 0; this.filtered = undefined; },
      snapshot: () => ({ humidityOversampling: this.humidityOversampling, filtered: this.filtered === undefined ? null : [this.filtered.temp, this.filtered.press], readyAt: this.readyAt }),
      restore: (from) => this.restoreOwn(from),
    };
    this.parts = { file: this.file, sampler: this.sampler, own };
  }

  /** After the parts: power-on or a reset by command. */
  begin(): void {
    const { scheduler } = this.context;
    this.readyAt = scheduler.now() + Math.round((STARTUP_US * scheduler.rootHz) / MILLION);
    this.context.draws('sleep', MICROAMPS.sleep);
  }

  private restoreOwn(from: Snapshot): void {
    const { humidityOversampling, filtered, readyAt } = from;
    const fits = Number.isInteger(humidityOversampling) && (humidityOversampling as number) >= 0 && (humidityOversampling as number) < 8 && Number.isSafeInteger(readyAt)
      && (filtered === null || (Array.isArray(filtered) && filtered.length === 2 && filtered.every((n) => Number.isFinite(n))));
    if (!fits) throw new Error('the snapshot is not of a BME280');
    this.humidityOversampling = humidityOversampling as number;
    this.filtered = filtered === null ? undefined : { temp: (filtered as number[])[0], press: (filtered as number[])[1] };
    this.readyAt = readyAt as number;
  }

  private restart(): void {
    for (const part of Object.values(this.parts)) part.reset();
    this.begin();
  }

  /** In normal mode, before the standby time of each round; in forced mode until its end. */
  private get isMeasuring(): boolean {
    const { registers } = this.file;
    const mode = registers.field('ctrl_meas', 'mode');
    if (mode === SLEEP) return false;
    if (mode !== NORMAL) return true;
    const { scheduler } = this.context;
    return scheduler.now() - this.sampler.lastAt >= this.standbyTicks;
  }

  private get standbyTicks(): RootTicks {
    return Math.round((STANDBY_US[this.file.registers.field('config', 't_sb')] * this.context.scheduler.rootHz) / MILLION);
  }

  private get times(): { readonly temperature: number; readonly pressure: number; readonly humidity: number } {
    const { registers } = this.file;
    const [t, p, h] = [registers.field('ctrl_meas', 'osrs_t'), registers.field('ctrl_meas', 'osrs_p'), this.humidityOversampling].map((choice) => OVERSAMPLING[choice]);
    return { temperature: MEASURE_US.each * t, pressure: p === 0 ? 0 : MEASURE_US.each * p + MEASURE_US.extra, humidity: h === 0 ? 0 : MEASURE_US.each * h + MEASURE_US.extra };
  }

  private configure(): void {
    const { registers } = this.file;
    this.humidityOversampling = registers.field('ctrl_hum', 'osrs_h');
    const mode = registers.field('ctrl_meas', 'mode');
    const { temperature, pressure, humidity } = this.times;
    const measureUs = MEASURE_US.begin + temperature + pressure + humidity;
    const charge = MICROAMPS.temperature * (MEASURE_US.begin + temperature) + MICROAMPS.pressure * pressure + MICROAMPS.humidity * humidity;
    if (mode === SLEEP) {
      this.sampler.run(undefined);
      this.context.draws('sleep', MICROAMPS.sleep);
    } else if (mode === NORMAL) {
      const standbyUs = STANDBY_US[registers.field('config', 't_sb')];
      // It begins with a measurement; standby comes after.
      this.sampler.run({ num: MILLION, den: measureUs + standbyUs }, this.standbyTicks);
      this.context.draws('normal mode', (charge + MICROAMPS.standby * standbyUs) / (measureUs + standbyUs));
    } else {
      this.sampler.once({ num: MILLION, den: measureUs });
      this.context.draws('forced measurement', charge / measureUs);
    }
    // A forced measurement ends by itself, at its time, whoever looks: so does what it draws.
    this.sampler.watch(mode !== SLEEP && mode !== NORMAL);
  }

  private reconfigure(): void {
    if (this.file.registers.field('config', 'filter') === 0) this.filtered = undefined;
    if (this.file.registers.field('ctrl_meas', 'mode') === NORMAL) this.configure();
  }

  private measure(at: RootTicks): void {
    const { registers } = this.file;
    const { world } = this.context;
    const trueCelsius = world.value('temperature', at);
    const felt = (which: 'temperature' | 'pressure' | 'humidity', oversampling: number): number =>
      this.errors[which].of(world.value(which, at), at, 250 / Math.max(1, oversampling), trueCelsius);
    const [t, p] = [OVERSAMPLING[registers.field('ctrl_meas', 'osrs_t')], OVERSAMPLING[registers.field('ctrl_meas', 'osrs_p')]];
    const h = OVERSAMPLING[this.humidityOversampling];
    const isFiltering = registers.field('config', 'filter') !== 0;
    const celsius = Math.max(-40, Math.min(85, felt('temperature', t)));
    const exact = rawOf(celsius, (raw) => fineTemperature(raw) / 5120, 20);
    const temp = t === 0 ? SKIPPED.temp : resolved(exact, isFiltering ? 16 : t);
    // What firmware will compensate with; unrounded where it gets none.
    const fine = fineTemperature(t === 0 ? exact : temp);
    const pascal = Math.max(30_000, Math.min(110_000, felt('pressure', p)));
    const press = p === 0 ? SKIPPED.press : resolved(rawOf(-pascal, (raw) => -pressureOf(raw, fine), 20), isFiltering ? 16 : p);
    const humidity = Math.max(0, Math.min(100, felt('humidity', h)));
    const hum = h === 0 ? SKIPPED.hum : rawOf(humidity, (raw) => humidityOf(raw, fine), 16);
    const smooth = this.smoothed({ temp, press });
    this.show(t === 0 ? SKIPPED.temp : smooth.temp, p === 0 ? SKIPPED.press : smooth.press, hum);
    if (registers.field('ctrl_meas', 'mode') === NORMAL) return;
    registers.setField('ctrl_meas', 'mode', SLEEP);
    this.context.draws('sleep', MICROAMPS.sleep, at);
  }

  /** 3.4.4: old * (coefficient - 1) + new, over the coefficient; begins at the first value. */
  private smoothed(now: { readonly temp: number; readonly press: number }): { readonly temp: number; readonly press: number } {
    const coefficient = IIR[this.file.registers.field('config', 'filter')];
    const before = this.filtered ?? now;
    const mean = (old: number, raw: number): number => (old * (coefficient - 1) + raw) / coefficient;
    this.filtered = { temp: mean(before.temp, now.temp), press: mean(before.press, now.press) };
    return { temp: Math.round(this.filtered.temp), press: Math.round(this.filtered.press) };
  }

  private show(temp: number, press: number, hum: number): void {
    const { registers } = this.file;
    const twenty = (raw: number): number[] => [raw >> 12, (raw >> 4) & 0xff, (raw & 0xf) << 4];
    registers.storage('temp').set(twenty(temp));
    registers.storage('press').set(twenty(press));
    registers.storage('hum').set([hum >> 8, hum & 0xff]);
  }
}

/** Without the filter, 16 bits and one more for each doubling. */
function resolved(raw: number, oversampling: number): number {
  const step = 16 / oversampling;
  return Math.min(0x10_0000 - step, Math.round(raw / step) * step);
}

function command(first: number): SpiCommand {
  return { offset: first | 0x80, isRead: (first & 0x80) !== 0, increments: true };
}

export const BME280_PART = definePart({
  what: 'temperature, pressure, humidity', bus: ['i2c', 'spi'], addresses: [[0x76, 0x77]], pins: [],
  inputs: ['temperature', 'pressure', 'humidity'],
  options: z.strictObject({}),
  create: (context): Part => {
    const part = new Bme280(context);
    const spi = new SpiRegisters(part.file, command);
    return { targets: [part.file], spi: { device: spi }, ...together({ ...part.parts, spi }, () => part.begin()) };
  },
});
