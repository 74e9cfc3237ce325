/* Lets the watchdog bite once; then reports why it was reset, and what GPREGRET kept. */
#include "nrf.h"

int main(void) {
  if (POWER_RESETREAS != 0) {
    result[0] = POWER_RESETREAS;
    result[1] = POWER_GPREGRET;
    POWER_RESETREAS = 0xffffffff;
    result[2] = POWER_RESETREAS;
    stop();
  }
  POWER_GPREGRET = 0x5a;
  WDT_CRV = 32767;
  WDT_TASKS_START = 1;
  for (;;) {}
}
