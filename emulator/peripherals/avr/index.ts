/** The blocks of AVR chips, by the names that chip files give them. */
import type { BlockFactory } from '../block.js';
import { ADC_BLOCK } from './adc.js';
import { ANALOG_COMPARATOR_BLOCK } from './analog-comparator.js';
import { EEPROM_BLOCK } from './eeprom.js';
import { EXTERNAL_INTERRUPTS_BLOCK } from './external-interrupts.js';
import { GPIO_BLOCK } from './gpio.js';
import { PRESCALER_BLOCK } from './prescaler.js';
import { SPI_BLOCK } from './spi.js';
import { SPM_BLOCK } from './spm.js';
import { SYSTEM_BLOCK } from './system-control.js';
import { TIMER16_BLOCK } from './timer16.js';
import { TIMER8_ASYNC_BLOCK } from './timer8-async.js';
import { TIMER8_BLOCK } from './timer8.js';
import { TWI_BLOCK } from './twi.js';
import { USART_BLOCK } from './usart.js';
import { WATCHDOG_BLOCK } from './watchdog.js';

export const AVR_BLOCKS: Readonly<Record<string, BlockFactory>> = {
  'avr/adc':          ADC_BLOCK,
  'avr/analog-comparator': ANALOG_COMPARATOR_BLOCK,
  'avr/eeprom':       EEPROM_BLOCK,
  'avr/external-interrupts': EXTERNAL_INTERRUPTS_BLOCK,
  'avr/gpio':         GPIO_BLOCK,
  'avr/prescaler':    PRESCALER_BLOCK,
  'avr/spi':          SPI_BLOCK,
  'avr/spm':          SPM_BLOCK,
  'avr/system':       SYSTEM_BLOCK,
  'avr/timer16':      TIMER16_BLOCK,
  'avr/timer8':       TIMER8_BLOCK,
  'avr/timer8-async': TIMER8_ASYNC_BLOCK,
  'avr/twi':          TWI_BLOCK,
  'avr/usart':        USART_BLOCK,
  'avr/watchdog':     WATCHDOG_BLOCK,
};
