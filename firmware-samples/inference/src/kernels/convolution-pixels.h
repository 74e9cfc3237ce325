/* The walk over a convolution's output that its int16, float32 and hybrid arithmetics share. */
#ifndef CONVOLUTION_PIXELS_H
#define CONVOLUTION_PIXELS_H

#include "kernels.h"
#include "window.h"

/* One output pixel: its input rows and columns, and where its values begin. */
struct pixel {
  int32_t batch;
  struct taps rows, columns;
  uint32_t output;                  /* elements before its first channel */
};
typedef void pixel_function(const struct convolution *convolution, const struct pixel *pixel);

static inline void for_each_pixel(const struct convolution *c, pixel_function *run) {
  struct pixel pixel = { .output = 0 };
  for (pixel.batch = 0; pixel.batch < c->batches; pixel.batch++)
    for (int32_t y = 0; y < c->output_height; y++) {
      pixel.rows = taps_at(y, c->stride_height, c->pad_top, c->dilation_height, c->filter_height, c->input_height);
      for (int32_t x = 0; x < c->output_width; x++) {
        pixel.columns = taps_at(x, c->stride_width, c->pad_left, c->dilation_width, c->filter_width, c->input_width);
        run(c, &pixel);
        pixel.output += (uint32_t)c->output_channels;
      }
    }
}

/* Elements before channel 0 of the input value under tap (row, column), which must be inside. */
static inline uint32_t input_at(const struct convolution *c, const struct pixel *pixel, int32_t row, int32_t column) {
  const int32_t y = pixel->rows.origin + row * c->dilation_height;
  const int32_t x = pixel->columns.origin + column * c->dilation_width;
  return (uint32_t)(((pixel->batch * c->input_height + y) * c->input_width + x) * c->input_channels);
}

/* CONV_2D: elements before the filter's value for an output channel, tap and input channel 0 of its group. */
static inline uint32_t filter_at(const struct convolution *c, int32_t channel, int32_t row, int32_t column) {
  return (uint32_t)(((channel * c->filter_height + row) * c->filter_width + column) * c->filter_channels);
}

/* CONV_2D in groups: the first input channel that an output channel sees. */
static inline int32_t group_start(const struct convolution *c, int32_t channel) {
  const int32_t groups = c->input_channels / c->filter_channels;
  return channel / (c->output_channels / groups) * c->filter_channels;
}

#endif
