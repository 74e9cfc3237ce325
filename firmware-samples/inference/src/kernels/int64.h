/* Constants of int64 lie in the file at multiples of 4 only. */
#ifndef INT64_H
#define INT64_H

#include <stdint.h>
#include <string.h>

static inline int64_t read_int64(const void *values, uint32_t index) {
  int64_t value;
  memcpy(&value, (const uint8_t *)values + 8 * index, sizeof value);
  return value;
}

#endif
