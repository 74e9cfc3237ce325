/**
 * Registers of a part behind an I2C address: the first byte written chooses one, the others and all reads go to it and
 * the ones after it. What an access means is in the part's register map and its handlers.
 */
import type { Snapshot, Stateful, Warnings } from '../bus/types.js';
import { RegisterBlock, type BlockOptions, type MapSpec, type RegisterMap, type RegisterSpec } from '../peripherals/registers/index.js';
import type { I2cTarget } from '../wires/i2c-bus.js';

const USUAL_SIZE = 256;

export interface RegisterFileOptions<S extends MapSpec> {
  /** For messages. */
  readonly instance: string;
  readonly warnings: Warnings;
  readonly onRead?: BlockOptions<S>['onRead'];
  readonly onWrite?: BlockOptions<S>['onWrite'];
  /** Before the first access of each transaction: the part brings its registers up to now, and they stay so to its end. */
  readonly onStart?: () => void;
  /** After the byte at that offset was read: whatever a read changes is changed here, not in `onRead`. */
  readonly onByteRead?: (offset: number) => void;
  /** A write has chosen that register, whether data follow or not: some registers act when they are addressed. */
  readonly onAddressed?: (offset: number) => void;
  /** The register address and whether later bytes go to later registers, of the first byte; default all eight bits, and yes. */
  readonly choose?: (byte: number) => { readonly offset: number; readonly increments: boolean };
  /** How many registers there are, where banks make them more than 256. */
  readonly size?: number;
  /** Bytes written alternate: a register's number, its value. */
  readonly writesPairs?: boolean;
  /** The register after this one; default one up. */
  readonly next?: (offset: number) => number;
}

/** As STMicroelectronics' parts have it: seven bits of address, and bit 7 asks for the increment. */
export function incrementByBit7(byte: number): { readonly offset: number; readonly increments: boolean } {
  return { offset: byte & 0x7f, increments: (byte & 0x80) !== 0 };
}

export class RegisterFile<S extends MapSpec> implements I2cTarget, Stateful {
  readonly registers: RegisterBlock<S>;
  private offset = 0;
  private increments = true;
  private isChoosing = false;
  private isChosen = false;
  private readonly size: number;

  constructor(map: RegisterMap<S>, private readonly options: RegisterFileOptions<S>) {
    const { instance, warnings, onRead, onWrite } = options;
    // What has no effect is still read back, as firmware that checks its settings expects.
    const policy = { unmodelled: 'store' } as const;
    this.size = options.size ?? USUAL_SIZE;
    this.registers = new RegisterBlock(map, { instance, size: this.size, warnings, policy, ...(onRead ? { onRead } : {}), ...(onWrite ? { onWrite } : {}) });
  }

  start(read: boolean): boolean {
    this.isChoosing = !read;
    this.options.onStart?.();
    return true;
  }

  write(byte: number): boolean {
    if (this.isChoosing) {
      const chosen = this.options.choose?.(byte) ?? { offset: byte, increments: true };
      this.offset = chosen.offset;
      this.increments = chosen.increments;
      this.isChoosing = false;
      this.isChosen = true;
      this.options.onAddressed?.(this.offset);
    } else {
      this.registers.write(this.offset, byte, 1);
      if (this.options.writesPairs === true) this.isChoosing = true;
      else this.advance();
    }
    return true;
  }

  read(): number {
    const byte = this.fetch();
    this.afterRead();
    return byte;
  }

  /** The byte to send next; what a read does happens in `afterRead`, since on SPI nobody may take it. */
  fetch(): number {
    // Before a register was chosen, firmware only asks whether somebody is there, as bus scanners do. Where there is no register,
    // a warning waits until somebody takes the byte.
    return this.isChosen && this.registers.declares(this.offset) ? this.registers.read(this.offset, 1) : this.registers.peek(this.offset, 1);
  }

  /** The byte that was fetched has gone out. */
  afterRead(): void {
    const { offset } = this;
    if (this.isChosen && !this.registers.declares(offset)) this.registers.read(offset, 1);
    this.advance();
    this.options.onByteRead?.(offset);
  }

  /** On SPI, where the first byte has more to say than on I2C. */
  begin(offset: number, increments: boolean): void {
    this.options.onStart?.();
    this.offset = offset % this.size;
    this.increments = increments;
    this.isChoosing = false;
    this.isChosen = true;
  }

  stop(): void {
    this.isChoosing = false;
  }

  reset(): void {
    this.registers.reset();
    this.offset = 0;
    this.increments = true;
    this.isChoosing = false;
    this.isChosen = false;
  }

  snapshot(): Snapshot {
    const { offset, increments, isChoosing, isChosen } = this;
    return { registers: this.registers.snapshot(), offset, increments, isChoosing, isChosen };
  }

  restore(from: Snapshot): void {
    const { offset, increments, isChoosing, isChosen } = from;
    if (!Number.isInteger(offset) || (offset as number) < 0 || (offset as number) >= this.size) throw new Error(`the snapshot is not of ${this.options.instance}`);
    this.registers.restore(from['registers'] as Snapshot);
    this.offset = offset as number;
    this.increments = increments === true;
    this.isChoosing = isChoosing === true;
    this.isChosen = isChosen === true;
  }

  private advance(): void {
    if (this.increments) this.offset = (this.options.next?.(this.offset) ?? this.offset + 1) % this.size;
  }
}

/** A register of eight bits. */
export function byte<const E extends Omit<RegisterSpec, 'at' | 'width'> = object>(at: number, rest?: E): { readonly at: number; readonly width: 8 } & E {
  return { at, width: 8, ...(rest as E) };
}

/** A read-only one. */
export function status<const E extends Omit<RegisterSpec, 'at' | 'width' | 'kind'> = object>(at: number, rest?: E): { readonly at: number; readonly width: 8; readonly kind: 'ro' } & E {
  return { at, width: 8, kind: 'ro', ...(rest as E) };
}

/** One that the model stores and gives no effect. */
export function without(at: number, reset = 0): { readonly at: number; readonly width: 8; readonly unmodelled: true; readonly reset: number } {
  return { at, width: 8, unmodelled: true, reset };
}

/** Which of some pairs of output registers firmware has read by half: block data update keeps the rest of the pair. */
export class HalfReads implements Stateful {
  private halves = 0;

  /** @param first offset of the first pair's low byte */
  constructor(private readonly first: number, private readonly pairs: number) {}

  get isHalfRead(): boolean { return this.halves !== 0; }

  note(offset: number): void {
    const position = offset - this.first;
    if (position < 0 || position >= 2 * this.pairs) return;
    this.halves ^= 1 << (position >> 1);
  }

  reset(): void { this.halves = 0; }
  snapshot(): Snapshot { return { halves: this.halves }; }
  restore({ halves }: Snapshot): void { this.halves = Number.isInteger(halves) ? (halves as number) : 0; }
}

/** A number as int16: what it is beyond stays at the end of the scale. */
export function int16(value: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, Math.round(value)));
}

/** Bytes of a little-endian register pair or triple. */
export function setBytes(registers: readonly Uint32Array[], value: number): void {
  registers.forEach((register, index) => { register[0] = (value >> (8 * index)) & 0xff; });
}
