/* CONCATENATION along one axis, for every type. Quantised inputs must have the output's scale: nothing is rescaled, nor is it in the reference. */
#include <string.h>

#include "kernels.h"

enum { OPTION_AXIS = 0, OPTION_ACTIVATION = 1 };

/* Bytes in front of the axis count as rows, behind it as row_bytes per step along it. */
struct state { uint32_t rows, row_bytes, axis; };

static enum inference_status check_input(struct inference *network, const struct inference_tensor *input,
                                         const struct inference_tensor *output, uint32_t axis) {
  if (input->type != output->type) return unsupported_type(network, input);
  if (input->rank != output->rank) return INFERENCE_BAD_SHAPE;
  bool is_quantised_type = input->type == INFERENCE_INT8 || input->type == INFERENCE_UINT8 || input->type == INFERENCE_INT16;
  if (is_quantised_type && !same_quantisation(input, output)) return INFERENCE_BAD_SHAPE;
  for (uint32_t i = 0; i < input->rank; i++)
    if (i != axis && input->shape[i] != output->shape[i]) return INFERENCE_BAD_SHAPE;
  return INFERENCE_OK;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *output = inference_node_output(network, node, 0);
  int32_t axis = flat_int32(&node->options, OPTION_AXIS, 0), activation = flat_int8(&node->options, OPTION_ACTIVATION, ACTIVATION_NONE);
  if (output == NULL) return INFERENCE_BAD_SHAPE;
  if (axis < 0) axis += output->rank;
  if (axis < 0 || axis >= output->rank) return unsupported_option(network, (uint32_t)axis);
  if (activation != ACTIVATION_NONE) return unsupported_option(network, (uint32_t)activation);
  struct state *state = inference_keep(network, sizeof *state);
  if (state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  node->state = state;
  uint64_t along = 0;
  for (uint32_t i = 0; i < node->input_count; i++) {
    const struct inference_tensor *input = inference_node_input(network, node, i);
    if (input == NULL) return INFERENCE_BAD_SHAPE;
    enum inference_status status = check_input(network, input, output, (uint32_t)axis);
    if (status != INFERENCE_OK) return status;
    along += (uint32_t)input->shape[axis];
  }
  if (along != (uint32_t)output->shape[axis]) return INFERENCE_BAD_SHAPE;
  state->axis = (uint32_t)axis;
  state->rows = 1;
  for (int32_t i = 0; i < axis; i++) state->rows *= (uint32_t)output->shape[i];
  state->row_bytes = output->bytes / state->rows / (uint32_t)output->shape[axis];
  return INFERENCE_OK;
}

static void run(struct inference *network, struct inference_node *node) {
  const struct state *state = node->state;
  uint8_t *to = inference_node_output(network, node, 0)->data;
  for (uint32_t row = 0; row < state->rows; row++)
    for (uint32_t i = 0; i < node->input_count; i++) {
      const struct inference_tensor *input = inference_node_input(network, node, i);
      uint32_t bytes = (uint32_t)input->shape[state->axis] * state->row_bytes;
      memcpy(to, (const uint8_t *)input->data + row * bytes, bytes);
      to += bytes;
    }
}

const struct inference_operator inference_concatenation = { 2, "CONCATENATION", prepare, run };
