/** Nordic PDM: nRF52840 Product Specification v1.1, PDM. The bench's clock stands for PCLK32M. */
import { describe, expect, it } from 'vitest';
import { PDM, type Pdm } from '../../../emulator/peripherals/nrf/pdm.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import { PdmMicrophone } from '../../../emulator/wires/pdm.js';
import { bench, type Bench } from '../bench.js';

const BUFFER = 0x2000_0100;
const CLK = 26, DIN = 25;

/** A block with pads, and microphones on them: the sound each hears is constant. */
function withMicrophones(sounds: { readonly falling?: number; readonly rising?: number }): Bench<Pdm> {
  const made = bench<typeof PDM.spec, Pdm>(PDM, 'nrf/pdm');
  const { chip } = made;
  BLOCKS['nrf/gpio'].create(chip.contextFor('gpio0', 0x5000_0000), { port: 0, hasLatch: true }).reset();
  for (const edge of ['falling', 'rising'] as const) {
    const sound = sounds[edge];
    if (sound !== undefined) new PdmMicrophone(chip.queue, { amplitude: () => sound }, { clock: chip.context.net(CLK)!, data: chip.context.net(DIN)!, sampledOn: edge });
  }
  made.write('PSEL.CLK', CLK);
  made.write('PSEL.DIN', DIN);
  made.write('ENABLE', 1);
  made.write('SAMPLE.PTR', BUFFER);
  chip.ram.data.fill(0x55, BUFFER - chip.ram.base);
  return made;
}

/** G_PDM,default. */
const DEFAULT_GAIN = 10 ** (3.2 / 20);
/** After these the filter has forgotten the time before START, and 64 clocks of 31 cycles each. */
const SETTLED = 24;
const SAMPLE_TICKS = 64 * 31;

/** In memory that no sample has been written to. */
const UNTOUCHED = 0x5555;

function samples({ chip }: Bench<Pdm>, count: number): number[] {
  return [...new Int16Array(chip.ram.data.slice(BUFFER - chip.ram.base, BUFFER - chip.ram.base + 2 * count).buffer)];
}

function written(made: Bench<Pdm>, count: number): boolean[] {
  return samples(made, count).map((sample) => sample !== UNTOUCHED);
}

describe('PDM', () => {
  it('ends a buffer of 4 mono samples after 4 times 64 clocks of 31 cycles', () => {
    const made = withMicrophones({ falling: 0.25 });
    made.write('MODE', 1);
    made.write('SAMPLE.MAXCNT', 4);
    made.write('TASKS_START', 1);
    expect(made.ticksUntil(() => made.peek('EVENTS_END') === 1)).toBe(4 * 64 * 31);
  });

  it.each([[0x0800_0000, 32], [0x0a80_0000, 24], [0x0a00_0000, 25]])('PDMCLKCTRL 0x%s divides by %s', (value, divider) => {
    const made = withMicrophones({ falling: 0.25 });
    made.write('PDMCLKCTRL', value);
    made.write('RATIO', 1);
    made.write('MODE', 1);
    made.write('SAMPLE.MAXCNT', 1);
    made.write('TASKS_START', 1);
    expect(made.ticksUntil(() => made.peek('EVENTS_END') === 1)).toBe(80 * divider);
  });

  it.each([['left on the falling edge', 0, [0.25, -0.5]], ['left on the rising edge', 2, [-0.5, 0.25]]])('interleaves stereo, %s', (_, mode, sounds) => {
    const made = withMicrophones({ falling: 0.25, rising: -0.5 });
    made.write('MODE', mode);
    made.write('SAMPLE.MAXCNT', 2 * SETTLED);
    made.write('TASKS_START', 1);
    made.tick(SETTLED * SAMPLE_TICKS);
    const errors = samples(made, 2 * SETTLED).slice(-2).map((sample, n) => sample - 32767 * sounds[n] * DEFAULT_GAIN);
    expect(errors.filter((error) => Math.abs(error) > 2)).toEqual([]);
  });

  it.each([[0x28, 0], [0x28 + 6, 3], [0x28 - 6, -3], [0x28 - 12, -6], [0x50, 20], [0x00, -20]])('gain 0x%s is %s dB about the default of 3.2 dB', (gain, db) => {
    const made = withMicrophones({ falling: 0.05 });
    made.write('MODE', 1);
    made.write('GAINL', gain);
    made.write('SAMPLE.MAXCNT', SETTLED);
    made.write('TASKS_START', 1);
    made.tick(SETTLED * SAMPLE_TICKS);
    const expected = 0.05 * 32767 * 10 ** ((3.2 + db) / 20);
    expect(Math.abs(samples(made, SETTLED)[SETTLED - 1] - expected)).toBeLessThan(1 + expected / 1000);
  });

  it('holds what the gain makes too large at the end of int16', () => {
    const made = withMicrophones({ falling: 1, rising: -1 });
    made.write('SAMPLE.MAXCNT', 2 * SETTLED);
    made.write('TASKS_START', 1);
    made.tick(SETTLED * SAMPLE_TICKS);
    expect(samples(made, 2 * SETTLED).slice(-2)).toEqual([32767, -32768]);
  });

  it('takes PTR and MAXCNT at STARTED: what is written then counts for the next buffer', () => {
    const made = withMicrophones({ falling: 0.25 });
    made.write('MODE', 1);
    made.write('SAMPLE.MAXCNT', 1);
    made.write('TASKS_START', 1);
    made.write('SAMPLE.PTR', BUFFER + 8);
    made.write('EVENTS_STARTED', 0);
    made.tick(2 * 64 * 31);
    expect([made.peek('EVENTS_STARTED'), written(made, 6)]).toEqual([1, [true, false, false, false, true, false]]);
  });

  it('goes on from a buffer of no samples to the next, as soon as there is a sample', () => {
    const made = withMicrophones({ falling: 0.25 });
    made.write('MODE', 1);
    made.write('SAMPLE.MAXCNT', 0);
    made.write('TASKS_START', 1);
    made.write('SAMPLE.MAXCNT', 2);
    made.write('EVENTS_STARTED', 0);
    made.tick(2 * 64 * 31);
    expect([made.peek('EVENTS_END'), made.peek('EVENTS_STARTED'), written(made, 3)]).toEqual([1, 1, [true, true, false]]);
  });

  it('stops at the end of a sample', () => {
    const made = withMicrophones({ falling: 0.25 });
    made.write('MODE', 1);
    made.write('SAMPLE.MAXCNT', 100);
    made.write('TASKS_START', 1);
    made.tick(100);
    made.write('TASKS_STOP', 1);
    expect([made.ticksUntil(() => made.peek('EVENTS_STOPPED') === 1), made.scheduled()]).toEqual([64 * 31 - 100, 0]);
  });

  it('interrupts at END', () => {
    const made = withMicrophones({ falling: 0.25 });
    made.write('INTENSET', 4);
    made.write('SAMPLE.MAXCNT', 1);
    made.write('TASKS_START', 1);
    made.tick(64 * 31);
    expect(made.level('irq')).toBe(true);
  });

  it('makes the same of true bits while the data wire is watched', () => {
    const [short, true_] = [false, true].map((isWatched) => {
      const made = withMicrophones({ falling: 0.25, rising: -0.1 });
      if (isWatched) made.chip.context.net(DIN)!.onEdge(() => undefined);
      made.write('SAMPLE.MAXCNT', 60);
      made.write('TASKS_START', 1);
      made.tick(30 * SAMPLE_TICKS);
      return samples(made, 60);
    });
    expect(short).toEqual(true_);
  });
});
