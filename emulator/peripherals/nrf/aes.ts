/**
 * The AES-128 core that ECB, CCM and AAR have in common. Keys and blocks are in the order of FIPS-197.
 * Source: nRF52840 Product Specification v1.1, ECB, "Shared resources": ECB has the lowest priority; when CCM or AAR need the
 * core, its operation is aborted and ERRORECB follows.
 */
import { unsafe } from '@noble/ciphers/aes.js';
import type { Scheduler } from '../../time/types.js';
import type { SharedKind } from '../block.js';

export const AES_BYTES = 16;

/** Encrypts one block of 16 bytes. */
export function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  const schedule = unsafe.expandKeyLE(key);
  const words = [0, 4, 8, 12].map((at) => block[at] | (block[at + 1] << 8) | (block[at + 2] << 16) | (block[at + 3] << 24));
  const { s0, s1, s2, s3 } = unsafe.encrypt(schedule, words[0], words[1], words[2], words[3]);
  return Uint8Array.from([s0, s1, s2, s3].flatMap((word) => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24]));
}

/** Who uses the core: it has no state of its own. */
export class AesCore {
  private readonly users: (() => boolean)[] = [];
  private readonly yielders: (() => void)[] = [];

  /** For CCM and AAR. @param isBusy whether it has the core now */
  addUser(isBusy: () => boolean): void {
    this.users.push(isBusy);
  }

  /** For ECB. @param giveUp called when another begins */
  addYielder(giveUp: () => void): void {
    this.yielders.push(giveUp);
  }

  get isTaken(): boolean {
    return this.users.some((isBusy) => isBusy());
  }

  take(): void {
    for (const giveUp of this.yielders) giveUp();
  }
}

export const AES_CORE: SharedKind<AesCore> = { make: () => new AesCore() };

/** Root ticks of a time in microseconds, to the nearest. */
export function ticksOfMicroseconds(scheduler: Scheduler, microseconds: number): number {
  return Math.round((microseconds * scheduler.rootHz) / 1_000_000);
}
