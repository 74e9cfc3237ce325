/**
 * All programs in lock step to their ends, at every spacing: `npm run lockstep`, or `npm run lockstep -- m4/kernel` for
 * those whose name contains a text. Exit status 1 when the engines differ.
 */
import { buildFirmware } from '../support/firmware.js';
import { LockSteps, SPACINGS } from './lockstep.js';
import { programs } from './programs.js';

/** Bounds programs that run for long: deadlines a hundred times as many as in the tests. */
const TIMES_AS_MANY = 100;

buildFirmware();
const lockSteps = new LockSteps();
let [deadlines, instructions, translated, differences] = [0, 0, 0, 0];
for (const program of programs.filter(({ name }) => name.includes(process.argv[2] ?? ''))) {
  for (const spacing of SPACINGS) {
    const result = lockSteps.run(program, spacing, TIMES_AS_MANY * spacing.deadlines);
    deadlines += result.deadlines;
    instructions += result.instructions;
    translated += result.translated;
    const share = (100 * result.translated / Math.max(1, result.instructions)).toFixed(1);
    console.log(`${program.name}, ${spacing.name}: ${result.deadlines} deadlines, ${result.instructions} instructions, ${share} % translated, ${result.difference ?? 'the same'}`);
    if (result.difference !== undefined) differences++;
  }
}
console.log(`deadlines: ${deadlines}, instructions: ${instructions}, translated: ${(100 * translated / Math.max(1, instructions)).toFixed(1)} %, programs that differ: ${differences}`);
process.exitCode = differences === 0 ? 0 : 1;
