/** Where the firmware's bytes go: counted, watched for texts, written unaltered. */
import type { ByteSink } from '../host/node/raw-output.js';
import type { ConsoleOutput } from '../semihosting/host.js';
import type { TextWatch } from './text-watch.js';

/** One stream from the firmware. */
export class FirmwareStream implements ConsoleOutput {
  /** The firmware is told it talks to a terminal whatever the host's output is, or else its run would depend on it. */
  readonly interactive = true;
  bytes = 0;
  private readonly watch: (byte: number) => void;

  /** @param output undefined for a stream that is only counted and watched */
  constructor(readonly name: string, private readonly output: ByteSink | undefined, watch: TextWatch) {
    this.watch = watch.stream(name);
  }

  writeByte(byte: number): void {
    this.bytes++;
    this.output?.writeByte(byte);
    this.watch(byte);
  }

  write(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.output?.write(bytes);
    for (const byte of bytes) this.watch(byte);
  }
}
