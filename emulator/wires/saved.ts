/** Checks that links make of what a snapshot gives them. */

/** Whether it is an array of so many whole numbers. */
export function areWhole(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((n) => Number.isSafeInteger(n));
}
