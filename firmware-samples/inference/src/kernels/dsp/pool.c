/*
 * Average and maximum pooling, four channels at a time: SXTAB16 sums two channels in one instruction, SSUB8 and SEL take the larger of four.
 * Per position of the window and four channels: LDR 2, SXTAB16 2, loop 5; and LDR 2, SSUB8 1, SEL 1, loop 5.
 */
#include "dsp.h"
#include "../../quantisation.h"

#if defined(__ARM_FEATURE_DSP) && defined(INFERENCE_DSP_POOL_ADD)

/* Sums of two channels have 16 bits each. */
enum { MOST_POSITIONS = 256 };

/* The part of a window that lies inside the input. */
struct window {
  const int8_t *first;              /* its first channel */
  int32_t rows, columns;
  int32_t row_bytes, column_bytes;
};
typedef void reduce_function(const struct pool *pool, const struct window *window, int8_t *output);

static int32_t average_of(int32_t sum, int32_t count) { return (sum > 0 ? sum + count / 2 : sum - count / 2) / count; }

static void average_four(const struct window *window, int32_t count, int8_t *output) {
  uint32_t evens = 0, odds = 0;
  const int8_t *row = window->first;
  for (int32_t y = window->rows; y > 0; y--, row += window->row_bytes) {
    const int8_t *at = row;
    for (int32_t x = window->columns; x > 0; x--, at += window->column_bytes) {
      uint32_t four = four_bytes(at);
      evens = even_bytes_plus(evens, four);
      odds = odd_bytes_plus(odds, four);
    }
  }
  output[0] = (int8_t)average_of((int16_t)evens, count);
  output[1] = (int8_t)average_of((int16_t)odds, count);
  output[2] = (int8_t)average_of((int32_t)evens >> 16, count);
  output[3] = (int8_t)average_of((int32_t)odds >> 16, count);
}

static int32_t sum_of_one(const struct window *window) {
  int32_t sum = 0;
  for (int32_t y = 0; y < window->rows; y++)
    for (int32_t x = 0; x < window->columns; x++) sum = add_wrapping(sum, window->first[y * window->row_bytes + x * window->column_bytes]);
  return sum;
}

static void average(const struct pool *pool, const struct window *window, int8_t *output) {
  struct window moving = *window;
  int32_t count = window->rows * window->columns, channels = pool->channels;
  if (count <= MOST_POSITIONS)
    for (; channels >= 4; channels -= 4, moving.first += 4, output += 4) average_four(&moving, count, output);
  for (; channels > 0; channels--, moving.first++) *output++ = (int8_t)average_of(sum_of_one(&moving), count);
}

static uint32_t larger_of_each(uint32_t a, uint32_t b) {
  __ssub8((int8x4_t)a, (int8x4_t)b);
  return (uint32_t)__sel((uint8x4_t)a, (uint8x4_t)b);
}

static void maximum_four(const struct window *window, int8_t *output) {
  uint32_t most = four_times(-128);
  const int8_t *row = window->first;
  for (int32_t y = window->rows; y > 0; y--, row += window->row_bytes) {
    const int8_t *at = row;
    for (int32_t x = window->columns; x > 0; x--, at += window->column_bytes) most = larger_of_each(most, four_bytes(at));
  }
  memcpy(output, &most, sizeof most);
}

static int8_t maximum_of_one(const struct window *window) {
  int8_t most = -128;
  for (int32_t y = 0; y < window->rows; y++)
    for (int32_t x = 0; x < window->columns; x++) {
      int8_t value = window->first[y * window->row_bytes + x * window->column_bytes];
      if (value > most) most = value;
    }
  return most;
}

static void maximum(const struct pool *pool, const struct window *window, int8_t *output) {
  struct window moving = *window;
  int32_t channels = pool->channels;
  for (; channels >= 4; channels -= 4, moving.first += 4, output += 4) maximum_four(&moving, output);
  for (; channels > 0; channels--, moving.first++) *output++ = maximum_of_one(&moving);
}

static struct window window_inside(const struct pool *pool, const int8_t *image, int32_t y, int32_t x) {
  int32_t top = y * pool->stride_height - pool->pad_top, left = x * pool->stride_width - pool->pad_left;
  int32_t bottom = top + pool->filter_height, right = left + pool->filter_width, row_bytes = pool->input_width * pool->channels;
  if (top < 0) top = 0;
  if (left < 0) left = 0;
  if (bottom > pool->input_height) bottom = pool->input_height;
  if (right > pool->input_width) right = pool->input_width;
  return (struct window){ image + top * row_bytes + left * pool->channels, bottom - top, right - left, row_bytes, pool->channels };
}

static void each_window(const struct pool *pool, reduce_function *reduce) {
  const int8_t *image = pool->input;
  int8_t *output = pool->output;
  for (int32_t batch = 0; batch < pool->batches; batch++, image += pool->input_height * pool->input_width * pool->channels)
    for (int32_t y = 0; y < pool->output_height; y++)
      for (int32_t x = 0; x < pool->output_width; x++, output += pool->channels) {
        struct window window = window_inside(pool, image, y, x);
        reduce(pool, &window, output);
      }
  dsp_clamp(pool->output, (uint32_t)(pool->batches * pool->output_height * pool->output_width * pool->channels), pool->minimum, pool->maximum);
}

void average_pool_int8(const struct pool *pool) { each_window(pool, average); }
void max_pool_int8(const struct pool *pool) { each_window(pool, maximum); }

#endif
