/*
 * Kernels of int8 neural networks: with the DSP extension two products per SMLAD, four values per load; on the host
 * the plain loop that one writes there. Both compute the same numbers.
 */
#pragma once
#include <stdint.h>
#include <string.h>

#ifdef __ARM_FEATURE_SIMD32
#include <arm_acle.h>

static inline uint32_t four(const int8_t *from) {
  uint32_t word;
  memcpy(&word, __builtin_assume_aligned(from, 4), sizeof word);
  return word;
}
/* Bytes 0 and 2 of a word as two int16, and bytes 1 and 3: GCC 12 does not put the rotation into the instruction by itself. */
static inline int16x2_t even(uint32_t word) { return __sxtb16(word); }
static inline int16x2_t odd(uint32_t word) {
  int16x2_t result;
  __asm("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
  return result;
}
static inline int16x2_t even_plus(int16x2_t addends, uint32_t word) { return __sxtab16(addends, word); }
static inline int16x2_t odd_plus(int16x2_t addends, uint32_t word) {
  int16x2_t result;
  __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(addends), "r"(word));
  return result;
}

/* @param count a multiple of 4; a and b are aligned to 4 */
static inline int32_t dot(const int8_t *a, const int8_t *b, int count, int32_t sum) {
  for (int i = 0; i < count; i += 4) {
    uint32_t x = four(a + i), y = four(b + i);
    sum = __smlad(even(x), even(y), sum);
    sum = __smlad(odd(x), odd(y), sum);
  }
  return sum;
}

/* Two rows of weights at once share the unpacked input, to which `offset` is added: adds to sums[0] and sums[1]. */
static inline void dot_two_rows(const int8_t *input, int16_t offset, const int8_t *first, const int8_t *second, int count, int32_t *sums) {
  int16x2_t offsets = (int16x2_t)((uint16_t)offset * 0x10001u);
  int32_t one = sums[0], two = sums[1];
  for (int i = 0; i < count; i += 4) {
    uint32_t x = four(input + i), v = four(first + i), w = four(second + i);
    int16x2_t evens = even_plus(offsets, x), odds = odd_plus(offsets, x);
    one = __smlad(evens, even(v), one);
    one = __smlad(odds, odd(v), one);
    two = __smlad(evens, even(w), two);
    two = __smlad(odds, odd(w), two);
  }
  sums[0] = one;
  sums[1] = two;
}

static inline int8_t saturated(int32_t value) { return (int8_t)__ssat(value, 8); }

#else

static inline int32_t dot(const int8_t *a, const int8_t *b, int count, int32_t sum) {
  for (int i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}
static inline void dot_two_rows(const int8_t *input, int16_t offset, const int8_t *first, const int8_t *second, int count, int32_t *sums) {
  int32_t one = sums[0], two = sums[1];
  for (int i = 0; i < count; i++) {
    one += (input[i] + offset) * first[i];
    two += (input[i] + offset) * second[i];
  }
  sums[0] = one;
  sums[1] = two;
}
static inline int8_t saturated(int32_t value) { return (int8_t)(value > 127 ? 127 : value < -128 ? -128 : value); }

#endif

/* By a 32-bit multiplier and a shift, as quantised networks scale their sums. */
static inline int8_t requantised(int32_t sum, int32_t multiplier, int shift, int32_t zero) {
  return saturated((int32_t)((int64_t)sum * multiplier >> shift) + zero);
}
