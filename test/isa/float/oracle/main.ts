/**
 * A long comparison with Unicorn, by hand: `npx tsx test/isa/float/oracle/main.ts [sets per opcode] [seed] [name part]`.
 */
import { FloatOracle, evaluate, mismatches } from './compare.js';
import { arithmeticCases, vectors } from './cases.js';
import { FloatMachine, rowOf } from './machine.js';

const LARGEST_BATCH = 1 << 16;
const count = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? 1);
const part = process.argv[4] ?? '';

const oracle = new FloatOracle();
const machine = new FloatMachine();
let total = 0;
let bad = 0;
const cases = arithmeticCases().filter((c) => rowOf(c.opcode).name.includes(part));
for (const [index, c] of cases.entries()) {
  let shown = 3;
  let differing = 0;
  for (let done = 0; done < count; done += LARGEST_BATCH) {
    const sets = vectors(c.kind, Math.min(LARGEST_BATCH, count - done), seed * 7919 + index * 31 + done);
    const [theirs] = oracle.run([c], [sets]);
    const found = mismatches(c, sets, evaluate(machine, c, sets), theirs, Infinity);
    for (const { text } of found.slice(0, shown)) console.log(`${rowOf(c.opcode).name}: ${text}`);
    shown = Math.max(0, shown - found.length);
    differing += found.length;
    total += sets.length / 7;
  }
  if (differing > 0) console.log(`${rowOf(c.opcode).name}: ${differing} of ${count} differ`);
  bad += differing;
}
console.log(`${cases.length} opcodes, ${total} sets, ${bad} mismatches`);
oracle.close();
process.exitCode = bad === 0 ? 0 : 1;
