/*
 * A 1 kHz SysTick interrupt, on before main() begins: firmware has a tick, and whoever must stop for it pays for it.
 * CORE_HZ is the board's core clock. No program's output may depend on how many ticks came.
 */
#include "exception.h"
#include "registers.h"

volatile uint32_t ticks;

static void on_tick(struct exception *e) {
  (void)e;
  ticks++;
}

__attribute__((constructor)) static void start_ticks(void) {
  handlers[SYSTICK] = on_tick;
  SYST_RVR = CORE_HZ / 1000 - 1;
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_CLKSOURCE | SYST_CSR_TICKINT | SYST_CSR_ENABLE;
}
