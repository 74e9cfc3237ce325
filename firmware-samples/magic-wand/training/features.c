/* For the trainer only: the firmware's features of a whole recording at once. Built as a library by train.py. */
#include "../gesture.h"

/* samples: [count][axis], mg, 25 a second. Writes features and lengths of at most `most` movements; returns how many there were. */
uint32_t features_of(const int16_t *samples, uint32_t count, int8_t *features, uint16_t *lengths, uint32_t most) {
  struct gesture gesture;
  uint32_t found = 0;
  gesture_start(&gesture);
  for (uint32_t i = 0; i < count; i++) {
    if (!gesture_add(&gesture, samples + i * GESTURE_AXES) || found == most) continue;
    gesture_features(&gesture, features + found * GESTURE_ROWS * GESTURE_AXES);
    lengths[found++] = (uint16_t)gesture_length(&gesture);
  }
  return found;
}
