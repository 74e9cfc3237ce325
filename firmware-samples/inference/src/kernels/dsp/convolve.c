/*
 * Convolution in blocks: the patches of some pixels are laid out in scratch as int16 with the input offset added, then for every
 * four channels the weights are spread to int16 once and multiplied with all patches of the block (matrix.c). Pixels are counted
 * through all rows and batches, so blocks are full but for the last.
 *
 * scratch: patches, weights of four channels, their requantisation, output of a block's edge, bytes of one patch.
 */
#include "dsp.h"
#include "../int8-convolve.h"

#ifdef __ARM_FEATURE_DSP

/* Pixels in a block: as many as PATCH_BYTES hold, so that spreading the weights (7 cycles for 4) is shared by many. */
enum { PATCH_BYTES = 12288, FEWEST_PIXELS = 8, MOST_PIXELS = 32 };

struct block {
  const struct convolution *convolution;
  uint32_t depth;                   /* products of a sum */
  uint32_t words;                   /* of one patch or one channel: depth, rounded up to 4, as pairs of int16 */
  uint32_t pixels;                  /* even */
  bool is_direct;                   /* whole aligned words of input lie behind each other: no copy into patch_bytes */
  uint32_t offsets;                 /* input offset, twice */
  uint32_t *patches, *weights;
  struct dsp_channels *channels;
  int8_t *edge;                     /* [pixels][4] */
  int8_t *patch_bytes;              /* [depth rounded up to 4] */
};

static uint32_t pixels_of(const struct convolution *convolution) {
  return (uint32_t)(convolution->batches * convolution->output_height * convolution->output_width);
}

static struct block layout(const struct convolution *convolution) {
  uint32_t depth = (uint32_t)(convolution->filter_height * convolution->filter_width * convolution->filter_channels);
  uint32_t words = (depth + 3) / 4 * 2;
  uint32_t pixels = PATCH_BYTES / (words * 4) & ~1u;
  if (pixels < FEWEST_PIXELS) pixels = FEWEST_PIXELS;
  if (pixels > MOST_PIXELS) pixels = MOST_PIXELS;
  if (pixels > pixels_of(convolution)) pixels = (pixels_of(convolution) + 1) & ~1u;
  struct block block = { .convolution = convolution, .depth = depth, .words = words, .pixels = pixels };
  block.is_direct = convolution->filter_channels % 4 == 0 && (uintptr_t)convolution->input % 4 == 0;
  block.offsets = both_halves(convolution->input_offset);
  block.patches = convolution->scratch;
  block.weights = block.patches + pixels * words;
  block.channels = (struct dsp_channels *)(block.weights + 4 * words);
  block.edge = (int8_t *)(block.channels + 1);
  block.patch_bytes = block.edge + 4 * pixels;
  return block;
}

uint32_t dsp_convolve_scratch_bytes(const struct convolution *convolution) {
  struct block block = layout(convolution);
  return (block.pixels + 4) * block.words * 4 + (uint32_t)sizeof(struct dsp_channels) + 4 * block.pixels + 2 * block.words;
}

/* ---- Patches: four bytes become two words; between them lies the other pixel's first ---- */

static uint32_t *spread_input(uint32_t *to, const int8_t *from, uint32_t count, uint32_t offsets) {
  for (; count >= 16; count -= 16, to += 16, from += 16) {
    uint32_t a = four_bytes(from), b = four_bytes(from + 4), c = four_bytes(from + 8), d = four_bytes(from + 12);
    to[0] = even_bytes_plus(offsets, a);
    to[2] = odd_bytes_plus(offsets, a);
    to[4] = even_bytes_plus(offsets, b);
    to[6] = odd_bytes_plus(offsets, b);
    to[8] = even_bytes_plus(offsets, c);
    to[10] = odd_bytes_plus(offsets, c);
    to[12] = even_bytes_plus(offsets, d);
    to[14] = odd_bytes_plus(offsets, d);
  }
  for (; count > 0; count -= 4, to += 4, from += 4) {
    uint32_t four = four_bytes(from);
    to[0] = even_bytes_plus(offsets, four);
    to[2] = odd_bytes_plus(offsets, four);
  }
  return to;
}

/* Padding is the zero point: nothing, with the offset added. */
static uint32_t *spread_padding(uint32_t *to, uint32_t count) {
  for (; count > 0; count -= 4, to += 4) to[0] = to[2] = 0;
  return to;
}

struct sink {
  uint32_t *words;                  /* NULL: bytes are gathered first */
  int8_t *bytes;
  uint32_t offsets;
  int8_t padding;
};

static void take_input(struct sink *sink, const int8_t *from, uint32_t count) {
  if (sink->words != NULL) { sink->words = spread_input(sink->words, from, count, sink->offsets); return; }
  for (uint32_t i = 0; i < count; i++) sink->bytes[i] = from[i];
  sink->bytes += count;
}
static void take_padding(struct sink *sink, uint32_t count) {
  if (sink->words != NULL) { sink->words = spread_padding(sink->words, count); return; }
  for (uint32_t i = 0; i < count; i++) sink->bytes[i] = sink->padding;
  sink->bytes += count;
}

/* The columns of one row of the filter. */
static void take_row(struct sink *sink, const struct convolution *convolution, const int8_t *row, int32_t left) {
  int32_t channels = convolution->input_channels, width = convolution->input_width, filter_width = convolution->filter_width;
  int32_t dilation = convolution->dilation_width;
  if (dilation == 1) {
    int32_t before = left < 0 ? -left : 0, after = left + filter_width > width ? left + filter_width - width : 0;
    if (before > filter_width) before = filter_width;
    if (after > filter_width) after = filter_width;
    if (before > 0) take_padding(sink, (uint32_t)(before * channels));
    int32_t inside = filter_width - before - after;
    if (inside > 0) take_input(sink, row + (left + before) * channels, (uint32_t)(inside * channels));
    if (after > 0) take_padding(sink, (uint32_t)(after * channels));
    return;
  }
  for (int32_t tap = 0, x = left; tap < filter_width; tap++, x += dilation) {
    if (x < 0 || x >= width) take_padding(sink, (uint32_t)channels);
    else take_input(sink, row + x * channels, (uint32_t)channels);
  }
}

static void take_patch(struct sink *sink, const struct convolution *convolution, int32_t batch, int32_t output_y, int32_t output_x) {
  int32_t height = convolution->input_height, row_bytes = convolution->input_width * convolution->input_channels;
  const int8_t *input = (const int8_t *)convolution->input + batch * height * row_bytes;
  int32_t y = output_y * convolution->stride_height - convolution->pad_top, left = output_x * convolution->stride_width - convolution->pad_left;
  for (int32_t tap = 0; tap < convolution->filter_height; tap++, y += convolution->dilation_height) {
    if (y < 0 || y >= height) take_padding(sink, (uint32_t)(convolution->filter_width * convolution->input_channels));
    else take_row(sink, convolution, input + y * row_bytes, left);
  }
}

struct position { int32_t batch, y, x; };

static void advance(struct position *position, const struct convolution *convolution) {
  if (++position->x < convolution->output_width) return;
  position->x = 0;
  if (++position->y < convolution->output_height) return;
  position->y = 0;
  position->batch++;
}

/* Lays out the patches of `count` pixels; an odd one out gets a neighbour of zeros. */
static void fill_patches(const struct block *block, struct position *position, uint32_t count) {
  struct sink sink = { .offsets = block->offsets, .padding = (int8_t)-block->convolution->input_offset };
  for (uint32_t pixel = 0; pixel < count; pixel++) {
    uint32_t *words = block->patches + (pixel & ~1u) * block->words + (pixel & 1);
    sink.words = block->is_direct ? words : NULL;
    sink.bytes = block->patch_bytes;
    take_patch(&sink, block->convolution, position->batch, position->y, position->x);
    if (!block->is_direct) {
      while (sink.bytes < block->patch_bytes + 2 * block->words) *sink.bytes++ = sink.padding;
      spread_input(words, block->patch_bytes, 2 * block->words, block->offsets);
    }
    advance(position, block->convolution);
  }
  if (count % 2 == 1) spread_padding(block->patches + (count - 1) * block->words + 1, 2 * block->words);
}

/* ---- Weights of four channels ---- */

static uint32_t four_elements(const int8_t *from, uint32_t step, uint32_t count) {
  uint32_t word = 0;
  for (uint32_t i = 0; i < count; i++) word |= (uint32_t)(uint8_t)from[i * step] << 8 * i;
  return word;
}

/* Any order, any number of channels and elements: what is missing is zero. */
static void spread_weights_by_element(const struct block *block, const int8_t *from, uint32_t channels, uint32_t channel_step, uint32_t element_step,
                                      uint32_t first) {
  for (uint32_t element = first; element < block->depth; element += 4) {
    uint32_t *to = block->weights + 2 * element, left = block->depth - element;
    for (uint32_t channel = 0; channel < 4; channel++) {
      uint32_t four = channel < channels ? four_elements(from + channel * channel_step + element * element_step, element_step, left < 4 ? left : 4) : 0;
      to[channel] = even_bytes(four);
      to[channel + 4] = odd_bytes(four);
    }
  }
}

static void spread_weights(const struct block *block, const int8_t *from, uint32_t channels, uint32_t channel_step, uint32_t element_step) {
  uint32_t first = 0;
  if (channels == 4 && element_step == 1) {
    const int8_t *a = from, *b = a + channel_step, *c = b + channel_step, *d = c + channel_step;
    uint32_t *to = block->weights;
    for (; first + 4 <= block->depth; first += 4, a += 4, b += 4, c += 4, d += 4, to += 8) {
      uint32_t w = four_bytes(a), x = four_bytes(b), y = four_bytes(c), z = four_bytes(d);
      to[0] = even_bytes(w);
      to[1] = even_bytes(x);
      to[2] = even_bytes(y);
      to[3] = even_bytes(z);
      to[4] = odd_bytes(w);
      to[5] = odd_bytes(x);
      to[6] = odd_bytes(y);
      to[7] = odd_bytes(z);
    }
  }
  spread_weights_by_element(block, from, channels, channel_step, element_step, first);
}

/* false: one of them needs the slow way. */
static bool set_channels(const struct block *block, uint32_t first, uint32_t channels) {
  const struct convolution *convolution = block->convolution;
  static const struct rescale none = { 0, -1 };
  bool all = true;
  for (uint32_t i = 0; i < 4; i++) {
    int32_t bias = i < channels && convolution->bias != NULL ? ((const int32_t *)convolution->bias)[first + i] : 0;
    const struct rescale *rescale = i < channels ? &convolution->rescale[first + i] : &none;
    block->channels->bias[i] = bias;
    if (!dsp_requantisation_of(&block->channels->requantisation[i], rescale, bias, block->depth, convolution->output_offset)) all = false;
  }
  return all;
}

/* ---- Four channels of a block ---- */

static struct dsp_tiles tiles_of(const struct block *block) {
  return (struct dsp_tiles){
    .weights = block->weights, .patches = block->patches, .weights_end = block->weights + 4 * block->words,
    .skipped_steps = -block->words % DSP_STEPS, .channels = block->channels,
  };
}

static void multiply_slowly(const struct block *block, const struct rescale *rescale, uint32_t channels, uint32_t count, int8_t *output) {
  const struct convolution *convolution = block->convolution;
  struct dsp_tiles tile = tiles_of(block);
  int32_t sums[4][2];
  for (uint32_t pixel = 0; pixel < count; pixel++) {
    tile.patches = block->patches + (pixel & ~1u) * block->words;
    if (pixel % 2 == 0) dsp_tile_sums(&tile, sums[0]);
    for (uint32_t channel = 0; channel < channels; channel++) {
      int32_t value = dsp_requantised_slowly(sums[channel][pixel % 2], &rescale[channel], convolution->output_offset);
      output[channel] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
    }
    output += convolution->output_channels;
  }
}

static void multiply(const struct block *block, uint32_t channels, uint32_t count, int8_t *output) {
  uint32_t output_channels = (uint32_t)block->convolution->output_channels;
  struct dsp_tiles tiles = tiles_of(block);
  tiles.tiles = (count + 1) / 2;
  if (channels == 4 && count % 2 == 0) {
    tiles.first = output;
    tiles.second = output + output_channels;
    tiles.advance = 2 * output_channels;
    dsp_tiles_requantised(&tiles);
    return;
  }
  tiles.first = block->edge;
  tiles.second = block->edge + 4;
  tiles.advance = 8;
  dsp_tiles_requantised(&tiles);
  for (uint32_t pixel = 0; pixel < count; pixel++)
    for (uint32_t channel = 0; channel < channels; channel++) output[pixel * output_channels + channel] = block->edge[4 * pixel + channel];
}

void dsp_convolve(const struct convolution *convolution, uint32_t channel_step, uint32_t element_step) {
  struct block block = layout(convolution);
  struct position position = { 0, 0, 0 };
  uint32_t total = pixels_of(convolution), output_channels = (uint32_t)convolution->output_channels;
  int8_t *output = convolution->output;
  for (uint32_t done = 0, count; done < total; done += count, output += count * output_channels) {
    count = total - done < block.pixels ? total - done : block.pixels;
    fill_patches(&block, &position, count);
    for (uint32_t channel = 0; channel < output_channels; channel += 4) {
      uint32_t channels = output_channels - channel < 4 ? output_channels - channel : 4;
      spread_weights(&block, (const int8_t *)convolution->filter + channel * channel_step, channels, channel_step, element_step);
      if (set_channels(&block, channel, channels)) multiply(&block, channels, count, output + channel);
      else multiply_slowly(&block, convolution->rescale + channel, channels, count, output + channel);
    }
    dsp_clamp(output, count * output_channels, convolution->minimum, convolution->maximum);
  }
}

/* Groups of channels are rare: left to the portable kernel. */
static bool is_grouped(const struct convolution *convolution) { return convolution->filter_channels != convolution->input_channels; }

static uint32_t scratch_bytes(const struct convolution *convolution) { return is_grouped(convolution) ? 0 : dsp_convolve_scratch_bytes(convolution); }

static void run(const struct convolution *convolution) {
  if (is_grouped(convolution)) convolve_int8_portable(convolution);
  else dsp_convolve(convolution, (uint32_t)(convolution->filter_height * convolution->filter_width * convolution->filter_channels), 1);
}

const struct convolution_kernel convolve_int8 = { .scratch_bytes = scratch_bytes, .run = run };

#endif
