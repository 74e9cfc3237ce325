/*
 * Context switches as a kernel makes them: two tasks with stacks of their own yield through SVC and PendSV, the lowest
 * priority, while SysTick interrupts both. Nothing waits for a clock, so that every emulator executes the same
 * instructions.
 */
#include <stdlib.h>
#include "exception.h"
#include "random.h"
#include "registers.h"

enum { STACK_WORDS = 256, WORK = 40 };

static uint64_t stacks[2][STACK_WORDS / 2];
static uint32_t *saved[2], sums[2];
__attribute__((used)) static unsigned current;

__attribute__((used)) static uint32_t *exchange(uint32_t *sp) {
  saved[current] = sp;
  current ^= 1;
  return saved[current];
}

__attribute__((naked)) void pendsv_entry(void) {
  __asm volatile(
    "mrs r0, psp\n stmdb r0!, {r4-r11, lr}\n"
    "bl exchange\n"
    "ldmia r0!, {r4-r11, lr}\n msr psp, r0\n bx lr\n");
}

static void on_svc(struct exception *e) {
  (void)e;
  ICSR = ICSR_PENDSVSET;
}

static void task(void) {
  for (int i = 0; i < ITERATIONS; i++) {
    for (int k = 0; k < WORK; k++) sums[current] = sums[current] * 1664525 + 1013904223 + (uint32_t)(i ^ k);
    __asm volatile("svc #0" ::: "memory");
  }
  mix(sums[0]);
  mix(sums[1]);
  report("kernel");
  exit(0);
}

static void create(unsigned index) {
  struct frame *frame = (struct frame *)&stacks[index][STACK_WORDS / 2 - 4];
  frame->pc = (uint32_t)(uintptr_t)task & ~1u;
  frame->xpsr = 1u << 24;
  uint32_t *sp = (uint32_t *)frame;
  *--sp = 0xFFFFFFFD;
  saved[index] = sp - 8;
}

__attribute__((naked)) static void run_on_process_stack(void *top, void (*body)(void)) {
  __asm volatile("msr psp, r0\n movs r0, #2\n msr control, r0\n isb\n bx r1");
}

int main(void) {
  static uint64_t first_stack[512];
  handlers[SVCALL] = on_svc;
  set_system_priority(PENDSV, 0xE0);
  set_system_priority(SYSTICK, 0xC0);
  create(1);
  run_on_process_stack(first_stack + 512, task);
  return 1;
}
