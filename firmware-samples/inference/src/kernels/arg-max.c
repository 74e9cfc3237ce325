/* ARG_MAX and ARG_MIN: the index of the first extreme value along an axis, int32 or int64. */
#include "axis-parts.h"
#include "inference-operators.h"

struct search {
  uint32_t rows, extent, columns;
  bool for_least;
};

static enum inference_status prepare(struct inference *network, struct inference_node *node, bool for_least) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *list = inference_node_input(network, node, 1);
  const struct inference_tensor *output = inference_node_output(network, node, 0);
  uint32_t axis;
  if (input == NULL || list == NULL || output == NULL) return INFERENCE_BAD_SHAPE;
  if (constant_int32s(list) == NULL) return unsupported_type(network, list);
  if (input->type == INFERENCE_INT64 || input->type == INFERENCE_BOOL || input->type == INFERENCE_RESOURCE) return unsupported_type(network, input);
  if (output->type != INFERENCE_INT32 && output->type != INFERENCE_INT64) return unsupported_type(network, output);
  if (inference_elements(list) != 1 || !find_axis(*constant_int32s(list), input->rank, &axis)) return INFERENCE_BAD_SHAPE;
  struct search *search = node->state = inference_keep(network, sizeof *search);
  if (search == NULL) return INFERENCE_ARENA_TOO_SMALL;
  search->rows = rows_before(input, axis);
  search->extent = (uint32_t)input->shape[axis];
  search->columns = inference_elements(input) / (search->rows * search->extent);
  search->for_least = for_least;
  return inference_elements(output) == search->rows * search->columns ? INFERENCE_OK : INFERENCE_BAD_SHAPE;
}

static enum inference_status prepare_max(struct inference *network, struct inference_node *node) { return prepare(network, node, false); }
static enum inference_status prepare_min(struct inference *network, struct inference_node *node) { return prepare(network, node, true); }

static bool is_less(const struct inference_tensor *tensor, uint32_t a, uint32_t b) {
  const void *data = tensor->data;
  switch (tensor->type) {
    case INFERENCE_INT8: return ((const int8_t *)data)[a] < ((const int8_t *)data)[b];
    case INFERENCE_UINT8: return ((const uint8_t *)data)[a] < ((const uint8_t *)data)[b];
    case INFERENCE_INT16: return ((const int16_t *)data)[a] < ((const int16_t *)data)[b];
    case INFERENCE_INT32: return ((const int32_t *)data)[a] < ((const int32_t *)data)[b];
    default: return ((const float *)data)[a] < ((const float *)data)[b];
  }
}

static void run(struct inference *network, struct inference_node *node) {
  const struct search *search = node->state;
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  for (uint32_t row = 0; row < search->rows; row++)
    for (uint32_t column = 0; column < search->columns; column++) {
      const uint32_t first = row * search->extent * search->columns + column;
      uint32_t best = 0;
      for (uint32_t i = 1; i < search->extent; i++) {
        const uint32_t here = first + i * search->columns, there = first + best * search->columns;
        if (search->for_least ? is_less(input, here, there) : is_less(input, there, here)) best = i;
      }
      const uint32_t at = row * search->columns + column;
      if (output->type == INFERENCE_INT32) ((int32_t *)output->data)[at] = (int32_t)best;
      else ((int64_t *)output->data)[at] = best;
    }
}

const struct inference_operator inference_arg_max = { 56, "ARG_MAX", prepare_max, run };
const struct inference_operator inference_arg_min = { 79, "ARG_MIN", prepare_min, run };
