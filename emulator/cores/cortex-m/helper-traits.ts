/** What the interpreter generator knows of the helpers that rows call. */
import type { HelperTraits } from '../../isa/javascript.js';
import { Word } from './state.js';

export const HELPER_TRAITS: HelperTraits = {
  pure: new Set(['ReverseBits', 'SumOfThreeSettingQ', 'DifferenceAndSumSettingQ', 'SumOfAbsoluteDifferences8']),
  guards: { ExecuteFPCheck: Word.FP_CHECK },
};
