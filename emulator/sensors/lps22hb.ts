/**
 * STMicroelectronics LPS22HB: absolute pressure and temperature with a FIFO of 32 samples, on I2C or SPI.
 * Source: LPS22HB datasheet DocID027083 Rev 6, chapters 5 (FIFO), 7 (on SPI bit 7 reads; the address increments as IF_ADD_INC says)
 * and 9 (registers). The time of a single conversion is taken as that of the highest rate. Identity and digits (4096 per hPa, 100 per degree) are confirmed by STMicroelectronics' driver
 * (lps22hb-pid). Not modelled: threshold interrupts, AUTOZERO and AUTORIFP, the low-pass filter, 3-wire SPI;
 * FIFO modes with a trigger store as their second half does.
 */
import { z } from 'zod';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { SampleFifo } from './fifo.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, int16, RegisterFile, setBytes, status, without } from './register-file.js';
import { rate, Sampler } from './sampler.js';
import { readBit7, SpiRegisters } from './spi-registers.js';

export const LPS22HB = registerMap({
  INTERRUPT_CFG: without(0x0b),
  THS_P_L:       without(0x0c),
  THS_P_H:       without(0x0d),
  WHO_AM_I:      status(0x0f, { reset: 0xb1 }),
  CTRL_REG1:     byte(0x10, { fields: { ODR: bits(4, 6), EN_LPFP: bit(3, { unmodelled: true }), LPFP_CFG: bit(2, { unmodelled: true }), BDU: bit(1), SIM: bit(0) } }),
  CTRL_REG2:     byte(0x11, { reset: 0x10, fields: { BOOT: bit(7), FIFO_EN: bit(6), STOP_ON_FTH: bit(5, { unmodelled: true }), IF_ADD_INC: bit(4), I2C_DIS: bit(3), SWRESET: bit(2), ONE_SHOT: bit(0) } }),
  CTRL_REG3:     byte(0x12, { fields: { INT_H_L: bit(7), PP_OD: bit(6), F_FSS5: bit(5), F_FTH: bit(4), F_OVR: bit(3), DRDY: bit(2), INT_S: bits(0, 1, { unmodelled: true }) } }),
  FIFO_CTRL:     byte(0x14, { fields: { F_MODE: bits(5, 7), WTM: bits(0, 4) } }),
  REF_P_XL:      without(0x15),
  REF_P_L:       without(0x16),
  REF_P_H:       without(0x17),
  RPDS_L:        without(0x18),
  RPDS_H:        without(0x19),
  RES_CONF:      byte(0x1a, { fields: { LC_EN: bit(0) } }),
  INT_SOURCE:    status(0x25),
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
const FIFO_DEPTH = 32;
const LAST_OUTPUT = 0x2c;
const FIRST_OUTPUT = 0x28;
const FIFO_MODE = 1;

function create(context: PartContext): Part {
  const drdy = new InterruptPin(`${context.name} int_drdy`, context.pin('int_drdy'));
  const fifo = new SampleFifo(FIFO_DEPTH, 2);
  const sampler = new Sampler(context.scheduler, (at) => sample(at));
  const usesFifo = (): boolean => registers.field('CTRL_REG2', 'FIFO_EN') !== 0 && registers.field('FIFO_CTRL', 'F_MODE') !== 0;
  const isAtWatermark = (): boolean => usesFifo() && fifo.level >= registers.field('FIFO_CTRL', 'WTM') && fifo.level > 0;
  const increments = (): boolean => registers.field('CTRL_REG2', 'IF_ADD_INC') !== 0;
  const file = new RegisterFile(LPS22HB, {
    instance: context.name, warnings: context.warnings,
    choose: (first): { offset: number; increments: boolean } => ({ offset: first & 0x7f, increments: increments() }),
    // A burst out of the FIFO goes through several samples.
    next: (offset) => (offset === LAST_OUTPUT && usesFifo() ? FIRST_OUTPUT : offset + 1),
    onStart: () => sampler.catchUp(),
    onRead: { FIFO_STATUS: () => (isAtWatermark() ? 0x80 : 0) | (fifo.hasOverrun ? 0x40 : 0) | fifo.level },
    onByteRead: (offset) => {
      if (offset === 0x2a) registers.set('STATUS', registers.get('STATUS') & ~0x11);
      if (offset === LAST_OUTPUT) {
        registers.set('STATUS', registers.get('STATUS') & ~0x22);
        fifo.shift();
        if (fifo.oldest) show(fifo.oldest);
      }
      updatePin();
    },
    onWrite: { CTRL_REG1: () => configure(), CTRL_REG2: (value) => command(value), CTRL_REG3: () => configure(), FIFO_CTRL: () => emptyFifo() },
  });
  const { registers } = file;
  const outputs = {
    pressure: [registers.storage('PRESS_OUT_XL'), registers.storage('PRESS_OUT_L'), registers.storage('PRESS_OUT_H')],
    temperature: [registers.storage('TEMP_OUT_L'), registers.storage('TEMP_OUT_H')],
  };

  function configure(): void {
    const hz = HZ[registers.field('CTRL_REG1', 'ODR')];
    sampler.run(hz === 0 ? undefined : rate(hz));
    sampler.watch(drdy.isConnected && (registers.get('CTRL_REG3') & 0x3c) !== 0);
    updatePin();
  }

  function command(value: number): void {
    if ((value & 0x04) !== 0) {
      registers.reset();
      fifo.reset();
      configure();
    }
    registers.setField('CTRL_REG2', 'BOOT', 0);
    if ((value & 0x01) !== 0 && registers.field('CTRL_REG1', 'ODR') === 0) sampler.once(rate(ONE_SHOT_HZ));
    emptyFifo();
  }

  function emptyFifo(): void {
    if (!usesFifo()) fifo.reset();
    updatePin();
  }

  function sample(at: RootTicks): void {
    registers.setField('CTRL_REG2', 'ONE_SHOT', 0);
    const values = [Math.max(0, Math.min(0x7f_ffff, Math.round(context.world.value('pressure', at) * DIGITS_PER_PASCAL))), int16(context.world.value('temperature', at) * DIGITS_PER_DEGREE)];
    const old = registers.get('STATUS');
    registers.set('STATUS', 3 | ((old & 3) << 4) | (old & 0x30));
    if (usesFifo()) fifo.push(values, registers.field('FIFO_CTRL', 'F_MODE') === FIFO_MODE);
    show(fifo.oldest ?? values);
    updatePin();
  }

  function show([pressure, temperature]: readonly number[]): void {
    setBytes(outputs.pressure, pressure);
    setBytes(outputs.temperature, temperature);
  }

  function updatePin(): void {
    const sources = registers.get('CTRL_REG3');
    const isActive = ((sources & 0x04) !== 0 && (registers.get('STATUS') & 1) !== 0) || ((sources & 0x10) !== 0 && isAtWatermark())
      || ((sources & 0x08) !== 0 && fifo.hasOverrun) || ((sources & 0x20) !== 0 && fifo.isFull);
    drdy.set(isActive, { activeHigh: registers.field('CTRL_REG3', 'INT_H_L') === 0, openDrain: registers.field('CTRL_REG3', 'PP_OD') !== 0 });
  }

  const spi = new SpiRegisters(file, (first) => ({ ...readBit7(first), increments: increments() }));
  return { targets: [file], spi: { device: spi }, ...together({ file, sampler, fifo, spi }, () => drdy.release()) };
}

export const LPS22HB_PART = definePart({
  what: 'pressure, temperature', bus: ['i2c', 'spi'], addresses: [[0x5c, 0x5d]], pins: ['int_drdy'], inputs: ['pressure', 'temperature'], options: z.strictObject({}), create,
});
