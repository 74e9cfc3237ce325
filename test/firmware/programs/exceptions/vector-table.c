/* VTOR: another table in RAM, its alignment, and back. */
#include "registers.h"
#include "trace.h"

static uint32_t table[64] __attribute__((aligned(256)));

__attribute__((naked)) static void direct(void) { __asm volatile("push {r4, lr}\n bl direct_body\n pop {r4, pc}"); }
__attribute__((used)) static void direct_body(void) { trace("by the table in RAM"); }
static void irq(struct exception *e) { trace_exception("by the table in flash", e); }

int main(void) {
  handlers[IRQ0 + 20] = irq;
  handlers[SVCALL] = irq;
  enable_irq(20);
  trace_origin(main);
  trace_value("VTOR", VTOR);
  pend_irq(20);
  for (unsigned i = 0; i < 48; i++) table[i] = vectors[i];
  table[IRQ0 + 20] = (uint32_t)(uintptr_t)direct;
  VTOR = (uint32_t)(uintptr_t)table;
  barrier();
  trace_value("VTOR moved", VTOR == (uint32_t)(uintptr_t)table);
  pend_irq(20);
  __asm volatile("svc #0");
  table[SVCALL] = (uint32_t)(uintptr_t)direct;
  barrier();
  __asm volatile("svc #0");
  VTOR = 0;
  barrier();
  pend_irq(20);
  __asm volatile("svc #0");
  trace_print("VTOR");
  VTOR = 0x2000007F;
  trace_value("low bits are zero", VTOR);
  VTOR = 0;
  trace_print("VTOR's low bits");
  return 0;
}
