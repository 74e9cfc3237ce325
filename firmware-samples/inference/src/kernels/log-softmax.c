/* LOG_SOFTMAX of float32 over the last dimension. */
#include "../real-math.h"
#include "inference-operators.h"
#include "kernels.h"

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL || input->rank < 1 || !same_shape(input, output)) return INFERENCE_BAD_SHAPE;
  if (input->type != INFERENCE_FLOAT32) return unsupported_type(network, input);
  return output->type == INFERENCE_FLOAT32 ? INFERENCE_OK : unsupported_type(network, output);
}

static void row(const float *input, float *output, uint32_t depth) {
  float largest = -3.402823466e38f, sum = 0.0f;
  for (uint32_t i = 0; i < depth; i++)
    if (input[i] > largest) largest = input[i];
  for (uint32_t i = 0; i < depth; i++) sum += math_exp(input[i] - largest);
  const float log_sum = math_log(sum);
  for (uint32_t i = 0; i < depth; i++) output[i] = input[i] - largest - log_sum;
}

static void run(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  const uint32_t depth = (uint32_t)input->shape[input->rank - 1];
  for (uint32_t at = 0; at < inference_elements(input); at += depth)
    row((const float *)input->data + at, (float *)output->data + at, depth);
}

const struct inference_operator inference_log_softmax = { 50, "LOG_SOFTMAX", prepare, run };
