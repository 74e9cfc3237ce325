/** What is wrong with a description, each with the place it stands at and what to do about it. */
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';

export interface Problem {
  readonly file: string;
  /** Counted from 1; 1 where the text has no better place, undefined where there is no text with lines. */
  readonly line: number | undefined;
  /** What is wrong and what to do, in one line. */
  readonly text: string;
}

/** A description that cannot be used. The message holds one line per problem: `file:line: what; remedy`. */
export class BoardError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.file}${problem.line === undefined ? '' : `:${problem.line}`}: ${problem.text}`).join('\n'));
    this.name = 'BoardError';
  }
}

/** Where a value stands in a description: keys and list indices from the top. */
export type Path = readonly (string | number)[];

/** Where problems are noted. */
export interface Refusals {
  /** Notes a problem at `path`; at the key itself when `atKey`. */
  refuse(path: Path, text: string, atKey?: boolean): void;
}

/** Problems of one entry that stands in no file. */
export class EntryRefusals implements Refusals {
  private readonly problems: Problem[] = [];

  /** @param source shown in messages */
  constructor(private readonly source: string) {}

  refuse(_path: Path, text: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push({ file: this.source, line: undefined, text });
  }

  /** @throws BoardError with every problem noted so far, if any */
  throwIfRefused(): void {
    if (this.problems.length > 0) throw new BoardError(this.problems);
  }
}

/** A description's text, parsed, with the line of every key and value. */
export class Description implements Refusals {
  readonly value: unknown;
  private readonly document: Document;
  private readonly lines = new LineCounter();
  private readonly problems: Problem[] = [];

  /** @throws BoardError when the text is not YAML, too long, nested too deeply, or uses anchors */
  constructor(text: string, readonly file: string) {
    this.checkSize(text);
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, uniqueKeys: true, version: '1.2' });
    for (const error of this.document.errors.slice(0, MOST_PROBLEMS)) {
      this.problems.push({ file, line: this.lineAt(error.pos[0]), text: firstLine(error.message) });
    }
    this.throwIfRefused();
    this.value = this.toValue();
  }

  /** Notes a problem at `path`; at the key itself when `atKey`. Only the first few are kept. */
  refuse(path: Path, text: string, atKey = false): void {
    if (this.problems.length >= MOST_PROBLEMS) return;
    this.problems.push({ file: this.file, line: this.lineOf(path, atKey), text });
  }

  /** @throws BoardError with every problem noted so far, if any */
  throwIfRefused(): void {
    if (this.problems.length > 0) throw new BoardError([...this.problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0)));
  }

  /** What a stranger's file may cost: the parser recurses once per level and looks for equal keys in every pair of one map. */
  private checkSize(text: string): void {
    const lines = text.split('\n');
    const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
    const brackets = lines.findIndex((line) => (line.match(/[[{]/g)?.length ?? 0) > DEEPEST);
    const indented = lines.findIndex((line) => (/^[ -]*/.exec(line)?.[0].length ?? 0) > 2 * DEEPEST);
    const open = count(/[[{]/g) - count(/[\]}]/g);
    const complain = (line: number, what: string): void => void this.problems.push({ file: this.file, line, text: `${what}; a description is data about one board or chip` });
    if (text.length > LARGEST_TEXT) complain(1, `longer than ${LARGEST_TEXT} characters`);
    else if (lines.length > MOST_LINES) complain(MOST_LINES, `longer than ${MOST_LINES} lines`);
    else if (count(/[:,]/g) > MOST_ENTRIES) complain(1, `more than ${MOST_ENTRIES} keys and values`);
    else if (brackets >= 0 || indented >= 0) complain(Math.max(brackets, indented) + 1, `nested more than ${DEEPEST} deep`);
    else if (open > DEEPEST) complain(1, 'brackets are opened and never closed');
    this.throwIfRefused();
  }

  private toValue(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: 0 });
    } catch {
      throw new BoardError([{ file: this.file, line: 1, text: 'YAML anchors and aliases are not allowed; write the values out' }]);
    }
  }

  private lineOf(path: Path, atKey: boolean): number {
    for (let length = path.length; length > 0; length--) {
      const offset = this.offsetOf(path.slice(0, length), atKey || length < path.length);
      if (offset !== undefined) return this.lineAt(offset);
    }
    return 1;
  }

  private offsetOf(path: Path, atKey: boolean): number | undefined {
    const parent = path.length === 1 ? this.document?.contents : this.document?.getIn(path.slice(0, -1), true);
    if (atKey && isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(path[path.length - 1]));
      if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0];
    }
    const node = this.document?.getIn(path, true) as { range?: [number, number, number] } | undefined;
    return node?.range?.[0];
  }

  private lineAt(offset: number): number {
    return Math.max(1, this.lines.linePos(offset).line);
  }
}

/** All far above any real description. */
const LARGEST_TEXT = 200_000;
const MOST_LINES = 4000;
const MOST_ENTRIES = 6000;
const DEEPEST = 64;
const MOST_PROBLEMS = 20;

function firstLine(message: string): string {
  return message.split('\n', 1)[0];
}

/** The candidate a misspelt word was probably meant to be, as the end of a sentence; or all of them when none is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  if (best !== undefined) return `did you mean "${best}"?`;
  return candidates.length === 0 ? 'none is known here' : `use one of: ${candidates.slice(0, 24).join(', ')}`;
}

function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
