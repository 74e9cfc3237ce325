/* CMSDK timers polled and by interrupt: reload, interrupt status, clear; only what does not depend on speed. */
#include <stdio.h>
#include "exception.h"
#include "registers.h"

static volatile unsigned ticks[2];

static void on_timer0(struct exception *e) { (void)e; TIMER_INTCLEAR(TIMER0) = 1; ticks[0]++; }
static void on_timer1(struct exception *e) { (void)e; TIMER_INTCLEAR(TIMER1) = 1; ticks[1]++; }

int main(void) {
  TIMER_RELOAD(TIMER0) = 2500;
  TIMER_VALUE(TIMER0) = 2500;
  printf("reload %lu, value %lu, stopped\n", (unsigned long)TIMER_RELOAD(TIMER0), (unsigned long)TIMER_VALUE(TIMER0));
  TIMER_CTRL(TIMER0) = TIMER_ENABLE | TIMER_IRQEN;
  while (!(TIMER_INTCLEAR(TIMER0) & 1)) {}
  printf("interrupt status %lu, pending %lu\n", (unsigned long)TIMER_INTCLEAR(TIMER0), (unsigned long)(NVIC_ISPR(0) >> IRQ_TIMER0 & 1));
  TIMER_CTRL(TIMER0) = 0;
  TIMER_INTCLEAR(TIMER0) = 1;
  printf("cleared %lu\n", (unsigned long)TIMER_INTCLEAR(TIMER0));
  NVIC_ICPR(0) = 1u << IRQ_TIMER0;

  handlers[IRQ0 + IRQ_TIMER0] = on_timer0;
  handlers[IRQ0 + IRQ_TIMER1] = on_timer1;
  enable_irq(IRQ_TIMER0);
  enable_irq(IRQ_TIMER1);
  TIMER_RELOAD(TIMER0) = TIMER_VALUE(TIMER0) = 25000;
  TIMER_RELOAD(TIMER1) = TIMER_VALUE(TIMER1) = 100000;
  TIMER_CTRL(TIMER0) = TIMER_CTRL(TIMER1) = TIMER_ENABLE | TIMER_IRQEN;
  while (ticks[1] < 5) __asm volatile("wfi");
  TIMER_CTRL(TIMER0) = TIMER_CTRL(TIMER1) = 0;
  printf("timer 1 ticked 5 times, timer 0 %s\n", ticks[0] > ticks[1] ? "more often" : "less often");
  return 0;
}
