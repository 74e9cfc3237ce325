/**
 * Lets a machine run in slices of virtual time and serves the world between them: input, signals, output. Slices change
 * nothing the firmware can see.
 */
import type { FirmwareInput } from '../host/node/standard-input.js';
import type { Machine, StopReason } from '../machine-api.js';

/** Why the loop ended: what the machine said, or what came from outside. */
export type LoopEnd =
  | Exclude<StopReason, { kind: 'deadline' | 'waiting' }>
  | { readonly kind: 'timeout' }
  | { readonly kind: 'interrupted'; readonly signal: 'SIGINT' | 'SIGTERM' };

export interface RunLoopOptions {
  /** Root tick at which the run ends; undefined for never. */
  readonly timeout: number | undefined;
  /** Root ticks, ascending, at which something is done while the machine stands still. */
  readonly appointments: readonly { readonly at: number; readonly keep: () => void }[];
  readonly input: FirmwareInput;
  /** Virtual seconds per second of wall time at most; undefined: no limit. */
  readonly speed?: number | undefined;
  /** Takes bytes that arrived while running. */
  readonly deliver: (bytes: Uint8Array) => void;
  /** Called between slices, at least every `SERVICE_MS` of wall time as far as a slice allows. @returns true to stop */
  readonly service: () => boolean;
}

/** Longest slice: time that the core runs in it; where virtual time meets the world's, all of its virtual time. */
const LONGEST_SLICE_SECONDS = 0.01;
const SERVICE_MS = 6;
/** A slice that takes longer is halved: with `SERVICE_MS`, Ctrl-C is served well within 50 ms. */
const LONG_SLICE_MS = 10;
const MOST_BEHIND_MS = 100;

export class RunLoop {
  private signal: 'SIGINT' | 'SIGTERM' | undefined;
  private wake: (() => void) | undefined;
  private slice: number;
  private readonly longestSlice: number;
  /** Virtual time in root ticks and wall time in milliseconds from which the pace is counted. */
  private anchor: { readonly at: number; readonly wall: number } | undefined;

  constructor(private readonly machine: Machine, private readonly options: RunLoopOptions) {
    this.longestSlice = Math.max(1, Math.round(machine.rootHz * LONGEST_SLICE_SECONDS));
    this.slice = Math.max(1, Math.round(this.longestSlice / 100));
  }

  /** To be called by signal handlers. */
  interrupt(signal: 'SIGINT' | 'SIGTERM'): void {
    this.signal = signal;
    this.wake?.();
  }

  async run(): Promise<LoopEnd> {
    const appointments = [...this.options.appointments];
    let serviced = performance.now();
    for (;;) {
      while (appointments.length > 0 && appointments[0].at <= this.machine.now()) appointments.shift()!.keep();
      if (this.machine.now() >= (this.options.timeout ?? Infinity)) return { kind: 'timeout' };
      const began = performance.now();
      const stop = this.machine.run(this.nextStop(appointments[0]?.at), this.slice);
      this.adapt(performance.now() - began);
      if (stop.kind !== 'deadline' && stop.kind !== 'waiting' && !(stop.kind === 'idle' && this.mayGetInput())) return stop;
      if (stop.kind !== 'deadline') {
        await this.waitForInput();
        this.anchor = undefined;
      } else if (!(await this.keepPace()) && performance.now() - serviced < SERVICE_MS) continue;
      if (this.options.service()) return { kind: 'stopped' };
      await new Promise(setImmediate);
      if (this.signal !== undefined) return { kind: 'interrupted', signal: this.signal };
      this.takeInput();
      serviced = performance.now();
    }
  }

  private nextStop(appointment: number | undefined): number {
    const { speed, input, timeout } = this.options;
    const isFree = speed === undefined && !input.isLive;
    return Math.min(isFree ? Number.MAX_SAFE_INTEGER : this.machine.now() + this.slice, appointment ?? Infinity, timeout ?? Infinity);
  }

  private adapt(milliseconds: number): void {
    if (milliseconds > LONG_SLICE_MS) this.slice = Math.max(1, this.slice >> 1);
    else if (milliseconds < SERVICE_MS / 2) this.slice = Math.min(this.longestSlice, this.slice * 2);
  }

  /** Waits while virtual time is ahead of real time. @returns whether it was */
  private async keepPace(): Promise<boolean> {
    const { speed } = this.options;
    if (speed === undefined) return false;
    const at = this.machine.now();
    const wall = performance.now();
    this.anchor ??= { at, wall };
    const ahead = ((at - this.anchor.at) / this.machine.rootHz / speed) * 1000 - (wall - this.anchor.wall);
    // Time lost to a slow host is not made up for.
    if (ahead < -MOST_BEHIND_MS) this.anchor = undefined;
    if (ahead < 1) return false;
    this.options.service();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([new Promise((resolve) => { timer = setTimeout(resolve, ahead); }), new Promise<void>((resolve) => { this.wake = resolve; })]);
    clearTimeout(timer);
    this.wake = undefined;
    return true;
  }

  private mayGetInput(): boolean {
    return this.options.input.isLive && !this.options.input.hasEnded;
  }

  /** Virtual time stands still meanwhile. */
  private async waitForInput(): Promise<void> {
    this.options.service();
    if (this.signal !== undefined) return;
    await Promise.race([this.options.input.arrival(), new Promise<void>((resolve) => { this.wake = resolve; })]);
    this.wake = undefined;
  }

  private takeInput(): void {
    if (!this.options.input.isLive) return;
    const bytes = this.options.input.take();
    if (bytes.length > 0) this.options.deliver(bytes);
  }
}
