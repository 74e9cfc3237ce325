/* Preemption, nesting, tail-chaining, masking: software-pended interrupts at chosen priorities. */
#include "registers.h"
#include "trace.h"

enum { A = 20, B = 21, C = 22, D = 23 };

/* What a handler does besides leaving its trace, once. */
static void (*on_a)(void), (*on_b)(void), (*on_c)(void), (*on_d)(void), (*nowhere)(void);

static void handle(struct exception *e, const char *in, const char *out, void (**once)(void)) {
  trace_exception(in, e);
  void (*body)(void) = *once;
  *once = 0;
  if (body) body();
  trace(out);
}
static void irq_a(struct exception *e) { handle(e, "A", "A ends", &on_a); }
static void irq_b(struct exception *e) { handle(e, "B", "B ends", &on_b); }
static void irq_c(struct exception *e) { handle(e, "C", "C ends", &on_c); }
static void irq_d(struct exception *e) { handle(e, "D", "D ends", &on_d); }
static void pendsv(struct exception *e) { handle(e, "PendSV", "PendSV ends", &nowhere); }
static void nmi(struct exception *e) { handle(e, "NMI", "NMI ends", &nowhere); }

static void priorities(unsigned a, unsigned b, unsigned c, unsigned d) {
  set_irq_priority(A, a); set_irq_priority(B, b); set_irq_priority(C, c); set_irq_priority(D, d);
}
static void pend(uint32_t irqs) { NVIC_ISPR(0) = irqs; barrier(); }
static void pend_a(void) { pend(1u << A); trace("after pending A"); }
static void pend_b(void) { pend(1u << B); trace("after pending B"); }
static void pend_c(void) { pend(1u << C); trace("after pending C"); }
static void pend_abcd(void) { pend(15u << A); trace("after pending all"); }
static void pend_own(void) { pend(1u << D); trace("after pending itself"); }

static void nesting(void) {
  priorities(0x00, 0x40, 0x80, 0xC0);
  on_d = pend_c; on_c = pend_b; on_b = pend_a;
  pend(1u << D);
  trace_print("four levels nest");
  on_a = pend_abcd;
  pend(1u << A);
  trace_print("lower ones wait, then tail-chain by priority; A runs again by itself");
  on_d = pend_own;
  pend(1u << D);
  trace_print("an interrupt pended in its own handler runs again");
  priorities(0x40, 0x40, 0x40, 0x40);
  on_b = pend_a;
  pend(1u << B | 1u << D | 1u << C);
  trace_print("equal priorities do not preempt; the lowest number is first");
}

static void late_arrival(void) {
  priorities(0x80, 0x40, 0x40, 0xC0);
  __asm volatile("cpsid i" ::: "memory");
  pend(1u << A | 1u << B);
  ICSR = ICSR_PENDSVSET;
  trace("masked");
  __asm volatile("cpsie i\n isb" ::: "memory");
  trace_print("all pended while masked are taken by priority");
  __asm volatile("cpsid i" ::: "memory");
  ICSR = ICSR_NMIPENDSET;
  barrier();
  __asm volatile("cpsie i\n isb" ::: "memory");
  trace_print("NMI ignores PRIMASK");
}

static void clearing(void) {
  priorities(0, 0, 0, 0);
  __asm volatile("cpsid i" ::: "memory");
  pend(15u << A);
  trace_value("ISPR", NVIC_ISPR(0));
  NVIC_ICPR(0) = 1u << A | 1u << C;
  trace_value("ISPR after ICPR", NVIC_ISPR(0));
  disable_irq(B);
  __asm volatile("cpsie i\n isb" ::: "memory");
  trace("unmasked: only D is both pending and enabled");
  enable_irq(B);
  barrier();
  trace("B enabled");
  trace_print("pending, clearing, enabling");
}

#if __ARM_ARCH >= 7
static void set_group(unsigned group) { AIRCR = AIRCR_VECTKEY | group << 8; barrier(); }

static void grouping(void) {
  for (unsigned group = 4; group < 8; group++) {
    set_group(group);
    trace_value("PRIGROUP", AIRCR >> 8 & 7);
    priorities(0x20, 0x40, 0x80, 0xE0);
    on_d = pend_c; on_c = pend_b; on_b = pend_a;
    pend(1u << D);
      trace_print("nesting by group priority; subpriority only orders");
    priorities(0x60, 0x40, 0x00, 0xA0);
    on_d = pend_abcd;
      pend(1u << D);
      NVIC_ICPR(0) = 15u << A;
    trace_print("pending ones ordered by group, subpriority, number");
  }
  set_group(0);
}

static void base_priority(void) {
  priorities(0x20, 0x40, 0x60, 0x80);
  for (unsigned level = 0; level <= 0x80; level += 0x20) {
    WRITE_SPECIAL(basepri, level);
    trace_value("BASEPRI", READ_SPECIAL(basepri));
    pend(15u << A);
    trace_value("still pending", NVIC_ISPR(0));
    NVIC_ICPR(0) = 15u << A;
  }
  trace_print("BASEPRI masks its priority and lower ones");
  WRITE_SPECIAL(basepri, 0x60);
  WRITE_SPECIAL(basepri_max, 0x80);
  trace_value("BASEPRI_MAX does not lower", READ_SPECIAL(basepri));
  WRITE_SPECIAL(basepri_max, 0x20);
  trace_value("BASEPRI_MAX raises", READ_SPECIAL(basepri));
  WRITE_SPECIAL(basepri_max, 0);
  trace_value("BASEPRI_MAX ignores 0", READ_SPECIAL(basepri));
  WRITE_SPECIAL(basepri, 0);
  trace_print("BASEPRI_MAX");
}

static void set_faultmask_pend_a(void) {
  __asm volatile("cpsid f" ::: "memory");
  pend_a();
  trace_value("FAULTMASK", READ_SPECIAL(faultmask));
}

static void fault_mask(void) {
  priorities(0, 0, 0, 0xC0);
  __asm volatile("cpsid f" ::: "memory");
  pend(1u << A);
  ICSR = ICSR_NMIPENDSET;
  barrier();
  trace_value("FAULTMASK", READ_SPECIAL(faultmask));
  __asm volatile("cpsie f\n isb" ::: "memory");
  trace_print("FAULTMASK lets only NMI through");
  on_d = set_faultmask_pend_a;
  pend(1u << D);
  trace_value("FAULTMASK after return", READ_SPECIAL(faultmask));
  trace_print("exception return clears FAULTMASK");
}

static void software_trigger(void) {
  priorities(0, 0, 0, 0);
  STIR = C;
  barrier();
  STIR = A;
  barrier();
  trace_print("STIR pends by number");
}
#endif

int main(void) {
  handlers[IRQ0 + A] = irq_a; handlers[IRQ0 + B] = irq_b; handlers[IRQ0 + C] = irq_c; handlers[IRQ0 + D] = irq_d;
  handlers[PENDSV] = pendsv;
  handlers[NMI] = nmi;
  set_system_priority(PENDSV, 0xC0);
  NVIC_ISER(0) = 15u << A;
  trace_origin(nesting);
  nesting();
  trace_origin(late_arrival);
  late_arrival();
  trace_origin(clearing);
  clearing();
#if __ARM_ARCH >= 7
  trace_origin(grouping);
  grouping();
  trace_origin(base_priority);
  base_priority();
  trace_origin(fault_mask);
  fault_mask();
  software_trigger();
#endif
  return 0;
}
