/** Translating keeps the host waiting for no long time: a run can be stopped from outside only where a slice ends. */
import { beforeAll, expect, it } from 'vitest';
import { Runner, boardOf } from '../firmware/lockstep.js';
import { programs } from '../firmware/programs.js';
import { buildFirmware } from '../support/firmware.js';

/** Cycles; the command begins with slices of this order. */
const SLICE = 2500;
/** Far above what a slice may take (50 ms), for busy machines. */
const LONGEST_MS = 1000;

beforeAll(buildFirmware, 300_000);

it.each(['m3/printf', 'm4/scanf', 'm4-soft/printf', 'm7/libm', 'm0/float64'])('%s: no slice takes long, though large functions with branch tables become hot in it', (name) => {
  const program = programs.find((candidate) => candidate.name === name)!;
  const runner = new Runner(boardOf(program), 'translator');
  runner.load(program);
  for (let slice = 1; slice <= 800; slice++) {
    const [wall, busy] = [performance.now(), process.cpuUsage()];
    const { kind } = runner.run(slice * SLICE);
    // Other work on the machine lengthens the wall's time, V8's own threads the processor's: neither is ours alone.
    const { user, system } = process.cpuUsage(busy);
    expect(Math.min(performance.now() - wall, (user + system) / 1000), `slice ${slice}`).toBeLessThan(LONGEST_MS);
    if (kind !== 'deadline') break;
  }
}, 60_000);
