/* Three fully-connected layers, int8 in and out, two rows of weights at a time. */
#include "dsp.h"
#include "random.h"

enum { WIDTH = 128, LAYERS = 3 };

static int8_t weights[LAYERS][WIDTH][WIDTH] __attribute__((aligned(4)));
static int32_t biases[LAYERS][WIDTH];
static int8_t values[LAYERS + 1][WIDTH] __attribute__((aligned(4)));

static void layer(const int8_t *input, const int8_t (*rows)[WIDTH], const int32_t *bias, int8_t *output) {
  for (int o = 0; o < WIDTH; o += 2) {
    int32_t sums[2] = { bias[o], bias[o + 1] };
    dot_two_rows(input, 11, rows[o], rows[o + 1], WIDTH, sums);
    output[o] = requantised(sums[0], 1276901417, 41, -5);
    output[o + 1] = requantised(sums[1], 1276901417, 41, -5);
  }
}

int main(void) {
  for (size_t i = 0; i < sizeof weights; i++) ((int8_t *)weights)[i] = (int8_t)random_word();
  for (size_t i = 0; i < LAYERS * WIDTH; i++) ((int32_t *)biases)[i] = (int32_t)(random_word() >> 18);
  for (int i = 0; i < ITERATIONS; i++) {
    for (int k = 0; k < WIDTH; k++) values[0][k] = (int8_t)random_word();
    for (int l = 0; l < LAYERS; l++) layer(values[l], weights[l], biases[l], values[l + 1]);
    mix((uint32_t)values[LAYERS][i % WIDTH]);
  }
  mix_bytes(values, sizeof values);
  report("fully connected");
  return 0;
}
