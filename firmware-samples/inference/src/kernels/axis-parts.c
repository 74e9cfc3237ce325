#include "axis-parts.h"

#include <string.h>

struct parts {
  uint32_t rows, input;             /* rows in front of the axis; which input */
};

uint32_t rows_before(const struct inference_tensor *tensor, uint32_t axis) {
  uint32_t rows = 1;
  for (uint32_t i = 0; i < axis; i++) rows *= (uint32_t)tensor->shape[i];
  return rows;
}

enum inference_status prepare_split(struct inference *network, struct inference_node *node, uint32_t input, uint32_t axis) {
  const struct inference_tensor *whole = inference_node_input(network, node, input);
  struct parts *parts = node->state = inference_keep(network, sizeof *parts);
  if (parts == NULL) return INFERENCE_ARENA_TOO_SMALL;
  *parts = (struct parts){ rows_before(whole, axis), input };
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < node->output_count; i++) {
    const struct inference_tensor *part = inference_node_output(network, node, i);
    if (part == NULL) return INFERENCE_BAD_SHAPE;
    if (part->type != whole->type) return unsupported_type(network, part);
    if (part->bytes % (parts->rows * type_bytes(part->type)) != 0) return INFERENCE_BAD_SHAPE;
    bytes += part->bytes;
  }
  return bytes == whole->bytes ? INFERENCE_OK : INFERENCE_BAD_SHAPE;
}

void run_split(struct inference *network, struct inference_node *node) {
  const struct parts *parts = node->state;
  const uint8_t *from = inference_node_input(network, node, parts->input)->data;
  for (uint32_t row = 0; row < parts->rows; row++)
    for (uint32_t i = 0; i < node->output_count; i++) {
      const struct inference_tensor *part = inference_node_output(network, node, i);
      const uint32_t bytes = part->bytes / parts->rows;
      memcpy((uint8_t *)part->data + row * bytes, from, bytes);
      from += bytes;
    }
}
