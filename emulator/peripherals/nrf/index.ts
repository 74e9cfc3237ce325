/** Nordic's blocks, shared by nRF51 and nRF52 chips; what differs between the two is an option of the block. */
import type { BlockFactory } from '../block.js';
import { GPIO_BLOCK } from './gpio.js';
import { TIMER_BLOCK } from './timer.js';
import { USBD_ERRATA_BLOCK } from './usbd-errata.js';
import { USBD_BLOCK } from './usbd.js';

export const NRF_BLOCKS: Readonly<Record<string, BlockFactory>> = {
  'nrf/gpio':  GPIO_BLOCK,
  'nrf/timer': TIMER_BLOCK,
  'nrf/usbd': USBD_BLOCK,
  'nrf/usbd-errata': USBD_ERRATA_BLOCK,
};
