/** A line on a terminal that says how far a long run is. */

const FIRST_MS = 1000;
const EVERY_MS = 200;

export class Progress {
  private readonly began = performance.now();
  private shown = 0;
  private isVisible = false;

  /** @param write undefined when nobody looks: then nothing is shown */
  constructor(private readonly write: ((text: string) => void) | undefined, private readonly timeout: string | undefined) {}

  /** @param seconds virtual time since the run began */
  show(seconds: number): void {
    const now = performance.now();
    if (this.write === undefined || now - this.began < FIRST_MS || now - this.shown < EVERY_MS) return;
    this.shown = now;
    this.isVisible = true;
    this.write(`\r\x1b[K${progressText(seconds, (now - this.began) / 1000, this.timeout)}`);
  }

  /** Removes the line, before anything else is written on the terminal. */
  clear(): void {
    if (this.isVisible) this.write?.('\r\x1b[K');
    this.isVisible = false;
  }
}

/** @param wallSeconds above 0 */
export function progressText(virtualSeconds: number, wallSeconds: number, timeout: string | undefined): string {
  const ratio = virtualSeconds / wallSeconds;
  const speed = ratio >= 1 ? `${ratio.toFixed(1)} times real time` : `1/${(1 / Math.max(ratio, 1e-9)).toFixed(1)} of real time`;
  return `${virtualSeconds.toFixed(2)} s${timeout === undefined ? '' : ` of ${timeout}`} virtual time, ${speed}`;
}
