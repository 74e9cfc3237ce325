import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { restoreEvent, saveEvent, timedEvent } from '../../emulator/time/event-queue.js';
import { ManualTime } from '../support/manual-time.js';

describe('the event queue', () => {
  it('fires by due tick, then priority, then age', () => {
    const { queue } = new ManualTime();
    const fired: string[] = [];
    const named = (name: string, priority: number) => timedEvent(() => fired.push(name), priority);
    queue.schedule(named('late', 0), 20);
    queue.schedule(named('low', 5), 10);
    queue.schedule(named('first of two', 1), 10);
    queue.schedule(named('second of two', 1), 10);
    expect(queue.runDue(20)).toBe(4);
    expect(fired).toEqual(['first of two', 'second of two', 'low', 'late']);
  });

  it('is at the due tick of an event that fires late', () => {
    const { queue } = new ManualTime();
    const seen: number[] = [];
    queue.schedule(timedEvent(() => seen.push(queue.now())), 10);
    queue.runDue(9);
    queue.runDue(13);
    expect(seen).toEqual([10]);
  });

  it('moves an event that is scheduled again', () => {
    const { queue } = new ManualTime();
    const event = timedEvent(() => undefined);
    queue.schedule(event, 10);
    queue.schedule(event, 5);
    expect([queue.length, queue.nextDue()]).toEqual([1, 5]);
    queue.schedule(event, 50);
    expect([queue.length, queue.nextDue()]).toEqual([1, 50]);
    queue.cancel(event);
    queue.cancel(event);
    expect([queue.length, queue.nextDue(), event.slot]).toEqual([0, Infinity, -1]);
  });

  it('fires what a fired event schedules for the same tick', () => {
    const { queue } = new ManualTime();
    const fired: string[] = [];
    const second = timedEvent(() => fired.push('second'));
    queue.schedule(timedEvent(() => { fired.push('first'); queue.schedule(second, 10); }), 10);
    queue.runDue(10);
    expect(fired).toEqual(['first', 'second']);
  });

  it('says when something became the earliest', () => {
    const { queue } = new ManualTime();
    const earlier: number[] = [];
    queue.onEarlier = (due) => earlier.push(due);
    for (const due of [50, 60, 40, 40, 30]) queue.schedule(timedEvent(() => undefined), due);
    expect(earlier).toEqual([50, 40, 30]);
  });

  it.each([[9, /before now/], [10.5, /no whole root tick/], [NaN, /no whole/], [Infinity, /no whole/]])('refuses a due tick of %s at tick 10', (due, message) => {
    const time = new ManualTime();
    time.jump(10);
    expect(() => time.queue.schedule(timedEvent(() => undefined), due)).toThrow(message);
  });

  it('ends a device that reschedules itself for now without end', () => {
    const { queue } = new ManualTime();
    const event = timedEvent(() => queue.schedule(event, 0));
    queue.schedule(event, 0);
    expect(() => queue.runDue(0)).toThrow(/reschedules itself without end/);
  });

  it('agrees with a sorted list under any mix of schedules, moves and cancels', () => {
    const step = fc.record({ which: fc.nat(15), due: fc.nat(30), cancel: fc.boolean() });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { queue } = new ManualTime();
      const fired: number[] = [];
      const events = Array.from({ length: 16 }, (_, i) => timedEvent(() => fired.push(i), i % 3));
      const model = new Map<number, { due: number; age: number }>();
      steps.forEach(({ which, due, cancel }, age) => {
        if (cancel) {
          queue.cancel(events[which]);
          model.delete(which);
        } else {
          queue.schedule(events[which], due);
          model.set(which, { due, age });
        }
      });
      const expected = [...model].sort(([i, a], [j, b]) => a.due - b.due || (i % 3) - (j % 3) || a.age - b.age).map(([i]) => i);
      queue.runDue(30);
      expect(fired).toEqual(expected);
    }));
  });

  it('keeps the order of ties through a snapshot, in whatever order devices restore', () => {
    const { queue } = new ManualTime();
    const fired: string[] = [];
    const [a, b] = ['a', 'b'].map((name) => timedEvent(() => fired.push(name)));
    queue.schedule(a, 10);
    queue.schedule(b, 10);
    const saved = { queue: queue.snapshot(), a: saveEvent(a), b: saveEvent(b) };
    queue.runDue(10);
    queue.restore(saved.queue);
    restoreEvent(queue, b, saved.b);
    restoreEvent(queue, a, saved.a);
    queue.runDue(10);
    expect(fired).toEqual(['a', 'b', 'a', 'b']);
    expect(saveEvent(a)).toBe(null);
    expect(() => restoreEvent(queue, a, [1])).toThrow(/neither null nor/);
  });
});
