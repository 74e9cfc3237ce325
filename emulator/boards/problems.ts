/** What is wrong with a description, each with the place it stands at and what to do about it. */
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';

export interface Problem {
  readonly file: string;
  /** Counted from 1; 1 where the text has no better place. */
  readonly line: number;
  /** What is wrong and what to do, in one line. */
  readonly text: string;
}

/** A description that cannot be used. The message holds one line per problem: `file:line: what; remedy`. */
export class BoardError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.file}:${problem.line}: ${problem.text}`).join('\n'));
    this.name = 'BoardError';
  }
}

/** Where a value stands in a description: keys and list indices from the top. */
export type Path = readonly (string | number)[];

/** A description's text, parsed, with the line of every key and value. */
export class Description {
  readonly value: unknown;
  private readonly document: Document;
  private readonly lines = new LineCounter();
  private readonly problems: Problem[] = [];

  /** @throws BoardError when the text is not YAML, too long, or uses anchors */
  constructor(text: string, readonly file: string) {
    if (text.length > LARGEST_TEXT) this.refuse([], `longer than ${LARGEST_TEXT} characters; a description is data about one board or chip`);
    this.throwIfRefused();
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, uniqueKeys: true, version: '1.2' });
    for (const error of this.document.errors) {
      this.problems.push({ file, line: this.lineAt(error.pos[0]), text: firstLine(error.message) });
    }
    this.throwIfRefused();
    this.value = this.toValue();
  }

  /** Notes a problem at `path`; at the key itself when `atKey`. */
  refuse(path: Path, text: string, atKey = false): void {
    this.problems.push({ file: this.file, line: this.lineOf(path, atKey), text });
  }

  /** @throws BoardError with every problem noted so far, if any */
  throwIfRefused(): void {
    if (this.problems.length > 0) throw new BoardError([...this.problems].sort((a, b) => a.line - b.line));
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

/** Far above any real description; bounds what a stranger's file can cost. */
const LARGEST_TEXT = 1_000_000;

function firstLine(message: string): string {
  return message.split('\n', 1)[0] as string;
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
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
