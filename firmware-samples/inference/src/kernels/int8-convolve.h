/* Plain bodies of int8 convolutions: for cores without DSP instructions, and for what dsp/ leaves to them. */
#ifndef INT8_CONVOLVE_H
#define INT8_CONVOLVE_H

#include "../quantisation.h"

/* The first and one past the last filter index whose input lies inside, along one axis. */
struct taps { int32_t from, to; };

static inline struct taps taps_inside(int32_t origin, int32_t input, int32_t filter, int32_t dilation) {
  struct taps taps = { 0, filter };
  if (origin < 0) taps.from = (-origin + dilation - 1) / dilation;
  if (origin + (filter - 1) * dilation >= input) taps.to = origin >= input ? 0 : (input - 1 - origin) / dilation + 1;
  return taps;
}

static inline int8_t rescaled_output(int32_t sum, struct rescale by, int32_t offset, int32_t minimum, int32_t maximum) {
  return (int8_t)clamp(add_wrapping(rescale(sum, by), offset), minimum, maximum);
}

/* One output pixel and channel of a convolution. `input` is the image's first byte of the channel's group. */
static inline int32_t convolve_sum_portable(const struct convolution *c, const int8_t *input, const int8_t *filter, int32_t origin_y,
                                            int32_t origin_x) {
  struct taps rows = taps_inside(origin_y, c->input_height, c->filter_height, c->dilation_height);
  struct taps columns = taps_inside(origin_x, c->input_width, c->filter_width, c->dilation_width);
  int32_t sum = 0;
  for (int32_t y = rows.from; y < rows.to; y++)
    for (int32_t x = columns.from; x < columns.to; x++) {
      const int8_t *from = input + ((origin_y + y * c->dilation_height) * c->input_width + origin_x + x * c->dilation_width) * c->input_channels;
      const int8_t *weights = filter + (y * c->filter_width + x) * c->filter_channels;
      for (int32_t channel = 0; channel < c->filter_channels; channel++) sum += weights[channel] * (from[channel] + c->input_offset);
    }
  return sum;
}

static inline void convolve_int8_portable(const struct convolution *c) {
  const int32_t *bias = c->bias;
  int8_t *output = c->output;
  int32_t filter_size = c->filter_height * c->filter_width * c->filter_channels;
  int32_t group_outputs = c->output_channels / (c->input_channels / c->filter_channels);
  for (int32_t batch = 0; batch < c->batches; batch++) {
    const int8_t *image = (const int8_t *)c->input + batch * c->input_height * c->input_width * c->input_channels;
    for (int32_t y = 0; y < c->output_height; y++)
      for (int32_t x = 0; x < c->output_width; x++)
        for (int32_t channel = 0; channel < c->output_channels; channel++) {
          int32_t sum = convolve_sum_portable(c, image + channel / group_outputs * c->filter_channels,
                                              (const int8_t *)c->filter + channel * filter_size, y * c->stride_height - c->pad_top,
                                              x * c->stride_width - c->pad_left);
          if (bias != NULL) sum = add_wrapping(sum, bias[channel]);
          *output++ = rescaled_output(sum, c->rescale[channel], c->output_offset, c->minimum, c->maximum);
        }
  }
}

static inline void depthwise_int8_portable(const struct convolution *c) {
  const int32_t *bias = c->bias;
  int8_t *output = c->output;
  for (int32_t batch = 0; batch < c->batches; batch++) {
    const int8_t *image = (const int8_t *)c->input + batch * c->input_height * c->input_width * c->input_channels;
    for (int32_t y = 0; y < c->output_height; y++)
      for (int32_t x = 0; x < c->output_width; x++) {
        int32_t origin_y = y * c->stride_height - c->pad_top, origin_x = x * c->stride_width - c->pad_left;
        struct taps rows = taps_inside(origin_y, c->input_height, c->filter_height, c->dilation_height);
        struct taps columns = taps_inside(origin_x, c->input_width, c->filter_width, c->dilation_width);
        for (int32_t channel = 0; channel < c->output_channels; channel++) {
          const int8_t *from = image + channel / c->depth_multiplier;
          const int8_t *filter = (const int8_t *)c->filter + channel;
          int32_t sum = bias != NULL ? bias[channel] : 0;
          for (int32_t j = rows.from; j < rows.to; j++)
            for (int32_t i = columns.from; i < columns.to; i++) {
              int32_t pixel = (origin_y + j * c->dilation_height) * c->input_width + origin_x + i * c->dilation_width;
              int32_t product = filter[(j * c->filter_width + i) * c->output_channels] *
                                (from[pixel * c->input_channels] + c->input_offset);
              sum = add_wrapping(sum, product);
            }
          *output++ = rescaled_output(sum, c->rescale[channel], c->output_offset, c->minimum, c->maximum);
        }
      }
  }
}

#endif
