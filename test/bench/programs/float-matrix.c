/* Products of 24x24 matrices, single precision, each scaled back into range before it becomes the next factor. */
#include "random.h"

enum { N = 24 };

static float a[N][N], b[N][N], c[N][N];

static void multiply(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      float sum = 0;
      for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
}

static void scale(void) {
  float largest = 1;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      float magnitude = c[i][j] < 0 ? -c[i][j] : c[i][j];
      if (magnitude > largest) largest = magnitude;
    }
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) a[i][j] = c[i][j] / largest;
}

int main(void) {
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) { a[i][j] = (float)(int8_t)random_word(); b[i][j] = (float)(int8_t)random_word(); }
  for (unsigned n = 0; n < ITERATIONS; n++) {
    a[n % N][n / N % N] += (float)(n & 63);
    multiply();
    scale();
    mix_bytes(&c[n % N][n % N], sizeof c[0][0]);
  }
  mix_bytes(a, sizeof a);
  report("matrix");
  return 0;
}
