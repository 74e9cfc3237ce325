/**
 * AVR two-wire interface: master and slave, with every status of TWSR but bus error.
 * Source: ATmega328P data sheet DS40002061B, chapter 22; tables 22-2 to 22-5 for the statuses. A bit takes 16 + 2 * TWBR *
 * 4^TWPS cycles (22.5.2). As a slave, TWINT is set and SCL held after the eighth bit of a byte from the master, not after
 * the ninth. Illegal START and STOP conditions (status 0x00) are not found; a STOP of a slave that TWSTO asks for is none.
 */
import { z } from 'zod';
import type { Line, Snapshot, SnapshotValue } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { bitTime, ticksToBit, type BitTime } from '../../wires/bit-time.js';
import { I2cBus, type I2cTarget } from '../../wires/i2c-bus.js';
import { I2cController } from '../../wires/i2c-controller.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits } from '../registers/index.js';
import { AVR_PADS, HeldPad, PAD_NAME } from './pads.js';
import { PLACES, placeRegisters, type Places, type Template } from './registers.js';

export const TWI = {
  TWBR:  {},
  TWSR:  { fields: { TWPS: bits(0, 1), TWS: bits(3, 7, { kind: 'ro' }) }, reset: 0xf8 },
  TWAR:  { fields: { TWGCE: bit(0), TWA: bits(1, 7) }, reset: 0xfe },
  TWDR:  { reset: 0xff },
  TWCR:  { fields: { TWIE: bit(0), TWEN: bit(2), TWWC: bit(3, { kind: 'ro' }), TWSTO: bit(4), TWSTA: bit(5), TWEA: bit(6), TWINT: bit(7) } },
  TWAMR: { fields: { TWAM: bits(1, 7) } },
} as const satisfies Template;

const C = { TWIE: 1, TWEN: 4, TWWC: 8, TWSTO: 0x10, TWSTA: 0x20, TWEA: 0x40, TWINT: 0x80 } as const;

/** Statuses, by the tables' rows. */
const S = {
  START: 0x08, RESTART: 0x10, SLAW_ACK: 0x18, SLAW_NACK: 0x20, SENT_ACK: 0x28, SENT_NACK: 0x30, LOST: 0x38, SLAR_ACK: 0x40, SLAR_NACK: 0x48,
  GOT_ACK: 0x50, GOT_NACK: 0x58, OWN_W: 0x60, LOST_OWN_W: 0x68, GENERAL: 0x70, LOST_GENERAL: 0x78, IN_ACK: 0x80, IN_NACK: 0x88,
  GENERAL_ACK: 0x90, GENERAL_NACK: 0x98, STOPPED: 0xa0, OWN_R: 0xa8, LOST_OWN_R: 0xb0, OUT_ACK: 0xb8, OUT_NACK: 0xc0, OUT_LAST: 0xc8, NONE: 0xf8,
} as const;
/** After them the slave is addressed no more. */
const ENDS: readonly number[] = [S.IN_NACK, S.GENERAL_NACK, S.STOPPED, S.OUT_NACK, S.OUT_LAST];

export interface TwiOptions {
  readonly pins: { readonly SDA: string; readonly SCL: string };
  readonly registers: Places;
}

export class Twi extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored;
  private readonly clock: Clock;
  private readonly line: Line;
  private readonly sda: HeldPad;
  private readonly scl: HeldPad;
  private readonly controller: I2cController;
  private bus: I2cBus | undefined;
  private readonly known = new Set<I2cBus>();
  private status: number = S.NONE;
  /** START waits for the bus to be free. */
  private readonly retry = timedEvent(() => this.sendStart());
  /** The byte under way is an address. */
  private isAddressing = false;
  private startAfterStop = false;
  private hasLost = false;
  // As a slave.
  private isAddressed = false;
  private isGeneral = false;
  /** The first byte to send was in TWDR before the address was acknowledged. */
  private isFirstByte = false;
  private isHolding = false;
  private readonly target: I2cTarget = {
    start: (read) => this.addressed(read),
    write: (byte) => this.receive(byte),
    read: () => this.nextByte(),
    stop: () => this.slaveStopped(),
    hold: () => (this.isHolding ? Infinity : 0),
    refused: () => { if (this.isAddressed) this.raiseAsSlave(S.OUT_NACK, false); },
    restarted: () => this.slaveStopped(),
  };

  constructor(private readonly context: BlockContext, options: TwiOptions) {
    super();
    this.clock = context.clock('io');
    this.line = context.irq('twi');
    const pads = context.shared(AVR_PADS);
    this.sda = new HeldPad(pads, options.pins.SDA);
    this.scl = new HeldPad(pads, options.pins.SCL);
    this.controller = new I2cController(context.scheduler, {
      started: () => this.raise(this.status === S.START ? S.START : S.RESTART),
      wrote: (acknowledged) => this.wrote(acknowledged),
      received: (byte) => this.received(byte),
      stopped: () => this.stopped(),
      arbitrationLost: () => this.lost(),
    });
    const { block, stored } = placeRegisters(context, TWI, { instance: '', places: options.registers }, {
      onRead: { TWSR: (_index, value) => this.readStatus(value) },
      onPeek: { TWSR: (_index, value) => this.readStatus(value) },
      onWrite: { TWCR: (value, _index, old) => this.control(value, old), TWDR: (value, _index, old) => this.writeData(value, old) },
    });
    this.registers = block;
    this.stored = stored;
  }

  override reset(): void {
    this.registers.reset();
    this.disable();
    this.update();
  }

  override snapshot(): Snapshot {
    return {
      registers: this.registers.snapshot(), controller: this.controller.snapshot(), status: this.status, retry: saveEvent(this.retry),
      flags: [this.isAddressing, this.startAfterStop, this.hasLost, this.isAddressed, this.isGeneral, this.isFirstByte, this.isHolding].reduce((sum, flag, i) => sum | (Number(flag) << i), 0),
      sda: this.sda.save(), scl: this.scl.save(), bus: this.bus?.isBare === true ? this.bus.snapshot() : null,
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.sda.load(from, 'sda');
    this.scl.load(from, 'scl');
    this.findBus();
    const saved: SnapshotValue | undefined = from['bus'];
    if (this.bus?.isBare === true && saved !== null && saved !== undefined) this.bus.restore(saved as Snapshot);
    this.controller.adopt(this.sda.pin, this.scl.pin);
    this.controller.restore(partFrom(from, 'controller', name));
    this.status = numberFrom(from, 'status', name);
    const flags = numberFrom(from, 'flags', name);
    const flag = (n: number): boolean => ((flags >> n) & 1) === 1;
    [this.isAddressing, this.startAfterStop, this.hasLost, this.isAddressed, this.isGeneral, this.isFirstByte, this.isHolding] = [0, 1, 2, 3, 4, 5, 6].map(flag);
    restoreEvent(scheduler, this.retry, from['retry']);
    this.update();
  }

  // -- Registers.

  private has(bits_: number): boolean { return (this.stored.TWCR[0] & bits_) !== 0; }

  private readStatus(value: number): number {
    return (value & 3) | (this.has(C.TWINT) ? this.status : S.NONE);
  }

  private writeData(value: number, old: number): void {
    const { TWCR, TWDR } = this.stored;
    if (this.has(C.TWINT) || !this.has(C.TWEN)) {
      TWCR[0] &= ~C.TWWC;
      TWDR[0] = value;
    } else {
      TWCR[0] |= C.TWWC;
      TWDR[0] = old;
    }
  }

  /** A one in TWINT clears it, and what the other bits ask for begins. */
  private control(value: number, old: number): void {
    const { TWCR } = this.stored;
    const clears = (value & C.TWINT) !== 0 && (old & C.TWINT) !== 0;
    TWCR[0] = (value & ~C.TWINT) | (clears ? 0 : old & C.TWINT);
    if ((value & C.TWEN) === 0) {
      if ((old & C.TWEN) !== 0) this.disable();
      TWCR[0] &= ~(C.TWSTA | C.TWSTO);
      this.update();
      return;
    }
    if ((old & C.TWEN) === 0) this.enable();
    if (clears || (!this.has(C.TWINT) && !this.controller.isActive)) this.proceed(clears);
    this.update();
  }

  private enable(): void {
    this.sda.hold();
    this.scl.hold();
    this.findBus();
    this.controller.attach(this.sda.pin, this.scl.pin);
  }

  private disable(): void {
    const [sda, scl] = [this.sda.pin, this.scl.pin];
    this.context.scheduler.cancel(this.retry);
    this.letGo();
    this.controller.reset();
    this.controller.attach(undefined, undefined);
    if (sda && scl) this.bus?.takeBack(sda, scl);
    this.bus = undefined;
    this.sda.release();
    this.scl.release();
    this.status = S.NONE;
    this.isAddressing = this.startAfterStop = this.hasLost = this.isAddressed = this.isGeneral = this.isFirstByte = false;
    this.stored.TWCR[0] &= ~C.TWINT;
  }

  private findBus(): void {
    const [sda, scl] = [this.sda.pin, this.scl.pin];
    this.bus = sda && scl && (I2cBus.on(sda.net, scl.net) ?? new I2cBus(this.context.scheduler, sda.net, scl.net, { pullUps: false, isBare: true }));
    const { bus } = this;
    if (!bus || !sda || !scl) return;
    bus.lend(sda, scl);
    if (this.known.has(bus)) return;
    this.known.add(bus);
    bus.attachListener(this.target, (address) => this.bus === bus && this.answers(address));
  }

  private bitTime(): BitTime {
    const { stored, clock, context: { scheduler } } = this;
    const cycles = 16 + 2 * stored.TWBR[0] * 4 ** (stored.TWSR[0] & 3);
    return bitTime(cycles * scheduler.rootHz, Math.max(1, Math.round(clock.hz)));
  }

  private update(): void {
    this.line.set((this.stored.TWCR[0] & (C.TWINT | C.TWIE)) === (C.TWINT | C.TWIE));
  }

  private raise(status: number): void {
    this.status = status;
    this.stored.TWCR[0] |= C.TWINT;
    this.update();
  }

  // -- What follows a cleared TWINT, or a write while nothing happens.

  private proceed(clears: boolean): void {
    const wasSlave = this.isAddressed;
    if (clears && wasSlave) this.proceedAsSlave();
    if (this.isAddressed) return;
    if (this.has(C.TWSTO)) {
      if (this.controller.ownsBus) {
        this.startAfterStop = this.has(C.TWSTA);
        this.configure();
        this.controller.stop();
        return;
      }
      this.stored.TWCR[0] &= ~C.TWSTO;
    }
    if (this.has(C.TWSTA)) {
      this.sendStart();
      return;
    }
    if (clears && this.controller.ownsBus) this.proceedAsMaster();
  }

  private configure(): void {
    this.controller.configure(this.bitTime());
  }

  private sendStart(): void {
    const { scheduler } = this.context;
    if (!this.has(C.TWEN) || !this.has(C.TWSTA) || this.controller.isActive || this.isAddressed) return;
    this.configure();
    if (!this.controller.ownsBus && this.controller.isBusBusy) {
      scheduler.schedule(this.retry, scheduler.now() + ticksToBit(this.bitTime(), 1));
      return;
    }
    this.status = this.controller.ownsBus ? S.RESTART : S.START;
    this.controller.start();
  }

  private proceedAsMaster(): void {
    this.configure();
    switch (this.status) {
      case S.START: case S.RESTART:
        this.isAddressing = true;
        this.controller.write(this.stored.TWDR[0]);
        break;
      case S.SLAW_ACK: case S.SLAW_NACK: case S.SENT_ACK: case S.SENT_NACK:
        this.controller.write(this.stored.TWDR[0]);
        break;
      case S.SLAR_ACK: case S.GOT_ACK:
        this.controller.read(this.has(C.TWEA));
        break;
    }
  }

  private wrote(acknowledged: boolean): void {
    const wasAddress = this.isAddressing;
    this.isAddressing = false;
    if (!wasAddress) this.raise(acknowledged ? S.SENT_ACK : S.SENT_NACK);
    else if ((this.stored.TWDR[0] & 1) === 0) this.raise(acknowledged ? S.SLAW_ACK : S.SLAW_NACK);
    else this.raise(acknowledged ? S.SLAR_ACK : S.SLAR_NACK);
  }

  private received(byte: number): void {
    this.stored.TWDR[0] = byte;
    this.raise(this.has(C.TWEA) ? S.GOT_ACK : S.GOT_NACK);
  }

  private stopped(): void {
    this.status = S.NONE;
    this.stored.TWCR[0] &= ~C.TWSTO;
    if (!this.startAfterStop) return;
    this.startAfterStop = false;
    this.sendStart();
  }

  /** In an address the rest of it may be our own: who won goes on, and then it is known. */
  private lost(): void {
    if (this.isAddressing) this.hasLost = true;
    else this.raise(S.LOST);
    this.isAddressing = false;
  }

  // -- As a slave.

  private answers(address: number): boolean {
    const { TWAR, TWAMR } = this.stored;
    const isOwn = (((address << 1) ^ TWAR[0]) & ~TWAMR[0] & 0xfe) === 0;
    this.isGeneral = !isOwn && address === 0 && (TWAR[0] & 1) === 1;
    const isCalled = this.has(C.TWEN) && this.has(C.TWEA) && !this.controller.ownsBus && (isOwn || this.isGeneral);
    if (!isCalled && this.hasLost) {
      this.hasLost = false;
      this.raise(S.LOST);
    }
    return isCalled;
  }

  private addressed(read: boolean): boolean {
    const hasLost = this.hasLost;
    this.hasLost = false;
    this.isAddressed = true;
    this.isFirstByte = read;
    const status = read ? (hasLost ? S.LOST_OWN_R : S.OWN_R) : this.isGeneral ? (hasLost ? S.LOST_GENERAL : S.GENERAL) : hasLost ? S.LOST_OWN_W : S.OWN_W;
    this.raiseAsSlave(status, true);
    return true;
  }

  private receive(byte: number): boolean {
    if (!this.isAddressed) return false;
    const acknowledges = this.has(C.TWEA);
    this.stored.TWDR[0] = byte;
    this.raiseAsSlave(this.isGeneral ? (acknowledges ? S.GENERAL_ACK : S.GENERAL_NACK) : acknowledges ? S.IN_ACK : S.IN_NACK, true);
    return acknowledges;
  }

  /** TWEA = 0 said that the byte before was the last one: then ones follow. */
  private nextByte(): number {
    if (!this.isAddressed) return 0xff;
    if (this.isFirstByte) {
      this.isFirstByte = false;
      this.isHolding = false;
      return this.stored.TWDR[0];
    }
    const isLast = !this.has(C.TWEA);
    this.raiseAsSlave(isLast ? S.OUT_LAST : S.OUT_ACK, true);
    return 0xff;
  }

  private slaveStopped(): void {
    if (!this.isAddressed) return;
    this.isHolding = false;
    const wasReceiving = !ENDS.includes(this.status) && this.status < S.STOPPED;
    if (wasReceiving) this.raiseAsSlave(S.STOPPED, false);
    else this.isAddressed = false;
  }

  private raiseAsSlave(status: number, holds: boolean): void {
    this.isHolding = holds;
    this.raise(status);
  }

  private proceedAsSlave(): void {
    if (ENDS.includes(this.status)) this.isAddressed = false;
    this.letGo();
  }

  private letGo(): void {
    if (!this.isHolding) return;
    this.isHolding = false;
    this.bus?.letGo(this.status === S.OUT_ACK ? this.stored.TWDR[0] : undefined);
  }
}

export const TWI_BLOCK = defineBlock({
  irqs: ['twi'],
  clocks: ['io'],
  options: z.strictObject({ pins: z.strictObject({ SDA: PAD_NAME, SCL: PAD_NAME }), registers: PLACES }),
  create: (context, options) => new Twi(context, options),
});
