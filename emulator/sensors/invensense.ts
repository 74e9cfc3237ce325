/**
 * What InvenSense's motion parts have in common: a FIFO of bytes, a master for an auxiliary I2C bus, and the switch that lets the
 * host through to that bus.
 * Sources: MPU-6000/MPU-6050 Register Map RM-MPU-6000A-00 rev 4.2, registers 35 to 54, 73 to 103, 114 to 116; ICM-20948 data
 * sheet DS-000189 rev 1.3, banks 0 and 3. A transaction of the master happens at the tick of the sample that it belongs to; not
 * modelled: its bit rate, delayed accesses (I2C_MST_DELAY_CTRL) by other than whole samples, and a bus held by others.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import type { Scheduler } from '../time/types.js';
import type { I2cBus, I2cTarget } from '../wires/i2c-bus.js';
import type { InterruptPin } from './interrupt-pin.js';

/** The oldest byte goes when a new one finds it full. */
export class ByteFifo implements Stateful {
  private readonly bytes: Uint8Array;
  private first = 0;
  private count = 0;

  constructor(readonly depth: number) {
    this.bytes = new Uint8Array(depth);
  }

  get level(): number { return this.count; }
  get oldest(): number { return this.bytes[this.first]; }

  /** @returns false when it was full @param keepsOldest a full one drops the new byte */
  push(byte: number, keepsOldest = false): boolean {
    const isFull = this.count === this.depth;
    if (isFull && keepsOldest) return false;
    if (isFull) this.shift();
    this.bytes[(this.first + this.count++) % this.depth] = byte;
    return !isFull;
  }

  /** An empty one gives its last byte again. */
  shift(): void {
    if (this.count === 0) return;
    this.count--;
    if (this.count > 0) this.first = (this.first + 1) % this.depth;
  }

  reset(): void {
    this.first = this.count = 0;
    this.bytes.fill(0);
  }

  snapshot(): Snapshot {
    return { bytes: Array.from({ length: this.count }, (_, i) => this.bytes[(this.first + i) % this.depth]), last: this.oldest };
  }

  restore({ bytes, last }: Snapshot): void {
    if (!Array.isArray(bytes) || bytes.length > this.depth || !bytes.every((byte) => Number.isInteger(byte)) || !Number.isInteger(last)) throw new Error('the snapshot is not of this FIFO');
    this.reset();
    this.bytes[0] = last as number;
    this.bytes.set(bytes as number[]);
    this.count = bytes.length;
  }
}

/** A slave of the master, as its registers I2C_SLVn_ADDR, _REG, _CTRL and _DO say. */
export interface AuxiliarySlave { readonly address: number; readonly register: number; readonly control: number; readonly output: number }

const READ = 0x80;
const CONTROL = { EN: 0x80, BYTE_SW: 0x40, REG_DIS: 0x20, GRP: 0x10, LEN: 0x0f } as const;

export class AuxiliaryMaster {
  /** @param bus asked when used, since boards put buses together in any order */
  constructor(private readonly bus: () => I2cBus | undefined) {}

  /** @returns the bytes read, none for a write; undefined without an acknowledgement */
  serve({ address, register, control, output }: AuxiliarySlave): number[] | undefined {
    const count = control & CONTROL.LEN;
    const bytes = (control & CONTROL.REG_DIS) !== 0 ? [] : [register];
    if ((address & READ) === 0) return this.write(address, [...bytes, output]) ? [] : undefined;
    const read = this.read(address & 0x7f, bytes, count);
    return read !== undefined && (control & CONTROL.BYTE_SW) !== 0 ? swapped(read, (control & CONTROL.GRP) !== 0 ? register & 1 : 0) : read;
  }

  /**
   * All that are enabled, one after the other: what each reads goes behind what the one before it has read.
   * @param isDue false for one whose turn is another time: it keeps its place and what it read last
   * @returns who did not acknowledge, bit n for slave n, and the places of each
   */
  serveAll(slaves: readonly AuxiliarySlave[], isDue: (slave: number) => boolean, into: Uint8Array, from: number): { readonly nacks: number; readonly places: readonly (readonly [number, number])[] } {
    let position = from;
    let nacks = 0;
    const places = slaves.map((setup, slave): readonly [number, number] => {
      if ((setup.control & CONTROL.EN) === 0) return [position, position];
      const bytes = isDue(slave) ? this.serve(setup) : [];
      if (bytes === undefined) nacks |= 1 << slave;
      bytes?.forEach((byte, n) => { if (position + n < into.length) into[position + n] = byte; });
      const begin = position;
      if ((setup.address & READ) !== 0) position = Math.min(into.length, position + (setup.control & CONTROL.LEN));
      return [begin, position];
    });
    return { nacks, places };
  }

  private write(address: number, bytes: readonly number[]): boolean {
    const bus = this.bus();
    if (bus === undefined || bus.isBusy) return false;
    bus.startCondition();
    const isTaken = [address << 1, ...bytes].every((byte) => bus.byteIn(byte & 0xff));
    bus.stopCondition();
    return isTaken;
  }

  private read(address: number, register: readonly number[], count: number): number[] | undefined {
    const bus = this.bus();
    if (bus === undefined || bus.isBusy) return undefined;
    let isThere = true;
    if (register.length > 0) {
      bus.startCondition();
      isThere = [address << 1, ...register].every((byte) => bus.byteIn(byte));
    }
    bus.startCondition();
    isThere = isThere && bus.byteIn((address << 1) | 1);
    const bytes: number[] = [];
    for (let n = 0; isThere && n < count; n++) {
      bus.afterAcknowledge(true);
      bytes.push(bus.output);
    }
    bus.stopCondition();
    return isThere ? bytes : undefined;
  }
}

/** Bytes of words the other way round; @param first where the first word begins: 0 or 1 */
function swapped(bytes: readonly number[], first: number): number[] {
  const out = [...bytes];
  for (let i = first; i + 1 < out.length; i += 2) [out[i], out[i + 1]] = [bytes[i + 1], bytes[i]];
  return out;
}

/** How the interrupt pin is set up. */
export interface PulseSetup { readonly activeHigh: boolean; readonly openDrain: boolean; readonly isLatched: boolean }

/** Length of an unlatched interrupt. */
const PULSE_US = 50;

/** The interrupt pin: 50 us for each event, or until a status register is read. */
export class PulsedPin implements Stateful {
  private readonly end = timedEvent(() => this.drive(false));

  constructor(private readonly scheduler: Scheduler, private readonly pin: InterruptPin, private readonly setup: () => PulseSetup) {}

  get isConnected(): boolean { return this.pin.isConnected; }

  raise(): void {
    this.drive(true);
    if (this.setup().isLatched || !this.pin.isConnected) return;
    this.scheduler.schedule(this.end, this.scheduler.now() + Math.round((PULSE_US * this.scheduler.rootHz) / 1_000_000));
  }

  /** After the setup changed, or a status register was read. */
  follow(isInterrupting: boolean): void {
    if (this.setup().isLatched) this.drive(isInterrupting);
    else if (this.end.slot < 0) this.drive(false);
  }

  reset(): void {
    this.scheduler.cancel(this.end);
    this.drive(false);
  }

  snapshot(): Snapshot {
    return { end: saveEvent(this.end) };
  }

  restore({ end }: Snapshot): void {
    restoreEvent(this.scheduler, this.end, end);
  }

  private drive(isActive: boolean): void {
    this.pin.set(isActive, this.setup());
  }
}

/** Lets a controller of the main bus through to the auxiliary one, while the part's registers say so. */
export class PassThrough implements I2cTarget {
  private address = 0;

  constructor(private readonly bus: () => I2cBus | undefined, private readonly isOpen: () => boolean) {}

  /** Asked before each transaction. */
  answers(address: number): boolean {
    this.address = address;
    return this.isOpen() && this.bus() !== undefined;
  }

  start(read: boolean): boolean {
    const bus = this.bus();
    bus?.startCondition();
    return bus?.byteIn((this.address << 1) | (read ? 1 : 0)) ?? false;
  }

  write(byte: number): boolean {
    return this.bus()?.byteIn(byte) ?? false;
  }

  read(): number {
    const bus = this.bus();
    bus?.afterAcknowledge(true);
    return bus?.output ?? 0xff;
  }

  stop(): void {
    this.bus()?.stopCondition();
  }
}
