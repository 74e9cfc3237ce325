/* What the network sees of the accelerometer's FIFO. Used by the firmware and, built for the host, by the trainer. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdint.h>

enum {
  WINDOW_ROWS = 32,           /* the FIFO's depth: 3.2 s at 10 Hz */
  WINDOW_AXES = 3,
  WINDOW_MG_PER_STEP = 16,
};

/* samples: [row][axis], mg. One step of a feature is 16 mg, within +-2 g. */
void window_features(const int16_t samples[WINDOW_ROWS][WINDOW_AXES], int8_t features[WINDOW_ROWS * WINDOW_AXES]);

#endif
