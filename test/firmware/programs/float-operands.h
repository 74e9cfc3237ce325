/* Bit patterns of floating-point numbers: half of them where rounding, underflow and NaNs live. */
#pragma once
#include <string.h>
#include "random.h"

static inline uint32_t float_bits(float f) { uint32_t b; memcpy(&b, &f, 4); return b; }
static inline float bits_float(uint32_t b) { float f; memcpy(&f, &b, 4); return f; }
static inline uint64_t double_bits(double d) { uint64_t b; memcpy(&b, &d, 8); return b; }
static inline double bits_double(uint64_t b) { double d; memcpy(&d, &b, 8); return d; }

static inline uint32_t random_float_bits(void) {
  static const uint32_t edges[16] = {
    0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001,
    0x00000001, 0x807FFFFF, 0x00800000, 0x7F7FFFFF, 0x4EFFFFFF, 0x4F000000, 0xCF000000, 0xFFC12345,
  };
  uint32_t choice = random_word(), bits = random_word();
  switch (choice >> 4 & 3) {
    case 0: return edges[choice & 15];
    case 1: return (bits & 0x80FFFFFF) | (120 + (choice >> 8 & 15)) << 23; /* near 1: sums cancel */
    default: return bits;
  }
}
static inline uint64_t random_double_bits(void) {
  static const uint64_t edges[16] = {
    0, 1ull << 63, 0x3FF0000000000000, 0xBFF0000000000000, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 0x7FF0000000000001,
    1, 0x800FFFFFFFFFFFFF, 0x0010000000000000, 0x7FEFFFFFFFFFFFFF, 0x41DFFFFFFFC00000, 0x41EFFFFFFFE00000, 0xC1E0000000000000, 0xFFF8123456789ABC,
  };
  uint32_t choice = random_word();
  uint64_t bits = (uint64_t)random_word() << 32 | random_word();
  switch (choice >> 4 & 3) {
    case 0: return edges[choice & 15];
    case 1: return (bits & 0x800FFFFFFFFFFFFF) | (uint64_t)(1016 + (choice >> 8 & 15)) << 52;
    case 2: return (bits & 0x800FFFFFE0000000) | (uint64_t)(890 + (choice >> 8 & 255)) << 52; /* exact or tiny as a float */
    default: return bits;
  }
}
