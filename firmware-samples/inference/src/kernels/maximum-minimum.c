/* MAXIMUM and MINIMUM with broadcasting. Quantised tensors are compared as they are: all three have one quantisation. */
#include "inference-operators.h"
#include "kernels.h"

#define ROWS(type, suffix)                                                                                                         \
  static void maximum_##suffix(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b,        \
                               void *output, uint32_t count) {                                                                    \
    const type *left = a, *right = b;                                                                                              \
    type *out = output;                                                                                                            \
    (void)binary;                                                                                                                  \
    for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b) out[i] = *left > *right ? *left : *right;                \
  }                                                                                                                                \
  static void minimum_##suffix(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b,        \
                               void *output, uint32_t count) {                                                                    \
    const type *left = a, *right = b;                                                                                              \
    type *out = output;                                                                                                            \
    (void)binary;                                                                                                                  \
    for (uint32_t i = 0; i < count; i++, left += step_a, right += step_b) out[i] = *left < *right ? *left : *right;                \
  }
ROWS(int8_t, int8)
ROWS(uint8_t, uint8)
ROWS(int16_t, int16)
ROWS(int32_t, int32)
ROWS(float, float)

struct rows { binary_row *int8, *uint8, *int16, *int32, *float32; };

static binary_row *choose(const struct rows *rows, uint8_t type) {
  switch (type) {
    case INFERENCE_INT8: return rows->int8;
    case INFERENCE_UINT8: return rows->uint8;
    case INFERENCE_INT16: return rows->int16;
    case INFERENCE_INT32: return rows->int32;
    case INFERENCE_FLOAT32: return rows->float32;
    default: return NULL;
  }
}

static enum inference_status prepare(struct inference *network, struct inference_node *node, const struct rows *rows) {
  const struct inference_tensor *a = inference_node_input(network, node, 0), *b = inference_node_input(network, node, 1);
  const struct inference_tensor *output = inference_node_output(network, node, 0);
  if (a == NULL || b == NULL || output == NULL) return INFERENCE_BAD_SHAPE;
  struct binary *binary = node->state = inference_keep(network, sizeof *binary);
  if (binary == NULL) return INFERENCE_ARENA_TOO_SMALL;
  binary->row = choose(rows, a->type);
  if (binary->row == NULL) return unsupported_type(network, a);
  if (b->type != a->type) return unsupported_type(network, b);
  if (output->type != a->type) return unsupported_type(network, output);
  if (!same_quantisation(a, output) || !same_quantisation(b, output)) return INFERENCE_BAD_SHAPE;
  return broadcast_prepare(binary, a, b, output);
}

static enum inference_status prepare_maximum(struct inference *network, struct inference_node *node) {
  static const struct rows rows = { maximum_int8, maximum_uint8, maximum_int16, maximum_int32, maximum_float };
  return prepare(network, node, &rows);
}

static enum inference_status prepare_minimum(struct inference *network, struct inference_node *node) {
  static const struct rows rows = { minimum_int8, minimum_uint8, minimum_int16, minimum_int32, minimum_float };
  return prepare(network, node, &rows);
}

static void run(struct inference *network, struct inference_node *node) {
  broadcast_run(node->state, inference_node_input(network, node, 0)->data, inference_node_input(network, node, 1)->data,
                inference_node_output(network, node, 0)->data);
}

const struct inference_operator inference_maximum = { 55, "MAXIMUM", prepare_maximum, run };
const struct inference_operator inference_minimum = { 57, "MINIMUM", prepare_minimum, run };
