/*
 * What the network hears: ten mel cepstral coefficients of 40 ms of sound every 20 ms, in integers, the same bits on every machine.
 * The recipe is that of the MLPerf Tiny keyword benchmark (40 mel bands, DCT, ten coefficients, 49 frames) with these changes: a window
 * of 40 ms instead of 30, power instead of magnitude, bands from 60 Hz instead of 20, and loudness relative to the loudest frame of the
 * second under way instead of the clip's peak, which a stream does not know.
 */
#ifndef FEATURES_H
#define FEATURES_H

#include <stdint.h>

enum {
  HOP_SAMPLES = 320,              /* 20 ms at 16 kHz */
  FRAMES = 49,                    /* 1 s: 48 hops and a window of two hops */
  COEFFICIENTS = 10
};

/* A frame: coefficients in 1/64, natural logarithm of magnitude, DCT-II scaled by sqrt(2 / 40). */
struct features_frame { int16_t coefficient[COEFFICIENTS]; };

/* older, newer: two hops, 16-bit samples one after the other in time. A constant offset of the window does not count. */
void features_frame(const int16_t *older, const int16_t *newer, struct features_frame *frame);

/*
 * The network's input, FRAMES x COEFFICIENTS: frames in a ring, from the one at `oldest` on. Scale 1/4, zero point FEATURES_ZERO_POINT.
 * Coefficient 0 is shifted so that the loudest frame in the ring has FEATURES_LOUDEST.
 */
enum { FEATURES_ZERO_POINT = 35, FEATURES_LOUDEST = 20 };
void features_input(const struct features_frame ring[FRAMES], uint32_t oldest, int8_t *input);

#endif
