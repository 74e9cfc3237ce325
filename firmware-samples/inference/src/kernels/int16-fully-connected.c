/* FULLY_CONNECTED with int16 activations and int8 filters: sums of 64 bits, rescaled once and exactly, as TensorFlow Lite 2.21 has it. */
#include "../quantisation.h"
#include "int64.h"
#include "int8-fully-connected.h"

static int64_t row_sum(const struct fully_connected *layer, const int16_t *input, const int8_t *filter) {
  int64_t sum = 0;
  for (int32_t i = 0; i < layer->input_depth; i++)
    sum += (int64_t)(input[i] + layer->input_offset) * (filter[i] + layer->filter_offset);
  return sum;
}

static int64_t bias_of(const struct fully_connected *layer, int32_t row) {
  if (layer->bias == NULL) return 0;
  return layer->bias_is_int64 ? read_int64(layer->bias, (uint32_t)row) : ((const int32_t *)layer->bias)[row];
}

static void run(const struct fully_connected *layer) {
  int16_t *output = layer->output;
  for (int32_t batch = 0; batch < layer->batches; batch++) {
    const int16_t *input = (const int16_t *)layer->input + batch * layer->input_depth;
    for (int32_t row = 0; row < layer->output_depth; row++) {
      const int64_t sum = row_sum(layer, input, (const int8_t *)layer->filter + row * layer->input_depth) + bias_of(layer, row);
      *output++ = (int16_t)clamp(fully_connected_exact(layer, sum, row) + layer->output_offset, layer->minimum, layer->maximum);
    }
  }
}

const struct fully_connected_kernel fully_connected_int16 = { .run = run };
