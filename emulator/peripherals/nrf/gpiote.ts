/**
 * Nordic GPIOTE: tasks that change pads, events on their edges, and the PORT event on GPIO's DETECT.
 * Source: nRF52840 Product Specification v1.1, GPIOTE; nRF51 Reference Manual v3.0, GPIOTE (four channels, no SET and CLR
 * tasks, no port select). An edge is seen at once; on silicon it is synchronised to the 16 MHz clock.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap, type RegisterMap } from '../registers/index.js';
import { PADS, PadSet } from './pads.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { TaskEvents } from './task-events.js';

const MODE = choice(0, 1, { Disabled: 0, Event: 1, Task: 3 });
const POLARITY = choice(16, 17, { None: 0, LoToHi: 1, HiToLo: 2, Toggle: 3 });
const OUTINIT = choice(20, 20, { Low: 0, High: 1 });

export const GPIOTE = registerMap({
  TASKS_OUT:   { at: 0x000, kind: 'task', count: 8 },
  TASKS_SET:   { at: 0x030, kind: 'task', count: 8 },
  TASKS_CLR:   { at: 0x060, kind: 'task', count: 8 },
  EVENTS_IN:   { at: 0x100, kind: 'event', count: 8 },
  EVENTS_PORT: { at: 0x17c, kind: 'event' },
  INTENSET:    { at: 0x304, kind: 'w1s', fields: { IN: bits(0, 7), PORT: bit(31) } },
  INTENCLR:    { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  CONFIG:      { at: 0x510, count: 8, fields: { MODE, PSEL: bits(8, 12), PORT: bit(13), POLARITY, OUTINIT } },
  ...POWER_SWITCH,
});

export const GPIOTE_NRF51 = registerMap({
  TASKS_OUT:   { at: 0x000, kind: 'task', count: 4 },
  EVENTS_IN:   { at: 0x100, kind: 'event', count: 4 },
  EVENTS_PORT: { at: 0x17c, kind: 'event' },
  INTENSET:    { at: 0x304, kind: 'w1s', fields: { IN: bits(0, 3), PORT: bit(31) } },
  INTENCLR:    { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  CONFIG:      { at: 0x510, count: 4, fields: { MODE, PSEL: bits(8, 12), POLARITY, OUTINIT } },
  ...POWER_SWITCH,
});

type GpioteSpec = typeof GPIOTE.spec;

const EVENT = 1;
const TASK = 3;
const RISING = 1;
const FALLING = 2;
const TOGGLE = 3;
/** MODE, PSEL and PORT: what the pad depends on. */
const PAD_FIELDS = 0x3f03;

/** Of tasks in one clock cycle the first of these wins: "Task priorities" OUT, CLR, SET. */
const PRIORITY = { OUT: 1, CLR: 2, SET: 3 } as const;

export class Gpiote extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<GpioteSpec>;
  private readonly pads: PadSet<`${number}`>;
  private readonly CONFIG: Uint32Array;
  private readonly channels: number;
  /** What each channel drives in task mode. */
  private readonly levels: Uint8Array;
  /** Root tick and priority of the last task, and the level before it. */
  private readonly last: { tick: number; priority: number; before: number }[];
  private readonly watching: ((() => void) | undefined)[] = [];

  constructor(private readonly context: BlockContext, family: 'nrf51' | 'nrf52') {
    super();
    const pads = context.shared(PADS);
    this.pads = new PadSet(pads);
    this.channels = family === 'nrf51' ? 4 : 8;
    this.levels = new Uint8Array(this.channels);
    this.last = Array.from({ length: this.channels }, () => ({ tick: -1, priority: 0, before: 0 }));
    const map = family === 'nrf51' ? GPIOTE_NRF51 as unknown as RegisterMap<GpioteSpec> : GPIOTE;
    this.events = new TaskEvents(map, context, {
      tasks: {
        TASKS_OUT: (channel) => this.out(channel),
        TASKS_SET: (channel) => this.act(channel, PRIORITY.SET, () => 1),
        TASKS_CLR: (channel) => this.act(channel, PRIORITY.CLR, () => 0),
      },
      onWrite: {
        CONFIG: (value, channel, old) => this.configure(channel, value, old),
        POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')),
      },
    });
    this.registers = this.events.registers;
    this.CONFIG = this.registers.storage('CONFIG');
    pads.detect.subscribe((level) => { if (level) this.events.emit('EVENTS_PORT'); });
    this.reset();
  }

  override reset(): void {
    this.events.reset();
    this.levels.fill(0);
    for (let channel = 0; channel < this.channels; channel++) this.connect(channel);
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), levels: [...this.levels], last: this.last.flatMap(({ tick, priority, before }) => [tick, priority, before]) };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    const last = numbersFrom(from, 'last', name, 3 * this.channels);
    this.levels.set(numbersFrom(from, 'levels', name, this.channels));
    this.last.forEach((each, n) => Object.assign(each, { tick: last[3 * n], priority: last[3 * n + 1], before: last[3 * n + 2] }));
    this.pads.forget();
    for (let channel = 0; channel < this.channels; channel++) this.connect(channel);
    this.events.update();
  }

  private mode(channel: number): number { return this.CONFIG[channel] & 3; }
  private polarity(channel: number): number { return (this.CONFIG[channel] >>> 16) & 3; }

  /** Every write in task mode puts the pad at OUTINIT, changed or not: nrfx (nrf_gpiote_task_force) and CODAL's display go by that. */
  private configure(channel: number, value: number, old: number): void {
    if (this.mode(channel) !== TASK && ((value ^ old) & PAD_FIELDS) === 0) return;
    this.levels[channel] = (value >>> 20) & 1;
    this.last[channel].tick = -1;
    this.connect(channel);
  }

  private connect(channel: number): void {
    this.watching[channel]?.();
    this.watching[channel] = undefined;
    const mode = this.mode(channel);
    const psel = (this.CONFIG[channel] >>> 8) & 0x3f;
    if (mode !== TASK) this.pads.release(`${channel}`);
    if (mode === TASK) this.pads.hold(`${channel}`, psel, true)?.drive(this.levels[channel] !== 0);
    else if (mode === EVENT) this.listen(channel, psel);
  }

  /** "The pin will be configured as an input": what GPIO drove it to is let go of, and an edge that this makes is seen. */
  private listen(channel: number, psel: number): void {
    this.watching[channel] = this.context.shared(PADS).selected(psel)?.pin.net.onEdge((level) => this.see(channel, level));
    this.pads.hold(`${channel}`, psel, 'input');
  }

  private see(channel: number, level: boolean): void {
    if ((this.polarity(channel) & (level ? RISING : FALLING)) !== 0) this.events.emit('EVENTS_IN', channel);
  }

  private out(channel: number): void {
    const polarity = this.polarity(channel);
    if (polarity === TOGGLE) this.act(channel, PRIORITY.OUT, (level) => 1 - level);
    else if (polarity !== 0) this.act(channel, PRIORITY.OUT, () => (polarity === RISING ? 1 : 0));
  }

  private act(channel: number, priority: number, change: (level: number) => number): void {
    if (this.mode(channel) !== TASK) return;
    const tick = this.context.scheduler.now();
    const last = this.last[channel];
    const isTogether = last.tick === tick;
    if (isTogether && last.priority < priority) return;
    const before = isTogether && last.priority > priority ? last.before : this.levels[channel];
    Object.assign(last, { tick, priority, before });
    this.levels[channel] = change(before);
    this.pads.pin(`${channel}`)?.drive(this.levels[channel] !== 0);
  }
}

export const GPIOTE_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']) }),
  create: (context, { family }) => new Gpiote(context, family),
});
