/*
 * RTC2, its counter of 24 bits extended by its overflow.
 * Source: nRF52840 Product Specification v1.1, CLOCK, RTC. The bootloader uses RTC1.
 */
#include "ticker.h"
#include <stdbool.h>
#include "nano33ble.h"
#include "nrf52840.h"

enum { LFXO = 1, INT_OVRFLW = 1 << 1, INT_COMPARE0 = 1 << 16, COUNTER_BITS = 24 };

static uint32_t step, due;
static volatile uint32_t overflows;
static volatile bool is_due;
static uint64_t awake_cycles;
static uint32_t awake_from;

void rtc2_interrupt(void) {
  if (RTC2->EVENTS_OVRFLW) {
    RTC2->EVENTS_OVRFLW = 0;
    overflows++;
  }
  if (RTC2->EVENTS_COMPARE[0]) {
    RTC2->EVENTS_COMPARE[0] = 0;
    is_due = true;
    due = (due + step) & ((1u << COUNTER_BITS) - 1);
    RTC2->CC[0] = due;
  }
  (void)RTC2->EVENTS_COMPARE[0];           /* the writes have arrived before the interrupt returns */
}

void ticker_start(uint32_t interval) {
  CLOCK->LFCLKSRC = LFXO;
  CLOCK->EVENTS_LFCLKSTARTED = 0;
  CLOCK->TASKS_LFCLKSTART = 1;
  while (!CLOCK->EVENTS_LFCLKSTARTED) {}
  RTC2->TASKS_STOP = 1;
  RTC2->TASKS_CLEAR = 1;
  RTC2->PRESCALER = 0;
  step = due = interval;
  RTC2->CC[0] = due;
  RTC2->EVENTS_COMPARE[0] = RTC2->EVENTS_OVRFLW = 0;
  RTC2->INTENSET = INT_COMPARE0 | INT_OVRFLW;
  irq_enable(RTC2_IRQ);
  awake_from = cycles_now();
  RTC2->TASKS_START = 1;
}

/* A compare value must lie at least two ticks ahead; an interval is longer. */
void ticker_set(uint32_t interval) {
  irq_disable(RTC2_IRQ);
  __asm volatile("dsb\n isb" ::: "memory");
  step = interval;
  due = (RTC2->COUNTER + interval) & ((1u << COUNTER_BITS) - 1);
  RTC2->CC[0] = due;
  RTC2->EVENTS_COMPARE[0] = 0;
  is_due = false;
  irq_enable(RTC2_IRQ);
}

static void note_awake(void) {
  const uint32_t now = cycles_now();
  awake_cycles += now - awake_from;
  awake_from = now;
}

/* With interrupts masked a look and the sleep after it are one: an interrupt that is pending ends WFI at once. */
void ticker_wait(void) {
  note_awake();
  for (;;) {
    __asm volatile("cpsid i" ::: "memory");
    const bool is_over = is_due;
    is_due = false;
    if (!is_over) __asm volatile("wfi");
    __asm volatile("cpsie i\n isb" ::: "memory");
    if (is_over) return;
  }
}

/* An overflow between the two readings would tear them apart: read again. */
static uint64_t ticks(void) {
  for (;;) {
    const uint32_t before = overflows;
    const uint32_t counter = RTC2->COUNTER;
    if (before == overflows && !RTC2->EVENTS_OVRFLW) return (uint64_t)before << COUNTER_BITS | counter;
  }
}

uint32_t ticker_milliseconds(void) { return (uint32_t)(ticks() * 1000 / TICKER_HZ); }

uint32_t ticker_asleep(void) {
  note_awake();
  const uint64_t cycles = ticks() * CPU_HZ / TICKER_HZ;
  return cycles == 0 ? 0 : (uint32_t)(10000 - awake_cycles * 10000 / cycles);
}
