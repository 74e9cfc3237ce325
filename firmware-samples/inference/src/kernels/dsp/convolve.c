/*
 * Convolution in blocks: the patches of some pixels are laid out in scratch as int16 with the input offset added, then for every
 * four channels the weights are spread to int16 once and multiplied with all patches of the block (matrix.c). Pixels are counted
 * through all rows and batches, so blocks are full but for the last.
 *
 * scratch: patches; biases, weights and requantisation of four channels (dsp.h); outputs of a block's edge; bytes of one patch.
 */
#include "dsp.h"
#include "../int8-convolve.h"

#ifdef __ARM_FEATURE_DSP

/* Pixels in a block: as many as PATCH_BYTES hold, so that spreading the weights (7 cycles for 4) is shared by many. */
enum { PATCH_BYTES = 12288, FEWEST_PIXELS = 8, MOST_PIXELS = 128 };

struct block {
  const struct convolution *convolution;
  uint32_t depth;                   /* products of a sum */
  uint32_t words;                   /* of one patch or one channel: depth, rounded up to 4, as pairs of int16 */
  uint32_t pixels;                  /* even */
  bool is_direct;                   /* whole aligned words of input lie behind each other: no copy into patch_bytes */
  uint32_t offsets;                 /* input offset, twice */
  uint32_t *patches;
  int32_t *biases;                  /* [4] */
  uint32_t *weights;
  struct dsp_requantisation *requantisation;   /* [4] */
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
  block.biases = (int32_t *)(block.patches + pixels * words);
  block.weights = (uint32_t *)(block.biases + 4);
  block.requantisation = (struct dsp_requantisation *)(block.weights + 4 * words);
  block.edge = (int8_t *)(block.requantisation + 4);
  block.patch_bytes = block.edge + 4 * pixels;
  return block;
}

uint32_t dsp_convolve_scratch_bytes(const struct convolution *convolution) {
  struct block block = layout(convolution);
  return (block.pixels + 4) * block.words * 4 + 4 * (uint32_t)(sizeof(int32_t) + sizeof(struct dsp_requantisation)) + 4 * block.pixels + 2 * block.words;
}

/* ---- Spreading: four bytes become two words, the pairs 0, 2 and 1, 3; after each come the other pixel's or channels' ---- */

enum { PIXELS = 2, CHANNELS = 4 };

#define PLAIN(instruction)
#define TWICE(instruction) instruction
#define SPREAD(word, twice) \
  "sxtab16 r9, %[offsets], " word "\n"              \
  "sxtab16 " word ", %[offsets], " word ", ror #8\n" \
  twice("sadd16 r9, r9, r9\n")                      \
  twice("sadd16 " word ", " word ", " word "\n")     \
  "str     r9, [%[to]], #%c[step]\n"                      \
  "str     " word ", [%[to]], #%c[step]\n"
#define SPREAD_SIXTEEN(twice) \
  "ldm     %[from]!, {r4, r5, r6, r8}\n"            \
  SPREAD("r4", twice)               \
  SPREAD("r5", twice)               \
  SPREAD("r6", twice)               \
  SPREAD("r8", twice)

/* Sixteen bytes at an address divisible by 4: LDM and assembly because GCC would load them one by one. */
static inline __attribute__((always_inline)) void spread_sixteen(uint32_t **to, const int8_t **from, uint32_t offsets, const uint32_t step, bool doubled) {
  if (doubled)
    __asm volatile(SPREAD_SIXTEEN(TWICE) : [to] "+r"(*to), [from] "+r"(*from) : [offsets] "r"(offsets), [step] "i"(4 * step)
                   : "r4", "r5", "r6", "r8", "r9", "memory");
  else
    __asm volatile(SPREAD_SIXTEEN(PLAIN) : [to] "+r"(*to), [from] "+r"(*from) : [offsets] "r"(offsets), [step] "i"(4 * step)
                   : "r4", "r5", "r6", "r8", "r9", "memory");
}

static inline uint32_t times(bool doubled, uint32_t pair) { return doubled ? (uint32_t)__sadd16((int16x2_t)pair, (int16x2_t)pair) : pair; }

/* `count` is a multiple of 4. `doubled`: twice what was read */
static inline __attribute__((always_inline)) uint32_t *spread(uint32_t *to, const int8_t *from, uint32_t count, uint32_t offsets, const uint32_t step,
                                                             const bool doubled) {
  const int8_t *end = from + count, *sixteens = from + (count & ~15u);
  if ((uintptr_t)from % 4 == 0)
    while (from < sixteens) spread_sixteen(&to, &from, offsets, step, doubled);
  for (; from < end; to += 2 * step, from += 4) {
    uint32_t four = four_bytes(from);
    to[0] = times(doubled, even_bytes_plus(offsets, four));
    to[step] = times(doubled, odd_bytes_plus(offsets, four));
  }
  return to;
}

/* Rows of whole sixteens behind each other, all at addresses divisible by 4. Functions of their own keep GCC from spilling registers. */
static inline __attribute__((always_inline)) const int8_t *spread_row_of_sixteens(uint32_t *to, const int8_t *from, uint32_t count, uint32_t offsets,
                                                                                 const uint32_t step, const bool doubled) {
  const int8_t *end = from + count;
  do spread_sixteen(&to, &from, offsets, step, doubled);
  while (from != end);
  return from;
}

/* ---- Patches ---- */

static uint32_t *spread_input(uint32_t *to, const int8_t *from, uint32_t count, uint32_t offsets) { return spread(to, from, count, offsets, PIXELS, false); }

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
  int8_t *to = sink->bytes;
  sink->bytes += count;
  for (; count >= 4; count -= 4, to += 4, from += 4) {
    uint32_t four = four_bytes(from);
    memcpy(to, &four, sizeof four);
  }
  for (; count > 0; count--) *to++ = *from++;
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
  bool is_inside = y >= 0 && left >= 0 && y + convolution->filter_height <= height && left + convolution->filter_width <= convolution->input_width;
  if (is_inside && convolution->dilation_height == 1 && convolution->dilation_width == 1) {
    const int8_t *row = input + y * row_bytes + left * convolution->input_channels;
    uint32_t count = (uint32_t)(convolution->filter_width * convolution->input_channels);
    for (int32_t tap = convolution->filter_height; tap > 0; tap--, row += row_bytes) take_input(sink, row, count);
    return;
  }
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

/* 1x1 without stride or padding: a patch is a pixel of the input. */
static bool is_pointwise(const struct convolution *convolution) {
  return convolution->filter_height == 1 && convolution->filter_width == 1 && convolution->stride_height == 1 && convolution->stride_width == 1 &&
         convolution->pad_top == 0 && convolution->pad_left == 0 && convolution->output_height == convolution->input_height &&
         convolution->output_width == convolution->input_width;
}

static __attribute__((noinline)) void fill_pairs_of_sixteens(uint32_t *pair, const int8_t *input, uint32_t depth, uint32_t pixels, uint32_t offsets) {
  for (; pixels > 1; pixels -= 2, pair += depth) {
    input = spread_row_of_sixteens(pair, input, depth, offsets, PIXELS, false);
    input = spread_row_of_sixteens(pair + 1, input, depth, offsets, PIXELS, false);
  }
  if (pixels == 1) spread_row_of_sixteens(pair, input, depth, offsets, PIXELS, false);
}

static void fill_pointwise(const struct block *block, uint32_t first, uint32_t count) {
  uint32_t depth = block->depth;
  const int8_t *input = (const int8_t *)block->convolution->input + first * depth;
  if (depth % 16 == 0) {
    fill_pairs_of_sixteens(block->patches, input, depth, count, block->offsets);
    return;
  }
  for (uint32_t pixel = 0; pixel < count; pixel++, input += depth)
    spread_input(block->patches + (pixel & ~1u) * block->words + (pixel & 1), input, depth, block->offsets);
}

static void fill_windows(const struct block *block, struct position *position, uint32_t count) {
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
}

/* Lays out the patches of `count` pixels; an odd one out gets a neighbour of zeros. */
static void fill_patches(const struct block *block, struct position *position, uint32_t first, uint32_t count) {
  if (block->is_direct && is_pointwise(block->convolution)) fill_pointwise(block, first, count);
  else fill_windows(block, position, count);
  if (count % 2 == 1) spread_padding(block->patches + (count - 1) * block->words + 1, 2 * block->words);
}

/* ---- Weights of four channels ---- */

static uint32_t four_elements(const int8_t *from, uint32_t step, uint32_t count) {
  uint32_t word = 0;
  for (uint32_t i = 0; i < count; i++) word |= (uint32_t)(uint8_t)from[i * step] << 8 * i;
  return word;
}

/* One channel's weights in any order. */
static void spread_weights_by_element(uint32_t *to, const int8_t *from, uint32_t element_step, uint32_t count, bool doubled) {
  for (uint32_t element = 0; element < count; element += 4, to += 2 * CHANNELS, from += 4 * element_step) {
    uint32_t left = count - element, four = four_elements(from, element_step, left < 4 ? left : 4);
    to[0] = times(doubled, even_bytes(four));
    to[CHANNELS] = times(doubled, odd_bytes(four));
  }
}

/* One channel's weights in the file's order, but for what fills no word. */
static void spread_whole_words(uint32_t *to, const int8_t *from, uint32_t count, bool doubled) {
  if (doubled) spread(to, from, count, 0, CHANNELS, true);
  else spread(to, from, count, 0, CHANNELS, false);
}

static __attribute__((noinline)) void spread_channels_of_sixteens(uint32_t *to, const int8_t *from, uint32_t depth, uint32_t channels) {
  for (uint32_t *end = to + channels; to != end; to++) from = spread_row_of_sixteens(to, from, depth, 0, CHANNELS, false);
}
static __attribute__((noinline)) void spread_channels_of_sixteens_doubled(uint32_t *to, const int8_t *from, uint32_t depth, uint32_t channels) {
  for (uint32_t *end = to + channels; to != end; to++) from = spread_row_of_sixteens(to, from, depth, 0, CHANNELS, true);
}

static void spread_channels(const struct block *block, const int8_t *from, uint32_t channels, uint32_t channel_step, uint32_t element_step, bool doubled) {
  uint32_t depth = block->depth, whole = element_step == 1 ? depth & ~3u : 0;
  if (element_step == 1 && depth % 16 == 0 && (uintptr_t)from % 4 == 0) {
    if (doubled) spread_channels_of_sixteens_doubled(block->weights, from, depth, channels);
    else spread_channels_of_sixteens(block->weights, from, depth, channels);
    return;
  }
  for (uint32_t channel = 0; channel < channels; channel++, from += channel_step) {
    if (whole > 0) spread_whole_words(block->weights + channel, from, whole, doubled);
    spread_weights_by_element(block->weights + channel + 2 * whole, from + whole * element_step, element_step, depth - whole, doubled);
  }
}

/* What is missing, channels and elements, is zero. */
static void spread_weights(const struct block *block, const int8_t *from, uint32_t channels, uint32_t channel_step, uint32_t element_step, bool doubled) {
  spread_channels(block, from, channels, channel_step, element_step, doubled);
  for (uint32_t channel = channels; channel < CHANNELS; channel++)
    for (uint32_t word = channel; word < CHANNELS * block->words; word += CHANNELS) block->weights[word] = 0;
}

/* false: one of them needs the slow way. */
static bool set_channels(const struct block *block, uint32_t first, uint32_t channels) {
  const struct convolution *convolution = block->convolution;
  const struct rescale *rescale = convolution->rescale + first;
  struct dsp_requantisation *requantisation = block->requantisation;
  int32_t *bias = block->biases, output_offset = convolution->output_offset;
  uint32_t depth = block->depth;
  bool all = true;
  for (uint32_t i = 0; i < CHANNELS; i++) bias[i] = i < channels && convolution->bias != NULL ? ((const int32_t *)convolution->bias)[first + i] : 0;
  for (uint32_t i = 0; i < channels; i++)
    all &= dsp_requantisation_of(requantisation++, *rescale++, *bias++, depth, output_offset);
  for (uint32_t i = channels; i < CHANNELS; i++) *requantisation++ = (struct dsp_requantisation){ 0, 0, 0 };
  return all;
}

static void double_biases(const struct block *block) {
  for (uint32_t i = 0; i < CHANNELS; i++) block->biases[i] *= 2;
}

/* ---- Four channels of a block ---- */

static struct dsp_tiles tiles_of(const struct block *block) {
  return (struct dsp_tiles){
    .weights = (const uint32_t *)block->biases, .patches = block->patches, .weights_end = block->weights + 4 * block->words,
    .skipped_steps = (1 - block->words) % DSP_STEPS,
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
      int32_t value = dsp_requantised_slowly(sums[channel][pixel % 2], rescale[channel], convolution->output_offset);
      output[channel] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
    }
    output += convolution->output_channels;
  }
}

static void multiply(const struct block *block, uint32_t channels, uint32_t count, bool doubled, int8_t *output) {
  void (*const run_tiles)(const struct dsp_tiles *) = doubled ? dsp_doubled_tiles_requantised : dsp_tiles_requantised;
  uint32_t output_channels = (uint32_t)block->convolution->output_channels, direct = channels == 4 ? count & ~1u : 0;
  struct dsp_tiles tiles = tiles_of(block);
  tiles.patches_end = tiles.patches + direct * block->words;
  tiles.output = output;
  tiles.pixel_step = output_channels;
  if (direct > 0) run_tiles(&tiles);
  if (direct == count) return;
  tiles.patches = tiles.patches_end;
  tiles.patches_end = block->patches + ((count + 1) & ~1u) * block->words;
  tiles.output = block->edge;
  tiles.pixel_step = 4;
  run_tiles(&tiles);
  for (uint32_t pixel = direct; pixel < count; pixel++)
    for (uint32_t channel = 0; channel < channels; channel++) output[pixel * output_channels + channel] = block->edge[4 * (pixel - direct) + channel];
}

/* Four channels of `count` pixels. Weights are doubled where that costs less than a shift for each output. */
static void run_channels(const struct block *block, uint32_t first, uint32_t count, uint32_t channel_step, uint32_t element_step, int8_t *output) {
  const struct convolution *convolution = block->convolution;
  uint32_t left = (uint32_t)convolution->output_channels - first, channels = left < 4 ? left : 4;
  bool is_fast = set_channels(block, first, channels), doubled = is_fast && count > block->depth / 2;
  spread_weights(block, (const int8_t *)convolution->filter + first * channel_step, channels, channel_step, element_step, doubled);
  if (doubled) double_biases(block);
  if (is_fast) multiply(block, channels, count, doubled, output + first);
  else multiply_slowly(block, convolution->rescale + first, channels, count, output + first);
}

void dsp_convolve(const struct convolution *convolution, uint32_t channel_step, uint32_t element_step) {
  struct block block = layout(convolution);
  struct position position = { 0, 0, 0 };
  uint32_t total = pixels_of(convolution), output_channels = (uint32_t)convolution->output_channels;
  int8_t *output = convolution->output;
  for (uint32_t done = 0, count; done < total; done += count, output += count * output_channels) {
    count = total - done < block.pixels ? total - done : block.pixels;
    fill_patches(&block, &position, done, count);
    for (uint32_t channel = 0; channel < output_channels; channel += 4) run_channels(&block, channel, count, channel_step, element_step, output);
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
