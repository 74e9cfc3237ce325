/*
 * Arithmetic of quantised networks: a real multiplier as integers, and its rounding, as the TensorFlow Lite reference kernels do it.
 * Sources: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018,
 * section 2.2 and appendix B; the names in brackets are those of TensorFlow Lite and gemmlowp.
 *
 * Right shifts of negative numbers are arithmetic (all compilers of Arm and x86 do so). Sums and left shifts that leave 32 bits wrap.
 */
#ifndef QUANTISATION_H
#define QUANTISATION_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernels.h"

static inline int32_t add_wrapping(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

static inline int32_t shift_left_wrapping(int32_t value, int32_t shift) { return (int32_t)((uint32_t)value << shift); }

static inline int32_t clamp(int32_t value, int32_t minimum, int32_t maximum) {
  return value < minimum ? minimum : value > maximum ? maximum : value;
}

/*
 * a * b * 2 >> 32, ties upward; the one product that does not fit saturates [SaturatingRoundingDoublingHighMul]. The original adds
 * 2^30, or 1 - 2^30 to a negative product, and divides by 2^31 towards zero: that is the floor of (product + 2^30) / 2^31 both times.
 */
static inline int32_t multiply_high(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
  return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* value / 2^exponent, ties away from zero; exponent 0 to 31 [RoundingDivideByPOT]. */
static inline int32_t divide_by_power_of_two(int32_t value, int32_t exponent) {
  int32_t mask = (int32_t)((1u << exponent) - 1);
  int32_t remainder = value & mask;
  return (value >> exponent) + (remainder > (mask >> 1) + (value < 0));
}

/* value * the real multiplier, rounded twice, as TensorFlow Lite does unless built otherwise [MultiplyByQuantizedMultiplier]. */
static inline int32_t rescale(int32_t value, struct rescale by) {
  int32_t left = by.shift > 0 ? by.shift : 0, right = by.shift > 0 ? 0 : -by.shift;
  return divide_by_power_of_two(multiply_high(shift_left_wrapping(value, left), by.multiplier), right);
}

/* The same rounded once, ties upward [with TFLITE_SINGLE_ROUNDING]. shift -31 to 30. */
static inline int32_t rescale_single_rounding(int32_t value, struct rescale by) {
  int32_t shift = 31 - by.shift;
  return (int32_t)(((int64_t)value * by.multiplier + ((int64_t)1 << (shift - 1))) >> shift);
}

/* For sums of int16 networks, |value| < 2^47: the multiplier is rounded to 16 bits first. shift -31 to 14, more counts as 14. */
static inline int32_t rescale_int64(int64_t value, struct rescale by) {
  int32_t reduced = by.multiplier < 0x7fff0000 ? (by.multiplier + (1 << 15)) >> 16 : 0x7fff;
  int32_t shift = 15 - (by.shift > 14 ? 14 : by.shift);
  uint64_t product = (uint64_t)value * (uint64_t)reduced + ((uint64_t)1 << (shift - 1));
  return (int32_t)((int64_t)product >> shift);
}

/* To the nearest, ties away from zero, saturating; NaN gives 0. */
static inline int32_t round_to_int32(float value) {
  if (value != value) return 0;
  if (value >= 2147483648.0f) return INT32_MAX;
  if (value <= -2147483648.0f) return INT32_MIN;
  int32_t whole = (int32_t)value;
  float rest = value - (float)whole;                    /* exact */
  return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
}

/*
 * A real multiplier as struct rescale [QuantizeMultiplier]: frexp by the bits of the double. Negative ones, NaN and those below 2^-32 give
 * 0. At 2^31 and above, where the original's shifts are undefined, the largest is given.
 */
struct rescale quantise_multiplier(double multiplier);

/* floor((2^integer_bits - 1) * 2^(31 - integer_bits) / 2^shift): beyond it an input's result is the extreme [CalculateInputRadius]. */
int32_t input_radius(int32_t integer_bits, int32_t shift);

#endif
