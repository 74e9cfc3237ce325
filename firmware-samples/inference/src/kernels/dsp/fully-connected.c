/*
 * Fully connected layers: the input is spread to int16 once, with its offset added, and multiplied with four rows of weights at a time.
 *
 * Each weight is used once, so spreading it is part of the loop: 27 cycles for 16 products, 1.69 each, by our timing model; 25, 1.56 each,
 * by the Cortex-M4 TRM (100166, 3.3.1), where the second of two neighbouring LDRs takes one cycle: LDRD 3, LDR 4 * 2 (6), SXTB16 8, SMLAD 8.
 *
 * A filter with a zero point is left to the portable kernel. scratch: the input as int16, bytes 0 and 2 of four, then 1 and 3.
 */
#include "dsp.h"
#include "../int8-fully-connected.h"

#ifdef __ARM_FEATURE_DSP

enum { STEPS = 4 };                 /* of the unrolled loop, four elements each */

/* r0 weights   r1 bytes of a row   r2 input   r3 passes left   r4 to r7 sums   r8, r9 input pairs   r10, lr weights   r11 a pair   r12 three rows */
#define ROW(sum, weights) \
  "sxtb16 r11, " weights "\n"                         \
  "sxtb16 " weights ", " weights ", ror #8\n"         \
  "smlad  " sum ", r11, r8, " sum "\n"                \
  "smlad  " sum ", " weights ", r9, " sum "\n"
#define STEP \
  "ldrd   r8, r9, [r2], #8\n"       \
  "ldr    r10, [r0, r1]\n"          \
  "ldr    lr, [r0, r1, lsl #1]\n"   \
  ROW("r5", "r10")                  \
  ROW("r6", "lr")                   \
  "ldr    r10, [r0, r12]\n"         \
  "ldr    lr, [r0], #4\n"           \
  ROW("r7", "r10")                  \
  ROW("r4", "lr")
#define STEP_BYTES "84"             /* twenty-one instructions of 32 bits */

/* Adds to sums[0..3] the products of `fours` * 4 elements, at least 4. */
__attribute__((naked, noinline)) static void add_four_rows(const int8_t *rows __attribute__((unused)), uint32_t row_bytes __attribute__((unused)),
                                                           const uint32_t *input __attribute__((unused)), uint32_t fours __attribute__((unused)),
                                                           int32_t *sums __attribute__((unused))) {
  __asm volatile(
    "push   {r4-r11, lr}\n"
    "ldr    r12, [sp, #36]\n"
    "ldm    r12, {r4-r7}\n"
    "add    r12, r1, r1, lsl #1\n"
    "rsb    r8, r3, #0\n"
    "and    r8, r8, #3\n"           /* steps that the first pass skips */
    "adds   r3, #3\n"
    "lsrs   r3, r3, #2\n"
    "movs   r9, #" STEP_BYTES "\n"
    "mul    r8, r8, r9\n"
    "adr.w  r9, 1f\n"
    "add    r8, r8, r9\n"
    "orr    r8, r8, #1\n"
    "bx     r8\n"
    ".balign 4\n"
    "1:\n"
    STEP STEP STEP STEP
    "subs   r3, #1\n"
    "bne.w  1b\n"
    "ldr    r12, [sp, #36]\n"
    "stm    r12, {r4-r7}\n"
    "pop    {r4-r11, pc}\n");
}

static void spread_input(uint32_t *to, const int8_t *from, uint32_t fours, uint32_t offsets) {
  for (; fours > 0; fours--, to += 2, from += 4) {
    uint32_t four = four_bytes(from);
    to[0] = even_bytes_plus(offsets, four);
    to[1] = odd_bytes_plus(offsets, four);
  }
}

static int32_t add_one_row(const int8_t *row, const uint32_t *input, uint32_t fours, int32_t sum) {
  for (; fours > 0; fours--, row += 4, input += 2) {
    uint32_t four = four_bytes(row);
    sum = __smlad((int16x2_t)even_bytes(four), (int16x2_t)input[0], sum);
    sum = __smlad((int16x2_t)odd_bytes(four), (int16x2_t)input[1], sum);
  }
  return sum;
}

/* The elements that fill no word. */
static int32_t add_last(const struct fully_connected *layer, const int8_t *row, const int8_t *input, uint32_t first, int32_t sum) {
  for (uint32_t i = first; i < (uint32_t)layer->input_depth; i++) sum = add_wrapping(sum, (input[i] + layer->input_offset) * row[i]);
  return sum;
}

/*
 * fully_connected_output() in 32 bits, but for about one sum in 2^(shift - 1): the product's upper word tells the rounded value unless its fraction
 * lies in the two units around a tie. There, and for multipliers out of the range, the portable function decides.
 */
static int8_t requantised(const struct fully_connected *layer, uint32_t row, int32_t sum) {
  struct rescale by = layer->rescale[layer->per_channel ? row : 0];
  uint32_t shift = (uint32_t)(-1 - by.shift);             /* of the upper word */
  if (shift - 2 > 17) return fully_connected_output(layer, sum, (int32_t)row);
  int32_t rounded = (int32_t)((int64_t)sum * by.multiplier >> 32) + (1 << (shift - 1));
  uint32_t fraction = (uint32_t)rounded & ((1u << shift) - 1);
  if (fraction - 1 > (1u << shift) - 3) return fully_connected_output(layer, sum, (int32_t)row);
  return (int8_t)clamp((rounded >> shift) + layer->output_offset, layer->minimum, layer->maximum);
}

/* Four rows or one. */
static void run_rows(const struct fully_connected *layer, const int8_t *input, uint32_t row, uint32_t count, int8_t *output) {
  uint32_t depth = (uint32_t)layer->input_depth, fours = depth / 4;
  const int8_t *weights = (const int8_t *)layer->filter + row * depth;
  const int32_t *bias = layer->bias;
  int32_t sums[4];
  for (uint32_t i = 0; i < count; i++) sums[i] = bias == NULL ? 0 : bias[row + i];
  if (count == 1) sums[0] = add_one_row(weights, layer->scratch, fours, sums[0]);
  else if (fours > 0) add_four_rows(weights, depth, layer->scratch, fours, sums);
  for (uint32_t i = 0; i < count; i++, weights += depth)
    output[row + i] = requantised(layer, row + i, add_last(layer, weights, input, 4 * fours, sums[i]));
}

/* The last four rows may overlap with those before: computing one or two twice is faster than two or three alone. */
static void run_batch(const struct fully_connected *layer, const int8_t *input, int8_t *output) {
  uint32_t rows = (uint32_t)layer->output_depth, row = 0;
  spread_input(layer->scratch, input, (uint32_t)layer->input_depth / 4, both_halves(layer->input_offset));
  for (; row + 4 <= rows; row += 4) run_rows(layer, input, row, 4, output);
  if (rows >= 4 && rows - row >= 2) run_rows(layer, input, rows - 4, 4, output);
  else for (; row < rows; row++) run_rows(layer, input, row, 1, output);
}

static uint32_t scratch_bytes(const struct fully_connected *layer) {
  return layer->filter_offset != 0 ? 0 : (uint32_t)layer->input_depth / 4 * 8;
}

static void run(const struct fully_connected *layer) {
  if (layer->filter_offset != 0) {
    fully_connected_int8_portable(layer);
    return;
  }
  for (int32_t batch = 0; batch < layer->batches; batch++)
    run_batch(layer, (const int8_t *)layer->input + batch * layer->input_depth, (int8_t *)layer->output + batch * layer->output_depth);
}

const struct fully_connected_kernel fully_connected_int8 = { .scratch_bytes = scratch_bytes, .run = run };

#endif
