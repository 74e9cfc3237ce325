/** `CoreMemory` over a bus and an MPU, for exception handling. */
import { CFSR, Exception, GuestFault } from '../fault.js';
import type { CoreMemory } from './core-memory.js';
import type { Mpu } from './mpu.js';
import { isPpb } from './memory-map.js';

/** The bus below the MPU. Errors are thrown as `BusError`. */
export interface WordBus {
  read32(address: number): number;
  write32(address: number, value: number): void;
}

export class CheckedMemory implements CoreMemory {
  constructor(private readonly bus: WordBus, private readonly mpu: Mpu) {}

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
