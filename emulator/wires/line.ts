/** Levels with subscribers. */
import type { Line, Snapshot, Stateful } from '../bus/types.js';

export type LevelListener = (level: boolean) => void;

/** One wire from one source: an interrupt request, an enable. Subscribers hear of changes only. */
export class SignalLine implements Line, Stateful {
  readonly name: string;
  #level = false;
  #listeners: readonly LevelListener[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get level(): boolean {
    return this.#level;
  }

  set(level: boolean): void {
    if (level === this.#level) return;
    this.#level = level;
    for (const listener of this.#listeners) listener(level);
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: LevelListener): () => void {
    const own: LevelListener = (level) => listener(level);
    this.#listeners = [...this.#listeners, own];
    return () => { this.#listeners = this.#listeners.filter((other) => other !== own); };
  }

  reset(): void {
    this.set(false);
  }

  snapshot(): Snapshot {
    return { level: this.#level };
  }

  /** Tells nobody: subscribers restore their own view. */
  restore(from: Snapshot): void {
    if (typeof from['level'] !== 'boolean') throw new Error(`the snapshot of line ${this.name} has no level`);
    this.#level = from['level'];
  }
}

/** Several sources on one line, high while any of them is: shared interrupts. */
export class OrLine implements Stateful {
  readonly output: Line;
  readonly #inputs: OrInput[] = [];

  constructor(output: Line) {
    this.output = output;
  }

  /** A new source. */
  input(): Line {
    const input = new OrInput(() => this.output.set(this.#inputs.some((each) => each.level)));
    this.#inputs.push(input);
    return input;
  }

  reset(): void {
    for (const input of this.#inputs) input.level = false;
    this.output.set(false);
  }

  snapshot(): Snapshot {
    return { inputs: this.#inputs.map((input) => input.level) };
  }

  restore(from: Snapshot): void {
    const levels = from['inputs'];
    if (!Array.isArray(levels) || levels.length !== this.#inputs.length) {
      throw new Error('the snapshot is of a line with other sources');
    }
    this.#inputs.forEach((input, i) => { input.level = levels[i] === true; });
  }
}

class OrInput implements Line {
  level = false;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  set(level: boolean): void {
    if (level === this.level) return;
    this.level = level;
    this.#changed();
  }
}
