/** The pads of an SPI master, and its format from the registers. */
import { bitTime, type BitTime } from '../../wires/bit-time.js';
import type { SpiMode } from '../../wires/spi-bus.js';
import type { SpiFormat, SpiPins } from '../../wires/spi-controller.js';
import type { Pin } from '../../wires/net.js';
import { PADS, PadSet } from './pads.js';
import type { BlockContext } from '../block.js';

export interface SpiSelections { readonly sck: number; readonly mosi: number; readonly miso: number }

export class SpiPads {
  private readonly held: PadSet<'SCK' | 'MOSI' | 'MISO' | 'CSN' | 'DCX'>;

  constructor(context: BlockContext) {
    this.held = new PadSet(context.shared(PADS));
  }

  take({ sck, mosi, miso }: SpiSelections): SpiPins {
    const pins = { sck: this.held.hold('SCK', sck, true), mosi: this.held.hold('MOSI', mosi, true), miso: this.held.hold('MISO', miso, false) };
    return { ...(pins.sck && { sck: pins.sck }), ...(pins.mosi && { mosi: pins.mosi }), ...(pins.miso && { miso: pins.miso }) };
  }

  /** One more output. */
  takeOutput(signal: 'CSN' | 'DCX', psel: number): Pin | undefined {
    return this.held.hold(signal, psel, true);
  }

  release(): void {
    this.held.releaseAll();
  }

  /** Before a restore. */
  forget(): void {
    this.held.forget();
  }
}

/** Whether a controller has these pins already. */
export function samePins(a: SpiPins, b: SpiPins): boolean {
  return a.sck === b.sck && a.mosi === b.mosi && a.miso === b.miso;
}

/** CONFIG: bit 0 the order, bit 1 CPHA, bit 2 CPOL. */
export function spiFormat(config: number, time: BitTime = bitTime(16)): SpiFormat {
  return { mode: spiMode(config), lsbFirst: (config & 1) !== 0, wordBits: 8, bitTime: time };
}

export function spiMode(config: number): SpiMode {
  return (((config >>> 1) & 1) | ((config >>> 1) & 2)) as SpiMode;
}
