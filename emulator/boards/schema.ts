/**
 * What may stand in a chip description (`boards/chips/*.yaml`) and in a board description (`boards/*.yaml`).
 * Sizes are in bytes, frequencies in Hz, currents in microamps. Every object is strict: an unknown key is an error.
 */
import { z } from 'zod';
import { QUAD_FLASHES } from '../sensors/index.js';

const word = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'must be a name: letters, digits, "_", "-" and ".", a letter first').max(64);
const prose = z.string().min(1).max(2000);
const address = z.int().min(0).max(0xffff_ffff);
const bytes = z.int().min(1).max(0x1_0000_0000);
const hz = z.int().min(1).max(10_000_000_000);
const irq = z.union([z.int().min(0).max(495), z.literal('nmi')], 'must be an interrupt number (0 to 495) or nmi');
const scalar = z.union([z.number(), z.string().max(200), z.boolean()]);

/** A map with at most `most` entries. */
function few<K extends z.core.$ZodRecordKey, V extends z.ZodType>(keys: K, values: V, most: number) {
  return z.record(keys, values).refine((map) => Object.keys(map).length <= most, `has more than ${most} entries`);
}

const cortexM = z.strictObject({
  name: z.enum(['cortex-m0', 'cortex-m0plus', 'cortex-m3', 'cortex-m4', 'cortex-m7']),
  /** External interrupts, irq 0 up. */
  irqs: z.int().min(1).max(496),
  priorityBits: z.int().min(2).max(8),
  mpuRegions: z.union([z.literal(0), z.literal(8), z.literal(16)]),
  fpu: z.enum(['none', 'sp', 'dp']),
  bitBand: z.boolean(),
  /** The clock SysTick counts when SYST_CSR.CLKSOURCE is 0; absent when the chip wires none (SYST_CALIB.NOREF = 1). */
  systickReference: word.optional(),
  /** SYST_CALIB: TENMS, and SKEW when TENMS is not exactly 10 ms. */
  systickCalibration: z.strictObject({ tenms: z.int().min(0).max(0xff_ffff), skew: z.boolean() }).optional(),
  /** The clock the core runs on. */
  clock: word,
});

const byte = z.int().min(0).max(0xff);
/** Fuse bytes and lock bits as a programmer reads them: a programmed bit is 0. */
const fuses = z.strictObject({ low: byte, high: byte, extended: byte, lock: byte });

/** An AVR's memories stand where its ELF files have them: flash at 0, data at 0x800000, EEPROM at 0x810000, ... */
const avr = z.strictObject({
  name: z.enum(['avr']),
  /** Architecture variant as avr-gcc names it: avr5, avr6, ... */
  architecture: z.enum(['avr2', 'avr25', 'avr3', 'avr31', 'avr35', 'avr4', 'avr5', 'avr51', 'avr6']),
  clock: word,
  pcBits: z.union([z.literal(16), z.literal(22)]),
  /** Interrupt vectors, RESET included, and how far apart they stand. */
  vectors: z.int().min(1).max(128),
  vectorBytes: z.union([z.literal(2), z.literal(4)]),
  signature: z.array(byte).length(3),
  /** Names of `-mmcu=` whose firmware runs here as it is; the chip's own need not be among them. */
  alsoRuns: z.array(word).max(16).default([]),
  /** As delivered, where the board says nothing else. */
  fuses,
  /** Self-programming: bytes of a page, of the smallest boot section (the others are 2, 4 and 8 times as long), and of the NRWW section at the end. */
  flash: z.strictObject({ pageBytes: z.int().min(16).max(1024), smallestBootBytes: z.int().min(64).max(0x1_0000), nrwwBytes: z.int().min(64).max(0x1_0000) }),
});

const memory = z.strictObject({
  name: word,
  at: address,
  bytes,
  kind: z.enum(['rom', 'ram', 'flash']).optional(),
  /** Another memory whose bytes appear here too, from its start. */
  mirrorOf: word.optional(),
  /** Access widths in bytes that the memory answers; others fault. */
  access: z.array(z.union([z.literal(1), z.literal(2), z.literal(4)])).min(1).max(3).optional(),
  /** Every byte's value at power-on. */
  initial: z.int().min(0).max(255).optional(),
});

/**
 * Reads as zero and ignores writes: what the chip's document or machine does with such a range. It warns once, unless `quiet`
 * says that the chip itself has nothing there.
 */
const reserved = z.strictObject({ name: word, at: address, bytes, quiet: z.boolean().default(false) });

const peripheral = z.looseObject({
  block: z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'must be family/block, such as cmsdk/uart'),
  at: address,
  bytes: bytes.default(0x1000),
  /** The first of its offsets at which it answers: for blocks whose address ranges reach into each other. */
  from: z.int().min(0).max(0xffff).default(0),
  /** One number for a block with one line, or line name to number. Several blocks on one number are OR-ed. */
  irq: z.union([irq, z.record(word, irq)], 'must be an interrupt number, nmi, or a map from line name to these').optional(),
  clock: z.union([word, z.record(word, word)]).optional(),
  /** Request name to the DMA controller's line. */
  dma: z.record(word, z.int().min(0).max(255)).optional(),
});

/** What is drawn in a state: a base, and what is added with each megahertz of the core's clock. */
const energyState = z.strictObject({
  microamps: z.number().min(0).max(10_000_000).default(0),
  microampsPerMegahertz: z.number().min(0).max(100_000).default(0),
  source: prose,
  /** `read` in the source, `measured`, `derived` from other figures, or from `memory`: to be confirmed. */
  confidence: z.enum(['read', 'measured', 'derived', 'memory']).default('read'),
});

export const chipSchema = z.strictObject({
  name: word,
  source: prose,
  core: z.discriminatedUnion('name', [cortexM, avr], `must be one of ${[...cortexM.shape.name.options, ...avr.shape.name.options].join(', ')}`),
  oscillators: few(word, hz, 32),
  /** A clock is an oscillator or clock times `multiply` over `divide`. */
  clocks: few(word, z.strictObject({
    from: word,
    multiply: z.int().min(1).max(1_000_000).default(1),
    divide: z.int().min(1).max(1_000_000).default(1),
  }), 128),
  memories: z.array(memory).min(1).max(64),
  reserved: z.array(reserved).max(64).default([]),
  peripherals: few(word, peripheral, 512),
  /**
   * Prefix of a pin's name to the block that has the pins: `P0.: { of: gpio0, pins: 16 }` names P0.0 to P0.15, which are
   * the block's pins `first` and following. Names begin with `number`, 0 unless given.
   */
  ports: z.record(z.string().regex(/^[A-Z][A-Za-z0-9_]*\.?$/, 'must begin with a capital letter and may end with "."').max(32), z.strictObject({ of: word, first: z.int().min(0).max(63).default(0), number: z.int().min(0).max(63).default(0), pins: z.int().min(1).max(32) })).default({}),
  /** Pin to what else it can be: `P0.0: [uart1.rx]`. */
  functions: z.record(z.string().max(64), z.array(z.string().regex(/^[a-z][a-z0-9-]*\.[A-Za-z0-9_]+$/)).max(32)).default({}),
  /** At the supply's voltage. States by name: `running` is the core running from flash with nothing else on. */
  energy: z.strictObject({
    millivolts: z.int().min(100).max(50_000),
    states: z.record(word, energyState),
  }).optional(),
});

const active = z.enum(['low', 'high']);
const pin = z.string().min(1).max(32);
const switchedPin = z.strictObject({ pin, active });
/** Noise, offsets and a clock of its own, whatever the run says. YAML reads `on` as a word, and so does the command line. */
const imperfections = z.union([z.boolean(), z.enum(['on', 'off'])]);
const part = z.strictObject({
  part: word,
  name: word.optional(),
  /** I2C addresses (7 bits) the part answers at. */
  address: z.union([z.int().min(0x03).max(0x77), z.array(z.int().min(0x03).max(0x77)).min(1).max(8)]).optional(),
  /** SPI chip select. */
  cs: pin.optional(),
  /** How it is mounted: along which axis of the board its own x, y and z count up. */
  axes: z.array(z.enum(['x', '-x', 'y', '-y', 'z', '-z'])).length(3).optional(),
  /** A pin that powers or enables the part. */
  enable: switchedPin.optional(),
  /** The part's other pins, by the part's name for them: `int1: P0.16`. */
  pins: z.record(word, pin).optional(),
  imperfections: imperfections.optional(),
  options: z.record(word, scalar).optional(),
});
/** A part on pins of its own, those of its bus included: `{ part: mpu6050, pins: { sda: A4, scl: A5, int: D2 } }`. */
export const partEntrySchema = part.omit({ cs: true });
const matrixLines = z.strictObject({ pins: z.array(pin).min(1).max(32), active });
const parts = z.array(part).max(32).default([]);

const consoleOfPeripheral = z.strictObject({ name: word.optional(), uart: word });
/** `resetsOnOpen`: the bridge pulls the reset pin when somebody opens the port, as DTR does on Arduino boards. */
const consoleOnPins = z.strictObject({ name: word.optional(), tx: pin, rx: pin.optional(), rts: pin.optional(), cts: pin.optional(), resetsOnOpen: z.boolean().default(false) });
const consoleSchema = z.union([consoleOfPeripheral, consoleOnPins]);

export const boardSchema = z.strictObject({
  name: prose,
  source: prose,
  chip: word,
  /** Frequencies of what the board fits, where the chip leaves it open: oscillator to Hz. */
  crystals: z.record(word, hz).default({}),
  /**
   * How the board's bootloader leaves the chip to an image that starts at `application`: words it has written, in order.
   * They are written after each reset when such an image was loaded without the bootloader itself.
   */
  bootloader: z.strictObject({
    application: address,
    source: prose,
    writes: z.array(z.strictObject({ at: address.refine((at) => at % 4 === 0, 'must be a multiple of 4'), value: address })).max(256),
  }).optional(),
  console: z.union([consoleOfPeripheral, consoleOnPins, z.array(consoleSchema).max(8)], 'must be { uart: <peripheral> } or { tx: <pin>, rx: <pin> }, or a list of these').optional(),
  /** What the pins' high level is. */
  supplyVolts: z.number().min(1).max(6).default(3.3),
  /** Fuses and lock bits as the board's maker has programmed them. */
  fuses: fuses.partial().optional(),
  /** What the board prints next to its pins, to the chip's name for them. */
  pins: z.record(word, pin).default({}),
  leds: z.array(z.strictObject({ name: word, pin, active: active.default('high') })).max(64).default([]),
  buttons: z.array(z.strictObject({ name: word, pin, active: active.default('low') })).max(64).default([]),
  /** LEDs between rows and columns. `picture`: lines from the top, each LED as R<row>C<column>, "--" where there is none. */
  matrices: z.array(z.strictObject({ name: word, rows: matrixLines, columns: matrixLines, picture: z.array(z.string().min(1).max(400)).min(1).max(32) })).max(4).default([]),
  /** `pullUps`: the pin that supplies the bus's pull-up resistors; without it they are always there. */
  i2c: z.array(z.strictObject({ name: word.optional(), sda: pin, scl: pin, pullUps: switchedPin.optional(), parts })).max(16).default([]),
  spi: z.array(z.strictObject({ name: word.optional(), sck: pin, mosi: pin.optional(), miso: pin.optional(), parts })).max(16).default([]),
  pdm: z.array(z.strictObject({ clk: pin, din: pin, part: word, enable: switchedPin.optional(), imperfections: imperfections.optional(), options: z.record(word, scalar).optional() })).max(8).default([]),
  i2s: z.array(z.strictObject({ sck: pin, ws: pin, sd: pin, part: word, enable: switchedPin.optional(), pins: z.record(word, pin).optional(), imperfections: imperfections.optional(), options: z.record(word, scalar).optional() })).max(8).default([]),
  analog: z.array(z.strictObject({ pin, part: word, enable: switchedPin.optional(), imperfections: imperfections.optional(), options: z.record(word, scalar).optional() })).max(32).default([]),
  /** Parts that name their wires themselves: a bus is shared where the same pins have one already, else made. */
  parts: z.array(partEntrySchema).max(64).default([]),
  /** A serial flash on the chip's quad SPI controller. */
  qspi: z.strictObject({ part: z.enum(Object.keys(QUAD_FLASHES) as [keyof typeof QUAD_FLASHES]), cs: pin, sck: pin, io0: pin, io1: pin, io2: pin, io3: pin }).optional(),
  energy: z.strictObject({
    millivolts: z.int().min(100).max(50_000),
    /** What the board draws besides chip and parts. */
    always: energyState.optional(),
  }).optional(),
});

export type ChipText = z.output<typeof chipSchema>;
/** As a board's `parts` has it. Addresses where modules differ; without one, a part answers at what most modules have. */
export type PartEntry = z.input<typeof partEntrySchema>;
export type BoardText = z.output<typeof boardSchema>;
