/* MEAN of float32: the sum in the input's order, then one division. */
#include "mean-cursor.h"

void mean_float(const struct mean *mean) {
  const float *input = mean->input;
  float *output = mean->output;
  struct mean_cursor cursor = mean_start(mean);
  for (uint32_t i = 0; i < mean->output_count; i++) output[i] = 0.0f;
  for (uint32_t i = 0; i < mean->output_count * mean->reduced_count; i++, mean_next(mean, &cursor)) output[cursor.output] += input[i];
  for (uint32_t i = 0; i < mean->output_count; i++) output[i] /= (float)mean->reduced_count;
}
