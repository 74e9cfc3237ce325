/* Binary operators over shapes that broadcast: dimensions are aligned at the last, an extent of 1 is repeated. */
#include "../quantisation.h"

static int32_t extent_at(const struct inference_tensor *tensor, uint32_t position) {
  uint32_t leading = INFERENCE_MAX_RANK - tensor->rank;
  return position < leading ? 1 : tensor->shape[position - leading];
}

static bool fill_strides(const struct inference_tensor *tensor, const int32_t *extent, uint32_t *stride) {
  uint32_t elements = 1;
  for (uint32_t i = INFERENCE_MAX_RANK; i-- > 0;) {
    int32_t own = extent_at(tensor, i);
    if (own != 1 && own != extent[i]) return false;
    stride[i] = own == 1 ? 0 : elements;
    elements *= (uint32_t)own;
  }
  return true;
}

/* Neighbouring dimensions that both inputs walk through alike are made one, so that rows are long. */
static void merge_dimensions(struct binary *binary) {
  uint32_t to = INFERENCE_MAX_RANK - 1;
  for (uint32_t from = INFERENCE_MAX_RANK - 1; from-- > 0;) {
    uint32_t extent = (uint32_t)binary->extent[to];
    if (binary->extent[from] == 1) continue;
    bool together = binary->stride_a[from] == binary->stride_a[to] * extent && binary->stride_b[from] == binary->stride_b[to] * extent;
    if (binary->extent[to] == 1 || !together) {
      if (binary->extent[to] != 1) to--;
      binary->extent[to] = binary->extent[from];
      binary->stride_a[to] = binary->stride_a[from];
      binary->stride_b[to] = binary->stride_b[from];
    } else {
      binary->extent[to] *= binary->extent[from];
    }
  }
  while (to-- > 0) {
    binary->extent[to] = 1;
    binary->stride_a[to] = binary->stride_b[to] = 0;
  }
}

enum inference_status broadcast_prepare(struct binary *binary, const struct inference_tensor *a, const struct inference_tensor *b,
                                        const struct inference_tensor *output) {
  uint32_t rank = a->rank > b->rank ? a->rank : b->rank;
  if (output->rank != rank) return INFERENCE_BAD_SHAPE;
  for (uint32_t i = 0; i < INFERENCE_MAX_RANK; i++) {
    int32_t of_a = extent_at(a, i), of_b = extent_at(b, i);
    binary->extent[i] = extent_at(output, i);
    if (binary->extent[i] != (of_a == 1 ? of_b : of_a)) return INFERENCE_BAD_SHAPE;
  }
  if (!fill_strides(a, binary->extent, binary->stride_a) || !fill_strides(b, binary->extent, binary->stride_b)) return INFERENCE_BAD_SHAPE;
  merge_dimensions(binary);
  binary->input_bytes = (uint8_t)type_bytes(a->type);
  binary->output_bytes = (uint8_t)type_bytes(output->type);
  return INFERENCE_OK;
}

void broadcast_run(const struct binary *binary, const void *a, const void *b, void *output) {
  const uint8_t *from_a = a, *from_b = b;
  uint8_t *to = output;
  const uint32_t last = INFERENCE_MAX_RANK - 1;
  int32_t position[INFERENCE_MAX_RANK] = { 0 };
  for (;;) {
    uint32_t offset_a = 0, offset_b = 0;
    for (uint32_t i = 0; i < last; i++) {
      offset_a += (uint32_t)position[i] * binary->stride_a[i];
      offset_b += (uint32_t)position[i] * binary->stride_b[i];
    }
    binary->row(binary, from_a + offset_a * binary->input_bytes, binary->stride_a[last], from_b + offset_b * binary->input_bytes,
                binary->stride_b[last], to, (uint32_t)binary->extent[last]);
    to += (uint32_t)binary->extent[last] * binary->output_bytes;
    uint32_t dimension = last;
    while (dimension > 0 && ++position[dimension - 1] == binary->extent[dimension - 1]) position[--dimension] = 0;
    if (dimension == 0) return;
  }
}
