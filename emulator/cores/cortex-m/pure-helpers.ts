/** Helpers that look at their arguments only: they neither fault nor need the address of the instruction. */
export const PURE_HELPERS: ReadonlySet<string> = new Set([
  'ReverseBits', 'SumOfThreeSettingQ', 'DifferenceAndSumSettingQ', 'SumOfAbsoluteDifferences8', 'mulHighS', 'mulHighU',
]);
