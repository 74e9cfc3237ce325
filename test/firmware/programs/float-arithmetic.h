/* Floating point as compilers emit it: REAL, BITS, random_bits, to_real and to_bits are set by the includer. */
enum { ROUNDS = 1200 };

static void basic(void) {
  for (int i = 0; i < ROUNDS; i++) {
    volatile REAL a = to_real(random_bits()), b = to_real(random_bits());
    mix64(to_bits(a + b)); mix64(to_bits(a - b)); mix64(to_bits(a * b)); mix64(to_bits(a / b)); mix64(to_bits(-a));
  }
  report("add, sub, mul, div");
}

static void comparisons(void) {
  for (int i = 0; i < ROUNDS; i++) {
    volatile REAL a = to_real(random_bits()), b = i & 3 ? to_real(random_bits()) : a;
    mix((uint32_t)((a < b) | (a <= b) << 1 | (a > b) << 2 | (a >= b) << 3 | (a == b) << 4 | (a != b) << 5 | !!__builtin_isunordered(a, b) << 6));
  }
  report("comparisons");
}

static void conversions(void) {
  for (int i = 0; i < ROUNDS; i++) {
    uint32_t w = random_operand();
    uint64_t x = random_operand64();
    mix64(to_bits((REAL)(int32_t)w)); mix64(to_bits((REAL)w)); mix64(to_bits((REAL)(int64_t)x)); mix64(to_bits((REAL)x));
    /* only values that fit: the others are undefined in C */
    volatile REAL r = (REAL)(int32_t)w / (REAL)(1 << (w & 15));
    mix((uint32_t)(int32_t)(r / 2)); mix64((uint64_t)(int64_t)r); mix((uint32_t)(r < 0 ? -r : r));
    volatile double d = to_real(random_bits());
    volatile float f = (float)d;
    mix(float_bits(f)); mix64(double_bits((double)f));
  }
  report("conversions");
}

static REAL polynomial(REAL x) {
  REAL sum = 0;
  for (int i = 0; i < 12; i++) sum = sum * x + (REAL)(i - 5) / 3;
  return sum;
}

static void kernels(void) {
  static REAL matrix[12][12];
  for (int i = 0; i < 12; i++) for (int j = 0; j < 12; j++) matrix[i][j] = (REAL)(int32_t)random_word() / 65536 / 65536 + (i == j ? 4 : 0);
  for (int k = 0; k < 12; k++) /* LU decomposition in place */
    for (int i = k + 1; i < 12; i++) {
      matrix[i][k] /= matrix[k][k];
      for (int j = k + 1; j < 12; j++) matrix[i][j] -= matrix[i][k] * matrix[k][j];
    }
  for (int i = 0; i < 12; i++) for (int j = 0; j < 12; j++) mix64(to_bits(matrix[i][j]));
  report("LU decomposition");
  for (int i = -200; i < 200; i++) mix64(to_bits(polynomial((REAL)i / 64)));
  report("polynomial");
}

int main(void) {
  basic();
  comparisons();
  conversions();
  kernels();
  volatile REAL third = (REAL)1 / 3, sum = 0;
  for (int i = 0; i < 1000; i++) sum += third * (REAL)i;
  printf("%.17g %a\n", (double)sum, (double)third);
  return 0;
}
