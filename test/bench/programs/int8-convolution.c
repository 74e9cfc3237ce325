/*
 * 3x3 convolution over 16 channels, int8 in and out, in the way of neural-network libraries for the DSP extension: two
 * products per SMLAD, four values per load, requantised by a 32-bit multiplier and a shift.
 */
#include <arm_acle.h>
#include <string.h>
#include "random.h"

enum { SIZE = 10, IN = 16, OUT = 8, TAPS = 3 * 3 * IN };

static int8_t input[SIZE][SIZE][IN] __attribute__((aligned(4)));
static int8_t weights[OUT][TAPS] __attribute__((aligned(4)));
static int8_t patch[TAPS] __attribute__((aligned(4)));
static int8_t output[SIZE - 2][SIZE - 2][OUT];

static uint32_t four(const int8_t *from) {
  uint32_t word;
  memcpy(&word, __builtin_assume_aligned(from, 4), sizeof word);
  return word;
}

static int16x2_t even(uint32_t word) { return __sxtb16(word); }
static int16x2_t odd(uint32_t word) { return __sxtb16(word >> 8 | word << 24); }

static int32_t dot(const int8_t *a, const int8_t *b, int32_t sum) {
  for (int i = 0; i < TAPS; i += 4) {
    uint32_t x = four(a + i), y = four(b + i);
    sum = __smlad(even(x), even(y), sum);
    sum = __smlad(odd(x), odd(y), sum);
  }
  return sum;
}

static int8_t requantised(int32_t sum) {
  int32_t scaled = (int32_t)((int64_t)sum * 1518500250 >> 42);
  return (int8_t)__ssat(scaled - 3, 8);
}

static void convolution(void) {
  for (int y = 0; y < SIZE - 2; y++)
    for (int x = 0; x < SIZE - 2; x++) {
      for (int row = 0; row < 3; row++) memcpy(patch + row * 3 * IN, input[y + row][x], 3 * IN);
      for (int o = 0; o < OUT; o++) output[y][x][o] = requantised(dot(patch, weights[o], o * 100));
    }
  mix_bytes(output, sizeof output);
}

int main(void) {
  for (size_t i = 0; i < sizeof input; i++) ((int8_t *)input)[i] = (int8_t)random_word();
  for (size_t i = 0; i < sizeof weights; i++) ((int8_t *)weights)[i] = (int8_t)random_word();
  for (int i = 0; i < ITERATIONS; i++) convolution();
  report("convolution");
  return 0;
}
