/** `--mic`, `--recording`, `--input`, `--stimulus`: what is asked for, and what a machine then measures. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppliedStimuli, NO_STIMULI, parseInput, parsePlaced } from '../../emulator/cli/stimulus-options.js';
import { Inputs, type TrackInput } from '../../emulator/index.js';
import type { Machine } from '../../emulator/machine-api.js';

const ROOT_HZ = 1000;
const world = (): Machine => ({ inputs: new Inputs(), rootHz: ROOT_HZ }) as unknown as Machine;

async function machineWith(tracks: readonly TrackInput[]): Promise<Machine> {
  const machine = world();
  await AppliedStimuli.to(machine, { ...NO_STIMULI, tracks });
  return machine;
}

const folder = mkdtempSync(join(tmpdir(), 'thumbelina-stimuli-'));
function fileOf(name: string, contents: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

describe('a stimulus on the command line', () => {
  it.each(['temperature', 'temperature=', 'speed=3'])('is refused when it is "%s"', (text) => {
    expect(() => parseInput(text)).toThrow('Write a quantity and its value');
  });

  it('holds a value', async () => {
    const machine = await machineWith(parseInput('temperature=31.5'));
    expect(machine.inputs.value('temperature', 0)).toBe(31.5);
  });

  it('plays a recording from its time on', async () => {
    const machine = await machineWith(parsePlaced(undefined)(`${fileOf('walk.csv', 'time,ax\n0,1\n1,3\n')}@2s`, undefined));
    expect([0, 2000, 2500, 5000].map((at) => machine.inputs.value('acceleration.x', at))).toEqual([1, 1, 2, 3]);
  });

  it('may be a file that describes it, whose own files lie beside it', async () => {
    fileOf('warm.csv', 'time,temperature\n0,30\n1,40\n');
    const machine = world();
    await AppliedStimuli.to(machine, { ...NO_STIMULI, files: [fileOf('day.yaml', 'stimuli:\n  - source: { kind: file, file: warm.csv }\n    at: 1s\n')] });
    expect(machine.inputs.value('temperature', 1500)).toBe(35);
  });

  it.each([
    ['that is not there', '/nowhere/yes.wav', 'cannot be read (ENOENT)'],
    ['that is no sound file', fileOf('yes.wav', 'text'), 'no kind of recording that is known'],
  ])('is refused for a file %s', async (_, file, message) => {
    await expect(machineWith(parsePlaced('sound')(file, undefined))).rejects.toThrow(message);
  });
});
