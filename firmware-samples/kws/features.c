/*
 * Mel cepstral coefficients in fixed point.
 * FFT: complex radix 2, decimation in time, halved at each stage, and the usual split of a real signal taken as pairs (any textbook on
 * signal processing). Sums of 64 bits cannot overflow: see the bounds at each step.
 */
#include "features.h"

struct complex { int32_t re, im; };
#include "features-tables.h"

enum { PAIRS = 512, STAGES = 9, BANDS = 40 };

/* A band's energy of white noise with a standard deviation of a few steps: what is below is silence. */
static const uint64_t FLOOR = (uint64_t)1 << 25;

/* a b / 2 for b in Q31. */
static inline int32_t half_product(int32_t a, int32_t b) { return (int32_t)((int64_t)a * b >> 32); }

static inline int32_t windowed(int32_t sample, uint32_t n) {
  return sample * (int32_t)window_q15[n <= HOP_SAMPLES ? n : 2 * HOP_SAMPLES - n];
}

/*
 * Samples less their mean, times the window, two to a complex number, in bit-reversed order for the transform. The mean of 640 samples
 * and twice its distance from any of them fit 17 bits; with one less and the window's 15 each part is below 2^30.
 */
static void load(const int16_t *older, const int16_t *newer, struct complex *z) {
  int32_t sum = 0;
  for (int n = 0; n < HOP_SAMPLES; n++) sum += older[n] + newer[n];
  const int32_t mean = sum / (2 * HOP_SAMPLES);
  for (uint32_t i = 0; i < PAIRS; i++) z[i].re = z[i].im = 0;
  uint32_t reversed = 0;
  for (uint32_t i = 0; i < HOP_SAMPLES; i++) {
    const int16_t *pair = i < HOP_SAMPLES / 2 ? &older[2 * i] : &newer[2 * i - HOP_SAMPLES];
    z[reversed].re = windowed((pair[0] - mean) >> 1, 2 * i);
    z[reversed].im = windowed((pair[1] - mean) >> 1, 2 * i + 1);
    uint32_t bit = PAIRS / 2;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;            /* adds one from the other end */
    reversed |= bit;
  }
}

/* The first two stages, whose factors are 1 and -i: a fourth of the four-point transform of each four. */
static void transform_fours(struct complex *z) {
  for (struct complex *p = z; p < z + PAIRS; p += 4) {
    const int32_t sum_re = (p[0].re >> 2) + (p[1].re >> 2), sum_im = (p[0].im >> 2) + (p[1].im >> 2);
    const int32_t difference_re = (p[0].re >> 2) - (p[1].re >> 2), difference_im = (p[0].im >> 2) - (p[1].im >> 2);
    const int32_t other_sum_re = (p[2].re >> 2) + (p[3].re >> 2), other_sum_im = (p[2].im >> 2) + (p[3].im >> 2);
    const int32_t other_re = (p[2].re >> 2) - (p[3].re >> 2), other_im = (p[2].im >> 2) - (p[3].im >> 2);
    p[0].re = sum_re + other_sum_re; p[0].im = sum_im + other_sum_im;
    p[1].re = difference_re + other_im; p[1].im = difference_im - other_re;
    p[2].re = sum_re - other_sum_re; p[2].im = sum_im - other_sum_im;
    p[3].re = difference_re - other_im; p[3].im = difference_im + other_re;
  }
}

/* z becomes its transform divided by PAIRS: no magnitude grows, since each stage takes the mean of two. */
static void transform(struct complex *z) {
  transform_fours(z);
  for (uint32_t half = 4; half < PAIRS; half *= 2) {
    const uint32_t step = PAIRS / half;                           /* through a table of 2 x PAIRS */
    for (uint32_t k = 0; k < half; k++) {
      const struct complex w = twiddles[k * step];
      for (struct complex *a = z + k, *b = a + half; b < z + PAIRS; a += 2 * half, b += 2 * half) {
        const int32_t re = half_product(b->re, w.re) - half_product(b->im, w.im);
        const int32_t im = half_product(b->re, w.im) + half_product(b->im, w.re);
        const int32_t a_re = a->re >> 1, a_im = a->im >> 1;
        a->re = a_re + re; a->im = a_im + im;
        b->re = a_re - re; b->im = a_im - im;
      }
    }
  }
}

/* Of the real signal's bin k: |X|^2 / 2^16. X is at most 2^30 in each part, so the sum is at most 2^61. */
static uint64_t power(const struct complex *z, uint32_t k) {
  const struct complex a = z[k], b = z[PAIRS - k], w = twiddles[k];
  const int32_t even_re = (a.re >> 1) + (b.re >> 1), even_im = (a.im >> 1) - (b.im >> 1);
  const int32_t odd_re = (a.im >> 1) + (b.im >> 1), odd_im = (b.re >> 1) - (a.re >> 1);
  const int32_t re = (even_re >> 1) + half_product(odd_re, w.re) - half_product(odd_im, w.im);
  const int32_t im = (even_im >> 1) + half_product(odd_re, w.im) + half_product(odd_im, w.re);
  return (uint64_t)((int64_t)re * re + (int64_t)im * im) >> 12;
}

/* log2 in Q12: the exponent, and the mantissa from a table with straight lines between. */
static int32_t logarithm(uint64_t value) {
  const int exponent = 63 - __builtin_clzll(value);
  const uint32_t mantissa = (uint32_t)(value << (63 - exponent) >> 32) & 0x7FFFFFFF;   /* Q31 less the leading one */
  const uint32_t index = mantissa >> 24, rest = mantissa >> 12 & 0xFFF;
  const int32_t low = log2_q12[index], high = log2_q12[index + 1];
  return exponent * 4096 + low + (int32_t)((uint32_t)(high - low) * rest >> 12);
}

void features_frame(const int16_t *older, const int16_t *newer, struct features_frame *frame) {
  static struct complex z[PAIRS];
  static uint64_t powers[LAST_BIN + 1];
  int32_t logarithms[BANDS];
  load(older, newer, z);
  transform(z);
  for (uint32_t k = 1; k <= LAST_BIN; k++) powers[k] = power(z, k);
  const uint16_t *weight = band_weights;
  for (int band = 0; band < BANDS; band++) {
    uint64_t sum = FLOOR;                                         /* 2^49 x 2^12 x the bins of a tone's main lobe */
    const uint64_t *bin = &powers[band_first[band]];
    for (int n = band_bins[band]; n > 0; n--) sum += *bin++ * *weight++;
    logarithms[band] = logarithm(sum);
  }
  const int16_t *cosine = cosines_q18;
  for (int c = 0; c < COEFFICIENTS; c++) {
    int64_t sum = 0;
    for (int band = 0; band < BANDS; band++) sum += (int64_t)logarithms[band] * *cosine++;
    frame->coefficient[c] = (int16_t)((sum + (1 << 23)) >> 24);   /* Q30 to Q6 */
  }
}

static int8_t quantised(int32_t coefficient) {
  const int32_t value = ((coefficient + 8) >> 4) + FEATURES_ZERO_POINT;
  return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

void features_input(const struct features_frame ring[FRAMES], uint32_t oldest, int8_t *input) {
  int32_t loudest = ring[0].coefficient[0];
  for (int i = 1; i < FRAMES; i++) if (ring[i].coefficient[0] > loudest) loudest = ring[i].coefficient[0];
  for (uint32_t i = 0, at = oldest; i < FRAMES; i++, at = at + 1 == FRAMES ? 0 : at + 1) {
    *input++ = quantised(ring[at].coefficient[0] - loudest + 64 * FEATURES_LOUDEST);
    for (int c = 1; c < COEFFICIENTS; c++) *input++ = quantised(ring[at].coefficient[c]);
  }
}
