/**
 * Nordic PPI: nRF52840 Product Specification v1.1, PPI. "Events that are synchronous to the 16 MHz clock will be delayed by one
 * clock period": a task begins one tick after its event.
 */
import { describe, expect, it } from 'vitest';
import { EGU } from '../../../emulator/peripherals/nrf/egu.js';
import { GPIOTE } from '../../../emulator/peripherals/nrf/gpiote.js';
import { PPI, PPI_NRF51 } from '../../../emulator/peripherals/nrf/ppi.js';
import { TIMER } from '../../../emulator/peripherals/nrf/timer.js';
import { EVENT_TOGGLE, signalChip, TASK_TOGGLE, TICK } from './signal-chip.js';

const setUp = () => {
  const on = signalChip();
  return {
    ...on,
    ppi: on.add('ppi', 'nrf/ppi', PPI, 0x4001_f000, { family: 'nrf52' }),
    timer0: on.add('timer0', 'nrf/timer', TIMER, 0x4000_8000, { cc: 4 }),
    timer1: on.add('timer1', 'nrf/timer', TIMER, 0x4000_9000, { cc: 4 }),
    gpiote: on.add('gpiote', 'nrf/gpiote', GPIOTE, 0x4000_6000, { family: 'nrf52' }),
    egu: on.add('egu0', 'nrf/egu', EGU, 0x4001_4000),
  };
};
type Chip = ReturnType<typeof setUp>;

function connect({ ppi }: Pick<Chip, 'ppi'>, channel: number, event: number, task: number): void {
  ppi.write(`CH_EEP[${channel}]`, event);
  ppi.write(`CH_TEP[${channel}]`, task);
  ppi.write('CHENSET', 1 << channel);
}

/** TIMER0 COMPARE[0] toggles P0.03; a wire leads to P0.04, whose edge captures TIMER1. Both timers start together. */
function loop(chip: Chip, ticks: number): void {
  const { timer0, timer1, gpiote } = chip;
  chip.wire(3, 4);
  gpiote.write('CONFIG[0]', TASK_TOGGLE(3));
  gpiote.write('CONFIG[1]', EVENT_TOGGLE(4));
  connect(chip, 0, timer0.at('EVENTS_COMPARE[0]'), gpiote.at('TASKS_OUT[0]'));
  connect(chip, 1, gpiote.at('EVENTS_IN[1]'), timer1.at('TASKS_CAPTURE[2]'));
  for (const timer of [timer0, timer1]) {
    timer.write('PRESCALER', 0);
    timer.write('BITMODE', 3);
  }
  timer0.write('CC[0]', ticks);
  timer0.write('TASKS_START', 1);
  timer1.write('TASKS_START', 1);
}

describe('TIMER COMPARE to GPIOTE OUT, pin, GPIOTE IN, TIMER CAPTURE', () => {
  it('captures two ticks after the compare: one for each channel', () => {
    const chip = setUp();
    loop(chip, 100);
    chip.tick(200);
    expect(chip.timer1.read('CC[2]')).toBe(100 + 2);
  });

  it('changes the pin one tick after the compare', () => {
    const chip = setUp();
    loop(chip, 100);
    const edges: number[] = [];
    chip.net(3).onEdge((_level, at) => edges.push(at));
    chip.tick(200);
    expect(edges).toEqual([101 * TICK]);
  });

  it.each([1, 7, 12, 33, 500])('captures the same while the core is busy for %i ticks at a time', (busy) => {
    const chip = setUp();
    loop(chip, 100);
    for (let passed = 0; passed < 600; passed += busy) chip.stall(busy);
    expect(chip.timer1.read('CC[2]')).toBe(100 + 2);
  });

  it.each([50, 100, 101])('captures the same when it goes on from a snapshot at tick %i', (ticks) => {
    const first = setUp();
    loop(first, 100);
    first.tick(ticks);
    const second = setUp();
    loop(second, 100);
    second.restore(first.snapshot());
    second.tick(200);
    expect(second.timer1.read('CC[2]')).toBe(100 + 2);
  });
});

describe('a channel', () => {
  it('does nothing while it is not enabled', () => {
    const chip = setUp();
    connect(chip, 3, chip.egu.at('EVENTS_TRIGGERED[0]'), chip.egu.at('TASKS_TRIGGER[1]'));
    chip.ppi.write('CHENCLR', 1 << 3);
    chip.egu.write('TASKS_TRIGGER[0]', 1);
    chip.tick(2);
    expect(chip.egu.read('EVENTS_TRIGGERED[1]')).toBe(0);
  });

  it('triggers a second task with FORK.TEP at the same tick', () => {
    const chip = setUp();
    connect(chip, 0, chip.egu.at('EVENTS_TRIGGERED[0]'), chip.egu.at('TASKS_TRIGGER[1]'));
    chip.ppi.write('FORK_TEP[0]', chip.egu.at('TASKS_TRIGGER[2]'));
    chip.egu.write('TASKS_TRIGGER[0]', 1);
    chip.tick(1);
    expect([chip.egu.read('EVENTS_TRIGGERED[1]'), chip.egu.read('EVENTS_TRIGGERED[2]')]).toEqual([1, 1]);
  });

  it('has its end points fixed from channel 20 on: 31 starts TIMER0 at RTC0 COMPARE[0]', () => {
    const chip = setUp();
    const rtc0 = chip.add('rtc0', 'nrf/timer', TIMER, 0x4000_b000, { cc: 4 });
    rtc0.write('MODE', 1);
    rtc0.write('CC[0]', 1);
    chip.ppi.write('CHENSET', 1 << 31);
    rtc0.write('TASKS_START', 1);
    rtc0.write('TASKS_COUNT', 1);
    chip.tick(1 + 16 * 5);
    chip.timer0.write('TASKS_CAPTURE[0]', 1);
    expect(chip.timer0.read('CC[0]')).toBe(5);
  });

  it('in a ring with another goes round once every two ticks and hangs nothing', () => {
    const chip = setUp();
    connect(chip, 0, chip.egu.at('EVENTS_TRIGGERED[0]'), chip.egu.at('TASKS_TRIGGER[1]'));
    connect(chip, 1, chip.egu.at('EVENTS_TRIGGERED[1]'), chip.egu.at('TASKS_TRIGGER[0]'));
    chip.ppi.write('FORK_TEP[1]', chip.timer0.at('TASKS_COUNT'));
    chip.timer0.write('MODE', 1);
    chip.timer0.write('TASKS_START', 1);
    chip.egu.write('TASKS_TRIGGER[0]', 1);
    chip.tick(2000);
    chip.timer0.write('TASKS_CAPTURE[0]', 1);
    expect(chip.timer0.read('CC[0]')).toBe(1000);
  });

  it('says once when no block has its event', () => {
    const chip = setUp();
    connect(chip, 0, 0x4003_3100, chip.egu.at('TASKS_TRIGGER[1]'));
    expect(chip.chip.warnings).toEqual(['ppi: channel 0 is enabled and EEP names no event: no modelled block has one at 0x40033100']);
  });
});

describe('channel groups', () => {
  it('switch each other: of two channels on one event each has every second turn', () => {
    const chip = setUp();
    const { ppi, egu } = chip;
    connect(chip, 0, egu.at('EVENTS_TRIGGERED[0]'), egu.at('TASKS_TRIGGER[1]'));
    connect(chip, 1, egu.at('EVENTS_TRIGGERED[0]'), egu.at('TASKS_TRIGGER[2]'));
    ppi.write('CHENCLR', 1 << 1);
    ppi.write('CHG[0]', 1 << 0);
    ppi.write('CHG[1]', 1 << 1);
    connect(chip, 2, egu.at('EVENTS_TRIGGERED[1]'), ppi.at('TASKS_CHG_DIS[0]'));
    ppi.write('FORK_TEP[2]', ppi.at('TASKS_CHG_EN[1]'));
    connect(chip, 3, egu.at('EVENTS_TRIGGERED[2]'), ppi.at('TASKS_CHG_DIS[1]'));
    ppi.write('FORK_TEP[3]', ppi.at('TASKS_CHG_EN[0]'));
    const turns = Array.from({ length: 4 }, () => {
      egu.write('EVENTS_TRIGGERED[1]', 0);
      egu.write('EVENTS_TRIGGERED[2]', 0);
      egu.write('TASKS_TRIGGER[0]', 1);
      chip.tick(4);
      return [egu.read('EVENTS_TRIGGERED[1]'), egu.read('EVENTS_TRIGGERED[2]')];
    });
    expect(turns).toEqual([[1, 0], [0, 1], [1, 0], [0, 1]]);
  });

  it('enable a channel that is enabled and disabled at the same tick', () => {
    const chip = setUp();
    const { ppi, egu } = chip;
    ppi.write('CHG[0]', 1 << 9);
    ppi.write('CHG[1]', 1 << 9);
    connect(chip, 0, egu.at('EVENTS_TRIGGERED[0]'), ppi.at('TASKS_CHG_EN[0]'));
    connect(chip, 1, egu.at('EVENTS_TRIGGERED[0]'), ppi.at('TASKS_CHG_DIS[1]'));
    egu.write('TASKS_TRIGGER[0]', 1);
    chip.tick(1);
    expect(ppi.read('CHEN') >>> 9).toBe(1);
  });
});

it('has 16 channels and no forks on nRF51', () => {
  const chip = signalChip();
  const ppi = chip.add('ppi', 'nrf/ppi', PPI_NRF51, 0x4001_f000, { family: 'nrf51' });
  ppi.write('CHEN', 0xffff_ffff);
  expect(ppi.read('CHEN')).toBe(0xfff0_ffff);
});
