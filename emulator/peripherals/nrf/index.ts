/** Nordic's blocks, shared by nRF51 and nRF52 chips; what differs between the two is an option of the block. */
import type { BlockFactory } from '../block.js';
import { AAR_BLOCK } from './aar.js';
import { CCM_BLOCK } from './ccm.js';
import { CRYPTOCELL_BLOCK } from './cryptocell.js';
import { ECB_BLOCK } from './ecb.js';
import { GPIO_BLOCK } from './gpio.js';
import { MWU_BLOCK } from './mwu.js';
import { NFCT_BLOCK } from './nfct.js';
import { QSPI_BLOCK } from './qspi.js';
import { RADIO_BLOCK } from './radio.js';
import { TIMER_BLOCK } from './timer.js';

export const NRF_BLOCKS: Readonly<Record<string, BlockFactory>> = {
  'nrf/aar': AAR_BLOCK,
  'nrf/ccm': CCM_BLOCK,
  'nrf/cryptocell': CRYPTOCELL_BLOCK,
  'nrf/ecb': ECB_BLOCK,
  'nrf/gpio':  GPIO_BLOCK,
  'nrf/mwu': MWU_BLOCK,
  'nrf/nfct': NFCT_BLOCK,
  'nrf/qspi': QSPI_BLOCK,
  'nrf/radio': RADIO_BLOCK,
  'nrf/timer': TIMER_BLOCK,
};
