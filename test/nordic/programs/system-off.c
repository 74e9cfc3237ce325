/* System OFF until P0.11 goes low; RAM0 keeps its contents where firmware asks for it, RAM1 does not. */
#include "nrf.h"

#define KEPT REGISTER(0x20000ff0)
#define LOST REGISTER(0x20002000)
#define SECTION0_RETENTION (1u << 16)

int main(void) {
  if (POWER_RESETREAS != 0) {
    result[0] = POWER_RESETREAS;
    result[1] = KEPT;
    result[2] = LOST;
    stop();
  }
  KEPT = 0x12345678;
  LOST = 0x12345678;
  POWER_RAM_POWERSET(0) = SECTION0_RETENTION;
  P0_PIN_CNF(11) = PIN_CNF_WAKE_ON_LOW;
  POWER_SYSTEMOFF = 1;
  for (;;) {}
}
