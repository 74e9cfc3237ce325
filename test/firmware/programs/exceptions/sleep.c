/* WFI, WFE, SEV and what wakes them, as far as a program sees it without a clock. */
#include "registers.h"
#include "trace.h"

static void irq(struct exception *e) { trace_exception("IRQ 20", e); }
static volatile unsigned ticks;
static void tick(struct exception *e) { if (++ticks == 1) trace_value("tick, EXC_RETURN", e->exc_return); SYST_CSR = 0; }

int main(void) {
  handlers[IRQ0 + 20] = irq;
  handlers[SYSTICK] = tick;
  enable_irq(20);
  trace_origin(main);
  __asm volatile("cpsid i");
  pend_irq(20);
  __asm volatile("wfi");
  trace("WFI ends with an interrupt pending behind PRIMASK");
  __asm volatile("cpsie i\n isb");
  trace_print("WFI and PRIMASK");
  __asm volatile("sev\n wfe");
  trace("WFE after SEV does not wait");
  trace_print("SEV and WFE");
  SYST_RVR = 50000;
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  while (!ticks) __asm volatile("wfi");
  trace("SysTick wakes WFI");
  ticks = 0;
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  while (!ticks) __asm volatile("wfe");
  trace("SysTick wakes WFE");
  trace_print("waiting for SysTick");
#if __ARM_ARCH >= 7
  WRITE_SPECIAL(basepri, 0x20);
  set_irq_priority(20, 0);
  __asm volatile("cpsid i");
  pend_irq(20);
  __asm volatile("wfi");
  trace("WFI with BASEPRI below");
  __asm volatile("cpsie i\n isb");
  WRITE_SPECIAL(basepri, 0);
  trace_print("WFI and BASEPRI");
#endif
  return 0;
}
