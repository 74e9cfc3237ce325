/** The toolkit of the installed package: boards are the files of its folder, the rest are the emulator's own functions. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Board } from '../boards/index.js';
import { packageRoot } from '../host/node/package-root.js';
import { readInputFile } from './firmware-file.js';
import type { BoardListing, LoadedBoard, Toolkit } from './toolkit.js';

export interface SourceText {
  readonly text: string;
  readonly fileName: string;
}

/** What the emulator provides. */
export interface Parts extends Pick<Toolkit, 'readFirmware' | 'listParts' | 'cores' | 'disassembler' | 'createMachine'> {
  /** @throws Error with one line per problem, file name and line in front */
  parseBoard(text: string, fileName: string, chips: (name: string) => SourceText | undefined): Board;
  /** @param text as `--part` has it. @throws Error with one line per problem */
  withPart(board: Board, text: string): Board;
}

const BOARD_FILE = /\.ya?ml$/i;

export function packageToolkit(parts: Parts): Toolkit {
  const root = packageRoot();
  const folder = join(root, 'boards');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const loaded = (id: string, board: Board): LoadedBoard => ({
    id, description: board,
    withParts: (texts) => loaded(id, texts.reduce((fitted, text) => parts.withPart(fitted, text), board)),
    build: (options) => parts.createMachine(board, options),
  });
  const load = (path: string): LoadedBoard => {
    const text = Buffer.from(readInputFile(path)).toString('utf8');
    const board = parts.parseBoard(text, basename(path), (chip) => chipText(chip, [join(dirname(path), 'chips'), join(folder, 'chips')]));
    return loaded(basename(path).replace(BOARD_FILE, ''), board);
  };
  const { readFirmware, listParts, cores, disassembler, createMachine } = parts;
  return {
    version, readFirmware, listParts, cores, disassembler, createMachine,
    runners: join(root, 'firmware-samples', 'runner'),
    listBoards: () => boardFiles(folder).map((file) => listing(folder, file)),
    loadBoard: (idOrPath) => load(BOARD_FILE.test(idOrPath) ? idOrPath : join(folder, `${idOrPath}.yaml`)),
  };
}

function boardFiles(folder: string): string[] {
  return readdirSync(folder).filter((file) => BOARD_FILE.test(file)).sort();
}

/** Name and chip are read when asked for: to run a board, its id is enough. */
function listing(folder: string, file: string): BoardListing {
  const id = file.replace(BOARD_FILE, '');
  let read: Omit<BoardListing, 'id'> | undefined;
  const text = (): Omit<BoardListing, 'id'> => (read ??= nameAndChip(join(folder, file), id));
  return { id, get name() { return text().name; }, get chip() { return text().chip; } };
}

/** These only: listing boards must not fail because one of them has a mistake further down. */
function nameAndChip(path: string, id: string): Omit<BoardListing, 'id'> {
  try {
    const board = parse(readFileSync(path, 'utf8')) as { name?: unknown; chip?: unknown } | null;
    return { name: String(board?.name ?? id), chip: String(board?.chip ?? '?') };
  } catch {
    return { name: '(unreadable: run it to see why)', chip: '?' };
  }
}

/** A chip beside the user's own board file comes before the package's. Names are checked: they come from a stranger. */
function chipText(chip: string, folders: readonly string[]): SourceText | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(chip)) return undefined;
  for (const folder of folders) {
    try {
      return { text: readFileSync(join(folder, `${chip}.yaml`), 'utf8'), fileName: `chips/${chip}.yaml` };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}
