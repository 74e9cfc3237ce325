/**
 * A full-speed USB cable, transaction by transaction: what a device and its host ask of each other.
 * Source: USB 2.0 specification (USB-IF, 27 April 2000), chapters 5.11, 7.1.7 and 8. Levels of D+ and D- are not modelled: a
 * transaction takes its bit times (without bit stuffing), and then both ends know its packets.
 */
import type { Snapshot } from '../bus/types.js';

/** Full speed is 12 Mbit/s (7.1.11). */
export const FULL_SPEED_HZ = 12_000_000;
/** Frames per second (7.1.12); SOF carries 11 bits of their number (8.4.3). */
export const FRAMES_PER_SECOND = 1000;
export const FRAME_NUMBERS = 0x800;
/** A frame's bytes at full speed (5.8.4). */
export const FRAME_BYTES = 1500;
/** Bytes besides the data in a transaction with handshake: SYNC, PIDs, token, CRCs, turn-around (5.8.4: 13 bytes). */
export const TRANSACTION_BYTES = 13;
/** IN or OUT token, turn-around, handshake: what an answer without data takes. */
export const REFUSED_BYTES = 9;
/** SYNC, PID, frame number with CRC5, EOP. */
export const SOF_BYTES = 6;

/** What a device answers: `none` is silence, which the host takes for an error. */
export type Handshake = 'ack' | 'nak' | 'stall' | 'none';

/** A data packet: its PID is DATA0 or DATA1. */
export interface DataPacket {
  readonly toggle: 0 | 1;
  readonly bytes: Uint8Array;
}

/** A device as its host reaches it. */
export interface UsbDevice {
  /** 10 ms of SE0: the device forgets its address. */
  busReset(): void;
  startOfFrame(number: number): void;
  /** The bus has been idle for 3 ms (7.1.7.6). */
  suspend(): void;
  /** The host drives the resume signal (7.1.7.7), or traffic begins again. */
  resume(): void;
  /** A SETUP transaction: never refused (8.4.6.4). @returns whether there is a device at this address */
  setup(address: number, request: Uint8Array): boolean;
  /** An IN token. Data is on its way until `taken` or the next token. */
  in(address: number, endpoint: number): DataPacket | Exclude<Handshake, 'ack'>;
  /** The host's ACK for the last data packet. */
  taken(endpoint: number): void;
  out(address: number, endpoint: number, packet: DataPacket): Handshake;
}

/** A host as a device reaches it. */
export interface UsbHostPort {
  /** The pull-up on D+ was connected or disconnected. */
  attach(isPulledUp: boolean): void;
  /** An endpoint that answered NAK may answer otherwise now: saves asking it thousands of times a second. */
  ready(): void;
  /** The device drives the resume signal on a suspended bus (7.1.7.7). */
  wakeUp(): void;
}

/** The eight bytes of a SETUP packet (table 9-2). */
export interface SetupRequest {
  readonly bmRequestType: number;
  readonly bRequest: number;
  readonly wValue: number;
  readonly wIndex: number;
  readonly wLength: number;
}

export function encodeSetup({ bmRequestType, bRequest, wValue, wIndex, wLength }: SetupRequest): Uint8Array {
  return Uint8Array.of(bmRequestType, bRequest, wValue & 0xff, wValue >> 8, wIndex & 0xff, wIndex >> 8, wLength & 0xff, wLength >> 8);
}

/** A flag out of a snapshot, where it has to be 0 or 1. @throws Error naming the part */
export function flagFrom(from: Snapshot, key: string, part: string): boolean {
  return wholeFrom(from, key, part, 0, 1) === 1;
}

/** @throws Error naming the part where the snapshot has no whole number in these bounds */
export function wholeFrom(from: Snapshot, key: string, part: string, least: number, most: number): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw new Error(`${part}: the snapshot has no whole number "${key}" from ${least} to ${most}; restore one taken from the same model`);
  }
  return value;
}

/** @throws Error naming the part where the snapshot has no such list of bytes */
export function bytesFrom(from: Snapshot, key: string, part: string, longest: number): Uint8Array {
  const value = from[key];
  if (!Array.isArray(value) || value.length > longest || !value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 0xff)) {
    throw new Error(`${part}: the snapshot has no list "${key}" of at most ${longest} bytes; restore one taken from the same model`);
  }
  return Uint8Array.from(value as number[]);
}
