/** The wires from devices to the core's interrupts: several sources on one number are OR-ed. */
import type { Line } from '../bus/types.js';
import type { IrqNumber } from '../boards/index.js';
import { OrLine, SignalLine } from '../wires/line.js';

const NOWHERE: Line = { level: false, set: () => {} };

export class InterruptWiring {
  private readonly lines = new Map<IrqNumber, { readonly output: SignalLine; readonly sources: OrLine }>();
  private readonly takenListeners: (() => void)[][] = [];

  /** @param setInterrupt tells the core */
  constructor(private readonly setInterrupt: (irq: IrqNumber, level: boolean) => void) {}

  /**
   * A new source of an interrupt; one that the chip leaves open goes nowhere.
   * @param onTaken called when the core has taken this interrupt, on cores that tell
   */
  source(irq: IrqNumber | undefined, onTaken?: () => void): Line {
    if (irq === undefined) return NOWHERE;
    let line = this.lines.get(irq);
    if (!line) this.lines.set(irq, (line = this.connect(irq)));
    if (onTaken && irq !== 'nmi') (this.takenListeners[irq] ??= []).push(onTaken);
    return line.sources.input();
  }

  /** The core has taken an interrupt. */
  taken(irq: number): void {
    const listeners = this.takenListeners[irq];
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  private connect(irq: IrqNumber): { output: SignalLine; sources: OrLine } {
    const output = new SignalLine(`irq ${irq}`);
    output.subscribe((level) => this.setInterrupt(irq, level));
    return { output, sources: new OrLine(output) };
  }
}
