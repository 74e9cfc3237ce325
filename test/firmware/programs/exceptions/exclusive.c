/* LDREX and STREX of all sizes, CLREX, and exceptions in between. */
#include "registers.h"
#include "trace.h"

static uint32_t words[2];
#define word words[1]
static uint16_t half;
static uint8_t byte;

static uint32_t load(void) { uint32_t v; __asm volatile("ldrex %0, [%1]" : "=r"(v) : "r"(&word) : "memory"); return v; }
static uint32_t store(uint32_t v) { uint32_t failed; __asm volatile("strex %0, %1, [%2]" : "=&r"(failed) : "r"(v), "r"(&word) : "memory"); return failed; }
static void irq(struct exception *e) { trace_exception("IRQ 20", e); }

int main(void) {
  handlers[IRQ0 + 20] = irq;
  handlers[SVCALL] = irq;
  enable_irq(20);
  trace_origin(main);
  trace_value("STREX without LDREX fails", store(1));
  load();
  trace_value("STREX after LDREX", store(2));
  trace_value("a second STREX fails", store(3));
  trace_value("word", word);
  load();
  __asm volatile("clrex");
  trace_value("after CLREX", store(4));
  load();
  pend_irq(20);
  trace_value("after an interrupt", store(5));
  load();
  __asm volatile("svc #0");
  trace_value("after SVC", store(6));
  load();
  load();
  trace_value("after two LDREX", store(7));
  trace_value("word", word);
  uint32_t v, failed;
  __asm volatile("ldrexb %0, [%2]\n add %0, #1\n strexb %1, %0, [%2]" : "=&r"(v), "=&r"(failed) : "r"(&byte) : "memory");
  trace_value("byte", byte);
  trace_value("failed", failed);
  half = 0xFFFF;
  __asm volatile("ldrexh %0, [%2]\n add %0, #1\n strexh %1, %0, [%2]" : "=&r"(v), "=&r"(failed) : "r"(&half) : "memory");
  trace_value("half", half);
  trace_value("failed", failed);
  __asm volatile("ldrex %0, [%2, #4]\n strex %1, %0, [%2, #4]" : "=&r"(v), "=&r"(failed) : "r"(words) : "memory");
  trace_value("with an offset, failed", failed);
  trace_print("exclusive accesses");
  return 0;
}
