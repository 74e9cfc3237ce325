/**
 * A host's ends of pipes: toggles, retries, stalls, and one control transfer at a time. Source: USB 2.0, 5.5 to 5.8, 8.5, 8.6.
 */
import type { Snapshot } from '../bus/types.js';
import type { Endpoint } from './usb-descriptors.js';
import { bytesFrom, encodeSetup, flagFrom, wholeFrom, type DataPacket, type SetupRequest } from './usb.js';

const PART = 'USB host';
/** A transaction that gets no answer is tried three times (USB 2.0, 10.2.6). */
export const MOST_ERRORS = 3;
/** An endpoint that stalls this often without anything between is given up. */
const MOST_STALLS = 8;
/** "5 seconds": the longest a request may take (9.2.6.4). */
const LONGEST_TRANSFER_FRAMES = 5000;
const LONGEST_DATA = 4096;

/** A bulk or interrupt pipe. */
export class Pipe {
  toggle: 0 | 1 = 0;
  /** Answered NAK; asked again in the next frame, or when the device says that something has changed. */
  isWaiting = false;
  /** Answered STALL; CLEAR_FEATURE is on its way. */
  isHalted = false;
  errors = 0;
  stalls = 0;
  /** Frames until an interrupt endpoint is polled. */
  framesToPoll = 0;

  constructor(readonly endpoint: Endpoint) {}

  get number(): number { return this.endpoint.address & 0x0f; }
  get isGivenUp(): boolean { return this.errors >= MOST_ERRORS || this.stalls >= MOST_STALLS; }
  get canGo(): boolean { return !this.isWaiting && !this.isHalted && !this.isGivenUp; }

  succeed(): void {
    this.toggle = this.toggle === 0 ? 1 : 0;
    this.errors = 0;
    this.stalls = 0;
  }

  halt(): void {
    this.isHalted = true;
    this.stalls++;
  }

  /** CLEAR_FEATURE(ENDPOINT_HALT) leaves DATA0 next (9.4.5). */
  clearHalt(): void {
    this.isHalted = false;
    this.toggle = 0;
  }

  snapshot(): Snapshot {
    const { toggle, errors, stalls, framesToPoll } = this;
    return { toggle, isWaiting: this.isWaiting ? 1 : 0, isHalted: this.isHalted ? 1 : 0, errors, stalls, framesToPoll };
  }

  restore(from: Snapshot): void {
    this.toggle = wholeFrom(from, 'toggle', PART, 0, 1) as 0 | 1;
    this.isWaiting = flagFrom(from, 'isWaiting', PART);
    this.isHalted = flagFrom(from, 'isHalted', PART);
    this.errors = wholeFrom(from, 'errors', PART, 0, MOST_ERRORS);
    this.stalls = wholeFrom(from, 'stalls', PART, 0, MOST_STALLS);
    this.framesToPoll = wholeFrom(from, 'framesToPoll', PART, 0, 255);
  }
}

const STAGE = { setup: 0, data: 1, status: 2 } as const;

/** One control transfer: setup, data and status stages (8.5.3). */
export class ControlTransfer {
  isWaiting = false;
  private stage: number = STAGE.setup;
  private toggle: 0 | 1 = 0;
  private errors = 0;
  private framesLeft = LONGEST_TRANSFER_FRAMES;
  private received: number[] = [];
  private sent = 0;

  private constructor(readonly address: number, private readonly maxPacket: number, readonly setup: Uint8Array, private readonly data: Uint8Array) {}

  static of(request: SetupRequest, data: Uint8Array, { address, maxPacket }: { address: number; maxPacket: number }): ControlTransfer {
    return new ControlTransfer(address, maxPacket, encodeSetup(request), data);
  }

  get isToHost(): boolean { return (this.setup[0] & 0x80) !== 0; }
  get answer(): Uint8Array { return Uint8Array.from(this.received); }
  private get length(): number { return this.setup[6] | (this.setup[7] << 8); }

  /** The token of the next transaction. */
  get token(): 'setup' | 'in' | 'out' {
    if (this.stage === STAGE.setup) return 'setup';
    const isIn = this.stage === STAGE.data ? this.isToHost : !this.isToHost || this.length === 0;
    return isIn ? 'in' : 'out';
  }

  /** What an OUT transaction carries. */
  get packet(): DataPacket {
    const bytes = this.stage === STAGE.data ? this.data.subarray(this.sent, this.sent + this.maxPacket) : new Uint8Array();
    return { toggle: this.toggle, bytes };
  }

  /** The transaction was acknowledged. @returns whether the transfer is complete */
  acknowledged(): boolean {
    this.errors = 0;
    if (this.stage === STAGE.status) return true;
    if (this.stage === STAGE.setup) this.enter(this.length === 0 ? STAGE.status : STAGE.data);
    else {
      this.sent += Math.min(this.maxPacket, this.data.length - this.sent);
      this.toggle = this.toggle === 0 ? 1 : 0;
      if (this.sent >= this.data.length) this.enter(STAGE.status);
    }
    return false;
  }

  /** Data of an IN transaction. @returns whether the transfer is complete */
  take({ toggle, bytes }: DataPacket): boolean {
    this.errors = 0;
    if (toggle !== this.toggle) return false; // one sent again: acknowledged and dropped (8.6.4)
    if (this.stage === STAGE.status) return true;
    this.toggle = this.toggle === 0 ? 1 : 0;
    for (const byte of bytes) if (this.received.length < this.length) this.received.push(byte);
    if (bytes.length < this.maxPacket || this.received.length >= this.length) this.enter(STAGE.status);
    return false;
  }

  /** No answer. @returns whether to give up */
  failed(): boolean {
    return ++this.errors >= MOST_ERRORS;
  }

  /** A frame has passed. @returns whether the device has taken too long */
  age(): boolean {
    this.isWaiting = false;
    return --this.framesLeft <= 0;
  }

  /** Data and status begin with DATA1. */
  private enter(stage: number): void {
    this.stage = stage;
    this.toggle = 1;
  }

  snapshot(): Snapshot {
    const { address, maxPacket, stage, toggle, errors, framesLeft, sent } = this;
    return {
      address, maxPacket, stage, toggle, errors, framesLeft, sent, isWaiting: this.isWaiting ? 1 : 0,
      setup: [...this.setup], data: [...this.data], received: this.received.slice(),
    };
  }

  static restored(from: Snapshot): ControlTransfer {
    const setup = bytesFrom(from, 'setup', PART, 8);
    if (setup.length !== 8) throw new Error(`${PART}: the snapshot has no setup packet; restore one taken from the same model`);
    const made = new ControlTransfer(wholeFrom(from, 'address', PART, 0, 127), wholeFrom(from, 'maxPacket', PART, 8, 64), setup, bytesFrom(from, 'data', PART, LONGEST_DATA));
    made.stage = wholeFrom(from, 'stage', PART, 0, STAGE.status);
    made.toggle = wholeFrom(from, 'toggle', PART, 0, 1) as 0 | 1;
    made.errors = wholeFrom(from, 'errors', PART, 0, MOST_ERRORS);
    made.framesLeft = wholeFrom(from, 'framesLeft', PART, 0, LONGEST_TRANSFER_FRAMES);
    made.sent = wholeFrom(from, 'sent', PART, 0, LONGEST_DATA);
    made.isWaiting = flagFrom(from, 'isWaiting', PART);
    made.received = [...bytesFrom(from, 'received', PART, LONGEST_DATA)];
    return made;
  }
}
