/** `--mic`, `--recording`, `--input`: what is asked for, and what a machine then measures. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyStimuli, parseInput, parsePlacedFile } from '../../emulator/cli/stimulus-options.js';
import { Inputs } from '../../emulator/index.js';
import type { Machine } from '../../emulator/machine-api.js';

const ROOT_HZ = 1000;
const world = (): Machine => ({ inputs: new Inputs(), rootHz: ROOT_HZ }) as unknown as Machine;

function fileOf(name: string, contents: string | Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), 'thumbelina-stimuli-')), name);
  writeFileSync(path, contents);
  return path;
}

describe('a stimulus on the command line', () => {
  it('is a file, a time and a repetition', () => {
    expect(parsePlacedFile('sound')('a@b.wav@1.5s,loop', undefined)).toMatchObject([{ kind: 'sound', file: 'a@b.wav', start: { text: '1.5s' }, isLooped: true }]);
  });

  it('begins at once when it does not say', () => {
    expect(parsePlacedFile('recording')('walk.csv', undefined)).toMatchObject([{ file: 'walk.csv', start: undefined, isLooped: false }]);
  });

  it.each(['temperature', 'temperature=', 'temperature=warm', 'speed=3', 'temperature=1=2'])('is refused when it is "%s"', (text) => {
    expect(() => parseInput(text)).toThrow('Write a quantity and its value');
  });

  it('holds a value', () => {
    const machine = world();
    applyStimuli(machine, parseInput('temperature=31.5'));
    expect(machine.inputs.value('temperature', 0)).toBe(31.5);
  });

  it('plays a recording from its time on', () => {
    const machine = world();
    const file = fileOf('walk.csv', 'time,ax\n0,1\n1,3\n');
    applyStimuli(machine, parsePlacedFile('recording')(`${file}@2s`, undefined));
    expect([0, 2000, 2500, 5000].map((at) => machine.inputs.value('acceleration.x', at))).toEqual([1, 1, 2, 3]);
  });

  it.each([
    ['that is not there', '/nowhere/yes.wav', 'cannot be read (ENOENT)'],
    ['that is no WAV file', fileOf('yes.wav', 'text'), 'not a WAV file that can be read'],
  ])('is refused for a file %s', (_, file, message) => {
    expect(() => applyStimuli(world(), parsePlacedFile('sound')(file, undefined))).toThrow(message);
  });
});
