/** The blocks of AVR chips, by the names that chip files give them. */
import type { BlockFactory } from '../block.js';
import { EEPROM_BLOCK } from './eeprom.js';
import { SPM_BLOCK } from './spm.js';
import { SYSTEM_BLOCK } from './system-control.js';
import { WATCHDOG_BLOCK } from './watchdog.js';

export const AVR_BLOCKS: Readonly<Record<string, BlockFactory>> = {
  'avr/eeprom':   EEPROM_BLOCK,
  'avr/spm':      SPM_BLOCK,
  'avr/system':   SYSTEM_BLOCK,
  'avr/watchdog': WATCHDOG_BLOCK,
};
