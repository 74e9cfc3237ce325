/* newlib's libm in both precisions: checksums over sweeps and a few bit patterns. */
#include <math.h>
#include "float-operands.h"

#if __ARM_ARCH >= 7
enum { STEPS = 160 };
#else
enum { STEPS = 40 };
#endif

#define SWEEP(name) \
  for (int i = -STEPS; i <= STEPS; i++) { \
    double x = (double)i * 0.173 + (double)(i & 7) * 1e-5; \
    mix64(double_bits(name(x))); mix(float_bits(name##f((float)x))); \
  } report(#name);
#define SWEEP2(name) \
  for (int i = -STEPS; i <= STEPS; i++) { \
    double x = (double)i * 0.37, y = (double)((i * 7) % 23) / 4; \
    mix64(double_bits(name(x, y))); mix(float_bits(name##f((float)x, (float)y))); \
  } report(#name);

int main(void) {
  SWEEP(sin) SWEEP(cos) SWEEP(tan) SWEEP(asin) SWEEP(acos) SWEEP(atan) SWEEP(sinh) SWEEP(cosh) SWEEP(tanh)
  SWEEP(exp) SWEEP(exp2) SWEEP(expm1) SWEEP(log) SWEEP(log2) SWEEP(log10) SWEEP(log1p)
  SWEEP(sqrt) SWEEP(cbrt) SWEEP(floor) SWEEP(ceil) SWEEP(trunc) SWEEP(round) SWEEP(rint) SWEEP(nearbyint) SWEEP(fabs)
  SWEEP(erf) SWEEP(tgamma) SWEEP(lgamma) SWEEP(logb)
  SWEEP2(pow) SWEEP2(fmod) SWEEP2(atan2) SWEEP2(hypot) SWEEP2(fmin) SWEEP2(fmax) SWEEP2(copysign) SWEEP2(remainder) SWEEP2(nextafter) SWEEP2(fdim)
  for (int i = 0; i < STEPS; i++) {
    double a = bits_double(random_double_bits()), b = bits_double(random_double_bits()), c = bits_double(random_double_bits());
    mix64(double_bits(fma(a, b, c)));
    float x = bits_float(random_float_bits()), y = bits_float(random_float_bits()), z = bits_float(random_float_bits());
    mix(float_bits(fmaf(x, y, z)));
    int exponent;
    mix64(double_bits(frexp(a, &exponent))); mix(isfinite(a) ? (uint32_t)exponent : 0);
    mix64(double_bits(ldexp(b, i - 50))); mix64(double_bits(modf(c, &a))); mix64(double_bits(a)); mix64(double_bits(scalbn(b, -i)));
    mix((uint32_t)fpclassify(x)); mix(!!signbit(y));
  }
  report("fma and parts");
  printf("sin(1) %016llx, exp(1) %016llx, sqrtf(2) %08lx, powf(2, 0.5) %08lx\n", (unsigned long long)double_bits(sin(1)),
         (unsigned long long)double_bits(exp(1)), (unsigned long)float_bits(sqrtf(2)), (unsigned long)float_bits(powf(2, 0.5f)));
  return 0;
}
