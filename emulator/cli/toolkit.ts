/** The seam between the command and what it commands: everything here has a real and, for tests, a fake implementation. */
import type { Disassembler } from '../debug/disassembly.js';
import type { Board, PartListing } from '../boards/index.js';
import type { FirmwareImage, Machine, MachineOptions } from '../machine-api.js';

export type { PartListing };

/** One line of `thumbelina boards`. */
export interface BoardListing {
  /** What `--board` takes. */
  readonly id: string;
  readonly name: string;
  readonly chip: string;
}

/** A board ready to be built; created by `Toolkit.loadBoard`. */
export interface LoadedBoard {
  readonly id: string;
  /** What its files say. */
  readonly description: Board;
  /**
   * The same board with more parts on its pins, as `--part` names them.
   * @throws Error with one clear line
   */
  withParts(texts: readonly string[]): LoadedBoard;
  build(options: MachineOptions): Machine;
}

export interface Toolkit {
  readonly version: string;
  /** The folder of runner images for `thumbelina model`. */
  readonly runners: string;
  createMachine(board: Board, options: MachineOptions): Machine;
  /** Sorted by id. */
  listBoards(): readonly BoardListing[];
  listParts(): readonly PartListing[];
  /**
   * @param idOrPath an id of the list, or the path of a board file
   * @throws Error with one clear line, the file's name in front
   */
  loadBoard(idOrPath: string): LoadedBoard;
  /** @throws FirmwareError or Error with one clear line, without the file's name */
  readFirmware(bytes: Uint8Array, options: { readonly name: string; readonly address?: number }): FirmwareImage;
  /** Core names `disassembler` knows. */
  readonly cores: readonly string[];
  disassembler(core: string): Disassembler;
}
