/** Where translated code finds this core's state. */
import type { TranslationLayout } from '../../jit/layout.js';
import { STATE_BYTES, Word } from './state.js';

/** Byte offsets of what a machine adds behind its memories; see `TranslationLayout`. */
interface Places { readonly readMap: number; readonly writeMap: number; readonly callCache: number }

export function layoutOf({ readMap, writeMap, callCache }: Places): TranslationLayout {
  const at = (word: number): number => 4 * word;
  if (at(Word.S0 + 32) > STATE_BYTES) throw new Error('the state does not hold its registers');
  return {
    registers: at(Word.R0), N: at(Word.N), Z: at(Word.Z), C: at(Word.C), V: at(Word.V), Q: at(Word.Q), GE: at(Word.GE), ITSTATE: at(Word.ITSTATE),
    PC: at(Word.PC), DECLINED: at(Word.DECLINED), T: at(Word.T), COUNT: at(Word.COUNT), EXIT: at(Word.EXIT), EXIT_SITE: at(Word.EXIT_SITE), singles: at(Word.S0),
    PRIMASK: at(Word.PRIMASK), BASEPRI: at(Word.BASEPRI), FAULTMASK: at(Word.FAULTMASK), CONTROL: at(Word.CONTROL), OTHER_SP: at(Word.OTHER_SP),
    UNPRIVILEGED: at(Word.UNPRIVILEGED), FP_CHECK: at(Word.FP_CHECK), FPSCR: at(Word.FPSCR), DIV_0_TRP: at(Word.DIV_0_TRP), IPSR: at(Word.IPSR), readMap, writeMap, callCache,
  };
}
