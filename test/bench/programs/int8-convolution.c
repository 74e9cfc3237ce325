/* 3x3 convolution over 16 channels, int8 in and out, in the way of neural-network libraries for the DSP extension. */
#include "dsp.h"
#include "random.h"

enum { SIZE = 10, IN = 16, OUT = 8, TAPS = 3 * 3 * IN };

static int8_t input[SIZE][SIZE][IN] __attribute__((aligned(4)));
static int8_t weights[OUT][TAPS] __attribute__((aligned(4)));
static int8_t patch[TAPS] __attribute__((aligned(4)));
static int8_t output[SIZE - 2][SIZE - 2][OUT];

static void convolution(void) {
  for (int y = 0; y < SIZE - 2; y++)
    for (int x = 0; x < SIZE - 2; x++) {
      for (int row = 0; row < 3; row++) memcpy(patch + row * 3 * IN, input[y + row][x], 3 * IN);
      for (int o = 0; o < OUT; o++) output[y][x][o] = requantised(dot(patch, weights[o], TAPS, o * 100), 1518500250, 42, -3);
    }
}

int main(void) {
  for (size_t i = 0; i < sizeof input; i++) ((int8_t *)input)[i] = (int8_t)random_word();
  for (size_t i = 0; i < sizeof weights; i++) ((int8_t *)weights)[i] = (int8_t)random_word();
  for (unsigned i = 0; i < ITERATIONS; i++) {
    input[i % SIZE][i / SIZE % SIZE][i % IN] = (int8_t)random_word();
    convolution();
    mix((uint32_t)output[i % 8][i / 8 % 8][i % OUT]);
  }
  mix_bytes(output, sizeof output);
  report("convolution");
  return 0;
}
