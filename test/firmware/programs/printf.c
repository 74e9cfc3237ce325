/* newlib's printf family, bit for bit: every conversion, flag, width and precision. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

static void integers(void) {
  static const int values[] = { 0, 1, -1, 42, -12345, INT_MAX, INT_MIN };
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    int v = values[i];
    printf("%d|%5d|%-12d|%012d|%+d|% d|%.4d|%u|%x|%#X|%o|%#o|%c\n", v, v, v, v, v, v, v, v, v, v, v, v, 'a' + (v & 7));
    printf("%hd|%hhd|%hu|%hhu|%ld|%lx\n", (short)v, (signed char)v, (unsigned short)v, (unsigned char)v, (long)v, (long)v);
  }
  static const long long wide[] = { 0, -1, 1234567890123456789LL, LLONG_MIN, LLONG_MAX };
  for (unsigned i = 0; i < sizeof wide / sizeof *wide; i++)
    printf("%lld|%llu|%llx|%25lld|%-25lld|%025lld|%llo\n", wide[i], wide[i], wide[i], wide[i], wide[i], wide[i], wide[i]);
}

static void floats(void) {
  static const double values[] = {
    0.0, -0.0, 1.0, -1.5, 0.1, 1.0 / 3, 3.141592653589793, 1e10, 1e-10, 123456789.125, 9.9999999e22, 1e100, 2.5, 3.5,
    5e-324, 1.7976931348623157e308, INFINITY, -INFINITY, 0.5, 1e21, 999999.5, 0.0001, 0.00001234,
  };
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    double v = values[i];
    printf("%f|%.0f|%.3f|%e|%.10e|%g|%.15g|%.17g|%a\n", v > 1e30 ? -1.0 : v, v > 1e30 ? 1.0 : v, v > 1e30 ? 1.0 : v, v, v, v, v, v, v);
    printf("%12.4g|%-12.4g|%+g|%#g|%012.3e|%G\n", v, v, v, v, v, v);
  }
  printf("%f\n", 1e30);
  printf("%s\n", isnan(NAN) ? "nan is not a number" : "nan is a number");
}

static void strings(void) {
  printf("%s|%10s|%-10s|%.3s|%10.2s|%c%c%%|%*d|%-*d|%.*f\n", "text", "right", "left", "truncated", "both", 'o', 'k', 6, 7, 6, 8, 2, 2.0 / 3);
  char buffer[16];
  int needed = snprintf(buffer, sizeof buffer, "%s", "longer than the buffer");
  int written = 0;
  printf("%d|%s|12345%n", needed, buffer, &written);
  printf("|%d\n", written);
  printf("%zu %td %jd %p\n", (size_t)77, (ptrdiff_t)-77, (intmax_t)-5, (void *)0x1234);
}

int main(void) {
  integers();
  floats();
  strings();
  return 0;
}
