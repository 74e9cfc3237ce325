/** The list of programs, and that what they print does not depend on the speed of the guest's clock. */
import { beforeAll, describe, expect, it } from 'vitest';
import { runQemuToExit } from '../oracles/qemu.js';
import { buildFirmware, firmware, listFirmware } from '../support/firmware.js';
import { programs } from './programs.js';

beforeAll(buildFirmware, 300_000);

describe('the list of programs', () => {
  it('names what the Makefile builds', () => {
    expect(programs.map((program) => program.name).sort()).toEqual(listFirmware().sort());
  });

  it('names each program once', () => {
    expect(new Set(programs.map((program) => program.name)).size).toBe(programs.length);
  });
});

describe('a program compared with QEMU prints the same whatever the speed of its clock', () => {
  const compared = programs.filter((program) => program.compare === 'qemu');
  // A byte of the host's input that reaches QEMU late may change what is printed: that says nothing about the program.
  it.each(compared.map((program) => [program.name, program] as const))('%s', { retry: 2, timeout: 150_000 }, async (_, program) => {
    const run = (icount: number) => runQemuToExit({
      machine: program.machine, elf: firmware(program.name), stdin: program.stdin, start: program.start, console: program.output,
      timeoutMs: 60_000, icount,
    }, program.exitCode);
    // Counted instructions, not a free-running clock: what QEMU prints must not depend on how busy the host is.
    const [slow, fast] = [await run(5), await run(3)];
    expect(slow.stdout).not.toBe('');
    expect(fast.stdout).toBe(slow.stdout);
  });
});
