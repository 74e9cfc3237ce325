/** A serial flash as a quad SPI controller sees it: whole commands between two edges of chip select. */
import type { Stateful } from '../bus/types.js';

export interface QuadSpiFlash extends Stateful {
  /** @param sent opcode and what follows it, on one line. @returns as many bytes, those that the part gave meanwhile */
  command(sent: Uint8Array): Uint8Array;
  /** What a read command gives. @param isQuad whether it uses four lines */
  read(address: number, into: Uint8Array, isQuad: boolean): void;
  /** One page program command, with write enable before it. */
  program(address: number, bytes: Uint8Array, isQuad: boolean): void;
  /** Root tick at which the program or erase under way ends. */
  readonly busyUntil: number;
  /** What a debugger sees. */
  peek(address: number): number;
}
