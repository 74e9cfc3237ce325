/* Arm MPS2 boards AN385 (Cortex-M3), AN386 (M4) and AN500 (M7): what every sample switches on, and its end. */
#ifndef MPS2_H
#define MPS2_H

#include <stdint.h>

/* The UART, and the cycle counter where the core has one. */
void board_start(void);
/* Sends what is queued and ends the emulation by semihosting, with this status. */
_Noreturn void board_end(uint32_t status);

/* DWT.CYCCNT. */
static inline uint32_t cycles_now(void) { return *(volatile uint32_t *)0xE0001004; }

#endif
