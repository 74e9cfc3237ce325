import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SandboxedFolder } from '../../emulator/host/node/sandboxed-folder.js';
import { HostFileError } from '../../emulator/semihosting/host.js';
import { Errno, openMode } from '../../emulator/semihosting/operations.js';

let outer: string;
let box: string;
let folder: SandboxedFolder;
let warnings: string[];

beforeEach(() => {
  outer = realpathSync(mkdtempSync(join(tmpdir(), 'thumbelina-box-')));
  box = join(outer, 'box');
  mkdirSync(join(box, 'sub'), { recursive: true });
  writeFileSync(join(outer, 'secret'), 'secret');
  writeFileSync(join(box, 'file'), 'inside');
  writeFileSync(join(box, 'sub', 'file'), 'deeper');
  symlinkSync('../secret', join(box, 'to-secret'));
  symlinkSync('..', join(box, 'to-outer'));
  symlinkSync('sub', join(box, 'to-sub'));
  symlinkSync('../created', join(box, 'dangling'));
  warnings = [];
  folder = new SandboxedFolder(box, (_, text) => warnings.push(text));
});
afterEach(() => rmSync(outer, { recursive: true, force: true }));

const READ = openMode(0);
const WRITE = openMode(4);

const read = (name: string): string => {
  const file = folder.open(name, READ);
  try {
    return Buffer.from(file.read(0, 100)).toString();
  } finally {
    file.close();
  }
};
const errnoOf = (action: () => unknown): number | undefined => {
  try {
    action();
  } catch (error) {
    if (error instanceof HostFileError) return error.errno;
    throw error;
  }
  return undefined;
};

describe('names inside the folder', () => {
  it.each([
    ['file', 'inside'], ['./file', 'inside'], ['sub/file', 'deeper'], ['sub/../file', 'inside'], ['sub//./file', 'deeper'], ['to-sub/file', 'deeper'],
    // Out by a link and back in: what counts is where a name ends.
    ['to-outer/box/file', 'inside'],
  ])('%s is read', (name, content) => {
    expect(read(name)).toBe(content);
  });
});

describe('names outside the folder', () => {
  it.each([
    '../secret', 'sub/../../secret', '../box/file', '/etc/passwd', 'to-secret', 'to-outer/secret', '..\\secret', 'C:\\secret', 'C:secret',
  ])('%s is refused with EACCES and a warning', (name) => {
    expect(errnoOf(() => folder.open(name, READ))).toBe(Errno.EACCES);
    expect(warnings).toHaveLength(1);
  });

  it('are neither truncated, created, removed nor renamed', () => {
    for (const name of ['to-secret', 'to-outer/secret', 'dangling', 'to-outer/created', '../created']) errnoOf(() => folder.open(name, WRITE));
    expect(errnoOf(() => folder.remove('to-outer/secret'))).toBe(Errno.EACCES);
    expect(errnoOf(() => folder.rename('file', '../stolen'))).toBe(Errno.EACCES);
    expect(errnoOf(() => folder.rename('../secret', 'stolen'))).toBe(Errno.EACCES);
    expect(readFileSync(join(outer, 'secret'), 'utf8')).toBe('secret');
    expect(existsSync(join(outer, 'created'))).toBe(false);
  });

  it('cannot be reached by any name at all', () => {
    const part = fc.constantFrom('..', '.', '', 'sub', 'file', 'secret', 'box', 'to-outer', 'to-secret', 'to-sub', 'dangling', 'created', 'etc');
    const name = fc.tuple(fc.constantFrom('', '/', './', '../'), fc.array(part, { minLength: 1, maxLength: 7 })).map(([start, parts]) => start + parts.join('/'));
    fc.assert(fc.property(name, (path) => {
      for (const mode of [READ, openMode(8)]) {
        const errno = errnoOf(() => folder.open(path, mode).close());
        if (errno === undefined && mode === READ) expect(['inside', 'deeper', '']).toContain(read(path));
      }
      expect(readFileSync(join(outer, 'secret'), 'utf8')).toBe('secret');
      expect(existsSync(join(outer, 'created'))).toBe(false);
    }), { numRuns: 300 });
  });

  it('arbitrary text never crashes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (path) => {
      errnoOf(() => folder.open(path, READ).close());
    }), { numRuns: 300 });
  });
});

describe('what is not a file', () => {
  it('is a folder: EISDIR', () => {
    for (const name of ['.', 'sub', 'to-sub', 'sub/..', './']) expect(errnoOf(() => folder.open(name, READ)), name).toBe(Errno.EISDIR);
  });

  it('is a FIFO: EACCES, without waiting for its other end', () => {
    execFileSync('mkfifo', [join(box, 'pipe')]);
    expect(errnoOf(() => folder.open('pipe', READ))).toBe(Errno.EACCES);
  });

  it('is missing: ENOENT', () => {
    expect(errnoOf(() => folder.open('missing', READ))).toBe(Errno.ENOENT);
    expect(errnoOf(() => folder.open('missing/file', WRITE))).toBe(Errno.ENOENT);
    expect(errnoOf(() => folder.open('', READ))).toBe(Errno.ENOENT);
  });
});

describe('an open file', () => {
  it('reads and writes where it is told', () => {
    const file = folder.open('new', openMode(6));
    expect(file.write(2, Buffer.from('abc'))).toBe(3);
    expect(Buffer.from(file.read(0, 10)).toString()).toBe('\0\0abc');
    expect([file.length(), file.read(5, 10).length, file.read(1000, 10).length]).toEqual([5, 0, 0]);
    file.close();
    expect(readFileSync(join(box, 'new'), 'latin1')).toBe('\0\0abc');
  });

  it('keeps to its mode', () => {
    expect(errnoOf(() => folder.open('file', READ).write(0, Buffer.from('x')))).toBe(Errno.EBADF);
    expect(errnoOf(() => folder.open('file', WRITE).read(0, 1))).toBe(Errno.EBADF);
  });

  it('does not grow past 1 GiB', () => {
    const file = folder.open('big', WRITE);
    expect(errnoOf(() => file.write(2 ** 30 - 1, Buffer.from('ab')))).toBe(Errno.EFBIG);
    expect(file.length()).toBe(0);
    file.close();
  });
});
