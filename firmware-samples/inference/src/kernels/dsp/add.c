/* Addition of two int8 rows: each value is brought to the common scale, and their sum to the output's, in five instructions each. */
#include "dsp.h"
#include "../../quantisation.h"

#if defined(__ARM_FEATURE_DSP) && defined(INFERENCE_DSP_POOL_ADD)

/* |value + offset| is at most 255 and shifted by 20 bits before it is scaled; doubled, it still fits 31 bits. */
enum { LEFT_SHIFT = 20 };

/* As struct dsp_requantisation, but a shift of 0 is usual: the input of the larger scale has the multiplier 1/2. */
struct scaling {
  int32_t offset;                   /* shifted and doubled as the values are */
  int32_t multiplier;
  int32_t rounding;                 /* 2^(shift - 1), or 0 */
  int32_t shift;
  int32_t sign;                     /* -1: what is negative is rounded downward at ties; 0 where there is no shift */
};

static bool scaling_of(struct scaling *scaling, int32_t offset, struct rescale by) {
  int32_t shift = -by.shift;
  if (shift < 0 || shift > DSP_LARGEST_SHIFT) return false;
  *scaling = (struct scaling){ offset * (1 << (LEFT_SHIFT + 1)), by.multiplier, shift == 0 ? 0 : 1 << (shift - 1), shift, shift == 0 ? 0 : -1 };
  return true;
}

static inline int32_t scaled(int32_t value, const struct scaling *scaling) {
  int32_t doubled = value * (1 << (LEFT_SHIFT + 1)) + scaling->offset, rounding = scaling->rounding + (doubled >> 31 & scaling->sign), result;
  __asm("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(doubled), "r"(scaling->multiplier), "r"(rounding));
  return result >> scaling->shift;
}

binary_row add_row_int8_portable;   /* ../binary.c */

/* In chunks, so that one loop's constants fit the registers. */
enum { CHUNK = 64 };

static __attribute__((noinline)) void scale_chunk(const int8_t *from, uint32_t step, uint32_t count, const struct scaling *scaling, int32_t *to) {
  const struct scaling constants = *scaling;
  for (int32_t *end = to + count; to < end; from += step) *to++ = scaled(*from, &constants);
}

static __attribute__((noinline)) void add_chunk(const int8_t *from, uint32_t step, uint32_t count, const struct scaling *scaling, int32_t *sums) {
  const struct scaling constants = *scaling;
  for (int32_t *end = sums + count; sums < end; from += step) *sums++ += scaled(*from, &constants);
}

static __attribute__((noinline)) void requantise_chunk(const int32_t *sums, uint32_t count, const struct dsp_requantisation *requantisation, int8_t *to) {
  const struct dsp_requantisation constants = *requantisation;
  for (const int32_t *end = sums + count; sums < end;) *to++ = (int8_t)dsp_requantised(*sums++, &constants);
}

void add_row_int8(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output, uint32_t count) {
  struct scaling of_a, of_b;
  struct dsp_requantisation of_sum;
  bool is_fast = binary->left_shift == LEFT_SHIFT && scaling_of(&of_a, binary->offset_a, binary->rescale_a) &&
                 scaling_of(&of_b, binary->offset_b, binary->rescale_b) && dsp_requantisation_of(&of_sum, binary->rescale_output, 0, 1, binary->output_offset);
  if (!is_fast) {
    add_row_int8_portable(binary, a, step_a, b, step_b, output, count);
    return;
  }
  for (uint32_t done = 0; done < count; done += CHUNK) {
    uint32_t chunk = count - done < CHUNK ? count - done : CHUNK;
    int32_t sums[CHUNK];
    scale_chunk((const int8_t *)a + done * step_a, step_a, chunk, &of_a, sums);
    add_chunk((const int8_t *)b + done * step_b, step_b, chunk, &of_b, sums);
    requantise_chunk(sums, chunk, &of_sum, (int8_t *)output + done);
  }
  dsp_clamp(output, count, binary->minimum, binary->maximum);
}

#endif
