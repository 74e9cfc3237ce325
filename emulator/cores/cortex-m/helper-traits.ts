/** What the interpreter generator knows of the helpers that rows call. */
import type { HelperTraits } from '../../isa/javascript.js';
import { Word } from './state.js';

export const HELPER_TRAITS: HelperTraits = {
  pure: new Set([
    'ReverseBits', 'SumOfThreeSettingQ', 'DifferenceAndSumSettingQ', 'SumOfAbsoluteDifferences8',
    'FPAdd32', 'FPSub32', 'FPMul32', 'FPDiv32', 'FPSqrt32', 'FPMulAdd32', 'FPMaxNum32', 'FPMinNum32', 'FPCompare32',
    'FPToFixed32', 'FixedToFP32', 'FPRoundInt32', 'FPSCRToAPSR', 'ReadFPSCR',
  ]),
  guards: { ExecuteFPCheck: Word.FP_CHECK },
};
