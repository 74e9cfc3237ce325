#include "walk.h"

#include <string.h>

/* The innermost axis: one row of the output. */
static void copy_row(const struct walk *walk, const uint8_t *input, uint8_t *output) {
  const int32_t count = walk->extent[walk->rank - 1], stride = walk->stride[walk->rank - 1];
  const uint32_t bytes = walk->element_bytes;
  if (stride == 1) {
    memcpy(output, input, (uint32_t)count * bytes);
    return;
  }
  for (int32_t i = 0; i < count; i++) memcpy(output + (uint32_t)i * bytes, input + (ptrdiff_t)i * stride * (ptrdiff_t)bytes, bytes);
}

void walk_copy(const struct walk *walk, const void *input, void *output) {
  const uint8_t *from = (const uint8_t *)input + (ptrdiff_t)walk->start * (ptrdiff_t)walk->element_bytes;
  uint8_t *to = output;
  int32_t index[INFERENCE_MAX_RANK] = { 0 };
  for (uint32_t axis = 0; axis < walk->rank; axis++)
    if (walk->extent[axis] <= 0) return;
  for (;;) {
    copy_row(walk, from, to);
    to += (uint32_t)walk->extent[walk->rank - 1] * walk->element_bytes;
    uint32_t axis = walk->rank - 1;
    for (;;) {
      if (axis-- == 0) return;
      from += (ptrdiff_t)walk->stride[axis] * (ptrdiff_t)walk->element_bytes;
      if (++index[axis] < walk->extent[axis]) break;
      from -= (ptrdiff_t)walk->extent[axis] * walk->stride[axis] * (ptrdiff_t)walk->element_bytes;
      index[axis] = 0;
    }
  }
}

void usual_strides(const struct inference_tensor *tensor, int32_t strides[INFERENCE_MAX_RANK]) {
  int32_t stride = 1;
  for (uint32_t axis = tensor->rank; axis-- > 0;) {
    strides[axis] = stride;
    stride *= tensor->shape[axis];
  }
}

void walk_complete(struct walk *walk) {
  if (walk->rank > 0) return;
  walk->rank = 1;
  walk->extent[0] = 1;
  walk->stride[0] = 1;
}

bool find_axis(int32_t axis, uint32_t rank, uint32_t *found) {
  if (axis < 0) axis += (int32_t)rank;
  if (axis < 0 || axis >= (int32_t)rank) return false;
  *found = (uint32_t)axis;
  return true;
}

const int32_t *constant_int32s(const struct inference_tensor *tensor) {
  return tensor != NULL && tensor->is_constant && tensor->type == INFERENCE_INT32 ? tensor->data : NULL;
}

void run_walk(struct inference *network, struct inference_node *node) {
  walk_copy(node->state, inference_node_input(network, node, 0)->data, inference_node_output(network, node, 0)->data);
}

enum inference_status prepare_copy(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL || input->bytes != output->bytes) return INFERENCE_BAD_SHAPE;
  return input->type == output->type ? INFERENCE_OK : unsupported_type(network, output);
}

void run_copy(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  memmove(output->data, input->data, output->bytes);
}
