/* SVC, PendSV and SysTick as a kernel uses them, and SVC where it cannot be taken. */
#include "registers.h"
#include "trace.h"

static uint32_t call(uint32_t a, uint32_t b) {
  register uint32_t r0 __asm("r0") = a;
  register uint32_t r1 __asm("r1") = b;
  __asm volatile("svc #0x5A" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static unsigned depth;

static void svc(struct exception *e) {
  trace_exception("SVCall", e);
  const uint8_t *instruction = (const uint8_t *)(uintptr_t)(e->frame->pc - 2);
  trace_value("number", instruction[0]);
  if (depth == 1) { /* PendSV waits for the end of SVCall */
    ICSR = ICSR_PENDSVSET;
    barrier();
    trace_value("PENDSVSET", ICSR >> 28 & 1);
  }
  if (depth == 2) { /* an interrupt of higher priority does not */
    pend_irq(24);
  }
  if (depth == 3) __asm volatile("svc #1");
  e->frame->r0 += e->frame->r1;
}
static void pendsv(struct exception *e) { trace_exception("PendSV", e); if (depth == 4) { uint32_t sum = call(7, 8); trace_value("sum in PendSV", sum); } }
static void irq(struct exception *e) { trace_exception("IRQ 24", e); if (depth == 5) __asm volatile("svc #2"); }
static void hard_fault(struct exception *e) {
  trace_value("HardFault, EXC_RETURN", e->exc_return);
  trace_value("IPSR of the interrupted", e->frame->xpsr & 0x1FF);
  trace_faults("status");
  if (*(const uint8_t *)(uintptr_t)(e->frame->pc + 1) == 0xDF) e->frame->pc += 2; /* the SVC itself; see README */
}

int main(void) {
  handlers[SVCALL] = svc; handlers[PENDSV] = pendsv; handlers[IRQ0 + 24] = irq; handlers[HARDFAULT] = hard_fault;
  set_system_priority(SVCALL, 0x40);
  set_system_priority(PENDSV, 0xC0);
  set_irq_priority(24, 0);
  enable_irq(24);
  trace_origin(call);
  trace_value("sum", call(2, 3));
  trace_print("SVC from Thread");
  depth = 1;
  trace_value("sum", call(10, 20));
  trace_print("PendSV pended in SVCall is tail-chained");
  depth = 2;
  trace_value("sum", call(100, 200));
  trace_print("SVCall is preempted");
  depth = 3;
  trace_value("sum", call(1, 1));
  trace_print("SVC in SVCall escalates to HardFault");
  depth = 4;
  ICSR = ICSR_PENDSVSET;
  barrier();
  trace_print("SVC in PendSV preempts it");
  depth = 5;
  pend_irq(24);
  trace_print("SVC in an interrupt of higher priority escalates");
  __asm volatile("cpsid i" ::: "memory");
  depth = 0;
  __asm volatile("svc #3");
  __asm volatile("cpsie i" ::: "memory");
  trace_print("SVC with PRIMASK set escalates");
  set_irq_priority(24, 0x40);
  pend_irq(24);
  trace_print("SVC at equal priority escalates");
#if __ARM_ARCH >= 7
  WRITE_SPECIAL(basepri, 0x40);
  __asm volatile("svc #4");
  WRITE_SPECIAL(basepri, 0);
  trace_print("SVC under BASEPRI escalates");
#endif
  set_irq_priority(24, 0xC0);
  set_system_priority(SVCALL, 0xC0);
  __asm volatile("cpsid i" ::: "memory");
  pend_irq(24);
  ICSR = ICSR_PENDSVSET;
  barrier();
  ICSR = ICSR_PENDSVCLR;
  trace_value("PENDSVSET after PENDSVCLR", ICSR >> 28 & 1);
  depth = 0;
  __asm volatile("cpsie i\n isb" ::: "memory");
  trace_print("PENDSVCLR");
  return 0;
}
