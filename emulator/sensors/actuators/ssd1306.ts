/**
 * Solomon Systech SSD1306: display of 128 x 64 or 128 x 32 OLEDs, on I2C or on SPI with a D/C pin.
 * Source: SSD1306 datasheet Rev 1.1, chapters 8 to 10, command tables 9-1; figures from memory, the initial values and the order
 * of parameters as Adafruit's driver uses them. The picture is that of the usual modules with their pins at the top: upright after A1 and C8. Frames come at Fosc / (D * K *
 * rows) with 370 kHz for Fosc. Not modelled: the oscillator's setting in D5 (Fosc stays), VCOMH, pre-charge beyond its length,
 * COM pin configurations that do not fit the glass (they warn), reading the RAM (neither interface can).
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../../bus/types.js';
import type { RootTicks } from '../../time/types.js';
import type { I2cTarget } from '../../wires/i2c-bus.js';
import type { SpiDevice } from '../../wires/spi-bus.js';
import { graded } from '../charge.js';
import { definePart, type Part, type PartContext } from '../part.js';
import { numberFrom, numbersFrom } from '../saved.js';
import type { Shown } from '../shown.js';

const COLUMNS = 128;
const PAGES = 8;
const ROWS = 64;
const FOSC_HZ = 370_000;
/** A module of 128 x 64 with its charge pump and regulator, from memory: asleep, on and dark, and 16 mA more with all pixels at full contrast. */
const MICROAMPS = { sleep: 10, on: 4000, panel: 16_000 } as const;
/** How many bits of a byte are set. */
const BITS_SET = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);
/** Table 9-1, scroll interval in frames by its three bits. */
const SCROLL_FRAMES = [5, 64, 128, 256, 3, 4, 25, 2] as const;
/** COM pins of the glass: alternative for 64 rows, sequential for 32. */
const COM_PINS = { 64: 0x12, 32: 0x02 } as const;

/** Everything that commands set, with its value after reset (chapter 8.5 and table 9-1). */
const AFTER_RESET = {
  isOn: 0, isAllOn: 0, isInverse: 0, contrast: 0x7f, memoryMode: 2, startLine: 0, segmentRemap: 0, comRemap: 0, multiplex: 63, offset: 0,
  comPins: 0x12, clock: 0x80, precharge: 0x22, vcomh: 0x20, chargePump: 0x10,
  column: 0, page: 0, columnStart: 0, columnEnd: COLUMNS - 1, pageStart: 0, pageEnd: PAGES - 1,
  scrollIsActive: 0, scrollIsLeft: 0, scrollFromPage: 0, scrollToPage: 0, scrollInterval: 0, scrollRows: 0, scrollTop: 0, scrollArea: ROWS, scrolled: 0, scrollBegan: 0, scrollDone: 0,
};
type Registers = { -readonly [name in keyof typeof AFTER_RESET]: number };
const NAMES = Object.keys(AFTER_RESET) as (keyof Registers)[];

/** Command codes, how many parameters follow, and what they do. */
interface CommandRow { readonly from: number; readonly to?: number; readonly parameters?: number; act(display: Ssd1306, code: number, parameters: readonly number[]): void }

const set = (name: keyof Registers, mask: number) => (display: Ssd1306, _code: number, [value]: readonly number[]): void => { display.registers[name] = value & mask; };
const choose = (name: keyof Registers) => (display: Ssd1306, code: number): void => { display.registers[name] = code & 1; };

const COMMANDS: readonly CommandRow[] = [
  // Table 9-1, 1: fundamental commands.
  { from: 0x81, parameters: 1, act: set('contrast', 0xff) },
  { from: 0xa4, to: 0xa5, act: choose('isAllOn') },
  { from: 0xa6, to: 0xa7, act: choose('isInverse') },
  { from: 0xae, to: 0xaf, act: choose('isOn') },
  // 2: scrolling.
  { from: 0x26, to: 0x27, parameters: 6, act: (display, code, [, from, interval, to]) => display.setScroll(code, from, interval, to, 0) },
  { from: 0x29, to: 0x2a, parameters: 5, act: (display, code, [, from, interval, to, rows]) => display.setScroll(code & 2 ? 1 : 0, from, interval, to, rows) },
  { from: 0x2e, act: (display) => display.stopScroll() },
  { from: 0x2f, act: (display) => display.startScroll() },
  { from: 0xa3, parameters: 2, act: ({ registers }, _code, [top, rows]) => { registers.scrollTop = top & 0x3f; registers.scrollArea = rows & 0x7f; } },
  // 3: addressing.
  { from: 0x00, to: 0x0f, act: ({ registers }, code) => { registers.column = (registers.column & 0x70) | (code & 0xf); } },
  { from: 0x10, to: 0x1f, act: ({ registers }, code) => { registers.column = (registers.column & 0x0f) | ((code & 7) << 4); } },
  { from: 0x20, parameters: 1, act: set('memoryMode', 3) },
  { from: 0x21, parameters: 2, act: ({ registers }, _code, [start, end]) => { registers.column = registers.columnStart = start & 0x7f; registers.columnEnd = end & 0x7f; } },
  { from: 0x22, parameters: 2, act: ({ registers }, _code, [start, end]) => { registers.page = registers.pageStart = start & 7; registers.pageEnd = end & 7; } },
  { from: 0xb0, to: 0xb7, act: ({ registers }, code) => { registers.page = code & 7; } },
  // 4: hardware configuration.
  { from: 0x40, to: 0x7f, act: ({ registers }, code) => { registers.startLine = code & 0x3f; } },
  { from: 0xa0, to: 0xa1, act: choose('segmentRemap') },
  { from: 0xa8, parameters: 1, act: ({ registers }, _code, [rows]) => { if ((rows & 0x3f) >= 15) registers.multiplex = rows & 0x3f; } },
  { from: 0xc0, to: 0xcf, act: ({ registers }, code) => { registers.comRemap = (code >> 3) & 1; } },
  { from: 0xd3, parameters: 1, act: set('offset', 0x3f) },
  { from: 0xda, parameters: 1, act: (display, _code, [pins]) => display.setComPins(pins & 0x32) },
  // 5: timing and driving.
  { from: 0xd5, parameters: 1, act: set('clock', 0xff) },
  { from: 0xd9, parameters: 1, act: set('precharge', 0xff) },
  { from: 0xdb, parameters: 1, act: set('vcomh', 0x70) },
  { from: 0xe3, act: () => undefined },
  // Application note "charge pump".
  { from: 0x8d, parameters: 1, act: set('chargePump', 0xff) },
];

interface Ssd1306Options { readonly height: 32 | 64; readonly supply: 'pump' | 'external' }

class Ssd1306 implements Stateful {
  readonly registers: Registers = { ...AFTER_RESET };
  /** [page][segment]; bit 0 is the page's top row. */
  private readonly ram = new Uint8Array(COLUMNS * PAGES);
  private command = -1;
  private parameters: number[] = [];
  private isDirty = false;

  /** What flows through the panel is in proportion to the pixels that are lit and to the contrast. */
  private tellCurrent(): void {
    const { isOn, contrast } = this.registers;
    if (isOn === 0) return this.context.draws('sleep', MICROAMPS.sleep);
    const full = MICROAMPS.panel * (this.options.height / ROWS);
    this.context.draws('on', MICROAMPS.on + graded(this.litShare * full * ((contrast + 1) / 256), full));
  }

  /** Of the RAM that the glass shows, wherever scrolling and offsets put it. */
  private get litShare(): number {
    const { isAllOn, isInverse } = this.registers;
    if (isAllOn === 1) return 1;
    const shown = COLUMNS * (this.options.height / 8);
    let lit = 0;
    for (let at = 0; at < shown; at++) lit += BITS_SET[this.ram[at]];
    const share = lit / (8 * shown);
    return isInverse === 1 ? 1 - share : share;
  }

  constructor(private readonly context: PartContext, private readonly options: Ssd1306Options) {
    context.pin('reset')?.onEdge((level) => { if (!level) this.resetRegisters(); });
  }

  private get isHeldInReset(): boolean {
    return this.context.pin('reset')?.state === '0';
  }

  /** A byte with D/C low. */
  commandByte(byte: number): void {
    if (this.isHeldInReset) return;
    if (this.command < 0) this.command = byte;
    else this.parameters.push(byte);
    const row = COMMANDS.find(({ from, to = from }) => this.command >= from && this.command <= to);
    if (row === undefined) this.context.warnings.warn(`${this.context.name} command`, `${this.context.name}: 0x${byte.toString(16)} is no command of an SSD1306; it is left out`);
    else if (this.parameters.length < (row.parameters ?? 0)) return;
    const { command, parameters } = this;
    this.command = -1;
    this.parameters = [];
    this.scroll();
    row?.act(this, command, parameters);
    this.isDirty = true;
  }

  /** A byte with D/C high: eight pixels, one above the other. */
  dataByte(byte: number): void {
    if (this.isHeldInReset) return;
    this.scroll();
    const { registers } = this;
    this.ram[registers.page * COLUMNS + this.segmentOf(registers.column)] = byte;
    this.advance();
    this.isDirty = true;
  }

  /** Figures 10-1 to 10-4. */
  private advance(): void {
    const { registers } = this;
    if (registers.memoryMode >= 2) registers.column = (registers.column + 1) % COLUMNS;
    else if (registers.memoryMode === 0) {
      if (this.nextColumn()) this.nextPage();
    } else if (this.nextPage()) this.nextColumn();
  }

  /** @returns whether it went round */
  private nextColumn(): boolean {
    const { registers } = this;
    const isLast = registers.column === registers.columnEnd;
    registers.column = isLast ? registers.columnStart : (registers.column + 1) % COLUMNS;
    return isLast;
  }

  private nextPage(): boolean {
    const { registers } = this;
    const isLast = registers.page === registers.pageEnd;
    registers.page = isLast ? registers.pageStart : (registers.page + 1) % PAGES;
    return isLast;
  }

  /** The remap is that of column addresses: what is in the RAM already stays where it is. */
  private segmentOf(column: number): number {
    return this.registers.segmentRemap === 1 ? COLUMNS - 1 - column : column;
  }

  setComPins(pins: number): void {
    this.registers.comPins = pins;
    if (pins === COM_PINS[this.options.height]) return;
    this.context.warnings.warn(`${this.context.name} COM pins`, `${this.context.name}: COM pins 0x${pins.toString(16)} mix up the rows of a glass with ${this.options.height}, which wants 0x${COM_PINS[this.options.height].toString(16)}; the picture is shown as if they fitted`);
  }

  // -- Scrolling. Steps are applied when somebody looks.

  setScroll(code: number, from: number, interval: number, to: number, rows: number): void {
    const { registers } = this;
    registers.scrollIsLeft = code & 1;
    registers.scrollFromPage = from & 7;
    registers.scrollInterval = interval & 7;
    registers.scrollToPage = to & 7;
    registers.scrollRows = rows & 0x3f;
  }

  startScroll(): void {
    const { registers } = this;
    registers.scrollIsActive = 1;
    registers.scrollBegan = this.context.scheduler.now();
    registers.scrollDone = 0;
  }

  stopScroll(): void {
    this.registers.scrollIsActive = 0;
    this.registers.scrolled = 0;
  }

  private get scrollStepTicks(): RootTicks {
    const { clock, precharge, multiplex, scrollInterval } = this.registers;
    // 8.3: D is one more than its field, K the two phases and 50 DCLKs.
    const cycles = ((clock & 0xf) + 1) * ((precharge & 0xf) + (precharge >> 4) + 50) * (multiplex + 1);
    return (SCROLL_FRAMES[scrollInterval] * cycles * this.context.scheduler.rootHz) / FOSC_HZ;
  }

  private scroll(): void {
    const { registers } = this;
    if (registers.scrollIsActive === 0) return;
    const done = Math.floor((this.context.scheduler.now() - registers.scrollBegan) / this.scrollStepTicks);
    const steps = done - registers.scrollDone;
    if (steps <= 0) return;
    registers.scrollDone = done;
    for (let page = registers.scrollFromPage; page <= registers.scrollToPage; page++) this.turnPage(page, steps % COLUMNS);
    if (registers.scrollArea > 0) registers.scrolled = (registers.scrolled + (steps % registers.scrollArea) * registers.scrollRows) % registers.scrollArea;
  }

  private turnPage(page: number, columns: number): void {
    const line = this.ram.slice(page * COLUMNS, (page + 1) * COLUMNS);
    const by = this.registers.scrollIsLeft === 1 ? COLUMNS - columns : columns;
    for (let column = 0; column < COLUMNS; column++) {
      this.ram[page * COLUMNS + this.segmentOf((column + by) % COLUMNS)] = line[this.segmentOf(column)];
    }
  }

  // -- The picture.

  shows(): Shown {
    this.scroll();
    const { registers, options: { height, supply } } = this;
    const isLit = registers.isOn === 1 && !this.isHeldInReset && (supply === 'external' || (registers.chargePump & 4) !== 0);
    const pixels = new Uint8Array(COLUMNS * height);
    if (isLit) for (let y = 0; y < height; y++) this.drawRow(y, pixels);
    return { kind: 'pixels', width: COLUMNS, height, brightness: isLit ? (registers.contrast + 1) / 256 : 0, pixels };
  }

  /** The usual modules have COM(height - 1) at the top and SEG127 at the left. */
  private drawRow(y: number, pixels: Uint8Array): void {
    const { registers } = this;
    const com = this.options.height - 1 - y;
    // Tables 10-1 and 10-2: which row of the multiplex a COM shows; past the ratio there is none.
    const row = (registers.comRemap === 1 ? registers.multiplex - com + registers.offset + ROWS : com + registers.offset) % ROWS;
    if (row > registers.multiplex) return;
    const ramRow = (this.scrolledRow(row) + registers.startLine) % ROWS;
    for (let x = 0; x < COLUMNS; x++) {
      const bit = (this.ram[(ramRow >> 3) * COLUMNS + COLUMNS - 1 - x] >> (ramRow & 7)) & 1;
      pixels[y * COLUMNS + x] = registers.isAllOn === 1 ? 1 : bit ^ registers.isInverse;
    }
  }

  private scrolledRow(row: number): number {
    const { scrollTop, scrollArea, scrolled } = this.registers;
    if (scrolled === 0 || row < scrollTop || row >= scrollTop + scrollArea) return row;
    return scrollTop + ((row - scrollTop + scrolled) % scrollArea);
  }

  /** At the end of what was sent at once. */
  told(): void {
    if (!this.isDirty) return;
    this.isDirty = false;
    this.tellCurrent();
    this.context.changed?.();
  }

  /** I2C and SPI of 3 wires: D6 says that the display is off. */
  get status(): number {
    return this.registers.isOn === 1 ? 0 : 0x40;
  }

  private resetRegisters(): void {
    Object.assign(this.registers, AFTER_RESET);
    this.command = -1;
    this.parameters = [];
  }

  /** What the RAM holds at power-on is not said; here it is dark. */
  reset(): void {
    this.resetRegisters();
    this.ram.fill(0);
    this.tellCurrent();
    this.isDirty = false;
  }

  snapshot(): Snapshot {
    return { registers: NAMES.map((name) => this.registers[name]), ram: [...this.ram], command: this.command, parameters: [...this.parameters] };
  }

  restore(from: Snapshot): void {
    const numbers = numbersFrom(from, 'registers', NAMES.length);
    NAMES.forEach((name, index) => { this.registers[name] = numbers[index]; });
    this.ram.set(numbersFrom(from, 'ram', this.ram.length));
    this.command = numberFrom(from, 'command');
    const { parameters } = from;
    if (!Array.isArray(parameters) || parameters.length > 6) throw new Error('the snapshot is not of an SSD1306');
    this.parameters = parameters.map(Number);
  }
}

/** 8.1.5: a control byte says whether one byte or all the rest follow (Co), and whether they are data (D/C). */
class I2cSide implements I2cTarget, Stateful {
  private state: 'control' | 'single' | 'rest' = 'control';
  private isData = false;

  constructor(private readonly display: Ssd1306) {}

  start(): boolean {
    this.state = 'control';
    return true;
  }

  write(byte: number): boolean {
    if (this.state === 'control') {
      this.isData = (byte & 0x40) !== 0;
      this.state = (byte & 0x80) !== 0 ? 'single' : 'rest';
      return true;
    }
    if (this.isData) this.display.dataByte(byte);
    else this.display.commandByte(byte);
    if (this.state === 'single') this.state = 'control';
    return true;
  }

  read(): number {
    return this.display.status;
  }

  stop(): void {
    this.display.told();
  }

  reset(): void {
    this.state = 'control';
    this.isData = false;
  }

  snapshot(): Snapshot {
    return { state: this.state, isData: this.isData };
  }

  restore({ state, isData }: Snapshot): void {
    if (state !== 'control' && state !== 'single' && state !== 'rest') throw new Error('the snapshot is not of an SSD1306');
    this.state = state;
    this.isData = isData === true;
  }
}

function spiSide(display: Ssd1306, isData: () => boolean): SpiDevice {
  return {
    select: () => 0xff,
    // D/C is sampled with the last bit.
    transfer: (byte) => {
      if (isData()) display.dataByte(byte);
      else display.commandByte(byte);
      return 0xff;
    },
    deselect: () => display.told(),
  };
}

export const SSD1306_PART = definePart({
  what: 'display of 128 x 64 or 128 x 32 OLEDs',
  bus: ['i2c', 'spi'],
  addresses: [[0x3c, 0x3d]],
  pins: ['dc', 'reset'],
  neededPins: { spi: ['dc'] },
  inputs: [],
  options: z.strictObject({
    height: z.literal([64, 32]).default(64),
    /** Where the panel's voltage comes from: the chip's charge pump, which firmware must switch on, or the module. */
    supply: z.enum(['pump', 'external']).default('pump'),
  }),
  create: (context, options): Part => {
    const display = new Ssd1306(context, options);
    const i2c = new I2cSide(display);
    const dc = context.pin('dc');
    return {
      targets: [i2c],
      spi: { device: spiSide(display, () => dc?.level === true), modes: [0, 3] },
      shows: () => display.shows(),
      reset: () => {
        display.reset();
        i2c.reset();
      },
      snapshot: () => ({ display: display.snapshot(), i2c: i2c.snapshot() }),
      restore: (from) => {
        display.restore(from['display'] as Snapshot);
        i2c.restore(from['i2c'] as Snapshot);
      },
    };
  },
});
