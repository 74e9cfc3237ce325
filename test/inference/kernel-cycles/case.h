/* A layer with random contents for both kernels of an image: the portable one and the one with DSP instructions. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "kernels/kernels.h"
#include "random.h"
#include "registers.h"

pool_function average_pool_int8_portable, max_pool_int8_portable;
binary_row add_row_int8_portable;

enum { INPUT_BYTES = 128 << 10, FILTER_BYTES = 256 << 10, OUTPUT_BYTES = 128 << 10, SCRATCH_BYTES = 96 << 10, CHANNELS = 1024, GUARD = 8 };

/* Everything aligned as the arena aligns it; `filter` is moved by up to three bytes, as a model's buffers may lie. */
static int8_t input[INPUT_BYTES] __attribute__((aligned(16)));
static int8_t filter_bytes[FILTER_BYTES + 4] __attribute__((aligned(16)));
static int8_t expected[OUTPUT_BYTES + GUARD] __attribute__((aligned(16)));
static int8_t output[OUTPUT_BYTES + GUARD] __attribute__((aligned(16)));
static uint8_t scratch[SCRATCH_BYTES + GUARD] __attribute__((aligned(16)));
static int32_t bias[CHANNELS];
static struct rescale rescales[CHANNELS];

static inline uint32_t below(uint32_t limit) { return random_word() % limit; }
static inline int32_t between(int32_t least, int32_t most) { return least + (int32_t)below((uint32_t)(most - least + 1)); }

/* An eighth of them at the ends of the range. */
static inline int8_t random_int8(void) {
  uint32_t word = random_word();
  return (word >> 8 & 7) == 0 ? (word >> 11 & 1 ? 127 : -128) : (int8_t)word;
}
static inline void random_bytes(int8_t *bytes, uint32_t count) { for (uint32_t i = 0; i < count; i++) bytes[i] = random_int8(); }

static inline uint32_t cycles(void) { return REG32(0xE0001004); }      /* DWT_CYCCNT, DDI 0403E C1.8.8 */
static inline void start_cycles(void) {
  REG32(0xE000EDFC) |= 1u << 24;      /* DEMCR.TRCENA */
  REG32(0xE0001FB0) = 0xC5ACCE55;     /* DWT_LAR: the M7 has a lock */
  REG32(0xE0001004) = 0;
  REG32(0xE0001000) |= 1;             /* DWT_CTRL.CYCCNTENA */
}

/* Both outputs and both scratch areas end where they should. */
static inline void set_guards(uint32_t output_bytes, uint32_t scratch_bytes) {
  memset(expected, 0x55, output_bytes + GUARD);
  memset(output, 0x55, output_bytes + GUARD);
  memset(scratch, 0xa5, scratch_bytes + GUARD);
}
static inline uint32_t differences(uint32_t output_bytes, uint32_t scratch_bytes) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < output_bytes + GUARD; i++) if (expected[i] != output[i]) count++;
  for (uint32_t i = 0; i < GUARD; i++) if (scratch[scratch_bytes + i] != 0xa5) count++;
  return count;
}
