/* Thread mode without privilege, CONTROL, the two stacks, and what unprivileged code may not do. */
#include "registers.h"
#include "trace.h"

static uint64_t process_stack[128];

static void svc(struct exception *e) { /* the way back */
  trace_exception("SVCall", e);
  trace_value("CONTROL in Handler", READ_SPECIAL(control));
  WRITE_SPECIAL(control, READ_SPECIAL(control) & ~1u);
}
static void drop(void) { WRITE_SPECIAL(control, READ_SPECIAL(control) | 1); }
static void regain(void) { __asm volatile("svc #9" ::: "memory"); }

static volatile uint32_t results[24];
static unsigned count;
static void result(uint32_t value) { results[count++] = value; }
static void print_results(const char *title) {
  for (unsigned i = 0; i < count; i++) trace_value("", results[i]);
  count = 0;
  trace_print(title);
}

static void fault(struct exception *e) {
  trace_exception("fault", e);
  trace_faults("status");
  WRITE_SPECIAL(control, READ_SPECIAL(control) & ~1u);
  abandon(e);
}

static void special_registers(void) {
  WRITE_SPECIAL(psp, 0x20001234 & ~3u);
  drop();
  WRITE_SPECIAL(primask, 1);
  WRITE_SPECIAL(basepri, 0x40);
  WRITE_SPECIAL(faultmask, 1);
  WRITE_SPECIAL(psp, 0x20005550);
  WRITE_SPECIAL(control, 0);
  __asm volatile("cpsid i\n cpsid f");
  uint32_t ipsr = READ_SPECIAL(ipsr), msp = READ_SPECIAL(msp), psp = READ_SPECIAL(psp), control = READ_SPECIAL(control);
  uint32_t primask = READ_SPECIAL(primask), basepri = READ_SPECIAL(basepri), faultmask = READ_SPECIAL(faultmask);
  WRITE_SPECIAL(apsr_nzcvq, 0xF8000000);
  uint32_t apsr = READ_SPECIAL(apsr);
  regain();
  result(ipsr); result(msp); result(psp); result(control); result(primask); result(basepri); result(faultmask); result(apsr);
  result(READ_SPECIAL(psp)); result(READ_SPECIAL(primask)); result(READ_SPECIAL(basepri)); result(READ_SPECIAL(control));
  print_results("unprivileged: IPSR, MSP, PSP read 0, CONTROL reads; PRIMASK, BASEPRI, FAULTMASK read 0; APSR; then privileged: PSP, PRIMASK, BASEPRI, CONTROL");
}

static void touch_nvic(void) { drop(); NVIC_ISER(0) = 1; regain(); }
static void read_cpuid(void) { drop(); (void)CPUID; regain(); }
static void use_stir(void) { drop(); STIR = 20; barrier(); regain(); }
static void touch_own_memory(void) { drop(); process_stack[0] = 7; regain(); }
static void read_systick(void) { drop(); (void)SYST_CSR; regain(); }

static void try(const char *title, void (*code)(void)) {
  trace_origin(code);
  trace_value("exception", attempt(code));
  WRITE_SPECIAL(control, 0);
  trace_print(title);
}

static void irq(struct exception *e) { trace_exception("IRQ 20", e); }

static void stacks(void) {
  uint32_t top = (uint32_t)(uintptr_t)&process_stack[100];
  uint32_t inside, psp, control;
  __asm volatile(
    "msr psp, %3\n movs r0, #2\n msr control, r0\n isb\n"
    "ldr r0, =0xE000E200\n mov r1, #1 << 20\n str r1, [r0]\n dsb\n isb\n"
    "mov %0, sp\n mrs %1, psp\n mrs %2, control\n movs r0, #0\n msr control, r0\n isb"
    : "=&r"(inside), "=&r"(psp), "=&r"(control) : "r"(top) : "r0", "r1", "memory");
  trace_value("SP is PSP", inside == psp && psp == top);
  trace_value("CONTROL", control);
  trace_print("Thread on PSP: the frame goes there");
}

/* The handler chooses stack and mode by EXC_RETURN. */
static void svc_switches_stack(struct exception *e) {
  trace_exception("SVCall", e);
  struct frame *copy = (struct frame *)&process_stack[60];
  *copy = *e->frame;
  WRITE_SPECIAL(psp, (uint32_t)(uintptr_t)copy);
  WRITE_SPECIAL(msp, READ_SPECIAL(msp));
  e->exc_return = 0xFFFFFFFD;
}
static void return_to_process_stack(void) {
  uint32_t sp, control;
  handlers[SVCALL] = svc_switches_stack;
  __asm volatile("mov r4, sp\n svc #1\n mov %0, sp\n mrs %1, control\n movs r0, #0\n msr control, r0\n isb\n mov sp, r4" : "=&r"(sp), "=&r"(control) :: "r0", "r4", "memory");
  trace_value("SP", sp);
  trace_value("expected", (uint32_t)(uintptr_t)&process_stack[60] + 32);
  trace_value("CONTROL.SPSEL", control);
  trace_print("EXC_RETURN FFFFFFFD switches to PSP");
  handlers[SVCALL] = svc;
}

static void nonbase(struct exception *e) {
  trace_exception("IRQ 21", e);
  trace_value("RETTOBASE", ICSR >> 11 & 1);
  if (e->number == IRQ0 + 20) pend_irq(21);
}

int main(void) {
  handlers[SVCALL] = svc;
  handlers[BUSFAULT] = handlers[HARDFAULT] = handlers[MEMMANAGE] = handlers[USAGEFAULT] = fault;
  handlers[IRQ0 + 20] = irq;
  enable_irq(20);
  SHCSR = SHCSR_BUSFAULTENA | SHCSR_MEMFAULTENA | SHCSR_USGFAULTENA;
  trace_origin(special_registers);
  special_registers();
  try("NVIC_ISER unprivileged", touch_nvic);
  try("CPUID unprivileged", read_cpuid);
  try("SYST_CSR unprivileged", read_systick);
  try("STIR unprivileged, USERSETMPEND 0", use_stir);
  CCR |= CCR_USERSETMPEND;
  try("STIR unprivileged, USERSETMPEND 1", use_stir);
  try("own memory unprivileged", touch_own_memory);
  trace_origin(stacks);
  stacks();
  trace_origin(return_to_process_stack);
  return_to_process_stack();
  handlers[IRQ0 + 20] = handlers[IRQ0 + 21] = nonbase;
  set_irq_priority(20, 0x80);
  enable_irq(21);
  trace_origin(pend_irq);
  pend_irq(20);
  trace_print("RETTOBASE");
  return 0;
}
