/** The two pads of a two-wire interface, and the bus on their nets. */
import type { Snapshot, SnapshotValue } from '../../bus/types.js';
import { I2cBus } from '../../wires/i2c-bus.js';
import type { Pin } from '../../wires/net.js';
import type { BlockContext } from '../block.js';
import { PADS, PadSet } from './pads.js';

export class TwiPins {
  scl: Pin | undefined;
  sda: Pin | undefined;
  /** The bus that the board made on these nets, else one made here. */
  bus: I2cBus | undefined;
  private readonly held: PadSet<'SCL' | 'SDA'>;

  constructor(private readonly context: BlockContext) {
    this.held = new PadSet(context.shared(PADS));
  }

  take(pselScl: number, pselSda: number): void {
    this.scl = this.held.hold('SCL', pselScl, true);
    this.sda = this.held.hold('SDA', pselSda, true);
    const { scl, sda } = this;
    this.bus = scl && sda && (I2cBus.on(sda.net, scl.net) ?? new I2cBus(this.context.scheduler, sda.net, scl.net, { pullUps: false, isBare: true }));
  }

  release(): void {
    this.held.releaseAll();
    this.scl = undefined;
    this.sda = undefined;
    this.bus = undefined;
  }

  /** Before a restore. */
  forget(): void {
    this.held.forget();
    this.scl = undefined;
    this.sda = undefined;
    this.bus = undefined;
  }

  /** A board saves its own buses. */
  saveBus(): SnapshotValue {
    return this.bus?.isBare === true ? this.bus.snapshot() : null;
  }

  restoreBus(saved: SnapshotValue | undefined): void {
    if (this.bus?.isBare === true && saved !== null && saved !== undefined) this.bus.restore(saved as Snapshot);
  }
}
