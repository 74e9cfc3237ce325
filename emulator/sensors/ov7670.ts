/**
 * OmniVision OV7670 and OV7675: VGA cameras, by their SCCB side: identity and registers.
 * Source: OV7670 datasheet 1.4, table 5 (registers, defaults); SCCB specification 2.2: no increment, two-phase reads.
 * The OV7675 has the same registers and the same product number. PID and
 * VER are confirmed by Arduino's driver (Arduino_OV767X); other resets are the datasheet's, unconfirmed. Not modelled: the pixel port (VSYNC, HREF, PCLK and D0 to
 * D7 stay undriven), and with it every effect of the settings; they read back.
 */
import { z } from 'zod';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import { definePart, together, type Part, type PartContext } from './part.js';
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
  RSVD8A:              byte(0x8a, { count: 8 }),
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

/** It answers unless its RESET or PWDN pin holds it; registers stay through power-down. */
function create(context: PartContext): Part {
  const file: RegisterFile<typeof OV7670.spec> = new RegisterFile(OV7670, {
    instance: context.name, warnings: context.warnings,
    choose: (offset) => ({ offset, increments: false }),
    onWrite: { COM7: (value) => { if ((value & 0x80) !== 0) file.registers.reset(); } },
  });
  context.pin('reset')?.follow((level) => { if (!level) file.registers.reset(); });
  const isHeld = (): boolean => isDriven(context.pin('reset'), '0') || isDriven(context.pin('pwdn'), '1');
  const target = {
    start: (read: boolean): boolean => !isHeld() && file.start(read),
    write: (value: number): boolean => file.write(value),
    read: (): number => file.read(),
    stop: (): void => file.stop(),
  };
  return { targets: [target], ...together({ file }) };
}

/** A pin that nobody drives is held by the module's own resistor. */
function isDriven(net: ReturnType<PartContext['pin']>, state: '0' | '1'): boolean {
  return net !== undefined && net.state === state;
}

const CAMERA = {
  bus: 'sccb', addresses: [[0x21]], inputs: [], options: z.strictObject({}), create,
  pins: ['reset', 'pwdn', 'xclk', 'vsync', 'href', 'pclk', 'd0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7'],
} as const;

export const OV7670_PART = definePart(CAMERA);
export const OV7675_PART = definePart(CAMERA);
