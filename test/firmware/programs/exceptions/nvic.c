/* Registers of the NVIC and the system control block: widths, set and clear views, fields that only read. */
#include "registers.h"
#include "trace.h"

static void irq(struct exception *e) {
  trace_exception("IRQ", e);
  trace_value("ICSR.VECTACTIVE", ICSR & 0x1FF);
#if __ARM_ARCH >= 7
  trace_value("IABR", NVIC_IABR(0));
  trace_value("RETTOBASE", ICSR >> 11 & 1);
  trace_value("SHCSR", SHCSR);
#endif
}

static void enable_and_pend(void) {
  trace_value("ISER at reset", NVIC_ISER(0));
  NVIC_ISER(0) = 0x00F00000;
  NVIC_ISER(0) = 0x0000F000;
  trace_value("ISER after two writes", NVIC_ISER(0));
  trace_value("ICER reads the same", NVIC_ICER(0));
  NVIC_ICER(0) = 0x0030F000;
  trace_value("after ICER", NVIC_ISER(0));
  NVIC_ICER(0) = 0xFFFFFFFF;
  NVIC_ISPR(0) = 0x00C30000;
  trace_value("ISPR", NVIC_ISPR(0));
  trace_value("ICPR reads the same", NVIC_ICPR(0));
  trace_value("ISRPENDING", ICSR >> 22 & 1);
  NVIC_ICPR(0) = 0x00410000;
  trace_value("after ICPR", NVIC_ISPR(0));
  NVIC_ICPR(0) = 0xFFFFFFFF;
  trace_value("cleared", NVIC_ISPR(0));
  trace_print("enable and pending registers");
}

static void priorities(void) {
  NVIC_IPR(5) = 0xE0A06020;
  trace_value("IPR", NVIC_IPR(5));
  NVIC_IPR(5) = 0;
  SHPR3 = 0xC0E00000;
  trace_value("SHPR3", SHPR3);
  SHPR3 = 0;
#if __ARM_ARCH >= 7
  REG8(0xE000E400 + 22) = 0x80;
  trace_value("IPR after a byte write", NVIC_IPR(5));
  trace_value("IPR byte", REG8(0xE000E400 + 22));
  trace_value("IPR halfword", REG16(0xE000E400 + 22));
  NVIC_IPR(5) = 0;
  SHPR1 = 0x00604020;
  SHPR2 = 0x80000000;
  trace_value("SHPR1", SHPR1);
  trace_value("SHPR2", SHPR2);
  REG8(0xE000ED18 + 1) = 0xA0;
  trace_value("SHPR1 after a byte write", SHPR1);
  SHPR1 = SHPR2 = 0;
#endif
  trace_print("priority registers");
}

static void icsr(void) {
  __asm volatile("cpsid i");
  enable_irq(21); enable_irq(25);
  set_irq_priority(21, 0x80);
  set_irq_priority(25, 0x40);
  NVIC_ISPR(0) = 1u << 21 | 1u << 25 | 1u << 26;
  barrier();
  trace_value("VECTPENDING is the highest enabled", ICSR >> 12 & 0x1FF);
  ICSR = ICSR_PENDSTSET;
  trace_value("PENDSTSET", ICSR >> 26 & 1);
  ICSR = ICSR_PENDSTCLR;
  trace_value("PENDSTSET cleared", ICSR >> 26 & 1);
  ICSR = ICSR_PENDSVSET;
  trace_value("PENDSVSET", ICSR >> 28 & 1);
  ICSR = ICSR_PENDSVCLR;
  trace_value("PENDSVSET cleared", ICSR >> 28 & 1);
  disable_irq(25);
  trace_value("VECTPENDING after ICER", ICSR >> 12 & 0x1FF);
  enable_irq(25);
  __asm volatile("cpsie i\n isb");
  NVIC_ICPR(0) = 1u << 26;
  trace_print("ICSR");
}

#if __ARM_ARCH >= 7
static void system_control(void) {
  trace_value("CPUID, part number", CPUID & 0xFFF0); /* the revision is the model's own */
  trace_value("ICTR", ICTR);
  trace_value("CCR at reset, low half", CCR & 0xFFFF);
  trace_value("AIRCR", AIRCR);
  AIRCR = 0x0700;
  trace_value("AIRCR without the key", AIRCR);
  AIRCR = AIRCR_VECTKEY | 0x0700;
  trace_value("AIRCR with the key", AIRCR);
  AIRCR = AIRCR_VECTKEY;
  SHCSR = 0x00070000;
  trace_value("SHCSR", SHCSR);
  SHCSR = 0;
  SCR = SCR_SEVONPEND;
  trace_value("SCR", SCR);
  SCR = 0;
  CFSR = 0xFFFFFFFF;
  trace_value("CFSR", CFSR);
  trace_value("HFSR", HFSR);
  trace_print("system control block");
}
#else
static void system_control(void) {
  trace_value("CPUID, part number", CPUID & 0xFFF0);
  trace_value("AIRCR", AIRCR);
  trace_value("CCR", CCR);
  trace_print("system control block");
}
#endif

int main(void) {
  for (unsigned i = 20; i < 28; i++) handlers[IRQ0 + i] = irq;
  enable_and_pend();
  priorities();
  trace_origin(icsr);
  icsr();
  system_control();
  return 0;
}
