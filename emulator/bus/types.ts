/** The seams between cores, memories and devices. */
export type AccessBytes = 1 | 2 | 4;

/** Something mapped at an address range. Offsets count from the start of its range. */
export interface BusDevice {
  /** A guest read, with side effects. Returns an unsigned value of `bytes` bytes. @throws BusError */
  read(offset: number, bytes: AccessBytes): number;
  /** A guest write, with side effects. @throws BusError */
  write(offset: number, value: number, bytes: AccessBytes): void;
  /** What a debugger sees: no side effects, never throws. */
  peek(offset: number, bytes: AccessBytes): number;
  /** What a debugger changes: no side effects, never throws. */
  poke(offset: number, value: number, bytes: AccessBytes): void;
  /** Who takes the reads, or the writes, of a device that only passes them on: asked for once, when it is mapped. */
  readonly readsFrom?: BusDevice;
  readonly writesTo?: BusDevice;
}

/** The transaction ended with an error response: the core turns it into its bus fault. */
export class BusError extends Error {
  constructor(readonly address: number, readonly reason: string) {
    super(`bus error at 0x${(address >>> 0).toString(16).padStart(8, '0')}: ${reason}`);
  }
}

/** State that survives in a snapshot: plain JSON values and byte arrays. */
export type Snapshot = { readonly [key: string]: SnapshotValue };
export type SnapshotValue =
  | number | string | boolean | null | Uint8Array | readonly SnapshotValue[] | { readonly [key: string]: SnapshotValue };

/**
 * What resets a chip. `power-on`: supply applied. `system`: the core asked (AIRCR.SYSRESETREQ). `pin`: the reset pin.
 * `watchdog`, `lockup`, `brown-out`: by the chip's own guards. `wake-up`: the end of a state in which the core had lost its own.
 */
export type ResetKind = 'power-on' | 'system' | 'pin' | 'watchdog' | 'lockup' | 'brown-out' | 'wake-up';

/** A part of the machine with state: devices, cores, sensors, links. */
export interface Stateful {
  /** As after a reset of that kind; a part that does not look at the kind is the same after each. */
  reset(kind?: ResetKind): void;
  snapshot(): Snapshot;
  /** @throws Error when the snapshot is not of this kind of part */
  restore(from: Snapshot): void;
}

export interface Peripheral extends BusDevice, Stateful {}

/** One wire that carries a level: an interrupt request, a pin, an enable. */
export interface Line {
  readonly level: boolean;
  set(level: boolean): void;
}

/** Says once what the model does not do; the machine adds the firmware's address and removes repetitions. */
export interface Warnings {
  /** @param key identity for "once"; @param text names peripheral and register, no address */
  warn(key: string, text: string): void;
}
