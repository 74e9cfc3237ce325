/**
 * Maxim MAX7219: driver for eight digits of seven segments and a point, or for a matrix of 8 x 8 LEDs; several in a row with
 * `chain`, DOUT to DIN. What it has shifted in last counts at the rising edge of LOAD (chip select).
 * Source: MAX7219/MAX7221 data sheet, 19-4452 Rev 4, tables 1 to 10; from memory, confirmed by no other source. Not modelled:
 * the scan of the digits (800 Hz) and the segment current that RSET sets: brightness is the duty cycle of the intensity register
 * times the share of time of a digit at full scan limit. Currents: "Electrical characteristics", 150 uA shut down, 8 mA with all segments off,
 * and 40 mA for each segment for its share of time; what flows through the segments is rounded to a 255th of the most. Without blanking, digits past the scan limit are dark.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { bit, bits, RegisterBlock, registerMap } from '../../peripherals/registers/index.js';
import { definePart, type Part, type PartContext } from '../part.js';
import { graded } from '../charge.js';
import { byte } from '../register-file.js';
import { numbersFrom } from '../saved.js';

export const MAX7219 = registerMap({
  NO_OP:        byte(0x0),
  DIGIT:        byte(0x1, { count: 8, stride: 1 }),
  DECODE_MODE:  byte(0x9),
  INTENSITY:    byte(0xa, { fields: { DUTY: bits(0, 3) } }),
  SCAN_LIMIT:   byte(0xb, { fields: { DIGITS: bits(0, 2) } }),
  SHUTDOWN:     byte(0xc, { fields: { NORMAL: bit(0) } }),
  DISPLAY_TEST: byte(0xf, { fields: { TEST: bit(0) } }),
});

const MICROAMPS = { shutdown: 150, operating: 8000, segment: 40_000 } as const;
const REGISTERS = 16;
const DIGITS = 8;
/** Table 5, code B font: segments A to G in bits 6 to 0, for 0 to 9, "-", E, H, L, P and blank. */
const CODE_B = [0x7e, 0x30, 0x6d, 0x79, 0x33, 0x5b, 0x5f, 0x70, 0x7f, 0x7b, 0x01, 0x4f, 0x37, 0x0e, 0x67, 0x00] as const;
const POINT = 0x80;

class Max7219 {
  /** Of each device, from the controller on. */
  private readonly devices: readonly RegisterBlock<typeof MAX7219.spec>[];
  /** What was shifted in, the latest 16 bits for the first device: [byte, latest first]. */
  private readonly shifted: Uint8Array;

  constructor(private readonly context: PartContext, private readonly chain: number) {
    const { name, warnings } = context;
    this.devices = Array.from({ length: chain }, (_, index) => new RegisterBlock(MAX7219, { instance: chain === 1 ? name : `${name} ${index + 1}`, size: REGISTERS, warnings }));
    this.shifted = new Uint8Array(2 * chain);
  }

  readonly device = {
    select: (): number => this.shifted.at(-1)!,
    transfer: (received: number): number => {
      this.shifted.copyWithin(1, 0);
      this.shifted[0] = received;
      return this.shifted.at(-1)!;
    },
    deselect: (): void => this.load(),
  };

  private load(): void {
    this.devices.forEach((registers, index) => registers.write(this.shifted[2 * index + 1] & 0xf, this.shifted[2 * index], 1));
    this.tellCurrent();
    this.context.changed?.();
  }

  tellCurrent(): void {
    const isOn = this.devices.map((registers) => registers.field('SHUTDOWN', 'NORMAL') !== 0 || registers.field('DISPLAY_TEST', 'TEST') !== 0);
    const operating = isOn.filter(Boolean).length;
    const base = operating * MICROAMPS.operating + (this.chain - operating) * MICROAMPS.shutdown;
    const lit = this.shows().reduce((sum, segments) => sum + segments.reduce((all, share) => all + share, 0), 0);
    // All eight segments of the digit that has its turn.
    this.context.draws(operating === 0 ? 'shut down' : 'operating', base + graded(lit * MICROAMPS.segment, this.chain * 8 * MICROAMPS.segment));
  }

  /** [digit of the first device, then of the next][segment DP, A to G]. */
  shows(): number[][] {
    return this.devices.flatMap((registers) => Array.from({ length: DIGITS }, (_, digit) => digitOf(registers, digit)));
  }

  reset(): void {
    for (const registers of this.devices) registers.reset();
    this.shifted.fill(0);
    this.tellCurrent();
  }

  snapshot(): Snapshot {
    return { devices: this.devices.map((registers) => registers.snapshot()), shifted: [...this.shifted] };
  }

  restore(from: Snapshot): void {
    this.devices.forEach((registers, index) => registers.restore((from['devices'] as readonly Snapshot[])[index]));
    this.shifted.set(numbersFrom(from, 'shifted', this.shifted.length));
  }
}

function digitOf(registers: RegisterBlock<typeof MAX7219.spec>, digit: number): number[] {
  const isTest = registers.field('DISPLAY_TEST', 'TEST') !== 0;
  // Table 7: 1/32, 3/32, ... 31/32; in display test always the most, on all digits.
  const duty = isTest ? 31 / 32 : (2 * registers.field('INTENSITY', 'DUTY') + 1) / 32;
  const digits = isTest ? DIGITS : registers.field('SCAN_LIMIT', 'DIGITS') + 1;
  const isOn = isTest || (registers.field('SHUTDOWN', 'NORMAL') !== 0 && digit < digits);
  const segments = isTest ? 0xff : segmentsOf(registers, digit);
  return Array.from({ length: 8 }, (_, segment) => (isOn && (segments & (0x80 >> segment)) !== 0 ? duty / digits : 0));
}

function segmentsOf(registers: RegisterBlock<typeof MAX7219.spec>, digit: number): number {
  const data = registers.get('DIGIT', digit);
  const isDecoded = (registers.get('DECODE_MODE') & (1 << digit)) !== 0;
  return isDecoded ? CODE_B[data & 0xf] | (data & POINT) : data;
}

export const MAX7219_PART = definePart({
  what: 'driver of eight 7-segment digits or an 8 x 8 LED matrix',
  bus: 'spi',
  inputs: [],
  options: z.strictObject({
    /** Devices in a row, each one's DOUT to the next one's DIN. */
    chain: z.int().min(1).max(16).default(1),
  }),
  create: (context, { chain }): Part => {
    const driver = new Max7219(context, chain);
    return {
      // A bit is taken on the rising edge of CLK, whatever level it idles at.
      spi: { device: driver.device, modes: [0, 3] },
      shows: () => ({ kind: 'lights', brightness: driver.shows() }),
      reset: () => driver.reset(), snapshot: () => driver.snapshot(), restore: (from) => driver.restore(from),
    };
  },
});
