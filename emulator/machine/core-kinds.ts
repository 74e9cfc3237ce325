/** The kinds of core that chips may have. */
import type { Chip } from '../boards/index.js';
import type { CoreKind } from './core.js';
import { CORTEX_M_KIND } from './cortex-m-core.js';

export function coreKindOf(_chip: Chip): CoreKind {
  return CORTEX_M_KIND;
}
