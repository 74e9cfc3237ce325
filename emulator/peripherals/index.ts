/**
 * Every kind of block that a chip description may name, by family and block. A new block is one source file, one test
 * and one line here; a new chip is lines in its YAML file.
 */
import { PL022_BLOCK } from './arm/pl022.js';
import { SBCON_BLOCK } from './arm/sbcon.js';
import { AVR_BLOCKS } from './avr/index.js';
import type { BlockFactory } from './block.js';
import { DUAL_TIMER_BLOCK } from './cmsdk/dual-timer.js';
import { GPIO_BLOCK } from './cmsdk/gpio.js';
import { TIMER_BLOCK } from './cmsdk/timer.js';
import { UART_BLOCK } from './cmsdk/uart.js';
import { WATCHDOG_BLOCK } from './cmsdk/watchdog.js';
import { ETHERNET_BLOCK } from './mps2/ethernet.js';
import { FPGAIO_BLOCK } from './mps2/fpgaio.js';
import { I2S_BLOCK } from './mps2/i2s.js';
import { SCC_BLOCK } from './mps2/scc.js';
import { NRF_BLOCKS } from './nrf/index.js';

export const BLOCKS: Readonly<Record<string, BlockFactory>> = {
  'arm/pl022':        PL022_BLOCK,
  'arm/sbcon':        SBCON_BLOCK,
  'cmsdk/dual-timer': DUAL_TIMER_BLOCK,
  'cmsdk/gpio':       GPIO_BLOCK,
  'cmsdk/timer':      TIMER_BLOCK,
  'cmsdk/uart':       UART_BLOCK,
  'cmsdk/watchdog':   WATCHDOG_BLOCK,
  'mps2/ethernet':    ETHERNET_BLOCK,
  'mps2/fpgaio':      FPGAIO_BLOCK,
  'mps2/i2s':         I2S_BLOCK,
  'mps2/scc':         SCC_BLOCK,
  ...AVR_BLOCKS,
  ...NRF_BLOCKS,
};

export { AVR_CPU, type AvrCpu } from './avr/cpu.js';
export { Fuses } from './avr/fuses.js';
export { AVR_MEMORY } from './avr/memories.js';
export { bootStart } from './avr/system-control.js';
export * from './block.js';
export { attachPins } from './pins.js';
