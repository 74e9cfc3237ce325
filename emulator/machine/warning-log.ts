/** Collects what the model does not do: each thing once, with the firmware's address. */
import type { Warnings } from '../bus/types.js';

/** A firmware that touches ever new things must not fill the host's memory. */
const MOST_WARNINGS = 1000;

export class WarningLog implements Warnings {
  private readonly seen = new Set<string>();
  private readonly listeners: ((text: string) => void)[] = [];
  private readonly unheard: string[] = [];

  /** @param firmwareAddress where the running code is, or undefined outside a run */
  constructor(private readonly firmwareAddress: () => number | undefined) {}

  warn(key: string, text: string): void {
    if (this.seen.has(key) || this.seen.size > MOST_WARNINGS) return;
    this.seen.add(key);
    if (this.seen.size > MOST_WARNINGS) return this.tell(`more than ${MOST_WARNINGS} different warnings; no more are shown`);
    const address = this.firmwareAddress();
    const where = address === undefined ? '' : ` (firmware at 0x${(address >>> 0).toString(16).padStart(8, '0')})`;
    this.tell(text + where);
  }

  /** What was said before anybody listened is said to the first listener. */
  onWarning(listener: (text: string) => void): void {
    this.listeners.push(listener);
    for (const text of this.unheard.splice(0)) listener(text);
  }

  /** Keys of what has been said, for a snapshot. */
  keys(): readonly string[] {
    return [...this.seen];
  }

  restoreKeys(keys: readonly string[]): void {
    this.seen.clear();
    for (const key of keys.slice(0, MOST_WARNINGS)) this.seen.add(key);
  }

  private tell(text: string): void {
    if (this.listeners.length === 0) this.unheard.push(text);
    for (const listener of this.listeners) listener(text);
  }
}
