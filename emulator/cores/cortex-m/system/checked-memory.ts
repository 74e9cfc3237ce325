/** `CoreMemory` over a bus and an MPU, for exception handling. */
import { CFSR, Exception, GuestFault } from '../fault.js';
import type { CoreMemory } from './core-memory.js';
import type { Mpu } from './mpu.js';
import { isPpb } from './memory-map.js';

/** The bus below the MPU. Errors are thrown as `BusError`. */
export interface WordBus {
  read32(address: number): number;
  write32(address: number, value: number): void;
  /** The memory below, and where words lie in it; see `CoreMemory.wordsAt`, without the rights. */
  readonly view?: Int32Array;
  wordsAt?(address: number, bytes: number, isWrite: boolean): number;
}

const NO_MEMORY = new Int32Array(0);
/** No grain of rights is smaller. */
const GRAIN = 32;

export class CheckedMemory implements CoreMemory {
  constructor(private readonly bus: WordBus, private readonly mpu: Mpu) {}

  get view(): Int32Array {
    return this.bus.view ?? NO_MEMORY;
  }

  wordsAt(address: number, bytes: number, access: 'read' | 'write', privileged: boolean): number {
    const { bus, mpu } = this;
    if (bus.wordsAt === undefined || (mpu.isEnabled && !this.mayAccess(address, bytes, access, privileged))) return -1;
    return bus.wordsAt(address, bytes, access === 'write');
  }

  /** All of a range, of which the first and the last word and one of each grain between them are asked for. */
  private mayAccess(address: number, bytes: number, access: 'read' | 'write', privileged: boolean): boolean {
    const last = bytes - 4;
    for (let at = 0; at < last; at += GRAIN) if (!this.mpu.allows(address + at, access, privileged)) return false;
    return this.mpu.allows(address + last, access, privileged);
  }

  load32(address: number, privileged: boolean): number {
    this.check(address, 'read', privileged);
    return this.bus.read32(address >>> 0);
  }

  store32(address: number, value: number, privileged: boolean): void {
    this.check(address, 'write', privileged);
    this.bus.write32(address >>> 0, value >>> 0);
  }

  loadVector(address: number): number {
    return this.bus.read32(address >>> 0);
  }

  /** The PPB looks at the running code's privilege; an access on behalf of unprivileged code is refused here. */
  private check(address: number, access: 'read' | 'write', privileged: boolean): void {
    const fault = this.mpu.check(address, access, privileged);
    if (fault !== undefined) throw fault;
    if (!privileged && isPpb(address)) {
      throw new GuestFault(Exception.BusFault, CFSR.PRECISERR, address >>> 0, 'unprivileged access to the Private Peripheral Bus');
    }
  }
}
