/** What the emitter of handlers knows of the helpers that rows call. */
import type { HelperTraits } from '../../isa/javascript.js';

export const AVR_HELPER_TRAITS: HelperTraits = { pure: new Set(['EnableInterrupts']), guards: {} };
