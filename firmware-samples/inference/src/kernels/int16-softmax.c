/*
 * SOFTMAX of int16: exp and 1 / (1 + x) from tables with linear interpolation, which prepare makes.
 * Each table has 513 values over the int16 range; a value is corrected by half the error that interpolation makes in the middle.
 */
#include "../quantisation.h"
#include "../real-math.h"
#include "kernels.h"

enum { STEPS = 512 };

struct tables {
  int16_t exponential[STEPS + 1];   /* exp(x), x from -10 to 0 */
  int16_t reciprocal[STEPS + 1];    /* 1 / (1 + x), x from 0 to 1 */
};

static float one_over_one_plus(float x) { return 1.0f / (1.0f + x); }

static float rounded(float value) { return (float)round_to_int32(value); }

static int16_t table_value(float value) {
  return (int16_t)(value < -32768.0f ? -32768.0f : value > 32767.0f ? 32767.0f : value);
}

static void fill(int16_t *table, float scale, int32_t zero_point, float (*function)(float)) {
  const float lowest = scale * (float)(-32768 - zero_point), highest = scale * (float)(32767 - zero_point);
  const float output_scale = 2.0f / 65535.0f;
  const float step = (highest - lowest) / STEPS, half_step = step / 2;
  const float to_int16 = 65536.0f / (output_scale * 32767.0f - output_scale * -32768.0f);
  for (int32_t i = 0; i < STEPS; i++) {
    const float here = rounded(function(lowest + (float)i * step) * to_int16);
    const float middle = rounded(function(lowest + (float)i * step + half_step) * to_int16);
    const float interpolated = rounded((function(lowest + (float)(i + 1) * step) * to_int16 + here) / 2);
    table[i] = table_value(here - rounded((interpolated - middle) / 2));
  }
  table[STEPS] = table_value(rounded(function(highest) * to_int16));
}

uint32_t softmax_keep_bytes_int16(void) { return sizeof(struct tables); }

void softmax_prepare_int16(void *kept) {
  struct tables *tables = kept;
  fill(tables->exponential, 10.0f / 65535, 32767, math_exp);
  fill(tables->reciprocal, 1.0f / 65535, -32768, one_over_one_plus);
}

static int16_t look_up(int32_t value, const int16_t *table) {
  value = clamp(value, INT16_MIN, INT16_MAX);
  const int32_t index = 256 + (value >> 7), offset = value & 0x7f;
  const int16_t slope = (int16_t)(table[index + 1] - table[index]);
  return (int16_t)(table[index] + ((slope * offset + 64) >> 7));
}

static uint32_t leading_zeros(uint32_t value) {
  uint32_t count = 0;
  for (; count < 32 && (value & 0x80000000u) == 0; count++) value <<= 1;
  return count;
}

/* exp of each value less the largest, Q0.15, into output; returns their sum. */
static int32_t exponentials(const struct softmax *softmax, const int16_t *input, int16_t *output) {
  const struct tables *tables = softmax->kept;
  int32_t largest = INT16_MIN, sum = 0;
  for (uint32_t i = 0; i < softmax->depth; i++)
    if (input[i] > largest) largest = input[i];
  for (uint32_t i = 0; i < softmax->depth; i++) {
    output[i] = look_up(add_wrapping(rescale(input[i] - largest, softmax->rescale), 32767), tables->exponential);
    sum = sum > INT32_MAX - output[i] ? INT32_MAX : sum + output[i];   /* not before 65536 values */
  }
  return sum;
}

void softmax_int16(const struct softmax *softmax) {
  const struct tables *tables = softmax->kept;
  const int16_t *input = softmax->input;
  int16_t *output = softmax->output;
  for (uint32_t row = 0; row < softmax->rows; row++, input += softmax->depth, output += softmax->depth) {
    const int32_t sum = exponentials(softmax, input, output);
    const uint32_t headroom = leading_zeros((uint32_t)sum);
    /* The sum as 1 + x, x in [0, 1): Q16.15 shifted to the left until its first bit is bit 30, then to 16 bits after the point. */
    const int32_t shifted = (int32_t)((((int64_t)sum << (headroom - 1)) + (1 << 13)) >> 14);
    const int16_t reciprocal = look_up(shifted - ((1 << 15) + (1 << 16)), tables->reciprocal);
    const uint32_t shift = 31 - headroom;
    for (uint32_t i = 0; i < softmax->depth; i++) {
      const int64_t product = (int64_t)output[i] * reciprocal + ((int64_t)1 << (shift - 1));
      output[i] = (int16_t)clamp((int32_t)(product >> shift), 0, 32767);
    }
  }
}
