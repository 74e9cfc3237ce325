/**
 * Which interrupts are asked for. The lower the vector, the higher its priority. Levels only: who keeps a flag holds its
 * line until it is told that the vector was taken. Hot path: words of the state.
 */
import { Word } from './state.js';

const BITS = 32;
const NONE = -1;

export class Interrupts {
  constructor(private readonly words: Int32Array) {}

  /** @param vector 1..63 */
  set(vector: number, level: boolean): void {
    const { words } = this;
    const word = vector < BITS ? Word.PENDING : Word.PENDING_HIGH;
    const bit = 1 << (vector % BITS);
    if (level) words[word] |= bit;
    else words[word] &= ~bit;
  }

  get isPending(): boolean {
    return (this.words[Word.PENDING] | this.words[Word.PENDING_HIGH]) !== 0;
  }

  /** @param vectors a bit each, 0..31 @param vectorsHigh 32..63 */
  isPendingOf(vectors: number, vectorsHigh: number): boolean {
    return ((this.words[Word.PENDING] & vectors) | (this.words[Word.PENDING_HIGH] & vectorsHigh)) !== 0;
  }

  /** The vector to be taken, or -1. */
  get first(): number {
    const { words } = this;
    const low = words[Word.PENDING];
    if (low !== 0) return lowestBit(low);
    const high = words[Word.PENDING_HIGH];
    return high === 0 ? NONE : BITS + lowestBit(high);
  }
}

const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);
