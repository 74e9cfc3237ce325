/* SLICE: a box of the input, from `begin`, `size` long; size -1: to the end. */
#include "walk.h"

static enum inference_status plan(const struct inference_tensor *input, const struct inference_tensor *output, const int32_t *begin,
                                  const int32_t *size, struct walk *walk) {
  usual_strides(input, walk->stride);
  walk->rank = input->rank;
  walk->element_bytes = type_bytes(input->type);
  for (uint32_t axis = 0; axis < input->rank; axis++) {
    const int32_t extent = input->shape[axis], from = begin[axis];
    if (from < 0 || from > extent) return INFERENCE_BAD_SHAPE;
    walk->extent[axis] = size[axis] == -1 ? extent - from : size[axis];
    if (walk->extent[axis] < 0 || walk->extent[axis] > extent - from) return INFERENCE_BAD_SHAPE;
    if (walk->extent[axis] != output->shape[axis]) return INFERENCE_BAD_SHAPE;
    walk->start += from * walk->stride[axis];
  }
  walk_complete(walk);
  return INFERENCE_OK;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  const struct inference_tensor *begin = inference_node_input(network, node, 1), *size = inference_node_input(network, node, 2);
  if (input == NULL || output == NULL || begin == NULL || size == NULL) return INFERENCE_BAD_SHAPE;
  if (constant_int32s(begin) == NULL) return unsupported_type(network, begin);
  if (constant_int32s(size) == NULL) return unsupported_type(network, size);
  if (input->type != output->type) return unsupported_type(network, output);
  if (output->rank != input->rank || inference_elements(begin) != input->rank || inference_elements(size) != input->rank)
    return INFERENCE_BAD_SHAPE;
  node->state = inference_keep(network, sizeof(struct walk));
  if (node->state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  return plan(input, output, constant_int32s(begin), constant_int32s(size), node->state);
}

const struct inference_operator inference_slice = { 65, "SLICE", prepare, run_walk };
