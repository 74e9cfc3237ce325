/*
 * FPv4-SP (Cortex-M4) and the single-precision part of FPv5 (Cortex-M7): every data-processing instruction on
 * random operands, under all rounding modes, flush to zero and default NaN, with the cumulative flags of FPSCR.
 * Source: Armv7-M ARM, A2.5 and A7.7.
 */
#include "float-operands.h"

#define RANDOM_BITS random_float_bits
#define BITS uint32_t
#define REG "t"
#define REAL float
#define TO_REAL bits_float
#define TO_BITS float_bits
#define SUFFIX ".f32"
#define W ""
#include "fpu-operations.h"

/* Half precision, IEEE and alternative format. */
static void half_precision(void) {
  for (uint32_t ahp = 0; ahp < 2; ahp++) {
    for (uint32_t i = 0; i < 2048; i++) {
      float d = 0;
      set_fpscr(ahp << 26 | (i & 3) << 22);
      __asm volatile("vcvtb.f32.f16 %0, %1" : "=t"(d) : "t"(bits_float(i * 0x200021u)));
      mix(float_bits(d));
      __asm volatile("vcvtt.f32.f16 %0, %1" : "=t"(d) : "t"(bits_float(i * 0x200021u)));
      mix(float_bits(d));
      d = bits_float(0x11112222);
      float s = bits_float(i & 1 ? random_float_bits() : (random_word() & 0x80FFFFFF) | (100 + i % 60) << 23);
      __asm volatile("vcvtb.f16.f32 %0, %1" : "+t"(d) : "t"(s));
      __asm volatile("vcvtt.f16.f32 %0, %1" : "+t"(d) : "t"(bits_float(random_float_bits())));
      mix(float_bits(d)); mix(get_fpscr());
    }
    report(ahp ? "half, alternative" : "half, IEEE");
  }
}

/* The .inst words are vmov.32 d1[1], r2 and vmov.32 r3, d0[0], which gas refuses on a single-precision FPU. */
static void moves(void) {
  uint32_t low, high;
  float a = bits_float(0x12345678), b = bits_float(0x9ABCDEF0), d;
  __asm volatile("vmov %0, %2\n vmov %1, %3" : "=r"(low), "=r"(high) : "t"(a), "t"(b));
  mix(low); mix(high);
  __asm volatile("vmov.f32 %0, %1" : "=t"(d) : "t"(a)); mix(float_bits(d));
  __asm volatile("vmov.f32 %0, #1.0" : "=t"(d)); mix(float_bits(d));
  __asm volatile("vmov.f32 %0, #-31.0" : "=t"(d)); mix(float_bits(d));
  __asm volatile("vmov.f32 %0, #0.125" : "=t"(d)); mix(float_bits(d));
  static uint32_t block[32], copy[32];
  for (int i = 0; i < 32; i++) block[i] = random_word();
  __asm volatile(
    "mov r2, %0\n mov r3, %1\n"
    "vldmia r2!, {s0-s15}\n vldmia r2, {s16-s31}\n"
    "vpush {s4-s7}\n vmov s4, r2\n vpop {s4-s7}\n"
    "vstmia r3!, {d0-d7}\n vldr s1, [r2, #4]\n vstmia r3, {d8-d15}\n vstr s1, [r3]\n"
    "vmov r2, r3, d3\n vmov s8, s9, r3, r2\n vmov r2, r3, s30, s31\n vmov d0, r2, r3\n .inst.w 0xEE212B10\n .inst.w 0xEE103B10\n"
    :: "r"(block), "r"(copy) : "r2", "r3", "memory", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12",
       "s13", "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31");
  mix_bytes(copy, sizeof copy);
  report("moves, loads, stores");
}

int main(void) {
  arithmetic();
  compares();
  integers();
  fixed_point();
#if __ARM_FP & 8
  armv8_rounding();
#endif
  half_precision();
  set_fpscr(0);
  moves();
  set_fpscr(0xFFFFFFFF);
  printf("writable FPSCR bits: %08lx\n", (unsigned long)get_fpscr());
  set_fpscr(0);
  return 0;
}
