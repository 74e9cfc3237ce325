/* SHAPE: the extents of a tensor, int32 or int64. */
#include <string.h>

#include "inference-operators.h"
#include "kernels.h"

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL || inference_elements(output) != input->rank) return INFERENCE_BAD_SHAPE;
  if (output->type != INFERENCE_INT32 && output->type != INFERENCE_INT64) return unsupported_type(network, output);
  return INFERENCE_OK;
}

static void run(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  for (uint32_t axis = 0; axis < input->rank; axis++) {
    if (output->type == INFERENCE_INT32) ((int32_t *)output->data)[axis] = input->shape[axis];
    else ((int64_t *)output->data)[axis] = input->shape[axis];
  }
}

const struct inference_operator inference_shape = { 77, "SHAPE", prepare, run };
