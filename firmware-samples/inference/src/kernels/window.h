/* Where a filter lies over its input: shared by the portable convolutions and pools of int16 and float32. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdint.h>

/* The taps of a filter that fall inside the input along one axis. */
struct taps {
  int32_t origin;                   /* input position of tap 0; may be negative */
  int32_t first, end;               /* taps first <= t < end are inside */
};

static inline struct taps taps_at(int32_t output, int32_t stride, int32_t pad, int32_t dilation, int32_t filter, int32_t input) {
  struct taps taps = { output * stride - pad, 0, filter };
  if (taps.origin < 0) taps.first = (dilation - 1 - taps.origin) / dilation;
  const int32_t room = (input - taps.origin + dilation - 1) / dilation;   /* taps before the far edge */
  if (room < taps.end) taps.end = room;
  if (taps.first > taps.end) taps.first = taps.end;
  return taps;
}

#endif
