/* The walk of MEAN over its input: which output each element belongs to. */
#ifndef MEAN_CURSOR_H
#define MEAN_CURSOR_H

#include "kernels.h"

struct mean_cursor {
  uint32_t output;                  /* of the current element */
  uint32_t stride[INFERENCE_MAX_RANK];
  int32_t position[INFERENCE_MAX_RANK];
};

static inline struct mean_cursor mean_start(const struct mean *mean) {
  struct mean_cursor cursor = { .output = 0 };
  uint32_t elements = 1;
  for (uint32_t i = mean->rank; i-- > 0;) {
    cursor.stride[i] = mean->reduced[i] ? 0 : elements;
    if (!mean->reduced[i]) elements *= (uint32_t)mean->extent[i];
  }
  return cursor;
}

static inline void mean_next(const struct mean *mean, struct mean_cursor *cursor) {
  for (uint32_t i = mean->rank; i-- > 0;) {
    cursor->output += cursor->stride[i];
    if (++cursor->position[i] < mean->extent[i]) return;
    cursor->position[i] = 0;
    cursor->output -= cursor->stride[i] * (uint32_t)mean->extent[i];
  }
}

#endif
