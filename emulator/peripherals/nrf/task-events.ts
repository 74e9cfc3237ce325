/**
 * What Nordic's peripherals have in common: registers with tasks, events, shortcuts between the two, and an interrupt.
 * Source: nRF52840 Product Specification v1.1, "Peripheral interface"; nRF51 Reference Manual v3.0, the same.
 * Tasks lie at 0x000, events at 0x100; bit n of INTENSET and of INTENCLR stands for the event at 0x100 + 4 n.
 */
import type { Line, Snapshot } from '../../bus/types.js';
import type { BlockContext } from '../block.js';
import { RegisterBlock, type BlockOptions, type MapSpec, type RegisterMap, type WriteHandler } from '../registers/index.js';
import type { RegisterName } from '../registers/spec.js';
import { FABRIC, type EventTap, type Fabric } from './fabric.js';

const FIRST_EVENT = 0x100;

export type TaskName<S extends MapSpec> = RegisterName<S> & `TASKS_${string}`;
export type EventName<S extends MapSpec> = RegisterName<S> & `EVENTS_${string}`;

/** A bit of SHORTS: that event triggers that task. */
export interface Shortcut<S extends MapSpec> {
  readonly bit: number;
  readonly event: EventName<S>;
  readonly eventIndex?: number;
  readonly task: TaskName<S>;
  readonly taskIndex?: number;
}

export interface TaskEventOptions<S extends MapSpec> {
  /** What tasks do, by firmware, shortcut or PPI. Not called while the block is not enabled. */
  readonly tasks: { readonly [T in TaskName<S>]?: (index: number) => void };
  readonly shorts?: readonly Shortcut<S>[];
  /** Whether tasks do anything; default always. */
  readonly isEnabled?: () => boolean;
  readonly onRead?: BlockOptions<S>['onRead'];
  readonly onWrite?: BlockOptions<S>['onWrite'];
  readonly onPeek?: BlockOptions<S>['onPeek'];
  readonly policy?: BlockOptions<S>['policy'];
  /** Name of the interrupt line; default `irq`. */
  readonly irq?: string;
}

/** One event: its register, who listens, and what its shortcuts do. */
export class NordicEvent {
  private readonly shortcuts: { readonly mask: number; readonly run: () => void }[] = [];

  constructor(
    private readonly stored: Uint32Array, private readonly index: number, private readonly tap: EventTap,
    private readonly shorts: Uint32Array | undefined, private readonly update: () => void,
  ) {}

  get isSet(): boolean {
    return this.stored[this.index] !== 0;
  }

  clear(): void {
    this.stored[this.index] = 0;
    this.update();
  }

  /** The event happens: its register is set, the interrupt follows, shortcuts and PPI trigger their tasks. */
  emit(): void {
    this.stored[this.index] = 1;
    this.update();
    const chosen = this.shorts === undefined ? 0 : this.shorts[0];
    if (chosen !== 0) for (const { mask, run } of this.shortcuts) if ((chosen & mask) !== 0) run();
    this.tap.emit();
  }

  addShortcut(mask: number, run: () => void): void {
    this.shortcuts.push({ mask, run });
  }
}

export class TaskEvents<S extends MapSpec> {
  readonly registers: RegisterBlock<S>;
  private readonly events = new Map<string, NordicEvent[]>();
  private readonly line: Line;
  /** Events by the bit of INTEN that stands for them. */
  private readonly sources: { readonly mask: number; readonly stored: Uint32Array; readonly index: number }[] = [];
  private readonly enabled: Uint32Array | undefined;

  constructor(map: RegisterMap<S>, private readonly context: BlockContext, private readonly options: TaskEventOptions<S>) {
    this.line = context.irq(options.irq ?? 'irq');
    this.registers = new RegisterBlock(map, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: options.onRead ?? {}, onPeek: options.onPeek ?? {}, onWrite: this.writeHandlers(map),
      ...(options.policy ? { policy: options.policy } : {}),
    });
    this.enabled = this.storageOf('INTEN') ?? this.storageOf('INTENSET');
    this.connect(map, context.shared(FABRIC));
  }

  event(name: EventName<S>, index = 0): NordicEvent {
    const found = this.events.get(name)?.[index];
    if (!found) throw new RangeError(`${this.context.name}: no event ${name}[${index}]`);
    return found;
  }

  emit(name: EventName<S>, index = 0): void {
    this.event(name, index).emit();
  }

  /** As if firmware had written 1 to the task's register. */
  trigger(name: TaskName<S>, index = 0): void {
    if (this.options.isEnabled?.() ?? true) this.options.tasks[name]?.(index);
  }

  /** The interrupt's level from the state: after every change. */
  update(): void {
    let pending = 0;
    for (const { mask, stored, index } of this.sources) if (stored[index] !== 0) pending |= mask;
    this.line.set((pending & (this.enabled?.[0] ?? 0)) !== 0);
  }

  reset(): void {
    this.registers.reset();
    this.update();
  }

  snapshot(): Snapshot {
    return this.registers.snapshot();
  }

  restore(from: Snapshot): void {
    this.registers.restore(from);
    this.update();
  }

  private storageOf(name: string): Uint32Array | undefined {
    return this.registers.map.registers.some((register) => register.name === name) ? this.registers.storage(name) : undefined;
  }

  private connect(map: RegisterMap<S>, fabric: Fabric): void {
    const shorts = this.storageOf('SHORTS');
    for (const { register, index, offset } of map.slots) {
      const name = register.name as RegisterName<S>;
      if (register.kind === 'task') fabric.addTask(this.context.base + offset, () => this.trigger(name as TaskName<S>, index));
      if (register.kind === 'event') this.addEvent(name as EventName<S>, index, offset, fabric, shorts);
    }
    for (const { bit, event, eventIndex = 0, task, taskIndex = 0 } of this.options.shorts ?? []) {
      this.event(event, eventIndex).addShortcut((1 << bit) >>> 0, () => this.trigger(task, taskIndex));
    }
  }

  private addEvent(name: EventName<S>, index: number, offset: number, fabric: Fabric, shorts: Uint32Array | undefined): void {
    const stored = this.registers.storage(name);
    const bit = (offset - FIRST_EVENT) / 4;
    if (bit < 32) this.sources.push({ mask: (1 << bit) >>> 0, stored, index });
    const event = new NordicEvent(stored, index, fabric.tap(this.context.base + offset), shorts, () => this.update());
    const present = this.events.get(name);
    if (present) present[index] = event;
    else this.events.set(name, [event]);
  }

  /** The block's own handlers, with those of tasks and of what the interrupt depends on. */
  private writeHandlers(map: RegisterMap<S>): NonNullable<BlockOptions<S>['onWrite']> {
    const own = (this.options.onWrite ?? {}) as Record<string, WriteHandler | undefined>;
    const handlers: Record<string, WriteHandler> = {};
    for (const { name, kind } of map.registers) {
      const given = own[name];
      if (kind === 'task') handlers[name] = (_value, index) => this.trigger(name as TaskName<S>, index);
      else if (kind === 'event' || name === 'INTEN' || name === 'INTENSET' || name === 'INTENCLR') {
        handlers[name] = (value, index, old, written) => {
          given?.(value, index, old, written);
          this.update();
        };
      } else if (given) handlers[name] = given;
    }
    return handlers as NonNullable<BlockOptions<S>['onWrite']>;
  }
}
