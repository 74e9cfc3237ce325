/* DEPTHWISE_CONV_2D. The depth multiplier follows from the shapes; the option of that name must agree. */
#include "convolution.h"

static enum inference_status prepare_with(struct inference *network, struct inference_node *node, const struct convolution_kernels *kernels) {
  static const struct convolution_fields fields = { .stride_width = 1, .stride_height = 2, .activation = 4, .dilation_width = 5,
                                                    .dilation_height = 6 };
  const struct inference_tensor *input = inference_node_input(network, node, 0), *filter = inference_node_input(network, node, 1);
  if (input == NULL || filter == NULL || inference_node_output(network, node, 0) == NULL) return INFERENCE_BAD_SHAPE;
  if (input->rank != 4 || filter->rank != 4 || filter->shape[0] != 1) return INFERENCE_BAD_SHAPE;
  struct convolution geometry = { .input_channels = input->shape[3], .filter_channels = 1, .output_channels = filter->shape[3] };
  if (geometry.output_channels % geometry.input_channels != 0) return INFERENCE_BAD_SHAPE;
  geometry.depth_multiplier = geometry.output_channels / geometry.input_channels;
  int32_t stated = flat_int32(&node->options, 3, 0);
  if (stated != 0 && stated != geometry.depth_multiplier) return unsupported_option(network, (uint32_t)stated);
  return convolution_prepare(network, node, kernels, &fields, &geometry, 3);
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  static const struct convolution_kernels kernels = { &depthwise_int8, &depthwise_int16, &depthwise_float, NULL };
  return prepare_with(network, node, &kernels);
}

static enum inference_status prepare_int8(struct inference *network, struct inference_node *node) {
  static const struct convolution_kernels kernels = { .int8 = &depthwise_int8 };
  return prepare_with(network, node, &kernels);
}

const struct inference_operator inference_depthwise_conv_2d = { 4, "DEPTHWISE_CONV_2D", prepare, convolution_run };
const struct inference_operator inference_depthwise_conv_2d_int8 = { 4, "DEPTHWISE_CONV_2D", prepare_int8, convolution_run };
