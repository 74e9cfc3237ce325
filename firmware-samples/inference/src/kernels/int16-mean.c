/* MEAN of int16: as int8 (mean.c), with sums of 64 bits on the way. */
#include "../quantisation.h"
#include "mean-cursor.h"

void mean_int16(const struct mean *mean) {
  const int16_t *input = mean->input;
  int16_t *output = mean->output;
  int64_t *sums = mean->scratch;
  struct mean_cursor cursor = mean_start(mean);
  memset(sums, 0, mean->output_count * sizeof *sums);
  for (uint32_t i = 0; i < mean->output_count * mean->reduced_count; i++, mean_next(mean, &cursor))
    sums[cursor.output] += input[i] - mean->input_offset;
  for (uint32_t i = 0; i < mean->output_count; i++) {
    const int32_t value = add_wrapping(rescale((int32_t)sums[i], mean->rescale), mean->output_offset);
    output[i] = (int16_t)clamp(value, INT16_MIN, INT16_MAX);
  }
}
