/** Finds texts in byte streams as the bytes come, so that the machine stops at the very byte that completes one. */

/** Knuth, Morris and Pratt's search over one stream: constant work per byte, no copy of the stream. */
class StreamMatcher {
  private readonly fallback: Int32Array;
  private matched = 0;

  constructor(private readonly pattern: Uint8Array) {
    this.fallback = new Int32Array(pattern.length);
    for (let i = 1, length = 0; i < pattern.length; i++) {
      while (length > 0 && pattern[i] !== pattern[length]) length = this.fallback[length - 1]!;
      if (pattern[i] === pattern[length]) length++;
      this.fallback[i] = length;
    }
  }

  /** @returns whether this byte completes the text */
  accept(byte: number): boolean {
    while (this.matched > 0 && byte !== this.pattern[this.matched]) this.matched = this.fallback[this.matched - 1]!;
    if (byte === this.pattern[this.matched]) this.matched++;
    if (this.matched < this.pattern.length) return false;
    this.matched = this.fallback[this.matched - 1]!;
    return true;
  }
}

export interface WatchedText {
  readonly purpose: 'until' | 'fail-on';
  readonly text: string;
  readonly bytes: Uint8Array;
}

export interface FoundText {
  readonly purpose: WatchedText['purpose'];
  readonly text: string;
  /** Name of the stream it came on. */
  readonly stream: string;
}

/** All texts over all streams. A text must come on one stream; the first found counts, `fail-on` before `until`. */
export class TextWatch {
  found: FoundText | undefined;
  private readonly texts: readonly WatchedText[];

  constructor(texts: readonly WatchedText[], private readonly onFound: () => void) {
    this.texts = [...texts].sort((a, b) => Number(a.purpose === 'until') - Number(b.purpose === 'until'));
  }

  /** @returns a function that takes the stream's bytes */
  stream(name: string): (byte: number) => void {
    const matchers = this.texts.map((watched) => ({ watched, matcher: new StreamMatcher(watched.bytes) }));
    return (byte) => {
      for (const { watched, matcher } of matchers) {
        if (!matcher.accept(byte) || this.found !== undefined) continue;
        this.found = { purpose: watched.purpose, text: watched.text, stream: name };
        this.onFound();
      }
    };
  }
}
