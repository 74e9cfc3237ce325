/** `thumbelina boards`, and what happens when a board's name is wrong. */
import { refusal, UserError } from './errors.js';
import { nearest } from './nearest.js';
import type { BoardListing, LoadedBoard, Toolkit } from './toolkit.js';

/** The boards as a table, or as JSON. */
export function boardsText(boards: readonly BoardListing[], asJson: boolean): string {
  if (asJson) return `${JSON.stringify(boards, null, 2)}\n`;
  const widths = [Math.max(...boards.map(({ id }) => id.length), 0), Math.max(...boards.map(({ chip }) => chip.length), 0)];
  return boards.map(({ id, chip, name }) => `${id.padEnd(widths[0])}  ${chip.padEnd(widths[1])}  ${name}\n`).join('');
}

/** @throws UserError naming the nearest board and all of them */
export function findBoard(toolkit: Toolkit, wanted: string | undefined): LoadedBoard {
  const isPath = wanted !== undefined && /\.ya?ml$/i.test(wanted);
  const ids = isPath ? [] : toolkit.listBoards().map(({ id }) => id);
  if (wanted === undefined) throw new UserError(`no board: add --board with one of ${ids.join(', ')}`);
  if (!isPath && !ids.includes(wanted)) {
    const suggestion = nearest(wanted, ids);
    throw new UserError(`unknown board '${wanted}'${suggestion === undefined ? '' : `: did you mean ${suggestion}?`} Boards: ${ids.join(', ')}`);
  }
  try {
    return toolkit.loadBoard(wanted);
  } catch (error) {
    throw refusal('', error);
  }
}
