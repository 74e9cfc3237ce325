/* Makes P0.18 the reset pin as start-up code of the vendor's does: programs UICR, resets, and then waits for the pin. */
#include "nrf.h"

#define RESET_PIN 18u

int main(void) {
  if (UICR_PSELRESET(0) != RESET_PIN) {
    NVMC_CONFIG = NVMC_WEN;
    UICR_PSELRESET(0) = RESET_PIN;
    UICR_PSELRESET(1) = RESET_PIN;
    NVMC_CONFIG = NVMC_REN;
    SCB_AIRCR = 0x05fa0004;
    for (;;) {}
  }
  result[0] = POWER_RESETREAS;
  POWER_RESETREAS = 0xffffffff;
  if (result[0] & 1) stop();
  for (;;) wait_for_interrupt();
}
