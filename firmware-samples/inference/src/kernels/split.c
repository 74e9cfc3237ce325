/* SPLIT: equal parts along an axis. Input 0 is the axis, input 1 the tensor. */
#include "axis-parts.h"

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *list = inference_node_input(network, node, 0), *input = inference_node_input(network, node, 1);
  uint32_t axis;
  if (list == NULL || input == NULL || node->output_count == 0) return INFERENCE_BAD_SHAPE;
  if (constant_int32s(list) == NULL) return unsupported_type(network, list);
  if (inference_elements(list) != 1 || !find_axis(*constant_int32s(list), input->rank, &axis)) return INFERENCE_BAD_SHAPE;
  if (input->shape[axis] % node->output_count != 0) return INFERENCE_BAD_SHAPE;
  for (uint32_t i = 0; i < node->output_count; i++) {
    const struct inference_tensor *part = inference_node_output(network, node, i);
    if (part == NULL || part->bytes != input->bytes / node->output_count) return INFERENCE_BAD_SHAPE;
  }
  return prepare_split(network, node, 1, axis);
}

const struct inference_operator inference_split = { 49, "SPLIT", prepare, run_split };
