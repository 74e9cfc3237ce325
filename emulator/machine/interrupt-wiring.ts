/** The wires from devices to the core's interrupts: several sources on one number are OR-ed. */
import type { Line } from '../bus/types.js';
import type { IrqNumber } from '../boards/index.js';
import { Exception } from '../cores/cortex-m/fault.js';
import type { ExceptionModel } from '../cores/cortex-m/system/index.js';
import { OrLine, SignalLine } from '../wires/line.js';

const NOWHERE: Line = { level: false, set: () => {} };

export class InterruptWiring {
  private readonly lines = new Map<IrqNumber, { readonly output: SignalLine; readonly sources: OrLine }>();

  constructor(private readonly exceptions: () => ExceptionModel) {}

  /** A new source of an interrupt; one that the chip leaves open goes nowhere. */
  source(irq: IrqNumber | undefined): Line {
    if (irq === undefined) return NOWHERE;
    let line = this.lines.get(irq);
    if (!line) this.lines.set(irq, (line = this.connect(irq)));
    return line.sources.input();
  }

  private connect(irq: IrqNumber): { output: SignalLine; sources: OrLine } {
    const output = new SignalLine(`irq ${irq}`);
    output.subscribe((level) => {
      if (irq !== 'nmi') this.exceptions().setIrqLevel(irq, level);
      else if (level) this.exceptions().pend(Exception.NMI);
    });
    return { output, sources: new OrLine(output) };
  }
}
