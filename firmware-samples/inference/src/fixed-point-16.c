/*
 * Everything is built on exp(x) of negative x: a Taylor polynomial about -1/8 for the last quarter, and a multiplication by exp(-2^k)
 * for each bit of the rest; then Newton's division by 1 + exp(x).
 * Source: gemmlowp, fixedpoint/fixedpoint.h, whose 32-bit constants are rounded to 16 bits here.
 */
#include "fixed-point-16.h"

#include "quantisation.h"

static int16_t saturated(int32_t value) { return (int16_t)clamp(value, INT16_MIN, INT16_MAX); }

/* a * b * 2 >> 16, ties upward (see multiply_high() for 32 bits). */
static int16_t multiply(int16_t a, int16_t b) {
  if (a == INT16_MIN && b == INT16_MIN) return INT16_MAX;
  return (int16_t)((a * b + (1 << 14)) >> 15);
}

static int16_t shifted_left(int16_t value, int32_t bits) { return saturated(value * (1 << bits)); }

static int16_t shifted_right(int16_t value, int32_t bits) { return (int16_t)divide_by_power_of_two(value, bits); }

/* exp(x) for -1/4 <= x < 0, Q0.15. */
static int16_t exp_of_last_quarter(int16_t x) {
  enum { EXP_OF_MINUS_EIGHTH = 28918, THIRD = 10923, EIGHTH = 1 << 12 };
  const int16_t t = (int16_t)(x + EIGHTH), t2 = multiply(t, t), t3 = multiply(t2, t), t4 = multiply(t2, t2);
  const int16_t thirds = multiply((int16_t)(shifted_right(t4, 2) + t3), THIRD);
  const int16_t terms = (int16_t)(t + shifted_right((int16_t)(thirds + t2), 1));
  return saturated(EXP_OF_MINUS_EIGHTH + multiply(EXP_OF_MINUS_EIGHTH, terms));
}

/* exp(x) for x <= 0. */
static int16_t exp_of_negative(int16_t x, int32_t integer_bits) {
  /* exp(-1/4), exp(-1/2), exp(-1), exp(-2), exp(-4), exp(-8), exp(-16). */
  static const int16_t FACTORS[] = { 25520, 19875, 12055, 4435, 600, 11, 0 };
  const int32_t fraction_bits = 15 - integer_bits;
  if (x == 0) return INT16_MAX;
  if (integer_bits > 5 && x < -(1 << (20 - integer_bits))) return 0;   /* below -32 */
  const int32_t quarter = 1 << (fraction_bits - 2);
  const int16_t last = (int16_t)((x & (quarter - 1)) - quarter);
  const int32_t rest = last - x;
  int16_t result = exp_of_last_quarter(shifted_left(last, integer_bits));
  for (int32_t i = 0; i < 7 && i - 2 < integer_bits; i++)
    if ((rest >> (fraction_bits + i - 2) & 1) != 0) result = multiply(result, FACTORS[i]);
  return result;
}

/* 2 / (1 + x) for x in [0, 1], Q2.13. */
static int16_t twice_reciprocal(int16_t x) {
  enum { ONE = 1 << 13, FORTY_EIGHT_SEVENTEENTHS = 23130, MINUS_THIRTY_TWO_SEVENTEENTHS = -15420 };
  const int32_t sum = x + INT16_MAX;
  const int16_t half_denominator = (int16_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
  int16_t y = (int16_t)(FORTY_EIGHT_SEVENTEENTHS + multiply(half_denominator, MINUS_THIRTY_TWO_SEVENTEENTHS));
  for (int32_t i = 0; i < 3; i++) {
    const int16_t error = (int16_t)(ONE - multiply(half_denominator, y));
    y = (int16_t)(y + shifted_left(multiply(y, error), 2));
  }
  return y;
}

static int16_t negated_magnitude(int16_t x) { return x > 0 ? (int16_t)-x : x; }

int16_t fixed16_logistic(int16_t x, int32_t integer_bits) {
  if (x == 0) return 1 << 14;
  const int16_t of_positive = shifted_left(twice_reciprocal(exp_of_negative(negated_magnitude(x), integer_bits)), 1);
  return x > 0 ? of_positive : (int16_t)(INT16_MAX - of_positive);
}

int16_t fixed16_tanh(int16_t x, int32_t integer_bits) {
  if (x == 0) return 0;
  const int16_t of_positive = shifted_left((int16_t)(twice_reciprocal(exp_of_negative(negated_magnitude(x), integer_bits + 1)) - (1 << 13)), 2);
  return x > 0 ? of_positive : (int16_t)-of_positive;
}
