import { describe, expect, it } from 'vitest';
import { benchCommand, parseArguments } from './arguments.js';

function parse(...args: string[]): ReturnType<typeof parseArguments> {
  return parseArguments(args, benchCommand().exitOverride().configureOutput({ writeErr: () => {} }));
}

describe('the command line of the benchmark', () => {
  it('measures everything three times with the engine that our command chooses', () =>
    expect(parse()).toEqual({ rounds: 3, quick: false }));

  it('takes what it is given', () =>
    expect(parse('--rounds', '9', '--json', 'figures.json', '--engine', 'translator', '--quick')).toEqual(
      { rounds: 9, json: 'figures.json', engine: 'translator', quick: true }));

  it.each([
    ['one program', ['--only', 'kernel'], ['kernel']],
    ['several, separated by commas', ['--only', 'kernel,boot'], ['kernel', 'boot']],
    ['several, one by one', ['--only', 'kernel', '--only', 'm0-bytecode'], ['kernel', 'm0-bytecode']],
  ])('measures %s', (_, args, only) => expect(parse(...args).only).toEqual(only));

  it.each([
    ['a program that is not there', ['--only', 'kernel,doom'], /There is no program "doom"; there are int8-convolution/],
    ['no rounds', ['--rounds', '0'], /whole number from 1 to 1000/],
    ['half a round', ['--rounds', '1.5'], /whole number from 1 to 1000/],
    ['rounds in another notation', ['--rounds', '1e2'], /whole number from 1 to 1000/],
    ['an engine that is not there', ['--engine', 'steam'], /Allowed choices are interpreter, translator/],
    ['an unknown option', ['--slow'], /unknown option '--slow'/],
  ])('refuses %s', (_, args, message) => expect(() => parse(...args)).toThrow(message));
});
