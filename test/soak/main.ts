/**
 * `npm run soak -- --seconds 60`: hostile firmware on the translator; memory every 5 s. Exit status 1 when memory keeps
 * growing after the first third, or when a slice of virtual time keeps the host waiting too long.
 */
import { parseArgs } from 'node:util';
import { soak, type Memory } from './soak.js';

/** MiB between the middle and the last third; what V8 frees comes and goes by tens. */
const MOST_GROWTH: Memory = { heap: 16, rss: 64, arrayBuffers: 4, external: 8 };
/** A caller that wants to stop a run must not wait longer. */
const LONGEST_SLICE_MS = 50;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds}: give a number above 0`);

const text = (memory: Memory): string => Object.entries(memory).map(([kind, mib]: [string, number]) => `${kind} ${mib.toFixed(1)} MiB`).join(', ');
const { growth, longestSlice, instructions } = await soak({ seconds, everySeconds: Math.min(5, seconds / 12), onSample: (at, memory) => console.log(`${at.toFixed(1)} s: ${text(memory)}`) });
const grown = (Object.keys(MOST_GROWTH) as (keyof Memory)[]).filter((kind) => growth[kind] > MOST_GROWTH[kind]);
console.log(`instructions: ${instructions}; growth: ${text(growth)}`);
console.log(`longest slice: ${longestSlice.ms.toFixed(1)} ms (${longestSlice.name})`);
for (const kind of grown) console.log(`grows: ${kind} by more than ${MOST_GROWTH[kind]} MiB`);
if (longestSlice.ms > LONGEST_SLICE_MS) console.log(`slow: a slice took more than ${LONGEST_SLICE_MS} ms`);
process.exitCode = grown.length === 0 && longestSlice.ms <= LONGEST_SLICE_MS ? 0 : 1;
