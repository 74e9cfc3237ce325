/*
 * CONV_2D and DEPTHWISE_CONV_2D with int16 activations (zero point 0) and int8 filters.
 * With an int64 bias the sum is of 64 bits and the multiplier of 16; with an int32 bias both are of 32 bits, as in int8 networks.
 */
#include "../quantisation.h"
#include "convolution-pixels.h"
#include "int64.h"

static int16_t finished(const struct convolution *c, int32_t channel, int64_t sum) {
  int32_t value;
  if (c->bias_is_int64) {
    if (c->bias != NULL) sum += read_int64(c->bias, (uint32_t)channel);
    value = rescale_int64(sum, c->rescale[channel]);
  } else {
    if (c->bias != NULL) sum += ((const int32_t *)c->bias)[channel];
    value = rescale((int32_t)sum, c->rescale[channel]);
  }
  return (int16_t)clamp(value + c->output_offset, c->minimum, c->maximum);
}

static int64_t convolve_sum(const struct convolution *c, const struct pixel *pixel, int32_t channel) {
  const int32_t start = group_start(c, channel);
  int64_t sum = 0;
  for (int32_t row = pixel->rows.first; row < pixel->rows.end; row++)
    for (int32_t column = pixel->columns.first; column < pixel->columns.end; column++) {
      const int16_t *input = (const int16_t *)c->input + input_at(c, pixel, row, column) + start;
      const int8_t *filter = (const int8_t *)c->filter + filter_at(c, channel, row, column);
      for (int32_t i = 0; i < c->filter_channels; i++) sum += (input[i] + c->input_offset) * filter[i];
    }
  return sum;
}

static void convolve_pixel(const struct convolution *c, const struct pixel *pixel) {
  int16_t *output = (int16_t *)c->output + pixel->output;
  for (int32_t channel = 0; channel < c->output_channels; channel++)
    output[channel] = finished(c, channel, convolve_sum(c, pixel, channel));
}

static void depthwise_pixel(const struct convolution *c, const struct pixel *pixel) {
  int16_t *output = (int16_t *)c->output + pixel->output;
  for (int32_t channel = 0; channel < c->output_channels; channel++) {
    int64_t sum = 0;
    for (int32_t row = pixel->rows.first; row < pixel->rows.end; row++)
      for (int32_t column = pixel->columns.first; column < pixel->columns.end; column++) {
        const int16_t *input = (const int16_t *)c->input + input_at(c, pixel, row, column);
        const int8_t *filter = (const int8_t *)c->filter + (row * c->filter_width + column) * c->output_channels;
        sum += (input[channel / c->depth_multiplier] + c->input_offset) * filter[channel];
      }
    output[channel] = finished(c, channel, sum);
  }
}

static void run_convolve(const struct convolution *convolution) { for_each_pixel(convolution, convolve_pixel); }
static void run_depthwise(const struct convolution *convolution) { for_each_pixel(convolution, depthwise_pixel); }

const struct convolution_kernel convolve_int16 = { .run = run_convolve };
const struct convolution_kernel depthwise_int16 = { .run = run_depthwise };
