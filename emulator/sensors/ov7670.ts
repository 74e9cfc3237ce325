/**
 * OmniVision OV7670 and OV7675: VGA cameras with registers on SCCB and pixels on a parallel port.
 * Source: OV7670 datasheet 1.4, table 5 (registers, defaults), figures 5 to 13 (timing); SCCB specification 2.2: no increment, two-phase
 * reads. Table 5 does not have RGB444, which Linux's and Arduino's drivers use. The OV7675 has the same registers and the same
 * product number. PID, VER, MIDH and MIDL, the clock's formula, the bytes' order in RGB565 and YUYV and the numbers of the test patterns
 * are confirmed by Arduino's driver (Arduino_OV767X); the rest is the datasheet's as we remember it, unconfirmed.
 *
 * With effect: CLKRC, DBLV, COM2 (sleep), COM3 (byte swap, scaling, DCW, tri-state), COM7, COM10, COM13 (UV swap), COM14, COM15, COM17 (bars),
 * TSLB, HSTART, HSTOP, HREF, VSTRT, VSTOP, VREF, MVFP, EXHCH, EXHCL, ADVFH, ADVFL, DM_LNH, DM_LNL, BRIGHT, CONTRAS, CONTRAS_CENTER, MANU, MANV,
 * SCALING_XSC, SCALING_YSC, SCALING_DCWCTR, RGB444. What they do to the picture: ov7670-frame.ts. Settings of a frame are those at its VSYNC.
 *
 * Stored and without effect: exposure, gain, white balance and their automatics (the scene is seen as it is given), gamma,
 * colour matrix, saturation, edges, denoising, lens correction, banding filter and night mode; HSYST, HSYEN, PSHFT, SCALING_PCLK_DELAY and
 * SCALING_PCLK_DIV; COM12's HREF in blank lines; averages read what was written. Not modelled, with a warning: CCIR656 (COM1).
 * SCCB answers without XCLK too.
 */
import { z } from 'zod';
import type { Snapshot } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import type { Net } from '../wires/net.js';
import { ClockInput } from './camera/clock-input.js';
import { PixelPort, type Frame, type FrameTiming } from './camera/pixel-port.js';
import type { Picture } from './inputs.js';
import { clockDivision, geometryOf, pixelsOf, R, timingOf, wordsOf, type Geometry, type Model, type Registers } from './ov7670-frame.js';
import { definePart, type Part, type PartContext } from './part.js';
import { byte, RegisterFile, status } from './register-file.js';

export const OV7670 = registerMap({
  GAIN:                byte(0x00),
  BLUE:                byte(0x01, { reset: 0x80 }),
  RED:                 byte(0x02, { reset: 0x80 }),
  VREF:                byte(0x03),
  COM1:                byte(0x04),
  BAVE:                byte(0x05),
  GbAVE:               byte(0x06),
  AECHH:               byte(0x07),
  RAVE:                byte(0x08),
  COM2:                byte(0x09, { reset: 0x01 }),
  PID:                 status(0x0a, { reset: 0x76 }),
  VER:                 status(0x0b, { reset: 0x73 }),
  COM3:                byte(0x0c),
  COM4:                byte(0x0d),
  COM5:                byte(0x0e, { reset: 0x01 }),
  COM6:                byte(0x0f, { reset: 0x43 }),
  AECH:                byte(0x10, { reset: 0x40 }),
  CLKRC:               byte(0x11, { reset: 0x80 }),
  COM7:                byte(0x12, { raz: false, fields: { SCCB_RESET: bit(7), FORMAT: bits(3, 5), COLORBAR: bit(1) } }),
  COM8:                byte(0x13, { reset: 0x8f }),
  COM9:                byte(0x14, { reset: 0x4a }),
  COM10:               byte(0x15),
  RSVD16:              byte(0x16),
  HSTART:              byte(0x17, { reset: 0x11 }),
  HSTOP:               byte(0x18, { reset: 0x61 }),
  VSTRT:               byte(0x19, { reset: 0x03 }),
  VSTOP:               byte(0x1a, { reset: 0x7b }),
  PSHFT:               byte(0x1b),
  MIDH:                status(0x1c, { reset: 0x7f }),
  MIDL:                status(0x1d, { reset: 0xa2 }),
  MVFP:                byte(0x1e, { reset: 0x01 }),
  LAEC:                byte(0x1f),
  ADCCTR0:             byte(0x20, { reset: 0x04 }),
  ADCCTR1:             byte(0x21, { reset: 0x02 }),
  ADCCTR2:             byte(0x22, { reset: 0x01 }),
  ADCCTR3:             byte(0x23, { reset: 0x00 }),
  AEW:                 byte(0x24, { reset: 0x75 }),
  AEB:                 byte(0x25, { reset: 0x63 }),
  VPT:                 byte(0x26, { reset: 0xd4 }),
  BBIAS:               byte(0x27, { reset: 0x80 }),
  GbBIAS:              byte(0x28, { reset: 0x80 }),
  RSVD29:              byte(0x29),
  EXHCH:               byte(0x2a),
  EXHCL:               byte(0x2b),
  RBIAS:               byte(0x2c, { reset: 0x80 }),
  ADVFL:               byte(0x2d),
  ADVFH:               byte(0x2e),
  YAVE:                byte(0x2f),
  HSYST:               byte(0x30, { reset: 0x08 }),
  HSYEN:               byte(0x31, { reset: 0x30 }),
  HREF:                byte(0x32, { reset: 0x80 }),
  CHLF:                byte(0x33, { reset: 0x08 }),
  ARBLM:               byte(0x34, { reset: 0x11 }),
  RSVD35:              byte(0x35, { count: 2 }),
  ADC:                 byte(0x37, { reset: 0x3f }),
  ACOM:                byte(0x38, { reset: 0x01 }),
  OFON:                byte(0x39),
  TSLB:                byte(0x3a, { reset: 0x0d }),
  COM11:               byte(0x3b),
  COM12:               byte(0x3c, { reset: 0x68 }),
  COM13:               byte(0x3d, { reset: 0x88 }),
  COM14:               byte(0x3e),
  EDGE:                byte(0x3f),
  COM15:               byte(0x40, { reset: 0xc0 }),
  COM16:               byte(0x41, { reset: 0x08 }),
  COM17:               byte(0x42),
  AWBC1:               byte(0x43, { count: 6, reset: [0x14, 0xf0, 0x45, 0x61, 0x51, 0x79] }),
  RSVD49:              byte(0x49, { count: 2 }),
  REG4B:               byte(0x4b),
  DNSTH:               byte(0x4c),
  RSVD4D:              byte(0x4d, { count: 2 }),
  MTX1:                byte(0x4f, { count: 6, reset: [0x40, 0x34, 0x0c, 0x17, 0x29, 0x40] }),
  BRIGHT:              byte(0x55),
  CONTRAS:             byte(0x56, { reset: 0x40 }),
  CONTRAS_CENTER:      byte(0x57, { reset: 0x80 }),
  MTXS:                byte(0x58, { reset: 0x1e }),
  RSVD59:              byte(0x59, { count: 9 }),
  LCC1:                byte(0x62),
  LCC2:                byte(0x63),
  LCC3:                byte(0x64, { reset: 0x50 }),
  LCC4:                byte(0x65, { reset: 0x30 }),
  LCC5:                byte(0x66),
  MANU:                byte(0x67, { reset: 0x80 }),
  MANV:                byte(0x68, { reset: 0x80 }),
  GFIX:                byte(0x69),
  GGAIN:               byte(0x6a),
  DBLV:                byte(0x6b, { reset: 0x0a }),
  AWBCTR3:             byte(0x6c, { reset: 0x02 }),
  AWBCTR2:             byte(0x6d, { reset: 0x55 }),
  AWBCTR1:             byte(0x6e, { reset: 0xc0 }),
  AWBCTR0:             byte(0x6f, { reset: 0x9a }),
  SCALING_XSC:         byte(0x70, { reset: 0x3a }),
  SCALING_YSC:         byte(0x71, { reset: 0x35 }),
  SCALING_DCWCTR:      byte(0x72, { reset: 0x11 }),
  SCALING_PCLK_DIV:    byte(0x73),
  REG74:               byte(0x74),
  REG75:               byte(0x75, { reset: 0x0f }),
  REG76:               byte(0x76, { reset: 0x01 }),
  REG77:               byte(0x77, { reset: 0x10 }),
  RSVD78:              byte(0x78, { count: 2 }),
  SLOP:                byte(0x7a, { reset: 0x24 }),
  GAM1:                byte(0x7b, { count: 15, reset: [0x04, 0x07, 0x10, 0x28, 0x36, 0x44, 0x52, 0x60, 0x6c, 0x78, 0x8c, 0x9e, 0xbb, 0xd2, 0xe5] }),
  RSVD8A:              byte(0x8a, { count: 2 }),
  RGB444:              byte(0x8c),
  RSVD8D:              byte(0x8d, { count: 5 }),
  DM_LNL:              byte(0x92),
  DM_LNH:              byte(0x93),
  LCC6:                byte(0x94, { reset: 0x50 }),
  LCC7:                byte(0x95, { reset: 0x50 }),
  RSVD96:              byte(0x96, { count: 7 }),
  BD50ST:              byte(0x9d, { reset: 0x99 }),
  BD60ST:              byte(0x9e, { reset: 0x7f }),
  HAECC1:              byte(0x9f, { reset: 0xc0 }),
  HAECC2:              byte(0xa0, { reset: 0x90 }),
  RSVDA1:              byte(0xa1),
  SCALING_PCLK_DELAY:  byte(0xa2, { reset: 0x02 }),
  RSVDA3:              byte(0xa3),
  NT_CTRL:             byte(0xa4),
  BD50MAX:             byte(0xa5, { reset: 0x0f }),
  HAECC3:              byte(0xa6, { reset: 0xf0 }),
  HAECC4:              byte(0xa7, { reset: 0xc1 }),
  HAECC5:              byte(0xa8, { reset: 0xf0 }),
  HAECC6:              byte(0xa9, { reset: 0xc1 }),
  HAECC7:              byte(0xaa, { reset: 0x14 }),
  BD60MAX:             byte(0xab, { reset: 0x0f }),
  STR_OPT:             byte(0xac),
  STR_R:               byte(0xad, { reset: 0x80 }),
  STR_G:               byte(0xae, { reset: 0x80 }),
  STR_B:               byte(0xaf, { reset: 0x80 }),
  RSVDB0:              byte(0xb0),
  ABLC1:               byte(0xb1),
  RSVDB2:              byte(0xb2),
  THL_ST:              byte(0xb3, { reset: 0x80 }),
  RSVDB4:              byte(0xb4),
  THL_DLT:             byte(0xb5, { reset: 0x04 }),
  RSVDB6:              byte(0xb6, { count: 8 }),
  'AD-CHB':            byte(0xbe),
  'AD-CHR':            byte(0xbf),
  'AD-CHGb':           byte(0xc0),
  'AD-CHGr':           byte(0xc1),
  RSVDC2:              byte(0xc2, { count: 7 }),
  SATCTR:              byte(0xc9, { reset: 0xc0 }),
  // Beyond the documented ones; drivers read them and write values that OmniVision gave them.
  RSVDCA:              byte(0xca, { count: 0x36 }),
});

/** Key specifications: 60 mW and less than 20 uA; 98 mW and 60 uA (from memory); at a supply of 3 V. */
const MICROAMPS = { ov7670: { active: 20_000, standby: 20 }, ov7675: { active: 32_700, standby: 60 } } as const;
const CCIR656 = 0x40;
const SLEEP = 0x10;
/** COM3: outputs are let go in power-down; one bit for clocks, one for data. */
const TRISTATE = 0x30;
const PORT = ['vsync', 'href', 'pclk', 'd0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7'] as const;

/** What a frame was settled as, and what was made of it. */
interface Settled { readonly registers: Registers; readonly geometry: Geometry; readonly timing: FrameTiming }

class Ov7670 implements Part {
  readonly targets;
  private readonly file: RegisterFile<typeof OV7670.spec>;
  private readonly xclk: ClockInput;
  private readonly port: PixelPort;
  private readonly resetPin: Net | undefined;
  private readonly powerDown: Net | undefined;
  private settled: Settled | undefined;
  /** The last picture that was put into words, for scenes that stand still. */
  private made: { readonly scene: Picture; readonly settled: Settled; readonly words: Uint8Array } | undefined;
  private isOn = false;

  constructor(private readonly context: PartContext, private readonly model: Model, xclkHz: number | undefined) {
    const { scheduler } = context;
    this.file = new RegisterFile(OV7670, {
      instance: context.name, warnings: context.warnings,
      choose: (offset) => ({ offset, increments: false }),
      onWrite: {
        COM7: (value) => { if ((value & 0x80) !== 0) this.restart(); },
        COM1: (value) => { if ((value & CCIR656) !== 0) context.warnings.warn(`${context.name} CCIR656`, `${context.name}: COM1 asks for CCIR656, which is not modelled; VSYNC and HREF go on`); },
      },
    });
    this.port = new PixelPort(scheduler, {
      pin: (name) => context.pin(name), names: PORT, part: context.name, frame: (at) => this.settle(at), resume: (at) => this.frameOf(this.settled!, at),
    });
    this.xclk = new ClockInput(scheduler, context.pin('xclk'), xclkHz, () => this.update());
    this.resetPin = context.pin('reset');
    this.powerDown = context.pin('pwdn');
    this.resetPin?.onState((state) => {
      if (state === '0') this.file.registers.reset();
      this.update();
    });
    this.powerDown?.onState(() => this.update());
    this.targets = [{
      start: (read: boolean): boolean => !this.isHeld && this.file.start(read),
      write: (value: number): boolean => this.write(value),
      read: (): number => this.file.read(),
      stop: (): void => this.file.stop(),
    }];
  }

  reset(): void {
    this.file.reset();
    this.xclk.reset();
    this.port.reset();
    this.settled = this.made = undefined;
    this.isOn = false;
    this.update();
  }

  snapshot(): Snapshot {
    return {
      file: this.file.snapshot(), xclk: this.xclk.snapshot(), port: this.port.snapshot(), isOn: this.isOn ? 1 : 0,
      settled: this.settled === undefined ? null : this.settled.registers.slice(),
    };
  }

  restore(from: Snapshot): void {
    const { settled } = from;
    if (settled !== null && !(settled instanceof Uint8Array && settled.length === REGISTERS)) throw new Error(`the snapshot is not of ${this.context.name}`);
    this.file.restore(from['file'] as Snapshot);
    this.xclk.restore(from['xclk'] as Snapshot);
    this.made = undefined;
    this.settled = settled === null ? undefined : this.settledAs(settled.slice());
    this.isOn = from['isOn'] === 1;
    this.port.restore(from['port'] as Snapshot);
  }

  /** RESET low or PWDN high; a pin that nobody drives is held by the module's own resistor. Registers stay through power-down. */
  private get isHeld(): boolean { return this.resetPin?.state === '0' || this.powerDown?.state === '1'; }

  /** A frame that begins before the write keeps the settings from before. */
  private write(value: number): boolean {
    this.port.catchUp();
    const accepted = this.file.write(value);
    this.update();
    return accepted;
  }

  private restart(): void {
    this.file.registers.reset();
    this.port.halt();
    this.isOn = false;
  }

  private register(offset: number): number { return this.file.registers.peek(offset, 1); }

  /** Whether frames are put out, and how fast: after everything that may change it. */
  private update(): void {
    const isOff = this.isHeld || (this.register(R.COM2) & SLEEP) !== 0;
    if (isOff) {
      const isReleased = this.powerDown?.state === '1' && (this.register(R.COM3) & TRISTATE) === TRISTATE;
      this.isOn = false;
      this.context.draws('standby', MICROAMPS[this.model].standby);
      this.port.halt(isReleased);
      return;
    }
    const { period } = this.xclk;
    if (period === undefined) this.context.draws('no clock', MICROAMPS[this.model].standby);
    else this.context.draws('active', MICROAMPS[this.model].active);
    const { num, den } = clockDivision(this.registers());
    this.port.setClock(period && { num: period.num * num, den: period.den * den });
    if (this.isOn || period === undefined) return;
    this.isOn = true;
    this.port.restart();
  }

  // -- Frames.

  private registers(): Registers {
    const copy = new Uint8Array(REGISTERS);
    for (const offset of Object.values(R)) copy[offset] = this.register(offset);
    return copy;
  }

  private settle(at: RootTicks): Frame {
    const registers = this.registers();
    if (this.settled === undefined || !sameBytes(registers, this.settled.registers)) this.settled = this.settledAs(registers);
    return this.frameOf(this.settled, at);
  }

  private settledAs(registers: Registers): Settled {
    const geometry = geometryOf(registers, this.model);
    const { name, warnings } = this.context;
    const tooLong = (): void => warnings.warn(`${name} row`, `${name}: a row at this pixel clock (COM14) is longer than its line, and is cut; scale down more (SCALING_DCWCTR) or divide less`);
    return { registers, geometry, timing: timingOf(registers, geometry, tooLong) };
  }

  private frameOf(settled: Settled, at: RootTicks): Frame {
    return { timing: settled.timing, words: () => this.wordsAt(settled, at) };
  }

  private wordsAt(settled: Settled, at: RootTicks): Uint8Array {
    const scene = this.context.world.picture(at);
    if (this.made?.scene !== scene || this.made.settled !== settled) {
      const { registers, geometry, timing } = settled;
      this.made = { scene, settled, words: wordsOf(registers, geometry, pixelsOf(registers, geometry, scene), timing.wordsPerRow) };
    }
    return this.made.words;
  }
}

const REGISTERS = 256;

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((value, index) => value === b[index]);
}

/** `xclkHz`: of a module with an oscillator of its own, whose `xclk` the board leaves open. */
const CAMERA = {
  bus: 'sccb', addresses: [[0x21]], inputs: [], options: z.strictObject({ xclkHz: z.int().min(1_000_000).max(48_000_000).optional() }),
  pins: ['reset', 'pwdn', 'xclk', ...PORT],
} as const;

export const OV7670_PART = definePart({ what: 'VGA camera with a parallel port', ...CAMERA, create: (context, { xclkHz }) => new Ov7670(context, 'ov7670', xclkHz) });
export const OV7675_PART = definePart({ what: 'VGA camera with a parallel port, as on the Tiny Machine Learning Shield', ...CAMERA, create: (context, { xclkHz }) => new Ov7670(context, 'ov7675', xclkHz) });
