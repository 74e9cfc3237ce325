/** The command line of `npm run bench`. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Engine } from './engines.js';
import { PROGRAMS } from './programs.js';

export interface Arguments {
  readonly rounds: number;
  /** names of programs; all when undefined */
  readonly only?: readonly string[];
  readonly json?: string;
  /** the command's own choice when undefined */
  readonly engine?: Engine;
  readonly quick: boolean;
}

function parseRounds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1000) throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  return value;
}

/** `--only` may be given several times, and may name several programs. */
const programsAmong = (known: readonly string[]) => (text: string, earlier: readonly string[] = []): readonly string[] => {
  const names = text.split(',');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no program ${JSON.stringify(unknown)}; there are ${known.join(', ')}.`);
  return [...earlier, ...names];
};

const ARM = { description: 'measures our speed beside QEMU and the host; `bench avr` beside simavr and avr8js', programs: PROGRAMS };

/** @param programs that it may name */
export function benchCommand({ description, programs }: { readonly description: string; readonly programs: readonly { readonly name: string }[] } = ARM): Command {
  return new Command('bench')
    .description(description)
    .option('--rounds <n>', 'how often everything is measured', parseRounds, 3)
    .option('--only <programs>', 'these programs, separated by commas', programsAmong(programs.map(({ name }) => name)))
    .option('--json <file>', 'write the figures there too')
    .addOption(new Option('--engine <name>', 'passed on to our command').choices(['interpreter', 'translator']))
    .option('--quick', 'a tenth of the work: rough figures', false);
}

/** @param args without the names of the interpreter and the script */
export function parseArguments(args: readonly string[], command: Command = benchCommand()): Arguments {
  return command.parse(args, { from: 'user' }).opts<Arguments>();
}
