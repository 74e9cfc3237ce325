/** Live input and signals, which a child process without a terminal cannot show. */
import { describe, expect, it } from 'vitest';
import { RunLoop } from '../../emulator/cli/run-loop.js';
import type { FirmwareInput } from '../../emulator/host/node/standard-input.js';
import { NO_INPUT } from '../../emulator/host/node/standard-input.js';
import type { Machine, StopReason } from '../../emulator/machine-api.js';

/** A machine that answers each `run` from a list, then reaches every deadline. */
function scripted(stops: StopReason[]): Machine & { readonly slices: number[] } {
  let now = 0;
  const slices: number[] = [];
  return {
    rootHz: 1_000_000, slices,
    now: () => now,
    run: (until: number, effort: number) => {
      const stop = stops.shift() ?? { kind: 'deadline' };
      const slice = Math.min(until - now, effort);
      slices.push(slice);
      if (stop.kind === 'deadline') now += slice;
      return stop;
    },
  } as unknown as Machine & { slices: number[] };
}

const live = (chunks: string[]): FirmwareInput & { hasEnded: boolean } => ({
  ...NO_INPUT, isLive: true, hasEnded: false,
  take() { return Buffer.from(chunks.shift() ?? ''); },
  arrival: () => Promise.resolve(),
});

const options = { timeout: undefined, appointments: [], input: NO_INPUT, deliver: () => undefined, service: () => false };

describe('the run loop', () => {
  it('reaches the timeout exactly', async () => {
    const machine = scripted([]);
    expect(await new RunLoop(machine, { ...options, timeout: 1_234_567 }).run()).toEqual({ kind: 'timeout' });
    expect(machine.now()).toBe(1_234_567);
  });

  it('never lets the core run longer than 10 ms of virtual time in one slice', async () => {
    const machine = scripted([]);
    await new RunLoop(machine, { ...options, timeout: 10_000_000 }).run();
    expect(Math.max(...machine.slices)).toBe(10_000);
  });

  it('keeps appointments at their tick', async () => {
    const machine = scripted([]);
    const kept: number[] = [];
    const appointments = [3, 5_000, 5_000].map((at) => ({ at, keep: () => kept.push(machine.now()) }));
    await new RunLoop(machine, { ...options, timeout: 10_000, appointments }).run();
    expect(kept).toEqual([3, 5_000, 5_000]);
  });

  it('gives live input to a sleeping firmware, and ends when no more can come', async () => {
    const chunks = ['typed'];
    const input = live(chunks);
    const delivered: string[] = [];
    const machine = scripted([{ kind: 'idle' }, { kind: 'idle' }, { kind: 'idle' }]);
    const deliver = (bytes: Uint8Array): void => {
      delivered.push(Buffer.from(bytes).toString());
      input.hasEnded = true;
    };
    expect(await new RunLoop(machine, { ...options, input, deliver }).run()).toEqual({ kind: 'idle' });
    expect(delivered).toEqual(['typed']);
  });

  it('asks again after semihosting has waited for input', async () => {
    const machine = scripted([{ kind: 'waiting' }, { kind: 'exit', code: 3 }]);
    expect(await new RunLoop(machine, { ...options, input: live(['x']) }).run()).toEqual({ kind: 'exit', code: 3 });
  });

  it('is interrupted while it waits', async () => {
    const input = { ...live([]), arrival: () => new Promise<void>(() => undefined) };
    const loop = new RunLoop(scripted([{ kind: 'idle' }]), { ...options, input });
    setTimeout(() => loop.interrupt('SIGINT'), 5);
    expect(await loop.run()).toEqual({ kind: 'interrupted', signal: 'SIGINT' });
  });

  it('stops when an output has failed', async () => {
    expect(await new RunLoop(scripted([]), { ...options, service: () => true }).run()).toEqual({ kind: 'stopped' });
  });
});
