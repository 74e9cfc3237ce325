/* A function copied to RAM, run until it is hot, changed there and run again; also by an interrupt, and under its own feet. */
#include <stdio.h>
#include <stdint.h>
#include "exception.h"
#include "registers.h"

enum { COPIES = 8, RUNS = 300, CHANGES = 40 };

/* movs r1, #imm; adds r0, r1; lsls r1, r0, #1; eors r0, r1; bx lr: every Cortex-M has these (Armv6-M ARM, A6.7). */
static const uint16_t original[] = { 0x2101, 0x1840, 0x0041, 0x4048, 0x4770, 0xbf00 };
enum { HALFWORDS = sizeof original / sizeof *original };
static uint16_t copies[COPIES][HALFWORDS] __attribute__((aligned(4)));
typedef uint32_t (*function)(uint32_t);

static function of(unsigned copy) { return (function)((uintptr_t)copies[copy] | 1); }
static void synchronise(void) { __asm volatile("dsb\n isb" ::: "memory"); }

static uint32_t expected(uint32_t value, unsigned immediate) { value += immediate; return value ^ (value << 1); }

static volatile uint32_t changed_by_interrupt;
static void on_tick(struct exception *e) {
  (void)e;
  volatile uint16_t *code = copies[COPIES - 1];
  code[0] = (uint16_t)(0x2100 | (++changed_by_interrupt & 0xff));
  synchronise();
}

int main(void) {
  uint32_t wrong = 0, sum = 0;
  for (unsigned change = 0; change < CHANGES; change++) {
    for (unsigned copy = 0; copy < COPIES; copy++) {
      volatile uint16_t *code = copies[copy];
      for (unsigned i = 0; i < HALFWORDS; i++) code[i] = original[i];
      code[0] = (uint16_t)(0x2100 | ((change * COPIES + copy) & 0xff));
    }
    synchronise();
    for (unsigned run = 0; run < RUNS; run++) {
      unsigned copy = run % COPIES;
      uint32_t value = of(copy)(sum + run);
      wrong += value != expected(sum + run, (change * COPIES + copy) & 0xff);
      sum += value;
    }
  }
  handlers[SYSTICK] = on_tick;
  SYST_RVR = 2999;
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  uint32_t interrupted = 0;
  while (changed_by_interrupt < 50) {
    uint32_t before = changed_by_interrupt;
    uint32_t value = of(COPIES - 1)(7);
    if (changed_by_interrupt == before && before != 0 && value != expected(7, before & 0xff)) interrupted++;
  }
  SYST_CSR = 0;
  printf("sum %08lx, wrong %lu, wrong under interrupts %lu\n", (unsigned long)sum, (unsigned long)wrong, (unsigned long)interrupted);
  return 0;
}
