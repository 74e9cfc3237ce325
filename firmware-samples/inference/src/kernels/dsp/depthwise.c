/*
 * Depthwise convolution, four channels at a time. Two taps of four channels are packed into pairs by channel, so that one SMLAD adds two
 * products to a channel's sum. Biases, weights in the same pairs, and requantisation of all channels lie behind each other in scratch in
 * the order in which they are read; they are made once per run. Weights and biases are doubled, which saves a shift for each output. The
 * input offset is in the bias: offset * (sum of the channel's weights).
 *
 * Where a 3x3 window lies inside the input, its rows are read directly: 146 cycles for 36 products of four channels by our timing model,
 * of which 97 are sums and 32 requantisation. Elsewhere a list of pointers says where the taps lie (or the padding): 22 cycles for two taps of
 * four channels. By the Cortex-M4 TRM (100166, 3.3.1) the second of two neighbouring LDRs takes one cycle: 142, and 21.
 *
 * One input channel with a depth multiplier is an ordinary convolution with another order of weights. Other depth multipliers are
 * left to the portable kernel, as are channels beyond the fast requantisation.
 */
#include "dsp.h"
#include "../int8-convolve.h"

#ifdef __ARM_FEATURE_DSP

enum { STEPS = 5 };                 /* of the unrolled loop over pairs of taps */

/* A pixel whose taps are in a list. The assembly knows the offsets. */
struct listed_pixel {
  const int8_t **taps;              /* 0 */
  const uint32_t *stream;           /* 4: for each block bias[4], weights[pairs of taps][4][2], struct dsp_requantisation[4] */
  int8_t *output;                   /* 8 */
  int8_t *output_end;               /* 12 */
  const int8_t **taps_end;          /* 16 */
  uint32_t skipped_steps;           /* 20: of the first pass over the unrolled loop */
};
_Static_assert(sizeof(struct listed_pixel) == 24, "the assembly knows it");

/*
 * r0 pointers to taps   r1 stream   r2 offset of the first channel   r3 a pair   r4 to r7 sums   r8, r12 taps packed: channels 2 and 3,
 * 0 and 1   r9 to r11, lr pairs of weights
 */
#define LISTED_STEP \
  "ldrd   r8, r9, [r0], #8\n"         \
  "ldr    r8, [r8, r2]\n"             \
  "ldr    r9, [r9, r2]\n"             \
  "pkhbt  r12, r8, r9, lsl #16\n"     \
  "pkhtb  r8, r9, r8, asr #16\n"      \
  "ldm    r1!, {r9, r10, r11, lr}\n"  \
  "sxtb16 r3, r12\n"                  \
  "smlad  r4, r3, r9, r4\n"           \
  "sxtb16 r3, r12, ror #8\n"          \
  "smlad  r5, r3, r10, r5\n"          \
  "sxtb16 r3, r8\n"                   \
  "smlad  r6, r3, r11, r6\n"          \
  "sxtb16 r3, r8, ror #8\n"           \
  "smlad  r7, r3, lr, r7\n"
#define LISTED_STEP_BYTES "56"        /* fourteen instructions of 32 bits */

#define REQUANTISE(stream, sum) \
  "ldm    " stream "!, {r8, r9, r12}\n"    \
  "add    r9, r9, " sum ", asr #31\n"      \
  "smmlar " sum ", " sum ", r8, r9\n"      \
  "asr    " sum ", " sum ", r12\n"         \
  "ssat   " sum ", #8, " sum "\n"
#define REQUANTISE_BLOCK(stream) REQUANTISE(stream, "r4") REQUANTISE(stream, "r5") REQUANTISE(stream, "r6") REQUANTISE(stream, "r7")
#define STORE_BLOCK \
  "strb   r4, [r8], #1\n"  \
  "strb   r5, [r8], #1\n"  \
  "strb   r6, [r8], #1\n"  \
  "strb   r7, [r8], #1\n"

__attribute__((naked, noinline)) static void run_listed_pixel(const struct listed_pixel *pixel __attribute__((unused))) {
  __asm volatile(
    "push   {r4-r11, lr}\n"
    "sub    sp, #24\n"
    "ldm    r0, {r2-r7}\n"
    "movs   r12, #" LISTED_STEP_BYTES "\n"
    "mul    r7, r7, r12\n"
    "adr.w  r12, 2f\n"
    "add    r7, r7, r12\n"
    "orr    r7, r7, #1\n"
    "mov    r12, sp\n"
    "stm    r12, {r2-r7}\n"
    "mov    r1, r3\n"
    "movs   r2, #0\n"
    "1:\n"
    "ldr    r0, [sp]\n"
    "ldm    r1!, {r4-r7}\n"
    "ldr    pc, [sp, #20]\n"
    ".balign 4\n"
    "2:\n"
    LISTED_STEP LISTED_STEP LISTED_STEP LISTED_STEP LISTED_STEP
    "ldr    r3, [sp, #16]\n"
    "cmp    r0, r3\n"
    "bne.w  2b\n"
    REQUANTISE_BLOCK("r1")
    "ldrd   r8, r9, [sp, #8]\n"
    STORE_BLOCK
    "str    r8, [sp, #8]\n"
    "adds   r2, #4\n"
    "cmp    r8, r9\n"
    "bne.w  1b\n"
    "add    sp, #24\n"
    "pop    {r4-r11, pc}\n");
}

/* r0 to r2 rows of the window   r3 bytes from column to column   r4 to r7 sums   r8, r9 two taps, then packed in r12, r8   r10, r11 weights   lr stream */
#define PAIR \
  "pkhbt  r12, r8, r9, lsl #16\n"     \
  "pkhtb  r8, r9, r8, asr #16\n"      \
  "ldrd   r10, r11, [lr], #8\n"       \
  "sxtb16 r9, r12\n"                  \
  "smlad  r4, r9, r10, r4\n"          \
  "sxtb16 r9, r12, ror #8\n"          \
  "smlad  r5, r9, r11, r5\n"          \
  "ldrd   r10, r11, [lr], #8\n"       \
  "sxtb16 r9, r8\n"                   \
  "smlad  r6, r9, r10, r6\n"          \
  "sxtb16 r9, r8, ror #8\n"           \
  "smlad  r7, r9, r11, r7\n"
/* The ninth tap has no partner: the weights' upper halves are zero. */
#define LAST_TAP \
  "ldrd   r10, r11, [lr], #8\n"       \
  "sxtb16 r9, r8\n"                   \
  "sxtb16 r12, r8, ror #8\n"          \
  "smlabb r4, r9, r10, r4\n"          \
  "smlabb r5, r12, r11, r5\n"         \
  "ldrd   r10, r11, [lr], #8\n"       \
  "smlatb r6, r9, r10, r6\n"          \
  "smlatb r7, r12, r11, r7\n"

/* A pixel whose window of 3x3 without dilation lies inside the input. */
__attribute__((naked, noinline)) static void run_inner_pixel(const int8_t *window __attribute__((unused)), uint32_t row_bytes __attribute__((unused)),
                                                             uint32_t column_bytes __attribute__((unused)), const uint32_t *stream __attribute__((unused)),
                                                             int8_t *output __attribute__((unused)), int8_t *output_end __attribute__((unused))) {
  __asm volatile(
    "push   {r4-r11, lr}\n"
    "mov    lr, r3\n"
    "mov    r3, r2\n"
    "add    r2, r0, r1, lsl #1\n"
    "add    r1, r0, r1\n"
    "1:\n"
    "ldm    lr!, {r4-r7}\n"
    "ldr    r8, [r0]\n"
    "ldr    r9, [r0, r3]\n"
    PAIR
    "ldr    r8, [r0, r3, lsl #1]\n"
    "ldr    r9, [r1]\n"
    "adds   r0, #4\n"
    PAIR
    "ldr    r8, [r1, r3]\n"
    "ldr    r9, [r1, r3, lsl #1]\n"
    "adds   r1, #4\n"
    PAIR
    "ldr    r8, [r2]\n"
    "ldr    r9, [r2, r3]\n"
    PAIR
    "ldr    r8, [r2, r3, lsl #1]\n"
    "adds   r2, #4\n"
    LAST_TAP
    REQUANTISE_BLOCK("lr")
    "ldrd   r8, r9, [sp, #36]\n"
    STORE_BLOCK
    "str    r8, [sp, #36]\n"
    "cmp    r8, r9\n"
    "bne.w  1b\n"
    "pop    {r4-r11, pc}\n");
}

/* One of the last channels, which fill no block. */
struct lone_channel {
  int32_t bias;
  struct dsp_requantisation requantisation;
};

struct plan {
  const struct convolution *convolution;
  uint32_t channels, blocks;        /* whole blocks of four channels */
  uint32_t taps, pairs;
  const int8_t **pointers;          /* [2 * pairs] */
  uint32_t *stream;
  struct lone_channel *lone_channels;   /* [channels % 4] */
  int8_t *padding;                  /* [channels] */
};

static struct plan plan_of(const struct convolution *convolution) {
  uint32_t channels = (uint32_t)convolution->output_channels, taps = (uint32_t)(convolution->filter_height * convolution->filter_width);
  struct plan plan = { .convolution = convolution, .channels = channels, .blocks = channels / 4, .taps = taps, .pairs = (taps + 1) / 2 };
  plan.pointers = convolution->scratch;
  plan.stream = (uint32_t *)(plan.pointers + 2 * plan.pairs);
  plan.lone_channels = (struct lone_channel *)(plan.stream + plan.blocks * (16 + 4 * plan.pairs));
  plan.padding = (int8_t *)(plan.lone_channels + channels % 4);
  return plan;
}

static uint32_t twice(uint32_t pair) { return (uint32_t)__sadd16((int16x2_t)pair, (int16x2_t)pair); }

static uint32_t *pair_weights(const struct plan *plan, uint32_t channel, uint32_t *to) {
  const int8_t *weight = (const int8_t *)plan->convolution->filter + channel;
  for (uint32_t tap = 0; tap < plan->taps; tap += 2, weight += 2 * plan->channels, to += 4) {
    uint32_t a = four_bytes(weight), b = tap + 1 < plan->taps ? four_bytes(weight + plan->channels) : 0;
    uint32_t low = (a & 0xffff) | b << 16, high = a >> 16 | (b & 0xffff0000);
    to[0] = twice(even_bytes(low));
    to[1] = twice(odd_bytes(low));
    to[2] = twice(even_bytes(high));
    to[3] = twice(odd_bytes(high));
  }
  return to;
}

/* false: the fast way does not take it. */
static bool quantise_channel(const struct plan *plan, uint32_t channel, int32_t *bias, struct dsp_requantisation *requantisation) {
  const struct convolution *convolution = plan->convolution;
  const int8_t *weight = (const int8_t *)convolution->filter + channel;
  int32_t of_file = convolution->bias == NULL ? 0 : ((const int32_t *)convolution->bias)[channel], sum = 0;
  for (uint32_t tap = 0; tap < plan->taps; tap++, weight += plan->channels) sum += *weight;
  *bias = add_wrapping(of_file, convolution->input_offset * sum);
  return dsp_requantisation_of(requantisation, convolution->rescale[channel], of_file, plan->taps, convolution->output_offset);
}

/* false: one of the channels needs the slow way. */
static bool fill_stream(const struct plan *plan) {
  uint32_t *to = plan->stream;
  for (uint32_t first = 0; first < 4 * plan->blocks; first += 4) {
    int32_t *bias = (int32_t *)to;
    struct dsp_requantisation *requantisation = (struct dsp_requantisation *)pair_weights(plan, first, to + 4);
    for (uint32_t i = 0; i < 4; i++) {
      if (!quantise_channel(plan, first + i, &bias[i], &requantisation[i])) return false;
      bias[i] *= 2;
    }
    to = (uint32_t *)(requantisation + 4);
  }
  for (uint32_t i = 0; i < plan->channels % 4; i++)
    if (!quantise_channel(plan, 4 * plan->blocks + i, &plan->lone_channels[i].bias, &plan->lone_channels[i].requantisation)) return false;
  return true;
}

/* Where the taps of a pixel lie; an odd one out repeats the padding, its weights are zero. */
static void point_at_taps(const struct plan *plan, const int8_t *input, int32_t top, int32_t left) {
  const struct convolution *convolution = plan->convolution;
  int32_t height = convolution->input_height, width = convolution->input_width, channels = convolution->input_channels;
  int32_t right = left + (convolution->filter_width - 1) * convolution->dilation_width, step = convolution->dilation_width * channels;
  const int8_t **pointer = plan->pointers;
  for (int32_t row = 0, y = top; row < convolution->filter_height; row++, y += convolution->dilation_height) {
    const int8_t *at = input + (y * width + left) * channels;
    bool is_row_inside = y >= 0 && y < height;
    if (is_row_inside && left >= 0 && right < width) {
      for (int32_t column = 0; column < convolution->filter_width; column++, at += step) *pointer++ = at;
      continue;
    }
    for (int32_t column = 0, x = left; column < convolution->filter_width; column++, x += convolution->dilation_width, at += step)
      *pointer++ = is_row_inside && x >= 0 && x < width ? at : plan->padding;
  }
  if (plan->taps % 2 == 1) *pointer = plan->padding;
}

static void run_lone_channels(const struct plan *plan, int8_t *output) {
  for (uint32_t i = 0; i < plan->channels % 4; i++) {
    const struct lone_channel *lone = &plan->lone_channels[i];
    uint32_t channel = 4 * plan->blocks + i;
    const int8_t *weight = (const int8_t *)plan->convolution->filter + channel;
    int32_t sum = lone->bias;
    for (uint32_t tap = 0; tap < plan->taps; tap++, weight += plan->channels) sum = add_wrapping(sum, plan->pointers[tap][channel] * *weight);
    output[channel] = (int8_t)dsp_requantised(sum, &lone->requantisation);
  }
}

/* Output columns from `from` to before `to` in a row: their windows lie inside the input. */
struct inner { int32_t from, to; };

static struct inner inner_columns(const struct plan *plan, int32_t top) {
  const struct convolution *convolution = plan->convolution;
  struct inner none = { convolution->output_width, convolution->output_width };
  if (convolution->filter_height != 3 || convolution->filter_width != 3 || convolution->dilation_height != 1 || convolution->dilation_width != 1) return none;
  if (plan->channels % 4 != 0 || top < 0 || top + 3 > convolution->input_height) return none;
  int32_t from = (convolution->pad_left + convolution->stride_width - 1) / convolution->stride_width;
  int32_t last_left = convolution->input_width - 3 + convolution->pad_left;
  int32_t to = last_left < 0 ? 0 : last_left / convolution->stride_width + 1;
  if (to > convolution->output_width) to = convolution->output_width;
  return from < to ? (struct inner){ from, to } : none;
}

static int8_t *run_row(const struct plan *plan, const int8_t *input, int32_t top, int8_t *output) {
  const struct convolution *convolution = plan->convolution;
  struct inner inner = inner_columns(plan, top);
  uint32_t column_bytes = plan->channels, row_bytes = (uint32_t)convolution->input_width * plan->channels;
  struct listed_pixel pixel = {
    .taps = plan->pointers, .stream = plan->stream, .taps_end = plan->pointers + 2 * plan->pairs, .skipped_steps = (STEPS - plan->pairs % STEPS) % STEPS,
  };
  for (int32_t x = 0, left = -convolution->pad_left; x < convolution->output_width; x++, left += convolution->stride_width, output += plan->channels) {
    if (x >= inner.from && x < inner.to) {
      run_inner_pixel(input + (top * convolution->input_width + left) * convolution->input_channels, row_bytes, column_bytes, plan->stream, output,
                      output + plan->channels);
      continue;
    }
    point_at_taps(plan, input, top, left);
    pixel.output = output;
    pixel.output_end = output + 4 * plan->blocks;
    if (plan->blocks > 0) run_listed_pixel(&pixel);
    run_lone_channels(plan, output);
  }
  return output;
}

static void run_rows(const struct plan *plan) {
  const struct convolution *convolution = plan->convolution;
  const int8_t *input = convolution->input;
  int8_t *output = convolution->output;
  for (int32_t batch = 0; batch < convolution->batches; batch++) {
    for (int32_t y = 0, top = -convolution->pad_top; y < convolution->output_height; y++, top += convolution->stride_height)
      output = run_row(plan, input, top, output);
    input += convolution->input_height * convolution->input_width * convolution->input_channels;
  }
}

/* The order of weights is the only difference. */
static struct convolution as_convolution(const struct convolution *depthwise) {
  struct convolution convolution = *depthwise;
  convolution.filter_channels = 1;
  return convolution;
}

static uint32_t scratch_bytes(const struct convolution *depthwise) {
  if (depthwise->input_channels == 1) {
    struct convolution convolution = as_convolution(depthwise);
    return dsp_convolve_scratch_bytes(&convolution);
  }
  if (depthwise->depth_multiplier != 1) return 0;
  struct plan plan = plan_of(depthwise);
  return plan.pairs * 8 + plan.blocks * (64 + 16 * plan.pairs) + plan.channels % 4 * (uint32_t)sizeof(struct lone_channel) + plan.channels;
}

static void run(const struct convolution *depthwise) {
  if (depthwise->input_channels == 1) {
    struct convolution convolution = as_convolution(depthwise);
    dsp_convolve(&convolution, 1, (uint32_t)convolution.output_channels);
    return;
  }
  struct plan plan = plan_of(depthwise);
  if (depthwise->depth_multiplier != 1 || !fill_stream(&plan)) {
    depthwise_int8_portable(depthwise);
    return;
  }
  memset(plan.padding, (uint8_t)-depthwise->input_offset, plan.channels);
  run_rows(&plan);
  uint32_t pixels = (uint32_t)(depthwise->batches * depthwise->output_height * depthwise->output_width);
  dsp_clamp(depthwise->output, pixels * plan.channels, depthwise->minimum, depthwise->maximum);
}

const struct convolution_kernel depthwise_int8 = { .scratch_bytes = scratch_bytes, .run = run };

#endif
