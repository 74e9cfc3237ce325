/* SysTick's registers and its interrupt, whatever the speed of the clock. */
#include "registers.h"
#include "trace.h"

static volatile unsigned ticks;
static void tick(struct exception *e) { (void)e; ticks++; }

int main(void) {
  handlers[SYSTICK] = tick;
  SYST_CSR = 0;
  SYST_RVR = 0xFFFFFFFF;
  trace_value("RVR is 24 bits", SYST_RVR);
  SYST_CVR = 0x12345678;
  trace_value("a write to CVR clears it", SYST_CVR);
  trace_value("CSR", SYST_CSR);
  trace_print("registers");

  SYST_RVR = 9999;
  SYST_CVR = 1;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_CLKSOURCE;
  while (!(SYST_CSR & SYST_CSR_COUNTFLAG)) {}
  SYST_CSR = SYST_CSR_CLKSOURCE;
  trace_value("COUNTFLAG was cleared by the read", SYST_CSR >> 16 & 1);
  trace_value("no interrupt without TICKINT", ICSR >> 26 & 1);
  uint32_t a = SYST_CVR, b = SYST_CVR;
  trace_value("stopped", a == b);
  trace_value("within its range", a <= 9999);
  trace_print("polled");

  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  while (ticks < 10) {}
  SYST_CSR = 0;
  trace("ten ticks");
  trace_print("by interrupt");

  __asm volatile("cpsid i");
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  while (!(ICSR & ICSR_PENDSTSET)) {}
  SYST_CSR = SYST_CSR_CLKSOURCE;
  trace_value("pending behind PRIMASK", ICSR >> 26 & 1);
  trace_value("VECTPENDING", ICSR >> 12 & 0x1FF);
  ICSR = ICSR_PENDSTCLR;
  __asm volatile("cpsie i\n isb");
  trace_value("PENDSTCLR took it back: ticks more", ticks - 10);
  trace_print("pending");

  SYST_RVR = 0;
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  for (volatile int i = 0; i < 1000; i++) {}
  SYST_CSR = 0;
  trace_value("a reload of 0 never ticks", ticks - 10);
  trace_print("reload of 0");
  return 0;
}
