/*
 * Exponential, logarithm and hyperbolic tangent by range reduction and polynomials. The coefficients were fitted by iterated
 * weighted least squares to the smallest greatest error, then rounded to float32. Compiled without fused multiply-add
 * (-std=c11 leaves -ffp-contract off), so that every machine gives the same bits.
 */
#include "real-math.h"

#include "quantisation.h"

#include <string.h>

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* 2^exponent, -126 <= exponent <= 127. */
static float power_of_two(int32_t exponent) {
  return float_of((uint32_t)(exponent + 127) << 23);
}

/* ln 2 as a sum: the first part has 9 significant bits, so that its product with a whole number up to 150 is exact. */
static const float LN2_HIGH = 0.693359375f;
static const float LN2_LOW = -2.12194440e-4f;

float math_exp(float x) {
  if (x != x) return x;
  if (x > 88.7228394f) return float_of(0x7f800000u);
  if (x < -103.972084f) return 0.0f;
  /* x = n ln 2 + r, |r| <= ln 2 / 2; exp(x) = 2^n exp(r). */
  const int32_t n = round_to_int32(x * 1.44269504f);
  const float high = x - (float)n * LN2_HIGH;
  const float low = (float)n * LN2_LOW;
  const float r = high - low;
  const float q = 0.5f + r * (0.166665167f + r * (0.0416662022f + r * (8.36907327e-3f + r * 1.39508094e-3f)));
  const float result = 1.0f + (r + (((high - r) - low) + r * r * q));
  /* Two steps at the ends, where 2^n is no normal number. */
  if (n > 127) return result * 2.0f * power_of_two(127);
  if (n < -126) return result * power_of_two(n + 64) * power_of_two(-64);
  return result * power_of_two(n);
}

float math_log(float x) {
  uint32_t bits = bits_of(x);
  if (x != x || bits == 0x7f800000u) return x;
  if (x == 0.0f) return float_of(0xff800000u);
  if (x < 0.0f) return float_of(0x7fc00000u);
  int32_t n = 0;
  if (bits < 0x00800000u) {          /* a denormal */
    bits = bits_of(x * 33554432.0f);
    n = -25;
  }
  /* x = 2^n (1 + f), 1 + f between sqrt(1/2) and sqrt(2). */
  bits += 0x3f800000u - 0x3f3504f3u;
  n += (int32_t)(bits >> 23) - 127;
  const float f = float_of((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  /* log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f). */
  const float s = f / (2.0f + f);
  const float z = s * s;
  const float remainder = z * (0.666666627f + z * (0.400003374f + z * (0.285372376f + z * 0.235835686f)));
  const float half_square = 0.5f * f * f;
  const float exponent = (float)n;
  return exponent * LN2_HIGH - ((half_square - (s * (half_square + remainder) + exponent * LN2_LOW)) - f);
}

float math_tanh(float x) {
  const float magnitude = x < 0.0f ? -x : x;
  float result;
  if (x != x) return x;
  if (magnitude < 0.9f) {
    const float z = x * x;
    const float p = -0.333333224f + z * (0.133329988f + z * (-0.0539309457f + z * (0.0216695536f + z * (-8.27567745e-3f
                    + z * (2.59281625e-3f - z * 4.59078263e-4f)))));
    return (float)(x + (double)x * (double)(z * p));   /* in float32 the last bit would be lost now and then */
  }
  result = magnitude < 9.02f ? 1.0f - 2.0f / (math_exp(2.0f * magnitude) + 1.0f) : 1.0f;
  return x < 0.0f ? -result : result;
}

float math_logistic(float x) {
  if (x > 16.619047164916992188f) return 1.0f;
  if (x < -9.0f) return math_exp(x);
  return 1.0f / (1.0f + math_exp(-x));
}
