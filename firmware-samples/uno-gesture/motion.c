#include "motion.h"

#include <string.h>

enum {
  LONGEST = 112,     /* samples kept, 4.5 s */
  SHORTEST = 12,     /* less is a knock */
  REST = 10,         /* still samples that end a gesture, 0.4 s */
  CHANGE = 10,       /* sum of the axes' changes from one sample to the next from which it moves, 1/64 g: 0.15 g */
};

static int8_t kept[LONGEST][AXES];
static uint8_t count;         /* samples kept; 0: at rest */
static uint8_t last_move;     /* index of the last sample that moved */
static uint8_t ended;         /* samples of the gesture that has ended */

void motion_begin(void) { count = last_move = ended = 0; }

static uint8_t change(const int8_t a[AXES], const int8_t b[AXES]) {
  uint16_t sum = 0;
  for (uint8_t axis = 0; axis < AXES; axis++) sum += (uint16_t)(a[axis] > b[axis] ? a[axis] - b[axis] : b[axis] - a[axis]);
  return sum > 255 ? 255 : (uint8_t)sum;
}

bool motion_feed(const int8_t acceleration[AXES]) {
  static int8_t before[AXES];
  static bool has_before;
  if (count == 0) {
    const bool begins = has_before && change(acceleration, before) >= CHANGE;
    if (begins) {
      memcpy(kept[0], before, AXES);
      memcpy(kept[1], acceleration, AXES);
      count = 2;
      last_move = 1;
    }
    memcpy(before, acceleration, AXES);
    has_before = true;
    return false;
  }
  memcpy(kept[count], acceleration, AXES);
  if (change(acceleration, kept[count - 1]) >= CHANGE) last_move = count;
  memcpy(before, acceleration, AXES);
  count++;
  if (count < LONGEST && count - 1 - last_move < REST) return false;
  ended = (uint8_t)(last_move + 1);
  count = 0;
  return ended >= SHORTEST;
}

/* Sum of absolute changes of one axis, per sample, in 1/256 g. */
static int8_t roughness(uint8_t axis) {
  uint16_t sum = 0;
  for (uint8_t at = 1; at < ended; at++) sum += (uint16_t)(kept[at][axis] > kept[at - 1][axis] ? kept[at][axis] - kept[at - 1][axis] : kept[at - 1][axis] - kept[at][axis]);
  const uint16_t mean = (uint16_t)(((uint32_t)sum * 4) / ended);
  return mean > 127 ? 127 : (int8_t)mean;
}

void motion_features(int8_t features[FEATURES]) {
  for (uint8_t part = 0; part < PARTS; part++) {
    const uint8_t from = (uint8_t)((uint16_t)part * ended / PARTS), to = (uint8_t)((uint16_t)(part + 1) * ended / PARTS);
    const uint8_t end = to > from ? to : (uint8_t)(from + 1);
    for (uint8_t axis = 0; axis < AXES; axis++) {
      int16_t sum = 0;
      for (uint8_t at = from; at < end; at++) sum += kept[at][axis];
      *features++ = (int8_t)(sum / (end - from));
    }
  }
  *features++ = (int8_t)(ended - 64);
  for (uint8_t axis = 0; axis < AXES; axis++) *features++ = roughness(axis);
}
