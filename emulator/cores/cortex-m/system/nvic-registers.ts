/**
 * The NVIC's registers: enable, pending and active bits and priorities of external interrupts, and STIR's effect.
 * Source: Armv7-M ARM (DDI 0403E), B3.4; Armv6-M ARM (DDI 0419E), B3.4. State lives in the exception model.
 */
import { RegisterBlock, bits, registerMap } from '../../../peripherals/registers/index.js';
import type { Field } from '../../../peripherals/registers/index.js';
import type { Snapshot, Stateful, Warnings } from '../../../bus/types.js';
import { Exception } from '../fault.js';
import type { CoreConfig } from './config.js';
import { hasMainExtension } from './config.js';
import type { ExceptionModel } from './exceptions.js';
import type { ExceptionSet } from './exception-state.js';
import { RegisterDevice } from './register-device.js';

/** Offsets from 0xE000E100. */
function nvicMap(config: CoreConfig) {
  // The whole arrays of the architecture: what the chip does not implement reads as zero and ignores writes.
  const words = hasMainExtension(config) ? 16 : 1;
  const priorityWords = hasMainExtension(config) ? 124 : 8;
  const fields: Record<string, Field> = {};
  for (let n = 0; n < 4; n++) fields[`PRI_N${n}`] = bits(8 * n + 8 - config.priorityBits, 8 * n + 7);
  const main = hasMainExtension(config);
  return registerMap({
    ISER: { at: 0x000, count: words },
    ICER: { at: 0x080, count: words },
    ISPR: { at: 0x100, count: words },
    ICPR: { at: 0x180, count: words },
    IABR: main ? { at: 0x200, kind: 'ro', count: words } : { at: 0x200, kind: 'reserved', count: words },
    IPR: { at: 0x300, count: priorityWords, fields },
  });
}

export class NvicRegisters extends RegisterDevice implements Stateful {
  readonly block: RegisterBlock<ReturnType<typeof nvicMap>['spec']>;
  private readonly irqCount: number;

  constructor(config: CoreConfig, private readonly model: ExceptionModel, warnings?: Warnings) {
    super();
    this.irqCount = config.irqCount;
    const { enabled, pending, active } = model.state;
    const show = (set: ExceptionSet) => (index: number) => set.irqWord(index);
    const views = { ISER: show(enabled), ICER: show(enabled), ISPR: show(pending), ICPR: show(pending), IABR: show(active) };
    this.block = new RegisterBlock(nvicMap(config), {
      instance: 'NVIC', base: 0xe000_e100, size: 0xc00, ...(warnings && { warnings }),
      onRead: views,
      onPeek: views,
      onWrite: {
        ISER: (_, index, _old, written) => this.forEachIrq(index, written, (irq) => this.model.setEnabled(Exception.firstIrq + irq, true)),
        ICER: (_, index, _old, written) => this.forEachIrq(index, written, (irq) => this.model.setEnabled(Exception.firstIrq + irq, false)),
        ISPR: (_, index, _old, written) => this.forEachIrq(index, written, (irq) => this.model.pulseIrq(irq)),
        ICPR: (_, index, _old, written) => this.forEachIrq(index, written, (irq) => this.model.clearPendingIrq(irq)),
        IPR: (value, index) => this.writePriorities(index, value),
      },
    });
  }

  /** STIR. Numbers past the last interrupt are ignored. */
  trigger(INTID: number): void {
    if (INTID < this.irqCount) this.model.pulseIrq(INTID);
  }

  private forEachIrq(index: number, bitsWritten: number, act: (irq: number) => void): void {
    for (let word = bitsWritten | 0; word !== 0; word &= word - 1) act(32 * index + 31 - Math.clz32(word & -word));
  }

  private writePriorities(index: number, value: number): void {
    const first = Exception.firstIrq + 4 * index;
    for (let n = 0; n < 4; n++) this.model.state.setPriority(first + n, (value >>> (8 * n)) & 0xff);
    this.model.refresh();
  }

  reset(): void {
    this.block.reset();
  }

  snapshot(): Snapshot {
    return this.block.snapshot();
  }

  restore(from: Snapshot): void {
    this.block.restore(from);
  }
}
