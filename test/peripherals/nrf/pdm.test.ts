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
  return made;
}

function samples({ chip }: Bench<Pdm>, count: number): number[] {
  return [...new Int16Array(chip.ram.data.slice(BUFFER - chip.ram.base, BUFFER - chip.ram.base + 2 * count).buffer)];
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

  it.each([['left on the falling edge', 0, [8192, -16383]], ['left on the rising edge', 2, [-16383, 8192]]])('interleaves stereo, %s', (_, mode, expected) => {
    const made = withMicrophones({ falling: 0.25, rising: -0.5 });
    made.write('MODE', mode);
    made.write('SAMPLE.MAXCNT', 2);
    made.write('TASKS_START', 1);
    made.tick(64 * 31);
    expect(samples(made, 2)).toEqual(expected);
  });

  it.each([[0x28 + 12, 2], [0x28 - 12, 0.5], [0x50, 10], [0x00, 0.1]])('gain 0x%s is a factor of about %s', (gain, factor) => {
    const made = withMicrophones({ falling: 0.05 });
    made.write('MODE', 1);
    made.write('GAINL', gain);
    made.write('SAMPLE.MAXCNT', 1);
    made.write('TASKS_START', 1);
    made.tick(64 * 31);
    expect(samples(made, 1)[0] / (0.05 * 32767 * factor)).toBeCloseTo(1, 1);
  });

  it('takes PTR and MAXCNT at STARTED: what is written then counts for the next buffer', () => {
    const made = withMicrophones({ falling: 0.25 });
    made.write('MODE', 1);
    made.write('SAMPLE.MAXCNT', 1);
    made.write('TASKS_START', 1);
    made.write('SAMPLE.PTR', BUFFER + 8);
    made.write('EVENTS_STARTED', 0);
    made.tick(2 * 64 * 31);
    expect([made.peek('EVENTS_STARTED'), samples(made, 6).map((sample) => sample !== 0)]).toEqual([1, [true, false, false, false, true, false]]);
  });

  it('goes on from a buffer of no samples to the next, as soon as there is a sample', () => {
    const made = withMicrophones({ falling: 0.25 });
    made.write('MODE', 1);
    made.write('SAMPLE.MAXCNT', 0);
    made.write('TASKS_START', 1);
    made.write('SAMPLE.MAXCNT', 2);
    made.write('EVENTS_STARTED', 0);
    made.tick(2 * 64 * 31);
    expect([made.peek('EVENTS_END'), made.peek('EVENTS_STARTED'), samples(made, 3).map((sample) => sample !== 0)]).toEqual([1, 1, [true, true, false]]);
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

  it('hears the same from true bits while the data wire is watched, within a hundredth', () => {
    const made = withMicrophones({ falling: 0.25 });
    made.chip.context.net(DIN)!.onEdge(() => undefined);
    made.write('MODE', 1);
    made.write('SAMPLE.MAXCNT', 8);
    made.write('TASKS_START', 1);
    made.tick(8 * 64 * 31);
    expect(samples(made, 8)[7] / 32767).toBeCloseTo(0.25, 2);
  });
});
