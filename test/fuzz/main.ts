/**
 * The fuzzers from the command line, for example
 * `npm run fuzz -- --core cortex-m4 --instructions 1000000 --seed 1` or `npm run fuzz -- --loaders 100000`.
 * Exit status: 0 when everything agrees, 1 on a mismatch, 2 when the command line is wrong.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { describeAvrSummary, fuzzAvr } from './avr/avr.js';
import { AVR_CORES, type AvrCore } from './avr/case.js';
import { AvrCoreEngine } from './avr/core-engine.js';
import { AvrTranslatorEngine } from './avr/translator-engine.js';
import { rowsOf as avrRowsOf } from './avr/image.js';
import { CORES, type CoreName } from './case.js';
import { describeSummary, fuzz } from './cortex-m.js';
import { describePairSummary, EnginePair } from './engine-pair.js';
import { ENGINES, openEngine, rowsOf, type EngineName } from './engines.js';
import { fuzzLoaders } from './loaders.js';

/** Interpreter and translator against each other, without an oracle. */
const BOTH = 'both';

/** Both AVR cores, one after the other. */
const AVR = 'avr';
type AnyCore = CoreName | AvrCore | typeof AVR;

interface Options {
  readonly core: AnyCore;
  readonly instructions: number;
  readonly seed: number;
  readonly row?: string;
  readonly case?: number;
  readonly engine: EngineName | typeof BOTH;
  readonly loaders?: number;
}

function wholeNumber(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new InvalidArgumentError('It must be a whole number from 0 to 4294967295.');
  return value;
}

/** `cortex-m4` or `m4`; `avr`, `avr-pc16`, `avr-pc22`. */
function coreName(text: string): AnyCore {
  const known = [...CORES, ...AVR_CORES, AVR] as const;
  const found = known.find((core) => core === text || core === `cortex-${text}`);
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${known.join(', ')}.`);
  return found;
}

const isCortexM = (core: AnyCore): core is CoreName => (CORES as readonly string[]).includes(core);

function commandLine(): Command {
  return new Command('fuzz')
    .description('Compares an engine with Unicorn (AVR: with simavr and avr8js) on random instruction sequences, or feeds damaged files to the loaders.')
    .option('--core <name>', 'core, with or without "cortex-"', coreName, 'cortex-m4' as CoreName)
    .option('--instructions <n>', 'how many to execute at least', wholeNumber, 1_000_000)
    .option('--seed <n>', 'seed of the run', wholeNumber, 1)
    .option('--row <name>', 'only rows whose name contains this')
    .option('--case <n>', 'only this case of the run', wholeNumber)
    .addOption(new Option('--engine <name>', 'engine under test; both: interpreter and translator against each other').choices([...ENGINES, BOTH]).default(ENGINES[0]))
    .option('--loaders <n>', 'fuzz the loaders with this many files instead', wholeNumber)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${text.trim().split('\n')[0]}\n`) });
}

/** @returns the exit status */
async function main(): Promise<number> {
  const options = commandLine().parse().opts<Options>();
  if (options.loaders !== undefined) return runLoaders(options.loaders, options.seed);
  const { core, instructions, seed, row: wanted, case: onlyCase } = options;
  if (!isCortexM(core)) return runAvr(core === AVR ? AVR_CORES : [core], options);
  const rows = rowsOf(core);
  const chosen = wanted === undefined ? rows : rows.filter(({ name }) => name.includes(wanted));
  if (chosen.length === 0) {
    console.error(`error: no row of ${core} has a name that contains '${wanted}'`);
    return 2;
  }
  if (options.engine === BOTH) return runBoth(core, options);
  const summary = await fuzz({
    core, rows, ...(wanted === undefined ? {} : { chosen }), engine: openEngine(options.engine, core), seed, instructions,
    ...(onlyCase === undefined ? {} : { onlyCase }), report: console.log,
  });
  for (const line of describeSummary(summary, core, chosen)) console.log(line);
  return summary.mismatches === 0 ? 0 : 1;
}

async function runAvr(cores: readonly AvrCore[], { engine, instructions, seed, row: wanted, case: onlyCase }: Options): Promise<number> {
  if (engine === BOTH) {
    console.error("error: an AVR core's translator is compared with simavr and avr8js: --engine translator");
    return 2;
  }
  let status = 0;
  for (const core of cores) {
    const rows = avrRowsOf(core);
    const chosen = wanted === undefined ? rows : rows.filter(({ name }) => name.includes(wanted));
    if (chosen.length === 0) {
      console.error(`error: no row of ${core} has a name that contains '${wanted}'`);
      return 2;
    }
    const underTest = engine === 'translator' ? new AvrTranslatorEngine(core) : new AvrCoreEngine(core);
    const summary = await fuzzAvr({ core, chosen, engine: underTest, seed, instructions, ...(onlyCase === undefined ? {} : { onlyCase }), report: console.log });
    for (const line of describeAvrSummary(summary, core, chosen)) console.log(line);
    if (underTest instanceof AvrTranslatorEngine) console.log(`by translated code: ${underTest.translated} of ${underTest.executed}`);
    if (summary.mismatches > 0) status = 1;
  }
  return status;
}

function runBoth(core: CoreName, { seed, instructions, case: onlyCase }: Options): number {
  const pair = new EnginePair({ core, rows: rowsOf(core), seed, instructions, ...(onlyCase === undefined ? {} : { onlyCase }), report: console.log });
  const summary = pair.run();
  for (const line of describePairSummary(summary)) console.log(line);
  return summary.mismatches === 0 ? 0 : 1;
}

function runLoaders(count: number, seed: number): number {
  const { runs, rejected, accepted } = fuzzLoaders({ count, seed, report: (line) => console.log(line) });
  console.log(`loader runs: ${runs}, rejected: ${rejected}, accepted: ${accepted}`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
