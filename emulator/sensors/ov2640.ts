/**
 * OmniVision OV2640: a camera of 1600 x 1200 with scaler and JPEG encoder, by its SCCB registers in two banks.
 * Source: OV2640 datasheet 1.6 (registers, chapters "DSP" and "sensor"), as we remember it; identity, windows and formats are confirmed by
 * the register lists of ArduCAM's library and Linux's ov2640 driver.
 *
 * With effect: RA_DLMT; in the DSP's bank CTRLI, HSIZE, VSIZE, XOFFL, YOFFL, VHYX, TEST, ZMOW, ZMOH, ZMHH, IMAGE_MODE, QS; in the sensor's bank
 * COM7 (resolution, colour bars, reset), REG04 (mirror, flip), CLKRC. Everything else is stored: exposure, gain, colours, effects, the
 * microcontroller, windows of the sensor, SIZEL. Gaps have no names in the datasheet.
 *
 * The sensor gives 1600 x 1200 at 15 frames a second, 800 x 600 at 30 or 400 x 296 at 60, at 24 MHz, divided by CLKRC + 1. The DSP takes
 * HSIZE x VSIZE of it (in fours, times CTRLI's dividers) from its offset on, and makes ZMOW x ZMOH (in fours) of that by area averages.
 * JPEG: camera/jpeg-encoder.ts with the tables of Annex K times QS over 16; real encoders differ.
 */
import type { Snapshot, Stateful, Warnings } from '../bus/types.js';
import { bit, bits, RegisterBlock, registerMap } from '../peripherals/registers/index.js';
import type { I2cTarget } from '../wires/i2c-bus.js';
import { packLuma, packRgb, packYuv, type Pixels } from './camera/colour.js';
import { encodeJpeg } from './camera/jpeg-encoder.js';
import { areaAverage, expose } from './camera/scene.js';
import type { Picture } from './inputs.js';
import { byte, status } from './register-file.js';

export const OV2640_DSP = registerMap({
  RSVD00:      byte(0x00, { count: 5 }),
  R_BYPASS:    byte(0x05, { reset: 0x01 }),
  RSVD06:      byte(0x06, { count: 0x3e }),
  QS:          byte(0x44, { reset: 0x0c }),
  RSVD45:      byte(0x45, { count: 11 }),
  CTRLI:       byte(0x50, { raz: false, fields: { LP_DP: bit(7), ROUND: bit(6), V_DIVIDER: bits(3, 5), H_DIVIDER: bits(0, 2) } }),
  HSIZE:       byte(0x51, { reset: 0x40 }),
  VSIZE:       byte(0x52, { reset: 0xf0 }),
  XOFFL:       byte(0x53),
  YOFFL:       byte(0x54),
  VHYX:        byte(0x55, { reset: 0x08 }),
  DPRP:        byte(0x56),
  TEST:        byte(0x57),
  RSVD58:      byte(0x58, { count: 2 }),
  ZMOW:        byte(0x5a, { reset: 0x58 }),
  ZMOH:        byte(0x5b, { reset: 0x48 }),
  ZMHH:        byte(0x5c),
  RSVD5D:      byte(0x5d, { count: 0x1f }),
  BPADDR:      byte(0x7c),
  BPDATA:      byte(0x7d),
  RSVD7E:      byte(0x7e, { count: 8 }),
  CTRL2:       byte(0x86, { reset: 0x0d }),
  CTRL3:       byte(0x87, { reset: 0x50 }),
  RSVD88:      byte(0x88, { count: 4 }),
  SIZEL:       byte(0x8c),
  RSVD8D:      byte(0x8d, { count: 0x33 }),
  HSIZE8:      byte(0xc0, { reset: 0x80 }),
  VSIZE8:      byte(0xc1, { reset: 0x60 }),
  CTRL0:       byte(0xc2, { reset: 0x0c }),
  CTRL1:       byte(0xc3, { reset: 0xff }),
  RSVDC4:      byte(0xc4, { count: 15 }),
  R_DVP_SP:    byte(0xd3, { reset: 0x82 }),
  RSVDD4:      byte(0xd4, { count: 6 }),
  IMAGE_MODE:  byte(0xda),
  RSVDDB:      byte(0xdb, { count: 5 }),
  RESET:       byte(0xe0, { reset: 0x04 }),
  RSVDE1:      byte(0xe1, { count: 15 }),
  MS_SP:       byte(0xf0, { reset: 0x04 }),
  RSVDF1:      byte(0xf1, { count: 6 }),
  SS_ID:       byte(0xf7, { reset: 0x60 }),
  SS_CTRL:     byte(0xf8, { reset: 0x01 }),
  MC_BIST:     byte(0xf9, { reset: 0x40 }),
  MC_AL:       byte(0xfa),
  MC_AH:       byte(0xfb),
  MC_D:        byte(0xfc, { reset: 0x80 }),
  P_CMD:       byte(0xfd),
  P_STATUS:    byte(0xfe),
});

export const OV2640_SENSOR = registerMap({
  GAIN:        byte(0x00),
  RSVD01:      byte(0x01, { count: 2 }),
  COM1:        byte(0x03, { reset: 0x0f }),
  REG04:       byte(0x04, { reset: 0x20 }),
  RSVD05:      byte(0x05, { count: 3 }),
  REG08:       byte(0x08, { reset: 0x40 }),
  COM2:        byte(0x09),
  PIDH:        status(0x0a, { reset: 0x26 }),
  PIDL:        status(0x0b, { reset: 0x42 }),
  COM3:        byte(0x0c, { reset: 0x38 }),
  COM4:        byte(0x0d, { reset: 0x07 }),
  RSVD0E:      byte(0x0e, { count: 2 }),
  AEC:         byte(0x10, { reset: 0x33 }),
  CLKRC:       byte(0x11),
  COM7:        byte(0x12, { raz: false, fields: { SRST: bit(7), RESOLUTION: bits(4, 6), ZOOM: bit(2), COLORBAR: bit(1) } }),
  COM8:        byte(0x13, { reset: 0xc7 }),
  COM9:        byte(0x14, { reset: 0x50 }),
  COM10:       byte(0x15),
  RSVD16:      byte(0x16),
  HREFST:      byte(0x17, { reset: 0x11 }),
  HREFEND:     byte(0x18, { reset: 0x75 }),
  VSTRT:       byte(0x19, { reset: 0x01 }),
  VEND:        byte(0x1a, { reset: 0x97 }),
  RSVD1B:      byte(0x1b),
  MIDH:        status(0x1c, { reset: 0x7f }),
  MIDL:        status(0x1d, { reset: 0xa2 }),
  RSVD1E:      byte(0x1e, { count: 6 }),
  AEW:         byte(0x24, { reset: 0x78 }),
  AEB:         byte(0x25, { reset: 0x68 }),
  VV:          byte(0x26, { reset: 0xd4 }),
  RSVD27:      byte(0x27, { count: 3 }),
  REG2A:       byte(0x2a),
  FRARL:       byte(0x2b),
  RSVD2C:      byte(0x2c),
  ADDVSL:      byte(0x2d),
  ADDVSH:      byte(0x2e),
  YAVG:        byte(0x2f),
  HSDY:        byte(0x30, { reset: 0x08 }),
  HEDY:        byte(0x31, { reset: 0x30 }),
  REG32:       byte(0x32, { reset: 0x36 }),
  RSVD33:      byte(0x33),
  ARCOM2:      byte(0x34, { reset: 0x20 }),
  RSVD35:      byte(0x35, { count: 16 }),
  REG45:       byte(0x45),
  FLL:         byte(0x46),
  FLH:         byte(0x47),
  COM19:       byte(0x48),
  ZOOMS:       byte(0x49),
  RSVD4A:      byte(0x4a),
  COM22:       byte(0x4b, { reset: 0x20 }),
  RSVD4C:      byte(0x4c, { count: 2 }),
  COM25:       byte(0x4e),
  BD50:        byte(0x4f, { reset: 0xca }),
  BD60:        byte(0x50, { reset: 0xa8 }),
  RSVD51:      byte(0x51, { count: 12 }),
  REG5D:       byte(0x5d, { count: 4 }),
  HISTO_LOW:   byte(0x61, { reset: 0x80 }),
  HISTO_HIGH:  byte(0x62, { reset: 0x90 }),
  RSVD63:      byte(0x63, { count: 0x9c }),
});

const BANK_SELECT = 0xff;
const SENSOR_BANK = 1;
const OSCILLATOR_HZ = 24_000_000;
/** By COM7's RESOLUTION: 0 and unknown ones whole, 1 and 2 a quarter across (CIF), 4 half (SVGA). Ticks of a frame at 24 MHz. */
const MODES = {
  uxga: { width: 1600, height: 1200, ticks: OSCILLATOR_HZ / 15 },
  svga: { width: 800, height: 600, ticks: OSCILLATOR_HZ / 30 },
  cif: { width: 400, height: 296, ticks: OSCILLATOR_HZ / 60 },
} as const;
const BARS = [[255, 255, 255], [255, 255, 0], [0, 255, 255], [0, 255, 0], [255, 0, 255], [255, 0, 0], [0, 0, 255], [0, 0, 0]] as const;

export class Ov2640 implements I2cTarget, Stateful {
  private readonly dsp: RegisterBlock<typeof OV2640_DSP.spec>;
  private readonly sensor: RegisterBlock<typeof OV2640_SENSOR.spec>;
  private bank = 0;
  private offset = 0;
  private isChoosing = false;

  constructor(instance: string, warnings: Warnings) {
    const common = { instance, size: 256, warnings, policy: { unmodelled: 'store' } } as const;
    this.dsp = new RegisterBlock(OV2640_DSP, common);
    this.sensor = new RegisterBlock(OV2640_SENSOR, { ...common, onWrite: { COM7: (value) => { if ((value & 0x80) !== 0) this.resetRegisters(); } } });
  }

  // -- SCCB: no increment, two-phase reads.

  start(read: boolean): boolean {
    this.isChoosing = !read;
    return true;
  }

  write(value: number): boolean {
    if (this.isChoosing) {
      this.offset = value;
      this.isChoosing = false;
    } else if (this.offset === BANK_SELECT) this.bank = value & 1;
    else this.chosen.write(this.offset, value, 1);
    return true;
  }

  read(): number {
    return this.offset === BANK_SELECT ? this.bank : this.chosen.read(this.offset, 1);
  }

  stop(): void {
    this.isChoosing = false;
  }

  reset(): void {
    this.resetRegisters();
    this.offset = 0;
    this.isChoosing = false;
  }

  snapshot(): Snapshot {
    return { dsp: this.dsp.snapshot(), sensor: this.sensor.snapshot(), bank: this.bank, offset: this.offset, isChoosing: this.isChoosing ? 1 : 0 };
  }

  restore(from: Snapshot): void {
    this.dsp.restore(from['dsp'] as Snapshot);
    this.sensor.restore(from['sensor'] as Snapshot);
    this.bank = from['bank'] === 1 ? 1 : 0;
    this.offset = Number(from['offset']) & 0xff;
    this.isChoosing = from['isChoosing'] === 1;
  }

  private get chosen(): RegisterBlock<typeof OV2640_DSP.spec> | RegisterBlock<typeof OV2640_SENSOR.spec> {
    return this.bank === SENSOR_BANK ? this.sensor : this.dsp;
  }

  private resetRegisters(): void {
    this.dsp.reset();
    this.sensor.reset();
    this.bank = 0;
  }

  // -- What it puts out.

  private get mode(): (typeof MODES)[keyof typeof MODES] {
    const resolution = this.sensor.field('COM7', 'RESOLUTION');
    return resolution === 4 ? MODES.svga : resolution === 1 || resolution === 2 ? MODES.cif : MODES.uxga;
  }

  /** How long a frame takes, as ticks of 24 MHz. */
  get frameTicks(): number { return this.mode.ticks * ((this.sensor.get('CLKRC') & 0x3f) + 1); }

  static readonly hz = OSCILLATOR_HZ;

  /** Bytes of one frame in the order of the port. */
  frame(scene: Picture): Uint8Array {
    const pixels = this.pixels(scene);
    const mode = this.dsp.get('IMAGE_MODE');
    if ((mode & 0x10) !== 0) return encodeJpeg(pixels, Math.max(1, this.dsp.get('QS')));
    if ((mode & 0x40) !== 0) return packLuma(pixels);
    const isRgb = ((mode >> 2) & 3) === 2;
    const bytes = isRgb ? packRgb(pixels, 'rgb565') : packYuv(pixels, 'yuyv');
    if ((mode & 1) !== 0) for (let i = 0; i + 1 < bytes.length; i += 2) [bytes[i], bytes[i + 1]] = [bytes[i + 1], bytes[i]];
    return bytes;
  }

  private pixels(scene: Picture): Pixels {
    const { dsp } = this;
    const { width, height } = this.mode;
    const array = { width, height, pixels: this.turned(this.isBars ? bars(width, height) : expose(scene, width, height), width, height) };
    const vhyx = dsp.get('VHYX');
    const across = 4 * (dsp.get('HSIZE') | ((vhyx & 0x08) << 5) | ((dsp.get('TEST') & 0x80) << 2)) << dsp.field('CTRLI', 'H_DIVIDER');
    const down = 4 * (dsp.get('VSIZE') | ((vhyx & 0x80) << 1)) << dsp.field('CTRLI', 'V_DIVIDER');
    const x = Math.min(dsp.get('XOFFL') | ((vhyx & 0x07) << 8), width - 1);
    const y = Math.min(dsp.get('YOFFL') | ((vhyx & 0x70) << 4), height - 1);
    const window = { x, y, width: within(across, width - x), height: within(down, height - y) };
    const zmhh = dsp.get('ZMHH');
    const outWidth = within(4 * (dsp.get('ZMOW') | ((zmhh & 3) << 8)), window.width);
    const outHeight = within(4 * (dsp.get('ZMOH') | ((zmhh & 4) << 6)), window.height);
    return { width: outWidth, height: outHeight, rgb: areaAverage(array, window, outWidth, outHeight) };
  }

  private get isBars(): boolean { return this.sensor.field('COM7', 'COLORBAR') !== 0; }

  /** REG04: bit 7 mirrors, bit 6 turns upside down. */
  private turned(rgb: Uint8Array, width: number, height: number): Uint8Array {
    const [mirrors, flips] = [(this.sensor.get('REG04') & 0x80) !== 0, (this.sensor.get('REG04') & 0x40) !== 0];
    if (!mirrors && !flips) return rgb;
    const out = new Uint8Array(rgb.length);
    for (let i = 0; i < width * height; i++) {
      const [column, row] = [i % width, Math.floor(i / width)];
      const from = 3 * ((flips ? height - 1 - row : row) * width + (mirrors ? width - 1 - column : column));
      out.set(rgb.subarray(from, from + 3), 3 * i);
    }
    return out;
  }
}

/** The scaler makes smaller only, and of nothing it makes all there is. */
function within(wanted: number, most: number): number {
  return wanted === 0 ? most : Math.min(wanted, most);
}

function bars(width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) out.set(BARS[Math.floor(((i % width) * BARS.length) / width)], 3 * i);
  return out;
}
