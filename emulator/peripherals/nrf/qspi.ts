/**
 * Nordic QSPI: reads, programs and erases a serial flash, and shows it in the address space.
 * Source: nRF52840 Product Specification v1.1, QSPI. READY follows a program or erase command once it is sent; whatever comes next
 * waits until the part is no longer busy, as hardware does by polling its status. ACTIVATE takes ACTIVATE_MICROSECONDS (not
 * specified) and, with DPMENABLE, DPMDUR.EXIT. Not modelled: code in the XIP region, ADDRCONF, clock mode and sampling delays.
 */
import { z } from 'zod';
import type { AccessBytes, BusDevice, ResetKind, Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { QuadSpiFlash } from '../../wires/quad-spi.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { ticksOfMicroseconds } from './aes.js';
import { EasyDma } from './easy-dma.js';
import { TaskEvents } from './task-events.js';

const SELECT = { reset: 0xffff_ffff, raz: false, fields: { PIN: bits(0, 4), PORT: bit(5), CONNECT: choice(31, 31, { Connected: 0, Disconnected: 1 }) } } as const;
const ignored = { unmodelled: true } as const;

export const QSPI = registerMap({
  TASKS_ACTIVATE:   { at: 0x000, kind: 'task' },
  TASKS_READSTART:  { at: 0x004, kind: 'task' },
  TASKS_WRITESTART: { at: 0x008, kind: 'task' },
  TASKS_ERASESTART: { at: 0x00c, kind: 'task' },
  TASKS_DEACTIVATE: { at: 0x010, kind: 'task' },
  EVENTS_READY:     { at: 0x100, kind: 'event' },
  INTEN:            { at: 0x300, fields: { READY: bit(0) } },
  INTENSET:         { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:         { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  ENABLE:           { at: 0x500, fields: { ENABLE: choice(0, 0, { Disabled: 0, Enabled: 1 }) } },
  READ_SRC:         { at: 0x504 },
  READ_DST:         { at: 0x508 },
  READ_CNT:         { at: 0x50c, fields: { CNT: bits(0, 17) } },
  WRITE_DST:        { at: 0x510 },
  WRITE_SRC:        { at: 0x514 },
  WRITE_CNT:        { at: 0x518, fields: { CNT: bits(0, 17) } },
  ERASE_PTR:        { at: 0x51c },
  ERASE_LEN:        { at: 0x520, fields: { LEN: choice(0, 1, { '4KB': 0, '64KB': 1, All: 2 }) } },
  PSEL_SCK:         { at: 0x524, ...SELECT },
  PSEL_CSN:         { at: 0x528, ...SELECT },
  PSEL_IO0:         { at: 0x530, ...SELECT },
  PSEL_IO1:         { at: 0x534, ...SELECT },
  PSEL_IO2:         { at: 0x538, ...SELECT },
  PSEL_IO3:         { at: 0x53c, ...SELECT },
  XIPOFFSET:        { at: 0x540 },
  IFCONFIG0:        { at: 0x544, fields: { READOC: choice(0, 2, { FASTREAD: 0, READ2O: 1, READ2IO: 2, READ4O: 3, READ4IO: 4 }), WRITEOC: choice(3, 5, { PP: 0, PP2O: 1, PP4O: 2, PP4IO: 3 }), ADDRMODE: choice(6, 6, { '24BIT': 0, '32BIT': 1 }), DPMENABLE: bit(7), PPSIZE: choice(12, 12, { '256Bytes': 0, '512Bytes': 1 }) } },
  IFCONFIG1:        { at: 0x600, reset: 0x0004_0480, raz: false, fields: { SCKDELAY: bits(0, 7), DPMEN: choice(24, 24, { Exit: 0, Enter: 1 }), SPIMODE: choice(25, 25, { MODE0: 0, MODE3: 1 }), SCKFREQ: bits(28, 31) } },
  STATUS:           { at: 0x604, kind: 'ro', fields: { DPM: bit(2), READY: choice(3, 3, { BUSY: 0, READY: 1 }), SREG: bits(24, 31) } },
  DPMDUR:           { at: 0x614, reset: 0xffff_ffff, fields: { ENTER: bits(0, 15), EXIT: bits(16, 31) } },
  ADDRCONF:         { at: 0x624, reset: 0xb7, fields: { OPCODE: bits(0, 7), BYTE0: bits(8, 15), BYTE1: bits(16, 23), MODE: choice(24, 25, { NoInstr: 0, Opcode: 1, OpByte0: 2, All: 3 }, ignored), WIPWAIT: bit(26, ignored), WREN: bit(27, ignored) } },
  CINSTRCONF:       { at: 0x634, reset: 0x2000, fields: { OPCODE: bits(0, 7), LENGTH: choice(8, 11, { '1B': 1, '2B': 2, '3B': 3, '4B': 4, '5B': 5, '6B': 6, '7B': 7, '8B': 8, '9B': 9 }), LIO2: bit(12), LIO3: bit(13), WIPWAIT: bit(14), WREN: bit(15), LFEN: bit(16), LFSTOP: choice(17, 17, { Stop: 1 }) } },
  CINSTRDAT0:       { at: 0x638, fields: { BYTE0: bits(0, 7), BYTE1: bits(8, 15), BYTE2: bits(16, 23), BYTE3: bits(24, 31) } },
  CINSTRDAT1:       { at: 0x63c, fields: { BYTE4: bits(0, 7), BYTE5: bits(8, 15), BYTE6: bits(16, 23), BYTE7: bits(24, 31) } },
  IFTIMING:         { at: 0x640, reset: 0x200, fields: { RXDELAY: bits(8, 10) } },
});

type QspiSpec = typeof QSPI.spec;

export const XIP_BASE = 0x1200_0000;
const XIP_BYTES = 0x800_0000;
const SCK_SOURCE_MHZ = 32;
const ACTIVATE_MICROSECONDS = 2;
/** "Duration is given as ENTER * 256 * 62.5 ns". */
const DPM_UNIT_MICROSECONDS = 16;
const OP = { writeEnable: 0x06, readStatus: 0x05, sector: 0x20, block: 0xd8, chip: 0xc7, powerDown: 0xb9, release: 0xab } as const;
const ERASES = [OP.sector, OP.block, OP.chip] as const;
/** By READOC: lines for the address, dummy clocks, lines for the data. */
const READS = [[1, 8, 1], [1, 8, 2], [2, 4, 2], [1, 8, 4], [4, 6, 4]] as const;
const WRITES = [[1, 1], [1, 2], [1, 4], [4, 4]] as const;
const QUAD = 4;
/** Instructions that change the part: those do so once, when the frame ends. */
const WRITING: ReadonlySet<number> = new Set([0x01, 0x02, 0x38, OP.sector, 0x52, OP.block, 0x60, OP.chip]);
const JOB = { none: 0, activate: 1, read: 2, write: 3, erase: 4, instruction: 5 } as const;
const ERASED = 0xff;
const LONGEST_FRAME = 4096;

export class Qspi extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<QspiSpec>;
  private readonly dma: EasyDma;
  private job: number = JOB.none;
  private isActive = false;
  private isPoweredDown = false;
  /** Bytes left to program and how many are done. */
  private written = 0;
  /** A long frame's bytes so far. */
  private longFrame: number[] = [];
  private flash: QuadSpiFlash | undefined;
  private readonly step = timedEvent(() => this.advance());
  /** The flash in the address space, for reading. */
  readonly window: { readonly base: number; readonly bytes: number; readonly device: BusDevice } = {
    base: XIP_BASE, bytes: XIP_BYTES,
    device: {
      read: (offset, bytes) => this.readWindow(offset, bytes),
      peek: (offset, bytes) => this.little(bytes, (n) => this.flash?.peek(this.windowAddress(offset) + n) ?? ERASED),
      write: () => this.context.warnings.warn(`${this.context.name}.XIP`, `${this.context.name}: a store to the XIP region, which is for reading; nothing is written`),
      poke: () => undefined,
    },
  };

  constructor(private readonly context: BlockContext) {
    super();
    this.dma = new EasyDma(context);
    this.events = new TaskEvents(QSPI, context, {
      tasks: {
        TASKS_ACTIVATE: () => this.activate(),
        TASKS_READSTART: () => this.begin(JOB.read),
        TASKS_WRITESTART: () => this.begin(JOB.write),
        TASKS_ERASESTART: () => this.begin(JOB.erase),
        TASKS_DEACTIVATE: () => this.deactivate(),
      },
      isEnabled: () => this.registers.get('ENABLE') === 1,
      onRead: { STATUS: () => this.status },
      onPeek: { STATUS: () => this.status },
      onWrite: { CINSTRCONF: () => this.begin(JOB.instruction), IFCONFIG1: (value) => this.setPowerDown((value >>> 24) & 1) },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  /** Puts a part on the bus: its state is part of this block's. */
  attachFlash(flash: QuadSpiFlash): void {
    this.flash = flash;
  }

  override reset(kind?: ResetKind): void {
    this.deactivate();
    this.longFrame = [];
    this.isPoweredDown = false;
    this.events.reset();
    this.flash?.reset(kind);
  }

  override snapshot(): Snapshot {
    const { job, isActive, isPoweredDown, written, longFrame } = this;
    return {
      registers: this.events.snapshot(), job, isActive: isActive ? 1 : 0, isPoweredDown: isPoweredDown ? 1 : 0, written, longFrame: [...longFrame],
      step: saveEvent(this.step), flash: this.flash?.snapshot() ?? null,
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.job = numberFrom(from, 'job', name);
    this.isActive = numberFrom(from, 'isActive', name) !== 0;
    this.isPoweredDown = numberFrom(from, 'isPoweredDown', name) !== 0;
    this.written = numberFrom(from, 'written', name);
    this.longFrame = numbersFrom(from, 'longFrame', name, LONGEST_FRAME);
    restoreEvent(scheduler, this.step, from['step']);
    this.flash?.restore(partFrom(from, 'flash', name));
  }

  // -- The bus.

  /** A part answers only through pins that are connected. */
  private get part(): QuadSpiFlash | undefined {
    const isConnected = (['PSEL_SCK', 'PSEL_CSN', 'PSEL_IO0', 'PSEL_IO1'] as const).every((register) => this.registers.get(register) >>> 31 === 0);
    return isConnected ? this.flash : undefined;
  }

  private clocks(count: number): number {
    return (count * (this.registers.field('IFCONFIG1', 'SCKFREQ') + 1)) / SCK_SOURCE_MHZ;
  }

  private get addressBits(): number { return this.registers.is('IFCONFIG0', 'ADDRMODE', '32BIT') ? 32 : 24; }

  private get status(): number {
    const sreg = this.part?.command(Uint8Array.of(OP.readStatus, 0))[1] ?? ERASED;
    return ((sreg << 24) | (this.job === JOB.none ? 8 : 0) | (this.isPoweredDown ? 4 : 0)) >>> 0;
  }

  private schedule(microseconds: number, job: number): void {
    const { scheduler } = this.context;
    const free = Math.max(scheduler.now(), job === JOB.activate ? 0 : this.part?.busyUntil ?? 0);
    this.job = job;
    scheduler.schedule(this.step, free + ticksOfMicroseconds(scheduler, microseconds));
  }

  private activate(): void {
    const wakes = this.registers.field('IFCONFIG0', 'DPMENABLE') === 1;
    this.isActive = true;
    if (wakes) this.part?.command(Uint8Array.of(OP.release));
    this.schedule(ACTIVATE_MICROSECONDS + (wakes ? this.registers.field('DPMDUR', 'EXIT') * DPM_UNIT_MICROSECONDS : 0), JOB.activate);
  }

  private deactivate(): void {
    this.isActive = false;
    this.job = JOB.none;
    this.context.scheduler.cancel(this.step);
  }

  private setPowerDown(isWanted: number): void {
    const { registers } = this;
    if (registers.field('IFCONFIG0', 'DPMENABLE') === 0 || !this.isActive || (isWanted === 1) === this.isPoweredDown) return;
    this.isPoweredDown = isWanted === 1;
    this.part?.command(Uint8Array.of(this.isPoweredDown ? OP.powerDown : OP.release));
    const duration = registers.field('DPMDUR', this.isPoweredDown ? 'ENTER' : 'EXIT');
    this.schedule(duration * DPM_UNIT_MICROSECONDS, JOB.activate);
  }

  // -- Jobs.

  private begin(job: number): void {
    if (this.registers.get('ENABLE') === 0 || !this.isActive || this.job !== JOB.none) return;
    const { registers } = this;
    this.written = 0;
    if (job === JOB.read) this.schedule(this.readMicroseconds(registers.get('READ_CNT')), job);
    else if (job === JOB.write) this.schedule(this.pageMicroseconds(), job);
    else if (job === JOB.erase) this.schedule(this.clocks(8 + 8 + (registers.get('ERASE_LEN') === 2 ? 0 : this.addressBits)), job);
    else this.schedule(this.clocks(8 * registers.field('CINSTRCONF', 'LENGTH') + 8 * registers.field('CINSTRCONF', 'WREN')), job);
  }

  private readMicroseconds(bytes: number): number {
    const [addressLines, dummy, dataLines] = READS[this.registers.field('IFCONFIG0', 'READOC')] ?? READS[0];
    return this.clocks(8 + this.addressBits / addressLines + dummy + (8 * bytes) / dataLines);
  }

  /** Bytes of the next page program: to the page's end, or to that of the data. */
  private get nextBytes(): number {
    const page = this.registers.is('IFCONFIG0', 'PPSIZE', '512Bytes') ? 512 : 256;
    const at = this.registers.get('WRITE_DST') + this.written;
    return Math.min(page - (at % page), this.registers.get('WRITE_CNT') - this.written);
  }

  private pageMicroseconds(): number {
    const [addressLines, dataLines] = WRITES[this.registers.field('IFCONFIG0', 'WRITEOC')] ?? WRITES[0];
    return this.clocks(8 + 8 + this.addressBits / addressLines + (8 * Math.max(0, this.nextBytes)) / dataLines);
  }

  private advance(): void {
    const { job } = this;
    this.job = JOB.none;
    if (job === JOB.read) this.readFlash();
    else if (job === JOB.erase) this.erase();
    else if (job === JOB.instruction) this.instruct();
    else if (job === JOB.write && this.writePage()) return;
    this.events.emit('EVENTS_READY');
  }

  private readFlash(): void {
    const bytes = new Uint8Array(this.registers.get('READ_CNT')).fill(ERASED);
    const lines = (READS[this.registers.field('IFCONFIG0', 'READOC')] ?? READS[0])[2];
    this.part?.read(this.registers.get('READ_SRC'), bytes, lines === QUAD);
    this.dma.write(this.registers.get('READ_DST'), bytes);
  }

  /** @returns whether there is another page to come */
  private writePage(): boolean {
    const { registers } = this;
    const bytes = new Uint8Array(Math.max(0, this.nextBytes));
    const lines = (WRITES[registers.field('IFCONFIG0', 'WRITEOC')] ?? WRITES[0])[1];
    this.dma.read((registers.get('WRITE_SRC') + this.written) >>> 0, bytes);
    this.part?.program((registers.get('WRITE_DST') + this.written) >>> 0, bytes, lines === QUAD);
    this.written += bytes.length;
    if (this.written >= registers.get('WRITE_CNT')) return false;
    this.schedule(this.pageMicroseconds(), JOB.write);
    return true;
  }

  private erase(): void {
    const at = this.registers.get('ERASE_PTR');
    const opcode = ERASES[this.registers.get('ERASE_LEN')] ?? OP.sector;
    this.part?.command(Uint8Array.of(OP.writeEnable));
    this.part?.command(opcode === OP.chip ? Uint8Array.of(opcode) : Uint8Array.of(opcode, at >>> 16, at >>> 8, at));
  }

  /** A custom instruction; in a long frame chip select stays low from one to the next until LFSTOP. */
  private instruct(): void {
    const { registers } = this;
    const length = registers.field('CINSTRCONF', 'LENGTH');
    const isLong = registers.field('CINSTRCONF', 'LFEN') === 1;
    const data = [registers.get('CINSTRDAT0'), registers.get('CINSTRDAT1')];
    const own = Array.from({ length: Math.max(0, Math.min(length, 9) - 1) }, (_, n) => (data[n >>> 2] >>> (8 * (n & 3))) & 0xff);
    const opcode = this.longFrame.length === 0 ? [registers.field('CINSTRCONF', 'OPCODE')] : [];
    if (opcode.length === 1 && registers.field('CINSTRCONF', 'WREN') === 1) this.part?.command(Uint8Array.of(OP.writeEnable));
    const sent = [...this.longFrame, ...opcode, ...own].slice(0, LONGEST_FRAME);
    const isOver = !isLong || registers.field('CINSTRCONF', 'LFSTOP') === 1;
    // What a frame does happens at its end; until then the part's answers are those of a command that goes on.
    const reply = (isOver || !WRITING.has(sent[0]) ? this.part?.command(Uint8Array.from(sent)) : undefined) ?? new Uint8Array(sent.length).fill(ERASED);
    this.longFrame = isOver ? [] : sent;
    const answers = [...reply.subarray(reply.length - own.length)];
    for (const [index, register] of (['CINSTRDAT0', 'CINSTRDAT1'] as const).entries()) {
      let value = data[index];
      answers.slice(4 * index, 4 * index + 4).forEach((byte, n) => { value = (value & ~(0xff << (8 * n))) | (byte << (8 * n)); });
      registers.storage(register)[0] = value >>> 0;
    }
  }

  // -- XIP.

  private windowAddress(offset: number): number {
    return (offset + this.registers.get('XIPOFFSET')) >>> 0;
  }

  private readWindow(offset: number, bytes: AccessBytes): number {
    if (!this.isActive || this.registers.get('ENABLE') === 0) {
      this.context.warnings.warn(`${this.context.name}.XIP read`, `${this.context.name}: a load from the XIP region while QSPI is not activated; it reads ones`);
      return this.little(bytes, () => ERASED);
    }
    const read = new Uint8Array(bytes).fill(ERASED);
    const lines = (READS[this.registers.field('IFCONFIG0', 'READOC')] ?? READS[0])[2];
    this.part?.read(this.windowAddress(offset), read, lines === QUAD);
    return this.little(bytes, (n) => read[n]);
  }

  private little(bytes: AccessBytes, byteAt: (n: number) => number): number {
    let value = 0;
    for (let n = 0; n < bytes; n++) value |= byteAt(n) << (8 * n);
    return value >>> 0;
  }
}

export const QSPI_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Qspi(context),
});
