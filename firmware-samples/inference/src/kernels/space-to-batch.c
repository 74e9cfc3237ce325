/*
 * SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND of [batch][height][width][depth] or [batch][height][depth]: the pixels of each block of space go
 * to batches of their own, and back; padding (filled with the zero point) and crops at the edges.
 */
#include <string.h>

#include "inference-operators.h"
#include "walk.h"

/* Both directions see the tensor with its blocks apart ("batched") and the whole one ("space"). */
struct blocks {
  int32_t block_height, block_width, top, left;
  int32_t batches, height, width;             /* of the whole */
  int32_t batched_batches, batched_height, batched_width;
  uint32_t pixel_bytes;
};

/* Three axes count as four with a width of 1. */
static void extents(const struct inference_tensor *tensor, int32_t *batches, int32_t *height, int32_t *width) {
  *batches = tensor->shape[0];
  *height = tensor->shape[1];
  *width = tensor->rank == 4 ? tensor->shape[2] : 1;
}

static bool is_padding(int32_t before, int32_t after) { return before >= 0 && after >= 0 && before < 1 << 15 && after < 1 << 15; }

static bool check(struct blocks *blocks, const struct inference_tensor *whole, const struct inference_tensor *batched, const int32_t *shape,
                  const int32_t *margins) {
  const int32_t axes = whole->rank - 2;
  extents(whole, &blocks->batches, &blocks->height, &blocks->width);
  extents(batched, &blocks->batched_batches, &blocks->batched_height, &blocks->batched_width);
  blocks->block_height = shape[0];
  blocks->block_width = axes == 2 ? shape[1] : 1;
  for (int32_t i = 0; i < axes; i++) {
    if (shape[i] < 1 || shape[i] >= 1 << 15 || !is_padding(margins[2 * i], margins[2 * i + 1])) return false;
    const int64_t together = (int64_t)batched->shape[1 + i] * shape[i];
    /* SPACE_TO_BATCH_ND pads the whole; BATCH_TO_SPACE_ND crops it, which is the same the other way round. */
    if ((int64_t)whole->shape[1 + i] + margins[2 * i] + margins[2 * i + 1] != together) return false;
  }
  blocks->top = margins[0];
  blocks->left = axes == 2 ? margins[2] : 0;
  return (int64_t)blocks->batches * blocks->block_height * blocks->block_width == blocks->batched_batches &&
         whole->shape[whole->rank - 1] == batched->shape[batched->rank - 1];
}

static enum inference_status prepare(struct inference *network, struct inference_node *node, bool to_batch) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  const struct inference_tensor *shape = inference_node_input(network, node, 1), *margins = inference_node_input(network, node, 2);
  if (input == NULL || output == NULL || shape == NULL || margins == NULL) return INFERENCE_BAD_SHAPE;
  if (constant_int32s(shape) == NULL) return unsupported_type(network, shape);
  if (constant_int32s(margins) == NULL) return unsupported_type(network, margins);
  if (output->type != input->type) return unsupported_type(network, output);
  if (input->rank < 3 || input->rank > 4 || output->rank != input->rank) return INFERENCE_BAD_SHAPE;
  if (inference_elements(shape) != input->rank - 2u || inference_elements(margins) != 2 * (input->rank - 2u)) return INFERENCE_BAD_SHAPE;
  struct blocks *blocks = node->state = inference_keep(network, sizeof *blocks);
  if (blocks == NULL) return INFERENCE_ARENA_TOO_SMALL;
  blocks->pixel_bytes = (uint32_t)input->shape[input->rank - 1] * type_bytes(input->type);
  const bool fits = check(blocks, to_batch ? input : output, to_batch ? output : input, constant_int32s(shape), constant_int32s(margins));
  return fits ? INFERENCE_OK : INFERENCE_BAD_SHAPE;
}

static enum inference_status prepare_to_batch(struct inference *network, struct inference_node *node) { return prepare(network, node, true); }
static enum inference_status prepare_to_space(struct inference *network, struct inference_node *node) { return prepare(network, node, false); }

/* Bytes before the pixel of the whole that belongs to one of the batched tensor; false in the margins. */
static bool whole_at(const struct blocks *blocks, int32_t batch, int32_t y, int32_t x, uint32_t *at) {
  const int32_t shift = batch / blocks->batches;
  const int32_t row = y * blocks->block_height + shift / blocks->block_width - blocks->top;
  const int32_t column = x * blocks->block_width + shift % blocks->block_width - blocks->left;
  if (row < 0 || row >= blocks->height || column < 0 || column >= blocks->width) return false;
  *at = (uint32_t)((batch % blocks->batches * blocks->height + row) * blocks->width + column) * blocks->pixel_bytes;
  return true;
}

/* A zero of the tensor's quantisation, for every element of a pixel. */
static void fill(uint8_t *pixel, const struct inference_tensor *tensor, uint32_t bytes) {
  const int16_t wide = (int16_t)tensor->zero_point;
  if (type_bytes(tensor->type) == 1) memset(pixel, tensor->zero_point, bytes);
  else if (tensor->type == INFERENCE_INT16) for (uint32_t i = 0; i < bytes; i += 2) memcpy(pixel + i, &wide, 2);
  else memset(pixel, 0, bytes);
}

static void run_to_batch(struct inference *network, struct inference_node *node) {
  const struct blocks *blocks = node->state;
  const struct inference_tensor *output = inference_node_output(network, node, 0);
  const uint8_t *whole = inference_node_input(network, node, 0)->data;
  uint8_t *batched = output->data;
  for (int32_t batch = 0; batch < blocks->batched_batches; batch++)
    for (int32_t y = 0; y < blocks->batched_height; y++)
      for (int32_t x = 0; x < blocks->batched_width; x++, batched += blocks->pixel_bytes) {
        uint32_t at;
        if (whole_at(blocks, batch, y, x, &at)) memcpy(batched, whole + at, blocks->pixel_bytes);
        else fill(batched, output, blocks->pixel_bytes);
      }
}

static void run_to_space(struct inference *network, struct inference_node *node) {
  const struct blocks *blocks = node->state;
  const uint8_t *batched = inference_node_input(network, node, 0)->data;
  uint8_t *whole = inference_node_output(network, node, 0)->data;
  for (int32_t batch = 0; batch < blocks->batched_batches; batch++)
    for (int32_t y = 0; y < blocks->batched_height; y++)
      for (int32_t x = 0; x < blocks->batched_width; x++, batched += blocks->pixel_bytes) {
        uint32_t at;
        if (whole_at(blocks, batch, y, x, &at)) memcpy(whole + at, batched, blocks->pixel_bytes);
      }
}

const struct inference_operator inference_batch_to_space_nd = { 37, "BATCH_TO_SPACE_ND", prepare_to_space, run_to_space };
const struct inference_operator inference_space_to_batch_nd = { 38, "SPACE_TO_BATCH_ND", prepare_to_batch, run_to_batch };
