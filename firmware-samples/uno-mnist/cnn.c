/*
 * Handwritten digits on an Arduino Uno by a small convolutional network. Each convolution and its 2x2 maximum are one loop, so
 * that no full feature map is ever kept: 196 bytes of picture, 288 and 64 of features.
 */
#include <string.h>

#include "pixels.h"
#include "uno.h"
#include "weights-cnn.h"

enum { KERNEL = 3, FIRST = 8, SECOND = 16, FIRST_SIDE = (SIDE - 2) / 2, SECOND_SIDE = (FIRST_SIDE - 2) / 2 };

/* Values of a 3x3 window over [row][column][channel], put side by side: three runs that lie together. */
static void gather(int8_t *window, const int8_t *input, uint8_t side, uint8_t channels) {
  const uint8_t run = (uint8_t)(KERNEL * channels);
  for (uint8_t row = 0; row < KERNEL; row++, window += run, input += side * channels) memcpy(window, input, run);
}

/* Each output is the greatest of four neighbouring sums: since rounding and clamping keep order, they are done once. */
static void convolve_and_halve(const int8_t *input, uint8_t side, uint8_t channels, const int8_t *weights, const int32_t *bias,
                               uint8_t shift, int8_t *output, uint8_t outputs) {
  const uint8_t half = (uint8_t)((side - 2) / 2), length = (uint8_t)(KERNEL * KERNEL * channels);
  int8_t window[KERNEL * KERNEL * FIRST];
  uno_sum greatest[SECOND];
  for (uint8_t row = 0; row < half; row++)
    for (uint8_t column = 0; column < half; column++) {
      for (uint8_t corner = 0; corner < 4; corner++) {
        gather(window, input + (uint16_t)((2 * row + (corner >> 1)) * side + 2 * column + (corner & 1)) * channels, side, channels);
        const int8_t *kernel = weights;
        for (uint8_t channel = 0; channel < outputs; channel++, kernel += length) {
          const uno_sum sum = uno_dot(0, kernel, window, length);
          if (corner == 0 || sum > greatest[channel]) greatest[channel] = sum;
        }
      }
      for (uint8_t channel = 0; channel < outputs; channel++)
        *output++ = uno_activation((int32_t)pgm_read_dword(bias + channel) + greatest[channel], shift);
    }
}

int main(void) {
  static int8_t picture[SIDE * SIDE], first[FIRST_SIDE * FIRST_SIDE * FIRST], second[SECOND_SIDE * SECOND_SIDE * SECOND];
  uno_begin();
  uno_print("uno-mnist: a network of 3x3 convolutions. Send a digit.\n");
  for (;;) {
    uint8_t row = 0;
    while (row < SIDE) row = read_row(picture + row * SIDE) ? (uint8_t)(row + 1) : 0;
    const uint32_t start = uno_cycles();
    convolve_and_halve(picture, SIDE, 1, first_weights, first_bias, first_shift, first, FIRST);
    convolve_and_halve(first, FIRST_SIDE, FIRST, second_weights, second_bias, second_shift, second, SECOND);
    int32_t scores[DIGITS];
    for (uint8_t digit = 0; digit < DIGITS; digit++)
      scores[digit] = (int32_t)pgm_read_dword(last_bias + digit) + uno_dot(0, last_weights + digit * sizeof second, second, sizeof second);
    tell(scores, uno_cycles() - start);
  }
}
