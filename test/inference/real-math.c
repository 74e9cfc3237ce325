/*
 * real-math STEP: the greatest errors of exp, log and tanh of the inference runtime over every STEP-th float32, in units of the last place,
 * against the double functions of this machine's libm. With STEP 1 it looks at all of them, which takes some minutes.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "real-math.h"

/* The distance of float32 values about `exact`. */
static double last_place(double exact) {
  int exponent;
  frexp(exact, &exponent);
  return ldexp(1.0, exponent - 24 < -149 ? -149 : exponent - 24);
}

static void look(float result, double exact, double *worst) {
  if (fabs(exact) > 3.4028234e38) return;               /* infinity is right there */
  const double error = fabs((double)result - exact) / last_place(exact);
  if (!(error <= *worst)) *worst = error;
}

int main(int count, char **words) {
  const uint64_t step = count > 1 ? strtoull(words[1], NULL, 0) : 1;
  double of_exp = 0, of_log = 0, of_tanh = 0;
  for (uint64_t i = 0; i <= UINT32_MAX; i += step) {
    const uint32_t bits = (uint32_t)i;
    float x;
    memcpy(&x, &bits, sizeof x);
    if (isnan(x)) continue;
    look(math_exp(x), exp((double)x), &of_exp);
    look(math_tanh(x), tanh((double)x), &of_tanh);
    if (x > 0) look(math_log(x), log((double)x), &of_log);
  }
  printf("{\"exp\": %.4f, \"log\": %.4f, \"tanh\": %.4f}\n", of_exp, of_log, of_tanh);
  return 0;
}
