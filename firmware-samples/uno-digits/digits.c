/*
 * Handwritten digits on an Arduino Uno by a binary network: pixels, weights and activations are one bit each, so that a layer is
 * XOR and counting. A picture takes 25 bytes, the hidden layer 64.
 */
#include "pixels.h"
#include "uno.h"
#include "weights.h"

enum { PIXEL_BYTES = (SIDE * SIDE + 7) / 8, UNIT_BYTES = UNITS / 8 };

/* Bits set, by nibbles. */
static const uint8_t ones[16] = { 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4 };

static uint16_t disagreements(const uint8_t *weights_in_flash, const uint8_t *bits, uint8_t bytes) {
  uint16_t count = 0;
  while (bytes--) {
    const uint8_t different = pgm_read_byte(weights_in_flash++) ^ *bits++;
    count += (uint8_t)(ones[different & 15] + ones[different >> 4]);
  }
  return count;
}

/* The picture's bits past the last pixel are 0, as the weights' are: they never disagree. */
static void hidden_layer(const uint8_t picture[PIXEL_BYTES], uint8_t hidden[UNIT_BYTES]) {
  const uint8_t *weights = first_weights;
  for (uint16_t unit = 0; unit < UNITS; unit++, weights += PIXEL_BYTES) {
    const uint8_t agreements = (uint8_t)(SIDE * SIDE - disagreements(weights, picture, PIXEL_BYTES));
    const uint8_t bit = (uint8_t)(1 << (unit & 7));
    if (agreements >= pgm_read_byte(first_thresholds + unit)) hidden[unit >> 3] |= bit;
    else hidden[unit >> 3] &= (uint8_t)~bit;
  }
}

int main(void) {
  static uint8_t picture[PIXEL_BYTES], hidden[UNIT_BYTES];
  uno_begin();
  uno_print("uno-digits: a network of single bits. Send a digit.\n");
  for (;;) {
    int8_t row[SIDE];
    for (uint8_t count = 0; count < SIDE;) {
      if (!read_row(row)) {
        count = 0;
        continue;
      }
      for (uint8_t column = 0; column < SIDE; column++) {
        const uint8_t pixel = (uint8_t)(count * SIDE + column), bit = (uint8_t)(1 << (pixel & 7));
        if (row[column] >= INK) picture[pixel >> 3] |= bit;
        else picture[pixel >> 3] &= (uint8_t)~bit;
      }
      count++;
    }
    const uint32_t start = uno_cycles();
    hidden_layer(picture, hidden);
    int32_t scores[DIGITS];
    for (uint8_t digit = 0; digit < DIGITS; digit++)
      scores[digit] = (int16_t)pgm_read_word(last_bias + digit) + UNITS - 2 * (int32_t)disagreements(last_weights + digit * UNIT_BYTES, hidden, UNIT_BYTES);
    tell(scores, uno_cycles() - start);
  }
}
