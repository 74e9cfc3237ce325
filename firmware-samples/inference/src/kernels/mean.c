/*
 * MEAN over constant axes. The quotient of the scales and the division by the number of elements are one multiplier, whose mantissa is
 * divided as an integer (reference/reduce.h of TensorFlow Lite, QuantizedMeanOrSum).
 */
#include "../quantisation.h"

enum { OPTION_KEEP_DIMS = 0 };

struct functions { mean_function *int8, *int16, *float32; };
struct state {
  struct mean mean;
  mean_function *function;
};

static mean_function *choose(const struct functions *functions, uint8_t type) {
  switch (type) {
    case INFERENCE_INT8: return functions->int8;
    case INFERENCE_INT16: return functions->int16;
    case INFERENCE_FLOAT32: return functions->float32;
    default: return NULL;
  }
}

static enum inference_status find_axes(const struct inference_tensor *input, const struct inference_tensor *axes,
                                       const struct inference_tensor *output, bool keep_dims, struct mean *mean) {
  for (uint32_t i = 0; i < inference_elements(axes); i++) {
    int32_t axis = ((const int32_t *)axes->data)[i];
    if (axis < 0) axis += input->rank;
    if (axis < 0 || axis >= input->rank) return INFERENCE_BAD_SHAPE;
    mean->reduced[axis] = true;
  }
  uint32_t to = 0;
  mean->rank = input->rank;
  mean->output_count = mean->reduced_count = 1;
  for (uint32_t i = 0; i < input->rank; i++) {
    mean->extent[i] = input->shape[i];
    if (mean->reduced[i]) mean->reduced_count *= (uint32_t)input->shape[i];
    else mean->output_count *= (uint32_t)input->shape[i];
    if (mean->reduced[i] && !keep_dims) continue;
    if (to >= output->rank || output->shape[to++] != (mean->reduced[i] ? 1 : input->shape[i])) return INFERENCE_BAD_SHAPE;
  }
  return to == output->rank ? INFERENCE_OK : INFERENCE_BAD_SHAPE;
}

static void find_multiplier(const struct inference_tensor *input, const struct inference_tensor *output, struct mean *mean) {
  struct rescale by = quantise_multiplier((double)input->scale / (double)output->scale);
  int32_t shift = 0;
  while (mean->reduced_count >> shift > 1) shift++;
  if (shift > 31 + by.shift) shift = 31 + by.shift;
  mean->rescale.multiplier = (int32_t)(((int64_t)by.multiplier << shift) / mean->reduced_count);
  mean->rescale.shift = by.shift - shift;
  mean->input_offset = input->zero_point;
  mean->output_offset = output->zero_point;
  mean->same_quantisation = same_quantisation(input, output);
}

static enum inference_status prepare_with(struct inference *network, struct inference_node *node, const struct functions *functions) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *axes = inference_node_input(network, node, 1);
  const struct inference_tensor *output = inference_node_output(network, node, 0);
  if (input == NULL || axes == NULL || output == NULL) return INFERENCE_BAD_SHAPE;
  if (axes->type != INFERENCE_INT32) return unsupported_type(network, axes);
  if (!axes->is_constant) return INFERENCE_BAD_SHAPE;
  struct state *state = inference_keep(network, sizeof *state);
  if (state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  node->state = state;
  state->function = choose(functions, input->type);
  if (state->function == NULL) return unsupported_type(network, input);
  if (output->type != input->type) return unsupported_type(network, output);
  enum inference_status status = find_axes(input, axes, output, flat_bool(&node->options, OPTION_KEEP_DIMS, false), &state->mean);
  if (status != INFERENCE_OK || input->type == INFERENCE_FLOAT32) return status;
  if (!is_quantised(input) || !is_quantised(output)) return INFERENCE_BAD_SHAPE;
  find_multiplier(input, output, &state->mean);
  inference_scratch(network, node, state->mean.output_count * (input->type == INFERENCE_INT8 ? 4 : 8));
  return INFERENCE_OK;
}

static void run(struct inference *network, struct inference_node *node) {
  struct state *state = node->state;
  state->mean.input = inference_node_input(network, node, 0)->data;
  state->mean.output = inference_node_output(network, node, 0)->data;
  state->mean.scratch = node->scratch;
  state->function(&state->mean);
}

/* ---- int8 ---- */

/* Which output each input element goes to is followed by a position that counts through all dimensions. */
void mean_int8(const struct mean *mean) {
  const int8_t *input = mean->input;
  int8_t *output = mean->output;
  int32_t *sums = mean->scratch;
  uint32_t count = mean->output_count * mean->reduced_count, stride[INFERENCE_MAX_RANK], elements = 1, to = 0;
  int32_t position[INFERENCE_MAX_RANK] = { 0 };
  for (uint32_t i = mean->rank; i-- > 0;) {
    stride[i] = mean->reduced[i] ? 0 : elements;
    if (!mean->reduced[i]) elements *= (uint32_t)mean->extent[i];
  }
  memset(sums, 0, mean->output_count * sizeof *sums);
  for (uint32_t k = 0; k < count; k++) {
    sums[to] = add_wrapping(sums[to], input[k]);
    for (uint32_t i = mean->rank; i-- > 0;) {
      to += stride[i];
      if (++position[i] < mean->extent[i]) break;
      position[i] = 0;
      to -= stride[i] * (uint32_t)mean->extent[i];
    }
  }
  for (uint32_t k = 0; k < mean->output_count; k++) {
    int32_t sum = (int32_t)((uint32_t)sums[k] - (uint32_t)mean->input_offset * mean->reduced_count);
    output[k] = (int8_t)clamp(add_wrapping(rescale(sum, mean->rescale), mean->output_offset), INT8_MIN, INT8_MAX);
  }
}

/* ---- The operators ---- */

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { mean_int8, mean_int16, mean_float };
  return prepare_with(network, node, &functions);
}

static enum inference_status prepare_int8(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { .int8 = mean_int8 };
  return prepare_with(network, node, &functions);
}

const struct inference_operator inference_mean = { 40, "MEAN", prepare, run };
const struct inference_operator inference_mean_int8 = { 40, "MEAN", prepare_int8, run };
