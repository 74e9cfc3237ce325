/* The double-precision part of FPv5-D16 (Cortex-M7); as fpu.c. */
#include "float-operands.h"

#define RANDOM_BITS random_double_bits
#define BITS uint64_t
#define REG "w"
#define REAL double
#define TO_REAL bits_double
#define TO_BITS double_bits
#define SUFFIX ".f64"
#define W "P"
#include "fpu-operations.h"

static void between_precisions(void) {
  for (uint32_t i = 0; i < 1600; i++) {
    double a = bits_double(random_double_bits()), wide;
    float b = bits_float(random_float_bits()), narrow = bits_float(0x33334444);
    set_fpscr((i & 15) << 22);
    __asm volatile("vcvt.f32.f64 %0, %P1" : "=t"(narrow) : "w"(a)); mix(float_bits(narrow));
    __asm volatile("vcvt.f64.f32 %P0, %1" : "=w"(wide) : "t"(b)); mix64(double_bits(wide));
    mix(get_fpscr());
    __asm volatile("vcvtb.f16.f64 %0, %P1\n vcvtt.f16.f64 %0, %P1" : "+t"(narrow) : "w"(a)); mix(float_bits(narrow));
    __asm volatile("vcvtb.f64.f16 %P0, %1" : "=w"(wide) : "t"(b)); mix64(double_bits(wide));
    __asm volatile("vcvtt.f64.f16 %P0, %1" : "=w"(wide) : "t"(b)); mix64(double_bits(wide));
    mix(get_fpscr());
  }
  report("between precisions");
}

int main(void) {
  arithmetic();
  compares();
  integers();
  fixed_point();
  armv8_rounding();
  between_precisions();
  set_fpscr(0);
  return 0;
}
