/**
 * The folder a firmware may use through semihosting. Names are the firmware's and untrusted: every one is resolved with
 * its symbolic links and refused when it leaves the folder. Special files and directories are not opened, and no file
 * grows past `MAXIMUM_FILE_BYTES`.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, renameSync, unlinkSync, writeSync, ftruncateSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { HostFiles, OpenHostFile } from '../../semihosting/host.js';
import { HostFileError } from '../../semihosting/host.js';
import type { OpenMode } from '../../semihosting/operations.js';
import { Errno } from '../../semihosting/operations.js';

const MAXIMUM_FILE_BYTES = 1 << 30;
const MAXIMUM_NAME = 4096;

export class SandboxedFolder implements HostFiles {
  private readonly root: string;

  /**
   * @param folder must exist
   * @param warn told of each name that is refused; the key makes it once per name
   * @throws Error when there is no such folder
   */
  constructor(folder: string, private readonly warn: (key: string, text: string) => void) {
    this.root = realpathSync(folder);
    if (!lstatSync(this.root).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
  }

  open(name: string, mode: OpenMode): OpenHostFile {
    const path = this.resolve(name);
    return translateErrors(() => {
      refuseSpecialFile(path);
      const fd = openSync(path, openFlags(mode), 0o644);
      try {
        if (!fstatSync(fd).isFile()) throw new HostFileError(Errno.EISDIR, `${name} is not a file`);
        if (mode.truncate) ftruncateSync(fd, 0);
        return new SandboxedFile(fd);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
    });
  }

  remove(name: string): void {
    const path = this.resolve(name, 'link itself');
    translateErrors(() => unlinkSync(path));
  }

  rename(from: string, to: string): void {
    const [before, after] = [this.resolve(from, 'link itself'), this.resolve(to, 'link itself')];
    translateErrors(() => renameSync(before, after));
  }

  /**
   * The real path of a name inside the folder. The last component need not exist; when it is a link it is followed,
   * unless the link itself is meant.
   */
  private resolve(name: string, last: 'target' | 'link itself' = 'target'): string {
    if (name === '') throw new HostFileError(Errno.ENOENT, 'empty name');
    if (name.length > MAXIMUM_NAME) throw new HostFileError(Errno.ENAMETOOLONG, 'name too long');
    if (!isRelative(name)) throw this.refusal(name);
    return translateErrors(() => {
      const joined = join(this.root, name);
      if (joined === this.root) throw new HostFileError(Errno.EISDIR, `${name} is the folder itself`);
      if (leavesUpwards(name)) throw this.refusal(name);
      // `a/../b` is taken one component at a time by realpath, so a link named `a` cannot hide behind a textual shortcut.
      const parent = realpathSync.native(this.root + sep + dirname(name));
      if (parent !== this.root && !this.contains(parent)) throw this.refusal(name);
      if (['.', '..'].includes(basename(name))) throw new HostFileError(Errno.EISDIR, `${name} is a folder`);
      const path = join(parent, basename(name));
      const real = last === 'target' ? followLink(path) : path;
      if (!this.contains(real)) throw this.refusal(name);
      return real;
    });
  }

  private contains(path: string): boolean {
    return path.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep);
  }

  private refusal(name: string): HostFileError {
    this.warn(`semihosting path ${name}`, `the firmware may not use the file ${JSON.stringify(name)}: it lies outside the folder given with --semihosting`);
    return new HostFileError(Errno.EACCES, `${name} is outside the folder`);
  }
}

/** Backslashes and drive letters are refused everywhere, so that a run does not depend on the host's system. */
function isRelative(name: string): boolean {
  return !/^\/|\\|^[A-Za-z]:|\0/.test(name);
}

/** Does some prefix of the name climb above where it started, even if a later part comes back? */
function leavesUpwards(name: string): boolean {
  let depth = 0;
  for (const part of name.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** A dangling link is refused by name: creating its target could create a file elsewhere. */
function followLink(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? realpathSync.native(path) : path;
}

/** Opening a FIFO or a device can block or act; a file is the only thing that is opened. */
function refuseSpecialFile(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile()) return;
  throw new HostFileError(stat.isDirectory() ? Errno.EISDIR : Errno.EACCES, `${path} is not a file`);
}

/** Truncation waits until the opened thing is known to be a file; O_NOFOLLOW closes the gap since the links were read. */
function openFlags(mode: OpenMode): number {
  const access = mode.read && mode.write ? constants.O_RDWR : mode.write ? constants.O_WRONLY : constants.O_RDONLY;
  const create = mode.truncate || mode.append ? constants.O_CREAT : 0;
  return access | create | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
}

class SandboxedFile implements OpenHostFile {
  constructor(private readonly fd: number) {}

  read(position: number, maximum: number): Uint8Array {
    return translateErrors(() => {
      const there = Math.max(0, this.length() - position);
      const bytes = new Uint8Array(Math.min(maximum, there));
      let done = 0;
      while (done < bytes.length) {
        const got = readSync(this.fd, bytes, done, bytes.length - done, position + done);
        if (got === 0) break;
        done += got;
      }
      // A file opened only for writing must fail even where there is nothing to read.
      if (bytes.length === 0) readSync(this.fd, new Uint8Array(1), 0, 1, position);
      return bytes.subarray(0, done);
    });
  }

  write(position: number, bytes: Uint8Array): number {
    if (position + bytes.length > MAXIMUM_FILE_BYTES) throw new HostFileError(Errno.EFBIG, `a file may hold ${MAXIMUM_FILE_BYTES} bytes`);
    return translateErrors(() => {
      let done = 0;
      while (done < bytes.length) done += writeSync(this.fd, bytes, done, bytes.length - done, position + done);
      return done;
    });
  }

  length(): number {
    return translateErrors(() => fstatSync(this.fd).size);
  }

  close(): void {
    translateErrors(() => closeSync(this.fd));
  }
}

/** Node names errors; the firmware gets numbers. What has no number here is EIO. */
function translateErrors<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (error instanceof HostFileError || typeof code !== 'string') throw error;
    // O_NOFOLLOW met a link that was not there a moment ago.
    const errno = code === 'ELOOP' ? Errno.EACCES : (Errno as Record<string, number>)[code];
    throw new HostFileError(errno ?? Errno.EIO, code);
  }
}
