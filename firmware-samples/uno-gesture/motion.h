/*
 * From accelerations to what the classifiers see. Knows neither the Uno nor the sensor: training compiles this very file.
 * A sample is 25 times a second, three axes in 1/64 g. A gesture begins when the acceleration changes and ends when it has
 * rested; its features are the means of sixteen equal parts of it, axis by axis, how long it was, and how rough.
 */
#ifndef MOTION_H
#define MOTION_H

#include <stdbool.h>
#include <stdint.h>

enum { AXES = 3, PARTS = 16, FEATURES = PARTS * AXES + 1 + AXES };

/* Forgets what it has seen. */
void motion_begin(void);

/* Takes one sample. True when a gesture has ended with it: motion_features() then tells of it until the next sample. */
bool motion_feed(const int8_t acceleration[AXES]);

void motion_features(int8_t features[FEATURES]);

#endif
