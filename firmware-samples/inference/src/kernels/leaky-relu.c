/* LEAKY_RELU: x, or alpha x where x is negative. int8, int16, float32. Source: reference/leaky_relu.h of TensorFlow Lite. */
#include "../quantisation.h"
#include "inference-operators.h"
#include "kernels.h"

enum { ALPHA = 0 };

struct leaky_relu {
  struct rescale identity, slope;   /* for x >= 0 and below; the slope's without its sign */
  bool slope_is_negative;
  float alpha;
};

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL || !same_shape(input, output)) return INFERENCE_BAD_SHAPE;
  if (input->type != INFERENCE_INT8 && input->type != INFERENCE_INT16 && input->type != INFERENCE_FLOAT32) return unsupported_type(network, input);
  if (output->type != input->type) return unsupported_type(network, output);
  struct leaky_relu *relu = node->state = inference_keep(network, sizeof *relu);
  if (relu == NULL) return INFERENCE_ARENA_TOO_SMALL;
  relu->alpha = flat_float(&node->options, ALPHA, 0.0f);
  if (input->type == INFERENCE_FLOAT32) return INFERENCE_OK;
  if (!(input->scale > 0 && output->scale > 0)) return INFERENCE_BAD_SHAPE;
  /* In float32, as the reference computes them; `volatile` keeps every compiler to it. */
  volatile float identity = input->scale / output->scale, product = input->scale * relu->alpha;
  volatile float slope = product / output->scale;
  relu->identity = quantise_multiplier((double)identity);
  relu->slope_is_negative = slope < 0;
  relu->slope = quantise_multiplier(slope < 0 ? -(double)slope : (double)slope);
  return INFERENCE_OK;
}

static int32_t leaky(const struct leaky_relu *relu, int32_t x) {
  if (x >= 0) return rescale(x, relu->identity);
  const int32_t scaled = rescale(x, relu->slope);
  return relu->slope_is_negative ? (int32_t)(0u - (uint32_t)scaled) : scaled;
}

static void run(struct inference *network, struct inference_node *node) {
  const struct leaky_relu *relu = node->state;
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  const uint32_t count = inference_elements(input);
  for (uint32_t i = 0; i < count; i++) {
    if (input->type == INFERENCE_INT8) {
      const int32_t value = add_wrapping(leaky(relu, ((const int8_t *)input->data)[i] - input->zero_point), output->zero_point);
      ((int8_t *)output->data)[i] = (int8_t)clamp(value, INT8_MIN, INT8_MAX);
    } else if (input->type == INFERENCE_INT16) {
      const int32_t value = add_wrapping(leaky(relu, ((const int16_t *)input->data)[i] - input->zero_point), output->zero_point);
      ((int16_t *)output->data)[i] = (int16_t)clamp(value, INT16_MIN, INT16_MAX);
    } else {
      const float value = ((const float *)input->data)[i];
      ((float *)output->data)[i] = value > 0.0f ? value : value * relu->alpha;
    }
  }
}

const struct inference_operator inference_leaky_relu = { 98, "LEAKY_RELU", prepare, run };
