/** The runner's committed images are what its sources, and those of the inference runtime, give; their stack is enough. */
import { describe, expect, it } from 'vitest';
import { createMachine, readModel, runnerCore } from '../../emulator/index.js';
import { RunnerImage, roomOf } from '../../emulator/models/place.js';
import { boardNamed, runner, tflite, THREE_LAYERS } from '../support/models.js';
import { rebuilt } from '../support/samples.js';

/** One board for each image. */
const BOARDS = ['mps2-an382', 'mps2-an383', 'mps2-an385', 'mps2-an386', 'mps2-an500'];
const RAM = 0x2000_0000;
const STACK_BYTES = 2048;

describe.each(BOARDS)('the runner for %s', (name) => {
  const board = boardNamed(name);
  const core = runnerCore(board);

  it('is what its sources give', () => {
    expect(rebuilt('runner', `runner.${core}.elf`)).toBe(true);
  }, 600_000);

  it('begins RAM with its stack, and the arena behind it', () => {
    const image = new RunnerImage(runner(core));
    expect(image.address('stack_top')).toBe(RAM + STACK_BYTES);
    expect(image.address('arena_start')).toBeGreaterThanOrEqual(RAM + STACK_BYTES);
    expect(image.address('arena_start') % 16).toBe(0);
  });

  // RAM is zero at power-on, so the lowest word that is not shows how deep the stack was.
  it('needs less than its stack to open and run a network', () => {
    const image = new RunnerImage(runner(core));
    const machine = createMachine(board);
    machine.load(image.with(readModel(tflite(THREE_LAYERS)), roomOf(board)));
    machine.setBreakpoint(image.address('runner_output'));
    expect(machine.run(machine.rootHz).kind).toBe('breakpoint');
    const deepest = Array.from({ length: STACK_BYTES / 4 }, (_, i) => machine.core.peek(RAM + 4 * i, 4)).findIndex((word) => word !== 0);
    expect(deepest * 4).toBeGreaterThan(STACK_BYTES / 4);
  });
});
