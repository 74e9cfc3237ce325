/* AVERAGE_POOL_2D and MAX_POOL_2D of float32. */
#include "pool-pixels.h"

static float clamped(const struct pool *p, float value) {
  return value < p->float_minimum ? p->float_minimum : value > p->float_maximum ? p->float_maximum : value;
}

static void average_window(const struct pool *p, const struct pool_window *window) {
  float *output = (float *)p->output + window->output;
  const int32_t taps = window_taps(window);
  for (int32_t channel = 0; channel < p->channels; channel++) {
    float sum = 0.0f;
    for (int32_t row = window->rows.first; row < window->rows.end; row++)
      for (int32_t column = window->columns.first; column < window->columns.end; column++)
        sum += ((const float *)p->input)[pool_input_at(p, window, row, column) + (uint32_t)channel];
    output[channel] = clamped(p, taps == 0 ? 0.0f : sum / (float)taps);
  }
}

static void max_window(const struct pool *p, const struct pool_window *window) {
  float *output = (float *)p->output + window->output;
  for (int32_t channel = 0; channel < p->channels; channel++) {
    float largest = -3.402823466e38f;
    for (int32_t row = window->rows.first; row < window->rows.end; row++)
      for (int32_t column = window->columns.first; column < window->columns.end; column++) {
        const float value = ((const float *)p->input)[pool_input_at(p, window, row, column) + (uint32_t)channel];
        if (value > largest) largest = value;
      }
    output[channel] = clamped(p, largest);
  }
}

void average_pool_float(const struct pool *pool) { for_each_window(pool, average_window); }
void max_pool_float(const struct pool *pool) { for_each_window(pool, max_window); }
