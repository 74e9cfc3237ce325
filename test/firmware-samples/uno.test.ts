/** The Uno's networks: what their sources give, what they say of the committed inputs, and that they fit 2 KB with their stack. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { descriptionOf, parseStimuli, stimulusFrom, trackOfFlag, trackOfInput } from '../../emulator/index.js';
import { committed, rebuilt } from '../support/samples.js';
import { Uno } from './accuracy/uno.js';

const PROGRAMS = [
  ['uno-mnist', 'uno-mnist-cnn'], ['uno-mnist', 'uno-mnist-rows'], ['uno-digits', 'uno-digits'],
  ['uno-gesture', 'uno-gesture-bonsai'], ['uno-gesture', 'uno-gesture-protonn'], ['uno-kws', 'uno-kws'],
] as const;
const elf = (sample: string, program: string): string => committed(sample, `${program}.arduino-uno.elf`);

it.each(PROGRAMS)('%s: %s is what its sources give', (sample, program) => {
  const compiler = { compiler: 'avr-gcc', version: '5.4.0' };
  expect([rebuilt(sample, `${program}.arduino-uno.elf`, compiler), rebuilt(sample, `${program}.arduino-uno.hex`, compiler)]).toEqual([true, true]);
}, 60_000);

describe.each([['uno-mnist', 'uno-mnist-cnn'], ['uno-mnist', 'uno-mnist-rows'], ['uno-digits', 'uno-digits']])('%s: %s', (sample, program) => {
  const digit = (file: string): string => readFileSync(committed('uno-mnist', file), 'latin1');
  const begin = (): Uno => {
    const uno = new Uno(elf(sample, program));
    uno.untilLine(/Send a digit/);
    return uno;
  };

  it.each([['seven.txt', '7'], ['three.txt', '3']])('reads %s', (file, expected) => {
    const uno = begin();
    uno.send(digit(file));
    expect(uno.untilLine(/^digit (\d), \d+ cycles$/)[1]).toBe(expected);
  });

  it('says what a row is when it gets something else, and reads the next digit', () => {
    const uno = begin();
    uno.send('0000\nhello\n');
    uno.untilLine(/not a row: 14 pixels of two hexadecimal digits, 00 to 7f; start the digit again/);
    uno.send(`\n${'80'.repeat(14)}\n`);
    uno.untilLine(/not a row/);
    uno.send(digit('seven.txt'));
    expect(uno.untilLine(/^digit (\d)/)[1]).toBe('7');
  });

  it('needs less than 2048 bytes, stack included', () => {
    const uno = begin();
    uno.send(digit('seven.txt'));
    uno.untilLine(/^digit/);
    const { data, stack } = uno.ramPeak();
    expect(data + stack).toBeLessThan(2048);
  });
});

async function withRecording(program: string, parts: readonly string[], file: string): Promise<Uno> {
  const uno = new Uno(elf('uno-gesture', program), parts);
  const description = parseStimuli(descriptionOf([trackOfFlag(file, undefined)]), 'stimuli');
  (await stimulusFrom(description, { bytesOf: (name) => readFileSync(committed('uno-gesture', name)) })).applyTo(uno.machine.inputs, uno.machine.rootHz);
  return uno;
}

describe.each(['uno-gesture-bonsai', 'uno-gesture-protonn'])('%s', (program) => {
  const SENSOR = ['mpu6050,sda=A4,scl=A5,int=D2'];

  it.each(['wing', 'ring'])('names the synthetic %s', async (gesture) => {
    const uno = await withRecording(program, SENSOR, `${gesture}.csv`);
    expect(uno.untilLine(/^gesture (\w+), \d+ samples, \d+ cycles$/)[1]).toBe(gesture);
  });

  it('says nothing while the board rests', async () => {
    const uno = await withRecording(program, SENSOR, 'wing.csv');
    uno.untilLine(/^gesture/);
    expect(uno.lines(5)).toEqual([]);
  });

  it('says so when there is no sensor', () => {
    expect(new Uno(elf('uno-gesture', program)).lines(0.1)).toEqual(['no MPU-6050 at 0x68']);
  });
});

async function hearing(...sounds: string[]): Promise<Uno> {
  const uno = new Uno(elf('uno-kws', 'uno-kws'), ['electret,out=A0,gain=20,supply=5']);
  const tracks = sounds.map((sound) => sound.includes('=') ? trackOfInput(sound) : trackOfFlag(sound, 'sound'));
  (await stimulusFrom(parseStimuli(descriptionOf(tracks), 'stimuli'), { bytesOf: (name) => readFileSync(committed('uno-kws', name)) })).applyTo(uno.machine.inputs, uno.machine.rootHz);
  return uno;
}

describe('uno-kws', () => {
  it.each(['yes', 'no'])('hears the synthetic %s, and loses no frame', async (word) => {
    const uno = await hearing(`${word}.wav@500ms`);
    expect(uno.untilLine(/^heard (\w+), at most \d+ of 256000 cycles a frame$/)[1]).toBe(word);
  });

  it('says nothing in silence', async () => {
    expect((await hearing()).lines(3)).toEqual(['uno-kws listens for yes and no.']);
  });
});
