/*
 * GATHER: slices of the input along an axis, by index. Indices that point outside are taken as the nearest that does not: they may come
 * from the network itself, so they cannot be refused beforehand.
 */
#include <string.h>

#include "axis-parts.h"
#include "inference-operators.h"

enum { AXIS = 0, BATCH_DIMENSIONS = 1 };

struct gather {
  uint32_t batches, rows, indices, slice_bytes;
  int32_t extent;
};

static bool find_shapes(const struct inference_tensor *input, const struct inference_tensor *indices, const struct inference_tensor *output,
                        uint32_t axis, uint32_t batch_axes, struct gather *gather) {
  if (batch_axes > axis || batch_axes > indices->rank || output->rank != input->rank + indices->rank - 1 - batch_axes) return false;
  for (uint32_t i = 0; i < output->rank; i++) {
    const uint32_t of_indices = indices->rank - batch_axes;
    const int32_t expected = i < axis                ? input->shape[i]
                             : i < axis + of_indices ? indices->shape[i - axis + batch_axes]
                                                     : input->shape[i - of_indices + 1];
    if (output->shape[i] != expected) return false;
  }
  for (uint32_t i = 0; i < batch_axes; i++)
    if (indices->shape[i] != input->shape[i]) return false;
  gather->batches = rows_before(input, batch_axes);
  gather->rows = rows_before(input, axis) / gather->batches;
  gather->extent = input->shape[axis];
  gather->indices = inference_elements(indices) / gather->batches;
  gather->slice_bytes = input->bytes / (rows_before(input, axis) * (uint32_t)input->shape[axis]);
  return true;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *indices = inference_node_input(network, node, 1);
  const struct inference_tensor *output = inference_node_output(network, node, 0);
  int32_t batch_axes = flat_int32(&node->options, BATCH_DIMENSIONS, 0);
  uint32_t axis;
  if (input == NULL || indices == NULL || output == NULL || indices->bytes == 0) return INFERENCE_BAD_SHAPE;
  if (indices->type != INFERENCE_INT32) return unsupported_type(network, indices);
  if (output->type != input->type) return unsupported_type(network, output);
  if (batch_axes < 0) batch_axes += indices->rank;
  if (batch_axes < 0 || !find_axis(flat_int32(&node->options, AXIS, 0), input->rank, &axis)) return INFERENCE_BAD_SHAPE;
  struct gather *gather = node->state = inference_keep(network, sizeof *gather);
  if (gather == NULL) return INFERENCE_ARENA_TOO_SMALL;
  return find_shapes(input, indices, output, axis, (uint32_t)batch_axes, gather) ? INFERENCE_OK : INFERENCE_BAD_SHAPE;
}

static void run(struct inference *network, struct inference_node *node) {
  const struct gather *gather = node->state;
  const uint8_t *input = inference_node_input(network, node, 0)->data;
  const int32_t *indices = inference_node_input(network, node, 1)->data;
  uint8_t *output = inference_node_output(network, node, 0)->data;
  for (uint32_t batch = 0; batch < gather->batches; batch++, indices += gather->indices)
    for (uint32_t row = 0; row < gather->rows; row++, input += (uint32_t)gather->extent * gather->slice_bytes)
      for (uint32_t i = 0; i < gather->indices; i++, output += gather->slice_bytes) {
        const int32_t index = indices[i] < 0 ? 0 : indices[i] >= gather->extent ? gather->extent - 1 : indices[i];
        memcpy(output, input + (uint32_t)index * gather->slice_bytes, gather->slice_bytes);
      }
}

const struct inference_operator inference_gather = { 36, "GATHER", prepare, run };
