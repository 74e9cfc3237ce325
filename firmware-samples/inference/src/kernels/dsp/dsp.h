/*
 * What the kernels with DSP instructions share. Sources: Armv7-M ARM (DDI 0403E) A7.7 for the instructions, ACLE (IHI 0053) for their
 * intrinsics. GCC 12 has no intrinsic for the rotation inside SXTB16 and SXTAB16, PKHBT, PKHTB and SMMLAR: these are one-line assembly.
 */
#ifndef INFERENCE_DSP_H
#define INFERENCE_DSP_H

#ifdef __ARM_FEATURE_DSP

#include <arm_acle.h>
#include <string.h>

#include "../kernels.h"

/* Four bytes at any address: LDR takes them unaligned on Armv7-M (CCR.UNALIGN_TRP is 0 after reset). */
static inline uint32_t four_bytes(const int8_t *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

static inline uint32_t four_times(int8_t value) { return (uint8_t)value * 0x01010101u; }

/* Bytes 0 and 2 as two int16, and bytes 1 and 3. */
static inline uint32_t even_bytes(uint32_t word) { return (uint32_t)__sxtb16(word); }
static inline uint32_t odd_bytes(uint32_t word) {
  uint32_t pair;
  __asm("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
  return pair;
}
static inline uint32_t even_bytes_plus(uint32_t addends, uint32_t word) { return (uint32_t)__sxtab16((int16x2_t)addends, word); }
static inline uint32_t odd_bytes_plus(uint32_t addends, uint32_t word) {
  uint32_t pair;
  __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(pair) : "r"(addends), "r"(word));
  return pair;
}

/* The same int16 twice. */
static inline uint32_t both_halves(int32_t value) { return (uint16_t)value * 0x10001u; }

/*
 * One channel's way from sum to output in five instructions; the proof that it gives the same bits is in README.md, "Requantisation".
 * It needs a right shift of 1 to DSP_LARGEST_SHIFT and sums below 2^30.
 */
struct dsp_requantisation {
  int32_t multiplier;
  int32_t rounding;                 /* 2^(shift - 1) + (zero point << shift) */
  int32_t shift;
};
enum { DSP_LARGEST_SHIFT = 21, DSP_LARGEST_BIAS = 1 << 29, DSP_LARGEST_DEPTH = (1 << 29) / (255 * 128) };

/* false: outside the range of the fast way, dsp_requantised_slowly() must be used. `depth`: products in a sum. */
static inline bool dsp_requantisation_of(struct dsp_requantisation *into, struct rescale rescale, int32_t bias, uint32_t depth, int32_t output_offset) {
  int32_t shift = -rescale.shift;
  bool is_shift_right = (uint32_t)shift - 1 < DSP_LARGEST_SHIFT, is_bias_small = (uint32_t)bias + DSP_LARGEST_BIAS <= 2u * DSP_LARGEST_BIAS;
  if (!is_shift_right || !is_bias_small || depth > DSP_LARGEST_DEPTH) return false;
  into->multiplier = rescale.multiplier;
  into->rounding = (1 << (shift - 1)) + output_offset * (1 << shift);
  into->shift = shift;
  return true;
}

static inline int32_t dsp_requantised(int32_t sum, const struct dsp_requantisation *by) {
  int32_t rounding = by->rounding + (sum >> 31), scaled;
  __asm("smmlar %0, %1, %2, %3" : "=r"(scaled) : "r"(sum << 1), "r"(by->multiplier), "r"(rounding));
  return __ssat(scaled >> by->shift, 8);
}

/* By the reference's steps, for all parameters; not clamped to int8. */
int32_t dsp_requantised_slowly(int32_t sum, struct rescale by, int32_t output_offset);

/* Clamps `count` bytes; nothing to do for -128 to 127. */
void dsp_clamp(int8_t *values, uint32_t count, int32_t minimum, int32_t maximum);

/*
 * 2 pixels by 4 channels at a time: matrix.c. The weights of four channels lie between their biases and their requantisation:
 *   int32 bias[4], int16 weights[depth / 2][4 channels][2], struct dsp_requantisation[4].
 */
struct dsp_tiles {
  const uint32_t *weights;          /* the biases' address */
  const uint32_t *patches;          /* [tiles][depth / 2][2 pixels], two int16 each */
  const uint32_t *weights_end;      /* the requantisation's address */
  uint32_t skipped_steps;           /* of the first pass over the unrolled loop: (1 - depth / 2) modulo DSP_STEPS; one goes before it */
  int8_t *output;                   /* four bytes for each pixel */
  uint32_t pixel_step;              /* bytes from one pixel's output to the next's */
  const uint32_t *patches_end;
};
enum { DSP_STEPS = 16 };
/* Sums, requantises to int8 and stores. */
void dsp_tiles_requantised(const struct dsp_tiles *tiles);
/* The same with weights and biases doubled beforehand, which saves a shift for each output. */
void dsp_doubled_tiles_requantised(const struct dsp_tiles *tiles);
/* One tile: sums without requantisation, [channel][pixel]. */
void dsp_tile_sums(const struct dsp_tiles *tiles, int32_t *sums);

/* A convolution whose filter may lie in another order: of output channel o, element k is filter[o * channel_step + k * element_step]. */
uint32_t dsp_convolve_scratch_bytes(const struct convolution *convolution);
void dsp_convolve(const struct convolution *convolution, uint32_t channel_step, uint32_t element_step);

#endif
#endif
