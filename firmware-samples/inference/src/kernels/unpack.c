/* UNPACK: the slices along an axis, each without it. */
#include "axis-parts.h"

enum { COUNT = 0, AXIS = 1 };

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0);
  uint32_t axis;
  if (input == NULL || !find_axis(flat_int32(&node->options, AXIS, 0), input->rank, &axis)) return INFERENCE_BAD_SHAPE;
  if (node->output_count == 0 || node->output_count != (uint32_t)input->shape[axis]) return INFERENCE_BAD_SHAPE;
  if (flat_int32(&node->options, COUNT, 0) != input->shape[axis]) return INFERENCE_BAD_SHAPE;
  for (uint32_t i = 0; i < node->output_count; i++) {
    const struct inference_tensor *part = inference_node_output(network, node, i);
    if (part == NULL || part->bytes != input->bytes / node->output_count) return INFERENCE_BAD_SHAPE;
  }
  return prepare_split(network, node, 0, axis);
}

const struct inference_operator inference_unpack = { 88, "UNPACK", prepare, run_split };
