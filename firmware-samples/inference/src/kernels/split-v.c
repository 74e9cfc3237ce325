/* SPLIT_V: parts of given sizes along an axis. Inputs: the tensor, the sizes, the axis. The outputs' shapes say the sizes (-1 too). */
#include "axis-parts.h"

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *sizes = inference_node_input(network, node, 1);
  const struct inference_tensor *list = inference_node_input(network, node, 2);
  uint32_t axis;
  if (input == NULL || sizes == NULL || list == NULL || node->output_count == 0) return INFERENCE_BAD_SHAPE;
  if (constant_int32s(list) == NULL) return unsupported_type(network, list);
  if (constant_int32s(sizes) == NULL) return unsupported_type(network, sizes);
  if (inference_elements(list) != 1 || !find_axis(*constant_int32s(list), input->rank, &axis)) return INFERENCE_BAD_SHAPE;
  if (inference_elements(sizes) != node->output_count) return INFERENCE_BAD_SHAPE;
  for (uint32_t i = 0; i < node->output_count; i++) {
    const struct inference_tensor *part = inference_node_output(network, node, i);
    const int32_t size = constant_int32s(sizes)[i];
    if (part == NULL || part->rank != input->rank || (size != -1 && size != part->shape[axis])) return INFERENCE_BAD_SHAPE;
  }
  return prepare_split(network, node, 0, axis);
}

const struct inference_operator inference_split_v = { 102, "SPLIT_V", prepare, run_split };
