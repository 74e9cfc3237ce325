/* From acceleration to what the network sees: finds movements between rests and brings each to one length. Used by the firmware and,
 * built for the host, by the trainer: the same bits on both sides. */
#ifndef GESTURE_H
#define GESTURE_H

#include <stdbool.h>
#include <stdint.h>

enum {
  GESTURE_HZ = 25,            /* samples a second, as in the recordings it was trained with */
  GESTURE_MOST = 128,         /* samples of a movement: 5.1 s; a longer one is cut */
  GESTURE_LEAST = 20,         /* a shorter movement is a knock: not looked at */
  GESTURE_REST = 12,          /* samples of rest that end a movement */
  GESTURE_REST_MG = 40,       /* change between samples, summed over axes and smoothed over four, that still counts as rest */
  GESTURE_ROWS = 64,          /* what the network sees, however long the movement took */
  GESTURE_AXES = 3,
};

struct gesture {
  int16_t samples[GESTURE_MOST][GESTURE_AXES];   /* mg */
  int16_t previous[GESTURE_AXES];
  uint16_t count;             /* samples of this movement so far; 0: at rest */
  uint16_t rest;              /* of them at rest, at the end */
  uint16_t change;            /* smoothed, times four */
  bool has_previous;
};

/* Before the first sample. */
void gesture_start(struct gesture *gesture);

/* Takes one sample in mg. True: a movement has ended, its features can be taken; the next sample begins anew. */
bool gesture_add(struct gesture *gesture, const int16_t mg[GESTURE_AXES]);

/* The movement as GESTURE_ROWS rows of x, y, z, one step is 16 mg; within +-2 g. Only right after gesture_add has said true. */
void gesture_features(const struct gesture *gesture, int8_t features[GESTURE_ROWS * GESTURE_AXES]);

/* Samples of the movement that has ended, without its rest. */
uint32_t gesture_length(const struct gesture *gesture);

#endif
