/** Makes a failing case small: no-operations for instructions, zeroes for operands, as long as it still fails. */
import { copyState, RAM_WORDS, type CoreState } from './case.js';
import type { GeneratedCase } from './generate.js';
import { encodeItems, NOP, TWO_NOPS, type Item } from './sequence.js';

const WIDE_NOP = 0xf3af_8000;

export const isNop = ({ opcode }: Item): boolean => opcode === NOP || opcode === TWO_NOPS || opcode === WIDE_NOP;

function withoutItem(failing: GeneratedCase, removed: Item): GeneratedCase {
  const nop = removed.size === 16 ? NOP : removed.remainingInIT > 0 ? WIDE_NOP : TWO_NOPS;
  return withItems(failing, failing.items.map((item) => (item === removed ? { ...item, row: undefined, opcode: nop } : item)));
}

/** An IT block goes as a whole, since its instructions would be others without it. */
function withoutIT(failing: GeneratedCase, it: Item): GeneratedCase {
  const first = failing.items.indexOf(it);
  let last = first + 1;
  while ((failing.items[last]?.remainingInIT ?? 0) > 0 && failing.items[last].remainingInIT < (failing.items[last - 1].remainingInIT || 5)) last++;
  return withItems(failing, failing.items.map((item, i) => {
    if (i < first || i >= last) return item;
    return { ...item, row: undefined, remainingInIT: 0, opcode: item.size === 16 ? NOP : TWO_NOPS };
  }));
}

function withItems({ test }: GeneratedCase, items: readonly Item[]): GeneratedCase {
  const code = test.code.slice();
  encodeItems(items, code);
  return { test: { ...test, code }, items };
}

function withState({ test, items }: GeneratedCase, change: (state: CoreState) => void): GeneratedCase {
  const state = copyState(test.state);
  change(state);
  return { test: { ...test, state }, items };
}

/** @param fails tells whether a case still fails @returns the smallest failing case that was found */
export async function shrink(failing: GeneratedCase, fails: (candidate: GeneratedCase) => Promise<boolean>): Promise<GeneratedCase> {
  let smallest = failing;
  const attempt = async (candidate: GeneratedCase): Promise<void> => {
    if (await fails(candidate)) smallest = candidate;
  };
  for (let i = failing.items.length - 1; i >= 0; i--) {
    const item = smallest.items[i];
    if (isNop(item)) continue;
    await attempt(startsIT(item, smallest.items, i) ? withoutIT(smallest, item) : withoutItem(smallest, item));
  }
  await attempt({ ...smallest, test: { ...smallest.test, ram: new Uint32Array(RAM_WORDS) } });
  for (const change of simplifications()) await attempt(withState(smallest, change));
  return smallest;
}

const startsIT = (item: Item, items: readonly Item[], i: number): boolean =>
  item.remainingInIT === 0 && (items[i + 1]?.remainingInIT ?? 0) > 0;

function* simplifications(): Generator<(state: CoreState) => void> {
  yield (state) => state.s.fill(0);
  for (let n = 0; n < 32; n += 2) yield (state) => state.s.fill(0, n, n + 2);
  for (let n = 0; n < 15; n++) yield (state) => void (state.r[n] = 0);
  for (const name of ['apsr', 'primask', 'basepri', 'faultmask', 'fpscr', 'control', 'otherSp'] as const) {
    yield (state) => void (state[name] = 0);
  }
}
