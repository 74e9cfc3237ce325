/* Rows of ADD, SUB and MUL of int32, which are not quantised. Results wrap. */
#include "../quantisation.h"
#include "kernels.h"

void add_row_int32(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                   uint32_t count) {
  const uint32_t *left = a, *right = b;
  int32_t *out = output;
  for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b)
    out[i] = clamp((int32_t)(*left + *right), binary->minimum, binary->maximum);
}

void sub_row_int32(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                   uint32_t count) {
  const uint32_t *left = a, *right = b;
  int32_t *out = output;
  for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b)
    out[i] = clamp((int32_t)(*left - *right), binary->minimum, binary->maximum);
}

void mul_row_int32(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                   uint32_t count) {
  const uint32_t *left = a, *right = b;
  int32_t *out = output;
  for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b)
    out[i] = clamp((int32_t)(*left * *right), binary->minimum, binary->maximum);
}
