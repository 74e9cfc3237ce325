/*
 * Depthwise convolution, four channels at a time. For each pixel a list of pointers says where its taps lie (or the padding); two taps
 * of four channels are packed into pairs by channel, so that one SMLAD adds two products to a channel's sum. Weights are paired in
 * the same way once per run, in scratch. The input offset is in the bias: offset * (sum of the channel's weights).
 *
 * Two taps of four channels take 22 cycles for 8 products, 2.75 each, by our timing model; 21 by the Cortex-M4 TRM (100166, 3.3.1), where
 * the second of two neighbouring LDRs takes one cycle: LDRD 3, LDR 2, LDR 2 (1), PKH 2, LDM 5, SXTB16 4, SMLAD 4.
 *
 * One input channel with a depth multiplier is an ordinary convolution with another order of weights. Other depth multipliers are
 * left to the portable kernel, as are channels beyond the fast requantisation.
 *
 * scratch: pointers of a pixel's taps, paired weights, requantisation by four channels, padding.
 */
#include "dsp.h"
#include "../int8-convolve.h"

#ifdef __ARM_FEATURE_DSP

enum { STEPS = 5 };                 /* of the unrolled loop: pairs of taps, 3x3 in one pass */

/* Four channels as the assembly reads them. */
struct channels {
  int32_t bias[4];
  struct dsp_requantisation requantisation[4];
};
_Static_assert(sizeof(struct channels) == 64, "the assembly knows it");

/* The assembly knows the offsets. */
struct pixel {
  const int8_t **taps;              /* 0 */
  const uint32_t *weights;          /* 4: [blocks][pairs of taps][4 channels], two int16 each */
  const struct channels *channels;   /* 8: [blocks] */
  int8_t *output;                   /* 12 */
  uint32_t blocks;                  /* 16: of four channels, at least 1 */
  const int8_t **taps_end;          /* 20 */
  uint32_t skipped_steps;           /* 24: of the first pass over the unrolled loop */
};
_Static_assert(sizeof(struct pixel) == 28, "the assembly knows it");

/*
 * r0 pointers to taps   r1 weights   r2 offset of the first channel   r3 a pair   r4 to r7 sums   r8, r12 taps packed: channels 2 and 3,
 * 0 and 1   r9 to r11, lr pairs of weights
 */
#define STEP \
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
#define STEP_BYTES "56"               /* fourteen instructions of 32 bits */

#define REQUANTISE(sum) \
  "ldm    lr!, {r8, r9, r12}\n"             \
  "add    r3, r9, " sum ", asr #31\n"       \
  "lsl    " sum ", " sum ", #1\n"           \
  "smmlar " sum ", " sum ", r8, r3\n"       \
  "asr    " sum ", " sum ", r12\n"          \
  "ssat   " sum ", #8, " sum "\n"

__attribute__((naked, noinline)) static void run_pixel(const struct pixel *pixel __attribute__((unused))) {
  __asm volatile(
    "push   {r4-r11, lr}\n"
    "sub    sp, #28\n"
    "ldm    r0, {r2-r8}\n"
    "movs   r12, #" STEP_BYTES "\n"
    "mul    r8, r8, r12\n"
    "adr.w  r12, 2f\n"
    "add    r8, r8, r12\n"
    "orr    r8, r8, #1\n"
    "mov    r12, sp\n"
    "stm    r12, {r2-r8}\n"
    "mov    r1, r3\n"
    "movs   r2, #0\n"
    "1:\n"
    "ldrd   r0, r3, [sp]\n"
    "ldr    lr, [sp, #8]\n"
    "ldm    lr, {r4-r7}\n"
    "ldr    pc, [sp, #24]\n"
    ".balign 4\n"
    "2:\n"
    STEP STEP STEP STEP STEP
    "ldr    r3, [sp, #20]\n"
    "cmp    r0, r3\n"
    "bne.w  2b\n"
    "ldr    lr, [sp, #8]\n"
    "adds   lr, #16\n"
    REQUANTISE("r4") REQUANTISE("r5") REQUANTISE("r6") REQUANTISE("r7")
    "ldrd   r0, r3, [sp, #12]\n"
    "str    lr, [sp, #8]\n"
    "strb   r4, [r0], #1\n"
    "strb   r5, [r0], #1\n"
    "strb   r6, [r0], #1\n"
    "strb   r7, [r0], #1\n"
    "adds   r2, #4\n"
    "subs   r3, #1\n"
    "strd   r0, r3, [sp, #12]\n"
    "bne.w  1b\n"
    "add    sp, #28\n"
    "pop    {r4-r11, pc}\n");
}

struct plan {
  const struct convolution *convolution;
  uint32_t channels, blocks;        /* whole blocks of four channels */
  uint32_t taps, pairs;
  const int8_t **pointers;
  uint32_t *weights;
  struct channels *quantisation;
  int8_t *padding;                  /* [channels] */
};

static struct plan plan_of(const struct convolution *convolution) {
  uint32_t channels = (uint32_t)convolution->output_channels, taps = (uint32_t)(convolution->filter_height * convolution->filter_width);
  struct plan plan = { .convolution = convolution, .channels = channels, .blocks = channels / 4, .taps = taps, .pairs = (taps + 1) / 2 };
  plan.pointers = convolution->scratch;
  plan.weights = (uint32_t *)(plan.pointers + 2 * plan.pairs);
  plan.quantisation = (struct channels *)(plan.weights + plan.blocks * plan.pairs * 4);
  plan.padding = (int8_t *)(plan.quantisation + plan.blocks + 1);
  return plan;
}

static void pair_weights(const struct plan *plan) {
  const int8_t *filter = plan->convolution->filter;
  uint32_t *to = plan->weights;
  for (uint32_t channel = 0; channel < 4 * plan->blocks; channel += 4)
    for (uint32_t tap = 0; tap < 2 * plan->pairs; tap += 2, to += 4) {
      uint32_t a = four_bytes(filter + tap * plan->channels + channel);
      uint32_t b = tap + 1 < plan->taps ? four_bytes(filter + (tap + 1) * plan->channels + channel) : 0;
      uint32_t low = (a & 0xffff) | b << 16, high = a >> 16 | (b & 0xffff0000);
      to[0] = even_bytes(low);
      to[1] = odd_bytes(low);
      to[2] = even_bytes(high);
      to[3] = odd_bytes(high);
    }
}

static int32_t sum_of_weights(const struct plan *plan, uint32_t channel) {
  const int8_t *weight = (const int8_t *)plan->convolution->filter + channel;
  int32_t sum = 0;
  for (uint32_t tap = 0; tap < plan->taps; tap++, weight += plan->channels) sum += *weight;
  return sum;
}

/* false: the fast way does not take one of them. */
static bool set_channels(const struct plan *plan) {
  const struct convolution *convolution = plan->convolution;
  bool all = true;
  for (uint32_t channel = 0; channel < plan->channels; channel++) {
    struct channels *four = &plan->quantisation[channel / 4];
    int32_t bias = convolution->bias == NULL ? 0 : ((const int32_t *)convolution->bias)[channel];
    if (!dsp_requantisation_of(&four->requantisation[channel % 4], convolution->rescale[channel], bias, plan->taps, convolution->output_offset)) all = false;
    four->bias[channel % 4] = (int32_t)((uint32_t)bias + (uint32_t)(convolution->input_offset * sum_of_weights(plan, channel)));
  }
  return all;
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

/* The channels that fill no block of four. */
static void run_last_channels(const struct plan *plan, int8_t *output) {
  const int8_t *filter = plan->convolution->filter;
  for (uint32_t channel = 4 * plan->blocks; channel < plan->channels; channel++) {
    const struct channels *four = &plan->quantisation[channel / 4];
    int32_t sum = four->bias[channel % 4];
    for (uint32_t tap = 0; tap < plan->taps; tap++)
      sum = (int32_t)((uint32_t)sum + (uint32_t)(plan->pointers[tap][channel] * filter[tap * plan->channels + channel]));
    output[channel] = (int8_t)dsp_requantised(sum, &four->requantisation[channel % 4]);
  }
}

static void run_pixels(const struct plan *plan) {
  const struct convolution *convolution = plan->convolution;
  const int8_t *input = convolution->input;
  int8_t *output = convolution->output;
  struct pixel pixel = {
    .taps = plan->pointers, .weights = plan->weights, .channels = plan->quantisation, .blocks = plan->blocks,
    .taps_end = plan->pointers + 2 * plan->pairs, .skipped_steps = (STEPS - plan->pairs % STEPS) % STEPS,
  };
  for (int32_t batch = 0; batch < convolution->batches; batch++) {
    for (int32_t y = 0, top = -convolution->pad_top; y < convolution->output_height; y++, top += convolution->stride_height)
      for (int32_t x = 0, left = -convolution->pad_left; x < convolution->output_width; x++, left += convolution->stride_width) {
        point_at_taps(plan, input, top, left);
        pixel.output = output;
        if (plan->blocks > 0) run_pixel(&pixel);
        run_last_channels(plan, output);
        output += plan->channels;
      }
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
  return plan.pairs * 8 + plan.blocks * plan.pairs * 16 + (plan.blocks + 1) * (uint32_t)sizeof(struct channels) + plan.channels;
}

static void run(const struct convolution *depthwise) {
  if (depthwise->input_channels == 1) {
    struct convolution convolution = as_convolution(depthwise);
    dsp_convolve(&convolution, 1, (uint32_t)convolution.output_channels);
    return;
  }
  struct plan plan = plan_of(depthwise);
  if (depthwise->depth_multiplier != 1 || !set_channels(&plan)) {
    depthwise_int8_portable(depthwise);
    return;
  }
  pair_weights(&plan);
  memset(plan.padding, (uint8_t)-depthwise->input_offset, plan.channels);
  run_pixels(&plan);
  uint32_t pixels = (uint32_t)(depthwise->batches * depthwise->output_height * depthwise->output_width);
  dsp_clamp(depthwise->output, pixels * plan.channels, depthwise->minimum, depthwise->maximum);
}

const struct convolution_kernel depthwise_int8 = { .scratch_bytes = scratch_bytes, .run = run };

#endif
