/*
 * A camera's rows to a network's picture: area averages in whole numbers, one row at a time, so that no frame has to be kept. The same
 * source is compiled for training, so that a network learns from the bytes that it will see.
 */
#ifndef SCALE_H
#define SCALE_H

#include <stdint.h>

enum { SCALE_MAX_SIDE = 96, SCALE_CHANNELS = 3 };

struct scale {
  int8_t *out;                     /* [side][side][red, green, blue], each -128 (black) to 127 */
  uint32_t width, height, side;    /* of the camera's picture; of the network's square one, at most SCALE_MAX_SIDE and at most width and height */
  uint32_t row;                    /* of the camera's picture: the next one */
  uint32_t columns[SCALE_MAX_SIDE * SCALE_CHANNELS];
  uint32_t sums[SCALE_MAX_SIDE * SCALE_CHANNELS];
};

void scale_start(struct scale *scale, int8_t *out, uint32_t width, uint32_t height, uint32_t side);

/* One row of RGB565, two bytes a pixel, high byte first. Rows past `height` are ignored. The picture is whole after the last row. */
void scale_row(struct scale *scale, const uint8_t *row);

#endif
