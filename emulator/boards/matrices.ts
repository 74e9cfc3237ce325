/** LED matrices: rows and columns of pins, and the picture that their LEDs make. */
import type { Description, Path } from './problems.js';
import type { BoardText } from './schema.js';

/** Where an LED of the picture is wired: indices of its row's and its column's pin. */
export interface MatrixLed { readonly row: number; readonly column: number }

export interface MatrixDescription {
  readonly name: string;
  readonly rows: { readonly pins: readonly string[]; readonly active: 'low' | 'high' };
  readonly columns: { readonly pins: readonly string[]; readonly active: 'low' | 'high' };
  /** Lines from the top, LEDs from the left; undefined where the picture has none. */
  readonly picture: readonly (readonly (MatrixLed | undefined)[])[];
}

export function resolveMatrices(board: BoardText, description: Description): readonly MatrixDescription[] {
  return board.matrices.map(({ name, rows, columns, picture }, index) => {
    const seen = new Map<string, number>();
    const width = wordsOf(picture[0] ?? '').length;
    const lines = picture.map((line, y) => {
      const path: Path = ['matrices', index, 'picture', y];
      const words = wordsOf(line);
      if (words.length !== width) description.refuse(path, `${words.length} LEDs in a picture ${width} wide; give every line as many, with "--" where there is none`);
      return words.map((word) => ledOf(word, rows.pins.length, columns.pins.length, seen, path, description));
    });
    return { name, rows, columns, picture: lines };
  });
}

const wordsOf = (line: string): string[] => line.trim().split(/\s+/);

function ledOf(word: string, rows: number, columns: number, seen: Map<string, number>, path: Path, description: Description): MatrixLed | undefined {
  if (word === '--') return undefined;
  const match = /^R(\d{1,2})C(\d{1,2})$/.exec(word);
  const [row, column] = match === null ? [-1, -1] : [Number(match[1]) - 1, Number(match[2]) - 1];
  if (row < 0 || column < 0 || row >= rows || column >= columns) {
    description.refuse(path, `"${word}" is no LED of a matrix of ${rows} rows and ${columns} columns; use R1C1 to R${rows}C${columns}, or "--" for none`);
    return undefined;
  }
  if (seen.has(word)) description.refuse(path, `the LED ${word} stands twice in the picture; each has one place`);
  seen.set(word, 1);
  return { row, column };
}
