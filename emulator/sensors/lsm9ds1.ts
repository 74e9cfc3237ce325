/**
 * STMicroelectronics LSM9DS1: accelerometer, gyroscope and magnetometer behind two I2C addresses.
 * Source: LSM9DS1 datasheet DocID025715 Rev 3, chapters 3 (sensitivities), 4 (FIFO), 6 to 8 (registers).
 * Identities and all sensitivities are confirmed by STMicroelectronics' driver (lsm9ds1-pid).
 * Not modelled: threshold, activity and orientation interrupts, filters, offset registers, self-test, SPI. With both
 * accelerometer and gyroscope on, both sample at the gyroscope's rate. The FIFO gives up its oldest sample when the last
 * byte of the acceleration is read (of the rotation, while the accelerometer is off).
 */
import { z } from 'zod';
import type { Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { SampleFifo } from './fifo.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, prefixed, together, type Part, type PartContext } from './part.js';
import { byte, HalfReads, incrementByBit7, int16, RegisterFile, setBytes, status, without } from './register-file.js';
import { rate, Sampler } from './sampler.js';

const AG_STATUS = { IG_XL: bit(6), IG_G: bit(5), INACT: bit(4), BOOT_STATUS: bit(3), TDA: bit(2), GDA: bit(1), XLDA: bit(0) };

export const LSM9DS1_AG = registerMap({
  ACT_THS:           without(0x04),
  ACT_DUR:           without(0x05),
  INT_GEN_CFG_XL:    without(0x06),
  INT_GEN_THS_X_XL:  without(0x07),
  INT_GEN_THS_Y_XL:  without(0x08),
  INT_GEN_THS_Z_XL:  without(0x09),
  INT_GEN_DUR_XL:    without(0x0a),
  REFERENCE_G:       without(0x0b),
  INT1_CTRL:         byte(0x0c, { fields: { INT1_IG_G: bit(7), INT_IG_XL: bit(6), INT_FSS5: bit(5), INT_OVR: bit(4), INT_FTH: bit(3), INT_Boot: bit(2), INT_DRDY_G: bit(1), INT_DRDY_XL: bit(0) } }),
  INT2_CTRL:         byte(0x0d, { fields: { INT2_INACT: bit(7), INT2_FSS5: bit(5), INT2_OVR: bit(4), INT2_FTH: bit(3), INT2_DRDY_TEMP: bit(2), INT2_DRDY_G: bit(1), INT2_DRDY_XL: bit(0) } }),
  WHO_AM_I:          status(0x0f, { reset: 0x68 }),
  CTRL_REG1_G:       byte(0x10, { fields: { ODR_G: bits(5, 7), FS_G: bits(3, 4), BW_G: bits(0, 1) } }),
  CTRL_REG2_G:       without(0x11),
  CTRL_REG3_G:       without(0x12),
  ORIENT_CFG_G:      without(0x13),
  INT_GEN_SRC_G:     status(0x14),
  OUT_TEMP_L:        status(0x15),
  OUT_TEMP_H:        status(0x16),
  STATUS_REG_G:      status(0x17, { fields: AG_STATUS }),
  OUT_X_L_G:         status(0x18),
  OUT_X_H_G:         status(0x19),
  OUT_Y_L_G:         status(0x1a),
  OUT_Y_H_G:         status(0x1b),
  OUT_Z_L_G:         status(0x1c),
  OUT_Z_H_G:         status(0x1d),
  CTRL_REG4:         byte(0x1e, { reset: 0x38, fields: { Zen_G: bit(5), Yen_G: bit(4), Xen_G: bit(3), LIR_XL1: bit(1), '4D_XL1': bit(0) } }),
  CTRL_REG5_XL:      byte(0x1f, { reset: 0x38, fields: { DEC: bits(6, 7, { unmodelled: true }), Zen_XL: bit(5), Yen_XL: bit(4), Xen_XL: bit(3) } }),
  CTRL_REG6_XL:      byte(0x20, { fields: { ODR_XL: bits(5, 7), FS_XL: bits(3, 4), BW_SCAL_ODR: bit(2), BW_XL: bits(0, 1) } }),
  CTRL_REG7_XL:      without(0x21),
  CTRL_REG8:         byte(0x22, { reset: 0x04, fields: { BOOT: bit(7), BDU: bit(6), H_LACTIVE: bit(5), PP_OD: bit(4), SIM: bit(3), IF_ADD_INC: bit(2), BLE: bit(1, { unmodelled: true }), SW_RESET: bit(0) } }),
  CTRL_REG9:         byte(0x23, { fields: { SLEEP_G: bit(6, { unmodelled: true }), FIFO_TEMP_EN: bit(4, { unmodelled: true }), DRDY_mask_bit: bit(3), I2C_DISABLE: bit(2), FIFO_EN: bit(1), STOP_ON_FTH: bit(0, { unmodelled: true }) } }),
  CTRL_REG10:        byte(0x24, { fields: { ST_G: bit(2, { unmodelled: true }), ST_XL: bit(0, { unmodelled: true }) } }),
  INT_GEN_SRC_XL:    status(0x26),
  STATUS_REG:        status(0x27, { fields: AG_STATUS }),
  OUT_X_L_XL:        status(0x28),
  OUT_X_H_XL:        status(0x29),
  OUT_Y_L_XL:        status(0x2a),
  OUT_Y_H_XL:        status(0x2b),
  OUT_Z_L_XL:        status(0x2c),
  OUT_Z_H_XL:        status(0x2d),
  FIFO_CTRL:         byte(0x2e, { fields: { FMODE: bits(5, 7), FTH: bits(0, 4) } }),
  FIFO_SRC:          status(0x2f, { fields: { FTH: bit(7), OVRN: bit(6), FSS: bits(0, 5) } }),
  INT_GEN_CFG_G:     without(0x30),
  INT_GEN_THS_XH_G:  without(0x31),
  INT_GEN_THS_XL_G:  without(0x32),
  INT_GEN_THS_YH_G:  without(0x33),
  INT_GEN_THS_YL_G:  without(0x34),
  INT_GEN_THS_ZH_G:  without(0x35),
  INT_GEN_THS_ZL_G:  without(0x36),
  INT_GEN_DUR_G:     without(0x37),
});

export const LSM9DS1_M = registerMap({
  OFFSET_X_REG_L_M: without(0x05),
  OFFSET_X_REG_H_M: without(0x06),
  OFFSET_Y_REG_L_M: without(0x07),
  OFFSET_Y_REG_H_M: without(0x08),
  OFFSET_Z_REG_L_M: without(0x09),
  OFFSET_Z_REG_H_M: without(0x0a),
  WHO_AM_I_M:       status(0x0f, { reset: 0x3d }),
  CTRL_REG1_M:      byte(0x20, { reset: 0x10, fields: { TEMP_COMP: bit(7), OM: bits(5, 6), DO: bits(2, 4), FAST_ODR: bit(1), ST: bit(0, { unmodelled: true }) } }),
  CTRL_REG2_M:      byte(0x21, { fields: { FS: bits(5, 6), REBOOT: bit(3), SOFT_RST: bit(2) } }),
  CTRL_REG3_M:      byte(0x22, { reset: 0x03, fields: { I2C_DISABLE: bit(7), LP: bit(5), SIM: bit(2), MD: bits(0, 1) } }),
  CTRL_REG4_M:      byte(0x23, { fields: { OMZ: bits(2, 3), BLE: bit(1, { unmodelled: true }) } }),
  CTRL_REG5_M:      byte(0x24, { fields: { FAST_READ: bit(7, { unmodelled: true }), BDU: bit(6) } }),
  STATUS_REG_M:     status(0x27, { fields: { ZYXOR: bit(7), ZOR: bit(6), YOR: bit(5), XOR: bit(4), ZYXDA: bit(3), ZDA: bit(2), YDA: bit(1), XDA: bit(0) } }),
  OUT_X_L_M:        status(0x28),
  OUT_X_H_M:        status(0x29),
  OUT_Y_L_M:        status(0x2a),
  OUT_Y_H_M:        status(0x2b),
  OUT_Z_L_M:        status(0x2c),
  OUT_Z_H_M:        status(0x2d),
  INT_CFG_M:        without(0x30, 0x08),
  INT_SRC_M:        status(0x31),
  INT_THS_L_M:      without(0x32),
  INT_THS_H_M:      without(0x33),
});

/** Table 46 and 67: output data rates in Hz by ODR_G and ODR_XL. */
const GYRO_HZ = [0, 14.9, 59.5, 119, 238, 476, 952, 0] as const;
const ACCEL_HZ = [0, 10, 50, 119, 238, 476, 952, 0] as const;
/** Table 3: mdps, mg and mgauss per digit by FS_G, FS_XL and FS. */
const MDPS = [8.75, 17.5, 17.5, 70] as const;
const MILLI_G = [0.061, 0.732, 0.122, 0.244] as const;
const MGAUSS = [0.14, 0.29, 0.43, 0.58] as const;
const MAG_HZ = [0.625, 1.25, 2.5, 5, 10, 20, 40, 80] as const;
/** FAST_ODR: by OM, Table 112. */
const FAST_MAG_HZ = [1000, 560, 300, 155] as const;
const DIGITS_PER_DEGREE = 16;
const ZERO_DIGITS_AT = 25;
const STANDARD_GRAVITY = 9.80665;
const UT_PER_MGAUSS = 0.1;

const XLDA = 1;
const GDA = 2;
const TDA = 4;
const AXES = ['x', 'y', 'z'] as const;
const FIFO_DEPTH = 32;
const FIFO_MODE = 1;
const MODES_THAT_STORE: readonly number[] = [FIFO_MODE, 0b011, 0b110];

class AccelerometerAndGyroscope {
  readonly file: RegisterFile<typeof LSM9DS1_AG.spec>;
  private readonly sampler: Sampler;
  private readonly fifo = new SampleFifo(FIFO_DEPTH, 6);
  private readonly halves = new HalfReads(0x18, 11);
  private readonly outputs;
  private readonly status;

  constructor(private readonly context: PartContext, private readonly int1: InterruptPin, private readonly int2: InterruptPin) {
    const { name, scheduler, warnings } = context;
    this.sampler = new Sampler(scheduler, (at) => this.sample(at));
    const configure = (): void => this.configure();
    this.file = new RegisterFile(LSM9DS1_AG, {
      instance: `${name} accelerometer/gyroscope`, warnings,
      choose: (first) => ({ offset: first & 0x7f, increments: this.file.registers.field('CTRL_REG8', 'IF_ADD_INC') !== 0 }),
      // Out of a FIFO one burst reads several samples: from the last output back to the first.
      next: (offset) => (offset === 0x2d && this.usesFifo ? 0x28 : offset === 0x1d && this.usesFifo ? 0x18 : offset + 1),
      onStart: () => this.sampler.catchUp(),
      onRead: { FIFO_SRC: () => this.fifoSource() },
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: {
        CTRL_REG1_G: configure, CTRL_REG6_XL: configure, CTRL_REG9: () => this.emptyFifo(), FIFO_CTRL: () => this.emptyFifo(),
        CTRL_REG8: (value) => this.control(value), INT1_CTRL: configure, INT2_CTRL: configure,
      },
    });
    const { registers } = this.file;
    const pair = (low: 'OUT_TEMP_L' | `OUT_${'X' | 'Y' | 'Z'}_L_${'G' | 'XL'}`): Uint32Array[] => [registers.storage(low), registers.storage(low.replace('_L', '_H') as typeof low)];
    this.outputs = {
      all: [pair('OUT_X_L_G'), pair('OUT_Y_L_G'), pair('OUT_Z_L_G'), pair('OUT_X_L_XL'), pair('OUT_Y_L_XL'), pair('OUT_Z_L_XL')],
      temperature: pair('OUT_TEMP_L'),
    };
    this.status = [registers.storage('STATUS_REG_G'), registers.storage('STATUS_REG')];
  }

  /** After the parts. */
  reset(): void {
    this.int1.release();
    this.int2.release();
  }

  get parts(): Readonly<Record<string, Stateful>> {
    const { file, sampler, fifo, halves } = this;
    return { file, sampler, fifo, halves };
  }

  private get hasGyroscope(): boolean { return GYRO_HZ[this.file.registers.field('CTRL_REG1_G', 'ODR_G')] > 0; }
  private get hasAccelerometer(): boolean { return this.hasGyroscope || ACCEL_HZ[this.file.registers.field('CTRL_REG6_XL', 'ODR_XL')] > 0; }
  private get usesFifo(): boolean {
    const { registers } = this.file;
    return registers.field('CTRL_REG9', 'FIFO_EN') !== 0 && MODES_THAT_STORE.includes(registers.field('FIFO_CTRL', 'FMODE'));
  }

  private configure(): void {
    const { registers } = this.file;
    const hz = GYRO_HZ[registers.field('CTRL_REG1_G', 'ODR_G')] || ACCEL_HZ[registers.field('CTRL_REG6_XL', 'ODR_XL')];
    this.sampler.run(hz === 0 ? undefined : rate(hz));
    const isWaitedFor = (this.int1.isConnected && registers.get('INT1_CTRL') !== 0) || (this.int2.isConnected && registers.get('INT2_CTRL') !== 0);
    this.sampler.watch(isWaitedFor);
    this.updatePins();
  }

  private control(value: number): void {
    const { registers } = this.file;
    if ((value & 1) !== 0) {
      registers.reset();
      this.fifo.reset();
    }
    registers.setField('CTRL_REG8', 'SW_RESET', 0);
    registers.setField('CTRL_REG8', 'BOOT', 0);
    this.configure();
  }

  private emptyFifo(): void {
    if (!this.usesFifo) this.fifo.reset();
    this.configure();
  }

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    const { world } = this.context;
    const mdps = MDPS[registers.field('CTRL_REG1_G', 'FS_G')];
    const milliG = MILLI_G[registers.field('CTRL_REG6_XL', 'FS_XL')];
    const values = [
      ...AXES.map((axis) => (this.hasGyroscope ? int16((world.value(`rotation.${axis}`, at) * 1000) / mdps) : 0)),
      ...AXES.map((axis) => int16((world.value(`acceleration.${axis}`, at) / STANDARD_GRAVITY * 1000) / milliG)),
    ];
    this.raise((this.hasGyroscope ? GDA | TDA : TDA) | (this.hasAccelerometer ? XLDA : 0));
    setBytes(this.outputs.temperature, int16((world.value('temperature', at) - ZERO_DIGITS_AT) * DIGITS_PER_DEGREE));
    if (this.usesFifo) {
      this.fifo.push(values, registers.field('FIFO_CTRL', 'FMODE') === FIFO_MODE);
      this.show(this.fifo.oldest ?? values);
    } else if (registers.field('CTRL_REG8', 'BDU') === 0 || !this.halves.isHalfRead) this.show(values);
    this.updatePins();
  }

  private show(values: readonly number[]): void {
    this.outputs.all.forEach((output, index) => setBytes(output, values[index]));
  }

  private afterRead(offset: number): void {
    this.halves.note(offset);
    if (offset === 0x16) this.lower(TDA);
    if (offset === 0x1d) this.lower(GDA);
    if (offset === 0x2d) this.lower(XLDA);
    if (!this.usesFifo || offset !== (this.hasAccelerometer ? 0x2d : 0x1d)) return;
    this.fifo.shift();
    if (this.fifo.oldest) this.show(this.fifo.oldest);
  }

  private raise(flags: number): void {
    for (const register of this.status) register[0] |= flags;
  }

  private lower(flags: number): void {
    for (const register of this.status) register[0] &= ~flags;
    this.updatePins();
  }

  private fifoSource(): number {
    const { level, hasOverrun } = this.fifo;
    return (this.isAtThreshold ? 0x80 : 0) | (hasOverrun ? 0x40 : 0) | level;
  }

  private get isAtThreshold(): boolean {
    return this.usesFifo && this.fifo.level >= this.file.registers.field('FIFO_CTRL', 'FTH');
  }

  private updatePins(): void {
    const { registers } = this.file;
    const flags = this.status[0][0];
    const fifo = (this.isAtThreshold ? 1 << 3 : 0) | (this.fifo.hasOverrun ? 1 << 4 : 0) | (this.fifo.isFull ? 1 << 5 : 0);
    const ready = ((flags & XLDA) !== 0 ? 1 : 0) | ((flags & GDA) !== 0 ? 2 : 0);
    const output = { activeHigh: registers.field('CTRL_REG8', 'H_LACTIVE') === 0, openDrain: registers.field('CTRL_REG8', 'PP_OD') !== 0 };
    this.int1.set((registers.get('INT1_CTRL') & (ready | fifo)) !== 0, output);
    this.int2.set((registers.get('INT2_CTRL') & (ready | fifo | (flags & TDA))) !== 0, output);
  }
}

class Magnetometer {
  readonly file;
  private readonly sampler: Sampler;
  private readonly halves = new HalfReads(0x28, 3);
  private readonly outputs;

  constructor(private readonly context: PartContext, private readonly drdy: InterruptPin) {
    const { name, scheduler, warnings } = context;
    this.sampler = new Sampler(scheduler, (at) => this.sample(at));
    const configure = (): void => this.configure();
    this.file = new RegisterFile(LSM9DS1_M, {
      instance: `${name} magnetometer`, warnings, choose: incrementByBit7,
      onStart: () => this.sampler.catchUp(),
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: { CTRL_REG1_M: configure, CTRL_REG2_M: (value) => this.control(value), CTRL_REG3_M: configure },
    });
    const { registers } = this.file;
    this.outputs = [
      [registers.storage('OUT_X_L_M'), registers.storage('OUT_X_H_M')], [registers.storage('OUT_Y_L_M'), registers.storage('OUT_Y_H_M')],
      [registers.storage('OUT_Z_L_M'), registers.storage('OUT_Z_H_M')],
    ];
  }

  /** After the parts. */
  reset(): void {
    this.sampler.watch(this.drdy.isConnected);
    this.drdy.release();
  }

  get parts(): Readonly<Record<string, Stateful>> {
    const { file, sampler, halves } = this;
    return { file, sampler, halves };
  }

  private configure(): void {
    const { registers } = this.file;
    const mode = registers.field('CTRL_REG3_M', 'MD');
    const hz = registers.field('CTRL_REG1_M', 'FAST_ODR') === 0 ? MAG_HZ[registers.field('CTRL_REG1_M', 'DO')] : FAST_MAG_HZ[registers.field('CTRL_REG1_M', 'OM')];
    if (mode === 0) this.sampler.run(rate(hz));
    else if (mode === 1) this.sampler.once(rate(hz));
    else this.sampler.run(undefined);
  }

  private control(value: number): void {
    if ((value & 0x0c) !== 0) this.file.registers.reset();
    this.configure();
  }

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    const digit = MGAUSS[registers.field('CTRL_REG2_M', 'FS')] * UT_PER_MGAUSS;
    const hadNew = registers.field('STATUS_REG_M', 'ZYXDA') !== 0;
    if (registers.field('CTRL_REG5_M', 'BDU') === 0 || !this.halves.isHalfRead) {
      AXES.forEach((axis, index) => setBytes(this.outputs[index], int16(this.context.world.value(`magneticField.${axis}`, at) / digit)));
    }
    registers.set('STATUS_REG_M', hadNew ? 0xff : 0x0f);
    // A single conversion returns to idle.
    if (registers.field('CTRL_REG3_M', 'MD') === 1) registers.setField('CTRL_REG3_M', 'MD', 3);
    this.drdy.set(true, { activeHigh: true, openDrain: false });
  }

  private afterRead(offset: number): void {
    this.halves.note(offset);
    if (offset < 0x28 || offset > 0x2d) return;
    const { registers } = this.file;
    if ((offset & 1) !== 0) {
      const axis = 0x11 << ((offset - 0x29) >> 1);
      registers.set('STATUS_REG_M', registers.get('STATUS_REG_M') & 0x77 & ~axis);
    }
    this.drdy.set((registers.get('STATUS_REG_M') & 0x0f) !== 0, { activeHigh: true, openDrain: false });
  }
}

export const LSM9DS1_PART = definePart({
  bus: 'i2c',
  addresses: [[0x6a, 0x6b], [0x1c, 0x1e]],
  pins: ['int1', 'int2', 'drdyM'],
  inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z', 'rotation.x', 'rotation.y', 'rotation.z', 'magneticField.x', 'magneticField.y', 'magneticField.z', 'temperature'],
  options: z.strictObject({}),
  create: (context): Part => {
    const pin = (name: string): InterruptPin => new InterruptPin(`${context.name} ${name}`, context.pin(name));
    const motion = new AccelerometerAndGyroscope(context, pin('int1'), pin('int2'));
    const magnetometer = new Magnetometer(context, pin('drdyM'));
    const parts = together({ ...prefixed('motion', motion.parts), ...prefixed('magnetometer', magnetometer.parts) }, () => {
      motion.reset();
      magnetometer.reset();
    });
    return { targets: [motion.file, magnetometer.file], ...parts };
  },
});
