/**
 * Results and error numbers are QEMU 7.2's, from `probe/` run on its mps2-an385 with standard streams as pipes, except
 * where a title says what the specification (Semihosting for AArch32 and AArch64, release 2.0) asks for instead.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Errno, Operation as Op } from '../../emulator/semihosting/operations.js';
import { FAILED, FilesInMemory, firmware, NOWHERE, RAM, RAM_BYTES } from './fake-guest.js';

describe('SYS_OPEN', () => {
  it.each([
    ['r', 0, 'stdin'], ['rb', 1, 'stdin'], ['r+', 2, 'stdin'], ['r+b', 3, 'stdin'],
    ['w', 4, 'stdout'], ['w+b', 7, 'stdout'], ['a', 8, 'stderr'], ['a+b', 11, 'stderr'],
  ])(':tt in mode %s (%i) is %s', (_, mode, stream) => {
    const guest = firmware({ stdin: 'x' });
    const handle = guest.open(':tt', mode);
    const untransferred = guest.call(stream === 'stdin' ? Op.SYS_READ : Op.SYS_WRITE, handle, guest.text('x'), 1);
    expect(untransferred).toBe(0);
    expect(guest.written).toEqual({ stdout: stream === 'stdout' ? 'x' : '', stderr: stream === 'stderr' ? 'x' : '' });
  });

  it('gives the lowest free handle, from 1', () => {
    const guest = firmware();
    expect([guest.open(':tt', 0), guest.open(':tt', 4), guest.open(':tt', 8)]).toEqual([1, 2, 3]);
    guest.call(Op.SYS_CLOSE, 2);
    expect([guest.open(':tt', 4), guest.open(':tt', 4)]).toEqual([2, 4]);
  });

  it.each([
    //                                    name            mode  length       errno
    ['refuses mode 12',                   ':tt',            12, 3,           Errno.EINVAL],
    ['refuses to write the features',     ':semihosting-features', 4, 21,    Errno.EACCES],
    ['does not find a missing file',      'missing.txt',     0, 11,          Errno.ENOENT],
    ['refuses a length short of the NUL', 'missing.txt',     0, 3,           Errno.EINVAL],
    ['refuses an endless length',         'missing.txt',     0, 0x7fff_ffff, Errno.ENAMETOOLONG],
  ])('%s', (_, name, mode, length, errno) => {
    const guest = firmware();
    expect(guest.call(Op.SYS_OPEN, guest.text(name), mode, length)).toBe(FAILED);
    expect(guest.errno()).toBe(errno);
  });

  it.each([
    ['name', (guest: ReturnType<typeof firmware>) => guest.words(NOWHERE, 0, 3)],
    ['parameter block', () => NOWHERE],
  ])('fails with EFAULT when the %s is not in memory', (_, parameter) => {
    const guest = firmware();
    expect(guest.outcome(Op.SYS_OPEN, parameter(guest))).toEqual({ result: FAILED });
    expect(guest.errno()).toBe(Errno.EFAULT);
  });

  it('takes :tt whatever its stated length', () => {
    const guest = firmware();
    expect(guest.call(Op.SYS_OPEN, guest.text(':tt'), 4, 99)).toBe(1);
  });

  it('fails with EMFILE when 64 files are open', () => {
    const guest = firmware();
    for (let i = 0; i < 64; i++) expect(guest.open(':tt', 4)).toBe(i + 1);
    expect(guest.open(':tt', 4)).toBe(FAILED);
    expect(guest.errno()).toBe(Errno.EMFILE);
  });

  it('fails with EACCES and one warning where the firmware gets no files', () => {
    const guest = firmware({ files: undefined });
    expect(guest.open('a.txt', 4)).toBe(FAILED);
    expect(guest.errno()).toBe(Errno.EACCES);
    expect(guest.warnings).toHaveLength(1);
  });
});

describe(':semihosting-features', () => {
  it('holds SHFB and SH_EXT_EXIT_EXTENDED with SH_EXT_STDOUT_STDERR', () => {
    const guest = firmware();
    const handle = guest.open(':semihosting-features', 0);
    const buffer = guest.put(new Uint8Array(8));
    expect(guest.call(Op.SYS_FLEN, handle)).toBe(5);
    expect(guest.call(Op.SYS_READ, handle, buffer, 8)).toBe(3);
    expect(guest.string(buffer, 5)).toBe('SHFB\x03');
  });

  it('can be read in pieces, sought up to its end, and never written', () => {
    const guest = firmware();
    const handle = guest.open(':semihosting-features', 1);
    const buffer = guest.put(new Uint8Array(16));
    expect(guest.call(Op.SYS_READ, handle, buffer, 3)).toBe(0);
    expect(guest.call(Op.SYS_READ, handle, buffer, 10)).toBe(8);
    expect(guest.call(Op.SYS_READ, handle, buffer, 10)).toBe(10);
    expect(guest.call(Op.SYS_SEEK, handle, 5)).toBe(0);
    expect(guest.call(Op.SYS_SEEK, handle, 6)).toBe(FAILED);
    expect(guest.errno()).toBe(Errno.EINVAL);
    expect(guest.call(Op.SYS_WRITE, handle, buffer, 1)).toBe(1);
    expect(guest.call(Op.SYS_ISTTY, handle)).toBe(0);
  });
});

describe('handles that are not open', () => {
  it.each([
    ['SYS_CLOSE', Op.SYS_CLOSE], ['SYS_ISTTY', Op.SYS_ISTTY], ['SYS_FLEN', Op.SYS_FLEN], ['SYS_SEEK', Op.SYS_SEEK],
  ])('%s fails with EBADF', (_, operation) => {
    for (const handle of [0, 1, 77, FAILED]) {
      const guest = firmware();
      expect(guest.call(operation, handle, 0)).toBe(FAILED);
      expect(guest.errno()).toBe(Errno.EBADF);
    }
  });

  it('SYS_READ and SYS_WRITE transfer nothing', () => {
    const guest = firmware();
    const buffer = guest.text('text');
    expect(guest.call(Op.SYS_READ, 77, buffer, 4)).toBe(4);
    expect(guest.call(Op.SYS_WRITE, 77, buffer, 4)).toBe(4);
  });

  it('closes a handle once', () => {
    const guest = firmware();
    const handle = guest.open(':tt', 4);
    expect([guest.call(Op.SYS_CLOSE, handle), guest.call(Op.SYS_CLOSE, handle)]).toEqual([0, FAILED]);
  });
});

describe('SYS_READ and SYS_WRITE answer with the bytes not transferred', () => {
  it('reads what standard input has', () => {
    const guest = firmware({ stdin: 'abcdef' });
    const input = guest.open(':tt', 0);
    const buffer = guest.put(new Uint8Array(100));
    expect(guest.call(Op.SYS_READ, input, buffer, 3)).toBe(0);
    expect(guest.call(Op.SYS_READ, input, buffer + 3, 97)).toBe(94);
    expect(guest.string(buffer, 6)).toBe('abcdef');
    expect(guest.call(Op.SYS_READ, input, buffer, 100)).toBe(100);
  });

  it.each([
    ['writing to standard input', Op.SYS_WRITE, 0, RAM, 4],
    ['reading standard output', Op.SYS_READ, 4, RAM, 4],
    ['writing from no memory', Op.SYS_WRITE, 4, NOWHERE, 4],
    ['writing past the end of memory', Op.SYS_WRITE, 4, RAM + RAM_BYTES - 2, 4],
    ['writing 4 GiB', Op.SYS_WRITE, 4, RAM, FAILED],
    ['reading to no memory', Op.SYS_READ, 0, NOWHERE, 2],
    ['reading past the end of memory', Op.SYS_READ, 0, RAM + RAM_BYTES - 2, 4],
    ['reading 4 GiB', Op.SYS_READ, 0, RAM, FAILED],
  ])('%s transfers nothing', (_, operation, mode, address, length) => {
    const guest = firmware({ stdin: 'abcdef' });
    expect(guest.call(operation, guest.open(':tt', mode), address, length)).toBe(length);
    expect(guest.written.stdout).toBe('');
  });

  it('waits, with nothing done, while console input may still come', () => {
    const guest = firmware({ inputMayCome: true });
    const parameter = guest.words(guest.open(':tt', 0), RAM, 4);
    expect(guest.outcome(Op.SYS_READ, parameter)).toEqual({ wait: true });
    expect(guest.outcome(Op.SYS_READC, 0)).toEqual({ wait: true });
  });
});

describe('files', () => {
  it('are written, measured, sought and read', () => {
    const guest = firmware();
    const file = guest.open('probe.txt', 6);
    const buffer = guest.put(new Uint8Array(8));
    expect(guest.call(Op.SYS_WRITE, file, guest.text('0123456789'), 10)).toBe(0);
    expect(guest.call(Op.SYS_FLEN, file)).toBe(10);
    expect(guest.call(Op.SYS_READ, file, buffer, 4)).toBe(4);
    expect(guest.call(Op.SYS_SEEK, file, 8)).toBe(0);
    expect(guest.call(Op.SYS_READ, file, buffer, 4)).toBe(2);
    expect(guest.string(buffer, 2)).toBe('89');
    expect(guest.call(Op.SYS_SEEK, file, 100)).toBe(0);
    expect(guest.call(Op.SYS_READ, file, buffer, 4)).toBe(4);
    expect(guest.call(Op.SYS_ISTTY, file)).toBe(0);
    expect(guest.errno()).toBe(Errno.ENOTTY);
  });

  it('opened with mode a grow at their end wherever they are sought, as fopen has it (QEMU 7.2 overwrites)', () => {
    const files = new FilesInMemory();
    files.contents.set('log', [...Buffer.from('01')]);
    const guest = firmware({ files });
    const file = guest.open('log', 8);
    guest.call(Op.SYS_WRITE, file, guest.text('ab'), 2);
    guest.call(Op.SYS_SEEK, file, 0);
    guest.call(Op.SYS_WRITE, file, guest.text('cd'), 2);
    expect(Buffer.from(files.contents.get('log')!).toString()).toBe('01abcd');
    expect(guest.call(Op.SYS_READ, file, RAM, 2)).toBe(2);
  });

  it('are removed and renamed', () => {
    const files = new FilesInMemory();
    const guest = firmware({ files });
    guest.open('a.txt', 4);
    expect(guest.call(Op.SYS_RENAME, guest.text('a.txt'), 5, guest.text('b.txt'), 5)).toBe(0);
    expect([...files.contents.keys()]).toEqual(['b.txt']);
    expect(guest.call(Op.SYS_REMOVE, guest.text('b.txt'), 5)).toBe(0);
    expect(guest.call(Op.SYS_REMOVE, guest.text('b.txt'), 5)).toBe(FAILED);
    expect(guest.errno()).toBe(Errno.ENOENT);
    expect(guest.call(Op.SYS_REMOVE, guest.text('b.txt'), 2)).toBe(FAILED);
    expect(guest.errno()).toBe(Errno.EINVAL);
  });

  it('get temporary names that are always the same', () => {
    const guest = firmware();
    const buffer = guest.put(new Uint8Array(32));
    expect(guest.call(Op.SYS_TMPNAM, buffer, 0x1ab, 32)).toBe(0);
    expect(guest.string(buffer, 18)).toBe('thumbelina-tmp-ab\0');
    expect(guest.call(Op.SYS_TMPNAM, buffer, 1, 17)).toBe(FAILED);
  });
});

describe('the console', () => {
  it('writes a character and a string, and leaves 0xDEADBEEF in R0', () => {
    const guest = firmware();
    expect(guest.outcome(Op.SYS_WRITEC, guest.text('c'))).toEqual({ result: 0xdead_beef });
    expect(guest.outcome(Op.SYS_WRITE0, guest.text('zero\n'))).toEqual({ result: 0xdead_beef });
    expect(guest.written.stdout).toBe('czero\n');
  });

  it('writes nothing of a string that runs out of memory', () => {
    const guest = firmware();
    guest.ram.fill(0x41, RAM_BYTES - 100);
    guest.outcome(Op.SYS_WRITE0, RAM + RAM_BYTES - 100);
    expect(guest.written.stdout).toBe('');
    expect(guest.errno()).toBe(Errno.EFAULT);
  });

  it('reads characters, then -1 at the end of input', () => {
    const guest = firmware({ stdin: 'a\xff' });
    expect([guest.call(Op.SYS_READC), guest.call(Op.SYS_READC), guest.call(Op.SYS_READC)]).toEqual([0x61, 0xff, FAILED]);
  });

  it.each([[true, 1], [false, 0]])('is interactive: %s', (interactive, result) => {
    const guest = firmware({ interactive });
    expect(guest.call(Op.SYS_ISTTY, guest.open(':tt', 4))).toBe(result);
  });

  it('has no length and no position', () => {
    const guest = firmware();
    const handle = guest.open(':tt', 4);
    expect(guest.call(Op.SYS_FLEN, handle)).toBe(0);
    expect(guest.call(Op.SYS_SEEK, handle, 0)).toBe(FAILED);
    expect(guest.errno()).toBe(Errno.ESPIPE);
  });
});

describe('SYS_ISERROR', () => {
  it.each([[0, 0], [1, 0], [0x7fff_ffff, 0], [FAILED, 1], [0x8000_0000, 1]])('of %i is %i', (status, result) => {
    expect(firmware().call(Op.SYS_ISERROR, status)).toBe(result);
  });
});

describe('time is virtual', () => {
  it('counts centiseconds, seconds from the epoch, and nanoseconds', () => {
    const guest = firmware();
    guest.wait(12_345_678);                                 // of 1 MHz
    const block = guest.words(0, 0);
    expect(guest.call(Op.SYS_CLOCK)).toBe(1234);
    expect(guest.call(Op.SYS_TIME)).toBe(1_000_000_012);
    expect(guest.outcome(Op.SYS_ELAPSED, block)).toEqual({ result: 0 });
    expect(guest.word(block + 4) * 2 ** 32 + guest.word(block)).toBe(12_345_678_000);
    expect(guest.call(Op.SYS_TICKFREQ)).toBe(1_000_000_000);
  });

  it('fails with EFAULT when SYS_ELAPSED has nowhere to write, as the specification has it (QEMU 7.2 answers 0)', () => {
    const guest = firmware();
    expect(guest.outcome(Op.SYS_ELAPSED, NOWHERE)).toEqual({ result: FAILED });
    expect(guest.errno()).toBe(Errno.EFAULT);
  });
});

describe('SYS_GET_CMDLINE', () => {
  it('gives the command line and its length without the NUL', () => {
    const guest = firmware();
    const buffer = guest.put(new Uint8Array(32));
    const block = guest.words(buffer, 14);
    expect(guest.outcome(Op.SYS_GET_CMDLINE, block)).toEqual({ result: 0 });
    expect([guest.word(block), guest.word(block + 4), guest.string(buffer, 14)]).toEqual([buffer, 13, 'probe.elf one\0']);
  });

  it.each([0, 13])('fails with E2BIG in %i bytes, the block untouched', (size) => {
    const guest = firmware();
    const block = guest.words(RAM, size);
    expect(guest.outcome(Op.SYS_GET_CMDLINE, block)).toEqual({ result: FAILED });
    expect([guest.errno(), guest.word(block + 4)]).toEqual([Errno.E2BIG, size]);
  });
});

describe('SYS_HEAPINFO', () => {
  it('gives free RAM to a heap that grows up and a stack that grows down', () => {
    const guest = firmware();
    const block = guest.words(1, 2, 3, 4);
    expect(guest.call(Op.SYS_HEAPINFO, block)).toBe(0);
    expect([0, 4, 8, 12].map((at) => guest.word(block + at))).toEqual([RAM + 0x8000, RAM + 0xc000, RAM + 0xc000, RAM + 0x8000]);
  });

  it('gives zeros when the machine cannot tell: the firmware then uses its own linker script', () => {
    const guest = firmware();
    delete guest.guest.heap;
    const block = guest.words(1, 2, 3, 4);
    expect(guest.call(Op.SYS_HEAPINFO, block)).toBe(0);
    expect([0, 4, 8, 12].map((at) => guest.word(block + at))).toEqual([0, 0, 0, 0]);
  });
});

describe('the end', () => {
  it.each([
    ['ADP_Stopped_ApplicationExit', 0x20026, 0],
    ['ADP_Stopped_RunTimeErrorUnknown', 0x20023, 1],
    ['0', 0, 1],
  ])('SYS_EXIT with %s', (_, reason, exit) => {
    expect(firmware().outcome(Op.SYS_EXIT, reason)).toEqual({ exit });
  });

  it.each([
    ['the status of an application exit', 0x20026, 7, 7],
    ['1 for any other reason', 0x20023, 7, 1],
  ])('SYS_EXIT_EXTENDED ends with %s', (_, reason, status, exit) => {
    const guest = firmware();
    expect(guest.outcome(Op.SYS_EXIT_EXTENDED, guest.words(reason, status))).toEqual({ exit });
  });

  it('goes on with EFAULT when the block of SYS_EXIT_EXTENDED is not in memory', () => {
    const guest = firmware();
    expect(guest.outcome(Op.SYS_EXIT_EXTENDED, NOWHERE)).toEqual({ result: FAILED });
    expect(guest.errno()).toBe(Errno.EFAULT);
  });
});

describe('what is refused', () => {
  it('runs no host command', () => {
    const guest = firmware();
    expect(guest.call(Op.SYS_SYSTEM, guest.text('ls'), 2)).toBe(FAILED);
    expect([guest.errno(), guest.warnings.length]).toEqual([Errno.EPERM, 1]);
  });

  it('answers -1 to operations that do not exist (QEMU 7.2 aborts)', () => {
    const guest = firmware();
    expect(guest.call(0x14)).toBe(FAILED);
    expect(guest.warnings[0]).toContain('0x14');
  });

  it('survives every operation with every parameter', () => {
    const address = fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: RAM - 8, max: RAM + RAM_BYTES + 8 }));
    fc.assert(fc.property(fc.integer({ min: 0, max: 0x40 }), address, fc.array(fc.oneof(address, fc.integer({ min: 0, max: 40 })), { minLength: 4, maxLength: 4 }), (operation, parameter, block) => {
      const guest = firmware({ stdin: 'abc' });
      guest.open(':tt', 0);
      guest.open('f', 6);
      guest.outcome(operation, parameter);
      const answer = guest.outcome(operation, guest.words(...block));
      for (const value of Object.values(answer)) expect(value === true || (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)).toBe(true);
    }), { numRuns: 500 });
  });
});

describe('a snapshot', () => {
  it('keeps handles, positions and errno', () => {
    const files = new FilesInMemory();
    const before = firmware({ files });
    const file = before.open('f', 6);
    before.open(':tt', 4);
    before.call(Op.SYS_WRITE, file, before.text('0123'), 4);
    before.call(Op.SYS_SEEK, file, 2);
    before.call(Op.SYS_CLOSE, 99);
    const state = JSON.parse(JSON.stringify(before.semihosting.snapshot()));

    const after = firmware({ files });
    after.semihosting.restore(state);
    const buffer = after.put(new Uint8Array(4));
    expect(after.errno()).toBe(Errno.EBADF);
    expect(after.call(Op.SYS_READ, file, buffer, 4)).toBe(2);
    expect(after.string(buffer, 2)).toBe('23');
    expect(after.call(Op.SYS_WRITE, 2, after.text('x'), 1)).toBe(0);
    expect(after.written.stdout).toBe('x');
  });
});
