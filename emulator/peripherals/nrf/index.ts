/** Nordic's blocks, shared by nRF51 and nRF52 chips; what differs between the two is an option of the block. */
import type { BlockFactory } from '../block.js';
import { GPIO_BLOCK } from './gpio.js';
import { TIMER_BLOCK } from './timer.js';
import { ACL_BLOCK } from './acl.js';
import { CLOCK_BLOCK } from './clock.js';
import { FICR_BLOCK } from './ficr.js';
import { NRF51_MPU_BLOCK } from './nrf51-mpu.js';
import { NVMC_BLOCK } from './nvmc.js';
import { POWER_BLOCK } from './power.js';
import { RNG_BLOCK } from './rng.js';
import { ROM_TABLE_BLOCK } from './rom-table.js';
import { RTC_BLOCK } from './rtc.js';
import { TEMP_BLOCK } from './temp.js';
import { WDT_BLOCK } from './wdt.js';

export const NRF_BLOCKS: Readonly<Record<string, BlockFactory>> = {
  'nrf/gpio':  GPIO_BLOCK,
  'nrf/timer': TIMER_BLOCK,
  'nrf/acl': ACL_BLOCK,
  'nrf/clock': CLOCK_BLOCK,
  'nrf/ficr': FICR_BLOCK,
  'nrf/nrf51-mpu': NRF51_MPU_BLOCK,
  'nrf/nvmc': NVMC_BLOCK,
  'nrf/power': POWER_BLOCK,
  'nrf/rng': RNG_BLOCK,
  'nrf/rom-table': ROM_TABLE_BLOCK,
  'nrf/rtc': RTC_BLOCK,
  'nrf/temp': TEMP_BLOCK,
  'nrf/wdt': WDT_BLOCK,
};
