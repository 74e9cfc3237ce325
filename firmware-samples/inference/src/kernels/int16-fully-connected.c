/* FULLY_CONNECTED with int16 activations and int8 filters; sums of 64 or 32 bits as the bias has it (see int16-convolve.c). */
#include "../quantisation.h"
#include "int64.h"
#include "kernels.h"

static int64_t row_sum(const struct fully_connected *layer, const int16_t *input, const int8_t *filter) {
  int64_t sum = 0;
  for (int32_t i = 0; i < layer->input_depth; i++)
    sum += (int64_t)(input[i] + layer->input_offset) * (filter[i] + layer->filter_offset);
  return sum;
}

static int32_t rescaled(const struct fully_connected *layer, int32_t row, int64_t sum) {
  const struct rescale by = layer->rescale[layer->per_channel ? row : 0];
  if (layer->bias_is_int64) return rescale_int64(layer->bias == NULL ? sum : sum + read_int64(layer->bias, (uint32_t)row), by);
  return rescale((int32_t)(layer->bias == NULL ? sum : sum + ((const int32_t *)layer->bias)[row]), by);
}

static void run(const struct fully_connected *layer) {
  int16_t *output = layer->output;
  for (int32_t batch = 0; batch < layer->batches; batch++) {
    const int16_t *input = (const int16_t *)layer->input + batch * layer->input_depth;
    for (int32_t row = 0; row < layer->output_depth; row++) {
      const int64_t sum = row_sum(layer, input, (const int8_t *)layer->filter + row * layer->input_depth);
      *output++ = (int16_t)clamp(rescaled(layer, row, sum) + layer->output_offset, layer->minimum, layer->maximum);
    }
  }
}

const struct fully_connected_kernel fully_connected_int16 = { .run = run };
