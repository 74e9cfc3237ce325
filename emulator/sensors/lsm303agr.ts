/**
 * STMicroelectronics LSM303AGR: accelerometer and magnetometer behind two I2C addresses.
 * Source: LSM303AGR datasheet DocID027765 Rev 10, tables 3 (sensitivities) and 33 up (data rates), chapters 7 to 9.
 * Identities and sensitivities are confirmed by STMicroelectronics' driver (lsm303agr-pid) and CODAL.
 * Not modelled: threshold, click and activity interrupts, filters, offset registers, self-test, SPI; FIFO modes with a
 * trigger store as streams do.
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

const AXIS_FLAGS = { ZYXOR: bit(7), ZOR: bit(6), YOR: bit(5), XOR: bit(4), ZYXDA: bit(3), ZDA: bit(2), YDA: bit(1), XDA: bit(0) };

export const LSM303AGR_A = registerMap({
  STATUS_REG_AUX_A:        status(0x07, { fields: { TOR: bit(6), TDA: bit(2) } }),
  OUT_TEMP_L_A:            status(0x0c),
  OUT_TEMP_H_A:            status(0x0d),
  INT_COUNTER_REG_A:       status(0x0e),
  WHO_AM_I_A:              status(0x0f, { reset: 0x33 }),
  TEMP_CFG_REG_A:          byte(0x1f, { fields: { TEMP_EN: bits(6, 7) } }),
  CTRL_REG1_A:             byte(0x20, { reset: 0x07, fields: { ODR: bits(4, 7), LPen: bit(3), Zen: bit(2), Yen: bit(1), Xen: bit(0) } }),
  CTRL_REG2_A:             without(0x21),
  CTRL_REG3_A:             byte(0x22, { fields: { I1_CLICK: bit(7), I1_AOI1: bit(6), I1_AOI2: bit(5), I1_DRDY1: bit(4), I1_DRDY2: bit(3), I1_WTM: bit(2), I1_OVERRUN: bit(1) } }),
  CTRL_REG4_A:             byte(0x23, { fields: { BDU: bit(7), BLE: bit(6, { unmodelled: true }), FS: bits(4, 5), HR: bit(3), ST: bits(1, 2, { unmodelled: true }), SPI_ENABLE: bit(0) } }),
  CTRL_REG5_A:             byte(0x24, { fields: { BOOT: bit(7), FIFO_EN: bit(6), LIR_INT1: bit(3), D4D_INT1: bit(2), LIR_INT2: bit(1), D4D_INT2: bit(0) } }),
  CTRL_REG6_A:             byte(0x25, { fields: { I2_CLICKen: bit(7), I2_INT1: bit(6), I2_INT2: bit(5), BOOT_I2: bit(4), P2_ACT: bit(3), H_LACTIVE: bit(1) } }),
  REFERENCE_DATACAPTURE_A: without(0x26),
  STATUS_REG_A:            status(0x27, { fields: AXIS_FLAGS }),
  OUT_X_L_A:               status(0x28),
  OUT_X_H_A:               status(0x29),
  OUT_Y_L_A:               status(0x2a),
  OUT_Y_H_A:               status(0x2b),
  OUT_Z_L_A:               status(0x2c),
  OUT_Z_H_A:               status(0x2d),
  FIFO_CTRL_REG_A:         byte(0x2e, { fields: { FM: bits(6, 7), TR: bit(5), FTH: bits(0, 4) } }),
  FIFO_SRC_REG_A:          status(0x2f, { reset: 0x20, fields: { WTM: bit(7), OVRN_FIFO: bit(6), EMPTY: bit(5), FSS: bits(0, 4) } }),
  INT1_CFG_A:              without(0x30),
  INT1_SRC_A:              status(0x31),
  INT1_THS_A:              without(0x32),
  INT1_DURATION_A:         without(0x33),
  INT2_CFG_A:              without(0x34),
  INT2_SRC_A:              status(0x35),
  INT2_THS_A:              without(0x36),
  INT2_DURATION_A:         without(0x37),
  CLICK_CFG_A:             without(0x38),
  CLICK_SRC_A:             status(0x39),
  CLICK_THS_A:             without(0x3a),
  TIME_LIMIT_A:            without(0x3b),
  TIME_LATENCY_A:          without(0x3c),
  TIME_WINDOW_A:           without(0x3d),
  Act_THS_A:               without(0x3e),
  Act_DUR_A:               without(0x3f),
});

export const LSM303AGR_M = registerMap({
  OFFSET_X_REG_L_M: without(0x45),
  OFFSET_X_REG_H_M: without(0x46),
  OFFSET_Y_REG_L_M: without(0x47),
  OFFSET_Y_REG_H_M: without(0x48),
  OFFSET_Z_REG_L_M: without(0x49),
  OFFSET_Z_REG_H_M: without(0x4a),
  WHO_AM_I_M:       status(0x4f, { reset: 0x40 }),
  CFG_REG_A_M:      byte(0x60, { reset: 0x03, fields: { COMP_TEMP_EN: bit(7), REBOOT: bit(6), SOFT_RST: bit(5), LP: bit(4), ODR: bits(2, 3), MD: bits(0, 1) } }),
  CFG_REG_B_M:      byte(0x61, { fields: { OFF_CANC_ONE_SHOT: bit(4), INT_on_DataOFF: bit(3), Set_FREQ: bit(2), OFF_CANC: bit(1), LPF: bit(0) } }),
  CFG_REG_C_M:      byte(0x62, { fields: { INT_MAG_PIN: bit(6), I2C_DIS: bit(5), BDU: bit(4), BLE: bit(3, { unmodelled: true }), Self_test: bit(1, { unmodelled: true }), INT_MAG: bit(0) } }),
  INT_CTRL_REG_M:   without(0x63, 0xe0),
  INT_SOURCE_REG_M: status(0x64),
  INT_THS_L_REG_M:  without(0x65),
  INT_THS_H_REG_M:  without(0x66),
  STATUS_REG_M:     status(0x67, { fields: AXIS_FLAGS }),
  OUTX_L_REG_M:     status(0x68),
  OUTX_H_REG_M:     status(0x69),
  OUTY_L_REG_M:     status(0x6a),
  OUTY_H_REG_M:     status(0x6b),
  OUTZ_L_REG_M:     status(0x6c),
  OUTZ_H_REG_M:     status(0x6d),
});

/** By ODR: normal and high-resolution modes, and low-power mode. */
const HZ = [0, 1, 10, 25, 50, 100, 200, 400, 0, 1344, 0, 0, 0, 0, 0, 0] as const;
const LOW_POWER_HZ = [0, 1, 10, 25, 50, 100, 200, 400, 1620, 5376, 0, 0, 0, 0, 0, 0] as const;
/** mg per digit by FS, and how far digits are shifted up in 16 bits, by mode. */
const MODES = {
  highResolution: { digit: [0.98, 1.95, 3.9, 11.72], shift: 4 },
  normal:         { digit: [3.9, 7.82, 15.63, 46.9], shift: 6 },
  lowPower:       { digit: [15.63, 31.26, 62.52, 187.58], shift: 8 },
} as const;
const MAG_HZ = [10, 20, 50, 100] as const;
const UT_PER_DIGIT = 0.15;
const DIGITS_PER_DEGREE = 256;
const ZERO_DIGITS_AT = 25;
const STANDARD_GRAVITY = 9.80665;
const AXES = ['x', 'y', 'z'] as const;
const FIFO_DEPTH = 32;
const FIFO_MODE = 1;

/** What the board has between the interrupt outputs and its lines: nothing, or a transistor each that pulls the line low while the output is high. */
const OUTPUTS = ['direct', 'transistor'] as const;
type Outputs = (typeof OUTPUTS)[number];

function through(outputs: Outputs, activeHigh: boolean): { readonly activeHigh: boolean; readonly openDrain: boolean } {
  return outputs === 'transistor' ? { activeHigh: !activeHigh, openDrain: true } : { activeHigh, openDrain: false };
}

interface Half { readonly file: RegisterFile<typeof LSM303AGR_A.spec> | RegisterFile<typeof LSM303AGR_M.spec>; readonly parts: Readonly<Record<string, Stateful>>; reset(): void }

/** After the high byte of an axis was read: its flags, and those of all three, go. */
function withoutAxis(flags: number, axis: number): number {
  return flags & 0x77 & ~(0x11 << axis);
}

function accelerometer(context: PartContext, int1: InterruptPin, via: Outputs): Half {
  const fifo = new SampleFifo(FIFO_DEPTH, 3);
  const halves = new HalfReads(0x28, 3);
  const sampler = new Sampler(context.scheduler, (at) => sample(at));
  const file: RegisterFile<typeof LSM303AGR_A.spec> = new RegisterFile(LSM303AGR_A, {
    instance: `${context.name} accelerometer`, warnings: context.warnings, choose: incrementByBit7,
    next: (offset) => (offset === 0x2d && usesFifo() ? 0x28 : offset + 1),
    onStart: () => sampler.catchUp(),
    onRead: { FIFO_SRC_REG_A: () => (isAtWatermark() ? 0x80 : 0) | (fifo.isFull ? 0x40 : 0) | (fifo.level === 0 ? 0x20 : 0) | Math.min(31, fifo.level) },
    onByteRead: (offset) => afterRead(offset),
    onWrite: { CTRL_REG1_A: () => configure(), CTRL_REG3_A: () => configure(), CTRL_REG5_A: () => emptyFifo(), CTRL_REG6_A: () => configure(), FIFO_CTRL_REG_A: () => emptyFifo() },
  });
  const { registers } = file;
  const outputs = [
    [registers.storage('OUT_X_L_A'), registers.storage('OUT_X_H_A')], [registers.storage('OUT_Y_L_A'), registers.storage('OUT_Y_H_A')], [registers.storage('OUT_Z_L_A'), registers.storage('OUT_Z_H_A')],
  ];
  const temperature = [registers.storage('OUT_TEMP_L_A'), registers.storage('OUT_TEMP_H_A')];
  const usesFifo = (): boolean => registers.field('CTRL_REG5_A', 'FIFO_EN') !== 0 && registers.field('FIFO_CTRL_REG_A', 'FM') !== 0;
  const isAtWatermark = (): boolean => usesFifo() && fifo.level > registers.field('FIFO_CTRL_REG_A', 'FTH');

  function configure(): void {
    const odr = registers.field('CTRL_REG1_A', 'ODR');
    const hz = registers.field('CTRL_REG1_A', 'LPen') === 0 ? HZ[odr] : LOW_POWER_HZ[odr];
    sampler.run(hz === 0 ? undefined : rate(hz));
    sampler.watch(int1.isConnected && (registers.get('CTRL_REG3_A') & 0x1e) !== 0);
    updatePin();
  }

  function emptyFifo(): void {
    registers.setField('CTRL_REG5_A', 'BOOT', 0);
    if (!usesFifo()) fifo.reset();
    updatePin();
  }

  function sample(at: RootTicks): void {
    const mode = registers.field('CTRL_REG1_A', 'LPen') !== 0 ? MODES.lowPower : registers.field('CTRL_REG4_A', 'HR') !== 0 ? MODES.highResolution : MODES.normal;
    const digit = mode.digit[registers.field('CTRL_REG4_A', 'FS')];
    const most = 0x7fff >> mode.shift;
    const values = AXES.map((axis) => {
      const digits = Math.round(((context.world.value(`acceleration.${axis}`, at) / STANDARD_GRAVITY) * 1000) / digit);
      return Math.max(-most - 1, Math.min(most, digits)) << mode.shift;
    });
    registers.set('STATUS_REG_A', (registers.get('STATUS_REG_A') & 0x0f) !== 0 ? 0xff : 0x0f);
    if (registers.field('TEMP_CFG_REG_A', 'TEMP_EN') === 3) {
      registers.set('STATUS_REG_AUX_A', 0x04);
      setBytes(temperature, int16((context.world.value('temperature', at) - ZERO_DIGITS_AT) * DIGITS_PER_DEGREE));
    }
    if (usesFifo()) fifo.push(values, registers.field('FIFO_CTRL_REG_A', 'FM') === FIFO_MODE);
    if (usesFifo() || registers.field('CTRL_REG4_A', 'BDU') === 0 || !halves.isHalfRead) show(fifo.oldest ?? values);
    updatePin();
  }

  function show(values: readonly number[]): void {
    outputs.forEach((output, index) => setBytes(output, values[index]));
  }

  function afterRead(offset: number): void {
    halves.note(offset);
    if (offset === 0x0d) registers.set('STATUS_REG_AUX_A', 0);
    if (offset < 0x28 || offset > 0x2d) return;
    if ((offset & 1) !== 0) registers.set('STATUS_REG_A', withoutAxis(registers.get('STATUS_REG_A'), (offset - 0x29) >> 1));
    if (offset === 0x2d) {
      fifo.shift();
      if (fifo.oldest) show(fifo.oldest);
    }
    updatePin();
  }

  function updatePin(): void {
    const sources = registers.get('CTRL_REG3_A');
    const isActive = ((sources & 0x10) !== 0 && (registers.get('STATUS_REG_A') & 0x0f) !== 0) || ((sources & 0x04) !== 0 && isAtWatermark()) || ((sources & 0x02) !== 0 && fifo.isFull);
    int1.set(isActive, through(via, registers.field('CTRL_REG6_A', 'H_LACTIVE') === 0));
  }

  return { file, parts: { file, sampler, fifo, halves }, reset: updatePin };
}

function magnetometer(context: PartContext, intMag: InterruptPin, via: Outputs): Half {
  const halves = new HalfReads(0x68, 3);
  const sampler = new Sampler(context.scheduler, (at) => sample(at));
  const file: RegisterFile<typeof LSM303AGR_M.spec> = new RegisterFile(LSM303AGR_M, {
    instance: `${context.name} magnetometer`, warnings: context.warnings, choose: incrementByBit7,
    onStart: () => sampler.catchUp(),
    onByteRead: (offset) => {
      halves.note(offset);
      if (offset < 0x68 || offset > 0x6d) return;
      if ((offset & 1) !== 0) registers.set('STATUS_REG_M', withoutAxis(registers.get('STATUS_REG_M'), (offset - 0x69) >> 1));
      updatePin();
    },
    onWrite: { CFG_REG_A_M: (value) => configure(value), CFG_REG_C_M: () => watch() },
  });
  const { registers } = file;
  const outputs = [
    [registers.storage('OUTX_L_REG_M'), registers.storage('OUTX_H_REG_M')], [registers.storage('OUTY_L_REG_M'), registers.storage('OUTY_H_REG_M')], [registers.storage('OUTZ_L_REG_M'), registers.storage('OUTZ_H_REG_M')],
  ];

  function configure(value: number): void {
    if ((value & 0x20) !== 0) registers.reset();
    registers.setField('CFG_REG_A_M', 'REBOOT', 0);
    const hz = rate(MAG_HZ[registers.field('CFG_REG_A_M', 'ODR')]);
    const mode = registers.field('CFG_REG_A_M', 'MD');
    if (mode === 0) sampler.run(hz);
    else if (mode === 1) sampler.once(hz);
    else sampler.run(undefined);
    watch();
  }

  function watch(): void {
    sampler.watch(intMag.isConnected && registers.field('CFG_REG_C_M', 'INT_MAG') !== 0);
    updatePin();
  }

  function sample(at: RootTicks): void {
    if (registers.field('CFG_REG_C_M', 'BDU') === 0 || !halves.isHalfRead) {
      AXES.forEach((axis, index) => setBytes(outputs[index], int16(context.world.value(`magneticField.${axis}`, at) / UT_PER_DIGIT)));
    }
    registers.set('STATUS_REG_M', (registers.get('STATUS_REG_M') & 0x0f) !== 0 ? 0xff : 0x0f);
    if (registers.field('CFG_REG_A_M', 'MD') === 1) registers.setField('CFG_REG_A_M', 'MD', 3);
    updatePin();
  }

  function updatePin(): void {
    if (registers.field('CFG_REG_C_M', 'INT_MAG') === 0) intMag.release();
    else intMag.set((registers.get('STATUS_REG_M') & 0x0f) !== 0, through(via, true));
  }

  return { file, parts: { file, sampler, halves }, reset: updatePin };
}

export const LSM303AGR_PART = definePart({
  bus: 'i2c',
  addresses: [[0x19], [0x1e]],
  pins: ['int1', 'intMag'],
  inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z', 'magneticField.x', 'magneticField.y', 'magneticField.z', 'temperature'],
  options: z.strictObject({ outputs: z.enum(OUTPUTS).default('direct') }),
  create: (context, { outputs }): Part => {
    const pin = (name: string): InterruptPin => new InterruptPin(`${context.name} ${name}`, context.pin(name));
    const halves = [accelerometer(context, pin('int1'), outputs), magnetometer(context, pin('intMag'), outputs)];
    const parts = together({ ...prefixed('accelerometer', halves[0].parts), ...prefixed('magnetometer', halves[1].parts) }, () => halves.forEach((half) => half.reset()));
    return { targets: halves.map(({ file }) => file), ...parts };
  },
});
