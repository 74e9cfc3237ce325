/** The blocks of AVR chips, by the names that chip files give them. */
import type { BlockFactory } from '../block.js';
import { GPIO_BLOCK } from './gpio.js';
import { PRESCALER_BLOCK } from './prescaler.js';
import { TIMER16_BLOCK } from './timer16.js';
import { TIMER8_ASYNC_BLOCK } from './timer8-async.js';
import { TIMER8_BLOCK } from './timer8.js';

export const AVR_BLOCKS: Readonly<Record<string, BlockFactory>> = {
  'avr/gpio':      GPIO_BLOCK,
  'avr/prescaler': PRESCALER_BLOCK,
  'avr/timer16':   TIMER16_BLOCK,
  'avr/timer8':    TIMER8_BLOCK,
  'avr/timer8-async': TIMER8_ASYNC_BLOCK,
};
