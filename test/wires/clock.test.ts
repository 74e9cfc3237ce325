/** Clocks on nets: their rate is known, their levels are there, their edges come for who watches. */
import { describe, expect, it } from 'vitest';
import { ClockOutput, halvesOf, steadyClock, tickOfHalf } from '../../emulator/wires/clock.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { ManualTime } from '../support/manual-time.js';

function bench() {
  const time = new ManualTime(1_000_000);
  const net = new Net('MCK', time.queue);
  return { time, net, pin: new Pin('block', net), output: new ClockOutput(time.queue) };
}

/** A period of 10 / 3 ticks: half n begins at tick ceil(n * 5 / 3). */
const CLOCK = steadyClock(0, 10, 3);

describe('a clock', () => {
  it('begins half n at the first tick at or after n halves, and counts as many there', () => {
    expect(Array.from({ length: 7 }, (_, n) => [tickOfHalf(CLOCK, n), halvesOf(CLOCK, tickOfHalf(CLOCK, n))])).toEqual([[0, 0], [2, 1], [4, 2], [5, 3], [7, 4], [9, 5], [10, 6]]);
  });

  it('has levels without events: high in even halves', () => {
    const { time, net, pin, output } = bench();
    output.start(pin, CLOCK);
    const levels = Array.from({ length: 10 }, () => {
      const { level } = net;
      time.advance(1);
      return Number(level);
    });
    expect([levels, time.queue.length]).toEqual([[1, 1, 0, 0, 1, 0, 0, 1, 1, 0], 0]);
  });

  it('drives its edges while somebody watches, and no longer', () => {
    const { time, net, pin, output } = bench();
    output.start(pin, CLOCK);
    const edges: number[] = [];
    const end = net.onEdge((level, at) => edges.push(level ? at : -at));
    time.advance(10);
    end();
    time.advance(10);
    expect([edges.slice(-5), time.queue.length]).toEqual([[4, -5, 7, -9, 10], 0]);
  });

  it('tells its rate, and that it has stopped', () => {
    const { net, pin, output } = bench();
    const seen: unknown[] = [];
    net.onClock(() => seen.push(net.clock));
    output.start(pin, CLOCK);
    output.stop();
    expect(seen).toEqual([CLOCK, undefined]);
  });

  it('goes on from a snapshot, watched or not', () => {
    for (const isWatched of [false, true]) {
      const [first, second] = [bench(), bench()];
      for (const { net } of [first, second]) if (isWatched) net.onEdge(() => undefined);
      first.output.start(first.pin, CLOCK);
      first.time.advance(5);
      second.time.jump(5);
      second.time.queue.restore(first.time.queue.snapshot());
      second.net.restore(first.net.snapshot());
      second.output.restore(first.output.snapshot(), second.pin);
      const run = ({ time, net }: ReturnType<typeof bench>): boolean[] => Array.from({ length: 20 }, () => {
        time.advance(1);
        return net.level;
      });
      expect(run(second)).toEqual(run(first));
    }
  });
});
