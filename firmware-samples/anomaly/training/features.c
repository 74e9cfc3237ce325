/* For the trainer only: the firmware's features of a run at once. Built as a library by train.py. */
#include "../spectrum.h"

/* samples: [count][axis], mg. The features of the last complete four frames. */
void features_of(const int16_t *samples, uint32_t count, int8_t features[SPECTRUM_BANDS]) {
  static struct spectrum spectrum;
  spectrum_start(&spectrum);
  for (uint32_t i = 0; i < count; i++) spectrum_add(&spectrum, samples + i * SPECTRUM_AXES, features);
}
