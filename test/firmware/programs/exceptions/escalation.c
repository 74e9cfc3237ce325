/* Configurable faults by priority: their own handler, HardFault when they cannot preempt, faults inside faults. */
#include "registers.h"
#include "trace.h"

#define NAKED __attribute__((naked, noinline)) static void
NAKED undefined(void) { __asm volatile("udf #1\n bx lr"); }
NAKED bus(void) { __asm volatile("ldr r0, =0x70000000\n ldr r0, [r0]\n bx lr\n .pool"); }

static void (*inside)(void);
static void skip(struct exception *e) { /* past a narrow instruction */
  trace_exception("fault", e);
  trace_faults("status");
  trace_value("SHCSR", SHCSR);
  trace_value("ICSR", ICSR & 0x1FF);
  e->frame->pc += 2;
}
static void usage(struct exception *e) {
  trace_exception("UsageFault", e);
  void (*code)(void) = inside;
  inside = 0;
  if (code) code();
  trace("UsageFault ends");
  trace_faults("status");
  e->frame->pc += 2;
}
static void irq(struct exception *e) {
  trace_exception("IRQ 20", e);
  undefined();
  trace("IRQ 20 ends");
}

int main(void) {
  handlers[USAGEFAULT] = usage;
  handlers[BUSFAULT] = handlers[HARDFAULT] = handlers[MEMMANAGE] = skip;
  handlers[IRQ0 + 20] = irq;
  enable_irq(20);
  SHCSR = SHCSR_USGFAULTENA | SHCSR_BUSFAULTENA | SHCSR_MEMFAULTENA;
  trace_origin(undefined);
  set_system_priority(USAGEFAULT, 0x40);
  set_system_priority(BUSFAULT, 0x20);
  inside = bus;
  undefined();
  trace_print("BusFault preempts UsageFault");
  set_system_priority(BUSFAULT, 0x40);
  inside = bus;
  undefined();
  trace_print("BusFault at UsageFault's priority escalates");
  inside = undefined;
  undefined();
  trace_print("UsageFault in UsageFault escalates");
  set_irq_priority(20, 0x80);
  pend_irq(20);
  trace_print("UsageFault preempts IRQ 20");
  set_irq_priority(20, 0x20);
  pend_irq(20);
  trace_print("UsageFault in an interrupt above it escalates");
  WRITE_SPECIAL(basepri, 0x40);
  undefined();
  WRITE_SPECIAL(basepri, 0);
  trace_print("UsageFault under BASEPRI escalates");
  __asm volatile("cpsid i");
  undefined();
  __asm volatile("cpsie i");
  trace_print("UsageFault under PRIMASK escalates");
  return 0;
}
