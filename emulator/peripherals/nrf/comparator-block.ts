/** What COMP and LPCOMP have in common beside the comparator itself: tasks, events, shortcuts, start-up. */
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { partFrom, type BlockContext } from '../block.js';
import { bit, choice } from '../registers/index.js';
import { Comparator, type Comparison } from '../comparator.js';
import type { TaskEvents } from './task-events.js';

/** Registers at the same places in both. */
export const COMPARATOR_REGISTERS = {
  TASKS_START:  { at: 0x000, kind: 'task' },
  TASKS_STOP:   { at: 0x004, kind: 'task' },
  TASKS_SAMPLE: { at: 0x008, kind: 'task' },
  EVENTS_READY: { at: 0x100, kind: 'event' },
  EVENTS_DOWN:  { at: 0x104, kind: 'event' },
  EVENTS_UP:    { at: 0x108, kind: 'event' },
  EVENTS_CROSS: { at: 0x10c, kind: 'event' },
  SHORTS:       { at: 0x200, fields: { READY_SAMPLE: bit(0), READY_STOP: bit(1), DOWN_STOP: bit(2), UP_STOP: bit(3), CROSS_STOP: bit(4) } },
  RESULT:       { at: 0x400, kind: 'ro', fields: { RESULT: choice(0, 0, { Below: 0, Above: 1 }) } },
} as const;

export const COMPARATOR_SHORTS = [
  { bit: 0, event: 'EVENTS_READY', task: 'TASKS_SAMPLE' },
  { bit: 1, event: 'EVENTS_READY', task: 'TASKS_STOP' },
  { bit: 2, event: 'EVENTS_DOWN', task: 'TASKS_STOP' },
  { bit: 3, event: 'EVENTS_UP', task: 'TASKS_STOP' },
  { bit: 4, event: 'EVENTS_CROSS', task: 'TASKS_STOP' },
] as const;

type CommonEvents = Pick<TaskEvents<typeof COMPARATOR_REGISTERS>, 'emit'>;

export class ComparatorBlock {
  readonly tasks = {
    TASKS_START: (): void => this.start(),
    TASKS_STOP: (): void => this.stop(),
    TASKS_SAMPLE: (): void => { this.result[0] = Number(this.comparator.isAbove); },
  };
  private readonly clock;
  private readonly comparator: Comparator;
  private readonly ready = timedEvent(() => this.begin());
  /** Given after construction, since they need `tasks`. */
  private events!: CommonEvents;
  private result!: Uint32Array;

  /**
   * @param startup from START to READY, and @param step between two looks at the voltages: ticks of 16 MHz
   * @param comparison as the registers say now
   */
  constructor(private readonly context: BlockContext, private readonly startup: number, step: number, private readonly comparison: () => Comparison) {
    this.clock = context.clock('clk');
    this.comparator = new Comparator(context.scheduler, this.clock, step, (isUp) => {
      this.events.emit(isUp ? 'EVENTS_UP' : 'EVENTS_DOWN');
      this.events.emit('EVENTS_CROSS');
    });
  }

  connect(events: CommonEvents, result: Uint32Array): void {
    this.events = events;
    this.result = result;
  }

  /** After a write to what makes the comparison. */
  change(): void {
    this.comparator.change(this.comparison());
  }

  stop(): void {
    this.context.scheduler.cancel(this.ready);
    this.comparator.stop();
  }

  reset(): void {
    this.stop();
    this.comparator.isAbove = false;
  }

  snapshot(): Snapshot {
    return { comparator: this.comparator.snapshot(), ready: saveEvent(this.ready) };
  }

  /** After the registers. */
  restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.comparator.restore(partFrom(from, 'comparator', name), this.comparison, name);
    restoreEvent(scheduler, this.ready, from['ready']);
  }

  private start(): void {
    this.context.scheduler.schedule(this.ready, this.clock.rootTickOf(this.clock.ticks() + this.startup));
  }

  private begin(): void {
    this.comparator.start(this.comparison());
    this.events.emit('EVENTS_READY');
  }
}
