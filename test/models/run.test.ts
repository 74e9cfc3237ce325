/**
 * Models on boards: outputs against arithmetic by hand, on every core and both engines; cycles that stopping does not change; and what
 * is refused.
 */
import { describe, expect, it } from 'vitest';
import { createMachine, ModelError, readModel, runModel, runnerCore, storedValues, type ModelReport, type ModelRunOptions } from '../../emulator/index.js';
import { RunnerImage, roomOf } from '../../emulator/models/place.js';
import { boardNamed, FULLY_CONNECTED, runner, tflite, THREE_LAYERS } from '../support/models.js';

const ENGINES = ['interpreter', 'translator'] as const;
/** One of each core: Cortex-M0, M0+, M3, M4, M7, and the Nordic chips. */
const BOARDS = ['mps2-an382', 'mps2-an383', 'mps2-an385', 'mps2-an386', 'mps2-an500', 'nano33ble', 'nrf52840dk', 'microbit', 'microbit-v2'];

const fullyConnected = readModel(tflite(FULLY_CONNECTED));
const threeLayers = readModel(tflite(THREE_LAYERS));
const bytes = (...values: number[]): Uint8Array => new Uint8Array(Int8Array.from(values).buffer);

function run(board: string, model = fullyConnected, options: Partial<ModelRunOptions> = {}): ModelReport {
  const description = boardNamed(board);
  return runModel(description, runner(runnerCore(description)), model, { inputs: () => [bytes(1, 2, 3, 4)], ...options });
}

describe.each(BOARDS)('a model on %s', (board) => {
  // 2 (1 + 2 + 3 + 4) = 20, 1 - 4 = -3; 2 (30 + 30 + 30 + 30) = 240 is past the range: 127, and 30 - 30 = 0.
  it.each(ENGINES)('gives what it computes, run after run, with the %s', (engine) => {
    const inputs = [bytes(1, 2, 3, 4), bytes(30, 30, 30, 30)];
    const { outputs } = run(board, fullyConnected, { engine, runs: 2, inputs: (index) => [inputs[index]] });
    expect(outputs.map(([output]) => [...storedValues(fullyConnected.outputs[0], output)])).toEqual([[20, -3], [127, 0]]);
  });

  it('has a row for each layer, whose cycles make the total', () => {
    const { layers, cycles } = run(board, threeLayers);
    expect([layers.map(({ index, operator, outputShape, macs }) => [index, operator, outputShape, macs]), layers.reduce((sum, layer) => sum + layer.cycles, 0)])
      .toEqual([[[0, 'FULLY_CONNECTED', [1, 2], 8], [1, 'SOFTMAX', [1, 2], 0], [2, 'RESHAPE', [2], 0]], cycles]);
  });

  it('takes the same cycles in both engines', () => {
    const [one, other] = ENGINES.map((engine) => run(board, threeLayers, { engine, runs: 3 }));
    expect(one).toEqual(other);
  });
});

describe('figures', () => {
  /** From the first layer's marker to the last one's, with breakpoints at the first input and the first output alone. */
  function cyclesBetween(from: string, to: string): number {
    const board = boardNamed('nano33ble');
    const image = new RunnerImage(runner('cortex-m4'));
    const machine = createMachine(board);
    machine.load(image.with(threeLayers, roomOf(board)));
    machine.setBreakpoint(image.address(from));
    machine.setBreakpoint(image.address(to));
    const stops = [machine.run(machine.rootHz), machine.run(machine.rootHz)];
    expect(stops.map((stop) => stop.kind === 'breakpoint' && stop.address)).toEqual([image.address(from), image.address(from)]);
    machine.clearBreakpoint(image.address(from));
    const start = machine.cycles;
    machine.run(machine.rootHz);
    return machine.cycles - start;
  }

  // The second layer begins where the marker is called for the second time; what lies between that and the output is the second and third layer, and the call's return.
  it('do not grow by being looked at', () => {
    const { layers } = run('nano33ble', threeLayers, { inputs: () => [new Uint8Array(4)] });
    const rest = cyclesBetween('inference_layer', 'runner_output') - layers[1].cycles - layers[2].cycles;
    expect(rest).toBeGreaterThan(0);
    expect(rest).toBeLessThan(100);
  });

  it('latency is cycles at the clock of the board', () => {
    const { cycles, seconds, clockHz } = run('nano33ble');
    expect([clockHz, Math.round(seconds * 64e6)]).toEqual([64_000_000, Math.round(cycles)]);
  });

  // 3.3 mA at 3 V are 9.9 mW: 9.9 microjoules a millisecond.
  it('energy is current times voltage times time', () => {
    const { microjoules, seconds } = run('nano33ble');
    expect(microjoules).toBeCloseTo(9900 * seconds, 9);
  });

  it('energy is not known where the chip file says nothing', () => {
    const { energy, microjoules, layers } = run('mps2-an386');
    expect([energy, microjoules, layers[0].microjoules]).toEqual([undefined, undefined, undefined]);
  });

  it('flash is image and model, RAM is stack, data and arena', () => {
    const { flash, ram } = run('nano33ble');
    expect([flash.imageBytes + flash.modelBytes + flash.leftBytes, ram.fixedBytes + ram.arenaBytes + ram.leftBytes]).toEqual([1 << 20, 256 << 10]);
  });

  it('the mean of several runs is theirs', () => {
    const { cyclesOfRuns, cycles } = run('nano33ble', threeLayers, { runs: 4 });
    expect([cyclesOfRuns.length, cyclesOfRuns.reduce((a, b) => a + b, 0) / 4]).toEqual([4, cycles]);
  });
});

describe('what is refused, in one line', () => {
  const refusal = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      if (error instanceof ModelError) return error.message;
      throw error;
    }
    return 'not refused';
  };
  /** A model that begins with an input of so many bytes, halves it by adding it to itself, and carries so many bytes of constants. */
  const large = (activations: number, constants: number): string => `
x = m.tensor('x', 'INT8', (1, ${activations}), scale=1.0)
y = m.tensor('y', 'INT8', (1, ${activations}), scale=2.0)
m.operator('ADD', [x, x], [y])
m.constant('c', 'INT8', (${Math.max(1, constants)},), bytes(${Math.max(1, constants)}))
m.inputs, m.outputs = [x], [y]`;

  it('a board with an AVR', () => {
    expect(refusal(() => run('arduino-uno'))).toBe('Arduino Uno R3 has an AVR core: networks run on boards with a Cortex-M');
  });

  it('a model that does not fit flash: by how much, and whether RAM would do', () => {
    const model = readModel(tflite(large(16, 3 << 20)));
    const image = new RunnerImage(runner('cortex-m4')).address('image_end');
    expect(refusal(() => run('nano33ble', model))).toMatch(new RegExp(`^does not fit Arduino Nano 33 BLE Sense: flash is short of ${image + model.bytes.length - (1 << 20)} bytes \\(runner ${image} \\+ model ${model.bytes.length} = ${image + model.bytes.length} of 1048576\\); RAM is enough \\(\\d+ of 262144 bytes\\)`));
  });

  it('a model that does not fit RAM: by how much', () => {
    const message = refusal(() => run('microbit', readModel(tflite(large(10_000, 0)))));
    const [, short, fixed, arena, needed] = /flash is enough .* RAM is short of (\d+) bytes \(runner (\d+) \+ arena (\d+) = (\d+) of 16384\)/.exec(message)!.map(Number);
    expect([fixed + arena, needed - 16_384, arena > 20_000]).toEqual([needed, short, true]);
  });

  it('one that fits neither: by how much each', () => {
    expect(refusal(() => run('microbit', readModel(tflite(large(10_000, 1 << 19)))))).toMatch(/flash is short of \d+ bytes .* RAM is short of \d+ bytes/);
  });

  it('RAM that would just do is what it says', () => {
    // What the refusal says is needed is what a board with more RAM reports.
    const model = readModel(tflite(large(10_000, 0)));
    const arena = Number(/arena (\d+) /.exec(refusal(() => run('microbit', model)))![1]);
    expect(run('mps2-an382', model, { inputs: () => [new Uint8Array(10_000)] }).arenaBytes).toBe(arena);
  });

  it.each([
    ['an operator that the runtime lacks, with its layer', THREE_LAYERS.replace("m.operator('SOFTMAX', [y], [p], beta=1.0)", "m.operator('SIN', [y], [p])"), 'layer 1 is the operator SIN, which the runtime does not have'],
    ['an operator on types that it does not take', FULLY_CONNECTED.replace("m.tensor('y', 'INT8'", "m.tensor('y', 'FLOAT32'"), 'layer 0 (FULLY_CONNECTED) has '],
    ['shapes that do not fit', FULLY_CONNECTED.replace('(1, 4), scale', '(1, 3), scale'), 'layer 0 (FULLY_CONNECTED) has '],
  ])('%s', (_, python, message) => {
    const model = readModel(tflite(python));
    expect(refusal(() => run('nano33ble', model, { inputs: () => [new Uint8Array(model.inputs[0].bytes)] }))).toContain(message);
  });

  it('a run that takes longer than it may', () => {
    expect(refusal(() => run('nano33ble', fullyConnected, { secondsOfRun: 1e-6 }))).toMatch(/^does not end: one run has taken more than 0.000001 s of virtual time/);
  });

  it('an image that is no runner', () => {
    const board = boardNamed('nano33ble');
    expect(refusal(() => runModel(board, { ...runner('cortex-m4'), symbols: [] }, fullyConnected, { inputs: () => [] }))).toBe('the runner image has no symbol runner_parameters: build it with make -C firmware-samples/runner');
  });

  it('changed bytes: refused or run, and never a crash or a run without end', () => {
    const file = threeLayers.bytes;
    const outcomes = Array.from({ length: 60 }, (_, i) => {
      const changed = file.slice();
      // Every place in turn, from the tables at the end backward.
      changed[file.length - 1 - ((i * 37) % file.length)] ^= 1 << (i % 8);
      try {
        const model = readModel(changed);
        run('nano33ble', model, { inputs: () => model.inputs.map((tensor) => new Uint8Array(tensor.bytes)), secondsOfRun: 0.1 });
        return 'run';
      } catch (error) {
        if (error instanceof ModelError) return 'refused';
        throw error;
      }
    });
    expect(new Set(outcomes)).toEqual(new Set(['run', 'refused']));
  }, 120_000);
});
