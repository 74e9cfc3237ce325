/* FULLY_CONNECTED of float32. */
#include "kernels.h"

static void run(const struct fully_connected *layer) {
  float *output = layer->output;
  for (int32_t batch = 0; batch < layer->batches; batch++) {
    const float *input = (const float *)layer->input + batch * layer->input_depth;
    for (int32_t row = 0; row < layer->output_depth; row++) {
      const float *filter = (const float *)layer->filter + row * layer->input_depth;
      float sum = 0.0f;
      for (int32_t i = 0; i < layer->input_depth; i++) sum += input[i] * filter[i];
      if (layer->bias != NULL) sum += ((const float *)layer->bias)[row];
      *output++ = sum < layer->float_minimum ? layer->float_minimum : sum > layer->float_maximum ? layer->float_maximum : sum;
    }
  }
}

const struct fully_connected_kernel fully_connected_float = { .run = run };
