/* See gesture.h. */
#include "gesture.h"

enum { MG_PER_STEP = 16, FRACTION = 256 };

void gesture_start(struct gesture *gesture) {
  gesture->count = gesture->rest = gesture->change = 0;
  gesture->has_previous = false;
}

/* Sum over axes of the change since the last sample, a quarter of it taken in each time: what it holds is four times the mean. */
static void follow(struct gesture *gesture, const int16_t mg[GESTURE_AXES]) {
  int32_t change = 0;
  for (int axis = 0; axis < GESTURE_AXES; axis++) {
    const int32_t step = gesture->has_previous ? mg[axis] - gesture->previous[axis] : 0;
    change += step < 0 ? -step : step;
    gesture->previous[axis] = mg[axis];
  }
  if (change > 4000) change = 4000;
  gesture->change = (uint16_t)(gesture->change - gesture->change / 4 + change);
  gesture->has_previous = true;
}

bool gesture_add(struct gesture *gesture, const int16_t mg[GESTURE_AXES]) {
  const bool has_ended = gesture->count > 0 && (gesture->rest >= GESTURE_REST || gesture->count == GESTURE_MOST);
  if (has_ended) gesture->count = gesture->rest = 0;
  follow(gesture, mg);
  const bool rests = gesture->change < 4 * GESTURE_REST_MG;
  if (gesture->count == 0 && rests) return false;
  for (int axis = 0; axis < GESTURE_AXES; axis++) gesture->samples[gesture->count][axis] = mg[axis];
  gesture->count++;
  gesture->rest = (uint16_t)(rests ? gesture->rest + 1 : 0);
  if (gesture->rest < GESTURE_REST && gesture->count < GESTURE_MOST) return false;
  return gesture_length(gesture) >= GESTURE_LEAST;
}

uint32_t gesture_length(const struct gesture *gesture) {
  return (uint32_t)gesture->count - gesture->rest;
}

static int8_t step_of(int32_t mg) {
  const int32_t step = (mg + (mg < 0 ? -MG_PER_STEP / 2 : MG_PER_STEP / 2)) / MG_PER_STEP;
  return (int8_t)(step > 127 ? 127 : step < -128 ? -128 : step);
}

/* Row n lies at n * (length - 1) / (rows - 1), between two samples, in steps of 1/256. */
void gesture_features(const struct gesture *gesture, int8_t features[GESTURE_ROWS * GESTURE_AXES]) {
  const uint32_t last = gesture_length(gesture) - 1;
  for (uint32_t row = 0; row < GESTURE_ROWS; row++) {
    const uint32_t at = row * last * FRACTION / (GESTURE_ROWS - 1);
    const uint32_t before = at / FRACTION, after = before < last ? before + 1 : last;
    const int32_t share = (int32_t)(at % FRACTION);
    for (int axis = 0; axis < GESTURE_AXES; axis++) {
      const int32_t from = gesture->samples[before][axis], to = gesture->samples[after][axis];
      features[row * GESTURE_AXES + axis] = step_of(from + (to - from) * share / FRACTION);
    }
  }
}
