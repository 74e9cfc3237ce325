/*
 * exp, 1/(1+x), logistic and tanh in 32-bit fixed point, as gemmlowp's fixedpoint.h defines them: the reference kernels' results depend
 * on its every rounding. Q(n) has n integer bits, a sign and 31-n fractional bits. The constants are exp(-2^k) and others as Q0, rounded
 * (computed by us, and equal to those in use there).
 */
#ifndef FIXED_POINT_H
#define FIXED_POINT_H

#include "quantisation.h"

enum { Q0_ONE = INT32_MAX, Q2_ONE = 1 << 29 };

/* value * 2^exponent, exponent > 0, saturating [SaturatingRoundingMultiplyByPOT]. */
static inline int32_t multiply_by_power_of_two(int32_t value, int32_t exponent) {
  int32_t limit = INT32_MAX >> exponent;
  if (value > limit) return INT32_MAX;
  if (value < -limit - 1) return INT32_MIN;
  return shift_left_wrapping(value, exponent);
}

/* exp(a) for a in [-1/4, 0), Q0 to Q0: Taylor's series around -1/8. */
static inline int32_t exp_between_minus_quarter_and_0(int32_t a) {
  static const int32_t exp_minus_eighth = 1895147668, third = 715827883;
  int32_t x = a + (1 << 28);
  int32_t x2 = multiply_high(x, x), x3 = multiply_high(x2, x), x4 = multiply_high(x2, x2);
  int32_t x4_by_4 = divide_by_power_of_two(x4, 2);
  int32_t higher = divide_by_power_of_two(multiply_high(x4_by_4 + x3, third) + x2, 1);   /* x^2/2 + x^3/6 + x^4/24 */
  return exp_minus_eighth + multiply_high(exp_minus_eighth, x + higher);
}

/* exp(a) for a <= 0 in Q(integer_bits), 1 to 5, to Q0: the last quarter by the series, the rest bit by bit. */
static inline int32_t exp_of_negative(int32_t a, int32_t integer_bits) {
  static const int32_t factors[] = { 1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242 };   /* exp(-2^(k - 2)) */
  if (a == 0) return Q0_ONE;
  int32_t fraction_bits = 31 - integer_bits, quarter = 1 << (fraction_bits - 2);
  int32_t in_quarter = (a & (quarter - 1)) - quarter;
  int32_t result = exp_between_minus_quarter_and_0(multiply_by_power_of_two(in_quarter, integer_bits));
  int32_t remainder = (int32_t)((uint32_t)in_quarter - (uint32_t)a);
  for (int32_t k = 0; k < 7 && k - 2 < integer_bits; k++)
    if ((remainder & (int32_t)(1u << (fraction_bits + k - 2))) != 0) result = multiply_high(result, factors[k]);
  return result;
}

/* 2/(1+a) for a in [0, 1], Q0 to Q2: three steps of Newton's. */
static inline int32_t twice_reciprocal(int32_t a) {
  static const int32_t q2_48_by_17 = 1515870810, q2_minus_32_by_17 = -1010580540;
  int32_t half_denominator = (int32_t)(((int64_t)a + Q0_ONE + 1) / 2);   /* the sum is not negative */
  int32_t x = q2_48_by_17 + multiply_high(half_denominator, q2_minus_32_by_17);
  for (int32_t i = 0; i < 3; i++) {
    int32_t rest = Q2_ONE - multiply_high(half_denominator, x);
    x += multiply_by_power_of_two(multiply_high(x, rest), 2);
  }
  return x;
}

/* 1/(1+a) for a in [0, 1], Q0 to Q0. */
static inline int32_t one_over_one_plus(int32_t a) { return multiply_by_power_of_two(twice_reciprocal(a), 1); }

/* 1/(1+exp(-a)), Q(integer_bits) to Q0. */
static inline int32_t fixed_logistic(int32_t a, int32_t integer_bits) {
  if (a == 0) return 1 << 30;
  int32_t of_positive = one_over_one_plus(exp_of_negative(a > 0 ? -a : a, integer_bits));
  return a > 0 ? of_positive : Q0_ONE - of_positive;
}

/* tanh(a), Q(integer_bits), at most 4, to Q0: (1-exp(-2a))/(1+exp(-2a)). */
static inline int32_t fixed_tanh(int32_t a, int32_t integer_bits) {
  if (a == 0) return 0;
  int32_t of_positive = multiply_by_power_of_two(twice_reciprocal(exp_of_negative(a > 0 ? -a : a, integer_bits + 1)) - Q2_ONE, 2);
  return a > 0 ? of_positive : -of_positive;
}

#endif
