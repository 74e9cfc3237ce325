/* PAD and PADV2 of any type: the input in the middle of a value, by default what stands for zero. */
#include <string.h>

#include "kernels.h"

struct state {
  uint32_t before[INFERENCE_MAX_RANK];
  uint32_t input[INFERENCE_MAX_RANK], output[INFERENCE_MAX_RANK];   /* extents, leading ones where the rank is less */
  uint32_t size;                                                    /* bytes of an element */
  uint8_t value[8];
};

static int64_t padding_at(const struct inference_tensor *paddings, uint32_t index) {
  if (paddings->type == INFERENCE_INT64) {
    int64_t value;
    memcpy(&value, (const uint8_t *)paddings->data + 8 * index, sizeof value);
    return value;
  }
  return ((const int32_t *)paddings->data)[index];
}

static enum inference_status find_extents(const struct inference_tensor *input, const struct inference_tensor *paddings,
                                          const struct inference_tensor *output, struct state *state) {
  uint32_t leading = INFERENCE_MAX_RANK - input->rank;
  for (uint32_t i = 0; i < leading; i++) state->input[i] = state->output[i] = 1;
  for (uint32_t i = 0; i < input->rank; i++) {
    int64_t before = padding_at(paddings, 2 * i), after = padding_at(paddings, 2 * i + 1);
    if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX) return INFERENCE_BAD_SHAPE;
    if (before + input->shape[i] + after != output->shape[i]) return INFERENCE_BAD_SHAPE;
    state->before[leading + i] = (uint32_t)before;
    state->input[leading + i] = (uint32_t)input->shape[i];
    state->output[leading + i] = (uint32_t)output->shape[i];
  }
  return INFERENCE_OK;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *paddings = inference_node_input(network, node, 1);
  const struct inference_tensor *value = inference_node_input(network, node, 2), *output = inference_node_output(network, node, 0);
  if (input == NULL || paddings == NULL || output == NULL || input->rank != output->rank) return INFERENCE_BAD_SHAPE;
  if (output->type != input->type) return unsupported_type(network, output);
  if (paddings->type != INFERENCE_INT32 && paddings->type != INFERENCE_INT64) return unsupported_type(network, paddings);
  if (!paddings->is_constant || inference_elements(paddings) != 2u * input->rank) return INFERENCE_BAD_SHAPE;
  bool is_quantised_type = input->type == INFERENCE_INT8 || input->type == INFERENCE_UINT8 || input->type == INFERENCE_INT16;
  if (is_quantised_type && !same_quantisation(input, output)) return INFERENCE_BAD_SHAPE;
  struct state *state = inference_keep(network, sizeof *state);
  if (state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  node->state = state;
  state->size = type_bytes(input->type);
  if (value != NULL) {
    if (value->type != input->type) return unsupported_type(network, value);
    if (!value->is_constant || inference_elements(value) != 1) return INFERENCE_BAD_SHAPE;
    memcpy(state->value, value->data, state->size);
  } else if (is_quantised_type) {
    memcpy(state->value, &output->zero_point, state->size);
  }
  return find_extents(input, paddings, output, state);
}

static uint8_t *fill(uint8_t *to, uint32_t elements, const struct state *state) {
  if (state->size == 1) {
    memset(to, state->value[0], elements);
    return to + elements;
  }
  for (uint32_t i = 0; i < elements; i++, to += state->size) memcpy(to, state->value, state->size);
  return to;
}

static void run(struct inference *network, struct inference_node *node) {
  const struct state *state = node->state;
  const uint8_t *from = inference_node_input(network, node, 0)->data;
  uint8_t *to = inference_node_output(network, node, 0)->data;
  const uint32_t last = INFERENCE_MAX_RANK - 1;
  uint32_t position[INFERENCE_MAX_RANK] = { 0 }, row = state->input[last];
  for (;;) {
    bool inside = true;
    for (uint32_t i = 0; i < last; i++) inside = inside && position[i] >= state->before[i] && position[i] - state->before[i] < state->input[i];
    if (inside) {
      to = fill(to, state->before[last], state);
      memcpy(to, from, (size_t)row * state->size);
      from += row * state->size;
      to = fill(to + row * state->size, state->output[last] - state->before[last] - row, state);
    } else {
      to = fill(to, state->output[last], state);
    }
    uint32_t dimension = last;
    while (dimension > 0 && ++position[dimension - 1] == state->output[dimension - 1]) position[--dimension] = 0;
    if (dimension == 0) return;
  }
}

const struct inference_operator inference_pad = { 34, "PAD", prepare, run };
const struct inference_operator inference_padv2 = { 60, "PADV2", prepare, run };
