/*
 * The int8 fully connected layer. The reference kernel of this operator alone rounds in floating point: round(sum * scale) in double,
 * where scale = input scale * filter scale / output scale (LiteRT, reference/integer_ops/fully_connected.h; kernels before 2024 and
 * TensorFlow Lite Micro round twice in integers, as convolutions do). fully_connected_scaled() gives that result without the double but for
 * about one sum in 2^18.
 */
#ifndef INT8_FULLY_CONNECTED_H
#define INT8_FULLY_CONNECTED_H

#include "../quantisation.h"

/* round(sum * scale), ties away from zero, saturating (fully-connected.c). Also for int16 layers. */
int32_t fully_connected_exact(const struct fully_connected *layer, int64_t sum, int32_t channel);

/*
 * The multiplier of 31 bits is off by at most 2^-31 of its value, so a result below 2^10 by at most 2^-21: only where the fraction is
 * nearer to a tie than 2^-20 can the rounding differ. Results of 2^10 and more are given as +-2^10: any int8 clamps them.
 */
static inline int32_t fully_connected_scaled(const struct fully_connected *layer, int32_t sum, int32_t channel) {
  struct rescale by = layer->rescale[layer->per_channel ? channel : 0];
  int32_t shift = 31 - by.shift;
  if (shift >= 21 && shift <= 51) {
    int64_t product = (int64_t)sum * by.multiplier, limit = (int64_t)1 << (shift + 10), margin = (int64_t)1 << (shift - 20);
    if (product >= limit) return 1 << 10;
    if (product <= -limit) return -(1 << 10);
    int64_t rounded = product + ((int64_t)1 << (shift - 1)), fraction = rounded & (((int64_t)1 << shift) - 1);
    if (fraction > margin && fraction < ((int64_t)1 << shift) - margin) return (int32_t)(rounded >> shift);
  }
  return fully_connected_exact(layer, sum, channel);
}

static inline int8_t fully_connected_output(const struct fully_connected *layer, int32_t sum, int32_t channel) {
  return (int8_t)clamp(add_wrapping(fully_connected_scaled(layer, sum, channel), layer->output_offset), layer->minimum, layer->maximum);
}

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
      *output++ = fully_connected_output(layer, sum, channel);
    }
  }
}

#endif
