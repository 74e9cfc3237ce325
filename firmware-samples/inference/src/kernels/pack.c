/* PACK: tensors of one shape joined along a new axis. */
#include <string.h>

#include "axis-parts.h"

enum { COUNT = 0, AXIS = 1 };

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *output = inference_node_output(network, node, 0), *first = inference_node_input(network, node, 0);
  uint32_t axis;
  if (output == NULL || first == NULL || !find_axis(flat_int32(&node->options, AXIS, 0), output->rank, &axis)) return INFERENCE_BAD_SHAPE;
  if (output->shape[axis] != node->input_count || flat_int32(&node->options, COUNT, 0) != node->input_count) return INFERENCE_BAD_SHAPE;
  for (uint32_t i = 0; i < node->input_count; i++) {
    const struct inference_tensor *part = inference_node_input(network, node, i);
    if (part == NULL || !same_shape(part, first) || part->bytes != output->bytes / node->input_count) return INFERENCE_BAD_SHAPE;
    if (part->type != output->type) return unsupported_type(network, part);
  }
  uint32_t *rows = node->state = inference_keep(network, sizeof *rows);
  if (rows == NULL) return INFERENCE_ARENA_TOO_SMALL;
  *rows = rows_before(output, axis);
  return INFERENCE_OK;
}

static void run(struct inference *network, struct inference_node *node) {
  const uint32_t rows = *(const uint32_t *)node->state;
  uint8_t *to = inference_node_output(network, node, 0)->data;
  for (uint32_t row = 0; row < rows; row++)
    for (uint32_t i = 0; i < node->input_count; i++) {
      const struct inference_tensor *part = inference_node_input(network, node, i);
      const uint32_t bytes = part->bytes / rows;
      memcpy(to, (const uint8_t *)part->data + row * bytes, bytes);
      to += bytes;
    }
}

const struct inference_operator inference_pack = { 83, "PACK", prepare, run };
