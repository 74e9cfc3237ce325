/* FP state across exceptions: FPCA, EXC_RETURN's bit 4, lazy and eager stacking, FPCCR and FPCAR, disabled FPU. */
#include "registers.h"
#include "trace.h"

static uint32_t before[32], after[32], fpscr_after;

__attribute__((naked)) static void load_registers(const uint32_t *from) { __asm volatile("vldmia r0, {s0-s31}\n bx lr"); }
__attribute__((naked)) static void store_registers(uint32_t *to) { __asm volatile("vstmia r0, {s0-s31}\n bx lr"); }
static uint32_t control(void) { return READ_SPECIAL(control); }
static void clear_fpca(void) { WRITE_SPECIAL(control, READ_SPECIAL(control) & ~4u); }

static int handler_uses_fp;

static void irq(struct exception *e) {
  trace_exception("IRQ 20", e);
  trace_value("CONTROL", control());
  trace_value("FPCCR", FPCCR);
  trace_value("FPCAR is the frame's FP part", FPCAR == (uint32_t)(uintptr_t)e->frame + 0x20);
  const uint32_t *fp = (const uint32_t *)e->frame + 8;
  if (!(e->exc_return & 0x10)) {
    if (FPCCR & FPCCR_LSPACT) trace("S0 not stored yet");
    else { trace_value("S0 stored", fp[0]); trace_value("S15 stored", fp[15]); trace_value("FPSCR stored", fp[16]); }
  }
  if (handler_uses_fp) {
    __asm volatile("vmov s0, %0\n vmov s15, %0\n vmov.f32 s31, s0\n vmsr fpscr, %1" :: "r"(0xBADBAD), "r"(0x00C00000));
    trace_value("FPCCR after FP", FPCCR);
    trace_value("CONTROL after FP", control());
    if (!(e->exc_return & 0x10)) { trace_value("S0 stored", fp[0]); trace_value("S15 stored", fp[15]); trace_value("FPSCR stored", fp[16]); }
  }
}

/* FPDSCR gives a new context's FPSCR (B1.5.7). */
static void irq_reads_fpscr(struct exception *e) {
  (void)e;
  uint32_t fpscr;
  __asm volatile("vmrs %0, fpscr" : "=r"(fpscr));
  trace_value("FPSCR<26:22> in the handler", fpscr & 0x07C00000);
}

static void run(const char *title) {
  for (unsigned i = 0; i < 32; i++) before[i] = 0x40000000 + i * 0x11111;
  __asm volatile("vmsr fpscr, %0" :: "r"(0xF3400000));
  load_registers(before);
  trace_value("CONTROL", control());
  pend_irq(20);
  __asm volatile("vmrs %0, fpscr" : "=r"(fpscr_after));
  store_registers(after);
  trace_value("CONTROL", control());
  uint32_t changed = 0;
  for (unsigned i = 0; i < 32; i++) changed |= (uint32_t)(before[i] != after[i]) << i;
  trace_value("registers changed", changed);
  trace_value("FPSCR", fpscr_after);
  trace_value("FPCCR", FPCCR);
  trace_print(title);
}

static void inner(struct exception *e) { trace_exception("IRQ 21", e); __asm volatile("vmov s1, %0" :: "r"(0x77777777)); }
static void outer(struct exception *e) {
  trace_exception("IRQ 20", e);
  pend_irq(21);
  const uint32_t *fp = (const uint32_t *)e->frame + 8;
  trace_value("S1 of Thread, stored by the nested handler", fp[1]);
}

static void disabled(void) { __asm volatile("vmov s0, s1"); }

int main(void) {
  handlers[IRQ0 + 20] = irq;
  set_irq_priority(20, 0x80);
  enable_irq(20);
  trace_origin(pend_irq);
  trace_value("FPCCR at reset", FPCCR);
  trace_value("FPDSCR at reset", FPDSCR);
  trace_value("MVFR0", MVFR0);
  trace_value("MVFR1", MVFR1);
  trace_print("registers");

  clear_fpca();
  trace_value("CONTROL without FP", control());
  pend_irq(20);
  trace_print("no FP context: basic frame");

  for (int uses = 0; uses < 2; uses++) {
    handler_uses_fp = uses;
    FPCCR = FPCCR_ASPEN | FPCCR_LSPEN;
    run(uses ? "lazy stacking, handler uses FP" : "lazy stacking, handler does not use FP");
    FPCCR = FPCCR_ASPEN;
    run(uses ? "eager stacking, handler uses FP" : "eager stacking, handler does not use FP");
    FPCCR = 0;
    clear_fpca();
    run(uses ? "ASPEN 0, handler uses FP" : "ASPEN 0, handler does not use FP");
  }
  FPCCR = FPCCR_ASPEN | FPCCR_LSPEN;
  handlers[IRQ0 + 20] = outer;
  handlers[IRQ0 + 21] = inner;
  set_irq_priority(21, 0x40);
  enable_irq(21);
  run("a nested handler stores Thread's context");

  handlers[IRQ0 + 20] = irq_reads_fpscr;
  FPDSCR = 0x07C00000;
  trace_value("FPDSCR", FPDSCR);
  run("a handler starts with FPDSCR");
  FPDSCR = 0;

  handlers[USAGEFAULT] = trace_and_abandon;
  SHCSR = SHCSR_USGFAULTENA;
  trace_origin(disabled);
  CPACR = 0;
  barrier();
  clear_fpca();
  trace_value("exception", attempt(disabled));
  CPACR = 0xFu << 20;
  barrier();
  trace_value("exception", attempt(disabled));
  trace_print("NOCP while the FPU is off");
  return 0;
}
