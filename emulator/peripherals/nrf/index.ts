/** Nordic's blocks, shared by nRF51 and nRF52 chips; what differs between the two is an option of the block. */
import type { BlockFactory } from '../block.js';
import { GPIO_BLOCK } from './gpio.js';
import { I2S_BLOCK } from './i2s.js';
import { PDM_BLOCK } from './pdm.js';
import { TIMER_BLOCK } from './timer.js';

export const NRF_BLOCKS: Readonly<Record<string, BlockFactory>> = {
  'nrf/gpio':  GPIO_BLOCK,
  'nrf/i2s':   I2S_BLOCK,
  'nrf/pdm':   PDM_BLOCK,
  'nrf/timer': TIMER_BLOCK,
};
