/**
 * The semihosting operations.
 * Source: Semihosting for AArch32 and AArch64, release 2.0. Where it leaves results open they are QEMU 7.2's, measured
 * with test/semihosting/probe; the differences are listed in docs/semihosting.md.
 * Not modelled: SYS_SYSTEM runs nothing, since a firmware must not command its host.
 */
import type { GuestFile, GuestFileState } from './guest-files.js';
import { FeatureFile, HostBackedFile, StandardInput, StandardOutput } from './guest-files.js';
import type { SemihostingGuest } from './guest.js';
import { MAXIMUM_STRING, MAXIMUM_TRANSFER, readBlock, readBytes, readTerminated, write32, writeBytes } from './guest.js';
import type { SemihostingHost } from './host.js';
import { HostFileError } from './host.js';
import { ADP_Stopped_ApplicationExit, Errno, Operation, openMode } from './operations.js';

/** `wait`: input may still come; nothing has happened yet, and the same call is to be made again later. */
export type SemihostingOutcome = { readonly result: number } | { readonly exit: number } | { readonly wait: true };

/** State between calls, for a snapshot: plain JSON. */
export interface SemihostingState {
  readonly errno: number;
  /** Handle 1 first; null where a handle is free. */
  readonly handles: readonly (GuestFileState | null)[];
}

/** What R0 holds after an operation that defines no result (SYS_WRITEC, SYS_WRITE0). */
const NO_RESULT = 0xdead_beef;
const FAILED = 0xffff_ffff;
const OPEN_FILES = 64;
const NANOSECONDS = 1_000_000_000;
/** TMPNAM's names; the identifier follows as two hexadecimal digits. */
const TEMPORARY_NAME = 'thumbelina-tmp-';

/** Ends an operation: the firmware sees -1 and, through SYS_ERRNO, `errno`. */
class Failure {
  constructor(readonly errno: number) {}
}

type Handler = (parameter: number, guest: SemihostingGuest) => SemihostingOutcome;

export class Semihosting {
  private errno = 0;
  /** Slot n holds handle n + 1: handle 0 does not exist. */
  private readonly handles: (GuestFile | undefined)[] = [];
  private readonly operations: ReadonlyMap<number, Handler>;

  constructor(private readonly host: SemihostingHost) {
    this.operations = new Map<number, Handler>([
      [Operation.SYS_OPEN, (p, guest) => this.open(p, guest)],
      [Operation.SYS_CLOSE, (p, guest) => this.close(p, guest)],
      [Operation.SYS_WRITEC, (p, guest) => this.writeCharacter(p, guest)],
      [Operation.SYS_WRITE0, (p, guest) => this.writeString(p, guest)],
      [Operation.SYS_WRITE, (p, guest) => this.write(p, guest)],
      [Operation.SYS_READ, (p, guest) => this.read(p, guest)],
      [Operation.SYS_READC, () => this.readCharacter()],
      [Operation.SYS_ISERROR, (p, guest) => ({ result: block(guest, p, 1)[0] >>> 31 })],
      [Operation.SYS_ISTTY, (p, guest) => this.isTerminal(p, guest)],
      [Operation.SYS_SEEK, (p, guest) => this.seek(p, guest)],
      [Operation.SYS_FLEN, (p, guest) => ({ result: this.file(block(guest, p, 1)[0]).length() })],
      [Operation.SYS_TMPNAM, (p, guest) => this.temporaryName(p, guest)],
      [Operation.SYS_REMOVE, (p, guest) => this.remove(p, guest)],
      [Operation.SYS_RENAME, (p, guest) => this.rename(p, guest)],
      [Operation.SYS_CLOCK, (_, guest) => ({ result: elapsed(guest, 100) })],
      [Operation.SYS_TIME, (_, guest) => ({ result: (this.host.epoch + elapsed(guest, 1)) >>> 0 })],
      [Operation.SYS_SYSTEM, () => this.system()],
      [Operation.SYS_ERRNO, () => ({ result: this.errno })],
      [Operation.SYS_GET_CMDLINE, (p, guest) => this.commandLine(p, guest)],
      [Operation.SYS_HEAPINFO, (p, guest) => this.heapInfo(p, guest)],
      [Operation.SYS_EXIT, (p) => ({ exit: p >>> 0 === ADP_Stopped_ApplicationExit ? 0 : 1 })],
      [Operation.SYS_EXIT_EXTENDED, (p, guest) => this.exitExtended(p, guest)],
      [Operation.SYS_ELAPSED, (p, guest) => this.elapsedTicks(p, guest)],
      [Operation.SYS_TICKFREQ, () => ({ result: NANOSECONDS })],
    ]);
  }

  /**
   * One `BKPT 0xAB`.
   * @param operation R0
   * @param parameter R1: usually the address of a parameter block
   * @returns what goes into R0 (unsigned), the exit status, or that the instruction is to be executed again
   */
  call(operation: number, parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const handler = this.operations.get(operation >>> 0);
    if (handler === undefined) {
      this.host.warn(`semihosting operation ${operation >>> 0}`, `semihosting operation 0x${(operation >>> 0).toString(16)} does not exist; it returns -1`);
      return this.failed(Errno.ENOSYS);
    }
    try {
      return handler(parameter >>> 0, guest);
    } catch (error) {
      if (error instanceof Failure || error instanceof HostFileError) return this.failed(error.errno);
      throw error;
    }
  }

  /** Closes every handle, as after a reset of the machine. */
  reset(): void {
    for (const file of this.handles) {
      try {
        file?.close();
      } catch (error) {
        if (!(error instanceof HostFileError)) throw error;
      }
    }
    this.handles.length = 0;
    this.errno = 0;
  }

  snapshot(): SemihostingState {
    return { errno: this.errno, handles: Array.from(this.handles, (file) => file?.state() ?? null) };
  }

  /** Opens again what was open; files keep their contents. @throws HostFileError when a file is gone or forbidden */
  restore(state: SemihostingState): void {
    this.reset();
    this.errno = state.errno;
    for (const handle of state.handles.slice(0, OPEN_FILES)) this.handles.push(handle === null ? undefined : this.reopen(handle));
  }

  private reopen(state: GuestFileState): GuestFile {
    if (state.kind === 'file') {
      const mode = openMode(state.mode ?? 0);
      const name = state.name ?? '';
      return new HostBackedFile(this.files().open(name, { ...mode, truncate: false }), name, state.mode ?? 0, mode.append, state.position);
    }
    return state.kind === 'features' ? new FeatureFile(state.position) : this.console(state.kind);
  }

  private failed(errno: number): SemihostingOutcome {
    this.errno = errno;
    return { result: FAILED };
  }

  private file(handle: number): GuestFile {
    const file = this.handles[handle - 1];
    if (file === undefined) throw new Failure(Errno.EBADF);
    return file;
  }

  private files(): NonNullable<SemihostingHost['files']> {
    if (this.host.files !== undefined) return this.host.files;
    this.host.warn('semihosting files', 'the firmware asks for host files but no folder is given to it: the call fails with EACCES');
    throw new Failure(Errno.EACCES);
  }

  private console(kind: 'stdin' | 'stdout' | 'stderr'): GuestFile {
    return kind === 'stdin' ? new StandardInput(this.host.stdin) : new StandardOutput(this.host[kind], kind);
  }

  // -- Files

  private open(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const [nameAddress, mode, length] = block(guest, parameter, 3) as [number, number, number];
    const bytes = readTerminated(guest, nameAddress);
    if (bytes === undefined) throw new Failure(Errno.EFAULT);
    if (mode >= 12) throw new Failure(Errno.EINVAL);
    const slot = this.freeSlot();
    this.handles[slot] = this.openNamed(text(bytes), mode, () => name(guest, nameAddress, length));
    return { result: slot + 1 };
  }

  private openNamed(special: string, mode: number, checkedName: () => string): GuestFile {
    if (special === ':tt') return this.console(mode < 4 ? 'stdin' : mode < 8 ? 'stdout' : 'stderr');
    if (special === ':semihosting-features') {
      if (mode > 1) throw new Failure(Errno.EACCES);
      return new FeatureFile();
    }
    const path = checkedName();
    const how = openMode(mode);
    return new HostBackedFile(this.files().open(path, how), path, mode, how.append);
  }

  private freeSlot(): number {
    const slot = this.handles.indexOf(undefined);
    if (slot >= 0) return slot;
    if (this.handles.length >= OPEN_FILES) throw new Failure(Errno.EMFILE);
    return this.handles.length;
  }

  private close(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const handle = block(guest, parameter, 1)[0];
    const file = this.file(handle);
    this.handles[handle - 1] = undefined;
    file.close();
    return { result: 0 };
  }

  private write(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const [handle, address, length] = block(guest, parameter, 3) as [number, number, number];
    return this.transfer(length, () => {
      const file = this.file(handle);
      const bytes = readBytes(guest, address, length);
      if (bytes === undefined) throw new Failure(Errno.EFAULT);
      return file.write(bytes);
    });
  }

  private read(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const [handle, address, length] = block(guest, parameter, 3) as [number, number, number];
    return this.transfer(length, () => {
      const file = this.file(handle);
      if (length === 0) return 0;
      if (!isRam(guest, address, length)) throw new Failure(Errno.EFAULT);
      const bytes = file.read(length);
      if (bytes === undefined) return undefined;
      if (!writeBytes(guest, address, bytes)) throw new Failure(Errno.EFAULT);
      return bytes.length;
    });
  }

  /** SYS_READ and SYS_WRITE answer with the bytes *not* transferred, all of them on an error; QEMU leaves errno alone. */
  private transfer(length: number, move: () => number | undefined): SemihostingOutcome {
    try {
      const moved = move();
      return moved === undefined ? { wait: true } : { result: (length - moved) >>> 0 };
    } catch (error) {
      if (error instanceof Failure || error instanceof HostFileError) return { result: length };
      throw error;
    }
  }

  private seek(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const [handle, position] = block(guest, parameter, 2) as [number, number];
    this.file(handle).seek(position);
    return { result: 0 };
  }

  private isTerminal(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    if (this.file(block(guest, parameter, 1)[0]).isTerminal()) return { result: 1 };
    this.errno = Errno.ENOTTY;
    return { result: 0 };
  }

  private temporaryName(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const [address, identifier, length] = block(guest, parameter, 3) as [number, number, number];
    const bytes = new TextEncoder().encode(`${TEMPORARY_NAME}${(identifier & 0xff).toString(16).padStart(2, '0')}\0`);
    if (bytes.length > length) return { result: FAILED };
    if (!writeBytes(guest, address, bytes)) throw new Failure(Errno.EFAULT);
    return { result: 0 };
  }

  private remove(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const [address, length] = block(guest, parameter, 2) as [number, number];
    const path = name(guest, address, length);
    this.files().remove(path);
    return { result: 0 };
  }

  private rename(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const [from, fromLength, to, toLength] = block(guest, parameter, 4) as [number, number, number, number];
    const [before, after] = [name(guest, from, fromLength), name(guest, to, toLength)];
    this.files().rename(before, after);
    return { result: 0 };
  }

  // -- Console

  private writeCharacter(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const byte = guest.read8(parameter);
    if (byte !== undefined) this.host.stdout.write(Uint8Array.of(byte));
    return { result: NO_RESULT };
  }

  private writeString(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const bytes = readTerminated(guest, parameter);
    if (bytes === undefined) {
      this.errno = Errno.EFAULT;
      return { result: NO_RESULT };
    }
    if (bytes.length === MAXIMUM_STRING) this.host.warn('SYS_WRITE0 length', `SYS_WRITE0 text is cut at ${MAXIMUM_STRING} bytes`);
    if (bytes.length > 0) this.host.stdout.write(bytes);
    return { result: NO_RESULT };
  }

  private readCharacter(): SemihostingOutcome {
    const bytes = this.host.stdin.read(1);
    if (bytes === undefined) return { wait: true };
    return { result: bytes.length === 0 ? FAILED : bytes[0] };
  }

  // -- Environment

  private system(): SemihostingOutcome {
    this.host.warn('SYS_SYSTEM', 'SYS_SYSTEM is refused: a firmware runs no commands on its host; it returns -1');
    throw new Failure(Errno.EPERM);
  }

  private commandLine(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const [address, size] = block(guest, parameter, 2) as [number, number];
    const bytes = new TextEncoder().encode(`${this.host.commandLine}\0`);
    if (bytes.length > size) throw new Failure(Errno.E2BIG);
    if (!write32(guest, parameter + 4, bytes.length - 1) || !writeBytes(guest, address, bytes)) throw new Failure(Errno.EFAULT);
    return { result: 0 };
  }

  /** Four words: heap base, heap limit, stack base, stack limit; 0 tells the firmware to use its own linker's values. */
  private heapInfo(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const address = block(guest, parameter, 1)[0];
    const { base, limit } = guest.heap?.() ?? { base: 0, limit: 0 };
    const areStored = [base, limit, limit, base].map((word, i) => write32(guest, address + 4 * i, word));
    if (areStored.includes(false)) throw new Failure(Errno.EFAULT);
    return { result: 0 };
  }

  private exitExtended(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const [reason, status] = block(guest, parameter, 2) as [number, number];
    return { exit: reason === ADP_Stopped_ApplicationExit ? status : 1 };
  }

  private elapsedTicks(parameter: number, guest: SemihostingGuest): SemihostingOutcome {
    const nanoseconds = elapsedExactly(guest, NANOSECONDS);
    const isLowStored = write32(guest, parameter, Number(nanoseconds & 0xffff_ffffn));
    if (!write32(guest, parameter + 4, Number(nanoseconds >> 32n)) || !isLowStored) throw new Failure(Errno.EFAULT);
    return { result: 0 };
  }
}

function block(guest: SemihostingGuest, address: number, words: number): number[] {
  const values = readBlock(guest, address, words);
  if (values === undefined) throw new Failure(Errno.EFAULT);
  return values;
}

/** A name whose length the firmware states: the byte after it must be the NUL. */
function name(guest: SemihostingGuest, address: number, length: number): string {
  if (length >= MAXIMUM_STRING) throw new Failure(Errno.ENAMETOOLONG);
  const terminator = guest.read8((address + length) >>> 0);
  if (terminator === undefined) throw new Failure(Errno.EFAULT);
  if (terminator !== 0) throw new Failure(Errno.EINVAL);
  const bytes = readTerminated(guest, address);
  if (bytes === undefined) throw new Failure(Errno.EFAULT);
  return text(bytes);
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Tests both ends: memories of a microcontroller are larger than any gap a transfer could straddle unnoticed. */
function isRam(guest: SemihostingGuest, address: number, length: number): boolean {
  if (length > MAXIMUM_TRANSFER || address + length > 0x1_0000_0000) return false;
  return [address, address + length - 1].every((end) => {
    const byte = guest.read8(end);
    return byte !== undefined && guest.write8(end, byte);
  });
}

/** Virtual time since reset in units of 1/`perSecond` seconds, whole units passed. */
function elapsedExactly(guest: SemihostingGuest, perSecond: number): bigint {
  return (BigInt(guest.now()) * BigInt(perSecond)) / BigInt(guest.rootHz);
}

function elapsed(guest: SemihostingGuest, perSecond: number): number {
  return Number(BigInt.asUintN(32, elapsedExactly(guest, perSecond)));
}
