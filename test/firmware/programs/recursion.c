/* Deep recursion: thousands of frames, mutual, through function pointers, with FP registers kept across, and Ackermann's function. */
#include <stdio.h>
#include <stdint.h>
#include "exception.h"
#include "registers.h"

#ifdef __ARM_ARCH_6M__
enum { DEPTH = 150, ROUNDS = 40 }; /* 16 KB of RAM */
#else
enum { DEPTH = 5000, ROUNDS = 12 };
#endif

typedef uint32_t (*step)(uint32_t depth, uint32_t value);

__attribute__((noinline)) static uint32_t straight(uint32_t depth, uint32_t value) {
  if (depth == 0) return value;
  uint32_t below = straight(depth - 1, value * 2654435761u + depth);
  return (below >> 7 | below << 25) ^ value ^ depth;
}

static uint32_t odd(uint32_t depth, uint32_t value);
__attribute__((noinline)) static uint32_t even(uint32_t depth, uint32_t value) {
  if (depth == 0) return value + 1;
  return odd(depth - 1, value ^ (value << 3)) + depth;
}
__attribute__((noinline)) static uint32_t odd(uint32_t depth, uint32_t value) {
  if (depth == 0) return value + 2;
  return even(depth - 1, value + 0x9e3779b9u) * 3 + 1;
}

static uint32_t first(uint32_t, uint32_t), second(uint32_t, uint32_t), third(uint32_t, uint32_t);
static const step steps[] = { first, second, third, straight };
__attribute__((noinline)) static uint32_t first(uint32_t depth, uint32_t value) { return depth == 0 ? value : steps[value % 3](depth - 1, value * 5 + 1) + 1; }
__attribute__((noinline)) static uint32_t second(uint32_t depth, uint32_t value) { return depth == 0 ? ~value : steps[(value >> 4) % 3](depth - 1, value * 9 + 7) ^ depth; }
__attribute__((noinline)) static uint32_t third(uint32_t depth, uint32_t value) { return depth < 8 ? steps[3](depth, value) : steps[(value >> 9) % 3](depth - 1, value + 0x1234567) - value; }

__attribute__((noinline)) static uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

__attribute__((noinline)) static float halves(uint32_t depth, float kept) {
  if (depth == 0) return kept;
  return halves(depth - 1, kept * 0.5f + (float)(depth & 15)) + kept * 0.0625f;
}

static volatile uint32_t ticks;
static void on_tick(struct exception *e) { (void)e; ticks += straight(5, ticks) != 0; }

int main(void) {
  handlers[SYSTICK] = on_tick;
  SYST_RVR = 15999;
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  uint32_t sums[4] = { 0 };
  float sum = 0;
  for (uint32_t i = 0; i < ROUNDS; i++) {
    sums[0] += straight(DEPTH, i);
    sums[1] += even(DEPTH, i) ^ odd(DEPTH - 1, i);
    sums[2] += first(DEPTH, i * 77);
    sum += halves(DEPTH / 2, (float)i);
  }
  sums[3] = ackermann(2, DEPTH / 64);
  SYST_CSR = 0;
  union { float f; uint32_t bits; } as = { sum };
  printf("straight %08lx, mutual %08lx, pointers %08lx, ackermann %lu\n", (unsigned long)sums[0], (unsigned long)sums[1], (unsigned long)sums[2], (unsigned long)sums[3]);
  printf("float %08lx, ticks %s\n", (unsigned long)as.bits, ticks > 2 ? "enough" : "few");
  return 0;
}
