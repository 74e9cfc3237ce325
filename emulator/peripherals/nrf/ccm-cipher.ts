/**
 * CCM as Bluetooth low energy uses it. Source: RFC 3610, sections 2.2 to 2.5, with M = 4 and L = 2; Bluetooth Core
 * Specification 4.2, Vol 6, Part E, 2.1 (nonce) and 2.2 (blocks).
 */
import { AES_BYTES, encryptBlock } from './aes.js';

export const MIC_BYTES = 4;
const NONCE_BYTES = 13;
/** RFC 3610 flags: Adata, M' = (4 - 2) / 2, L' = 2 - 1. */
const FLAGS_OF_B0 = 0x49;
const FLAGS_OF_A = 0x01;
/** Bits of the header that are authenticated: all but NESN, SN and MD. */
const HEADER_MASK = 0xe3;

export interface PacketCipher {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly header: number;
}

/**
 * The nonce from what follows the key at CNFPTR: 5 bytes of packet counter (39 bits), 3 unused, the direction in bit 0, then 8
 * bytes of initialisation vector.
 */
export function nonceOf(configuration: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(configuration.subarray(0, 5));
  nonce[4] = (nonce[4] & 0x7f) | ((configuration[8] & 1) << 7);
  nonce.set(configuration.subarray(9, 17), 5);
  return nonce;
}

/** A packet's payload encrypted with its MIC after it, or decrypted and its MIC checked. An empty packet passes as it is. */
export function crypt(cipher: PacketCipher, payload: Uint8Array, isDecrypting: boolean): { readonly bytes: Uint8Array; readonly isGenuine: boolean } {
  if (payload.length === 0) return { bytes: payload, isGenuine: true };
  const length = isDecrypting ? Math.max(0, payload.length - MIC_BYTES) : payload.length;
  const changed = withKeyStream(cipher, payload.subarray(0, length));
  const mic = micOf(cipher, isDecrypting ? changed : payload);
  if (isDecrypting) return { bytes: changed, isGenuine: mic.every((byte, index) => byte === payload[length + index]) };
  const bytes = new Uint8Array(length + MIC_BYTES);
  bytes.set(changed);
  bytes.set(mic, length);
  return { bytes, isGenuine: true };
}

function withKeyStream(cipher: PacketCipher, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let stream = new Uint8Array(AES_BYTES);
  for (let i = 0; i < bytes.length; i++) {
    if (i % AES_BYTES === 0) stream = new Uint8Array(encryptBlock(cipher.key, block(FLAGS_OF_A, cipher.nonce, 1 + i / AES_BYTES)));
    out[i] = bytes[i] ^ stream[i % AES_BYTES];
  }
  return out;
}

/** The encrypted MIC: the first bytes of CBC-MAC over B0, the header's block and the clear text, with the key stream of A0. */
function micOf({ key, nonce, header }: PacketCipher, clear: Uint8Array): Uint8Array {
  let mac = encryptBlock(key, block(FLAGS_OF_B0, nonce, clear.length));
  mac = encryptBlock(key, mixed(mac, Uint8Array.of(0, 1, header & HEADER_MASK)));
  for (let at = 0; at < clear.length; at += AES_BYTES) mac = encryptBlock(key, mixed(mac, clear.subarray(at, at + AES_BYTES)));
  return mixed(mac, encryptBlock(key, block(FLAGS_OF_A, nonce, 0))).subarray(0, MIC_BYTES);
}

/** Flags, nonce, and two bytes of number, most significant first. */
function block(flags: number, nonce: Uint8Array, number: number): Uint8Array {
  return Uint8Array.of(flags, ...nonce, number >>> 8, number & 0xff);
}

function mixed(into: Uint8Array, bytes: Uint8Array): Uint8Array {
  return into.map((byte, index) => byte ^ (bytes[index] ?? 0));
}
