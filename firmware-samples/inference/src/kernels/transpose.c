/* TRANSPOSE: output axis i is input axis permutation[i]. */
#include "walk.h"

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  const struct inference_tensor *list = inference_node_input(network, node, 1);
  const int32_t *permutation = constant_int32s(list);
  int32_t strides[INFERENCE_MAX_RANK];
  uint32_t seen = 0;
  if (input == NULL || output == NULL || list == NULL) return INFERENCE_BAD_SHAPE;
  if (permutation == NULL) return unsupported_type(network, list);
  if (input->type != output->type) return unsupported_type(network, output);
  if (inference_elements(list) != input->rank || output->rank != input->rank) return INFERENCE_BAD_SHAPE;
  struct walk *walk = node->state = inference_keep(network, sizeof *walk);
  if (walk == NULL) return INFERENCE_ARENA_TOO_SMALL;
  walk->rank = input->rank;
  walk->element_bytes = type_bytes(input->type);
  usual_strides(input, strides);
  for (uint32_t i = 0; i < input->rank; i++) {
    uint32_t axis;
    if (!find_axis(permutation[i], input->rank, &axis) || (seen >> axis & 1) != 0) return INFERENCE_BAD_SHAPE;
    seen |= 1u << axis;
    if (output->shape[i] != input->shape[axis]) return INFERENCE_BAD_SHAPE;
    walk->extent[i] = output->shape[i];
    walk->stride[i] = strides[axis];
  }
  walk_complete(walk);
  return INFERENCE_OK;
}

const struct inference_operator inference_transpose = { 39, "TRANSPOSE", prepare, run_walk };
