/* Exceptions whose frame cannot be written or read: MSTKERR, MUNSTKERR, STKERR, UNSTKERR; and STKALIGN. */
#include "registers.h"
#include "trace.h"

static uint64_t spare_stack[64];
static uint8_t guarded[4096] __attribute__((aligned(4096)));
static uint32_t bad_psp;

static void guard(int on) {
  MPU_RNR = 0;
  MPU_RBAR = (uint32_t)(uintptr_t)guarded;
  MPU_RASR = on ? 1u << 28 | 6u << 16 | 11u << 1 | 1 : 0;
  MPU_CTRL = on ? MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA : 0;
  barrier();
}

/* Switches to a PSP that cannot hold a frame, and asks for one. */
static void pend_on_bad_stack(void) {
  WRITE_SPECIAL(psp, bad_psp);
  __asm volatile(
    "mrs r0, control\n orr r0, #2\n msr control, r0\n isb\n str %1, [%0]\n dsb\n isb\n nop"
    :: "r"(&NVIC_ISPR(0)), "r"(1u << 20) : "r0", "memory");
}
static void svc_on_bad_stack(void) {
  WRITE_SPECIAL(psp, bad_psp);
  __asm volatile("mrs r0, control\n orr r0, #2\n msr control, r0\n isb\n svc #0\n nop" ::: "r0", "memory");
}

/* The frame is lost: make a new one that returns to Thread on the main stack. */
static void abandon_from_lost_frame(struct exception *e) {
  struct exception rebuilt = *e;
  rebuilt.frame = (struct frame *)&spare_stack[32];
  rebuilt.frame->xpsr = 1u << 24;
  WRITE_SPECIAL(psp, (uint32_t)(uintptr_t)rebuilt.frame);
  WRITE_SPECIAL(control, 0);
  abandon(&rebuilt);
  e->exc_return = 0xFFFFFFFD;
}
static void fault(struct exception *e) {
  trace_value("fault, EXC_RETURN", e->exc_return);
  trace_value("PSP", READ_SPECIAL(psp));
  trace_faults("status");
  trace_value("SHCSR", SHCSR & 0xFFFF);
  trace_value("IRQ 20 pending", NVIC_ISPR(0) >> 20 & 1);
  trace_value("IRQ 20 active", NVIC_IABR(0) >> 20 & 1);
  abandon_from_lost_frame(e);
}
static void irq(struct exception *e) { trace_value("IRQ 20, EXC_RETURN", e->exc_return); abandon_from_lost_frame(e); }
static void svc(struct exception *e) { trace_value("SVCall, EXC_RETURN", e->exc_return); abandon_from_lost_frame(e); }

/* After the landing Thread runs on PSP's registers but with SP put back to the value saved on the main stack. */
static void back_to_main_stack(void) {
  __asm volatile("mov r1, sp\n mrs r0, control\n bic r0, #2\n msr msp, r1\n msr control, r0\n isb" ::: "r0", "r1", "memory");
}
static void stacking(const char *title, void (*code)(void), uint32_t psp) {
  bad_psp = psp;
  handlers[IRQ0 + 20] = irq;
  WRITE_SPECIAL(control, 0); /* no FP context: only the basic frame matters here */
  uint32_t result = attempt(code);
  back_to_main_stack();
  trace_value("exception", result);
  trace_value("IRQ 20 pending", NVIC_ISPR(0) >> 20 & 1);
  NVIC_ICPR(0) = 1u << 20;
  trace_print(title);
}

/* Unstacking: a good frame is taken, then the handler points PSP elsewhere. */
static void irq_moves_psp(struct exception *e) {
  trace_value("IRQ 20, EXC_RETURN", e->exc_return);
  WRITE_SPECIAL(psp, bad_psp);
}
static void unstacking(const char *title, uint32_t psp) {
  bad_psp = (uint32_t)(uintptr_t)&spare_stack[60];
  uint32_t wrong = psp;
  handlers[IRQ0 + 20] = irq_moves_psp;
  WRITE_SPECIAL(psp, bad_psp);
  WRITE_SPECIAL(control, 0);
  bad_psp = wrong;
  extern void pend_on_spare_stack(void);
  uint32_t result = attempt(pend_on_spare_stack);
  back_to_main_stack();
  trace_value("exception", result);
  NVIC_ICPR(0) = 1u << 20;
  trace_print(title);
}
__attribute__((naked)) void pend_on_spare_stack(void) {
  __asm volatile(
    "mrs r0, control\n orr r0, #2\n msr control, r0\n isb\n"
    "ldr r0, =0xE000E200\n mov r1, #1 << 20\n str r1, [r0]\n dsb\n isb\n nop\n nop\n bx lr\n .pool");
}

static void each(const char *masked) {
  trace(masked);
  stacking("interrupt into a guarded stack", pend_on_bad_stack, (uint32_t)(uintptr_t)guarded + 64);
  stacking("SVC into a guarded stack", svc_on_bad_stack, (uint32_t)(uintptr_t)guarded + 64);
  stacking("interrupt into nothing", pend_on_bad_stack, 0x70001000);
  stacking("SVC into nothing", svc_on_bad_stack, 0x70001000);
  unstacking("return from a guarded stack", (uint32_t)(uintptr_t)guarded + 64);
  unstacking("return from nothing", 0x70001000);
}

static void irq_notes_alignment(struct exception *e) {
  trace_exception("frame", e);
  trace_value("frame's low bits", (uint32_t)(uintptr_t)e->frame & 7);
}
static void alignment(void) {
  handlers[IRQ0 + 20] = irq_notes_alignment;
  for (unsigned words = 0; words < 2; words++) {
    for (unsigned aligned = 0; aligned < 2; aligned++) {
#if !defined(__ARM_ARCH_7EM__) || __ARM_FP != 0xE /* read-only on the Cortex-M7 */
      CCR = aligned ? CCR | CCR_STKALIGN : CCR & ~CCR_STKALIGN;
#endif
      trace_value("STKALIGN", CCR >> 9 & 1);
      trace_value("words pushed", words);
      uint32_t before, after;
      __asm volatile(
        "mov r4, sp\n sub r5, r4, %3, lsl #2\n mov sp, r5\n"
        "ldr r0, =0xE000E200\n mov r1, #1 << 20\n mov %0, sp\n str r1, [r0]\n dsb\n isb\n mov %1, sp\n mov sp, r4\n"
        : "=&r"(before), "=&r"(after) : "r"(0), "r"(words) : "r0", "r1", "r4", "r5", "memory");
      trace_value("SP moved by", after - before);
    }
  }
  CCR |= CCR_STKALIGN;
  trace_print("STKALIGN");
}

int main(void) {
  handlers[MEMMANAGE] = handlers[BUSFAULT] = handlers[HARDFAULT] = fault;
  handlers[SVCALL] = svc;
  SHCSR = SHCSR_MEMFAULTENA | SHCSR_BUSFAULTENA;
  set_irq_priority(20, 0x80);
  enable_irq(20);
  trace_origin(alignment);
  alignment();
  guard(1);
  each("faults enabled");
  SHCSR = 0;
  each("faults escalate");
  guard(0);
  return 0;
}
