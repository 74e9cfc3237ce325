/*
 * From reset to main(): vector table, floating point, data and bss.
 * Sources: Armv7-M Architecture Reference Manual (DDI 0403E), B1.5.3 (vector table), B3.2.20 (CPACR); nRF52840 Product
 * Specification v1.1, Instantiation (interrupt numbers).
 */
#include "nrf52840.h"

extern char stack_top[], data_load[], data_start[], data_end[], bss_start[], bss_end[];
int main(void);
void reset(void);

/* A fault, or an interrupt that nobody has asked for: a debugger and the emulator stop here. */
static void stop(void) { for (;;) __asm volatile("bkpt 0"); }

/* A sample gives a function of this name to have the interrupt. */
#define HANDLER(name) void name(void) __attribute__((weak, alias("stop")))
HANDLER(uarte0_interrupt); HANDLER(twim0_interrupt); HANDLER(twim1_interrupt); HANDLER(gpiote_interrupt);
HANDLER(timer0_interrupt); HANDLER(timer1_interrupt); HANDLER(timer2_interrupt); HANDLER(timer3_interrupt); HANDLER(timer4_interrupt);
HANDLER(rtc0_interrupt); HANDLER(rtc1_interrupt); HANDLER(rtc2_interrupt);
HANDLER(pwm0_interrupt); HANDLER(pdm_interrupt); HANDLER(i2s_interrupt);

typedef void handler(void);
__attribute__((section(".vectors"), used))
static handler *const vectors[16 + IRQS] = {
  (handler *)stack_top, reset, stop, stop, stop, stop, stop, 0, 0, 0, 0, stop, stop, 0, stop, stop,
  /*  0 */ stop, stop, uarte0_interrupt, twim0_interrupt, twim1_interrupt, stop,
  /*  6 */ gpiote_interrupt, stop, timer0_interrupt, timer1_interrupt, timer2_interrupt, rtc0_interrupt,
  /* 12 */ stop, stop, stop, stop, stop, rtc1_interrupt,
  /* 18 */ stop, stop, stop, stop, stop, stop,
  /* 24 */ stop, stop, timer3_interrupt, timer4_interrupt, pwm0_interrupt, pdm_interrupt,
  /* 30 */ stop, stop, stop, stop, stop, stop,
  /* 36 */ rtc2_interrupt, i2s_interrupt, stop, stop, stop, stop,
  /* 42 */ stop, stop, stop, stop, stop, stop,
};

/* No floating point in here: the unit is off until CPACR says otherwise. When main() returns, the core sleeps for good. */
_Noreturn void reset(void) {
  SCB_VTOR = (uint32_t)vectors;
  SCB_CPACR |= 0xFu << 20;                                        /* CP10 and CP11: full access */
  __asm volatile("dsb\n isb");
  for (uint32_t *to = (uint32_t *)data_start, *from = (uint32_t *)data_load; to < (uint32_t *)data_end;) *to++ = *from++;
  for (uint32_t *to = (uint32_t *)bss_start; to < (uint32_t *)bss_end;) *to++ = 0;
  main();
  for (;;) __asm volatile("wfi");
}
