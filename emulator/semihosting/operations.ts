/**
 * Numbers of the semihosting interface.
 * Source: Semihosting for AArch32 and AArch64, release 2.0, chapters "The semihosting operations" and
 * "Application exit codes"; error numbers as Linux and newlib both have them (errno.h).
 */
export const Operation = {
  SYS_OPEN: 0x01, SYS_CLOSE: 0x02, SYS_WRITEC: 0x03, SYS_WRITE0: 0x04, SYS_WRITE: 0x05, SYS_READ: 0x06, SYS_READC: 0x07,
  SYS_ISERROR: 0x08, SYS_ISTTY: 0x09, SYS_SEEK: 0x0a, SYS_FLEN: 0x0c, SYS_TMPNAM: 0x0d, SYS_REMOVE: 0x0e, SYS_RENAME: 0x0f,
  SYS_CLOCK: 0x10, SYS_TIME: 0x11, SYS_SYSTEM: 0x12, SYS_ERRNO: 0x13, SYS_GET_CMDLINE: 0x15, SYS_HEAPINFO: 0x16,
  SYS_EXIT: 0x18, SYS_EXIT_EXTENDED: 0x20, SYS_ELAPSED: 0x30, SYS_TICKFREQ: 0x31,
} as const;

export const Errno = {
  EPERM: 1, ENOENT: 2, EIO: 5, E2BIG: 7, EBADF: 9, EACCES: 13, EFAULT: 14, EEXIST: 17, ENOTDIR: 20, EISDIR: 21, EINVAL: 22,
  ENFILE: 23, EMFILE: 24, ENOTTY: 25, EFBIG: 27, ENOSPC: 28, ESPIPE: 29, EROFS: 30, ENAMETOOLONG: 36, ENOSYS: 38,
} as const;

/** The reason code that means a normal end; every other one is an error. */
export const ADP_Stopped_ApplicationExit = 0x20026;

/** Contents of `:semihosting-features`: the magic, then SH_EXT_EXIT_EXTENDED (bit 0) and SH_EXT_STDOUT_STDERR (bit 1). */
export const FEATURES: Uint8Array = Uint8Array.of(0x53, 0x48, 0x46, 0x42, 0b11);

/** What SYS_OPEN's mode 0..11 means in `fopen` terms; the `b` of odd modes changes nothing. */
export interface OpenMode {
  readonly read: boolean;
  readonly write: boolean;
  /** Starts from an empty file (`w`). */
  readonly truncate: boolean;
  /** Every write goes to the end (`a`). */
  readonly append: boolean;
}

/** @param mode 0..11: r, rb, r+, r+b, w, wb, w+, w+b, a, ab, a+, a+b */
export function openMode(mode: number): OpenMode {
  const family = mode >> 2;
  const plus = (mode & 2) !== 0;
  return { read: family === 0 || plus, write: family !== 0 || plus, truncate: family === 1, append: family === 2 };
}
