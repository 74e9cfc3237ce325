/* Radix-2 FFT in place, 256 complex points, single precision, twiddles from a table. */
#include "random.h"

enum { POINTS = 256 };

static float re[POINTS], im[POINTS], cosines[POINTS / 2], sines[POINTS / 2];

/* By recurrence, so that no library's sine plays a part. */
static void make_twiddles(void) {
  const float step_cosine = 0.99969882f, step_sine = -0.024541229f;
  float c = 1, s = 0;
  for (int i = 0; i < POINTS / 2; i++) {
    cosines[i] = c;
    sines[i] = s;
    float next = c * step_cosine - s * step_sine;
    s = c * step_sine + s * step_cosine;
    c = next;
  }
}

static void reorder(void) {
  for (unsigned i = 1, j = 0; i < POINTS; i++) {
    unsigned bit = POINTS >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      float t = re[i]; re[i] = re[j]; re[j] = t;
      t = im[i]; im[i] = im[j]; im[j] = t;
    }
  }
}

static void fft(void) {
  reorder();
  for (int half = 1, stride = POINTS / 2; half < POINTS; half *= 2, stride /= 2)
    for (int start = 0; start < POINTS; start += 2 * half)
      for (int k = 0; k < half; k++) {
        int a = start + k, b = a + half;
        float wr = cosines[k * stride], wi = sines[k * stride];
        float tr = re[b] * wr - im[b] * wi, ti = re[b] * wi + im[b] * wr;
        re[b] = re[a] - tr; im[b] = im[a] - ti;
        re[a] += tr; im[a] += ti;
      }
}

int main(void) {
  make_twiddles();
  for (unsigned n = 0; n < ITERATIONS; n++) {
    for (int i = 0; i < POINTS; i++) { re[i] = (float)(int16_t)random_word(); im[i] = 0; }
    fft();
    mix_bytes(&re[n % POINTS], sizeof *re);
  }
  mix_bytes(re, sizeof re);
  mix_bytes(im, sizeof im);
  report("fft");
  return 0;
}
