/* QUANTIZE (float32 to integers, integers to others) and DEQUANTIZE. Sources: reference/quantize.h, requantize.h, dequantize.h. */
#include "../quantisation.h"

struct state {
  struct rescale rescale;
  uint8_t from, to;   /* enum inference_type */
};

static bool is_integer(uint8_t type) {
  return type == INFERENCE_INT8 || type == INFERENCE_UINT8 || type == INFERENCE_INT16 || type == INFERENCE_INT32;
}

static int32_t read_integer(const void *from, uint32_t index, uint8_t type) {
  switch (type) {
    case INFERENCE_INT8: return ((const int8_t *)from)[index];
    case INFERENCE_UINT8: return ((const uint8_t *)from)[index];
    case INFERENCE_INT16: return ((const int16_t *)from)[index];
    default: return ((const int32_t *)from)[index];
  }
}

static void write_integer(void *to, uint32_t index, uint8_t type, int32_t value) {
  switch (type) {
    case INFERENCE_INT8: ((int8_t *)to)[index] = (int8_t)clamp(value, INT8_MIN, INT8_MAX); break;
    case INFERENCE_UINT8: ((uint8_t *)to)[index] = (uint8_t)clamp(value, 0, UINT8_MAX); break;
    case INFERENCE_INT16: ((int16_t *)to)[index] = (int16_t)clamp(value, INT16_MIN, INT16_MAX); break;
    default: ((int32_t *)to)[index] = value; break;
  }
}

static enum inference_status prepare(struct inference *network, struct inference_node *node, bool from_float, bool to_float) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL || !same_shape(input, output)) return INFERENCE_BAD_SHAPE;
  bool input_is_float = input->type == INFERENCE_FLOAT32, output_is_float = output->type == INFERENCE_FLOAT32;
  if (input_is_float ? !from_float : !is_integer(input->type)) return unsupported_type(network, input);
  if (output_is_float != to_float || (!output_is_float && !is_integer(output->type))) return unsupported_type(network, output);
  if ((!input_is_float && !is_quantised(input)) || (!output_is_float && !is_quantised(output))) return INFERENCE_BAD_SHAPE;
  if (input->channel_scales != NULL || output->channel_scales != NULL) return INFERENCE_BAD_SHAPE;
  struct state *state = inference_keep(network, sizeof *state);
  if (state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  node->state = state;
  state->from = input->type;
  state->to = output->type;
  if (!input_is_float && !output_is_float) state->rescale = quantise_multiplier((double)input->scale / (double)output->scale);
  return INFERENCE_OK;
}

static enum inference_status prepare_quantize(struct inference *network, struct inference_node *node) {
  return prepare(network, node, true, false);
}

static enum inference_status prepare_dequantize(struct inference *network, struct inference_node *node) {
  return prepare(network, node, false, true);
}

static void run_quantize(struct inference *network, struct inference_node *node) {
  const struct state *state = node->state;
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  uint32_t count = inference_elements(input);
  if (state->from == INFERENCE_FLOAT32) {
    const float *values = input->data;
    for (uint32_t i = 0; i < count; i++) {
      int32_t rounded = clamp(round_to_int32(values[i] / output->scale), -(1 << 30), 1 << 30);
      write_integer(output->data, i, state->to, rounded + output->zero_point);
    }
    return;
  }
  for (uint32_t i = 0; i < count; i++) {
    int32_t value = (int32_t)((uint32_t)read_integer(input->data, i, state->from) - (uint32_t)input->zero_point);
    write_integer(output->data, i, state->to, add_wrapping(rescale(value, state->rescale), output->zero_point));
  }
}

/* (value - zero point) * scale, rounded once. The reference multiplies in double; up to 24 bits of value float32 gives the same. */
static void run_dequantize(struct inference *network, struct inference_node *node) {
  const struct state *state = node->state;
  const struct inference_tensor *input = inference_node_input(network, node, 0);
  float *values = inference_node_output(network, node, 0)->data;
  uint32_t count = inference_elements(input);
  for (uint32_t i = 0; i < count; i++) {
    int32_t value = (int32_t)((uint32_t)read_integer(input->data, i, state->from) - (uint32_t)input->zero_point);
    values[i] = state->from == INFERENCE_INT32 ? (float)((double)input->scale * value) : input->scale * (float)value;
  }
}

const struct inference_operator inference_dequantize = { 6, "DEQUANTIZE", prepare_dequantize, run_dequantize };
const struct inference_operator inference_quantize = { 114, "QUANTIZE", prepare_quantize, run_quantize };
