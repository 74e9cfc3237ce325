/*
 * TRANSPOSE_CONV: each input value spreads its multiple of the filter over the output. int8, int16 (with int64, int32 or int16 bias) and
 * float32. Inputs: the output's shape, the filter [output channels][height][width][input channels], the values, the bias.
 *
 * The reference scatters into a buffer of sums; here each output gathers what reaches it, in the reference's order, and needs none.
 */
#include "../quantisation.h"
#include "inference-operators.h"
#include "int64.h"
#include "kernels.h"

enum { SHAPE = 0, FILTER = 1, INPUT = 2, BIAS = 3 };
enum { PADDING = 0, STRIDE_WIDTH = 1, STRIDE_HEIGHT = 2, ACTIVATION = 3 };

struct transpose_conv {
  struct rescale *rescale;          /* [output channels]; NULL for float32 */
  int32_t stride_height, stride_width, pad_top, pad_left;
  int32_t minimum, maximum;
  float float_minimum, float_maximum;
};

/* The inputs along one axis that reach an output, and the filter's tap for the first of them; the tap falls by the stride. */
struct reach { int32_t first, end, tap; };

static struct reach reach_of(int32_t output, int32_t pad, int32_t stride, int32_t filter, int32_t input) {
  const int32_t position = output + pad;                /* = input * stride + tap */
  struct reach reach = { position < filter ? 0 : (position - filter) / stride + 1, position / stride + 1, 0 };
  if (reach.end > input) reach.end = input;
  reach.tap = position - reach.first * stride;
  return reach;
}

static enum inference_status check_types(struct inference *network, const struct inference_node *node) {
  const struct inference_tensor *filter = inference_node_input(network, node, FILTER), *input = inference_node_input(network, node, INPUT);
  const struct inference_tensor *bias = inference_node_input(network, node, BIAS), *output = inference_node_output(network, node, 0);
  const bool is_float = input->type == INFERENCE_FLOAT32, is_int16 = input->type == INFERENCE_INT16;
  if (!is_float && !is_int16 && input->type != INFERENCE_INT8) return unsupported_type(network, input);
  if (filter->type != (is_float ? INFERENCE_FLOAT32 : INFERENCE_INT8)) return unsupported_type(network, filter);
  if (output->type != input->type) return unsupported_type(network, output);
  if (bias == NULL) return INFERENCE_OK;
  if (is_int16 && (bias->type == INFERENCE_INT64 || bias->type == INFERENCE_INT16)) return INFERENCE_OK;
  return bias->type == (is_float ? INFERENCE_FLOAT32 : INFERENCE_INT32) ? INFERENCE_OK : unsupported_type(network, bias);
}

static bool check_shapes(struct inference *network, const struct inference_node *node) {
  const struct inference_tensor *filter = inference_node_input(network, node, FILTER), *input = inference_node_input(network, node, INPUT);
  const struct inference_tensor *bias = inference_node_input(network, node, BIAS), *output = inference_node_output(network, node, 0);
  if (filter == NULL || input == NULL || output == NULL || filter->rank != 4 || input->rank != 4 || output->rank != 4) return false;
  if (input->shape[0] != output->shape[0] || input->shape[3] != filter->shape[3] || output->shape[3] != filter->shape[0]) return false;
  if (inference_elements(filter) / (uint32_t)filter->shape[0] > 65536) return false;   /* more products of int8 could leave 32 bits */
  return bias == NULL || inference_elements(bias) == (uint32_t)filter->shape[0];
}

static enum inference_status find_multipliers(struct inference *network, const struct inference_node *node, struct transpose_conv *conv) {
  const struct inference_tensor *filter = inference_node_input(network, node, FILTER), *input = inference_node_input(network, node, INPUT);
  const struct inference_tensor *output = inference_node_output(network, node, 0);
  const uint32_t channels = (uint32_t)filter->shape[0];
  if (!(input->scale > 0 && output->scale > 0)) return INFERENCE_BAD_SHAPE;
  if (filter->channel_scales != NULL && filter->channel_dimension != 0) return INFERENCE_BAD_SHAPE;
  if (input->type == INFERENCE_INT16 && (input->zero_point != 0 || output->zero_point != 0)) return INFERENCE_BAD_SHAPE;
  conv->rescale = inference_keep(network, channels * (uint32_t)sizeof *conv->rescale);
  if (conv->rescale == NULL) return INFERENCE_ARENA_TOO_SMALL;
  for (uint32_t i = 0; i < channels; i++) {
    const double filter_scale = (double)(filter->channel_scales == NULL ? filter->scale : filter->channel_scales[i]);
    conv->rescale[i] = quantise_multiplier((double)input->scale * filter_scale / (double)output->scale);
  }
  return INFERENCE_OK;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *filter = inference_node_input(network, node, FILTER), *output = inference_node_output(network, node, 0);
  const struct flat_table *options = &node->options;
  int32_t height, width;
  if (!check_shapes(network, node)) return INFERENCE_BAD_SHAPE;
  const enum inference_status status = check_types(network, node);
  if (status != INFERENCE_OK) return status;
  struct transpose_conv *conv = node->state = inference_keep(network, sizeof *conv);
  if (conv == NULL) return INFERENCE_ARENA_TOO_SMALL;
  conv->stride_width = flat_int32(options, STRIDE_WIDTH, 0);
  conv->stride_height = flat_int32(options, STRIDE_HEIGHT, 0);
  /* The padding is that of the convolution which would lead from the output back to the input. */
  const int32_t padding = flat_int8(options, PADDING, PADDING_SAME);
  if (!window_extent(padding, output->shape[1], filter->shape[1], conv->stride_height, 1, &height, &conv->pad_top) ||
      !window_extent(padding, output->shape[2], filter->shape[2], conv->stride_width, 1, &width, &conv->pad_left))
    return INFERENCE_BAD_SHAPE;
  const int32_t activation = flat_int8(options, ACTIVATION, ACTIVATION_NONE);
  if (output->type == INFERENCE_FLOAT32 ? !activation_range_float(activation, &conv->float_minimum, &conv->float_maximum)
                                        : !activation_range(activation, output, &conv->minimum, &conv->maximum))
    return unsupported_option(network, (uint32_t)activation);
  return output->type == INFERENCE_FLOAT32 ? INFERENCE_OK : find_multipliers(network, node, conv);
}

/* All that an output pixel needs but its channel. */
struct pixel {
  const struct inference_tensor *filter, *input, *bias;
  struct reach rows, columns;
  int32_t batch, stride_height, stride_width;
};

typedef void term_function(const void *input, const void *filter, int32_t count, int32_t zero_point, void *sum);

static void term_int8(const void *input, const void *filter, int32_t count, int32_t zero_point, void *sum) {
  const int8_t *values = input, *weights = filter;
  uint32_t total = *(uint32_t *)sum;
  for (int32_t i = 0; i < count; i++) total += (uint32_t)((values[i] - zero_point) * weights[i]);
  *(uint32_t *)sum = total;
}

static void term_int16(const void *input, const void *filter, int32_t count, int32_t zero_point, void *sum) {
  const int16_t *values = input;
  const int8_t *weights = filter;
  int64_t total = *(int64_t *)sum;
  (void)zero_point;
  for (int32_t i = 0; i < count; i++) total += values[i] * weights[i];
  *(int64_t *)sum = total;
}

static void term_float(const void *input, const void *filter, int32_t count, int32_t zero_point, void *sum) {
  const float *values = input, *weights = filter;
  float total = *(float *)sum;
  (void)zero_point;
  for (int32_t i = 0; i < count; i++) total += values[i] * weights[i];
  *(float *)sum = total;
}

/* Adds to *sum what all inputs in reach contribute. */
static void gather(const struct pixel *pixel, int32_t channel, term_function *term, void *sum) {
  const struct inference_tensor *input = pixel->input, *filter = pixel->filter;
  const int32_t depth = input->shape[3];
  const uint32_t input_bytes = type_bytes(input->type), filter_bytes = type_bytes(filter->type);
  for (int32_t y = pixel->rows.first; y < pixel->rows.end; y++) {
    const int32_t tap_y = pixel->rows.tap - (y - pixel->rows.first) * pixel->stride_height;
    for (int32_t x = pixel->columns.first; x < pixel->columns.end; x++) {
      const int32_t tap_x = pixel->columns.tap - (x - pixel->columns.first) * pixel->stride_width;
      const uint32_t value_at = (uint32_t)(((pixel->batch * input->shape[1] + y) * input->shape[2] + x) * depth);
      const uint32_t weight_at = (uint32_t)(((channel * filter->shape[1] + tap_y) * filter->shape[2] + tap_x) * depth);
      term((const uint8_t *)input->data + value_at * input_bytes, (const uint8_t *)filter->data + weight_at * filter_bytes, depth,
           input->zero_point, sum);
    }
  }
}

static int16_t finished_int16(const struct transpose_conv *conv, const struct inference_tensor *bias, int32_t channel, int64_t sum) {
  int32_t value;
  if (bias != NULL && bias->type == INFERENCE_INT32) {
    value = rescale((int32_t)(sum + ((const int32_t *)bias->data)[channel]), conv->rescale[channel]);
  } else {
    if (bias != NULL) sum += bias->type == INFERENCE_INT64 ? read_int64(bias->data, (uint32_t)channel) : ((const int16_t *)bias->data)[channel];
    value = rescale_int64(sum, conv->rescale[channel]);
  }
  return (int16_t)clamp(value, conv->minimum, conv->maximum);
}

static void write(const struct transpose_conv *conv, const struct pixel *pixel, int32_t channel, const struct inference_tensor *output,
                  uint32_t at) {
  const struct inference_tensor *bias = pixel->bias;
  if (output->type == INFERENCE_INT8) {
    int32_t sum = 0;
    gather(pixel, channel, term_int8, &sum);
    if (bias != NULL) sum = add_wrapping(sum, ((const int32_t *)bias->data)[channel]);
    const int32_t value = add_wrapping(rescale(sum, conv->rescale[channel]), output->zero_point);
    ((int8_t *)output->data)[at] = (int8_t)clamp(value, conv->minimum, conv->maximum);
  } else if (output->type == INFERENCE_INT16) {
    int64_t sum = 0;
    gather(pixel, channel, term_int16, &sum);
    ((int16_t *)output->data)[at] = finished_int16(conv, bias, channel, sum);
  } else {
    float sum = 0.0f;
    gather(pixel, channel, term_float, &sum);
    if (bias != NULL) sum += ((const float *)bias->data)[channel];
    ((float *)output->data)[at] = sum < conv->float_minimum ? conv->float_minimum : sum > conv->float_maximum ? conv->float_maximum : sum;
  }
}

static void run(struct inference *network, struct inference_node *node) {
  const struct transpose_conv *conv = node->state;
  const struct inference_tensor *output = inference_node_output(network, node, 0);
  struct pixel pixel = {
    .filter = inference_node_input(network, node, FILTER), .input = inference_node_input(network, node, INPUT),
    .bias = inference_node_input(network, node, BIAS), .stride_height = conv->stride_height, .stride_width = conv->stride_width,
  };
  uint32_t at = 0;
  for (pixel.batch = 0; pixel.batch < output->shape[0]; pixel.batch++)
    for (int32_t y = 0; y < output->shape[1]; y++) {
      pixel.rows = reach_of(y, conv->pad_top, conv->stride_height, pixel.filter->shape[1], pixel.input->shape[1]);
      for (int32_t x = 0; x < output->shape[2]; x++) {
        pixel.columns = reach_of(x, conv->pad_left, conv->stride_width, pixel.filter->shape[2], pixel.input->shape[2]);
        for (int32_t channel = 0; channel < output->shape[3]; channel++) write(conv, &pixel, channel, output, at++);
      }
    }
}

const struct inference_operator inference_transpose_conv = { 67, "TRANSPOSE_CONV", prepare, run };
