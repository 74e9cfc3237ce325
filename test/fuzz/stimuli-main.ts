/** `npm run fuzz:stimuli -- --files 1000000 --seed 1 [--format WAV]`. Exit status 1 when a file was neither read nor refused. */
import { Command } from 'commander';
import { fuzzStimuli } from './stimuli.js';

const { files, seed, format } = new Command('fuzz:stimuli')
  .description('Feeds damaged recordings, descriptions and flags to everything that reads them.')
  .option('--files <n>', 'how many', Number, 100_000)
  .option('--seed <n>', 'seed of the run', Number, 1)
  .option('--format <name>', 'only this one')
  .parse().opts<{ files: number; seed: number; format?: string }>();

fuzzStimuli({ files, seed, ...(format === undefined ? {} : { only: format }), report: (line) => process.stdout.write(`${line}\n`) }).then(
  (result) => process.stdout.write(`${JSON.stringify(result)}\n`),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
