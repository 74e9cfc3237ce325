/* See spectrum.h. The transform is Cooley and Tukey's: radix 2, decimation in time, in place. */
#include "spectrum.h"
#include "sine-table.h"

enum { BITS = 8, HALF = SPECTRUM_POINTS / 2, QUARTER = SPECTRUM_POINTS / 4, ONE = 1 << 15, UPSCALE = 16, BINS_PER_BAND = HALF / SPECTRUM_BANDS };

struct point { int32_t re, im; };

/* Of 2 pi n / 256, times 2^15. */
static int32_t sine(uint32_t n) {
  n %= SPECTRUM_POINTS;
  const int32_t sign = n < HALF ? 1 : -1;
  n %= HALF;
  return sign * sine_quarter[n <= QUARTER ? n : HALF - n];
}

static int32_t cosine(uint32_t n) { return sine(n + QUARTER); }

static int32_t scaled(int64_t product) { return (int32_t)((product + ONE / 2) >> 15); }

static uint32_t reversed(uint32_t n) {
  uint32_t result = 0;
  for (uint32_t bit = 0; bit < BITS; bit++) result |= (n >> bit & 1) << (BITS - 1 - bit);
  return result;
}

static void transform(struct point points[SPECTRUM_POINTS]) {
  for (uint32_t half = 1; half < SPECTRUM_POINTS; half *= 2) {
    const uint32_t step = HALF / half;
    for (uint32_t n = 0; n < half; n++) {
      const int32_t c = cosine(n * step), s = -sine(n * step);
      for (uint32_t at = n; at < SPECTRUM_POINTS; at += 2 * half) {
        struct point *a = &points[at], *b = &points[at + half];
        const int32_t re = scaled((int64_t)b->re * c - (int64_t)b->im * s), im = scaled((int64_t)b->re * s + (int64_t)b->im * c);
        b->re = a->re - re;
        b->im = a->im - im;
        a->re += re;
        a->im += im;
      }
    }
  }
}

/* One axis' power goes to the bands: without its mean (gravity), through a Hann window. */
static void add_axis(struct spectrum *spectrum, const int16_t samples[SPECTRUM_POINTS]) {
  static struct point points[SPECTRUM_POINTS];
  int32_t sum = 0;
  for (uint32_t i = 0; i < SPECTRUM_POINTS; i++) sum += samples[i];
  for (uint32_t i = 0; i < SPECTRUM_POINTS; i++) {
    const int32_t centred = samples[i] * UPSCALE - sum / (SPECTRUM_POINTS / UPSCALE);
    points[reversed(i)] = (struct point){ scaled((int64_t)centred * ((ONE - cosine(i)) / 2)), 0 };
  }
  transform(points);
  for (uint32_t bin = 0; bin < HALF; bin++) {
    const int64_t re = points[bin].re, im = points[bin].im;
    spectrum->power[bin / BINS_PER_BAND] += (uint64_t)(re * re + im * im);
  }
}

/* Four times the binary logarithm, its fraction linear between powers of two. */
static int32_t logarithm(uint64_t power) {
  if (power < 4) return 0;
  int32_t exponent = 63;
  while (!(power >> exponent)) exponent--;
  return 4 * exponent + (int32_t)(power >> (exponent - 2) & 3);
}

void spectrum_start(struct spectrum *spectrum) {
  spectrum->count = spectrum->frames = 0;
  for (uint32_t band = 0; band < SPECTRUM_BANDS; band++) spectrum->power[band] = 0;
}

bool spectrum_add(struct spectrum *spectrum, const int16_t mg[SPECTRUM_AXES], int8_t features[SPECTRUM_BANDS]) {
  for (int axis = 0; axis < SPECTRUM_AXES; axis++) spectrum->samples[axis][spectrum->count] = mg[axis];
  if (++spectrum->count < SPECTRUM_POINTS) return false;
  spectrum->count = 0;
  for (int axis = 0; axis < SPECTRUM_AXES; axis++) add_axis(spectrum, spectrum->samples[axis]);
  if (++spectrum->frames < SPECTRUM_FRAMES) return false;
  for (uint32_t band = 0; band < SPECTRUM_BANDS; band++) {
    const int32_t feature = logarithm(spectrum->power[band]) - SPECTRUM_OFFSET;
    features[band] = (int8_t)(feature > 127 ? 127 : feature < -128 ? -128 : feature);
  }
  spectrum_start(spectrum);
  return true;
}
