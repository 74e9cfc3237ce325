/** What parts draw: ticks by state, exactly, and charge as current times time. */
import { describe, expect, it } from 'vitest';
import { ChargeMeter } from '../../emulator/sensors/index.js';
import { ManualTime } from '../support/manual-time.js';

function meterAt(rootHz = 1000): { time: ManualTime; meter: ChargeMeter } {
  const time = new ManualTime(rootHz);
  return { time, meter: new ChargeMeter(time.queue) };
}

describe('a charge meter', () => {
  it('counts ticks in each state and what flows in them', () => {
    const { time, meter } = meterAt();
    meter.draws('sleep', 2);
    time.advance(3000);
    meter.draws('measuring', 500);
    time.advance(250);
    meter.draws('sleep', 2);
    time.advance(1000);
    expect(meter.uses()).toEqual([
      { state: 'sleep', microamps: 2, rootTicks: 4000, microcoulombs: 8 },
      { state: 'measuring', microamps: 500, rootTicks: 250, microcoulombs: 125 },
    ]);
  });

  it('counts nothing without supply but the time', () => {
    const { time, meter } = meterAt();
    meter.draws('measuring', 500);
    meter.power(false);
    time.advance(1000);
    expect(meter.uses()).toEqual([{ state: 'unpowered', microamps: 0, rootTicks: 1000, microcoulombs: 0 }]);
  });

  it('says nothing of a part that says nothing', () => {
    const { time, meter } = meterAt();
    time.advance(1000);
    expect(meter.uses()).toEqual([]);
  });

  it('goes on from a snapshot', () => {
    const [first, second] = [meterAt(), meterAt()];
    first.meter.draws('sleep', 2);
    first.time.advance(500);
    second.time.jump(500);
    second.meter.restore(first.meter.snapshot());
    second.time.advance(500);
    expect(second.meter.uses()).toEqual([{ state: 'sleep', microamps: 2, rootTicks: 1000, microcoulombs: 2 }]);
  });
});
