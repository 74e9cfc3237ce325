/* AVERAGE_POOL_2D and MAX_POOL_2D of int16. */
#include "../quantisation.h"
#include "pool-pixels.h"

static void average_window(const struct pool *p, const struct pool_window *window) {
  int16_t *output = (int16_t *)p->output + window->output;
  const int32_t taps = window_taps(window);
  for (int32_t channel = 0; channel < p->channels; channel++) {
    int32_t sum = 0;
    for (int32_t row = window->rows.first; row < window->rows.end; row++)
      for (int32_t column = window->columns.first; column < window->columns.end; column++)
        sum += ((const int16_t *)p->input)[pool_input_at(p, window, row, column) + (uint32_t)channel];
    const int32_t mean = taps == 0 ? 0 : (sum > 0 ? sum + taps / 2 : sum - taps / 2) / taps;
    output[channel] = (int16_t)clamp(mean, p->minimum, p->maximum);
  }
}

static void max_window(const struct pool *p, const struct pool_window *window) {
  int16_t *output = (int16_t *)p->output + window->output;
  for (int32_t channel = 0; channel < p->channels; channel++) {
    int32_t largest = INT16_MIN;
    for (int32_t row = window->rows.first; row < window->rows.end; row++)
      for (int32_t column = window->columns.first; column < window->columns.end; column++) {
        const int32_t value = ((const int16_t *)p->input)[pool_input_at(p, window, row, column) + (uint32_t)channel];
        if (value > largest) largest = value;
      }
    output[channel] = (int16_t)clamp(largest, p->minimum, p->maximum);
  }
}

void average_pool_int16(const struct pool *pool) { for_each_window(pool, average_window); }
void max_pool_int16(const struct pool *pool) { for_each_window(pool, max_window); }
