/* CONV_2D and DEPTHWISE_CONV_2D of float32. Products are added in the order row, column, channel; the bias comes last. */
#include "convolution-pixels.h"

static float finished(const struct convolution *c, int32_t channel, float sum) {
  if (c->bias != NULL) sum += ((const float *)c->bias)[channel];
  return sum < c->float_minimum ? c->float_minimum : sum > c->float_maximum ? c->float_maximum : sum;
}

static float convolve_sum(const struct convolution *c, const struct pixel *pixel, int32_t channel) {
  const int32_t start = group_start(c, channel);
  float sum = 0.0f;
  for (int32_t row = pixel->rows.first; row < pixel->rows.end; row++)
    for (int32_t column = pixel->columns.first; column < pixel->columns.end; column++) {
      const float *input = (const float *)c->input + input_at(c, pixel, row, column) + start;
      const float *filter = (const float *)c->filter + filter_at(c, channel, row, column);
      for (int32_t i = 0; i < c->filter_channels; i++) sum += input[i] * filter[i];
    }
  return sum;
}

static void convolve_pixel(const struct convolution *c, const struct pixel *pixel) {
  float *output = (float *)c->output + pixel->output;
  for (int32_t channel = 0; channel < c->output_channels; channel++)
    output[channel] = finished(c, channel, convolve_sum(c, pixel, channel));
}

static void depthwise_pixel(const struct convolution *c, const struct pixel *pixel) {
  float *output = (float *)c->output + pixel->output;
  for (int32_t channel = 0; channel < c->output_channels; channel++) {
    float sum = 0.0f;
    for (int32_t row = pixel->rows.first; row < pixel->rows.end; row++)
      for (int32_t column = pixel->columns.first; column < pixel->columns.end; column++) {
        const float *input = (const float *)c->input + input_at(c, pixel, row, column);
        const float *filter = (const float *)c->filter + (row * c->filter_width + column) * c->output_channels;
        sum += input[channel / c->depth_multiplier] * filter[channel];
      }
    output[channel] = finished(c, channel, sum);
  }
}

static void run_convolve(const struct convolution *convolution) { for_each_pixel(convolution, convolve_pixel); }
static void run_depthwise(const struct convolution *convolution) { for_each_pixel(convolution, depthwise_pixel); }

const struct convolution_kernel convolve_float = { .run = run_convolve };
const struct convolution_kernel depthwise_float = { .run = run_depthwise };
