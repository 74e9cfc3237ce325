/**
 * An SD memory card in SPI mode: SDSC (byte addresses) or SDHC (block addresses).
 * Source: SD Specifications Part 1, Physical Layer Simplified Specification 6.00, chapter 7 (SPI mode): commands table 7-3, responses
 * 7.3.2, tokens 7.3.3. Its times are options or estimates: 50 ms to initialise, 0.2 ms to the first byte of a read, 1 ms to program a
 * block, 10 ms to erase. Not modelled: the 74 clocks before CMD0, CMD6 (it has no function groups), write protection (CMD27 to 30),
 * passwords (CMD42): illegal commands here; the SD bus. Currents of usual cards, from memory: 0.25 mA in standby, 30 mA from the first block of a
 * read, and 40 mA from that of a write, to the end of the selection.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../../bus/types.js';
import type { RootTicks } from '../../time/types.js';
import type { SpiDevice } from '../../wires/spi-bus.js';
import { definePart, type Part, type PartContext } from '../part.js';
import { numberFrom } from '../saved.js';
import { BLOCK_BYTES, SdBlocks } from './sd-blocks.js';
import { capacityUnit, cid, crc16, crc7, csd, ocr, scr, sdStatus } from './sd-registers.js';

const R1 = { IDLE: 0x01, ILLEGAL: 0x04, CRC: 0x08, ERASE_SEQUENCE: 0x10, ADDRESS: 0x20, PARAMETER: 0x40 } as const;
/** R2's second byte. */
const OUT_OF_RANGE = 0x80;
const MICROAMPS = { standby: 250, reading: 30_000, writing: 40_000 } as const;
const TOKEN = { START: 0xfe, START_MULTIPLE: 0xfc, STOP: 0xfd } as const;
const DATA = { ACCEPTED: 0x05, CRC: 0x0b, WRITE_ERROR: 0x0d } as const;
const COMMAND_BYTES = 6;
const INITIALISE_MS = 50;
const ACCESS_MS = 0.2;
const ERASE_MS = 10;
const LARGEST_STANDARD = 2 ** 30;

/** What the card does between commands. */
type Phase = 'ready' | 'reading' | 'awaiting data' | 'receiving data';

/** Everything that goes on but the contents; numbers only, so that a snapshot is a copy. */
const AT_POWER_ON = {
  isSpi: 0, isIdle: 1, isCrcOn: 0, isApplication: 0, readyAt: -1, busyUntil: 0, dataAt: 0, blockLength: BLOCK_BYTES,
  block: 0, byteOffset: 0, isMultiple: 0, blocksLeft: 0, blockCount: 0, wellWritten: 0, eraseFrom: -1, eraseTo: -1, failed: 0,
};
type State = { -readonly [name in keyof typeof AT_POWER_ON]: number };

interface CardOptions { readonly type: 'sdhc' | 'sdsc'; readonly programMs: number }

class SdCard implements SpiDevice, Stateful {
  private state: State = { ...AT_POWER_ON };
  private phase: Phase = 'ready';
  private command: number[] = [];
  private received: number[] = [];
  /** Bytes that go out before anything else. */
  private output: number[] = [];
  private readonly isHighCapacity: boolean;

  constructor(private readonly context: PartContext, private readonly options: CardOptions, private readonly blocks: SdBlocks) {
    this.isHighCapacity = options.type === 'sdhc';
  }

  select(): number {
    return this.next();
  }

  transfer(byte: number): number {
    if (this.phase === 'awaiting data' && this.command.length === 0) this.token(byte);
    else if (this.phase === 'receiving data') this.dataByte(byte);
    else this.commandByte(byte);
    return this.next();
  }

  deselect(): void {
    this.command = [];
    this.output = [];
    if (this.phase === 'reading') this.phase = 'ready';
    if (this.phase === 'ready') this.tellCurrent('standby');
  }

  private tellCurrent(state: keyof typeof MICROAMPS): void {
    this.context.draws(state, MICROAMPS[state]);
  }

  // -- What it sends.

  private next(): number {
    const first = this.output.shift();
    if (first !== undefined) return first;
    const now = this.context.scheduler.now();
    if (this.state.busyUntil > now) return 0x00;
    if (this.phase !== 'reading' || this.state.dataAt > now) return 0xff;
    this.readBlock();
    return this.output.shift() ?? 0xff;
  }

  private readBlock(): void {
    const { state } = this;
    this.tellCurrent('reading');
    const block = this.blocks.read(state.block);
    const bytes = block.subarray(state.byteOffset, state.byteOffset + state.blockLength);
    this.sendData(bytes);
    state.block++;
    const isLast = state.isMultiple === 0 || state.block >= this.blocks.count || (state.blocksLeft > 0 && --state.blocksLeft === 0);
    if (isLast) this.phase = 'ready';
    else state.dataAt = this.after(ACCESS_MS);
  }

  private sendData(bytes: Uint8Array): void {
    const crc = crc16(bytes);
    this.output.push(TOKEN.START, ...bytes, crc >> 8, crc & 0xff);
  }

  private after(milliseconds: number): RootTicks {
    const { scheduler } = this.context;
    return scheduler.now() + Math.round((milliseconds * scheduler.rootHz) / 1000);
  }

  // -- Data that it takes.

  private token(byte: number): void {
    const { state } = this;
    if (state.busyUntil > this.context.scheduler.now()) return;
    if (byte === (state.isMultiple === 1 ? TOKEN.START_MULTIPLE : TOKEN.START)) {
      this.phase = 'receiving data';
      this.tellCurrent('writing');
      this.received = [];
    } else if (byte === TOKEN.STOP && state.isMultiple === 1) {
      this.phase = 'ready';
      this.output.push(0xff);
      state.busyUntil = this.after(this.options.programMs);
    } else if ((byte & 0xc0) === 0x40) this.commandByte(byte);
  }

  private dataByte(byte: number): void {
    this.received.push(byte);
    if (this.received.length < BLOCK_BYTES + 2) return;
    const { state } = this;
    const bytes = Uint8Array.from(this.received.slice(0, BLOCK_BYTES));
    const isWhole = state.isCrcOn === 0 || crc16(bytes) === ((this.received[BLOCK_BYTES] << 8) | this.received[BLOCK_BYTES + 1]);
    const isInside = state.block < this.blocks.count;
    this.received = [];
    if (isWhole && isInside) {
      this.blocks.write(state.block, bytes);
      state.block++;
      state.wellWritten++;
      this.context.changed?.();
    } else if (!isInside) state.failed = OUT_OF_RANGE;
    this.output.push(!isWhole ? DATA.CRC : isInside ? DATA.ACCEPTED : DATA.WRITE_ERROR);
    state.busyUntil = this.after(this.options.programMs);
    const isLast = state.isMultiple === 0 || (state.blocksLeft > 0 && --state.blocksLeft === 0);
    this.phase = isLast ? 'ready' : 'awaiting data';
  }

  // -- Commands.

  private commandByte(byte: number): void {
    // A command begins with 01.
    if (this.command.length === 0 && (byte & 0xc0) !== 0x40) return;
    this.command.push(byte);
    if (this.command.length < COMMAND_BYTES) return;
    const [first, a, b, c, d, last] = this.command;
    const crcFits = last === ((crc7([first, a, b, c, d]) << 1) | 1);
    this.command = [];
    this.execute(first & 0x3f, ((a << 24) | (b << 16) | (c << 8) | d) >>> 0, crcFits);
  }

  private execute(index: number, argument: number, crcFits: boolean): void {
    const { state } = this;
    // Until CMD0 comes with chip select low it is on the SD bus, where it answers on another line.
    if (state.isSpi === 0 && index !== 0) return;
    if (!crcFits && (state.isCrcOn === 1 || index === 0 || index === 8)) {
      if (state.isSpi === 1) this.respond(R1.CRC);
      return;
    }
    const isApplication = state.isApplication === 1;
    state.isApplication = 0;
    if (index !== 12) {
      // What was on its way ends; an unfinished answer too.
      this.output = [];
      if (this.phase !== 'ready') this.phase = 'ready';
    }
    const act = (isApplication ? APPLICATION_COMMANDS : undefined)?.[index] ?? COMMANDS[index];
    const isAllowed = state.isIdle === 0 || WHILE_IDLE.has(isApplication && index === 41 ? 41 : index);
    if (act === undefined || !isAllowed) this.respond(R1.ILLEGAL);
    else act(this, argument);
  }

  /** @param errors of R1; @param more bytes of R2, R3 and R7 */
  private respond(errors = 0, ...more: number[]): void {
    // One byte of N_CR before it.
    this.output.push(0xff, errors | this.state.isIdle, ...more);
  }

  private respondWithData(bytes: Uint8Array): void {
    this.respond();
    this.output.push(0xff);
    this.sendData(bytes);
  }

  goIdle(): void {
    this.state = { ...AT_POWER_ON, isSpi: 1, readyAt: this.state.readyAt, busyUntil: this.state.busyUntil };
    this.phase = 'ready';
    this.output = [];
    this.respond();
  }

  /** Goes on with its initialisation: over when its time has passed since it was first asked. */
  initialise(): void {
    const { state } = this;
    if (state.readyAt < 0) state.readyAt = this.after(INITIALISE_MS);
    if (this.context.scheduler.now() >= state.readyAt) state.isIdle = 0;
    this.respond();
  }

  interfaceCondition(argument: number): void {
    // 2.7 to 3.6 V; the check pattern comes back.
    const isUnderstood = ((argument >> 8) & 0xf) === 1;
    this.respond(0, 0, 0, isUnderstood ? 1 : 0, argument & 0xff);
  }

  sendRegister(which: 'csd' | 'cid' | 'scr' | 'status' | 'written'): void {
    const bytes = this.blocks.count * BLOCK_BYTES;
    const { wellWritten } = this.state;
    if (which === 'csd') this.respondWithData(csd(this.isHighCapacity, bytes));
    else if (which === 'cid') this.respondWithData(cid(this.context.seed));
    else if (which === 'scr') this.respondWithData(scr(this.isHighCapacity));
    else if (which === 'written') this.respondWithData(Uint8Array.of(wellWritten >>> 24, (wellWritten >> 16) & 0xff, (wellWritten >> 8) & 0xff, wellWritten & 0xff));
    else {
      this.respond(0, 0);
      this.output.push(0xff);
      this.sendData(sdStatus());
    }
  }

  sendOcr(): void {
    this.respond(0, ...ocr(this.isHighCapacity, this.state.isIdle === 0));
  }

  sendStatus(): void {
    this.respond(0, this.state.failed);
    this.state.failed = 0;
  }

  stopTransmission(): void {
    // 7.3.2: a stuff byte, then the response.
    const wasReading = this.phase === 'reading' || this.output.length > 0;
    this.output = [0xff];
    this.phase = 'ready';
    this.respond();
    if (!wasReading) this.state.busyUntil = this.after(0);
  }

  setBlockLength(length: number): void {
    const isPossible = this.isHighCapacity ? length === BLOCK_BYTES : length >= 1 && length <= BLOCK_BYTES;
    if (isPossible && !this.isHighCapacity) this.state.blockLength = length;
    this.respond(isPossible ? 0 : R1.PARAMETER);
  }

  read(address: number, isMultiple: boolean): void {
    if (!this.goTo(address, this.state.blockLength)) return;
    this.begin(isMultiple);
    this.state.dataAt = this.after(ACCESS_MS);
    this.phase = 'reading';
    this.respond();
  }

  write(address: number, isMultiple: boolean): void {
    if (this.state.blockLength !== BLOCK_BYTES) return this.respond(R1.PARAMETER);
    if (!this.goTo(address, BLOCK_BYTES)) return;
    this.begin(isMultiple);
    this.state.wellWritten = 0;
    this.phase = 'awaiting data';
    this.respond();
  }

  /** CMD23 counts for the next transfer only. */
  private begin(isMultiple: boolean): void {
    this.state.isMultiple = isMultiple ? 1 : 0;
    this.state.blocksLeft = this.state.blockCount;
    this.state.blockCount = 0;
  }

  setBlockCount(count: number): void {
    this.state.blockCount = count;
    this.respond();
  }

  /** @returns whether the address is one; else it has said so */
  private goTo(address: number, length: number): boolean {
    const { state } = this;
    const block = this.isHighCapacity ? address : Math.floor(address / BLOCK_BYTES);
    const offset = this.isHighCapacity ? 0 : address % BLOCK_BYTES;
    if (block >= this.blocks.count) this.respond(R1.PARAMETER);
    else if (offset + length > BLOCK_BYTES) this.respond(R1.ADDRESS);
    else {
      state.block = block;
      state.byteOffset = offset;
      return true;
    }
    return false;
  }

  eraseMark(which: 'eraseFrom' | 'eraseTo', address: number): void {
    const block = this.isHighCapacity ? address : Math.floor(address / BLOCK_BYTES);
    if (block >= this.blocks.count) return this.respond(R1.PARAMETER);
    if (which === 'eraseTo' && this.state.eraseFrom < 0) return this.respond(R1.ERASE_SEQUENCE);
    this.state[which] = block;
    this.respond();
  }

  erase(): void {
    const { eraseFrom, eraseTo } = this.state;
    this.state.eraseFrom = this.state.eraseTo = -1;
    if (eraseFrom < 0 || eraseTo < eraseFrom) return this.respond(R1.ERASE_SEQUENCE);
    this.blocks.erase(eraseFrom, eraseTo);
    this.respond();
    this.state.busyUntil = this.after(ERASE_MS);
    this.context.changed?.();
  }

  expectApplicationCommand(): void {
    this.state.isApplication = 1;
    this.respond();
  }

  setCrc(isOn: boolean): void {
    this.state.isCrcOn = isOn ? 1 : 0;
    this.respond();
  }

  accept(): void {
    this.respond();
  }

  // -- State.

  reset(): void {
    this.state = { ...AT_POWER_ON };
    this.tellCurrent('standby');
    this.phase = 'ready';
    this.command = [];
    this.received = [];
    this.output = [];
  }

  snapshot(): Snapshot {
    const { state, phase, command, received, output } = this;
    return { state: { ...state }, phase, command: [...command], received: [...received], output: [...output], blocks: this.blocks.snapshot() };
  }

  restore(from: Snapshot): void {
    const { phase } = from;
    if (phase !== 'ready' && phase !== 'reading' && phase !== 'awaiting data' && phase !== 'receiving data') throw new Error('the snapshot is not of a memory card');
    const saved = from['state'] as Snapshot;
    this.state = Object.fromEntries(Object.keys(AT_POWER_ON).map((name) => [name, numberFrom(saved, name)])) as State;
    this.phase = phase;
    this.command = bytesFrom(from, 'command', COMMAND_BYTES);
    this.received = bytesFrom(from, 'received', BLOCK_BYTES + 2);
    this.output = bytesFrom(from, 'output', 2 * BLOCK_BYTES);
    this.blocks.restore(from['blocks'] as Snapshot);
  }
}

function bytesFrom(from: Snapshot, name: string, most: number): number[] {
  const bytes = from[name];
  if (!Array.isArray(bytes) || bytes.length > most || !bytes.every((byte) => Number.isInteger(byte) && (byte as number) >= 0 && (byte as number) <= 0xff)) throw new Error(`the snapshot has no bytes "${name}"`);
  return bytes as number[];
}

type Act = (card: SdCard, argument: number) => void;

/** Table 7-3. */
const COMMANDS: Readonly<Record<number, Act>> = {
  0: (card) => card.goIdle(),
  1: (card) => card.initialise(),
  8: (card, argument) => card.interfaceCondition(argument),
  9: (card) => card.sendRegister('csd'),
  10: (card) => card.sendRegister('cid'),
  12: (card) => card.stopTransmission(),
  13: (card) => card.sendStatus(),
  16: (card, length) => card.setBlockLength(length),
  17: (card, address) => card.read(address, false),
  18: (card, address) => card.read(address, true),
  23: (card, count) => card.setBlockCount(count),
  24: (card, address) => card.write(address, false),
  25: (card, address) => card.write(address, true),
  32: (card, address) => card.eraseMark('eraseFrom', address),
  33: (card, address) => card.eraseMark('eraseTo', address),
  38: (card) => card.erase(),
  55: (card) => card.expectApplicationCommand(),
  58: (card) => card.sendOcr(),
  59: (card, argument) => card.setCrc((argument & 1) === 1),
};

/** Table 7-4. */
const APPLICATION_COMMANDS: Readonly<Record<number, Act>> = {
  13: (card) => card.sendRegister('status'),
  22: (card) => card.sendRegister('written'),
  // How many blocks to erase beforehand: a hint.
  23: (card) => card.accept(),
  41: (card) => card.initialise(),
  42: (card) => card.accept(),
  51: (card) => card.sendRegister('scr'),
};

/** Figure 7-1: all that it understands before it is initialised. */
const WHILE_IDLE: ReadonlySet<number> = new Set([0, 1, 8, 41, 55, 58, 59]);

const MIB = 2 ** 20;
/** More than fits into a browser's memory twice is refused. */
const LARGEST_IMAGE = 512 * MIB;

function blocksOf(context: PartContext, { image, size, type }: { readonly image?: string | undefined; readonly size: number; readonly type: 'sdhc' | 'sdsc' }): SdBlocks {
  const bytes = image === undefined ? new Uint8Array() : imageOf(context, image);
  const wanted = image === undefined ? size * MIB : bytes.length;
  if (type === 'sdsc' && wanted > LARGEST_STANDARD) throw new Error(`${context.name}: ${wanted} bytes do not go into an SDSC card: use type sdhc`);
  const unit = capacityUnit(type === 'sdhc', wanted);
  return new SdBlocks((Math.max(1, Math.ceil(wanted / unit)) * unit) / BLOCK_BYTES, bytes);
}

function imageOf({ name, file }: PartContext, image: string): Uint8Array {
  if (file === undefined) throw new Error(`${name}: there is no file "${image}" to take its image from: give the machine its files`);
  const bytes = file(image);
  if (bytes.length > LARGEST_IMAGE) throw new Error(`${name}: ${image} has ${bytes.length} bytes: use an image of at most ${LARGEST_IMAGE}`);
  return bytes;
}

export const SD_CARD_PART = definePart({
  what: 'SD memory card',
  bus: 'spi',
  inputs: [],
  options: z.strictObject({
    type: z.enum(['sdhc', 'sdsc']).default('sdhc'),
    /** MiB, for an empty card. */
    size: z.int().min(1).max(32_768).default(32),
    /** A file with its contents, which never changes. */
    image: z.string().min(1).max(4096).optional(),
    /** A file to which the command writes its contents at the end. */
    save: z.string().min(1).max(4096).optional(),
    /** Milliseconds that it is busy after each block. */
    program: z.number().min(0).max(500).default(1),
  }),
  create: (context, { type, program, ...source }): Part => {
    const blocks = blocksOf(context, { type, ...source });
    const card = new SdCard(context, { type, programMs: program }, blocks);
    return {
      spi: { device: card, modes: [0, 3] },
      shows: () => ({ kind: 'storage', bytes: blocks.count * BLOCK_BYTES, changedBlocks: blocks.changed }),
      contents: () => blocks.contents(),
      reset: () => card.reset(), snapshot: () => card.snapshot(), restore: (from) => card.restore(from),
    };
  },
});
