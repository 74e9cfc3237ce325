/* CONV_2D. Groups: where the filter has fewer channels than the input, each group of outputs sees its own part of the channels. */
#include "convolution.h"

static enum inference_status prepare_with(struct inference *network, struct inference_node *node, const struct convolution_kernels *kernels) {
  static const struct convolution_fields fields = { .stride_width = 1, .stride_height = 2, .activation = 3, .dilation_width = 4,
                                                    .dilation_height = 5 };
  const struct inference_tensor *input = inference_node_input(network, node, 0), *filter = inference_node_input(network, node, 1);
  if (input == NULL || filter == NULL || inference_node_output(network, node, 0) == NULL) return INFERENCE_BAD_SHAPE;
  if (input->rank != 4 || filter->rank != 4) return INFERENCE_BAD_SHAPE;
  struct convolution geometry = { .input_channels = input->shape[3], .filter_channels = filter->shape[3], .output_channels = filter->shape[0] };
  if (geometry.input_channels % geometry.filter_channels != 0) return INFERENCE_BAD_SHAPE;
  if (geometry.output_channels % (geometry.input_channels / geometry.filter_channels) != 0) return INFERENCE_BAD_SHAPE;
  return convolution_prepare(network, node, kernels, &fields, &geometry, 0);
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  static const struct convolution_kernels kernels = { &convolve_int8, &convolve_int16, &convolve_float, &convolve_hybrid };
  return prepare_with(network, node, &kernels);
}

static enum inference_status prepare_int8(struct inference *network, struct inference_node *node) {
  static const struct convolution_kernels kernels = { .int8 = &convolve_int8 };
  return prepare_with(network, node, &kernels);
}

const struct inference_operator inference_conv_2d = { 3, "CONV_2D", prepare, convolution_run };
const struct inference_operator inference_conv_2d_int8 = { 3, "CONV_2D", prepare_int8, convolution_run };
