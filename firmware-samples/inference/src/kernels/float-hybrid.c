/*
 * Hybrid CONV_2D: float32 activations, int8 filters. Each batch of the input is quantised to int8 by its own range, the sums are integers,
 * the result is float32. As TensorFlow Lite has it (kernels/conv.cc, EvalHybrid and EvalHybridPerChannel, whatever the option
 * asymmetric_quantize_inputs says): symmetric if the filter has one scale, asymmetric if it has one for each channel.
 */
#include "../quantisation.h"
#include "convolution-pixels.h"

/* At the start of the scratch, one for each batch; the quantised input follows. */
struct quantised_batch {
  float scale;
  int32_t zero_point;
};

static uint32_t batch_elements(const struct convolution *c) {
  return (uint32_t)(c->input_height * c->input_width * c->input_channels);
}

static uint32_t scratch_bytes(const struct convolution *c) {
  return (uint32_t)c->batches * ((uint32_t)sizeof(struct quantised_batch) + batch_elements(c));
}

static double magnitude(double value) { return value < 0 ? -value : value; }

/* The zero point that represents 0 exactly, from that end of the range which errs less. Source: PortableAsymmetricQuantizeFloats. */
static int32_t nudged_zero_point(double lowest, double highest, double scale) {
  const double from_lowest = -128.0 - lowest / scale, from_highest = 127.0 - highest / scale;
  const double error_lowest = 128.0 + magnitude(lowest / scale), error_highest = 127.0 + magnitude(highest / scale);
  const double zero_point = error_lowest < error_highest ? from_lowest : from_highest;
  if (zero_point <= -128.0) return -128;
  if (zero_point >= 127.0) return 127;
  const int32_t whole = (int32_t)zero_point;
  const double rest = zero_point - whole;
  return rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole;
}

static float choose_asymmetric(float lowest, float highest, struct quantised_batch *batch) {
  const double scale = ((double)highest - (double)lowest) / 255.0;
  batch->scale = (float)scale;
  batch->zero_point = nudged_zero_point((double)lowest, (double)highest, scale);
  return 1.0f / batch->scale;
}

static float choose_symmetric(float lowest, float highest, struct quantised_batch *batch) {
  const float range = -lowest > highest ? -lowest : highest;
  batch->scale = range / 127.0f;
  return 127.0f / range;
}

static void quantise_batch(const float *values, uint32_t count, bool symmetric, struct quantised_batch *batch, int8_t *quantised) {
  float lowest = 0.0f, highest = 0.0f;
  for (uint32_t i = 0; i < count; i++) {
    if (values[i] < lowest) lowest = values[i];
    if (values[i] > highest) highest = values[i];
  }
  *batch = (struct quantised_batch){ 1.0f, 0 };
  memset(quantised, 0, count);
  if (lowest == highest) return;
  const float inverse = symmetric ? choose_symmetric(lowest, highest, batch) : choose_asymmetric(lowest, highest, batch);
  for (uint32_t i = 0; i < count; i++) {
    const int32_t value = round_to_int32((float)batch->zero_point + values[i] * inverse);
    quantised[i] = (int8_t)clamp(value, symmetric ? -127 : -128, 127);
  }
}

static int32_t convolve_sum(const struct convolution *c, const struct pixel *pixel, int32_t channel, int32_t zero_point) {
  const int8_t *quantised = (const int8_t *)c->scratch + (uint32_t)c->batches * sizeof(struct quantised_batch);
  const int32_t start = group_start(c, channel);
  int32_t sum = 0;
  for (int32_t row = pixel->rows.first; row < pixel->rows.end; row++)
    for (int32_t column = pixel->columns.first; column < pixel->columns.end; column++) {
      const int8_t *input = quantised + input_at(c, pixel, row, column) + start;
      const int8_t *filter = (const int8_t *)c->filter + filter_at(c, channel, row, column);
      for (int32_t i = 0; i < c->filter_channels; i++) sum += filter[i] * (input[i] - zero_point);
    }
  return sum;
}

static float rescaled(const struct convolution *c, int32_t channel, int32_t sum, float batch_scale) {
  if (c->filter_scales != NULL) return (float)sum * c->filter_scales[channel] * batch_scale;
  return (float)sum * (batch_scale * c->filter_scale);
}

static void convolve_pixel(const struct convolution *c, const struct pixel *pixel) {
  const struct quantised_batch *batch = (const struct quantised_batch *)c->scratch + pixel->batch;
  float *output = (float *)c->output + pixel->output;
  for (int32_t channel = 0; channel < c->output_channels; channel++) {
    float value = rescaled(c, channel, convolve_sum(c, pixel, channel, batch->zero_point), batch->scale);
    if (c->bias != NULL) value += ((const float *)c->bias)[channel];
    output[channel] = value < c->float_minimum ? c->float_minimum : value > c->float_maximum ? c->float_maximum : value;
  }
}

static void run(const struct convolution *c) {
  struct quantised_batch *batches = c->scratch;
  const uint32_t count = batch_elements(c);
  for (int32_t i = 0; i < c->batches; i++)
    quantise_batch((const float *)c->input + (uint32_t)i * count, count, c->filter_scales == NULL, &batches[i],
                   (int8_t *)(batches + c->batches) + (uint32_t)i * count);
  for_each_pixel(c, convolve_pixel);
}

const struct convolution_kernel convolve_hybrid = { .scratch_bytes = scratch_bytes, .run = run };
