#include "quantisation.h"

struct rescale quantise_multiplier(double multiplier) {
  uint64_t bits;
  memcpy(&bits, &multiplier, sizeof bits);
  if (!(multiplier > 0)) return (struct rescale){ 0, 0 };
  int32_t shift = (int32_t)(bits >> 52) - 1022;         /* multiplier = fraction * 2^shift, fraction in [0.5, 1) */
  if (shift < -32) return (struct rescale){ 0, 0 };     /* subnormal doubles too */
  if (shift > 31) return (struct rescale){ INT32_MAX, 31 };
  uint64_t mantissa = (bits & 0xfffffffffffffu) | (uint64_t)1 << 52;
  uint64_t fixed = (mantissa + ((uint64_t)1 << 21)) >> 22;   /* fraction * 2^31, ties upward */
  if (fixed == (uint64_t)1 << 31) {
    fixed >>= 1;
    shift++;
  }
  if (shift < -31) return (struct rescale){ 0, 0 };
  if (shift > 31) return (struct rescale){ INT32_MAX, 31 };
  return (struct rescale){ (int32_t)fixed, shift };
}

int32_t input_radius(int32_t integer_bits, int32_t shift) {
  int64_t largest = (((int64_t)1 << integer_bits) - 1) << (31 - integer_bits);
  if (shift < 0) return INT32_MAX;
  largest >>= shift;
  return largest > INT32_MAX ? INT32_MAX : (int32_t)largest;
}
