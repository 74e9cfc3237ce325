/**
 * Runs hostile programs on the translator for wall-clock seconds, and measures: what memory the process holds, and how
 * long a slice of virtual time keeps the host waiting.
 */
import { SmallMachine } from '../support/machine.js';
import { HOSTILE_PROGRAMS, WATCHED } from './programs.js';

export interface Memory { readonly heap: number; readonly rss: number; readonly arrayBuffers: number; readonly external: number }

export interface SoakOptions {
  readonly seconds: number;
  /** Wall time between samples. */
  readonly everySeconds: number;
  readonly onSample?: (seconds: number, memory: Memory) => void;
}

export interface SoakResult {
  /** MiB of each kind that the last third needs above the first. */
  readonly growth: Memory;
  /** The longest that a slice took, in ms, and the program it was in. */
  readonly longestSlice: { readonly ms: number; readonly name: string };
  readonly instructions: number;
}

/** Root ticks of a slice: a hundredth of a virtual second, as the command's longest. */
const SLICE = 10_000;
/** Programs take turns, so that what one leaves behind adds to the next one's. */
const TURN_MS = 250;
const MIB = 1 << 20;

const collect = (globalThis as { gc?: () => void }).gc;

function memoryNow(): Memory {
  collect?.();
  const { heapUsed, rss, arrayBuffers, external } = process.memoryUsage();
  return { heap: heapUsed / MIB, rss: rss / MIB, arrayBuffers: arrayBuffers / MIB, external: external / MIB };
}

function machines(): { readonly name: string; readonly machine: SmallMachine['machine'] }[] {
  return HOSTILE_PROGRAMS.map(({ name, code, handlers = {} }) => {
    const isWatched = 15 in handlers;
    return { name, machine: new SmallMachine({ code: isWatched ? WATCHED + code : code, handlers, engine: 'translator', hot: undefined }).machine };
  });
}

export async function soak({ seconds, everySeconds, onSample = () => {} }: SoakOptions): Promise<SoakResult> {
  const all = machines();
  const samples: Memory[] = [];
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  let longestSlice = { ms: 0, name: '' };
  for (let turn = 0; elapsed() < seconds; turn++) {
    const { name, machine } = all[turn % all.length];
    for (const end = performance.now() + TURN_MS; performance.now() < end;) {
      const [before, cpu] = [performance.now(), process.cpuUsage()];
      const { kind } = machine.run(machine.now() + SLICE);
      const ms = Math.min(performance.now() - before, cpuSince(cpu));
      if (ms > longestSlice.ms) longestSlice = { ms, name };
      if (kind !== 'deadline') throw new Error(`${name}: ended with ${kind} at ${machine.now()}`);
    }
    await new Promise(setImmediate);
    if (elapsed() < (samples.length + 1) * everySeconds) continue;
    samples.push(memoryNow());
    onSample(elapsed(), samples.at(-1)!);
  }
  return { growth: growthOf(samples), longestSlice, instructions: all.reduce((sum, { machine }) => sum + machine.instructions, 0) };
}

/** In ms, of all threads: on a busy machine a slice may have to wait for its turn, which tells nothing about it. */
function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Warming up is over after the first third: the median of the second is compared with that of the last. */
function growthOf(samples: readonly Memory[]): Memory {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const of = (key: keyof Memory): number => median(samples.slice(-third).map((sample) => sample[key])) - median(samples.slice(third, Math.max(third + 1, samples.length - third)).map((sample) => sample[key]));
  return { heap: of('heap'), rss: of('rss'), arrayBuffers: of('arrayBuffers'), external: of('external') };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
