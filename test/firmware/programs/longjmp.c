/* setjmp and longjmp across many frames, out of loops and nested calls, with callee-saved registers (and FP ones) to be put back. */
#include <setjmp.h>
#include <stdio.h>
#include <stdint.h>
#include "exception.h"
#include "registers.h"

enum { LEVELS = 4, JUMPS = 1200, DEPTH = 24 };

static jmp_buf places[LEVELS];
static volatile uint32_t reached[LEVELS], wrong, ticks;

__attribute__((noinline)) static uint32_t dig(uint32_t depth, uint32_t level, uint32_t value) {
  uint32_t kept[4] = { depth, level, value, depth * value };
  for (uint32_t i = 0; i < 3; i++) {
    kept[i] = kept[i] * 31 + i;
    if (depth == 0 && i == value % 3) longjmp(places[level], (int)(value % 1000) + 1);
  }
  uint32_t below = depth == 0 ? 0 : dig(depth - 1, level, value ^ kept[1]);
  return below + kept[0] + kept[3];
}

__attribute__((noinline)) static uint32_t nest(uint32_t level, uint32_t value) {
  volatile uint32_t before = value * 7 + level; /* must survive the jump */
  float a = (float)value * 0.25f, b = (float)level + 0.5f;
  int back = setjmp(places[level]);
  if (back != 0) {
    reached[level]++;
    if (before != value * 7 + level || a != (float)value * 0.25f || b != (float)level + 0.5f) wrong++;
    return (uint32_t)back + before;
  }
  if (level + 1 < LEVELS && value % (level + 2) != 0) {
    uint32_t inner = nest(level + 1, value + 1);
    for (uint32_t i = 0; i < value % 9; i++) inner = inner * 33 + i;
    return inner + dig(value % DEPTH, (value >> 1) % (level + 1), value);
  }
  return dig(value % DEPTH, (value >> 1) % (level + 1), value);
}

static void on_tick(struct exception *e) { (void)e; ticks++; }

int main(void) {
  handlers[SYSTICK] = on_tick;
  SYST_RVR = 4999;
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  volatile uint32_t sum = 0;
  for (volatile uint32_t i = 0; i < JUMPS; i++) sum += nest(0, i);
  static jmp_buf loop;
  volatile int rounds = 0;
  int value = setjmp(loop); /* a loop made of longjmp alone */
  rounds++;
  if (rounds < JUMPS) longjmp(loop, value + 1);
  SYST_CSR = 0;
  printf("sum %08lx, reached %lu %lu %lu %lu, wrong %lu\n", (unsigned long)sum, (unsigned long)reached[0], (unsigned long)reached[1], (unsigned long)reached[2], (unsigned long)reached[3], (unsigned long)wrong);
  printf("loop %d %d, ticks %s\n", rounds, value, ticks > 2 ? "enough" : "few");
  return 0;
}
