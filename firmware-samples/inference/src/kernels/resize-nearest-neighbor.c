/* RESIZE_NEAREST_NEIGHBOR of NHWC tensors, any type. Source: reference/resize_nearest_neighbor.h of TensorFlow Lite. */
#include <string.h>

#include "../quantisation.h"
#include "inference-operators.h"
#include "walk.h"

enum { ALIGN_CORNERS = 0, HALF_PIXEL_CENTERS = 1 };

struct resize { bool align_corners, half_pixel_centers; };

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  const struct inference_tensor *list = inference_node_input(network, node, 1);
  if (input == NULL || output == NULL || list == NULL || input->rank != 4 || output->rank != 4) return INFERENCE_BAD_SHAPE;
  const int32_t *size = constant_int32s(list);
  if (size == NULL) return unsupported_type(network, list);
  if (output->type != input->type) return unsupported_type(network, output);
  if (inference_elements(list) != 2 || size[0] != output->shape[1] || size[1] != output->shape[2]) return INFERENCE_BAD_SHAPE;
  if (output->shape[0] != input->shape[0] || output->shape[3] != input->shape[3]) return INFERENCE_BAD_SHAPE;
  struct resize *resize = node->state = inference_keep(network, sizeof *resize);
  if (resize == NULL) return INFERENCE_ARENA_TOO_SMALL;
  resize->align_corners = flat_bool(&node->options, ALIGN_CORNERS, false);
  resize->half_pixel_centers = flat_bool(&node->options, HALF_PIXEL_CENTERS, false);
  return INFERENCE_OK;
}

/* In float32, whose rounding decides at the borders as the reference's does. */
static int32_t nearest(const struct resize *resize, int32_t position, int32_t input_size, int32_t output_size) {
  const bool align = resize->align_corners;
  const float scale = align && output_size > 1 ? (float)(input_size - 1) / (float)(output_size - 1) : (float)input_size / (float)output_size;
  const float exact = ((float)position + (resize->half_pixel_centers ? 0.5f : 0.0f)) * scale;
  return clamp(align ? round_to_int32(exact) : (int32_t)exact, 0, input_size - 1);
}

static void run(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  const uint32_t pixel_bytes = (uint32_t)input->shape[3] * type_bytes(input->type);
  uint8_t *to = output->data;
  for (int32_t batch = 0; batch < output->shape[0]; batch++)
    for (int32_t y = 0; y < output->shape[1]; y++) {
      const int32_t row = batch * input->shape[1] + nearest(node->state, y, input->shape[1], output->shape[1]);
      for (int32_t x = 0; x < output->shape[2]; x++, to += pixel_bytes) {
        const int32_t pixel = row * input->shape[2] + nearest(node->state, x, input->shape[2], output->shape[2]);
        memcpy(to, (const uint8_t *)input->data + (uint32_t)pixel * pixel_bytes, pixel_bytes);
      }
    }
}

const struct inference_operator inference_resize_nearest_neighbor = { 97, "RESIZE_NEAREST_NEIGHBOR", prepare, run };
