import { expect, it } from 'vitest';
import { TranslationBudget } from '../../../emulator/cores/cortex-m/translation-budget.js';

const MILLION = 1_000_000;

it('nothing is translated in runs of a few hundred thousand instructions', () => {
  const budget = new TranslationBudget();
  expect([0, 1000, 400_000].map((executed) => budget.allows(executed))).toEqual([false, false, false]);
  expect(budget.allows(600_000)).toBe(true);
});

it('asking often does not make it larger', () => {
  const budget = new TranslationBudget();
  for (let i = 0; i < 10_000; i++) expect(budget.allows(400_000)).toBe(false);
});

it('in the long run an instruction is translated for 500 executed ones, a module counting as 100 more', () => {
  const budget = new TranslationBudget();
  let translated = 0;
  for (let executed = 0; executed < 100 * MILLION; executed += 10_000) {
    if (!budget.allows(executed)) continue;
    budget.spend(300);
    translated += 400;
  }
  expect(translated).toBeGreaterThan(100 * MILLION / 500 * 0.98);
  expect(translated).toBeLessThan(100 * MILLION / 500);
});

it('what was not used for long does not add up', () => {
  const budget = new TranslationBudget();
  expect(budget.allows(1000 * MILLION)).toBe(true);
  budget.spend(1000);
  expect(budget.allows(1000 * MILLION)).toBe(false);
});

it('a large module is waited for', () => {
  const budget = new TranslationBudget();
  budget.allows(10 * MILLION);
  budget.spend(2900);
  expect(budget.allows(10.9 * MILLION)).toBe(false);
  expect(budget.allows(11.1 * MILLION)).toBe(true);
});

it('the first instructions are dear, later ones are not', () => {
  const budget = new TranslationBudget();
  const first = budget.priceOf(50);
  expect(budget.paidBy(first)).toBe(50);
  expect(budget.paidBy(first - 1)).toBe(49);
  for (let i = 0; i < 20; i++) budget.spend(50);
  expect(budget.priceOf(50)).toBe(first / 4);
  expect(budget.paidBy(first / 4)).toBe(50);
});

it('few passes pay for nothing', () => {
  expect(new TranslationBudget().paidBy(1000)).toBeLessThan(0);
});
