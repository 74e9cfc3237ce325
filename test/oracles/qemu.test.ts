/** The oracle itself: it is bounded, and it keeps its channels apart. */
import { describe, expect, it } from 'vitest';
import { firmware } from '../support/firmware.js';
import { collect, runQemu } from './qemu.js';

const machine = 'mps2-an385';

describe('runQemu', () => {
  it('returns UART output and the exit status', async () => {
    const run = await runQemu({ machine, elf: firmware('m3/exit-status'), timeoutMs: 30_000 });
    expect(run).toMatchObject({ stdout: 'about to exit with 42\natexit was called\n', semihostingOut: '', exitCode: 42, timedOut: false });
  }, 300_000);

  it('keeps SYS_WRITE0 apart from the UART', async () => {
    const run = await runQemu({ machine, elf: firmware('m3/hello-semihosting'), timeoutMs: 30_000 });
    expect(run).toMatchObject({ stdout: '', semihostingOut: 'Hello from a Cortex-M.\n', exitCode: 0 });
  });

  it('stops a guest that does not end', async () => {
    const run = await runQemu({ machine, elf: firmware('m3/hello-uart-irq'), timeoutMs: 500 });
    expect(run).toMatchObject({ timedOut: true, exitCode: null });
  });

  it('starts at the entry point when there is no vector table', async () => {
    const run = await runQemu({ machine, elf: firmware('m3/hello-entry'), start: 'entry', timeoutMs: 30_000 });
    expect(run).toMatchObject({ stdout: "Hello by newlib's semihosting, 42\n3.142\n", exitCode: 7 });
  });
});

describe('collect', () => {
  it('names a missing command and the remedy', async () => {
    await expect(collect('no-such-emulator', [], '', 1000)).rejects.toThrow('no-such-emulator is missing: run scripts/setup.sh');
  });
});
