/**
 * Whole programs on interpreter and translator side by side, with interrupts: at each deadline time, instructions, what was sent
 * and the snapshot with all registers, memory and devices must be the same.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadFirmware } from '../../emulator/loader/index.js';
import type { MachineOptions } from '../../emulator/machine-api.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { buildAvrImage } from '../bench/avr/build.js';
import { AVR_PROGRAMS } from '../bench/avr/programs.js';
import { avrBoard } from '../support/avr-machine.js';
import { translatedBy } from '../support/early-translation.js';
import { Random } from '../support/random.js';
import { buildAvrPrograms, built } from './build.js';

beforeAll(buildAvrPrograms, 300_000);

class Side {
  readonly machine: EmulatedMachine;
  text = '';

  constructor(board: string, file: string, options: Pick<MachineOptions, 'engine' | 'hot'>) {
    this.machine = new EmulatedMachine(avrBoard(board), { seed: 0, ...options });
    this.machine.load(loadFirmware(readFileSync(file), { name: file }));
    this.machine.serials[0].onByte((byte) => { this.text += String.fromCharCode(byte); });
  }

  state(): string {
    const { machine, text } = this;
    return JSON.stringify({ cycles: machine.cycles, instructions: machine.instructions, tick: machine.now(), exceptions: Array.from(machine.exceptions, (times) => times ?? 0), text });
  }
}

function expectSame(one: Side, other: Side): void {
  expect(one.state()).toBe(other.state());
  expect(Buffer.from(one.machine.snapshot()).equals(Buffer.from(other.machine.snapshot())), `snapshots at ${other.state()}`).toBe(true);
}

/** In cycles: mostly short distances, some of one, and a few long ones, so that much is translated in between. */
function distance(random: Random): number {
  const kind = random.below(10);
  if (kind < 3) return random.between(1, 40);
  return kind < 8 ? random.between(41, 9000) : random.between(9001, 300_000);
}

/** @returns the share of instructions that translated code executed */
function inLockStep(board: string, file: string, hot: number, deadlines: number): { share: number; text: string } {
  const random = new Random(20_261 + hot);
  const interpreter = new Side(board, file, { engine: 'interpreter' });
  const translator = new Side(board, file, { engine: 'translator', hot });
  const ticksPerCycle = interpreter.machine.rootHz / 16e6;
  const input = Buffer.from('how nice');
  for (let n = 0, until = 0; n < deadlines; n++) {
    until += Math.ceil(distance(random) * ticksPerCycle);
    for (const { machine } of [interpreter, translator]) {
      if (n % 10 === 9 && n / 10 < input.length) machine.serials[0].write(input.subarray(n / 10, n / 10 + 1));
      machine.run(until);
    }
    expectSame(translator, interpreter);
  }
  return { share: translatedBy(translator.machine) / translator.machine.instructions, text: translator.text };
}

describe.each([1, 7, 300])('with what has been passed %i times translated', (hot) => {
  it.each(['interrupted', 'serial-println', 'serial-echo', 'eeprom', 'blink'])('%s is the same', { timeout: 120_000 }, (program) => {
    inLockStep('arduino-uno', built(`uno/${program}.elf`), hot, 150);
  });
});

it.each(AVR_PROGRAMS)('$name with the clock running is the same', { timeout: 120_000 }, async (program) => {
  const { elf } = await buildAvrImage(program, 1, 'millis');
  expect(inLockStep('arduino-mega', elf, 20, 60).share).toBeGreaterThan(0.3);
});

it('most of what runs under interrupts is translated', { timeout: 120_000 }, () => {
  const { share, text } = inLockStep('arduino-uno', built('uno/interrupted.elf'), 20, 200);
  expect(share).toBeGreaterThan(0.5);
  expect(text).toMatch(/^([0-9a-f]{8}\n){5}/);
});

it.each([0.0311, 0.1])('goes on from a snapshot that the other engine took after %d s', { timeout: 120_000 }, (seconds) => {
  const file = built('uno/interrupted.elf');
  const [interpreter, translator] = [new Side('arduino-uno', file, { engine: 'interpreter' }), new Side('arduino-uno', file, { engine: 'translator', hot: 5 })];
  const { rootHz } = interpreter.machine;
  interpreter.machine.run(seconds * rootHz);
  translator.machine.run(0.05 * rootHz); // has code of its own by then
  translator.machine.restore(interpreter.machine.snapshot());
  translator.text = interpreter.text;
  for (const { machine } of [interpreter, translator]) machine.run((seconds + 0.1) * rootHz);
  expectSame(translator, interpreter);
});
