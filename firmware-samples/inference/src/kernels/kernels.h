/*
 * The seam between an operator's file and the functions that do its arithmetic.
 *
 * An operator's file (conv-2d.c) checks types and shapes in prepare(), writes what it found into one of the plain structures below,
 * and chooses a function by the input's type; its run() fills in the pointers and calls that function. So the functions know no
 * tensors and no flatbuffer: they can be replaced (dsp/) and tested alone.
 *
 *   type      functions in
 *   int8      the operator's own file; conv, depthwise and fully connected in int8-*.c, or dsp/ where __ARM_FEATURE_DSP
 *   int16     int16-*.c
 *   float32   float-*.c
 *
 * Layouts: activations NHWC; filters OHWI (conv), 1HWO (depthwise), OI (fully connected). Everything is in the file's order: no
 * function changes weights.
 */
#ifndef INFERENCE_KERNELS_H
#define INFERENCE_KERNELS_H

#include "inference-operator.h"

/* A real multiplier as integers: multiplier / 2^31 * 2^shift; multiplier 0 or in [2^30, 2^31), shift > 0 to the left. */
struct rescale {
  int32_t multiplier;
  int32_t shift;
};

/* CONV_2D and DEPTHWISE_CONV_2D. */
struct convolution {
  const void *input;                /* [batches][input_height][input_width][input_channels] */
  const void *filter;               /* conv: [output_channels][filter_height][filter_width][filter_channels]
                                       depthwise: [filter_height][filter_width][output_channels] */
  const void *bias;                 /* [output_channels] int32 (int64 for int16, float for float32); NULL: none */
  void *output;                     /* [batches][output_height][output_width][output_channels] */
  void *kept;                       /* what *_prepare() filled; NULL if it asked for none */
  void *scratch;                    /* 8-byte aligned; NULL if *_scratch_bytes() is 0 */
  const struct rescale *rescale;    /* [output_channels]; NULL for float32 */
  const float *filter_scales;       /* float32 with int8 filters: [output_channels]; NULL: filter_scale for all */
  float filter_scale;
  int32_t batches;
  int32_t input_height, input_width, input_channels;
  int32_t filter_height, filter_width;
  int32_t filter_channels;          /* conv: of one group, divides input_channels; more than one group if less */
  int32_t output_height, output_width, output_channels;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t pad_top, pad_left;
  int32_t depth_multiplier;         /* depthwise: output channel = input channel * depth_multiplier + m; conv: 0 */
  int32_t input_offset;             /* -zero point: added to inputs, in [-127, 128] for int8 */
  int32_t output_offset;            /* zero point */
  int32_t minimum, maximum;         /* of the output, activation included */
  float float_minimum, float_maximum;
  bool bias_is_int64;               /* int16 activations: the bias may be either */
};

/* FULLY_CONNECTED. */
struct fully_connected {
  const void *input;                /* [batches][input_depth] */
  const void *filter;               /* [output_depth][input_depth] */
  const void *bias;                 /* [output_depth]; NULL: none */
  void *output;                     /* [batches][output_depth] */
  void *kept;
  void *scratch;
  const struct rescale *rescale;    /* [output_depth] if per_channel, else one */
  const float *filter_scales;       /* as many */
  float input_scale, output_scale;
  int32_t batches, input_depth, output_depth;
  int32_t input_offset;             /* -zero point of the input */
  int32_t filter_offset;            /* -zero point of the filter; 0 in nearly all networks */
  int32_t output_offset;
  int32_t minimum, maximum;
  float float_minimum, float_maximum;
  bool per_channel;
  bool bias_is_int64;
};

/*
 * One arithmetic for one type. prepare() of the operator calls keep_bytes() and scratch_bytes() when the geometry, the offsets, filter
 * and bias are set (input, output, kept, scratch are not), gets the memory, calls prepare() with `kept` set; run() may be called any
 * number of times. filter and bias are NULL in prepare if they are not constant. The three middle functions may be NULL: nothing needed.
 */
struct convolution_kernel {
  uint32_t (*keep_bytes)(const struct convolution *convolution);
  void (*prepare)(const struct convolution *convolution);
  uint32_t (*scratch_bytes)(const struct convolution *convolution);
  void (*run)(const struct convolution *convolution);
};
struct fully_connected_kernel {
  uint32_t (*keep_bytes)(const struct fully_connected *layer);
  void (*prepare)(const struct fully_connected *layer);
  uint32_t (*scratch_bytes)(const struct fully_connected *layer);
  void (*run)(const struct fully_connected *layer);
};

/*
 * int8-convolve.c, int8-depthwise.c, int8-fully-connected.c; with __ARM_FEATURE_DSP those files are empty and dsp/ has them.
 * The portable bodies stay reachable as *_portable in every build (static inline in int8-*.h), for the cases dsp/ leaves out.
 */
extern const struct convolution_kernel convolve_int8, depthwise_int8;
extern const struct fully_connected_kernel fully_connected_int8;
extern const struct convolution_kernel convolve_int16, depthwise_int16, convolve_float, depthwise_float;
extern const struct convolution_kernel convolve_hybrid;   /* float32 with an int8 filter; float-hybrid.c */
extern const struct fully_connected_kernel fully_connected_int16, fully_connected_float;

/* AVERAGE_POOL_2D, MAX_POOL_2D. */
struct pool {
  const void *input;                /* [batches][input_height][input_width][channels] */
  void *output;
  int32_t batches, input_height, input_width, channels;
  int32_t output_height, output_width;
  int32_t filter_height, filter_width, stride_height, stride_width;
  int32_t pad_top, pad_left;
  int32_t minimum, maximum;
  float float_minimum, float_maximum;
};
typedef void pool_function(const struct pool *pool);
pool_function average_pool_int8, average_pool_int16, average_pool_float;
pool_function max_pool_int8, max_pool_int16, max_pool_float;

/*
 * Binary operators with broadcasting (ADD, SUB, MUL and others). broadcast_run() (broadcast.c) walks the outer dimensions and calls
 * `row` for the innermost one, where each input goes forward by its step of 0 or 1 elements.
 */
struct binary;
typedef void binary_row(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output,
                        uint32_t count);
struct binary {
  binary_row *row;
  int32_t extent[INFERENCE_MAX_RANK];                    /* of the output, outermost first; leading ones where the rank is less */
  uint32_t stride_a[INFERENCE_MAX_RANK], stride_b[INFERENCE_MAX_RANK];   /* elements; 0 where broadcast */
  uint8_t input_bytes, output_bytes;                     /* of one element */
  int32_t offset_a, offset_b, output_offset;             /* -zero points of the inputs, zero point of the output */
  struct rescale rescale_a, rescale_b, rescale_output;   /* ADD, SUB; MUL uses the last */
  int32_t left_shift;
  int32_t minimum, maximum;
  float float_minimum, float_maximum;
};
/* Fills extent, strides and element sizes; INFERENCE_BAD_SHAPE if the shapes do not broadcast to the output's. */
enum inference_status broadcast_prepare(struct binary *binary, const struct inference_tensor *a, const struct inference_tensor *b,
                                        const struct inference_tensor *output);
void broadcast_run(const struct binary *binary, const void *a, const void *b, void *output);
/* Quantised ADD and SUB (sign -1 negates b), MUL: offsets and multipliers from the tensors' scales. left_shift: 20 int8, 15 int16. */
void binary_add_quantisation(struct binary *binary, const struct inference_tensor *a, const struct inference_tensor *b,
                             const struct inference_tensor *output, int32_t left_shift);
void binary_mul_quantisation(struct binary *binary, const struct inference_tensor *a, const struct inference_tensor *b,
                             const struct inference_tensor *output);
binary_row add_row_int8, sub_row_int8, mul_row_int8;
binary_row add_row_int16, sub_row_int16, mul_row_int16;
binary_row add_row_float, sub_row_float, mul_row_float;
binary_row add_row_int32, sub_row_int32, mul_row_int32;

/* SOFTMAX over the last dimension. */
struct softmax {
  const void *input;
  void *output;
  void *kept;                       /* int16: tables, made by softmax_prepare_int16 */
  uint32_t rows, depth;
  struct rescale rescale;           /* of beta and the input's scale */
  int32_t difference_minimum;       /* int8: less than this below the maximum counts as zero */
  float beta;
};
typedef void softmax_function(const struct softmax *softmax);
softmax_function softmax_int8, softmax_int8_to_int16, softmax_int16, softmax_float;
uint32_t softmax_keep_bytes_int16(void);
void softmax_prepare_int16(void *kept);

/* LOGISTIC, TANH, RELU, RELU6: one value after another. */
struct unary {
  const void *input;
  void *output;
  uint32_t count;
  int32_t input_offset;             /* zero point of the input */
  int32_t output_offset;
  struct rescale rescale;
  int32_t input_range_radius;       /* LOGISTIC, TANH int8: beyond it the result is the extreme */
  int32_t minimum, maximum;
  float float_minimum, float_maximum;
};
typedef void unary_function(const struct unary *unary);
unary_function logistic_int8, logistic_int16, logistic_float;
unary_function tanh_int8, tanh_int16, tanh_float;
unary_function relu_int8, relu_int16, relu_float;       /* rescale and clamp; also RELU6 */
/* int16 LOGISTIC and TANH choose their multipliers in another way: these fill `rescale`. Scales in, false if they do not take them. */
bool logistic_prepare_int16(struct unary *unary, float input_scale, float output_scale);
bool tanh_prepare_int16(struct unary *unary, float input_scale, float output_scale);

/* MEAN: sums over the axes that are marked, others stay. */
struct mean {
  const void *input;
  void *output;
  void *scratch;                    /* [output_count] int32 (int64 for int16; unused for float32) */
  int32_t extent[INFERENCE_MAX_RANK];
  bool reduced[INFERENCE_MAX_RANK];
  uint32_t rank;
  uint32_t output_count, reduced_count;
  int32_t input_offset, output_offset;   /* zero points */
  struct rescale rescale;           /* input scale / output scale, the division by reduced_count folded in as mean.c says */
  bool same_quantisation;
};
typedef void mean_function(const struct mean *mean);
mean_function mean_int8, mean_int16, mean_float;

/* ---- Checks that many prepare() functions share (common.c) ---- */

/* Bytes of one element of that type; 0: unknown. */
uint32_t type_bytes(uint8_t type);
bool same_shape(const struct inference_tensor *a, const struct inference_tensor *b);
bool is_quantised(const struct inference_tensor *tensor);      /* has a scale: needed wherever one divides by it */
bool same_quantisation(const struct inference_tensor *a, const struct inference_tensor *b);
/* Fills the numbers for INFERENCE_UNSUPPORTED_TYPE / _OPTION and returns that status. */
enum inference_status unsupported_type(struct inference *network, const struct inference_tensor *tensor);
enum inference_status unsupported_option(struct inference *network, uint32_t value);

/* TFLite schema, ActivationFunctionType. */
enum activation { ACTIVATION_NONE = 0, ACTIVATION_RELU = 1, ACTIVATION_RELU_N1_TO_1 = 2, ACTIVATION_RELU6 = 3 };
/* The clamp of an output in its quantised values (CalculateActivationRangeQuantized). false: an activation that is none of these. */
bool activation_range(int32_t activation, const struct inference_tensor *output, int32_t *minimum, int32_t *maximum);
bool activation_range_float(int32_t activation, float *minimum, float *maximum);

/* TFLite schema, Padding. */
enum padding { PADDING_SAME = 0, PADDING_VALID = 1 };
/* One axis: output extent and padding before it. false: nothing fits, or not a padding. */
bool window_extent(int32_t padding, int32_t input, int32_t filter, int32_t stride, int32_t dilation, int32_t *output, int32_t *pad);

#endif
