/**
 * What a memory card says of itself: CSD, CID, SCR, OCR, SD status; and the checksums of commands and data.
 * Source: SD Specifications Part 1, Physical Layer Simplified Specification 6.00, chapters 4.5 (CRC), 4.10.2 (SD status), 5 (registers).
 */

/** 4.5: x^7 + x^3 + 1. @returns seven bits */
export function crc7(bytes: ArrayLike<number>): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) {
    for (let bit = 7; bit >= 0; bit--) {
      const feedback = ((crc >> 6) ^ (bytes[i] >> bit)) & 1;
      crc = ((crc << 1) & 0x7f) ^ (feedback === 1 ? 0x09 : 0);
    }
  }
  return crc;
}

/** 4.5: x^16 + x^12 + x^5 + 1, from 0. */
export function crc16(bytes: ArrayLike<number>): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) {
    crc ^= bytes[i] << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

/** Classes 0, 2, 4, 5, 7 and 8: basic, block read, block write, erase, lock (of which nothing is answered), application. */
const CCC = 0x1b5;
/** 25 MHz. */
const TRAN_SPEED = 0x32;

/** Bytes that its capacity must be a multiple of. */
export function capacityUnit(isHighCapacity: boolean, bytes: number): number {
  return isHighCapacity ? 512 * 1024 : 2 ** (11 + standardMultiplier(bytes));
}

/** The smallest C_SIZE_MULT with which 12 bits of C_SIZE are enough for blocks of 512 bytes: at most 1 GiB. */
function standardMultiplier(bytes: number): number {
  let multiplier = 0;
  while (multiplier < 7 && bytes > 4096 * 2 ** (11 + multiplier)) multiplier++;
  return multiplier;
}

function withCrc7(bytes: readonly number[]): Uint8Array {
  return Uint8Array.of(...bytes, (crc7(bytes) << 1) | 1);
}

/** 5.3: version 2.0 for high capacity, 1.0 else. */
export function csd(isHighCapacity: boolean, bytes: number): Uint8Array {
  // ERASE_BLK_EN, SECTOR_SIZE 127; R2W_FACTOR 2, WRITE_BL_LEN 9: the same in both.
  const tail = [0x80, 0x0a, 0x40, 0x00];
  const classes = [CCC >> 4, ((CCC & 0xf) << 4) | 9];
  if (isHighCapacity) {
    const size = bytes / (512 * 1024) - 1;
    return withCrc7([0x40, 0x0e, 0x00, TRAN_SPEED, ...classes, 0x00, (size >> 16) & 0x3f, (size >> 8) & 0xff, size & 0xff, 0x7f, ...tail]);
  }
  const multiplier = standardMultiplier(bytes);
  const size = bytes / 2 ** (11 + multiplier) - 1;
  // READ_BL_PARTIAL; currents 60 mA and 80 mA at most.
  return withCrc7([0x00, 0x26, 0x00, TRAN_SPEED, ...classes, 0x80 | (size >> 10), (size >> 2) & 0xff, ((size & 3) << 6) | 0x2d, 0xb4 | (multiplier >> 1), ((multiplier & 1) << 7) | 0x7f, ...tail]);
}

/** 5.2: no maker's number, "TL", "THUMB", revision 1.0, January 2024. @param serial unsigned 32-bit */
export function cid(serial: number): Uint8Array {
  const text = (characters: string): number[] => [...characters].map((character) => character.charCodeAt(0));
  return withCrc7([0x00, ...text('TL'), ...text('THUMB'), 0x10, serial >>> 24, (serial >> 16) & 0xff, (serial >> 8) & 0xff, serial & 0xff, 0x01, 0x81]);
}

/** 5.6: physical layer 2.00, one and four data lines, CMD23. */
export function scr(isHighCapacity: boolean): Uint8Array {
  return Uint8Array.of(0x02, isHighCapacity ? 0x35 : 0x25, 0x00, 0x02, 0, 0, 0, 0);
}

/** 5.1: 2.7 to 3.6 V; power-up done, and high capacity, which is only said then. */
export function ocr(isHighCapacity: boolean, isReady: boolean): Uint8Array {
  return Uint8Array.of((isReady ? 0x80 : 0) | (isReady && isHighCapacity ? 0x40 : 0), 0xff, 0x80, 0x00);
}

/** 4.10.2: speed class 4, allocation units of 4 MiB. */
export function sdStatus(): Uint8Array {
  const status = new Uint8Array(64);
  status[8] = 2;
  status[10] = 0x90;
  return status;
}
