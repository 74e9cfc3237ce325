/*
 * Area averages: a pixel of the small picture is the mean of those under it, each weighted with the area that it shares with it, rounded to
 * nearest. The picture is stretched to a square, as the pictures of the visual wake words data set are.
 *
 * Lengths are counted in parts, so that they are whole: a pixel of the camera is `side` parts long, one of the small picture `width`
 * (or `height`) parts.
 */
#include "scale.h"

static void clear(uint32_t *sums, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) sums[i] = 0;
}

void scale_start(struct scale *scale, int8_t *out, uint32_t width, uint32_t height, uint32_t side) {
  scale->out = out;
  scale->width = width;
  scale->height = height;
  scale->side = side;
  scale->row = 0;
  clear(scale->sums, side * SCALE_CHANNELS);
}

/* columns[i]: the row's pixels under column i, times the parts that they share with it; the sum of the parts is `width`. */
static void add_columns(struct scale *scale, const uint8_t *row) {
  uint32_t *to = scale->columns;
  uint32_t wanted = scale->width;
  uint32_t red_sum = 0, green_sum = 0, blue_sum = 0;
  for (uint32_t x = 0; x < scale->width; x++, row += 2) {
    const uint32_t pixel = (uint32_t)row[0] << 8 | row[1];
    const uint32_t red = pixel >> 11, green = pixel >> 5 & 0x3f, blue = pixel & 0x1f;
    /* 31 and 63 become 255. */
    const uint32_t red8 = red << 3 | red >> 2, green8 = green << 2 | green >> 4, blue8 = blue << 3 | blue >> 2;
    uint32_t parts = scale->side;
    if (parts >= wanted) {
      to[0] = red_sum + wanted * red8;
      to[1] = green_sum + wanted * green8;
      to[2] = blue_sum + wanted * blue8;
      to += SCALE_CHANNELS;
      parts -= wanted;
      wanted = scale->width;
      red_sum = green_sum = blue_sum = 0;
    }
    red_sum += parts * red8;
    green_sum += parts * green8;
    blue_sum += parts * blue8;
    wanted -= parts;
  }
}

static void add_rows(struct scale *scale, uint32_t parts) {
  for (uint32_t i = 0; i < scale->side * SCALE_CHANNELS; i++) scale->sums[i] += parts * scale->columns[i];
}

static void put_row(struct scale *scale) {
  const uint32_t area = scale->width * scale->height;
  for (uint32_t i = 0; i < scale->side * SCALE_CHANNELS; i++) {
    *scale->out++ = (int8_t)((int32_t)((2 * scale->sums[i] + area) / (2 * area)) - 128);
  }
  clear(scale->sums, scale->side * SCALE_CHANNELS);
}

void scale_row(struct scale *scale, const uint8_t *row) {
  if (scale->row >= scale->height) return;
  add_columns(scale, row);
  const uint32_t first_part = scale->row * scale->side;
  const uint32_t wanted = scale->height - first_part % scale->height;
  if (scale->side >= wanted) {
    add_rows(scale, wanted);
    put_row(scale);
    add_rows(scale, scale->side - wanted);
  } else {
    add_rows(scale, scale->side);
  }
  scale->row++;
}
