/*
 * Handwritten digits on an Arduino Uno by a recurrent network that reads one row at a time, as it comes, and keeps no picture:
 * 14 bytes of row and twice 40 of state.
 */
#include <string.h>

#include "pixels.h"
#include "uno.h"
#include "weights-rows.h"

static void step(const int8_t row[SIDE], int8_t state[UNITS]) {
  int8_t next[UNITS];
  for (uint8_t unit = 0; unit < UNITS; unit++) {
    uno_sum sum = uno_dot(0, input_weights + unit * SIDE, row, SIDE);
    sum = uno_dot(sum, state_weights + unit * UNITS, state, UNITS);
    next[unit] = uno_activation((int32_t)pgm_read_dword(input_bias + unit) + sum, state_shift);
  }
  memcpy(state, next, UNITS);
}

int main(void) {
  static int8_t row[SIDE], state[UNITS];
  uno_begin();
  uno_print("uno-mnist: a recurrent network, a row at a time. Send a digit.\n");
  for (;;) {
    uint32_t cycles = 0;
    memset(state, 0, sizeof state);
    for (uint8_t count = 0; count < SIDE; count++) {
      if (!read_row(row)) {
        memset(state, 0, sizeof state);
        count = UINT8_MAX;   /* the loop's increment makes it the first row again */
        cycles = 0;
        continue;
      }
      const uint32_t start = uno_cycles();
      step(row, state);
      cycles += uno_cycles() - start;
    }
    int32_t scores[DIGITS];
    const uint32_t start = uno_cycles();
    for (uint8_t digit = 0; digit < DIGITS; digit++)
      scores[digit] = (int32_t)pgm_read_dword(last_bias + digit) + uno_dot(0, last_weights + digit * UNITS, state, UNITS);
    tell(scores, cycles + uno_cycles() - start);
  }
}
