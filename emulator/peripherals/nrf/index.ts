/** Nordic's blocks, shared by nRF51 and nRF52 chips; what differs between the two is an option of the block. */
import type { BlockFactory } from '../block.js';
import { GPIO_BLOCK } from './gpio.js';
import { ADC_BLOCK } from './adc.js';
import { COMP_BLOCK } from './comp.js';
import { EGU_BLOCK } from './egu.js';
import { GPIOTE_BLOCK } from './gpiote.js';
import { LPCOMP_BLOCK } from './lpcomp.js';
import { PPI_BLOCK } from './ppi.js';
import { PWM_BLOCK } from './pwm.js';
import { QDEC_BLOCK } from './qdec.js';
import { SAADC_BLOCK } from './saadc.js';
import { TIMER_BLOCK } from './timer.js';

export const NRF_BLOCKS: Readonly<Record<string, BlockFactory>> = {
  'nrf/gpio':  GPIO_BLOCK,
  'nrf/adc': ADC_BLOCK,
  'nrf/comp': COMP_BLOCK,
  'nrf/egu': EGU_BLOCK,
  'nrf/gpiote': GPIOTE_BLOCK,
  'nrf/lpcomp': LPCOMP_BLOCK,
  'nrf/ppi': PPI_BLOCK,
  'nrf/pwm': PWM_BLOCK,
  'nrf/qdec': QDEC_BLOCK,
  'nrf/saadc': SAADC_BLOCK,
  'nrf/timer': TIMER_BLOCK,
};
