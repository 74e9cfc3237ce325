/* Rows of ADD, SUB and MUL of float32. */
#include "kernels.h"

static inline float clamped(const struct binary *binary, float value) {
  return value < binary->float_minimum ? binary->float_minimum : value > binary->float_maximum ? binary->float_maximum : value;
}

void add_row_float(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                   uint32_t count) {
  const float *left = a, *right = b;
  float *out = output;
  for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b) out[i] = clamped(binary, *left + *right);
}

void sub_row_float(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                   uint32_t count) {
  const float *left = a, *right = b;
  float *out = output;
  for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b) out[i] = clamped(binary, *left - *right);
}

void mul_row_float(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                   uint32_t count) {
  const float *left = a, *right = b;
  float *out = output;
  for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b) out[i] = clamped(binary, *left * *right);
}
