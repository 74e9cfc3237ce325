/**
 * `npm run check:svd -- FILE.svd --chip nrf52840`: prints where a chip of ours differs from a CMSIS-SVD file and nobody has
 * accepted it. Ends with 1 when there is such a difference, with 2 when it could not compare.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ACCEPTED, BLOCK_NAMES, RENAMINGS, type Accepted } from '../svd-differences.js';
import { blocksOf } from './blocks.js';
import { compare, type Difference } from './compare.js';
import { readSvd } from './read.js';

const USAGE = 'usage: npm run check:svd -- FILE.svd --chip nrf52840 [--all]\n  --all also lists what is accepted, with its reason\n';

function main(): number {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { chip: { type: 'string' }, all: { type: 'boolean', default: false } } });
  if (positionals.length !== 1 || values.chip === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const chip = values.chip;
  const accepted = ACCEPTED.filter(({ chips }) => chips === undefined || chips.includes(chip));
  const differences = compare(blocksOf(chip), readSvd(readFileSync(positionals[0], 'utf8')), RENAMINGS, BLOCK_NAMES);
  const reasonOf = (difference: Difference): Accepted | undefined => accepted.find(({ where }) => where.test(difference.where));
  const open = differences.filter((difference) => reasonOf(difference) === undefined);
  for (const { where, what } of open) process.stdout.write(`${where}: ${what}\n`);
  if (values.all) listAccepted(differences, accepted, reasonOf);
  const unused = accepted.filter((entry) => !differences.some(({ where }) => entry.where.test(where)));
  for (const { where } of unused) process.stdout.write(`accepted, but no difference: ${String(where)}; take it out of svd-differences.ts\n`);
  process.stdout.write(`${chip}: ${open.length} differences, and ${differences.length - open.length} accepted\n`);
  return open.length + unused.length === 0 ? 0 : 1;
}

function listAccepted(differences: readonly Difference[], accepted: readonly Accepted[], reasonOf: (difference: Difference) => Accepted | undefined): void {
  for (const entry of accepted) {
    process.stdout.write(`\n${entry.reason} (${entry.source})\n`);
    for (const difference of differences) if (reasonOf(difference) === entry) process.stdout.write(`  ${difference.where}: ${difference.what}\n`);
  }
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`check:svd: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
