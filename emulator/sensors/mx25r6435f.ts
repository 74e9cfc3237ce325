/**
 * Macronix MX25R6435F: 64 Mbit serial flash in sectors of 4 KiB, blocks of 32 and 64 KiB, pages of 256 bytes.
 * Source: Macronix MX25R6435F datasheet rev. 1.4, command table, status and configuration registers, AC characteristics (typical
 * times of the high performance mode). Not modelled: SFDP and the secured OTP area (read as ones), suspend and resume, burst
 * wrap, the slower times of the ultra low power mode.
 */
import type { Snapshot } from '../bus/types.js';
import type { QuadSpiFlash } from '../wires/quad-spi.js';

const BYTES = 0x80_0000;
const SECTOR = 0x1000;
const BLOCK = 0x1_0000;
const PAGE = 256;
const ERASED = 0xff;

const OP = {
  writeStatus: 0x01, program: 0x02, read: 0x03, writeDisable: 0x04, readStatus: 0x05, writeEnable: 0x06, fastRead: 0x0b, readConfiguration: 0x15,
  eraseSector: 0x20, readSecurity: 0x2b, eraseBlock32: 0x52, eraseChip: 0x60, resetEnable: 0x66, identifyManufacturer: 0x90, reset: 0x99,
  identify: 0x9f, releasePowerDown: 0xab, powerDown: 0xb9, eraseChipToo: 0xc7, eraseBlock64: 0xd8,
} as const;

/** Status register: write in progress, write enable latch, block protection, quad enable, write disable. */
const WIP = 1;
const WEL = 2;
const QE = 0x40;
const WRITABLE_STATUS = 0xfc;
/** Configuration register 1: the protected blocks are the lowest. One-time programmable. */
const TOP_BOTTOM = 0x08;
const MANUFACTURER = 0xc2;
const DEVICE = [0x28, 0x17] as const;
const ELECTRONIC_ID = 0x17;

const MILLISECONDS = { page: 0.85, sector: 40, block32: 240, block64: 480, chip: 50_000, status: 10 } as const;

export interface FlashTime { now(): number; readonly rootHz: number }

export class Mx25r6435f implements QuadSpiFlash {
  /** What is not erased, by sector. */
  private sectors = new Map<number, Uint8Array>();
  private status = 0;
  private configuration = [0, 0];
  private isPoweredDown = false;
  private isResetEnabled = false;
  busyUntil = 0;

  constructor(private readonly time: FlashTime) {}

  /** The chip's resets do not reach the part; at power-on contents stay. */
  reset(kind?: string): void {
    if (kind === 'power-on') this.restart();
  }

  snapshot(): Snapshot {
    const { status, configuration, isPoweredDown, isResetEnabled, busyUntil } = this;
    return {
      status, configuration: [...configuration], isPoweredDown: isPoweredDown ? 1 : 0, isResetEnabled: isResetEnabled ? 1 : 0, busyUntil,
      sectors: [...this.sectors].sort(([a], [b]) => a - b).map(([index, bytes]) => ({ index, bytes: bytes.slice() })),
    };
  }

  restore(from: Snapshot): void {
    const sectors = from['sectors'];
    if (!Array.isArray(sectors) || sectors.length > BYTES / SECTOR) throw new Error('mx25r6435f: the snapshot has no sectors; restore one taken from the same model');
    this.sectors = new Map();
    for (const { index, bytes } of sectors as unknown as { index: number; bytes: Uint8Array }[]) {
      const sector = new Uint8Array(SECTOR).fill(ERASED);
      sector.set(Array.from(Object.values(bytes)).slice(0, SECTOR));
      this.sectors.set(index, sector);
    }
    this.status = Number(from['status']);
    this.configuration = (from['configuration'] as number[]).slice(0, 2);
    this.isPoweredDown = from['isPoweredDown'] === 1;
    this.isResetEnabled = from['isResetEnabled'] === 1;
    this.busyUntil = Number(from['busyUntil']);
  }

  private restart(): void {
    this.busyUntil = 0;
    this.status &= ~WEL;
    this.isPoweredDown = false;
    this.isResetEnabled = false;
  }

  // -- Commands.

  command(sent: Uint8Array): Uint8Array {
    const reply = new Uint8Array(sent.length).fill(ERASED);
    const [opcode] = sent;
    const wasResetEnabled = this.isResetEnabled;
    this.isResetEnabled = false;
    if (this.isPoweredDown && opcode !== OP.releasePowerDown) return reply;
    if (this.isBusy && opcode !== OP.readStatus && opcode !== OP.readSecurity) return reply;
    if (opcode === OP.reset) {
      if (wasResetEnabled) this.restart();
    } else if (opcode === OP.resetEnable) this.isResetEnabled = true;
    else this.answer(opcode, sent, reply);
    return reply;
  }

  private get isBusy(): boolean { return this.time.now() < this.busyUntil; }

  private answer(opcode: number, sent: Uint8Array, reply: Uint8Array): void {
    const address = sent.length >= 4 ? (sent[1] << 16) | (sent[2] << 8) | sent[3] : undefined;
    switch (opcode) {
      case OP.writeEnable: this.status |= WEL; break;
      case OP.writeDisable: this.status &= ~WEL; break;
      case OP.readStatus: reply.fill(this.status | (this.isBusy ? WIP : 0), 1); break;
      case OP.readConfiguration: reply.forEach((_, n) => { if (n > 0) reply[n] = this.configuration[(n - 1) % 2]; }); break;
      case OP.readSecurity: reply.fill(0, 1); break;
      case OP.writeStatus: this.writeStatus(sent); break;
      case OP.identify: reply.forEach((_, n) => { if (n > 0) reply[n] = [MANUFACTURER, ...DEVICE][(n - 1) % 3]; }); break;
      case OP.identifyManufacturer: this.manufacturer(sent, reply); break;
      case OP.releasePowerDown:
        this.isPoweredDown = false;
        reply.fill(ELECTRONIC_ID, Math.min(4, reply.length));
        break;
      case OP.powerDown: this.isPoweredDown = true; break;
      case OP.read: this.copyOut(address, reply, 4); break;
      case OP.fastRead: this.copyOut(address, reply, 5); break;
      case OP.program: if (address !== undefined) this.write(address, sent.subarray(4)); break;
      case OP.eraseSector: this.erase(address, SECTOR, MILLISECONDS.sector); break;
      case OP.eraseBlock32: this.erase(address, BLOCK / 2, MILLISECONDS.block32); break;
      case OP.eraseBlock64: this.erase(address, BLOCK, MILLISECONDS.block64); break;
      case OP.eraseChip: case OP.eraseChipToo: this.erase(0, BYTES, MILLISECONDS.chip); break;
      default: break;
    }
  }

  private manufacturer(sent: Uint8Array, reply: Uint8Array): void {
    const isDeviceFirst = (sent[3] ?? 0) === 1;
    for (let n = 4; n < reply.length; n++) reply[n] = (n % 2 === 0) === isDeviceFirst ? DEVICE[1] : MANUFACTURER;
  }

  private writeStatus(sent: Uint8Array): void {
    if ((this.status & WEL) === 0 || sent.length < 2) return;
    this.status = sent[1] & WRITABLE_STATUS;
    if (sent.length > 2) this.configuration[0] = (sent[2] & ~TOP_BOTTOM) | ((this.configuration[0] | sent[2]) & TOP_BOTTOM);
    if (sent.length > 3) this.configuration[1] = sent[3];
    this.work(MILLISECONDS.status);
  }

  // -- Contents.

  read(address: number, into: Uint8Array, isQuad: boolean): void {
    const isDeaf = this.isPoweredDown || this.isBusy || (isQuad && (this.status & QE) === 0);
    for (let n = 0; n < into.length; n++) into[n] = isDeaf ? ERASED : this.peek(address + n);
  }

  program(address: number, bytes: Uint8Array, isQuad: boolean): void {
    if (this.isPoweredDown || this.isBusy || (isQuad && (this.status & QE) === 0)) return;
    this.status |= WEL;
    this.write(address, bytes);
  }

  peek(address: number): number {
    const at = address % BYTES;
    return this.sectors.get(Math.floor(at / SECTOR))?.[at % SECTOR] ?? ERASED;
  }

  private copyOut(address: number | undefined, reply: Uint8Array, from: number): void {
    if (address !== undefined) for (let n = from; n < reply.length; n++) reply[n] = this.peek(address + n - from);
  }

  /** A page program: past the page's end it goes on at its begin, and of more than a page the last bytes count. */
  private write(address: number, bytes: Uint8Array): void {
    if ((this.status & WEL) === 0 || bytes.length === 0) return;
    const at = address % BYTES;
    if (this.isProtected(at, 1)) return this.fail();
    const index = Math.floor(at / SECTOR);
    let sector = this.sectors.get(index);
    if (!sector) this.sectors.set(index, (sector = new Uint8Array(SECTOR).fill(ERASED)));
    const page = (at % SECTOR) & ~(PAGE - 1);
    const first = Math.max(0, bytes.length - PAGE);
    for (let n = first; n < bytes.length; n++) sector[page + ((at + n) % PAGE)] &= bytes[n];
    this.work(MILLISECONDS.page);
  }

  private erase(address: number | undefined, bytes: number, milliseconds: number): void {
    if ((this.status & WEL) === 0 || address === undefined) return;
    const from = Math.floor((address % BYTES) / bytes) * bytes;
    if (this.isProtected(from, bytes)) return this.fail();
    for (let at = from; at < from + bytes; at += SECTOR) this.sectors.delete(at / SECTOR);
    this.work(milliseconds);
  }

  /** BP3 to BP0 protect 2^(BP - 1) blocks of 64 KiB, from the top down, or with TB from the bottom up. */
  private isProtected(from: number, bytes: number): boolean {
    const level = (this.status >>> 2) & 15;
    if (level === 0) return false;
    const guarded = Math.min(BYTES, BLOCK * 2 ** (level - 1));
    return (this.configuration[0] & TOP_BOTTOM) !== 0 ? from < guarded : from + bytes > BYTES - guarded;
  }

  private fail(): void {
    this.status &= ~WEL;
  }

  private work(milliseconds: number): void {
    this.status &= ~WEL;
    this.busyUntil = this.time.now() + Math.round((milliseconds * this.time.rootHz) / 1000);
  }
}
