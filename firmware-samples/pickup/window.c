/* See window.h. */
#include "window.h"

void window_features(const int16_t samples[WINDOW_ROWS][WINDOW_AXES], int8_t features[WINDOW_ROWS * WINDOW_AXES]) {
  for (int32_t i = 0; i < WINDOW_ROWS * WINDOW_AXES; i++) {
    const int32_t mg = samples[i / WINDOW_AXES][i % WINDOW_AXES];
    const int32_t step = (mg + (mg < 0 ? -WINDOW_MG_PER_STEP / 2 : WINDOW_MG_PER_STEP / 2)) / WINDOW_MG_PER_STEP;
    features[i] = (int8_t)(step > 127 ? 127 : step < -128 ? -128 : step);
  }
}
