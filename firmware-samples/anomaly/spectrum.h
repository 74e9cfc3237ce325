/* From vibration to what the network sees: how much power lies in each of 32 bands. Used by the firmware and, built for the host, by
 * the trainer: the same bits on both sides. Fixed point, no library. */
#ifndef SPECTRUM_H
#define SPECTRUM_H

#include <stdbool.h>
#include <stdint.h>

enum {
  SPECTRUM_HZ = 952,          /* the LSM9DS1's fastest rate */
  SPECTRUM_POINTS = 256,      /* samples of one transform: 0.27 s */
  SPECTRUM_FRAMES = 4,        /* transforms whose power is summed */
  SPECTRUM_AXES = 3,
  SPECTRUM_BANDS = 32,        /* of four bins each: 14.9 Hz */
  SPECTRUM_OFFSET = 80,       /* of a feature, which is four times the power's binary logarithm */
};

struct spectrum {
  int16_t samples[SPECTRUM_AXES][SPECTRUM_POINTS];
  uint64_t power[SPECTRUM_BANDS];
  uint16_t count, frames;
};

void spectrum_start(struct spectrum *spectrum);

/* Takes one sample in mg. True: SPECTRUM_FRAMES frames are complete, and their features have been written. */
bool spectrum_add(struct spectrum *spectrum, const int16_t mg[SPECTRUM_AXES], int8_t features[SPECTRUM_BANDS]);

#endif
