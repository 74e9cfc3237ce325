#include "hearing.h"

#include <string.h>

#ifdef __AVR__
#include <avr/pgmspace.h>
#else
#define PROGMEM
#define pgm_read_word(at) (*(at))
#define pgm_read_byte(at) (*(at))
#endif

enum {
  HALF = FRAME / 2,
  BEFORE = 4,            /* frames kept from before a word was noticed */
  RISE = 14,             /* of mean loudness above the background by which a word begins; 4 is a factor of 2 in power: 10 dB */
  QUIET = 8,             /* loudness below which nothing is a word */
};

/* round(32767 (1 - cos(2 pi (i + 1/2) / 128)) / 2), the window's first half. */
static const int16_t window[HALF] PROGMEM = {
  5, 44, 123, 241, 398, 593, 827, 1098, 1406, 1749, 2128, 2542,
  2989, 3468, 3978, 4518, 5086, 5682, 6304, 6950, 7618, 8308, 9017, 9744,
  10487, 11244, 12014, 12794, 13583, 14378, 15178, 15981, 16786, 17589, 18389, 19184,
  19973, 20753, 21523, 22280, 23023, 23750, 24459, 25149, 25817, 26463, 27085, 27681,
  28249, 28789, 29299, 29778, 30225, 30639, 31018, 31361, 31669, 31940, 32174, 32369,
  32526, 32644, 32723, 32762
};
/* round(32767 sin(2 pi i / 128)), a quarter of a turn. */
static const int16_t quarter[HALF / 2 + 1] PROGMEM = {
  0, 1608, 3212, 4808, 6393, 7962, 9512, 11039, 12539, 14010, 15446, 16846,
  18204, 19519, 20787, 22005, 23170, 24279, 25329, 26319, 27245, 28105, 28898, 29621,
  30273, 30852, 31356, 31785, 32137, 32412, 32609, 32728, 32767
};
/* round(4 log2(1 + (i + 1/2) / 16)). */
static const uint8_t log_of[16] PROGMEM = { 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4 };
/* First bins of the bands, of 62.5 Hz each: even steps of the mel scale, as far as bins allow. */
static const uint8_t first_bin[BANDS + 1] PROGMEM = { 2, 4, 6, 8, 10, 13, 16, 20, 25, 31, 39, 49, 64 };

struct complex { int16_t re, im; };

static int8_t before[BEFORE][BANDS];   /* a ring */
static uint8_t at_before, frames_heard;
static uint8_t word_frame;             /* 0: between words */
static int16_t background;             /* mean loudness between words, 1/16 of a unit */

void hearing_begin(void) {
  memset(before, 0, sizeof before);
  at_before = frames_heard = word_frame = 0;
  background = 0;
}

/* (a b + 2^14) >> 15. Doubled first: AVR gets a shift by 16 for nothing, one by 15 costs sixty cycles. Not both may be -32768. */
static int16_t times(int16_t a, int16_t b) { return (int16_t)(((uint32_t)((int32_t)a * b) * 2 + 0x8000) >> 16); }

static int16_t sine(uint8_t step) {   /* of 128 to the turn */
  const uint8_t folded = step & 63;
  const int16_t value = (int16_t)pgm_read_word(quarter + (folded > 32 ? 64 - folded : folded));
  return step & 64 ? (int16_t)-value : value;
}
static int16_t cosine(uint8_t step) { return sine((uint8_t)((step + 32) & 127)); }

/* Takes the mean away, makes the greatest 4096 to 8191 and applies the window. Returns the bits shifted left. */
static uint8_t normalise(int16_t *samples) {
  int32_t sum = 0;
  for (uint8_t i = 0; i < FRAME; i++) sum += samples[i];
  const int16_t mean = (int16_t)(sum / FRAME);
  int16_t greatest = 0;
  for (uint8_t i = 0; i < FRAME; i++) {
    samples[i] = (int16_t)(samples[i] - mean);
    const int16_t size = samples[i] < 0 ? (int16_t)-samples[i] : samples[i];
    if (size > greatest) greatest = size;
  }
  uint8_t shift = 0;
  while (shift < 12 && greatest < 4096) {
    greatest = (int16_t)(greatest * 2);
    shift++;
  }
  const int16_t factor = (int16_t)(1 << shift);
  for (uint8_t i = 0; i < FRAME; i++)
    samples[i] = times((int16_t)(samples[i] * factor), (int16_t)pgm_read_word(window + (i < HALF ? i : FRAME - 1 - i)));
  return shift;
}

static void swap_by_reversed_bits(struct complex *x) {
  for (uint8_t i = 0; i < HALF; i++) {
    uint8_t reversed = 0;
    for (uint8_t bit = 0; bit < 6; bit++) if (i & (1 << bit)) reversed |= (uint8_t)(32 >> bit);
    if (reversed <= i) continue;
    const struct complex kept = x[i];
    x[i] = x[reversed];
    x[reversed] = kept;
  }
}

/* In place, 64 points, decimation in time, halved at each of six stages so that nothing overflows. */
static void transform(struct complex *x) {
  swap_by_reversed_bits(x);
  for (uint8_t span = 1, turn = 64; span < HALF; span = (uint8_t)(span * 2), turn /= 2)
    for (uint8_t offset = 0; offset < span; offset++) {
      const int16_t c = cosine((uint8_t)(offset * turn)), s = sine((uint8_t)(offset * turn));
      for (uint8_t low = offset; low < HALF; low = (uint8_t)(low + 2 * span)) {
        struct complex *a = x + low, *b = a + span;
        const int16_t re = (int16_t)(times(b->re, c) + times(b->im, s)), im = (int16_t)(times(b->im, c) - times(b->re, s));
        b->re = (int16_t)((a->re - re) >> 1);
        b->im = (int16_t)((a->im - im) >> 1);
        a->re = (int16_t)((a->re + re) >> 1);
        a->im = (int16_t)((a->im + im) >> 1);
      }
    }
}

/* Power of one bin of the real signal, whose even samples were the real parts and odd ones the imaginary parts. */
static uint32_t power(const struct complex *x, uint8_t bin) {
  const struct complex a = x[bin], b = x[HALF - bin];
  const int16_t even_re = (int16_t)((a.re + b.re) >> 1), even_im = (int16_t)((a.im - b.im) >> 1);
  const int16_t odd_re = (int16_t)((a.im + b.im) >> 1), odd_im = (int16_t)((b.re - a.re) >> 1);
  const int16_t c = cosine(bin), s = sine(bin);
  const int32_t re = even_re + times(odd_re, c) + times(odd_im, s), im = even_im + times(odd_im, c) - times(odd_re, s);
  return (uint32_t)(re * re) + (uint32_t)(im * im);
}

/* 4 log2(value), 0 for 0. */
static int16_t loudness(uint32_t value) {
  if (value == 0) return 0;
  int16_t result = 4 * 31;
  while (!(value & 0x80000000)) {
    value <<= 1;
    result = (int16_t)(result - 4);
  }
  return (int16_t)(result + pgm_read_byte(log_of + ((value >> 27) & 15)));
}

static void measure(int16_t samples[FRAME], int8_t bands[BANDS]) {
  const uint8_t shift = normalise(samples);
  struct complex *x = (struct complex *)samples;
  transform(x);
  for (uint8_t band = 0; band < BANDS; band++) {
    uint32_t sum = 0;
    for (uint8_t bin = pgm_read_byte(first_bin + band); bin < pgm_read_byte(first_bin + band + 1); bin++) sum += power(x, bin);
    const int16_t value = (int16_t)(loudness(sum) - 8 * shift + 16);
    bands[band] = value < 0 ? 0 : value > 127 ? 127 : (int8_t)value;
  }
}

static bool begins(int16_t mean) {
  return frames_heard >= BEFORE && mean >= QUIET && mean * 16 - background >= RISE * 16;
}

/* The background follows slowly upwards and quickly downwards. */
static void follow(int16_t mean) {
  const int16_t difference = (int16_t)(mean * 16 - background);
  if (frames_heard < BEFORE) background = frames_heard == 0 || difference < 0 ? (int16_t)(mean * 16) : background;
  else background = (int16_t)(background + (difference > 0 ? difference / 16 : difference / 4));
}

uint8_t hearing_frame(int16_t samples[FRAME], int8_t bands[BANDS]) {
  int8_t now[BANDS];
  measure(samples, now);
  memcpy(bands, before[at_before], BANDS);
  memcpy(before[at_before], now, BANDS);
  at_before = (uint8_t)((at_before + 1) % BEFORE);
  if (word_frame > 0) {
    word_frame = word_frame == WORD_FRAMES ? 0 : (uint8_t)(word_frame + 1);
    return word_frame;
  }
  int16_t mean = 0;
  for (uint8_t band = 0; band < BANDS; band++) mean = (int16_t)(mean + now[band]);
  mean /= BANDS;
  if (begins(mean)) word_frame = 1;
  else follow(mean);
  if (frames_heard < BEFORE) frames_heard++;
  return word_frame;
}
