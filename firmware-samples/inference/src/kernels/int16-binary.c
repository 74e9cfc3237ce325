/* Rows of ADD, SUB and MUL of int16 (zero points 0 as TensorFlow Lite makes them, but taken as they are). */
#include "../quantisation.h"
#include "kernels.h"

/* An input on the scale that both share, shifted left for accuracy. */
static inline int32_t on_common_scale(const struct binary *binary, int32_t value, struct rescale by) {
  return rescale(shift_left_wrapping(value, binary->left_shift), by);
}

static inline int16_t finished(const struct binary *binary, int32_t value) {
  return (int16_t)clamp(rescale(value, binary->rescale_output) + binary->output_offset, binary->minimum, binary->maximum);
}

void add_row_int16(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                   uint32_t count) {
  const int16_t *left = a, *right = b;
  int16_t *out = output;
  for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b) {
    const int32_t x = on_common_scale(binary, *left + binary->offset_a, binary->rescale_a);
    const int32_t y = on_common_scale(binary, *right + binary->offset_b, binary->rescale_b);
    out[i] = finished(binary, add_wrapping(x, y));
  }
}

void sub_row_int16(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                   uint32_t count) {
  const int16_t *left = a, *right = b;
  int16_t *out = output;
  for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b) {
    const int32_t x = on_common_scale(binary, *left + binary->offset_a, binary->rescale_a);
    const int32_t y = on_common_scale(binary, *right + binary->offset_b, binary->rescale_b);
    out[i] = finished(binary, add_wrapping(x, (int32_t)(0u - (uint32_t)y)));
  }
}

void mul_row_int16(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                   uint32_t count) {
  const int16_t *left = a, *right = b;
  int16_t *out = output;
  for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b)
    out[i] = finished(binary, (int32_t)((uint32_t)(*left + binary->offset_a) * (uint32_t)(*right + binary->offset_b)));
}
