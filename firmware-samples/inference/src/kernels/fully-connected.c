/* FULLY_CONNECTED. Source of the multipliers: kernels/fully_connected.cc of TensorFlow Lite, per tensor and per channel. */
#include "int8-fully-connected.h"

enum { OPTION_ACTIVATION = 0, OPTION_WEIGHTS_FORMAT = 1 };
enum { MAXIMUM_DEPTH = 32768 };   /* longer sums of products of two int8 with offsets could leave 32 bits */

struct kernels { const struct fully_connected_kernel *int8, *int16, *float32; };
struct state {
  struct fully_connected layer;
  const struct fully_connected_kernel *kernel;
};

static const struct fully_connected_kernel *choose(const struct kernels *kernels, uint8_t type) {
  switch (type) {
    case INFERENCE_INT8: return kernels->int8;
    case INFERENCE_INT16: return kernels->int16;
    case INFERENCE_FLOAT32: return kernels->float32;
    default: return NULL;
  }
}

static enum inference_status check_types(struct inference *network, const struct inference_tensor *input,
                                         const struct inference_tensor *filter, const struct inference_tensor *bias,
                                         const struct inference_tensor *output, struct fully_connected *layer) {
  bool is_float = input->type == INFERENCE_FLOAT32;
  if (filter->type != (is_float ? INFERENCE_FLOAT32 : INFERENCE_INT8)) return unsupported_type(network, filter);
  if (output->type != input->type) return unsupported_type(network, output);
  if (bias != NULL) {
    if (inference_elements(bias) != (uint32_t)layer->output_depth) return INFERENCE_BAD_SHAPE;
    layer->bias_is_int64 = input->type == INFERENCE_INT16 && bias->type == INFERENCE_INT64;
    if (!layer->bias_is_int64 && bias->type != (is_float ? INFERENCE_FLOAT32 : INFERENCE_INT32)) return unsupported_type(network, bias);
  }
  return INFERENCE_OK;
}

/* Every leading dimension of the input counts as batch; with keep_num_dims the output keeps them, which its elements show too. */
static enum inference_status find_geometry(const struct inference_tensor *input, const struct inference_tensor *filter,
                                           const struct inference_tensor *output, struct fully_connected *layer) {
  if (filter->rank != 2) return INFERENCE_BAD_SHAPE;
  layer->output_depth = filter->shape[0];
  layer->input_depth = filter->shape[1];
  uint32_t elements = inference_elements(input);
  if (layer->input_depth > MAXIMUM_DEPTH || elements % (uint32_t)layer->input_depth != 0) return INFERENCE_BAD_SHAPE;
  layer->batches = (int32_t)(elements / (uint32_t)layer->input_depth);
  if (inference_elements(output) != (uint64_t)layer->batches * (uint64_t)layer->output_depth) return INFERENCE_BAD_SHAPE;
  return INFERENCE_OK;
}

static double scale_of(const struct fully_connected *layer, int32_t channel) {
  return (double)layer->input_scale * (double)layer->filter_scales[layer->per_channel ? channel : 0] / (double)layer->output_scale;
}

static enum inference_status find_multipliers(struct inference *network, const struct inference_tensor *input,
                                              const struct inference_tensor *filter, const struct inference_tensor *output,
                                              struct fully_connected *layer) {
  if (!is_quantised(input) || !is_quantised(output)) return INFERENCE_BAD_SHAPE;
  layer->per_channel = filter->channel_scales != NULL;
  if (layer->per_channel && filter->channel_dimension != 0) return INFERENCE_BAD_SHAPE;
  layer->filter_scales = layer->per_channel ? filter->channel_scales : &filter->scale;
  layer->input_scale = input->scale;
  layer->output_scale = output->scale;
  int32_t count = layer->per_channel ? layer->output_depth : 1;
  struct rescale *rescale = inference_keep(network, (uint32_t)count * (uint32_t)sizeof *rescale);
  if (rescale == NULL) return INFERENCE_ARENA_TOO_SMALL;
  for (int32_t i = 0; i < count; i++) rescale[i] = quantise_multiplier(scale_of(layer, i));
  layer->rescale = rescale;
  layer->input_offset = -input->zero_point;
  layer->filter_offset = layer->per_channel ? 0 : -filter->zero_point;
  layer->output_offset = output->zero_point;
  return INFERENCE_OK;
}

int32_t fully_connected_exact(const struct fully_connected *layer, int64_t sum, int32_t channel) {
  double value = (double)sum * scale_of(layer, channel);
  if (value != value) return 0;
  if (value >= 1 << 30) return 1 << 30;
  if (value <= -(1 << 30)) return -(1 << 30);
  int32_t whole = (int32_t)value;
  double rest = value - whole;                           /* exact */
  return rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole;
}

static enum inference_status find_activation(struct inference *network, const struct inference_node *node,
                                             const struct inference_tensor *output, struct fully_connected *layer) {
  int32_t activation = flat_int8(&node->options, OPTION_ACTIVATION, ACTIVATION_NONE);
  int32_t format = flat_int8(&node->options, OPTION_WEIGHTS_FORMAT, 0);
  if (format != 0) return unsupported_option(network, (uint32_t)format);
  if (output->type == INFERENCE_FLOAT32 ? !activation_range_float(activation, &layer->float_minimum, &layer->float_maximum)
                                        : !activation_range(activation, output, &layer->minimum, &layer->maximum))
    return unsupported_option(network, (uint32_t)activation);
  return INFERENCE_OK;
}

static enum inference_status let_kernel_prepare(struct inference *network, struct inference_node *node, struct state *state) {
  const struct fully_connected_kernel *kernel = state->kernel;
  struct fully_connected *layer = &state->layer;
  uint32_t keep_bytes = kernel->keep_bytes == NULL ? 0 : kernel->keep_bytes(layer);
  if (keep_bytes > 0) {
    layer->kept = inference_keep(network, keep_bytes);
    if (layer->kept == NULL) return INFERENCE_ARENA_TOO_SMALL;
  }
  if (kernel->prepare != NULL) kernel->prepare(layer);
  if (kernel->scratch_bytes != NULL) inference_scratch(network, node, kernel->scratch_bytes(layer));
  return INFERENCE_OK;
}

static enum inference_status prepare_with(struct inference *network, struct inference_node *node, const struct kernels *kernels) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *filter = inference_node_input(network, node, 1);
  const struct inference_tensor *bias = inference_node_input(network, node, 2), *output = inference_node_output(network, node, 0);
  if (input == NULL || filter == NULL || output == NULL) return INFERENCE_BAD_SHAPE;
  struct state *state = inference_keep(network, sizeof *state);
  if (state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  struct fully_connected *layer = &state->layer;
  node->state = state;
  layer->filter = filter->is_constant ? filter->data : NULL;
  layer->bias = bias != NULL && bias->is_constant ? bias->data : NULL;
  state->kernel = choose(kernels, input->type);
  if (state->kernel == NULL) return unsupported_type(network, input);
  enum inference_status status = find_geometry(input, filter, output, layer);
  if (status == INFERENCE_OK) status = check_types(network, input, filter, bias, output, layer);
  if (status == INFERENCE_OK) status = find_activation(network, node, output, layer);
  if (status == INFERENCE_OK && input->type != INFERENCE_FLOAT32) status = find_multipliers(network, input, filter, output, layer);
  return status == INFERENCE_OK ? let_kernel_prepare(network, node, state) : status;
}

static void run(struct inference *network, struct inference_node *node) {
  struct state *state = node->state;
  const struct inference_tensor *bias = inference_node_input(network, node, 2);
  state->layer.input = inference_node_input(network, node, 0)->data;
  state->layer.filter = inference_node_input(network, node, 1)->data;
  state->layer.bias = bias == NULL ? NULL : bias->data;
  state->layer.output = inference_node_output(network, node, 0)->data;
  state->layer.scratch = node->scratch;
  state->kernel->run(&state->layer);
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  static const struct kernels kernels = { &fully_connected_int8, &fully_connected_int16, &fully_connected_float };
  return prepare_with(network, node, &kernels);
}

static enum inference_status prepare_int8(struct inference *network, struct inference_node *node) {
  static const struct kernels kernels = { &fully_connected_int8, NULL, NULL };
  return prepare_with(network, node, &kernels);
}

const struct inference_operator inference_fully_connected = { 9, "FULLY_CONNECTED", prepare, run };
const struct inference_operator inference_fully_connected_int8 = { 9, "FULLY_CONNECTED", prepare_int8, run };
