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
import { SPI_BLOCK } from './spi.js';
import { SPIM_BLOCK } from './spim.js';
import { SPIS_BLOCK } from './spis.js';
import { I2S_BLOCK } from './i2s.js';
import { PDM_BLOCK } from './pdm.js';
import { TIMER_BLOCK } from './timer.js';
import { TWI_BLOCK } from './twi.js';
import { TWIM_BLOCK } from './twim.js';
import { TWIS_BLOCK } from './twis.js';
import { UART_BLOCK } from './uart.js';
import { UARTE_BLOCK } from './uarte.js';
import { USBD_ERRATA_BLOCK } from './usbd-errata.js';
import { USBD_BLOCK } from './usbd.js';
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
  'nrf/adc': ADC_BLOCK,
  'nrf/comp': COMP_BLOCK,
  'nrf/egu': EGU_BLOCK,
  'nrf/gpiote': GPIOTE_BLOCK,
  'nrf/lpcomp': LPCOMP_BLOCK,
  'nrf/ppi': PPI_BLOCK,
  'nrf/pwm': PWM_BLOCK,
  'nrf/qdec': QDEC_BLOCK,
  'nrf/saadc': SAADC_BLOCK,
  'nrf/i2s':   I2S_BLOCK,
  'nrf/pdm':   PDM_BLOCK,
  'nrf/timer': TIMER_BLOCK,
  'nrf/spi':   SPI_BLOCK,
  'nrf/spim':  SPIM_BLOCK,
  'nrf/spis':  SPIS_BLOCK,
  'nrf/twi':   TWI_BLOCK,
  'nrf/twim':  TWIM_BLOCK,
  'nrf/twis':  TWIS_BLOCK,
  'nrf/uart':  UART_BLOCK,
  'nrf/uarte': UARTE_BLOCK,
  'nrf/usbd': USBD_BLOCK,
  'nrf/usbd-errata': USBD_ERRATA_BLOCK,
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
