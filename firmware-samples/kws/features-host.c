/* The same features for training and tests, as a shared library. */
#include "features.h"

/* samples: hops x HOP_SAMPLES; frames: hops - 1 of them. */
void features_of_samples(const int16_t *samples, uint32_t hops, struct features_frame *frames) {
  for (uint32_t i = 0; i + 1 < hops; i++) features_frame(samples + i * HOP_SAMPLES, samples + (i + 1) * HOP_SAMPLES, &frames[i]);
}

/* windows x FRAMES frames one after the other: the network's input for each. */
void features_inputs(const struct features_frame *frames, uint32_t windows, int8_t *inputs) {
  for (uint32_t i = 0; i < windows; i++) features_input(frames + i * FRAMES, 0, inputs + i * FRAMES * COEFFICIENTS);
}
