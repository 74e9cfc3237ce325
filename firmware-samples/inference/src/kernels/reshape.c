/* RESHAPE, for every type. The new shape is the output tensor's; the input or option that also tells it need not be read. */
#include <string.h>

#include "kernels.h"

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL || input->bytes != output->bytes) return INFERENCE_BAD_SHAPE;
  return input->type == output->type ? INFERENCE_OK : unsupported_type(network, output);
}

static void run(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0);
  memcpy(inference_node_output(network, node, 0)->data, input->data, input->bytes);
}

const struct inference_operator inference_reshape = { 22, "RESHAPE", prepare, run };
