/**
 * Which blocks of a micro:bit Universal Hex are meant for the board at hand.
 * Source: micro:bit Universal Hex specification 0.4.0, "Block Type". The 512-byte-block and the aligned-section layouts differ
 * only in how often a block start record repeats, so one reader serves both.
 */
import { FirmwareError, hex, type LoadOptions } from './types.js';

/** Board ids by target. V1's 1.3 and 1.5 and V2's later revisions have ids of their own that take the same code. */
export const MICROBIT_BOARD_IDS = { 'microbit-v1': [0x9900, 0x9901], 'microbit-v2': [0x9903, 0x9904, 0x9905, 0x9906] } as const;

export class UniversalBlocks {
  /** Board id whose blocks are read; undefined in plain Intel HEX. */
  readonly chosen: number | undefined;
  private current: number | undefined;

  /**
   * @param boards ids announced in the file; empty for plain Intel HEX, where every record is ours
   * @throws FirmwareError when the file is for several boards and none, or one that it has not, is asked for
   */
  constructor(boards: readonly number[], target: LoadOptions['boardTarget']) {
    this.chosen = choose(boards, target);
  }

  get isUniversal(): boolean {
    return this.chosen !== undefined;
  }

  get isInBlock(): boolean {
    return this.current !== undefined;
  }

  /** Records outside every block are for all boards. */
  get isForUs(): boolean {
    return this.current === undefined || this.current === this.chosen;
  }

  start(board: number): void {
    this.current = board;
  }

  end(): void {
    this.current = undefined;
  }
}

function choose(boards: readonly number[], target: LoadOptions['boardTarget']): number | undefined {
  if (boards.length === 0) return undefined;
  if (target === undefined) {
    if (boards.length === 1) return boards[0];
    throw new FirmwareError(`Universal Hex holds firmware for ${boards.map(nameOf).join(' and ')}: choose a board`);
  }
  const wanted: readonly number[] = typeof target === 'number' ? [target] : MICROBIT_BOARD_IDS[target];
  const found = boards.find((board) => wanted.includes(board));
  if (found === undefined) {
    throw new FirmwareError(`Universal Hex holds firmware for ${boards.map(nameOf).join(' and ')}, not for ${typeof target === 'number' ? nameOf(target) : target}: choose another board or file`);
  }
  return found;
}

function nameOf(board: number): string {
  const known = Object.entries(MICROBIT_BOARD_IDS).find(([, ids]) => (ids as readonly number[]).includes(board));
  return known === undefined ? `board ${hex(board, 4)}` : `${known[0]} (${hex(board, 4)})`;
}
