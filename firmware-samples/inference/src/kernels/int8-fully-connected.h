/* Plain body of the int8 fully connected layer. */
#ifndef INT8_FULLY_CONNECTED_H
#define INT8_FULLY_CONNECTED_H

#include "../quantisation.h"

static inline void fully_connected_int8_portable(const struct fully_connected *layer) {
  const int8_t *input = layer->input;
  const int32_t *bias = layer->bias;
  int8_t *output = layer->output;
  for (int32_t batch = 0; batch < layer->batches; batch++, input += layer->input_depth) {
    const int8_t *filter = layer->filter;
    for (int32_t channel = 0; channel < layer->output_depth; channel++, filter += layer->input_depth) {
      int32_t sum = 0;
      for (int32_t i = 0; i < layer->input_depth; i++) sum += (filter[i] + layer->filter_offset) * (input[i] + layer->input_offset);
      if (bias != NULL) sum = add_wrapping(sum, bias[channel]);
      int32_t scaled = rescale(sum, layer->rescale[layer->per_channel ? channel : 0]);
      *output++ = (int8_t)clamp(add_wrapping(scaled, layer->output_offset), layer->minimum, layer->maximum);
    }
  }
}

#endif
