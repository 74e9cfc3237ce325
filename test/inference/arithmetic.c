/*
 * The runtime's arithmetic by name, for tests: reads lines of a function and its arguments, writes a line for each with the result.
 *
 *     multiply_high A B | divide A EXPONENT | rescale A MULTIPLIER SHIFT | rescale_once A MULTIPLIER SHIFT | multiplier REAL
 *     exp A INTEGER_BITS | logistic A INTEGER_BITS | tanh A INTEGER_BITS | fully_connected SUM INPUT_SCALE FILTER_SCALE OUTPUT_SCALE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixed-point.h"
#include "kernels/int8-fully-connected.h"

static int32_t fully_connected(int32_t sum, float input_scale, float filter_scale, float output_scale) {
  struct rescale by = quantise_multiplier((double)input_scale * (double)filter_scale / (double)output_scale);
  struct fully_connected layer = { .rescale = &by, .filter_scales = &filter_scale, .input_scale = input_scale, .output_scale = output_scale };
  return fully_connected_scaled(&layer, sum, 0);
}

int main(void) {
  char line[256], name[32], words[4][64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    int count = sscanf(line, "%31s %63s %63s %63s %63s", name, words[0], words[1], words[2], words[3]);
    if (count < 2) return 1;
    int32_t a = (int32_t)strtol(words[0], NULL, 10), b = count > 2 ? (int32_t)strtol(words[1], NULL, 10) : 0;
    struct rescale by = { b, count > 3 ? (int32_t)strtol(words[2], NULL, 10) : 0 };
    if (strcmp(name, "multiply_high") == 0) printf("%d\n", multiply_high(a, b));
    else if (strcmp(name, "divide") == 0) printf("%d\n", divide_by_power_of_two(a, b));
    else if (strcmp(name, "rescale") == 0) printf("%d\n", rescale(a, by));
    else if (strcmp(name, "rescale_once") == 0) printf("%d\n", rescale_single_rounding(a, by));
    else if (strcmp(name, "exp") == 0) printf("%d\n", exp_of_negative(a, b));
    else if (strcmp(name, "logistic") == 0) printf("%d\n", fixed_logistic(a, b));
    else if (strcmp(name, "tanh") == 0) printf("%d\n", fixed_tanh(a, b));
    else if (strcmp(name, "multiplier") == 0) {
      struct rescale made = quantise_multiplier(strtod(words[0], NULL));
      printf("%d %d\n", made.multiplier, made.shift);
    } else if (strcmp(name, "fully_connected") == 0) {
      printf("%d\n", fully_connected(a, strtof(words[1], NULL), strtof(words[2], NULL), strtof(words[3], NULL)));
    } else return 1;
  }
  return 0;
}
