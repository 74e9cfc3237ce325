/* UsageFault by each of its causes. */
#include "registers.h"
#include "trace.h"

__attribute__((used)) static uint8_t unaligned[16] __attribute__((aligned(8)));
__attribute__((used)) static volatile uint32_t sink;

#define NAKED __attribute__((naked, noinline)) static void
NAKED undefined_narrow(void) { __asm volatile("udf #7\n bx lr"); }
NAKED undefined_wide(void) { __asm volatile("udf.w #77\n bx lr"); }
NAKED undefined_in_it(void) { __asm volatile("movs r0, #0\n ite eq\n udfeq #1\n nopne\n bx lr"); }
NAKED not_taken_in_it(void) { __asm volatile("movs r0, #1\n it eq\n udfeq #1\n bx lr"); }
NAKED branch_to_arm(void) { __asm volatile("ldr r0, =hello_arm\n bx r0\n .align 2\nhello_arm: nop\n bx lr\n .pool"); }
NAKED pop_arm(void) { __asm volatile("push {r4, lr}\n ldr r0, =pop_target\n push {r0}\n pop {pc}\n .align 2\npop_target: pop {r4, pc}\n .pool"); }
NAKED blx_arm(void) { __asm volatile("push {r4, lr}\n movs r0, #0\n blx r0\n pop {r4, pc}"); }
NAKED coprocessor(void) { __asm volatile("mrc p7, 0, r0, c0, c0, 0\n bx lr"); }
NAKED coprocessor_load(void) { __asm volatile("ldc p5, c1, [r0]\n bx lr"); }
NAKED divide(void) { __asm volatile("movs r0, #5\n movs r1, #0\n udiv r0, r0, r1\n ldr r2, =sink_address\n ldr r2, [r2]\n str r0, [r2]\n bx lr\n .align 2\nsink_address: .word sink\n .pool"); }
NAKED divide_signed(void) { __asm volatile("movs r0, #5\n movs r1, #0\n sdiv r3, r0, r1\n bx lr"); }
NAKED load_word(void) { __asm volatile("ldr r0, =unaligned + 1\n ldr r1, [r0]\n bx lr\n .pool"); }
NAKED load_half(void) { __asm volatile("ldr r0, =unaligned + 1\n ldrh r1, [r0]\n bx lr\n .pool"); }
NAKED store_word(void) { __asm volatile("ldr r0, =unaligned + 2\n movs r1, #9\n str r1, [r0]\n bx lr\n .pool"); }
NAKED load_byte(void) { __asm volatile("ldr r0, =unaligned + 1\n ldrb r1, [r0]\n bx lr\n .pool"); }
NAKED load_multiple(void) { __asm volatile("ldr r0, =unaligned + 2\n ldmia r0, {r1, r2}\n bx lr\n .pool"); }
NAKED store_multiple(void) { __asm volatile("ldr r0, =unaligned + 2\n stmia r0, {r1, r2}\n bx lr\n .pool"); }
NAKED load_double(void) { __asm volatile("ldr r0, =unaligned + 2\n ldrd r1, r2, [r0]\n bx lr\n .pool"); }
NAKED store_double(void) { __asm volatile("ldr r0, =unaligned + 2\n strd r1, r2, [r0]\n bx lr\n .pool"); }
NAKED load_exclusive(void) { __asm volatile("ldr r0, =unaligned + 2\n ldrex r1, [r0]\n bx lr\n .pool"); }
NAKED load_double_word_aligned(void) { __asm volatile("ldr r0, =unaligned + 4\n ldrd r1, r2, [r0]\n bx lr\n .pool"); }

static void try(const char *name, void (*code)(void)) {
  trace(name);
  trace_origin(code);
  trace_value("exception", attempt(code));
  trace_print(name);
}

static struct { const char *name; void (*code)(void); } const cases[] = {
  { "UDF", undefined_narrow }, { "UDF.W", undefined_wide }, { "UDF in an IT block", undefined_in_it }, { "UDF not taken in an IT block", not_taken_in_it },
  { "BX to an even address", branch_to_arm }, { "POP of an even address", pop_arm }, { "BLX to 0", blx_arm },
  { "MRC without a coprocessor", coprocessor }, { "LDC without a coprocessor", coprocessor_load },
  { "UDIV by 0", divide }, { "SDIV by 0", divide_signed },
  { "LDR at +1", load_word }, { "LDRH at +1", load_half }, { "STR at +2", store_word }, { "LDRB at +1", load_byte },
  { "LDM at +2", load_multiple }, { "STM at +2", store_multiple }, { "LDRD at +2", load_double }, { "STRD at +2", store_double },
  { "LDREX at +2", load_exclusive }, { "LDRD at +4", load_double_word_aligned },
};

static void all(const char *title) {
  trace(title);
  trace_value("CCR, low half", CCR & 0xFFFF); /* above are the caches of a Cortex-M7, which QEMU lacks */
  trace_print(title);
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) try(cases[i].name, cases[i].code);
}

/* INVPC: a return that the state does not allow (B1.5.8, integrity checks). The handler then returns as it should have. */
static uint32_t wrong_return, wrong_xpsr;
static int nested;

static void irq_returns_wrongly(struct exception *e) {
  trace_exception("returns wrongly", e);
  if (wrong_return) e->exc_return = wrong_return;
  else e->frame->xpsr = (e->frame->xpsr & 0x200) | wrong_xpsr; /* the stack stays aligned */
}
static void irq_20(struct exception *e) {
  if (!nested) { irq_returns_wrongly(e); return; }
  trace_exception("IRQ 20", e);
  pend_irq(21);
  trace("IRQ 20 ends");
}
static void usage_fault_on_return(struct exception *e) {
  e->frame = (struct frame *)(uintptr_t)e->msp; /* wherever the wrong EXC_RETURN points */
  trace_value("UsageFault, EXC_RETURN", e->exc_return);
  trace_value("frame's IPSR", e->frame->xpsr & 0x1FF);
  trace_faults("status");
  trace_value("SHCSR", SHCSR & 0xFFF);
  trace_value("IABR", NVIC_IABR(0));
  e->frame->xpsr = (e->frame->xpsr & ~0x1FFu) | 1u << 24 | (nested ? IRQ0 + 20 : 0);
  e->exc_return = nested ? 0xFFFFFFF1 : 0xFFFFFFF9;
}

static void invalid_return(const char *title, int in_handler, uint32_t exc_return, uint32_t xpsr) {
  WRITE_SPECIAL(control, 0);
  nested = in_handler;
  wrong_return = exc_return;
  wrong_xpsr = xpsr;
  pend_irq(20);
  trace_print(title);
}

static void invalid_returns(void) {
  handlers[IRQ0 + 20] = irq_20;
  handlers[IRQ0 + 21] = irq_returns_wrongly;
  handlers[USAGEFAULT] = usage_fault_on_return;
  set_irq_priority(20, 0x80);
  set_irq_priority(21, 0x40);
  enable_irq(20);
  enable_irq(21);
  trace_origin(pend_irq);
  invalid_return("to Handler while only one exception is active", 0, 0xFFFFFFF1, 0);
  invalid_return("to Thread while another exception is active", 1, 0xFFFFFFF9, 0);
  invalid_return("by a reserved EXC_RETURN", 0, 0xFFFFFFF5, 0);
  invalid_return("to Thread with IPSR in the frame", 0, 0, 1u << 24 | 36);
  invalid_return("to Handler without IPSR in the frame", 1, 0, 1u << 24);
  invalid_return("to a frame without T", 0, 0, 0x60000000);
}

int main(void) {
  handlers[USAGEFAULT] = trace_and_abandon;
  handlers[HARDFAULT] = trace_and_abandon;
  SHCSR = SHCSR_USGFAULTENA;
  all("no traps");
  CCR |= CCR_DIV_0_TRP | CCR_UNALIGN_TRP;
  all("DIV_0_TRP and UNALIGN_TRP");
  SHCSR = 0;
  CCR &= ~(CCR_DIV_0_TRP | CCR_UNALIGN_TRP);
  all("escalated to HardFault");
  SHCSR = SHCSR_USGFAULTENA;
  invalid_returns();
  return 0;
}
