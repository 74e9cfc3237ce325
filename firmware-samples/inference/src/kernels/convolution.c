#include "convolution.h"

#include "../quantisation.h"

struct state {
  struct convolution convolution;
  const struct convolution_kernel *kernel;
};

/* Sums of more than 65536 products of int8 could leave 32 bits. */
enum { MAXIMUM_TAPS = 65536 };

static enum inference_status check_types(struct inference *network, const struct inference_tensor *input,
                                         const struct inference_tensor *filter, const struct inference_tensor *bias,
                                         const struct inference_tensor *output, struct convolution *c) {
  bool is_float = input->type == INFERENCE_FLOAT32;
  if (filter->type != INFERENCE_INT8 && !(is_float && filter->type == INFERENCE_FLOAT32)) return unsupported_type(network, filter);
  if (output->type != input->type) return unsupported_type(network, output);
  /* Without a bias the reference sums int16 networks in 64 bits. */
  c->bias_is_int64 = input->type == INFERENCE_INT16 && (bias == NULL || bias->type == INFERENCE_INT64);
  if (bias != NULL) {
    if (inference_elements(bias) != (uint32_t)c->output_channels) return INFERENCE_BAD_SHAPE;
    if (!c->bias_is_int64 && bias->type != (is_float ? INFERENCE_FLOAT32 : INFERENCE_INT32)) return unsupported_type(network, bias);
  }
  return INFERENCE_OK;
}

/* One multiplier per output channel, also where the filter has a single scale. */
static enum inference_status find_multipliers(struct inference *network, const struct inference_tensor *input,
                                              const struct inference_tensor *filter, const struct inference_tensor *output,
                                              uint32_t channel_dimension, struct convolution *c) {
  if (!is_quantised(input) || !is_quantised(output)) return INFERENCE_BAD_SHAPE;
  if (filter->channel_scales != NULL && filter->channel_dimension != channel_dimension) return INFERENCE_BAD_SHAPE;
  struct rescale *rescale = inference_keep(network, (uint32_t)c->output_channels * (uint32_t)sizeof *rescale);
  if (rescale == NULL) return INFERENCE_ARENA_TOO_SMALL;
  for (int32_t i = 0; i < c->output_channels; i++) {
    double filter_scale = filter->channel_scales != NULL ? filter->channel_scales[i] : filter->scale;
    rescale[i] = quantise_multiplier((double)input->scale * filter_scale / (double)output->scale);
  }
  c->rescale = rescale;
  c->input_offset = -input->zero_point;
  c->output_offset = output->zero_point;
  return INFERENCE_OK;
}

static enum inference_status find_windows(struct inference *network, const struct inference_node *node,
                                          const struct convolution_fields *fields, const struct inference_tensor *output,
                                          struct convolution *c) {
  const struct flat_table *options = &node->options;
  int32_t padding = flat_int8(options, 0, PADDING_SAME);
  c->stride_width = flat_int32(options, fields->stride_width, 0);
  c->stride_height = flat_int32(options, fields->stride_height, 0);
  c->dilation_width = flat_int32(options, fields->dilation_width, 1);
  c->dilation_height = flat_int32(options, fields->dilation_height, 1);
  if (!window_extent(padding, c->input_height, c->filter_height, c->stride_height, c->dilation_height, &c->output_height, &c->pad_top) ||
      !window_extent(padding, c->input_width, c->filter_width, c->stride_width, c->dilation_width, &c->output_width, &c->pad_left))
    return INFERENCE_BAD_SHAPE;
  if (output->rank != 4 || output->shape[0] != c->batches || output->shape[1] != c->output_height ||
      output->shape[2] != c->output_width || output->shape[3] != c->output_channels)
    return INFERENCE_BAD_SHAPE;
  int32_t activation = flat_int8(options, fields->activation, ACTIVATION_NONE);
  if (output->type == INFERENCE_FLOAT32 ? !activation_range_float(activation, &c->float_minimum, &c->float_maximum)
                                        : !activation_range(activation, output, &c->minimum, &c->maximum))
    return unsupported_option(network, (uint32_t)activation);
  return INFERENCE_OK;
}

static enum inference_status let_kernel_prepare(struct inference *network, struct inference_node *node,
                                                const struct convolution_kernel *kernel, struct convolution *c) {
  uint32_t keep_bytes = kernel->keep_bytes == NULL ? 0 : kernel->keep_bytes(c);
  if (keep_bytes > 0) {
    c->kept = inference_keep(network, keep_bytes);
    if (c->kept == NULL) return INFERENCE_ARENA_TOO_SMALL;
  }
  if (kernel->prepare != NULL) kernel->prepare(c);
  if (kernel->scratch_bytes != NULL) inference_scratch(network, node, kernel->scratch_bytes(c));
  return INFERENCE_OK;
}

/* For float32 activations with an int8 filter. */
static enum inference_status find_filter_scales(const struct inference_tensor *filter, uint32_t channel_dimension, struct convolution *c) {
  if (!is_quantised(filter)) return INFERENCE_BAD_SHAPE;
  if (filter->channel_scales != NULL && filter->channel_dimension != channel_dimension) return INFERENCE_BAD_SHAPE;
  c->filter_scales = filter->channel_scales;
  c->filter_scale = filter->scale;
  return INFERENCE_OK;
}

static const struct convolution_kernel *choose(const struct convolution_kernels *kernels, uint8_t type, uint8_t filter_type) {
  if (type == INFERENCE_FLOAT32 && filter_type == INFERENCE_INT8) return kernels->hybrid;
  switch (type) {
    case INFERENCE_INT8: return kernels->int8;
    case INFERENCE_INT16: return kernels->int16;
    case INFERENCE_FLOAT32: return kernels->float32;
    default: return NULL;
  }
}

enum inference_status convolution_prepare(struct inference *network, struct inference_node *node, const struct convolution_kernels *kernels,
                                          const struct convolution_fields *fields, const struct convolution *geometry,
                                          uint32_t channel_dimension) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *filter = inference_node_input(network, node, 1);
  const struct inference_tensor *bias = inference_node_input(network, node, 2), *output = inference_node_output(network, node, 0);
  struct state *state = inference_keep(network, sizeof *state);
  if (state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  struct convolution *c = &state->convolution;
  node->state = state;
  *c = *geometry;
  c->batches = input->shape[0];
  c->input_height = input->shape[1];
  c->input_width = input->shape[2];
  c->filter_height = filter->shape[1];
  c->filter_width = filter->shape[2];
  c->filter = filter->is_constant ? filter->data : NULL;
  c->bias = bias != NULL && bias->is_constant ? bias->data : NULL;
  state->kernel = choose(kernels, input->type, filter->type);
  if (state->kernel == NULL) return unsupported_type(network, input);
  if ((int64_t)c->filter_height * c->filter_width > MAXIMUM_TAPS || inference_elements(filter) / (uint32_t)c->output_channels > MAXIMUM_TAPS)
    return INFERENCE_BAD_SHAPE;
  enum inference_status status = check_types(network, input, filter, bias, output, c);
  if (status == INFERENCE_OK) status = find_windows(network, node, fields, output, c);
  if (status == INFERENCE_OK && input->type != INFERENCE_FLOAT32)
    status = find_multipliers(network, input, filter, output, channel_dimension, c);
  if (status == INFERENCE_OK && input->type == INFERENCE_FLOAT32 && filter->type == INFERENCE_INT8)
    status = find_filter_scales(filter, channel_dimension, c);
  return status == INFERENCE_OK ? let_kernel_prepare(network, node, state->kernel, c) : status;
}

void convolution_run(struct inference *network, struct inference_node *node) {
  struct state *state = node->state;
  struct convolution *c = &state->convolution;
  const struct inference_tensor *bias = inference_node_input(network, node, 2);
  c->input = inference_node_input(network, node, 0)->data;
  c->filter = inference_node_input(network, node, 1)->data;
  c->bias = bias == NULL ? NULL : bias->data;
  c->output = inference_node_output(network, node, 0)->data;
  c->scratch = node->scratch;
  state->kernel->run(c);
}
