/** The kinds of core that chips may have. */
import type { Chip } from '../boards/index.js';
import { AVR_KIND } from './avr-core.js';
import type { CoreKind } from './core.js';
import { CORTEX_M_KIND } from './cortex-m-core.js';

export function coreKindOf({ core }: Chip): CoreKind {
  return core.name === 'avr' ? AVR_KIND : CORTEX_M_KIND;
}
