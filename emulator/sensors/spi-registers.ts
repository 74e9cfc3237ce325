/**
 * The SPI side of a part's registers: the first byte says the register, whether it is read and, with some makers, whether the
 * bytes after it go to the registers after it.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import type { MapSpec } from '../peripherals/registers/index.js';
import type { SpiDevice } from '../wires/spi-bus.js';
import type { RegisterFile } from './register-file.js';

/** What the first byte says. */
export interface SpiCommand { readonly offset: number; readonly isRead: boolean; readonly increments: boolean }

const READ = 0x80;
const MULTIPLE = 0x40;

/** STMicroelectronics and Analog Devices: bit 7 reads, bit 6 goes on to the next register. */
export function readBit7MultipleBit6(byte: number): SpiCommand {
  return { offset: byte & 0x3f, isRead: (byte & READ) !== 0, increments: (byte & MULTIPLE) !== 0 };
}

/** InvenSense: bit 7 reads, bursts always go on. */
export function readBit7(byte: number): SpiCommand {
  return { offset: byte & 0x7f, isRead: (byte & READ) !== 0, increments: true };
}

export class SpiRegisters<S extends MapSpec> implements SpiDevice, Stateful {
  private phase: 'command' | 'read' | 'write' = 'command';

  constructor(private readonly file: RegisterFile<S>, private readonly command: (byte: number) => SpiCommand) {}

  select(): number {
    this.phase = 'command';
    return 0xff;
  }

  transfer(received: number): number {
    const { file } = this;
    if (this.phase === 'command') {
      const { offset, isRead, increments } = this.command(received);
      file.begin(offset, increments);
      this.phase = isRead ? 'read' : 'write';
      return isRead ? file.fetch() : 0xff;
    }
    if (this.phase === 'write') {
      file.write(received);
      return 0xff;
    }
    file.afterRead();
    return file.fetch();
  }

  deselect(): void {
    if (this.phase !== 'command') this.file.stop();
    this.phase = 'command';
  }

  reset(): void {
    this.phase = 'command';
  }

  snapshot(): Snapshot {
    return { phase: this.phase };
  }

  restore({ phase }: Snapshot): void {
    if (phase !== 'command' && phase !== 'read' && phase !== 'write') throw new Error('the snapshot is not of registers on SPI');
    this.phase = phase;
  }
}
