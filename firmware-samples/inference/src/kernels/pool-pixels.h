/* The walk over a pool's output that int16 and float32 share. */
#ifndef POOL_PIXELS_H
#define POOL_PIXELS_H

#include "kernels.h"
#include "window.h"

struct pool_window {
  struct taps rows, columns;
  uint32_t input;                   /* elements before the batch */
  uint32_t output;                  /* elements before the pixel */
};
typedef void pool_window_function(const struct pool *pool, const struct pool_window *window);

static inline void for_each_window(const struct pool *p, pool_window_function *run) {
  struct pool_window window = { .output = 0 };
  for (int32_t batch = 0; batch < p->batches; batch++) {
    window.input = (uint32_t)(batch * p->input_height * p->input_width * p->channels);
    for (int32_t y = 0; y < p->output_height; y++) {
      window.rows = taps_at(y, p->stride_height, p->pad_top, 1, p->filter_height, p->input_height);
      for (int32_t x = 0; x < p->output_width; x++) {
        window.columns = taps_at(x, p->stride_width, p->pad_left, 1, p->filter_width, p->input_width);
        run(p, &window);
        window.output += (uint32_t)p->channels;
      }
    }
  }
}

/* Elements before channel 0 of the input value under a tap. */
static inline uint32_t pool_input_at(const struct pool *p, const struct pool_window *window, int32_t row, int32_t column) {
  const int32_t y = window->rows.origin + row, x = window->columns.origin + column;
  return window->input + (uint32_t)((y * p->input_width + x) * p->channels);
}

static inline int32_t window_taps(const struct pool_window *window) {
  return (window->rows.end - window->rows.first) * (window->columns.end - window->columns.first);
}

#endif
