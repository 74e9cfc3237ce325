/**
 * Nordic PPI: channels that lead events to tasks without the core, and groups that switch channels.
 * Source: nRF52840 Product Specification v1.1, PPI; nRF51 Reference Manual v3.0, PPI (16 channels, 4 groups, no FORK).
 * Channels work in step with the 16 MHz clock: a task begins at the first edge of that clock
 * after its event, so one period after an event that is itself on an edge.
 */
import { z } from 'zod';
import type { Snapshot, SnapshotValue } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, registerMap, type Field, type RegisterMap } from '../registers/index.js';
import { FABRIC, type Fabric } from './fabric.js';
import { FIRST_FIXED, FIXED_CHANNELS } from './ppi-channels.js';
import { TaskEvents } from './task-events.js';

const CHANNELS = 32;

/** One bit for each channel of the chip. */
function channelFields(programmable: number): Record<string, Field> {
  const channels = Array.from({ length: CHANNELS }, (_, n) => n).filter((n) => n < programmable || n >= FIRST_FIXED);
  return Object.fromEntries(channels.map((n) => [`CH${n}`, bit(n)]));
}

export const PPI = registerMap({
  TASKS_CHG_EN:  { at: 0x000, kind: 'task', count: 6, stride: 8 },
  TASKS_CHG_DIS: { at: 0x004, kind: 'task', count: 6, stride: 8 },
  CHEN:          { at: 0x500, fields: channelFields(20) },
  CHENSET:       { at: 0x504, kind: 'setBits', of: 'CHEN' },
  CHENCLR:       { at: 0x508, kind: 'clearBits', of: 'CHEN' },
  CH_EEP:        { at: 0x510, count: 20, stride: 8 },
  CH_TEP:        { at: 0x514, count: 20, stride: 8 },
  CHG:           { at: 0x800, count: 6, fields: channelFields(20) },
  FORK_TEP:      { at: 0x910, count: CHANNELS },
});

export const PPI_NRF51 = registerMap({
  TASKS_CHG_EN:  { at: 0x000, kind: 'task', count: 4, stride: 8 },
  TASKS_CHG_DIS: { at: 0x004, kind: 'task', count: 4, stride: 8 },
  CHEN:          { at: 0x500, fields: channelFields(16) },
  CHENSET:       { at: 0x504, kind: 'setBits', of: 'CHEN' },
  CHENCLR:       { at: 0x508, kind: 'clearBits', of: 'CHEN' },
  CH_EEP:        { at: 0x510, count: 16, stride: 8 },
  CH_TEP:        { at: 0x514, count: 16, stride: 8 },
  CHG:           { at: 0x800, count: 4, fields: channelFields(16) },
});

type PpiSpec = typeof PPI.spec;

/** Channels whose tasks begin at one tick. */
interface Due { readonly tick: number; channels: number }

/** Ticks that can be waiting at once: the next one, and few more while an instruction runs past it. */
const MOST_WAITING = 1024;

export class Ppi extends RegisterPeripheral {
  protected readonly registers;
  private readonly fabric: Fabric;
  private readonly clock: Clock;
  private readonly CHEN: Uint32Array;
  private readonly stored;
  /** Ends the listening of each enabled channel. */
  private readonly listening: ((() => void) | undefined)[] = [];
  /** Address of the event that each channel listens to. */
  private readonly heard = new Uint32Array(CHANNELS);
  /** In order of ticks. */
  private waiting: Due[] = [];
  private readonly next = timedEvent(() => this.deliver());
  /** While tasks of one tick begin, groups are switched together at its end: enabling has priority. */
  private isDelivering = false;
  private enabling = 0;
  private disabling = 0;

  constructor(private readonly context: BlockContext, family: 'nrf51' | 'nrf52') {
    super();
    this.fabric = context.shared(FABRIC);
    this.clock = context.clock('clk');
    const map = family === 'nrf51' ? PPI_NRF51 as unknown as RegisterMap<PpiSpec> : PPI;
    const events = new TaskEvents(map, context, {
      tasks: {
        TASKS_CHG_EN: (group) => this.switchGroup(group, true),
        TASKS_CHG_DIS: (group) => this.switchGroup(group, false),
      },
      onWrite: {
        CHEN: () => this.listenAll(),
        CH_EEP: (_value, channel) => this.listen(channel),
      },
    });
    this.registers = events.registers;
    const { registers } = this;
    this.CHEN = registers.storage('CHEN');
    this.stored = {
      CH_EEP: registers.storage('CH_EEP'), CH_TEP: registers.storage('CH_TEP'), CHG: registers.storage('CHG'),
      FORK_TEP: family === 'nrf51' ? undefined : registers.storage('FORK_TEP'),
    };
    this.reset();
  }

  override reset(): void {
    this.registers.reset();
    this.waiting = [];
    this.context.scheduler.cancel(this.next);
    this.listenAll();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), waiting: this.waiting.map(({ tick, channels }) => [tick, channels]), next: saveEvent(this.next) };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.waiting = this.savedWaiting(from['waiting']);
    restoreEvent(this.context.scheduler, this.next, from['next']);
    this.listenAll();
  }

  private savedWaiting(saved: SnapshotValue | undefined): Due[] {
    const isValid = Array.isArray(saved) && saved.length <= MOST_WAITING
      && saved.every((due) => Array.isArray(due) && due.length === 2 && due.every((value) => Number.isSafeInteger(value)));
    if (!isValid) throw new Error(`${this.context.name}: the snapshot has no list "waiting" of ticks and channels; restore one taken from the same model`);
    return (saved as [number, number][]).map(([tick, channels]) => ({ tick, channels }));
  }

  // -- Events.

  private listenAll(): void {
    for (let channel = 0; channel < CHANNELS; channel++) this.listen(channel);
  }

  private eventOf(channel: number): number {
    return channel >= FIRST_FIXED ? FIXED_CHANNELS[channel - FIRST_FIXED][0] : this.stored.CH_EEP[channel];
  }

  private taskOf(channel: number): number {
    return channel >= FIRST_FIXED ? FIXED_CHANNELS[channel - FIRST_FIXED][1] : this.stored.CH_TEP[channel];
  }

  private listen(channel: number): void {
    const address = ((this.CHEN[0] >>> channel) & 1) === 0 ? 0 : this.eventOf(channel);
    if (address === this.heard[channel]) return;
    this.listening[channel]?.();
    this.heard[channel] = address;
    const event = address === 0 ? undefined : this.fabric.eventAt(address);
    this.listening[channel] = event?.listen(() => this.hear(channel));
    if (address !== 0 && !event && channel < FIRST_FIXED) this.warnNothingAt(channel, 'EEP', 'event', address);
  }

  private warnNothingAt(channel: number, register: string, kind: string, address: number): void {
    const { name, warnings } = this.context;
    const where = address.toString(16).padStart(8, '0');
    warnings.warn(`${name}.${register}[${channel}]`, `${name}: channel ${channel} is enabled and ${register} names no ${kind}: no modelled block has one at 0x${where}`);
  }

  private hear(channel: number): void {
    const tick = this.clock.ticks() + 1;
    const { waiting } = this;
    let at = waiting.length;
    while (at > 0 && waiting[at - 1].tick > tick) at--;
    if (at > 0 && waiting[at - 1].tick === tick) waiting[at - 1].channels |= 1 << channel;
    else if (waiting.length < MOST_WAITING) waiting.splice(at, 0, { tick, channels: 1 << channel });
    if (!this.isDelivering) this.plan();
  }

  // -- Tasks.

  private plan(): void {
    const { scheduler } = this.context;
    if (this.waiting.length === 0) scheduler.cancel(this.next);
    else {
      const due = this.clock.rootTickOf(this.waiting[0].tick);
      if (this.next.slot < 0 || this.next.due !== due) scheduler.schedule(this.next, due);
    }
  }

  private deliver(): void {
    const due = this.waiting.shift();
    if (!due) return;
    this.isDelivering = true;
    for (let rest = due.channels; rest !== 0; rest &= rest - 1) this.begin(31 - Math.clz32(rest & -rest));
    this.isDelivering = false;
    this.applyGroups();
    this.plan();
  }

  private begin(channel: number): void {
    this.trigger(channel, 'TEP', this.taskOf(channel));
    if (this.stored.FORK_TEP) this.trigger(channel, 'FORK', this.stored.FORK_TEP[channel]);
  }

  private trigger(channel: number, register: string, address: number): void {
    if (address === 0) return;
    if (channel < FIRST_FIXED && !this.fabric.hasTask(address)) this.warnNothingAt(channel, register, 'task', address);
    this.fabric.trigger(address);
  }

  private switchGroup(group: number, isOn: boolean): void {
    if (isOn) this.enabling |= this.stored.CHG[group];
    else this.disabling |= this.stored.CHG[group];
    if (!this.isDelivering) this.applyGroups();
  }

  /** Of EN and DIS at one moment, by two groups with a channel in common, EN wins. */
  private applyGroups(): void {
    if ((this.enabling | this.disabling) === 0) return;
    this.CHEN[0] = (this.CHEN[0] & ~this.disabling) | this.enabling;
    this.enabling = 0;
    this.disabling = 0;
    this.listenAll();
  }
}

export const PPI_BLOCK = defineBlock({
  clocks: ['clk'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']) }),
  create: (context, { family }) => new Ppi(context, family),
});
