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

/* Where one output pixel's window lies on the input. */
struct convolution_window { int32_t origin_y, origin_x; struct taps rows, columns; };

static inline struct convolution_window window_of(const struct convolution *c, int32_t y, int32_t x) {
  struct convolution_window window = { .origin_y = y * c->stride_height - c->pad_top, .origin_x = x * c->stride_width - c->pad_left };
  window.rows = taps_inside(window.origin_y, c->input_height, c->filter_height, c->dilation_height);
  window.columns = taps_inside(window.origin_x, c->input_width, c->filter_width, c->dilation_width);
  return window;
}

/* One output channel. `input` is the image's first byte of the channel's group. */
static inline int32_t convolve_sum_portable(const struct convolution *c, const int8_t *input, const int8_t *filter,
                                            const struct convolution_window *window) {
  int32_t sum = 0, depth = c->filter_channels, offset = c->input_offset;
  for (int32_t y = window->rows.from; y < window->rows.to; y++) {
    int32_t row = (window->origin_y + y * c->dilation_height) * c->input_width + window->origin_x;
    for (int32_t x = window->columns.from; x < window->columns.to; x++) {
      const int8_t *from = input + (row + x * c->dilation_width) * c->input_channels;
      const int8_t *weights = filter + (y * c->filter_width + x) * depth;
      for (int32_t channel = 0; channel < depth; channel++) sum += weights[channel] * (from[channel] + offset);
    }
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
      for (int32_t x = 0; x < c->output_width; x++) {
        struct convolution_window window = window_of(c, y, x);
        for (int32_t channel = 0; channel < c->output_channels; channel++) {
          int32_t sum = convolve_sum_portable(c, image + channel / group_outputs * c->filter_channels,
                                              (const int8_t *)c->filter + channel * filter_size, &window);
          if (bias != NULL) sum = add_wrapping(sum, bias[channel]);
          *output++ = rescaled_output(sum, c->rescale[channel], c->output_offset, c->minimum, c->maximum);
        }
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
        struct convolution_window window = window_of(c, y, x);
        for (int32_t channel = 0; channel < c->output_channels; channel++) {
          const int8_t *from = image + channel / c->depth_multiplier;
          const int8_t *filter = (const int8_t *)c->filter + channel;
          int32_t sum = bias != NULL ? bias[channel] : 0;
          for (int32_t j = window.rows.from; j < window.rows.to; j++)
            for (int32_t i = window.columns.from; i < window.columns.to; i++) {
              int32_t pixel = (window.origin_y + j * c->dilation_height) * c->input_width + window.origin_x + i * c->dilation_width;
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
